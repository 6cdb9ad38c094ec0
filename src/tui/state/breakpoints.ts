/**
 * Breakpoints as they are typed and listed, in the syntax of conditions.ts.
 *
 *   DEL              a command              key user:*      a glob of keys
 *   DEL user:*       a command on keys      #7              a connection
 *   us>1000          slower than 1000 µs    event expire    a kind of event
 *   err              an error reply         SORT err        of this command
 *
 * Several conditions in one line must hold together.
 */
import type { Breakpoint, RunTarget } from '../../server/index.js';
import { parseConditions } from './conditions.js';
import type { Text } from '../../shared/language.js';
import { fromBytes } from './typed-text.js';

export type ParsedBreakpoint = { readonly breakpoint: Breakpoint } | { readonly error: Text };

const tooMany = (word: string): Text => ({ en: `${word} is one word too many`, ko: `${word}: 남는 단어입니다` });
const RUN_WHERE: Text = { en: 'run to a connection or a command: #7, DEL, DEL user:*', ko: '연결이나 명령까지 실행합니다: #7, DEL, DEL user:*' };
const NO_REQUEST: Text = { en: 'a run ends at a request: #7, DEL, DEL user:*', ko: '실행은 요청에서 끝납니다: #7, DEL, DEL user:*' };
const noCommand = (name: string): Text => ({ en: `there is no command ${name}`, ko: `${name}: 그런 명령이 없습니다` });
const onlySoMany = (count: number): Text =>
  count === 0 ? { en: 'there is no breakpoint', ko: '중단점이 없습니다' } : { en: `there are ${count}`, ko: `중단점은 ${count}개입니다` };

/** @param text as it was typed */
export function parseBreakpoint(text: string): ParsedBreakpoint {
  if (text.trim() === '') return { error: { en: 'a command, a key, an event, a token, err or us>1000', ko: '명령, 키, 이벤트, 토큰, err 또는 us>1000' } };
  const parsed = parseConditions(text);
  if ('error' in parsed) return parsed;
  const { words, ...conditions } = parsed.conditions;
  const rest = [...words];
  // Bare words: first the command, then the key.
  const command = conditions.command ?? rest.shift()?.toLowerCase();
  const key = conditions.key ?? rest.shift();
  if (rest.length > 0) return { error: tooMany(fromBytes(rest[0]!)) };
  return { breakpoint: { ...conditions, ...(command === undefined ? {} : { command }), ...(key === undefined ? {} : { key }) } };
}

/** Parses the target of a run in the same syntax: `#7`, `token 7`, `DEL`, `DEL user:*`, `key user:*`. */
export function parseRunTarget(text: string): { readonly target: RunTarget } | { readonly error: Text } {
  const parsed = parseBreakpoint(text);
  if ('error' in parsed) return { error: text.trim() === '' ? RUN_WHERE : parsed.error };
  const { kind, longerThanUs, error, ...target } = parsed.breakpoint;
  return kind === undefined && longerThanUs === undefined && error === undefined ? { target } : { error: NO_REQUEST };
}

/** A breakpoint as it would be typed, in bytes. */
export function formatBreakpoint({ command, key, token, kind, longerThanUs, error }: Breakpoint): string {
  const parts = [
    command === undefined ? '' : command.toUpperCase(),
    key === undefined ? '' : `key ${key}`,
    token === undefined ? '' : `token ${token}`,
    kind === undefined ? '' : `event ${kind}`,
    longerThanUs === undefined ? '' : `us>${longerThanUs}`,
    error === undefined ? '' : 'err',
  ];
  return parts.filter((part) => part !== '').join(' ');
}

/**
 * Applies the text of the prompt on Enter: a new breakpoint, `-2` to remove one, `-*` to remove all.
 *
 * @param commands all existing ones, in capitals; empty: unknown. Used to reject typing errors, which would never stop anything.
 */
export function changeBreakpoints(
  breakpoints: readonly Breakpoint[],
  text: string,
  commands: readonly string[],
): { readonly breakpoints: readonly Breakpoint[] } | { readonly error: Text } {
  const removal = /^-\s*(\d+|\*)$/.exec(text.trim());
  if (removal === null) {
    const parsed = parseBreakpoint(text);
    if ('error' in parsed) return parsed;
    const name = parsed.breakpoint.command?.toUpperCase();
    if (name !== undefined && commands.length > 0 && !commands.includes(name)) return { error: noCommand(name) };
    return { breakpoints: [...breakpoints, parsed.breakpoint] };
  }
  if (removal[1] === '*') return { breakpoints: [] };
  const number = Number(removal[1]);
  if (number < 1 || number > breakpoints.length) return { error: onlySoMany(breakpoints.length) };
  return { breakpoints: breakpoints.filter((_, index) => index !== number - 1) };
}
