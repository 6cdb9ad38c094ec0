/**
 * Conditions: the common syntax of breakpoints and filters.
 *
 *   #7  token 7        a connection                us>1000  ms>5     slower than that
 *   cmd:sort           a command                   err               an error reply
 *   user:*  key user   a glob of keys              event expire      a kind of event
 *   anything else      a word: a breakpoint takes it as a command, then as a key; a filter searches the rows for it
 *   "a b"  "err"       a word with any content, with the escapes of redis-cli
 *
 * Several in one line must hold together.
 */
import { type Breakpoint, TRACE_EVENTS, type TraceKind } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import { splitLine } from './repl/words.js';
import { toBytes } from './typed-text.js';

/** The conditions of a breakpoint, with its key in bytes, and words. */
export interface Conditions extends Breakpoint {
  /** In bytes, in the order in which they were typed. */
  readonly words: readonly string[];
}

export type ConditionName = Exclude<keyof Conditions, 'words'>;

export type ParsedConditions = { readonly conditions: Conditions } | { readonly error: Text };

type Draft = { -readonly [name in keyof Conditions]: Conditions[name] } & { words: string[] };

/** @param text as it was typed */
export function parseConditions(text: string): ParsedConditions {
  const words = (text.replaceAll(/(^|\s)([uµμm])s\s*>\s*/g, '$1$2s>').match(/"(?:\\.|[^"\\])*"?|\S+/g) ?? []) as readonly string[];
  const draft: Draft = { words: [] };
  for (let at = 0; at < words.length; ) {
    const taken = takeCondition(words, at, draft);
    if (typeof taken === 'object') return { error: taken };
    at += taken;
  }
  return { conditions: draft };
}

/** True if there is no condition. */
export function isEmpty({ words, ...others }: Conditions): boolean {
  return words.length === 0 && Object.keys(others).length === 0;
}

const needsNumber = (word: string): Text => ({ en: `${word} needs a number`, ko: `${word} 뒤에 숫자가 필요합니다` });
const HASH_NEEDS_TOKEN: Text = { en: '# needs the number of a token', ko: '# 뒤에 토큰 번호가 필요합니다' };
const KEY_NEEDS_PATTERN: Text = { en: 'key needs a pattern, for example key user:*', ko: 'key 뒤에 패턴이 필요합니다. 예: key user:*' };
const KINDS = Object.keys(TRACE_EVENTS).join(' ');
const EVENT_NEEDS_KIND: Text = { en: `event needs one of ${KINDS}`, ko: `event 뒤에 올 수 있는 것: ${KINDS}` };
const ERR_TWICE: Text = { en: 'err occurs twice', ko: 'err이 두 번 있습니다' };
const twice = (value: string): Text => ({ en: `two conditions of one kind: ${value}`, ko: `같은 종류의 조건이 둘입니다: ${value}` });

/** Parses the condition that begins at a word. Returns the number of words taken, or an error. */
function takeCondition(words: readonly string[], at: number, draft: Draft): number | Text {
  const word = words[at]!;
  const next = words[at + 1];
  if (word.startsWith('"')) return takeQuoted(word, draft);
  const slow = /^([uµμm])s>(\d*)$/.exec(word);
  if (slow !== null) {
    const [, unit, number] = slow;
    if (number === '') return needsNumber(`${unit === 'm' ? 'ms' : 'us'}>`);
    return put(draft, 'longerThanUs', Number(number) * (unit === 'm' ? 1000 : 1), 1);
  }
  if (word.startsWith('#')) return /^#\d+$/.test(word) ? put(draft, 'token', Number(word.slice(1)), 1) : HASH_NEEDS_TOKEN;
  if (/^cmd:/i.test(word)) {
    if (word.length === 4) return { en: 'cmd: needs a command, for example cmd:sort', ko: 'cmd: 뒤에 명령이 필요합니다. 예: cmd:sort' };
    return put(draft, 'command', toBytes(word.slice(4).toLowerCase()), 1);
  }
  switch (word.toLowerCase()) {
    case 'err':
      return put(draft, 'error', true, 1);
    case 'key':
      return next === undefined ? KEY_NEEDS_PATTERN : put(draft, 'key', patternOf(next), 2);
    case 'token':
      return next === undefined || !/^\d+$/.test(next) ? needsNumber('token') : put(draft, 'token', Number(next), 2);
    case 'event':
      return next === undefined || !Object.hasOwn(TRACE_EVENTS, next)
        ? EVENT_NEEDS_KIND
        : put(draft, 'kind', next as TraceKind, 2);
  }
  if (/[*?[]/.test(word)) return put(draft, 'key', toBytes(word), 1);
  draft.words.push(toBytes(word));
  return 1;
}

function takeQuoted(word: string, draft: Draft): number | Text {
  const unquoted = splitLine(word)?.[0];
  if (unquoted === undefined) return { en: 'a quote is open', ko: '따옴표가 닫히지 않았습니다' };
  draft.words.push(unquoted);
  return 1;
}

/** In quotes it may contain blanks. */
const patternOf = (word: string): string => (word.startsWith('"') ? splitLine(word)?.[0] : undefined) ?? toBytes(word);

function put<N extends ConditionName>(draft: Draft, name: N, value: Draft[N], words: number): number | Text {
  if (draft[name] !== undefined) return name === 'error' ? ERR_TWICE : twice(String(value));
  draft[name] = value;
  return words;
}
