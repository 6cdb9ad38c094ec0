/**
 * PreImages: receives keys before they change. A snapshot that is written while clients are served must be the keyspace of one instant, so a key that it has
 * not reached yet is taken just before it is changed or deleted.
 *
 *   lookupWrite, set, setExpire, persist, announce ──▶ changing     without a snapshot keyspace.preImages is null, and a change costs one comparison
 *   delete, rename, expiry, eviction ──▶ removing … removed
 *
 * FLUSHDB and SWAPDB need no call: a table that is dropped or exchanged is not changed.
 */
import type { KeyTable } from './key-table.js';

export interface PreImages {
  /** Called before the value in this slot, or its expiry, changes or may change. */
  changing(table: KeyTable, slot: number): void;
  /** Called before the key in this slot is deleted. */
  removing(table: KeyTable, slot: number): void;
  /** Called when it is deleted, and the key of the slot `moved` has taken its place; -1: none had to. */
  removed(table: KeyTable, slot: number, moved: number): void;
}
