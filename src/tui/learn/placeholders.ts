/**
 * Placeholders in the texts of an experiment: braces are filled with values of the run.
 *
 *   {dry.turn}       a field of the event of a bookmark; every event has `turn`
 *   {dry.count}      how many events match that bookmark
 *   {asked..served}  the time between two events
 *   {woken.1}        the first group of the line of a bookmark
 *   {counters.reads} a counter
 */

export type Placeholder =
  | { readonly type: 'field'; readonly bookmark: string; readonly field: string }
  | { readonly type: 'group'; readonly bookmark: string; readonly group: number }
  | { readonly type: 'count'; readonly bookmark: string }
  | { readonly type: 'between'; readonly from: string; readonly to: string }
  | { readonly type: 'counter'; readonly counter: string }
  | { readonly type: 'unknown'; readonly source: string };

/** Texts and placeholders, in order. */
export function parsePlaceholders(text: string): readonly (string | Placeholder)[] {
  const parts = text.split(/(\{[^{}]*\})/).map((part) => (part.startsWith('{') ? placeholder(part) : part));
  return parts.filter((part) => part !== '');
}

function placeholder(source: string): Placeholder {
  const [, bookmark = '', field = ''] = /^\{([a-z][a-z0-9-]*)\.([a-zA-Z]+|[1-9])\}$/.exec(source) ?? [];
  if (bookmark === 'counters') return { type: 'counter', counter: field };
  if (field === 'count') return { type: 'count', bookmark };
  if (/\d/.test(field)) return { type: 'group', bookmark, group: Number(field) };
  if (field !== '') return { type: 'field', bookmark, field };
  const [, from = '', to = ''] = /^\{([a-z][a-z0-9-]*)\.\.([a-z][a-z0-9-]*)\}$/.exec(source) ?? [];
  return to === '' ? { type: 'unknown', source } : { type: 'between', from, to };
}
