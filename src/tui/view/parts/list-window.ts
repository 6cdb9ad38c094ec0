/**
 * ListWindow: which rows of a list are on the screen. Pure positions; the same list and the same selection give the same window.
 *
 *   tables          from the first row, moved down only as far as the selected row asks for
 *   growing lists   up to the newest, or, while the view is scrolled back, up to the end at that time: new entries do not move the view
 */

export interface ListWindow {
  readonly start: number;
  readonly end: number;
}

/** @param selected position of the selected row; -1: none */
export function tableWindow(count: number, height: number, selected: number): ListWindow {
  const lastStart = Math.max(0, count - height);
  const start = Math.min(lastStart, Math.max(0, selected - height + 1));
  return { start, end: Math.min(count, start + Math.max(0, height)) };
}

/**
 * Positions are absolute: they stay the same while the list grows at its end and drops entries at its beginning.
 *
 * @param frozenAt the end of the list when the view was left standing; null: it follows
 * @param selected absolute position; -1: none
 */
export function growingWindow(
  first: number,
  end: number,
  height: number,
  { frozenAt, scroll }: { readonly frozenAt: number | null; readonly scroll: number },
  selected: number,
): ListWindow {
  // New entries do not fill a page that was frozen half empty; but a page that has been dropped meanwhile is replaced by the oldest rows.
  const still = frozenAt === null ? end : Math.min(end, first > 0 ? Math.max(frozenAt, first + height) : frozenAt);
  let last = selected === -1 ? still - Math.max(0, scroll) : Math.max(still, selected + 1);
  if (selected !== -1 && selected < last - height) last = selected + height;
  last = Math.max(Math.min(last, end), Math.min(first + height, Math.max(still, selected + 1)));
  return { start: Math.max(first, last - Math.max(0, height)), end: last };
}
