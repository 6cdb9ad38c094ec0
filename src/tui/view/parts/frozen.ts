/**
 * Frozen: views that stand still while somebody looks at them, and the badge that says so and counts what has come since.
 *
 *   lists that grow   stand at the length that they had then
 *   tables            keep the order that they had then; what the rows say goes on
 */
import type { InLanguages, Language } from '../../../shared/language.js';
import type { FrozenRows } from '../../state/state.js';
import { formatCount, width as widthOf } from '../text.js';

const ENGLISH = { counted: (count: string) => `frozen, ${count} new`, whole: (counted: string) => `${counted}, End follows` };
const KOREAN: typeof ENGLISH = { counted: (count) => `고정, 새 행 ${count}`, whole: (counted) => `${counted}, End로 따라가기` };
const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

/**
 * Stands behind the title of a pane.
 *
 * @param columns that there are for it; in few, the key is left to the footer
 * @param isAtLeast so many are known, but some may have been forgotten
 */
export function frozenBadge(since: number, columns: number, language: Language, isAtLeast = false): string {
  const { counted, whole } = TEXTS[language];
  const shown = counted(`${formatCount(Math.max(0, since))}${isAtLeast ? '+' : ''}`);
  return widthOf(whole(shown)) <= columns ? whole(shown) : shown;
}

/** A place in a table; the row is null if it is there no more. */
export interface Placed<R> {
  readonly id: string;
  readonly row: R | null;
}

/**
 * The rows of a table at the places that they had when it was frozen; those that have come since wait until it follows again.
 *
 * @param offset where `rows` begin in the whole table; another part of it than the frozen one is shown as it is
 */
export function placeRows<R>(rows: readonly R[], offset: number, frozen: FrozenRows | null, idOf: (row: R) => string): readonly Placed<R>[] {
  if (!holds(frozen, offset)) return rows.map((row) => ({ id: idOf(row), row }));
  const byId = new Map(rows.map((row) => [idOf(row), row]));
  return frozen.ids.map((id) => ({ id, row: byId.get(id) ?? null }));
}

/** How many rows wait. */
export function newSince(ids: readonly string[], offset: number, frozen: FrozenRows): number {
  if (!holds(frozen, offset)) return 0;
  const known = new Set(frozen.ids);
  return ids.filter((id) => !known.has(id)).length;
}

const holds = (frozen: FrozenRows | null, offset: number): frozen is FrozenRows => frozen !== null && frozen.offset === offset;
