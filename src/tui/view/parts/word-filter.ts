/**
 * WordFilter: what is typed behind / in the panes of tokens and frames, as in the readiness pane. Keys have globs instead.
 */

/** Each word of the filter stands in the text, in any case; `#7` is that token and no other. */
export function passesWords(filter: string, text: string, token: number): boolean {
  if (filter === '') return true;
  const wanted = filter.toLowerCase().split(' ').filter((word) => word !== '' && word !== '#');
  const lower = text.toLowerCase();
  return wanted.every((word) => (word.startsWith('#') ? word === `#${token}` : lower.includes(word)));
}
