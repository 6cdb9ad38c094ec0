/**
 * Frozen: views that do not move while the user scrolls or selects in them, and the badge that shows this and counts new rows.
 *
 *   lists that grow   stay at the length that they had
 *   tables            keep the order that they had; the contents of rows are updated
 */
import type { InLanguages, Language } from '../../../shared/language.js';
import type { FrozenRows } from '../../state/state.js';
import { formatCount, width as widthOf } from '../text.js';

const ENGLISH = { counted: (count: string) => `frozen, ${count} new`, whole: (counted: string) => `${counted}, End follows` };
const KOREAN: typeof ENGLISH = { counted: (count) => `고정, 새 행 ${count}`, whole: (counted) => `${counted}, End로 따라가기` };
const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

/**
 * Shown after the title of a pane.
 *
 * @param columns room for it; with little room, the footer shows the key
 * @param isAtLeast the count is a minimum, because some rows may have been dropped
 */
export function frozenBadge(since: number, columns: number, language: Language, isAtLeast = false): string {
  const { counted, whole } = TEXTS[language];
  const shown = counted(`${formatCount(Math.max(0, since))}${isAtLeast ? '+' : ''}`);
  return widthOf(whole(shown)) <= columns ? whole(shown) : shown;
}

/** A place in a table; the row is null if it no longer exists. */
export interface Placed<R> {
  readonly id: string;
  readonly row: R | null;
}

/**
 * The rows of a table at the places that they had when it was frozen; later ones wait until it follows again.
 *
 * @param offset the position of the first of `rows` in the whole table; a part other than the frozen one is shown as it is
 */
export function placeRows<R>(rows: readonly R[], offset: number, frozen: FrozenRows | null, idOf: (row: R) => string): readonly Placed<R>[] {
  if (!holds(frozen, offset)) return rows.map((row) => ({ id: idOf(row), row }));
  const byId = new Map(rows.map((row) => [idOf(row), row]));
  return frozen.ids.map((id) => ({ id, row: byId.get(id) ?? null }));
}

/** Number of waiting rows. */
export function newSince(ids: readonly string[], offset: number, frozen: FrozenRows): number {
  if (!holds(frozen, offset)) return 0;
  const known = new Set(frozen.ids);
  return ids.filter((id) => !known.has(id)).length;
}

const holds = (frozen: FrozenRows | null, offset: number): frozen is FrozenRows => frozen !== null && frozen.offset === offset;
