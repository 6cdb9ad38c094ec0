/**
 * Keyspace notifications: publishes the events selected by notify-keyspace-events on channels.
 *
 *   SET k v in database 0   ─▶  __keyspace@0__:k  "set"     what happened to a key            K
 *                           ─▶  __keyevent@0__:set  "k"     to which key something happened    E
 *
 * A listener of the keyspace while any class is selected; the pub/sub hub does the publishing.
 */
import type { Database } from './database.js';
import type { EventClass, KeyspaceListener } from './keyspace.js';

const KEYSPACE = 1 << 0;
const KEYEVENT = 1 << 1;

const CLASS_FLAGS: { readonly [letter in EventClass]: number } = {
  g: 1 << 2,
  $: 1 << 3,
  l: 1 << 4,
  s: 1 << 5,
  h: 1 << 6,
  z: 1 << 7,
  x: 1 << 8,
  e: 1 << 9,
  t: 1 << 10,
  d: 1 << 11,
  n: 1 << 12,
  m: 1 << 13,
};

const classesOf = (letters: string): number => [...letters].reduce((flags, letter) => flags | CLASS_FLAGS[letter as EventClass], 0);

/** `A`: everything but misses (m) and new keys (n). */
const ALL = classesOf('g$lshzxetd');
const FLAGS: { readonly [letter: string]: number } = { ...CLASS_FLAGS, A: ALL, K: KEYSPACE, E: KEYEVENT };

/** Parses a text such as `KEA` into flags; null if a letter is unknown. */
export function parseNotifyFlags(text: string): number | null {
  let flags = 0;
  for (const letter of text) {
    if (!Object.hasOwn(FLAGS, letter)) return null;
    flags |= FLAGS[letter]!;
  }
  return flags;
}

export function keyspaceChannel(db: number, key: string): string {
  return `__keyspace@${db}__:${key}`;
}

export function keyeventChannel(db: number, event: string): string {
  return `__keyevent@${db}__:${event}`;
}

/** Publishes events as messages. Joins the keyspace's listeners while {@link isWanted}. */
export class KeyspaceNotifications implements KeyspaceListener {
  flags = 0;

  /** @param publish sends a message to the subscribers of a channel */
  constructor(private readonly publish: (channel: string, message: string) => void) {}

  /** True if any event is published: this takes a class and one of K and E. */
  get isWanted(): boolean {
    return (this.flags & (KEYSPACE | KEYEVENT)) !== 0 && (this.flags & ~(KEYSPACE | KEYEVENT)) !== 0;
  }

  keyModified(): void {}
  flushing(): void {}
  flushed(): void {}

  notify(db: Database, eventClass: EventClass, event: string, key: string): void {
    if ((this.flags & CLASS_FLAGS[eventClass]) === 0) return;
    if ((this.flags & KEYSPACE) !== 0) this.publish(keyspaceChannel(db.index, key), event);
    if ((this.flags & KEYEVENT) !== 0) this.publish(keyeventChannel(db.index, event), key);
  }
}
