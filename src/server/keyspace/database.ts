/**
 * Database: keys, their values, and when they expire. All commands reach keys through these methods and no others.
 *
 *   lookupRead         a command that reads: counts hit or miss, touches the key's access time
 *   lookupReadNoTouch  the same without touching (EXISTS, TYPE, TTL)
 *   lookupWrite        a command that is about to change the value in place
 *   peek               reads without counting or touching anything
 *   set, delete, setExpire, persist, rename …
 *   announce           before a change in place of a value that was looked up for reading
 *   changed            after every change: wakes watchers and waiters, notifies, counts, traces
 *
 * Expiry is lazy first: an expired key is deleted by the lookup that finds it (hidden by one that reads, while clients are paused), and no command ever sees
 * it. The active cycle (expire-cycle.ts) deletes those that are never looked up.
 */
import type { MemberTable } from '../resp/member-table.js';
import { lfuInitial, lfuTouched } from './access.js';
import type { Effects } from './effects.js';
import { type Expires, type ExpiresState, NEVER } from './expires.js';
import type { HashSeed } from './hash.js';
import { KeyTable, type KeyTableState } from './key-table.js';
import type { Keyspace, EventClass, KeyspaceWork } from './keyspace.js';
import type { Int64 } from './types/int64.js';
import { type Collection, typeOf, memoryOf, type Value } from './value.js';

/** Bytes that a key takes besides its text and its value: facts, references, position in the index, string header. */
const KEY_OVERHEAD = 64;

/** Memory is counted in the units of allocators; in these a key of 32 GiB still fits the 31 bits reserved for it. */
const UNIT_SHIFT = 4;
export const UNIT_BYTES = 1 << UNIT_SHIFT;

/** Maximum number of keys that RANDOMKEY tries to find one that has not expired, before it takes any (dbRandomKey). */
const RANDOM_TRIES = 100;

export interface DatabaseState {
  readonly table: KeyTableState;
  readonly expires: ExpiresState;
  readonly averageTtlMs: number;
  readonly expireCursor: number;
  readonly usedUnits: number;
  readonly hasMutableValues: boolean;
}

export class Database {
  dict: KeyTable;
  expires: Expires;
  /** The average time to live measured by the expire cycle, for INFO; 0 if unknown. */
  averageTtlMs = 0;
  /** Where the expire cycle continues. */
  expireCursor = 0;
  private usedUnits = 0;
  /** True once a value that can change in place was stored. Before, `changed` has nothing to measure. */
  private hasMutableValues = false;

  constructor(
    private readonly keyspace: Keyspace,
    readonly index: number,
  ) {
    this.dict = new KeyTable(keyspace.hashSeed);
    this.expires = keyspace.expiresOf(this.dict);
  }

  /** The seed for tables of the values stored here. */
  get hashSeed(): HashSeed {
    return this.keyspace.hashSeed;
  }

  get size(): number {
    return this.dict.size;
  }

  /** For commands that are propagated as other commands; null while there is no append-only file and no replica. */
  get effects(): Effects | null {
    return this.keyspace.effects;
  }

  /** For the decoder: returns the string that these bytes spell as latin1, see KeyTable. Not a lookup: nothing is counted, touched or expired. */
  intern(bytes: Buffer, start: number, length: number): string {
    return this.dict.intern(bytes, start, length);
  }

  get wasInterned(): boolean {
    return this.dict.wasInterned;
  }

  /** For the decoder: false while there can be no collection. */
  get hasCollections(): boolean {
    return this.hasMutableValues;
  }

  /** For the decoder: returns the members of a key's collection, if they are in a table. Not a lookup either. */
  membersOf(key: string): MemberTable | null {
    const value = this.stored(key);
    return typeof value === 'object' ? ((value as Collection).table ?? null) : null;
  }

  lookupRead(key: string): Value | undefined {
    const slot = this.findVisible(key);
    if (slot === -1) return this.missed(key);
    this.keyspace.stats.hits++;
    this.touch(slot);
    return this.dict.valueAt(slot);
  }

  lookupReadNoTouch(key: string): Value | undefined {
    const slot = this.findVisible(key);
    if (slot === -1) return this.missed(key);
    this.keyspace.stats.hits++;
    return this.dict.valueAt(slot);
  }

  /** Like {@link lookupReadNoTouch}, but a miss is counted without a notification (OBJECT). */
  lookupQuietly(key: string): Value | undefined {
    const value = this.peek(key);
    if (value === undefined) this.keyspace.stats.misses++;
    else this.keyspace.stats.hits++;
    return value;
  }

  lookupWrite(key: string): Value | undefined {
    const slot = this.findLive(key);
    if (slot === -1) return undefined;
    this.touch(slot);
    if (this.keyspace.preImages !== null) this.keyspace.preImages.changing(this.dict, slot);
    return this.dict.valueAt(slot);
  }

  /** Called before a change in place of a value that was looked up for reading: by commands that change it only in some cases. */
  announce(key: string): void {
    if (this.keyspace.preImages === null) return;
    const slot = this.dict.find(key);
    if (slot !== -1) this.keyspace.preImages.changing(this.dict, slot);
  }

  peek(key: string): Value | undefined {
    const slot = this.findVisible(key);
    return slot === -1 ? undefined : this.dict.valueAt(slot);
  }

  /** Returns what the table holds, also for an expired key that has not been deleted yet (DEBUG). */
  stored(key: string): Value | undefined {
    const slot = this.dict.find(key);
    return slot === -1 ? undefined : this.dict.valueAt(slot);
  }

  has(key: string): boolean {
    return this.findVisible(key) !== -1;
  }

  /** Stores a value under a new or existing key, and drops its expiry unless told to keep it. Does not call {@link changed}. */
  set(key: string, value: Value, keepTtl = false): void {
    const slot = this.findLive(key);
    if (slot === -1) {
      this.begin(this.dict.add(key, value), key, value);
    } else {
      if (this.keyspace.preImages !== null) this.keyspace.preImages.changing(this.dict, slot);
      this.dict.setValueAt(slot, value);
      this.measure(slot, key, value);
      if (!keepTtl && this.expires.size > 0) this.expires.remove(slot);
      this.touch(slot);
    }
  }

  /** Adds a key of a snapshot, without notifications. False: the key exists already. @param access the bits of access.ts */
  load(key: string, value: Value, atMs: Int64, access: number): boolean {
    if (this.dict.find(key) !== -1) return false;
    const slot = this.dict.add(key, value);
    this.dict.setAccessAt(slot, access);
    this.measure(slot, key, value);
    if (atMs !== NEVER) this.setExpireAt(slot, atMs);
    return true;
  }

  /** True if the key existed. Does not call {@link changed}. */
  delete(key: string): boolean {
    const slot = this.findLive(key);
    if (slot !== -1) this.removeSlot(slot);
    return slot !== -1;
  }

  /** Returns unix time in ms, or -1 for a key that never expires or does not exist. Beyond 2^53 it is rounded: {@link exactExpireAt}. */
  expireAt(key: string): number {
    if (this.expires.size === 0) return NEVER;
    const slot = this.dict.find(key);
    return slot === -1 ? NEVER : this.expires.at(slot);
  }

  exactExpireAt(key: string): Int64 {
    if (this.expires.size === 0) return NEVER;
    const slot = this.dict.find(key);
    return slot === -1 ? NEVER : this.expires.exactAt(slot);
  }

  /** The key must exist. Does not call {@link changed}. */
  setExpire(key: string, atMs: Int64): void {
    const slot = this.dict.find(key);
    if (slot === -1) return;
    if (this.keyspace.preImages !== null) this.keyspace.preImages.changing(this.dict, slot);
    this.setExpireAt(slot, atMs);
    if (this.keyspace.isWritableReplica) this.noteOwnExpire(key);
  }

  /** On a writable replica: a client of its own has set the expiry of this key, unless the master did. */
  private noteOwnExpire(key: string): void {
    if (!this.keyspace.appliesStream) this.keyspace.ownExpires.note(this.index, key);
  }

  /** Deletes a key if it has expired; true if it was so. */
  expireIfDue(key: string): boolean {
    const slot = this.dict.find(key);
    if (slot === -1 || !this.isDue(slot)) return false;
    this.expireSlot(slot, 'active');
    return true;
  }

  /** True if the key had an expiry. */
  persist(key: string): boolean {
    const slot = this.expires.size === 0 ? -1 : this.dict.find(key);
    if (slot === -1) return false;
    if (this.keyspace.preImages !== null) this.keyspace.preImages.changing(this.dict, slot);
    return this.expires.remove(slot);
  }

  /** Renames an existing key, with its expiry and access time; a key with the new name is replaced. Does not call {@link changed}. */
  rename(from: string, to: string): void {
    if (from === to) return;
    this.delete(to);
    this.transfer(from, this, to);
  }

  /** Moves an existing key to another database that does not have it, with its expiry and access time. Does not call {@link changed}. */
  moveTo(target: Database, key: string): void {
    // It may exist nevertheless, hidden while clients are paused.
    target.delete(key);
    this.transfer(key, target, key);
  }

  /** Deletes everything; returns the number of keys. Redis can do this on another thread (ASYNC); here the table is just dropped. */
  flush(): number {
    const { listener, onShrink } = this.keyspace;
    const { size } = this;
    if (onShrink !== null) onShrink();
    if (listener !== null) listener.flushing(this, null);
    this.keyspace.usedUnits -= this.usedUnits;
    this.dict = new KeyTable(this.hashSeed);
    this.expires = this.keyspace.expiresOf(this.dict);
    this.averageTtlMs = 0;
    this.usedUnits = 0;
    this.hasMutableValues = false;
    if (listener !== null) listener.flushed(this);
    return size;
  }

  /** Drops everything in a database that no client sees, without notifications. */
  drop(): void {
    this.keyspace.usedUnits -= this.usedUnits;
    this.dict = new KeyTable(this.hashSeed);
    this.expires = this.keyspace.expiresOf(this.dict);
    this.usedUnits = 0;
  }

  /** Exchanges all keys with another database, for SWAPDB; clients stay where they are. */
  swap(other: Database): void {
    if (other === this) return;
    const { listener } = this.keyspace;
    if (listener !== null) listener.flushing(this, other);
    if (listener !== null) listener.flushing(other, this);
    [this.dict, other.dict] = [other.dict, this.dict];
    [this.expires, other.expires] = [other.expires, this.expires];
    [this.averageTtlMs, other.averageTtlMs] = [other.averageTtlMs, this.averageTtlMs];
    [this.expireCursor, other.expireCursor] = [other.expireCursor, this.expireCursor];
    [this.usedUnits, other.usedUnits] = [other.usedUnits, this.usedUnits];
    [this.hasMutableValues, other.hasMutableValues] = [other.hasMutableValues, this.hasMutableValues];
    if (listener !== null) listener.flushed(this);
    if (listener !== null) listener.flushed(other);
  }

  /** Returns a key that has not expired, chosen uniformly; null if there is none. Deletes expired keys that it finds. */
  randomKey(): string | null {
    for (let tries = RANDOM_TRIES; this.dict.size > 0; tries--) {
      const slot = this.dict.randomSlot(this.keyspace.random());
      const key = this.dict.keyAt(slot);
      if (!this.isDue(slot)) return key;
      if (tries <= 0 && this.expires.size === this.dict.size) return key;
      if (!this.keyspace.hidesDue) this.expireSlot(slot, 'lazy');
    }
    return null;
  }

  /** True if the key in this slot has expired. Deletes nothing. */
  isDue(slot: number): boolean {
    const place = this.dict.volatileAt(slot);
    return place !== 0 && this.keyspace.nowMs > this.expires.timeAt(place - 1);
  }

  /** Called after every change of a key, once for each event that Redis would emit. */
  changed(key: string, eventClass: EventClass, event: string): void {
    const { keyspace } = this;
    keyspace.dirty++;
    if (this.hasMutableValues) this.remeasure(key);
    if (keyspace.listener !== null) {
      keyspace.listener.keyModified(this, key);
      // The first listener may have left, and been the last one.
      keyspace.listener?.notify(this, eventClass, event, key);
    }
    if (keyspace.tap.sink !== null) this.trace(key, event);
  }

  /** Called after a change that has no event, such as PFCOUNT's update of the count cached in the value. */
  changedSilently(key: string): void {
    this.keyspace.dirty++;
    if (this.hasMutableValues) this.remeasure(key);
    if (this.keyspace.listener !== null) this.keyspace.listener.keyModified(this, key);
  }

  /**
   * Called after a change that does not count for WATCH, client-side caching and blocked clients, as in Redis: for example, to the state of consumer groups.
   * Notifies of `event`, if there is one.
   */
  changedUnwatched(key: string, eventClass: EventClass, event: string | null): void {
    const { keyspace } = this;
    keyspace.dirty++;
    if (this.hasMutableValues) this.remeasure(key);
    if (event === null) return;
    if (keyspace.listener !== null) keyspace.listener.notify(this, eventClass, event, key);
    if (keyspace.tap.sink !== null) this.trace(key, event);
  }

  capture(): DatabaseState {
    const { averageTtlMs, expireCursor, usedUnits, hasMutableValues } = this;
    return { table: this.dict.capture(hasMutableValues), expires: this.expires.capture(), averageTtlMs, expireCursor, usedUnits, hasMutableValues };
  }

  /** Becomes the captured database, without notifications. Its previous content is dropped. */
  restore({ table, expires, averageTtlMs, expireCursor, usedUnits, hasMutableValues }: DatabaseState): void {
    this.dict = new KeyTable(this.hashSeed);
    this.dict.restore(table);
    this.expires = this.keyspace.expiresOf(this.dict);
    this.expires.restore(expires);
    this.averageTtlMs = averageTtlMs;
    this.expireCursor = expireCursor;
    this.usedUnits = usedUnits;
    this.hasMutableValues = hasMutableValues;
  }

  /** A lookup found no key: counts, and notifies of a miss. */
  private missed(key: string): undefined {
    this.keyspace.stats.misses++;
    if (this.keyspace.listener !== null) this.keyspace.listener.notify(this, 'm', 'keymiss', key);
    return undefined;
  }

  /** Returns the slot of an existing key that has not expired; -1 otherwise. */
  private findLive(key: string): number {
    const slot = this.dict.find(key);
    if (slot === -1 || this.expires.size === 0 || !this.isDue(slot)) return slot;
    if (this.keyspace.appliesStream) return slot;
    this.expireSlot(slot, 'lazy');
    return -1;
  }

  /**
   * Like {@link findLive}, for reading: while clients are paused, and on a replica, the data stays as it is, and an expired key is hidden
   * instead of deleted.
   */
  private findVisible(key: string): number {
    const slot = this.dict.find(key);
    if (slot === -1 || this.expires.size === 0 || !this.isDue(slot)) return slot;
    if (this.keyspace.appliesStream) return slot;
    if (!this.keyspace.hidesDue) this.expireSlot(slot, 'lazy');
    return -1;
  }

  private touch(slot: number): void {
    const { keyspace, dict } = this;
    if (!keyspace.usesLfu) return dict.setAccessAt(slot, keyspace.lruClock());
    const { lfuDecayTime, lfuLogFactor } = keyspace.settings;
    dict.setAccessAt(slot, lfuTouched(dict.accessAt(slot), keyspace.clock.nowMs, lfuDecayTime, lfuLogFactor, keyspace.random));
  }

  /** Sets the initial facts of an added key. */
  private begin(slot: number, key: string, value: Value): void {
    const { keyspace } = this;
    const { nowMs } = keyspace.clock;
    this.dict.setAccessAt(slot, keyspace.usesLfu ? lfuInitial(nowMs) : keyspace.lruClock());
    this.measure(slot, key, value);
    if (keyspace.listener !== null) keyspace.listener.notify(this, 'n', 'new', key);
  }

  private setExpireAt(slot: number, atMs: Int64): void {
    this.expires.set(slot, atMs);
    if (this.expires.size === 1) this.keyspace.onVolatile?.();
  }

  private transfer(from: string, target: Database, to: string): void {
    const slot = this.dict.find(from);
    const value = this.dict.valueAt(slot);
    const added = target.dict.add(to, value);
    target.begin(added, to, value);
    target.dict.setAccessAt(added, this.dict.accessAt(slot));
    const atMs = this.expires.exactAt(slot);
    if (atMs !== NEVER) {
      target.setExpireAt(added, atMs);
      if (this.keyspace.isWritableReplica) target.noteOwnExpire(to);
    }
    this.removeSlot(slot);
  }

  /** Deletes an expired key. */
  expireSlot(slot: number, how: 'lazy' | 'active'): void {
    const { keyspace } = this;
    const key = this.dict.keyAt(slot);
    this.removeTimed(slot, 'expire-del');
    keyspace.stats.expired++;
    keyspace.effects?.deleted(this, key, 'expired');
    if (keyspace.listener !== null) {
      keyspace.listener.keyModified(this, key);
      keyspace.listener?.notify(this, 'x', 'expired', key);
    }
    if (keyspace.tap.sink !== null) keyspace.tap.sink.emit({ kind: 'expire', db: this.index, key, how });
  }

  /** Evicts a key. */
  evictSlot(slot: number): void {
    const { keyspace } = this;
    const key = this.dict.keyAt(slot);
    this.removeTimed(slot, 'eviction-del');
    keyspace.stats.evicted++;
    keyspace.effects?.deleted(this, key, 'evicted');
    if (keyspace.listener !== null) {
      keyspace.listener.keyModified(this, key);
      keyspace.listener?.notify(this, 'e', 'evicted', key);
    }
    if (keyspace.tap.sink !== null) keyspace.tap.sink.emit({ kind: 'evict', db: this.index, key, policy: keyspace.settings.policy });
  }

  private removeTimed(slot: number, work: KeyspaceWork): void {
    const { clock, onWork } = this.keyspace;
    if (onWork === null) return this.removeSlot(slot);
    const startUs = clock.readUs();
    this.removeSlot(slot);
    onWork(work, (clock.readUs() - startUs) / 1000);
  }

  private removeSlot(slot: number): void {
    const { preImages } = this.keyspace;
    if (preImages !== null) preImages.removing(this.dict, slot);
    this.account(slot, 0);
    if (this.expires.size > 0) this.expires.remove(slot);
    const moved = this.dict.removeSlot(slot);
    if (moved !== -1 && this.expires.size > 0) this.expires.follow(slot);
    if (preImages !== null) preImages.removed(this.dict, slot, moved);
  }

  /** Measures a value again that may have changed in place; for numbers and strings `set` has done so. */
  private remeasure(key: string): void {
    const slot = this.dict.find(key);
    if (slot === -1) return;
    const value = this.dict.valueAt(slot);
    if (typeof value === 'object') this.account(slot, unitsOf(key, value));
  }

  private measure(slot: number, key: string, value: Value): void {
    if (typeof value === 'object') this.hasMutableValues = true;
    this.account(slot, unitsOf(key, value));
  }

  private account(slot: number, units: number): void {
    const change = units - this.dict.unitsAt(slot);
    if (change === 0) return;
    this.dict.setUnitsAt(slot, units);
    this.usedUnits += change;
    this.keyspace.usedUnits += change;
  }

  private trace(key: string, event: string): void {
    const value = this.dict.get(key);
    this.keyspace.tap.sink!.emit({
      kind: 'key-change',
      db: this.index,
      key,
      event,
      type: value === undefined ? 'none' : typeOf(value),
      size: value === undefined ? 0 : bytesOf(key, value),
      expireAtMs: Math.max(0, this.expireAt(key)),
      token: this.keyspace.actingToken,
    });
  }
}

/** Returns the estimated bytes of a key and its value, in O(1). */
export function bytesOf(key: string, value: Value): number {
  return KEY_OVERHEAD + key.length + memoryOf(value);
}

function unitsOf(key: string, value: Value): number {
  const bytes = bytesOf(key, value);
  // Shifting is several times as fast, and correct within 31 bits.
  return bytes < 0x7ffffff0 ? (bytes + (UNIT_BYTES - 1)) >> UNIT_SHIFT : Math.ceil(bytes / UNIT_BYTES);
}

