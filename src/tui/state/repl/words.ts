/**
 * The words of the line being typed, split by redis-cli's rules, and where the word before the cursor begins.
 *
 * Input is text; its UTF-8 bytes are sent, as a byte string (one character a byte).
 */
import { quoteWord, splitInline } from '../../../server/index.js';
import { startOfRun, toBytes } from '../typed-text.js';

/** `rule on-eof 'close'`: the expression is kept as typed, including quotes. */
const RULE = /^\s*(?:(@\S*)\s+)?(?:(fault)\s+)?(rule)(?:\s+(\S+)(?:\s+(.*?))?)?\s*$/i;

/** The words of a line as byte strings, a rule's expression as one word; null if a quote is not closed. */
export function splitLine(line: string): string[] | null {
  const bytes = toBytes(line);
  const rule = RULE.exec(bytes);
  return rule === null ? splitInline(bytes) : rule.slice(1).filter((word) => word !== undefined && word !== '');
}

export interface TypedLine {
  /** `a` of `@a SET x 1`; null if the line does not begin like that. */
  readonly client: string | null;
  /** Complete words before the one being typed, without the client's name. */
  readonly words: readonly string[];
  /** The word being typed, `` after a space. As typed, including quotes. */
  readonly current: string;
  /** Where it begins in the line. */
  readonly from: number;
}

/** A line up to the cursor; null within quotes, or if they do not match. */
export function typedLine(line: string): TypedLine | null {
  const from = startOfRun(line, line.length, (char) => !/\s/.test(char));
  const words = splitLine(line.slice(0, from));
  if (words === null) return null;
  const client = words[0]?.startsWith('@') === true ? words[0].slice(1) : null;
  return { client, words: client === null ? words : words.slice(1), current: line.slice(from), from };
}

/** `5 PING`, as in redis-cli: the count and the rest. Once, if no number precedes another word; null if it is less than 1. */
export function takeRepeat(words: readonly string[]): { readonly times: number; readonly words: readonly string[] } | null {
  const [first = ''] = words;
  if (words.length < 2 || !/^[+-]?\d+$/.test(first)) return { times: 1, words };
  const times = Number(first);
  return times >= 1 && times <= Number.MAX_SAFE_INTEGER ? { times, words: words.slice(1) } : null;
}

/** A key or an option as it may be typed: without quotes if it needs none. */
export function typeable(bytes: string): string {
  const text = Buffer.from(bytes, 'latin1').toString('utf8');
  return /^[\p{L}\p{N}\p{P}\p{S}]+$/u.test(text) && !/["'\\]/.test(text) && toBytes(text) === bytes ? text : quoteWord(bytes);
}
