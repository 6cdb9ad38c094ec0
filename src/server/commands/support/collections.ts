/**
 * Common code of the commands on sets, hashes and sorted sets: looking up the value at a key, and deleting it once it is empty.
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

/** A limit for comparisons with integers; the nearest double. */
export const LONG_MAX = 2 ** 63;

/** The limit in Redis, which doubles the count for pairs. */
const HALF_LONG_MAX = 2 ** 62;

/** Maximum number of members for a negative count; Redis has no limit but its memory. */
const MOST_REPEATED = 10_000_000;

/** Returns the current settings for encodings. */
export function limitsOf(session: Session): EncodingLimits {
  return session.server.config.values;
}

/** Called after members were removed: reports the change, and deletes the key if none is left. */
export function shrunk(db: Database, key: string, value: Collection, eventClass: EventClass, event: string): void {
  db.changed(key, eventClass, event);
  if (value.size > 0) return;
  db.delete(key);
  db.changed(key, 'g', 'del');
}

/**
 * Stores the result of a …STORE command, or deletes the destination if it is empty (then with the event "del", if the key existed).
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

/** Parses the arguments of SINTERCARD and ZINTERCARD: returns where the keys end, and the limit, 0 for none. */
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
 * Parses the count of SRANDMEMBER, HRANDFIELD and ZRANDMEMBER, which must be in [-most, most]. Throws an error of ours for a negative one that
 * exceeds what fits in memory.
 */
export function randomCount(text: string, most = INT64_MAX): number {
  const count = integer64(text);
  if (count < -most || count > most) throw errors.outOfRange(-most, most);
  if (count < -MOST_REPEATED) throw errors.COUNT_TOO_NEGATIVE;
  return Number(count);
}

/** Parses what follows the key in HRANDFIELD and ZRANDMEMBER: a count, and whether `word` requests the values or scores as well. Null: a single one. */
export function randomArguments(argv: Argv, word: string): { readonly count: number; readonly isPaired: boolean } | null {
  if (argv.length === 2) return null;
  const isPaired = argv.length > 3;
  const count = randomCount(argv[2]!);
  if (argv.length > 4 || (isPaired && !isWord(argv[3]!, word))) throw errors.SYNTAX;
  if (isPaired && Math.abs(count) > HALF_LONG_MAX) throw errors.VALUE_OUT_OF_RANGE;
  return { count, isPaired };
}

/** Returns random positions in [0, size), by the rules of a random count: different ones for a positive count, any for a negative one. */
export function randomPositions(size: number, count: number, random: () => number): number[] {
  if (count < 0) return Array.from({ length: -count }, () => Math.floor(random() * size));
  if (count < size) return sampleDistinct(size, count, random);
  return Array.from({ length: size }, (_, position) => position);
}
