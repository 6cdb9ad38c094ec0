/**
 * Database: keys, their values, and when they expire. All commands reach keys through these methods and no others.
 *
 *   lookupRead    a command that reads: counts hit or miss, touches the key's access time
 *   lookupWrite   a command that is about to change the value in place
 *   peek          looks without touching anything (TTL, OBJECT, the screen)
 *   set, delete, setExpire, persist, rename …
 *   changed       after every change: wakes watchers and waiters, notifies, counts, traces
 *
 * Expiry is lazy first: a key whose time is over is deleted by whichever lookup comes across it, and no command ever sees
 * it. The active cycle (expire-cycle.ts) takes those that nobody asks for.
 */
import type { Keyspace, EventClass } from './keyspace.js';
import { Dict } from './dict.js';
import { typeOf, memoryOf, type Value } from './value.js';

/** Estimated bytes that a key costs besides its text and its value: slot, hash, index entry, string header. */
const KEY_OVERHEAD = 60;

export class Database {
  readonly dict = new Dict<Value>();
  /** Unix time in ms at which a key expires, for those that do. */
  readonly expires = new Dict<number>();

  constructor(
    private readonly keyspace: Keyspace,
    readonly index: number,
  ) {}

  get size(): number {
    return this.dict.size;
  }

  lookupRead(key: string): Value | undefined {
    const slot = this.findLive(key);
    if (slot === -1) {
      this.keyspace.stats.misses++;
      return undefined;
    }
    this.keyspace.stats.hits++;
    return this.dict.values[slot];
  }

  lookupWrite(key: string): Value | undefined {
    const slot = this.findLive(key);
    return slot === -1 ? undefined : this.dict.values[slot];
  }

  peek(key: string): Value | undefined {
    const slot = this.findLive(key);
    return slot === -1 ? undefined : this.dict.values[slot];
  }

  has(key: string): boolean {
    return this.findLive(key) !== -1;
  }

  /** Stores a value under a new or existing key, and drops its expiry unless told to keep it. Does not call {@link changed}. */
  set(key: string, value: Value, keepTtl = false): void {
    this.dict.set(key, value);
    if (!keepTtl && this.expires.size > 0) this.expires.delete(key);
  }

  /** True if the key was there. Does not call {@link changed}. */
  delete(key: string): boolean {
    const slot = this.findLive(key);
    if (slot === -1) return false;
    this.dict.removeSlot(slot);
    if (this.expires.size > 0) this.expires.delete(key);
    return true;
  }

  /** Unix time in ms, or -1 for a key that never expires. */
  expireAt(key: string): number {
    return this.expires.size === 0 ? -1 : (this.expires.get(key) ?? -1);
  }

  setExpire(key: string, atMs: number): void {
    this.expires.set(key, atMs);
  }

  /** True if the key had an expiry. */
  persist(key: string): boolean {
    return this.expires.delete(key);
  }

  /** After every change of a key, once for each event that Redis would name. */
  changed(key: string, eventClass: EventClass, event: string): void {
    const { keyspace } = this;
    keyspace.dirty++;
    if (keyspace.listener !== null) {
      keyspace.listener.keyModified(this, key);
      keyspace.listener.notify(this, eventClass, event, key);
    }
    if (keyspace.tap.sink !== null) this.trace(key, event);
  }

  /** The slot of a key that is there and whose time is not over; -1 otherwise. */
  private findLive(key: string): number {
    if (this.expires.size > 0 && this.expireIfDue(key)) return -1;
    return this.dict.find(key);
  }

  private expireIfDue(key: string): boolean {
    const atMs = this.expires.get(key);
    if (atMs === undefined || this.keyspace.clock.nowMs <= atMs) return false;
    this.expire(key, 'lazy');
    return true;
  }

  /** Deletes a key whose time is over. */
  expire(key: string, how: 'lazy' | 'active'): void {
    const { keyspace } = this;
    this.dict.delete(key);
    this.expires.delete(key);
    keyspace.stats.expired++;
    if (keyspace.listener !== null) {
      keyspace.listener.keyModified(this, key);
      keyspace.listener.notify(this, 'x', 'expired', key);
    }
    if (keyspace.tap.sink !== null) keyspace.tap.sink.emit({ kind: 'expire', db: this.index, key, how });
  }

  private trace(key: string, event: string): void {
    const value = this.dict.get(key);
    this.keyspace.tap.sink!.emit({
      kind: 'key-change',
      db: this.index,
      key,
      event,
      type: value === undefined ? 'none' : typeOf(value),
      size: value === undefined ? 0 : KEY_OVERHEAD + key.length + memoryOf(value),
      expireAtMs: Math.max(0, this.expireAt(key)),
      token: this.keyspace.actingToken,
    });
  }
}
