/**
 * Inspect: returns a window of the keys of a database for observers, mainly the screen. It touches nothing: no access time, no hit or miss, and expired keys
 * that have not been deleted yet are listed as ghosts.
 *
 *   order 'stored'   slots as stored               O(window)
 *   order 'expiry'   volatile keys, soonest first    O(volatile keys), of which ghosts come first
 *   order 'name'     by bytes                        O(keys)
 *   order 'bytes'    largest first                   O(keys)
 *   order 'recent'   last used first                 O(keys); most used first while an LFU policy counts uses
 *
 * A pattern is tried on each key before keys are put in order. In 'stored' order the search ends when the window is full, or after a maximum of keys, so that
 * the loop is not held up; a pattern without wildcards is looked up.
 */
import { idleMs, lfuCounter } from './access.js';
import { bytesOf, type Database } from './database.js';
import { NEVER } from './expires.js';
import { previewOf } from './inspect-value.js';
import { matchesGlob } from './glob.js';
import type { Keyspace } from './keyspace.js';
import { encodingOf, typeOf, type TypeName, type Value } from './value.js';

export type KeyOrder = 'stored' | 'expiry' | 'name' | 'bytes' | 'recent';

export interface KeyWindow {
  readonly db: number;
  /** Number of keys to skip in the order. */
  readonly offset?: number;
  readonly limit: number;
  readonly order?: KeyOrder;
  /** A glob; all keys if left out. */
  readonly match?: string;
}

/** Maximum number of keys that a pattern is tried on in 'stored' order. */
const MAX_TRIED_KEYS = 100_000;

export interface KeyRow {
  readonly key: string;
  readonly type: TypeName;
  readonly encoding: string;
  /** Length of a string, members of a collection. */
  readonly size: number;
  /** Estimated memory of key and value, in bytes. */
  readonly bytes: number;
  /** Unix time in ms, or -1. */
  readonly expireAtMs: number;
  /** Expired, but not deleted yet. */
  readonly isDue: boolean;
  /** Milliseconds since the last use, or -1 while an LFU policy counts uses instead. */
  readonly idleMs: number;
  /** The LFU counter, or -1 while an LRU clock is kept instead. */
  readonly frequency: number;
  /** The beginning of a string's bytes, or the first items of a collection. */
  readonly preview: string;
}

export function inspectKeys(keyspace: Keyspace, { db: index, offset = 0, limit, order = 'stored', match = '*' }: KeyWindow): KeyRow[] {
  const db = keyspace.databases[index];
  if (db === undefined) return [];
  return slotsOf(keyspace, db, order, offset, limit, match).map((slot) => rowOf(keyspace, db, slot));
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

function slotsOf({ settings, usesLfu, nowMs }: Keyspace, db: Database, order: KeyOrder, offset: number, limit: number, match: string): number[] {
  const { dict, expires } = db;
  if (!/[*?[\\]/.test(match)) return [dict.find(match)].filter((slot) => slot !== -1).slice(offset, offset + limit);
  if (order === 'stored') return storedSlots(db, offset, limit, match);
  const slots = order === 'expiry' ? range(0, expires.size).map((place) => expires.slotAt(place)) : range(0, dict.size);
  return first(matching(db, slots, match), offset, limit, compareBy(order));

  function compareBy(by: Exclude<KeyOrder, 'stored'>): (a: number, b: number) => number {
    switch (by) {
      case 'expiry':
        return (a, b) => expires.at(a) - expires.at(b);
      case 'name':
        return (a, b) => (dict.keyAt(a) < dict.keyAt(b) ? -1 : 1);
      case 'bytes':
        return (a, b) => dict.unitsAt(b) - dict.unitsAt(a);
      case 'recent':
        if (usesLfu) return (a, b) => lfuCounter(dict.accessAt(b), nowMs, settings.lfuDecayTime) - lfuCounter(dict.accessAt(a), nowMs, settings.lfuDecayTime);
        return (a, b) => idleMs(dict.accessAt(a), nowMs) - idleMs(dict.accessAt(b), nowMs);
    }
  }
}

function storedSlots(db: Database, offset: number, limit: number, match: string): number[] {
  const { dict } = db;
  const end = offset + limit;
  if (match === '*') return range(Math.min(offset, dict.size), Math.min(end, dict.size));
  const found: number[] = [];
  for (let slot = 0; slot < Math.min(dict.size, MAX_TRIED_KEYS) && found.length < end; slot++) if (matchesGlob(match, dict.keyAt(slot))) found.push(slot);
  return found.slice(offset);
}

function matching({ dict }: Database, slots: readonly number[], match: string): readonly number[] {
  return match === '*' ? slots : slots.filter((slot) => matchesGlob(match, dict.keyAt(slot)));
}

function range(start: number, end: number): number[] {
  return Array.from({ length: Math.max(0, end - start) }, (_, i) => start + i);
}

/** Returns the slots [offset, offset + limit) of the order, without sorting the others. */
function first(slots: readonly number[], offset: number, limit: number, compare: (a: number, b: number) => number): number[] {
  const wanted = offset + limit;
  let best: number[] = [];
  // The last one in the window so far: slots that do not come before it, which are most, are skipped.
  let worst = -1;
  for (const slot of slots) {
    if (worst !== -1 && compare(slot, worst) >= 0) continue;
    best.push(slot);
    if (best.length < wanted * 2 + 64) continue;
    best = best.sort(compare).slice(0, wanted);
    worst = best[wanted - 1] ?? -1;
  }
  return best.sort(compare).slice(offset, wanted);
}
