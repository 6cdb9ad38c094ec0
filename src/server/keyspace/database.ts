/**
 * Database: keys, their values, and when they expire. All commands reach keys through these methods and no others.
 *
 *   lookupRead         a command that reads: counts hit or miss, touches the key's access time
 *   lookupReadNoTouch  the same without touching (EXISTS, TYPE, TTL)
 *   lookupWrite        a command that is about to change the value in place
 *   peek               looks without counting or touching anything
 *   set, delete, setExpire, persist, rename …
 *   announce           before a change in place of a value that was looked up for reading
 *   changed            after every change: wakes watchers and waiters, notifies, counts, traces
 *
 * Expiry is lazy first: a key whose time is over is deleted by whichever lookup comes across it (hidden by one that reads, while clients are paused), and
 * no command ever sees it. The active cycle (expire-cycle.ts) takes those that nobody asks for.
 */
import { lfuInitial, lfuTouched } from './access.js';
import type { Effects } from './effects.js';
import { type Expires, type ExpiresState, NEVER } from './expires.js';
import type { HashSeed } from './hash.js';
import { KeyTable, type KeyTableState } from './key-table.js';
import type { Keyspace, EventClass, KeyspaceWork } from './keyspace.js';
import { typeOf, memoryOf, type Value } from './value.js';

/** Bytes that a key costs besides its text and its value: facts, references, position in the index, string header. */
const KEY_OVERHEAD = 64;

/** Memory is counted as allocators hand it out; in these units a key of 32 GiB still fits the 31 bits kept for it. */
const UNIT_SHIFT = 4;
export const UNIT_BYTES = 1 << UNIT_SHIFT;

/** How long RANDOMKEY may look for a key that has not expired, before it takes any (dbRandomKey). */
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
  /** The average time to live that the expire cycle has seen, for INFO; 0 if unknown. */
  averageTtlMs = 0;
  /** Where the expire cycle goes on. */
  expireCursor = 0;
  private usedUnits = 0;
  /** Has there been a value that can change in place? While there is none, `changed` has nothing to measure. */
  private hasMutableValues = false;

  constructor(
    private readonly keyspace: Keyspace,
    readonly index: number,
  ) {
    this.dict = new KeyTable(keyspace.hashSeed);
    this.expires = keyspace.expiresOf(this.dict);
  }

  /** For the tables of the values that are stored here. */
  get hashSeed(): HashSeed {
    return this.keyspace.hashSeed;
  }

  get size(): number {
    return this.dict.size;
  }

  /** For commands that are written down as something else than themselves; null while nobody writes down anything. */
  get effects(): Effects | null {
    return this.keyspace.effects;
  }

  /** For the decoder: the string that these bytes spell as latin1, see KeyTable. Not a lookup: nothing is counted, touched or expired. */
  intern(bytes: Buffer, start: number, length: number): string {
    return this.dict.intern(bytes, start, length);
  }

  get wasInterned(): boolean {
    return this.dict.wasInterned;
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

  /** As {@link lookupReadNoTouch}, but a miss is counted without a notification (OBJECT). */
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

  /** Before a change in place of a value that was not looked up for one: by a command that reads, and changes only what it may find. */
  announce(key: string): void {
    if (this.keyspace.preImages === null) return;
    const slot = this.dict.find(key);
    if (slot !== -1) this.keyspace.preImages.changing(this.dict, slot);
  }

  peek(key: string): Value | undefined {
    const slot = this.findVisible(key);
    return slot === -1 ? undefined : this.dict.valueAt(slot);
  }

  /** What the table holds, also of a key whose time is over and that nobody has come across since (DEBUG). */
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

  /** A key of a snapshot, of which nobody is told. False: it is there already. @param access the bits of access.ts */
  load(key: string, value: Value, atMs: number, access: number): boolean {
    if (this.dict.find(key) !== -1) return false;
    const slot = this.dict.add(key, value);
    this.dict.setAccessAt(slot, access);
    this.measure(slot, key, value);
    if (atMs !== NEVER) this.setExpireAt(slot, atMs);
    return true;
  }

  /** True if the key was there. Does not call {@link changed}. */
  delete(key: string): boolean {
    const slot = this.findLive(key);
    if (slot !== -1) this.removeSlot(slot);
    return slot !== -1;
  }

  /** Unix time in ms, or -1 for a key that never expires or is not there. */
  expireAt(key: string): number {
    if (this.expires.size === 0) return NEVER;
    const slot = this.dict.find(key);
    return slot === -1 ? NEVER : this.expires.at(slot);
  }

  /** The key must be there. Does not call {@link changed}. */
  setExpire(key: string, atMs: number): void {
    const slot = this.dict.find(key);
    if (slot === -1) return;
    if (this.keyspace.preImages !== null) this.keyspace.preImages.changing(this.dict, slot);
    this.setExpireAt(slot, atMs);
  }

  /** True if the key had an expiry. */
  persist(key: string): boolean {
    const slot = this.expires.size === 0 ? -1 : this.dict.find(key);
    if (slot === -1) return false;
    if (this.keyspace.preImages !== null) this.keyspace.preImages.changing(this.dict, slot);
    return this.expires.remove(slot);
  }

  /** Gives a key that is there another name, with its expiry and access time; what was there before is gone. Does not call {@link changed}. */
  rename(from: string, to: string): void {
    if (from === to) return;
    this.delete(to);
    this.transfer(from, this, to);
  }

  /** Moves a key that is there to another database that does not have it, with its expiry and access time. Does not call {@link changed}. */
  moveTo(target: Database, key: string): void {
    // It may be there all the same, hidden while clients are paused.
    target.delete(key);
    this.transfer(key, target, key);
  }

  /** Deletes everything; returns the number of keys. Redis can do this on another thread (ASYNC); here it is a matter of dropping the table. */
  flush(): number {
    const { listener } = this.keyspace;
    const { size } = this;
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

  /** A key that has not expired, chosen evenly; null if there is none. Expires those that it comes across. */
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

  /** Is the time of the key in this slot over? Deletes nothing. */
  isDue(slot: number): boolean {
    const place = this.dict.volatileAt(slot);
    return place !== 0 && this.keyspace.nowMs > this.expires.timeAt(place - 1);
  }

  /** After every change of a key, once for each event that Redis would name. */
  changed(key: string, eventClass: EventClass, event: string): void {
    const { keyspace } = this;
    keyspace.dirty++;
    if (this.hasMutableValues) this.remeasure(key);
    if (keyspace.listener !== null) {
      keyspace.listener.keyModified(this, key);
      // The first listener may have been the last to listen.
      keyspace.listener?.notify(this, eventClass, event, key);
    }
    if (keyspace.tap.sink !== null) this.trace(key, event);
  }

  /** After a change that has no event of its own, such as PFCOUNT's of the count that it keeps in the value. */
  changedSilently(key: string): void {
    this.keyspace.dirty++;
    if (this.hasMutableValues) this.remeasure(key);
    if (this.keyspace.listener !== null) this.keyspace.listener.keyModified(this, key);
  }

  /**
   * After a change that does not count as one for WATCH, client-side caching and blocked clients, as in Redis: for one, what consumer groups
   * remember. Notifies of `event`, if there is one.
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

  /** Becomes the database that was captured; nobody is told. What was here before is forgotten. */
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

  /** A key was looked for and is not there: counts, and notifies as a miss. */
  private missed(key: string): undefined {
    this.keyspace.stats.misses++;
    if (this.keyspace.listener !== null) this.keyspace.listener.notify(this, 'm', 'keymiss', key);
    return undefined;
  }

  /** The slot of a key that is there and whose time is not over; -1 otherwise. */
  private findLive(key: string): number {
    const slot = this.dict.find(key);
    if (slot === -1 || this.expires.size === 0 || !this.isDue(slot)) return slot;
    if (this.keyspace.appliesStream) return slot;
    this.expireSlot(slot, 'lazy');
    return -1;
  }

  /**
   * As {@link findLive}, for who only looks: while clients are paused, and on a replica, the data stays as it is, and a key whose time is over is hidden
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

  /** What a key that has just been added begins with. */
  private begin(slot: number, key: string, value: Value): void {
    const { keyspace } = this;
    const { nowMs } = keyspace.clock;
    this.dict.setAccessAt(slot, keyspace.usesLfu ? lfuInitial(nowMs) : keyspace.lruClock());
    this.measure(slot, key, value);
    if (keyspace.listener !== null) keyspace.listener.notify(this, 'n', 'new', key);
  }

  private setExpireAt(slot: number, atMs: number): void {
    this.expires.set(slot, atMs);
    if (this.expires.size === 1) this.keyspace.onVolatile?.();
  }

  private transfer(from: string, target: Database, to: string): void {
    const slot = this.dict.find(from);
    const value = this.dict.valueAt(slot);
    const added = target.dict.add(to, value);
    target.begin(added, to, value);
    target.dict.setAccessAt(added, this.dict.accessAt(slot));
    const atMs = this.expires.at(slot);
    if (atMs !== NEVER) target.setExpireAt(added, atMs);
    this.removeSlot(slot);
  }

  /** Deletes a key whose time is over. */
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

  /** Deletes a key for want of memory. */
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

  /** What may have changed in place is measured again; numbers and strings are as `set` has counted them. */
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

/** Estimated bytes of a key and its value, in O(1). */
export function bytesOf(key: string, value: Value): number {
  return KEY_OVERHEAD + key.length + memoryOf(value);
}

function unitsOf(key: string, value: Value): number {
  const bytes = bytesOf(key, value);
  // Shifting is several times as fast, and right for all that 31 bits hold.
  return bytes < 0x7ffffff0 ? (bytes + (UNIT_BYTES - 1)) >> UNIT_SHIFT : Math.ceil(bytes / UNIT_BYTES);
}

