/**
 * PreImages: who must see a key before it changes. A snapshot that is written while clients go on is to be the keyspace of one instant, so whatever it has not
 * come to yet it takes just before it changes or goes.
 *
 *   lookupWrite, set, setExpire, persist, announce ──▶ changing     nobody needs to know: keyspace.preImages is null, and a change costs one comparison
 *   delete, rename, expiry, eviction ──▶ removing … removed
 *
 * FLUSHDB and SWAPDB need no word: a table that is dropped or exchanged stays the table that it is.
 */
import type { KeyTable } from './key-table.js';

export interface PreImages {
  /** The value in this slot, or when its key expires, is about to change, or may be. */
  changing(table: KeyTable, slot: number): void;
  /** The key in this slot is about to go. */
  removing(table: KeyTable, slot: number): void;
  /** It has gone, and the key of the slot `moved` has taken its place; -1: none had to. */
  removed(table: KeyTable, slot: number, moved: number): void;
}
