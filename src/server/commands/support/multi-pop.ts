/**
 * The arguments of LMPOP, ZMPOP and their blocking variants: from which keys, at which end, and how many.
 */
import type { Argv } from '../../command/command.js';
import * as errors from '../../errors.js';
import { integerBetween, isWord } from './arguments.js';
import { LONG_MAX } from './collections.js';

export interface MultiPop<End> {
  readonly names: readonly string[];
  readonly end: End;
  readonly count: number;
}

/**
 * Parses `numkeys key [key …] end [COUNT count]` from argv[at] on. Throws the error reply for the first mistake.
 *
 * @param endOf maps the word for an end; throws a syntax error for every other word
 */
export function multiPopArguments<End>(argv: Argv, at: number, endOf: (word: string) => End): MultiPop<End> {
  const numKeys = integerBetween(argv[at]!, 1, LONG_MAX, errors.NUMKEYS_NOT_POSITIVE);
  const endAt = at + numKeys + 1;
  if (endAt >= argv.length) throw errors.SYNTAX;
  const end = endOf(argv[endAt]!);
  return { names: argv.slice(at + 1, endAt), end, count: multiPopCount(argv, endAt + 1) };
}

function multiPopCount(argv: Argv, at: number): number {
  if (at === argv.length) return 1;
  if (!isWord(argv[at]!, 'COUNT') || at + 1 === argv.length) throw errors.SYNTAX;
  const count = integerBetween(argv[at + 1]!, 1, LONG_MAX, errors.COUNT_NOT_POSITIVE);
  if (at + 2 < argv.length) throw errors.SYNTAX;
  return count;
}
