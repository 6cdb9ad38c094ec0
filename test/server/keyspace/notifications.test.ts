import { describe, expect, test } from 'vitest';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import { type EventClass, Keyspace } from '../../../src/server/keyspace/keyspace.js';
import { KeyspaceNotifications, parseNotifyFlags } from '../../../src/server/keyspace/notifications.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { Tap } from '../../../src/server/trace/tap.js';

/** Returns what is published for one event under the flags. */
function published(flags: string, eventClass: EventClass, event: string, key: string): string[] {
  const messages: string[] = [];
  const notifications = new KeyspaceNotifications((channel, message) => void messages.push(`${channel} ${message}`));
  notifications.flags = parseNotifyFlags(flags)!;
  const keyspace = new Keyspace(4, new ManualClock(), new HashSeed(1), () => 0, new Tap());
  notifications.notify(keyspace.databases[3]!, eventClass, event, key);
  return messages;
}

describe('an event', () => {
  test('is published on the channel of its key and on that of the event, the key first', () => {
    expect(published('KEA', '$', 'set', 'k')).toEqual(['__keyspace@3__:k set', '__keyevent@3__:set k']);
  });

  test('is published only on the selected kind of channel', () => {
    expect(published('K$', '$', 'set', 'k')).toEqual(['__keyspace@3__:k set']);
    expect(published('E$', '$', 'set', 'k')).toEqual(['__keyevent@3__:set k']);
  });

  test.each(['KEg', 'A', '', 'KE'])('is not published under %j', (flags) => {
    expect(published(flags, '$', 'set', 'k')).toEqual([]);
  });

  test('of a miss or a new key must be selected by its own letter', () => {
    expect(published('KA', 'm', 'keymiss', 'k')).toEqual([]);
    expect(published('KA', 'n', 'new', 'k')).toEqual([]);
    expect(published('Km', 'm', 'keymiss', 'k')).toEqual(['__keyspace@3__:k keymiss']);
    expect(published('Kn', 'n', 'new', 'k')).toEqual(['__keyspace@3__:k new']);
  });
});

describe('flags', () => {
  test('A stands for all classes but m and n', () => {
    expect(parseNotifyFlags('A')).toBe(parseNotifyFlags('g$lshzxetd'));
  });

  test.each(['q', 'KEAq', 'k', ' '])('%j has an unknown letter', (text) => {
    expect(parseNotifyFlags(text)).toBeNull();
  });

  test.each([['', false], ['A', false], ['KE', false], ['Kg', true], ['Em', true]])('%j wants events: %s', (text, isWanted) => {
    const notifications = new KeyspaceNotifications(() => {});
    notifications.flags = parseNotifyFlags(text)!;
    expect(notifications.isWanted).toBe(isWanted);
  });
});
