import { beforeEach, describe, expect, test } from 'vitest';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import type { Database } from '../../../src/server/keyspace/database.js';
import { Keyspace, type EventClass, type KeyspaceListener } from '../../../src/server/keyspace/keyspace.js';
import { ByteString, type Collection, type Frozen, type Value } from '../../../src/server/keyspace/value.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { Tap } from '../../../src/server/trace/tap.js';

const START_MS = 1_700_000_000_000;

let clock: ManualClock;
let keyspace: Keyspace;
let db: Database;
let other: Database;

beforeEach(() => {
  clock = new ManualClock(START_MS);
  keyspace = new Keyspace(2, clock, new HashSeed(1), () => 0.5, new Tap());
  [db, other] = keyspace.databases as [Database, Database];
});

/** Records the calls of a listener. */
class Recorder implements KeyspaceListener {
  readonly heard: string[] = [];
  keyModified(from: Database, key: string): void {
    this.heard.push(`${from.index} modified ${key}`);
  }
  notify(from: Database, eventClass: EventClass, event: string, key: string): void {
    this.heard.push(`${from.index} ${eventClass} ${event} ${key}`);
  }
  flushing(from: Database, replacement: Database | null): void {
    this.heard.push(`${from.index} flushing ${replacement?.index ?? 'nothing'} (${from.size})`);
  }
  flushed(from: Database): void {
    this.heard.push(`${from.index} flushed (${from.size})`);
  }
}

function listen(): string[] {
  const recorder = new Recorder();
  keyspace.listener = recorder;
  return recorder.heard;
}

function idleSeconds(key: string): number {
  return clock.nowMs / 1000 - db.dict.accessAt(db.dict.find(key)) - Math.floor(START_MS / 1000 / 0x1000000) * 0x1000000;
}

describe('lookups', () => {
  test('reads count hits and misses, writes and peeks do not', () => {
    db.set('k', 'v');
    db.lookupRead('k');
    db.lookupReadNoTouch('k');
    db.lookupQuietly('k');
    db.lookupRead('none');
    db.lookupReadNoTouch('none');
    db.lookupQuietly('none');
    db.lookupWrite('k');
    db.lookupWrite('none');
    db.peek('k');
    db.peek('none');
    expect([keyspace.stats.hits, keyspace.stats.misses]).toEqual([3, 3]);
  });

  test('reads and writes touch the access time; peeks and lookups without touch do not', () => {
    db.set('k', 'v');
    clock.advance(10_000);
    db.peek('k');
    db.has('k');
    db.lookupReadNoTouch('k');
    expect(idleSeconds('k')).toBe(10);
    db.lookupRead('k');
    expect(idleSeconds('k')).toBe(0);
    clock.advance(5_000);
    db.lookupWrite('k');
    expect(idleSeconds('k')).toBe(0);
  });

  test('a read that misses notifies, a write does not', () => {
    const heard = listen();
    db.lookupRead('none');
    db.lookupWrite('none');
    db.lookupQuietly('none');
    expect(heard).toEqual(['0 m keymiss none']);
  });
});

describe('expiry', () => {
  test('a key exists up to and at its time, and is deleted a millisecond later', () => {
    db.set('k', 'v');
    db.setExpire('k', START_MS + 100);
    clock.advance(100);
    expect(db.lookupRead('k')).toBe('v');
    clock.advance(1);
    expect(db.lookupRead('k')).toBeUndefined();
    expect(db.size).toBe(0);
    expect(keyspace.stats.expired).toBe(1);
  });

  test.each<[string, (key: string) => unknown]>([
    ['peek', (key) => db.peek(key)],
    ['has', (key) => db.has(key)],
    ['delete', (key) => db.delete(key)],
    ['lookupWrite', (key) => db.lookupWrite(key)],
    ['lookupReadNoTouch', (key) => db.lookupReadNoTouch(key)],
  ])('%s finds no key whose time is over, and deletes it with the event of an expiry', (_name, lookup) => {
    db.set('k', 'v');
    db.setExpire('k', START_MS - 1);
    const heard = listen();
    expect(lookup('k') || undefined).toBeUndefined();
    expect(heard).toContain('0 x expired k');
    expect(db.size).toBe(0);
  });

  test('storing over an expired key expires it first, and the new one stays', () => {
    db.set('k', 'old');
    db.setExpire('k', START_MS - 1);
    const heard = listen();
    db.set('k', 'new', true);
    expect(heard).toEqual(['0 modified k', '0 x expired k', '0 n new k']);
    expect(db.expireAt('k')).toBe(-1);
  });

  test('storing drops the expiry unless told to keep it', () => {
    db.set('k', 'v');
    db.setExpire('k', START_MS + 100);
    db.set('k', 'w', true);
    expect(db.expireAt('k')).toBe(START_MS + 100);
    db.set('k', 'x');
    expect(db.expireAt('k')).toBe(-1);
  });

  test('no key expires in frozen time, until it is thawed as often', () => {
    db.set('k', 'v');
    db.setExpire('k', START_MS + 10);
    keyspace.freezeTime();
    keyspace.freezeTime();
    clock.advance(1000);
    keyspace.thawTime();
    expect(db.has('k')).toBe(true);
    keyspace.thawTime();
    expect(db.has('k')).toBe(false);
  });

  test('expiries stay with their keys while others are removed and slots move', () => {
    for (let i = 0; i < 100; i++) {
      db.set(`k${i}`, i);
      if (i % 3 === 0) db.setExpire(`k${i}`, START_MS + i);
    }
    for (let i = 0; i < 100; i += 2) db.delete(`k${i}`);
    for (let i = 1; i < 100; i += 2) expect(db.expireAt(`k${i}`)).toBe(i % 3 === 0 ? START_MS + i : -1);
    expect(db.expires.size).toBe(17);
  });

  test('the first volatile key is announced, the second is not', () => {
    let announced = 0;
    keyspace.onVolatile = () => announced++;
    db.set('a', 1);
    db.set('b', 1);
    db.setExpire('a', START_MS + 1);
    db.setExpire('b', START_MS + 1);
    expect(announced).toBe(1);
  });

  test('a random key is never an expired one', () => {
    db.set('due', 1);
    db.setExpire('due', START_MS - 1);
    expect(db.randomKey()).toBeNull();
    db.set('live', 1);
    expect(db.randomKey()).toBe('live');
  });
});

describe('moving', () => {
  test('rename keeps value, expiry and access time, and replaces an existing key', () => {
    db.set('a', 'v');
    db.setExpire('a', START_MS + 500);
    db.set('b', 'old');
    clock.nowMs += 400;
    const access = db.dict.accessAt(db.dict.find('a'));
    db.rename('a', 'b');
    expect([db.has('a'), db.peek('b'), db.expireAt('b'), db.size]).toEqual([false, 'v', START_MS + 500, 1]);
    expect(db.dict.accessAt(db.dict.find('b'))).toBe(access);
  });

  test('move takes a key with its expiry to another database', () => {
    db.set('k', 'v');
    db.setExpire('k', START_MS + 500);
    db.moveTo(other, 'k');
    expect([db.size, db.expires.size, other.peek('k'), other.expireAt('k')]).toEqual([0, 0, 'v', START_MS + 500]);
  });

  test('swap exchanges everything, and calls listeners before and after', () => {
    db.set('a', 1);
    db.setExpire('a', START_MS + 500);
    const used = db.capture().usedUnits;
    const heard = listen();
    keyspace.swap(0, 1);
    expect([db.size, other.expireAt('a'), other.capture().usedUnits, db.capture().usedUnits]).toEqual([0, START_MS + 500, used, 0]);
    expect(heard).toEqual(['0 flushing 1 (1)', '1 flushing 0 (0)', '0 flushed (0)', '1 flushed (1)']);
  });

  test('flush deletes all keys of one database, and calls listeners before and after', () => {
    db.set('a', 1);
    other.set('b', 1);
    const heard = listen();
    expect(db.flush()).toBe(1);
    expect([db.size, other.size]).toEqual([0, 1]);
    expect(heard).toEqual(['0 flushing nothing (1)', '0 flushed (0)']);
    expect(keyspace.flushAll()).toBe(1);
    expect(keyspace.datasetBytes).toBe(0);
  });
});

/** A collection that has only a size in memory. */
class Blob implements Collection {
  readonly type = 'set';
  readonly encoding = 'hashtable';
  readonly size = 1;
  constructor(public memoryBytes: number) {}
  clone(): Blob {
    return new Blob(this.memoryBytes);
  }
  freeze(): Frozen {
    return { value: this.clone(), thaw() {} };
  }
  capture(): void {}
  restore(): void {}
}

describe('memory', () => {
  test('is counted when a key is stored, replaced and deleted', () => {
    const empty = keyspace.datasetBytes;
    db.set('k', 'v'.repeat(1000));
    expect(keyspace.datasetBytes - empty).toBeGreaterThan(1000);
    db.set('k', 'v');
    expect(keyspace.datasetBytes).toBeLessThan(200);
    db.delete('k');
    expect(keyspace.datasetBytes).toBe(empty);
  });

  test('of a value changed in place is counted again at the change, whichever key was looked up last', () => {
    const blob = new Blob(100);
    const text = new ByteString('x');
    db.set('blob', blob);
    db.set('text', text);
    const before = keyspace.datasetBytes;
    db.lookupWrite('blob');
    db.lookupWrite('text');
    blob.memoryBytes = 10_100;
    text.append('y'.repeat(5000));
    db.changed('blob', 's', 'sadd');
    db.changed('text', '$', 'append');
    expect(Math.abs(keyspace.datasetBytes - before - 15_000)).toBeLessThan(64);
    db.delete('blob');
    db.delete('text');
    expect(keyspace.datasetBytes).toBe(0);
  });

  test('comes back to nothing after any mixture of changes', () => {
    const values: readonly Value[] = [1, 'text', 'x'.repeat(300), new Blob(5000), new ByteString('abc')];
    for (let i = 0; i < 500; i++) {
      const key = `k${(i * 7) % 13}`;
      if (i % 5 === 4) db.delete(key);
      else db.set(key, values[i % values.length]!);
      if (i % 3 === 0 && db.has(key)) db.setExpire(key, START_MS + i);
      if (i % 11 === 0 && db.has(key) && !other.has(key)) db.moveTo(other, key);
      if (i % 17 === 0 && db.has(key)) db.rename(key, `k${i % 13}`);
    }
    clock.advance(10_000);
    for (const each of [db, other]) {
      for (let i = 0; i < 13; i++) each.delete(`k${i}`);
      expect([each.size, each.expires.size, each.capture().usedUnits]).toEqual([0, 0, 0]);
    }
    expect(keyspace.datasetBytes).toBe(0);
  });
});

test('a change counts, and reports the modification before the event', () => {
  const heard = listen();
  db.set('k', 'v');
  db.changed('k', '$', 'set');
  expect(keyspace.dirty).toBe(1);
  expect(heard).toEqual(['0 n new k', '0 modified k', '0 $ set k']);
});
