/**
 * Breakpoints as they are typed and listed.
 *
 *   DEL              a command              key user:*      a glob of keys
 *   DEL user:*       a command on keys      token 7         a connection
 *   us>1000          slower than 1000 µs    event expire    a kind of event
 *   µs > 1000        the same
 *
 * Several conditions in one line must hold together.
 */
import { TRACE_EVENTS, type Breakpoint, type TraceKind } from '../../server/index.js';
import { toBytes } from './typed-text.js';

export type ParsedBreakpoint = { readonly breakpoint: Breakpoint } | { readonly error: string };

type Draft = { -readonly [name in keyof Breakpoint]: Breakpoint[name] };

/** @param text as it was typed */
export function parseBreakpoint(text: string): ParsedBreakpoint {
  const words = text.replaceAll(/[uµμ]s\s*>\s*/g, 'us>').trim().split(/\s+/).filter((word) => word !== '');
  if (words.length === 0) return { error: 'a command, a key, an event, a token or us>1000' };
  const draft: Draft = {};
  for (let at = 0; at < words.length; ) {
    const taken = takeCondition(words, at, draft);
    if (typeof taken === 'string') return { error: taken };
    at += taken;
  }
  return { breakpoint: draft };
}

/** Reads the condition that begins at a word. Returns the words it took, or what is wrong. */
function takeCondition(words: readonly string[], at: number, draft: Draft): number | string {
  const word = words[at]!;
  const next = words[at + 1];
  const slow = /^us>(\d*)$/.exec(word);
  if (slow !== null) return slow[1] === '' ? 'us> needs a number' : put(draft, 'longerThanUs', Number(slow[1]), 1);
  switch (word.toLowerCase()) {
    case 'key':
      return next === undefined ? 'key needs a pattern, for example key user:*' : put(draft, 'key', toBytes(next), 2);
    case 'token':
      return next === undefined || !/^\d+$/.test(next) ? 'token needs a number' : put(draft, 'token', Number(next), 2);
    case 'event':
      return next === undefined || !Object.hasOwn(TRACE_EVENTS, next) ? `event needs one of ${Object.keys(TRACE_EVENTS).join(' ')}` : put(draft, 'kind', next as TraceKind, 2);
  }
  if (draft.command === undefined) return put(draft, 'command', toBytes(word.toLowerCase()), 1);
  return draft.key === undefined ? put(draft, 'key', toBytes(word), 1) : `${word} is one word too many`;
}

function put<N extends keyof Draft>(draft: Draft, name: N, value: Draft[N], words: number): number | string {
  if (draft[name] !== undefined) return `two conditions of one kind: ${String(value)}`;
  draft[name] = value;
  return words;
}

/** As it would be typed, in bytes. */
export function formatBreakpoint({ command, key, token, kind, longerThanUs }: Breakpoint): string {
  const parts = [
    command === undefined ? '' : command.toUpperCase(),
    key === undefined ? '' : `key ${key}`,
    token === undefined ? '' : `token ${token}`,
    kind === undefined ? '' : `event ${kind}`,
    longerThanUs === undefined ? '' : `us>${longerThanUs}`,
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/**
 * What Enter does with the text of the prompt: another breakpoint, `-2` for one less, `-*` for none.
 *
 * @param commands all there are, in capitals; empty: not known yet. A typing error would never stop anything.
 */
export function changeBreakpoints(breakpoints: readonly Breakpoint[], text: string, commands: readonly string[]): { readonly breakpoints: readonly Breakpoint[] } | { readonly error: string } {
  const removal = /^-\s*(\d+|\*)$/.exec(text.trim());
  if (removal === null) {
    const parsed = parseBreakpoint(text);
    if ('error' in parsed) return parsed;
    const name = parsed.breakpoint.command?.toUpperCase();
    if (name !== undefined && commands.length > 0 && !commands.includes(name)) return { error: `there is no command ${name}` };
    return { breakpoints: [...breakpoints, parsed.breakpoint] };
  }
  if (removal[1] === '*') return { breakpoints: [] };
  const number = Number(removal[1]);
  if (number < 1 || number > breakpoints.length) return { error: breakpoints.length === 0 ? 'there is no breakpoint' : `there are ${breakpoints.length}` };
  return { breakpoints: breakpoints.filter((_, index) => index !== number - 1) };
}
