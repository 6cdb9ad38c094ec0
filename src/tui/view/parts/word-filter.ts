/**
 * WordFilter: what is typed behind / in the panes of tokens, readiness and frames. Keys have globs instead.
 */

/** The words of a filter that say anything, in lower case. */
export function filterWords(filter: string): readonly string[] {
  return filter === '' ? [] : filter.toLowerCase().split(' ').filter((word) => word !== '' && word !== '#');
}

/** Each word of the filter stands in the text, in any case; `#7` is that token and no other. */
export function passesWords(filter: string, text: string, token: number): boolean {
  const wanted = filterWords(filter);
  if (wanted.length === 0) return true;
  const lower = text.toLowerCase();
  return wanted.every((word) => (word.startsWith('#') ? word === `#${token}` : lower.includes(word)));
}
