/**
 * The arguments that SCAN, SSCAN, HSCAN and ZSCAN share: cursor, MATCH, COUNT.
 */
import type { Argv } from '../../command/command.js';
import * as errors from '../../errors.js';
import { integer, isWord } from './arguments.js';
import { matchesGlob } from '../../keyspace/glob.js';

const DEFAULT_COUNT = 10;

/**
 * Parses a cursor like C's strtoul: digits that fit into 64 bits, with an optional sign; the empty text is 0. A NUL ends it, as every
 * string of C. Returns the lower 53 of its 64 bits: ours have no more.
 */
export function scanCursor(argument: string): number {
  const [text = ''] = argument.split('\0', 1);
  if (!/^(?:[+-]?[0-9]+)?$/.test(text)) throw errors.INVALID_CURSOR;
  const digits = BigInt(text.replace(/^[+-]/, ''));
  if (digits >= 2n ** 64n) throw errors.INVALID_CURSOR;
  return Number(BigInt.asUintN(53, text.startsWith('-') ? -digits : digits));
}

export class ScanOptions {
  count = DEFAULT_COUNT;
  private pattern: string | null = null;

  /** Parses argv from `first` on. Throws Redis's error for the first wrong option. */
  constructor(argv: Argv, first: number) {
    for (let at = first; at < argv.length; at += 2) this.read(argv, at);
  }

  private read(argv: Argv, at: number): void {
    const value = argv[at + 1];
    if (value === undefined) throw errors.SYNTAX;
    if (isWord(argv[at]!, 'COUNT')) {
      this.count = integer(value);
      if (this.count < 1) throw errors.SYNTAX;
    } else if (isWord(argv[at]!, 'MATCH')) {
      // "*" filters nothing.
      this.pattern = value === '*' ? null : value;
    } else throw errors.SYNTAX;
  }

  matches(text: string): boolean {
    return this.pattern === null || matchesGlob(this.pattern, text);
  }
}
