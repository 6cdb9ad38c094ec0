/**
 * What the commands on sets, hashes and sorted sets have in common: reaching the value at a key, and dropping it once it is empty.
 */
import type { Argv } from '../../command/command.js';
import * as errors from '../../errors.js';
import type { Session } from '../../command/session.js';
import type { Database } from '../../keyspace/database.js';
import type { EventClass } from '../../keyspace/keyspace.js';
import type { EncodingLimits } from '../../keyspace/types/limits.js';
import { sampleDistinct } from '../../keyspace/types/sampling.js';
import type { Collection } from '../../keyspace/value.js';
import { INT64_MAX, integer64, integerBetween, isWord, positiveInteger } from './arguments.js';

/** As a limit for what integers are compared with; the nearest double. */
export const LONG_MAX = 2 ** 63;

/** Where Redis, which doubles the count for pairs, draws the line. */
const HALF_LONG_MAX = 2 ** 62;

/** The most members that a negative count may ask for; Redis goes on until its memory is used up. */
const MOST_REPEATED = 10_000_000;

/** The settings for encodings, as they are now. */
export function limitsOf(session: Session): EncodingLimits {
  return session.server.config.values;
}

/** After members were removed: says so, and deletes the key if none is left. */
export function shrunk(db: Database, key: string, value: Collection, eventClass: EventClass, event: string): void {
  db.changed(key, eventClass, event);
  if (value.size > 0) return;
  db.delete(key);
  db.changed(key, 'g', 'del');
}

/**
 * Stores the result of a …STORE command, or deletes the destination if there is none (then with the event "del", if it was there).
 * Returns the size.
 */
export function storeResult(db: Database, key: string, value: Collection, eventClass: EventClass, event: string): number {
  if (value.size > 0) {
    db.set(key, value);
    db.changed(key, eventClass, event);
  } else if (db.delete(key)) {
    db.changed(key, 'g', 'del');
  }
  return value.size;
}

/** The arguments of SINTERCARD and ZINTERCARD: where the keys end, and the limit, 0 for none. */
export function cardinalityArguments(argv: Argv): { last: number; limit: number } {
  const count = integerBetween(argv[1]!, 1, LONG_MAX, errors.NUMKEYS_NOT_POSITIVE);
  if (count > argv.length - 2) throw errors.NUMKEYS_BEYOND_ARGUMENTS;
  const last = 2 + count;
  let limit = 0;
  for (let at = last; at < argv.length; at += 2) {
    if (!isWord(argv[at]!, 'LIMIT') || at + 1 >= argv.length) throw errors.SYNTAX;
    limit = positiveInteger(argv[at + 1]!, errors.NEGATIVE_LIMIT);
  }
  return { last, limit };
}

/**
 * The count of SRANDMEMBER, HRANDFIELD and ZRANDMEMBER, which must lie in [-most, most]. Throws an error of ours for a negative one that
 * asks for more than can be held.
 */
export function randomCount(text: string, most = INT64_MAX): number {
  const count = integer64(text);
  if (count < -most || count > most) throw errors.outOfRange(-most, most);
  if (count < -MOST_REPEATED) throw errors.COUNT_TOO_NEGATIVE;
  return Number(count);
}

/** What HRANDFIELD and ZRANDMEMBER ask for behind the key: a count, and whether `word` asks for the other halves of the pairs as well. Null for just one. */
export function randomArguments(argv: Argv, word: string): { readonly count: number; readonly isPaired: boolean } | null {
  if (argv.length === 2) return null;
  const isPaired = argv.length > 3;
  const count = randomCount(argv[2]!);
  if (argv.length > 4 || (isPaired && !isWord(argv[3]!, word))) throw errors.SYNTAX;
  if (isPaired && Math.abs(count) > HALF_LONG_MAX) throw errors.VALUE_OUT_OF_RANGE;
  return { count, isPaired };
}

/** Random positions in [0, size), by the rules of a random count: different ones for a positive count, any for a negative one. */
export function randomPositions(size: number, count: number, random: () => number): number[] {
  if (count < 0) return Array.from({ length: -count }, () => Math.floor(random() * size));
  if (count < size) return sampleDistinct(size, count, random);
  return Array.from({ length: size }, (_, position) => position);
}
