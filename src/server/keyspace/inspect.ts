/**
 * Inspect: a window onto the keys of a database for whoever looks on, the screen above all. It touches nothing: no access time, no
 * hit or miss, and keys whose time is over but which nobody has deleted yet are listed as what they are, ghosts.
 *
 *   order 'stored'   slots as they lie               O(window)
 *   order 'expiry'   volatile keys, soonest first    O(volatile keys), of which ghosts come first
 *   order 'name'     by bytes                        O(keys)
 *   order 'bytes'    largest first                   O(keys)
 *   order 'recent'   last used first                 O(keys); most used first while an LFU policy counts uses
 */
import { idleMs, lfuCounter } from './access.js';
import { bytesOf, type Database } from './database.js';
import { NEVER } from './expires.js';
import { previewOf } from './inspect-value.js';
import type { Keyspace } from './keyspace.js';
import { encodingOf, typeOf, type TypeName, type Value } from './value.js';

export type KeyOrder = 'stored' | 'expiry' | 'name' | 'bytes' | 'recent';

export interface KeyWindow {
  readonly db: number;
  /** How many keys of the order to leave out. */
  readonly offset?: number;
  readonly limit: number;
  readonly order?: KeyOrder;
}

export interface KeyRow {
  readonly key: string;
  readonly type: TypeName;
  readonly encoding: string;
  /** Length of a string, members of a collection. */
  readonly size: number;
  /** Estimated memory of key and value. */
  readonly bytes: number;
  /** Unix time in ms, or -1. */
  readonly expireAtMs: number;
  /** Time is over, but the key is still there. */
  readonly isDue: boolean;
  /** Milliseconds since the last use, or -1 while an LFU policy counts uses instead. */
  readonly idleMs: number;
  /** The LFU counter, or -1 while an LRU clock is kept instead. */
  readonly frequency: number;
  /** The beginning of a string's bytes, or the first items of a collection. */
  readonly preview: string;
}

export function inspectKeys(keyspace: Keyspace, { db: index, offset = 0, limit, order = 'stored' }: KeyWindow): KeyRow[] {
  const db = keyspace.databases[index];
  if (db === undefined) return [];
  return slotsOf(keyspace, db, order, offset, limit).map((slot) => rowOf(keyspace, db, slot));
}

/** How many keys are due but not deleted yet, by looking at all volatile keys. */
export function countDue(db: Database): number {
  let due = 0;
  for (let place = 0; place < db.expires.size; place++) if (db.isDue(db.expires.slotAt(place))) due++;
  return due;
}

function rowOf(keyspace: Keyspace, db: Database, slot: number): KeyRow {
  const { settings, usesLfu, nowMs } = keyspace;
  const key = db.dict.keyAt(slot);
  const value = db.dict.valueAt(slot);
  const access = db.dict.accessAt(slot);
  return {
    key,
    type: typeOf(value),
    encoding: encodingOf(value),
    size: sizeOf(value),
    bytes: bytesOf(key, value),
    expireAtMs: db.expires.at(slot),
    isDue: db.isDue(slot),
    idleMs: usesLfu ? NEVER : idleMs(access, nowMs),
    frequency: usesLfu ? lfuCounter(access, nowMs, settings.lfuDecayTime) : -1,
    preview: previewOf(value),
  };
}

function sizeOf(value: Value): number {
  if (typeof value === 'number') return String(value).length;
  return typeof value === 'string' || !('size' in value) ? value.length : value.size;
}

function slotsOf({ settings, usesLfu, nowMs }: Keyspace, db: Database, order: KeyOrder, offset: number, limit: number): number[] {
  const { dict, expires } = db;
  switch (order) {
    case 'stored':
      return range(Math.min(offset, dict.size), Math.min(offset + limit, dict.size));
    case 'expiry':
      return first(range(0, expires.size).map((place) => expires.slotAt(place)), offset, limit, (a, b) => expires.at(a) - expires.at(b));
    case 'name':
      return first(range(0, dict.size), offset, limit, (a, b) => (dict.keyAt(a) < dict.keyAt(b) ? -1 : 1));
    case 'bytes':
      return first(range(0, dict.size), offset, limit, (a, b) => dict.unitsAt(b) - dict.unitsAt(a));
    case 'recent':
      if (usesLfu) return first(range(0, dict.size), offset, limit, (a, b) => lfuCounter(dict.accessAt(b), nowMs, settings.lfuDecayTime) - lfuCounter(dict.accessAt(a), nowMs, settings.lfuDecayTime));
      return first(range(0, dict.size), offset, limit, (a, b) => idleMs(dict.accessAt(a), nowMs) - idleMs(dict.accessAt(b), nowMs));
  }
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
}

/** The slots [offset, offset + limit) of the order, without sorting those behind them. */
function first(slots: readonly number[], offset: number, limit: number, compare: (a: number, b: number) => number): number[] {
  const wanted = offset + limit;
  let best: number[] = [];
  for (const slot of slots) {
    best.push(slot);
    // Twice the window, then cut: each slot is sorted a constant number of times, whatever the order they come in.
    if (best.length >= wanted * 2 + 64) best = best.sort(compare).slice(0, wanted);
  }
  return best.sort(compare).slice(offset, wanted);
}
