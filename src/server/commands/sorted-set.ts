/**
 * Sorted-set commands: BZMPOP BZPOPMAX BZPOPMIN ZADD ZCARD ZCOUNT ZDIFF ZDIFFSTORE ZINCRBY ZINTER ZINTERCARD ZINTERSTORE ZLEXCOUNT ZMPOP ZMSCORE
 * ZPOPMAX ZPOPMIN ZRANDMEMBER ZRANGE ZRANGEBYLEX ZRANGEBYSCORE ZRANGESTORE ZRANK ZREM ZREMRANGEBYLEX ZREMRANGEBYRANK ZREMRANGEBYSCORE
 * ZREVRANGE ZREVRANGEBYLEX ZREVRANGEBYSCORE ZREVRANK ZSCAN ZSCORE ZUNION ZUNIONSTORE.
 */
import { command, type Argv } from '../dispatch/command.js';
import * as errors from '../dispatch/errors.js';
import { key, keys, numkeys } from '../dispatch/key-spec.js';
import type { Session } from '../dispatch/session.js';
import type { Database } from '../keyspace/database.js';
import { SortedSetValue } from '../keyspace/types/sorted-set.js';
import { Double, NULL_ARRAY, type Reply } from '../resp/reply.js';
import { formatDouble } from '../resp/double.js';
import { double, integer, integerBetween, isWord, positiveInteger } from './support/arguments.js';
import { HALF_LONG_MAX, limitsOf, LONG_MAX, randomCount, randomPositions, shrunk, storeResult } from './support/collections.js';
import { ScanOptions, scanCursor } from './support/scan.js';
import { type AlgebraForm, compute, countCommon, readAlgebra } from './support/sorted-set-algebra.js';
import { lexRange, rankRange, type Range, scoreRange, UPWARDS, visitRange, type Walk } from './support/sorted-set-ranges.js';
import { timeoutSeconds } from './support/timeout.js';

// Adding.

export const zadd = command({
  name: 'zadd', since: '1.2.0', group: 'sorted-set', complexity: 'O(log(N)) for each member, in a set of N.',
  summary: 'Adds members with scores to a sorted set, or gives them other scores. Returns how many are new, or with CH how many have changed.',
  syntax: 'key [NX | XX] [GT | LT] [CH] [INCR] {score:double member}...',
  flags: ['write', 'denyoom', 'fast'],
  keys: [key(1, 'RW update')],
  categories: ['sortedset'],
  history: [['2.4.0', 'More than one member.'], ['3.0.2', 'XX, NX, CH and INCR.'], ['6.2.0', 'GT and LT.']],
  run(argv, db, session) {
    const options = readAddOptions(argv);
    return addScores(argv, db, session, options);
  },
});

export const zincrby = command({
  name: 'zincrby', since: '1.2.0', group: 'sorted-set', complexity: 'O(log(N)) in a set of N.',
  summary: 'Adds to the score of a member, which is created with this score if need be. Returns the new score.',
  syntax: 'key increment:integer member',
  flags: ['write', 'denyoom', 'fast'],
  keys: [key(1, 'RW access update')],
  categories: ['sortedset'],
  run(argv, db, session) {
    // An option of ZADD in place of the increment is taken for one, and then there is none.
    readAddOptions(argv);
    return addScores(argv, db, session, INCREMENT);
  },
});

/** What ZADD says before its scores. */
interface AddOptions {
  nx: boolean;
  xx: boolean;
  gt: boolean;
  lt: boolean;
  ch: boolean;
  incr: boolean;
  /** Where the first score stands in argv. */
  first: number;
}

const PLAIN: AddOptions = { nx: false, xx: false, gt: false, lt: false, ch: false, incr: false, first: 2 };
const INCREMENT: AddOptions = { ...PLAIN, incr: true };

function readAddOptions(argv: Argv): AddOptions {
  // No option starts like a number, and hardly any call has one.
  const code = argv[2]!.charCodeAt(0) | 32;
  const options = code >= 97 && code <= 122 ? readAddWords(argv) : PLAIN;
  const rest = argv.length - options.first;
  if (rest === 0 || rest % 2 !== 0) throw errors.SYNTAX;
  if (options.nx && options.xx) throw errors.NX_AND_XX;
  if ((options.nx && (options.gt || options.lt)) || (options.gt && options.lt)) throw errors.GT_LT_AND_NX;
  if (options.incr && rest > 2) throw errors.INCR_WITH_SEVERAL;
  return options;
}

function readAddWords(argv: Argv): AddOptions {
  const options = { ...PLAIN };
  for (; options.first < argv.length; options.first++) {
    const word = argv[options.first]!;
    if (isWord(word, 'NX')) options.nx = true;
    else if (isWord(word, 'XX')) options.xx = true;
    else if (isWord(word, 'CH')) options.ch = true;
    else if (isWord(word, 'INCR')) options.incr = true;
    else if (isWord(word, 'GT')) options.gt = true;
    else if (isWord(word, 'LT')) options.lt = true;
    else break;
  }
  return options;
}

function addScores(argv: Argv, db: Database, session: Session, options: AddOptions): Reply {
  const name = argv[1]!;
  const { first } = options;
  // All scores before the first change: one that is no number leaves everything as it was.
  const score = double(argv[first]!);
  const others = argv.length > first + 2 ? readScores(argv, first + 2) : NO_SCORES;
  const found = db.lookupWrite(name);
  if (found !== undefined && !(found instanceof SortedSetValue)) return errors.WRONG_TYPE;
  if (found === undefined && options.xx) return options.incr ? null : 0;
  const value = found ?? new SortedSetValue();
  if (found === undefined) db.set(name, value);
  const adder = new Adder(value, session, options);
  adder.add(argv[first + 1]!, score);
  for (let at = 0; at < others.length; at++) adder.add(argv[first + 3 + at * 2]!, others[at]!);
  if (adder.added + adder.updated > 0) db.changed(name, 'z', options.incr ? 'zincr' : 'zadd');
  if (options.incr) return adder.failed ? errors.SCORE_NAN : adder.score === null ? null : new Double(adder.score);
  return options.ch ? adder.added + adder.updated : adder.added;
}

const NO_SCORES: readonly number[] = [];

function readScores(argv: Argv, first: number): number[] {
  const scores: number[] = [];
  for (let at = first; at < argv.length; at += 2) scores.push(double(argv[at]!));
  return scores;
}

/** Adds members one by one by ZADD's options, and counts what came of it (compare zsetAdd). */
class Adder {
  added = 0;
  updated = 0;
  /** INCR: the new score; null if an option forbade the change. */
  score: number | null = null;
  /** INCR: the sum would be no number. */
  failed = false;
  private readonly limits;

  constructor(
    private readonly value: SortedSetValue,
    session: Session,
    private readonly options: AddOptions,
  ) {
    this.limits = limitsOf(session);
  }

  add(member: string, score: number): void {
    const before = this.value.score(member);
    if (before !== undefined) this.update(member, before, score);
    else if (!this.options.xx) {
      this.value.add(member, score, this.limits);
      this.added++;
      this.score = score;
    }
  }

  private update(member: string, before: number, given: number): void {
    const { nx, incr, gt, lt } = this.options;
    if (nx) return;
    const score = incr ? before + given : given;
    if (Number.isNaN(score)) {
      this.failed = true;
      return;
    }
    if ((lt && score >= before) || (gt && score <= before)) return;
    this.score = score;
    if (score === before) return;
    this.value.move(member, before, score);
    this.updated++;
  }
}

// Removing.

export const zrem = command({
  name: 'zrem', since: '1.2.0', group: 'sorted-set', complexity: 'O(M*log(N)) for M members to remove from N.',
  summary: 'Removes members from a sorted set. Returns how many were there.',
  syntax: 'key member...',
  flags: ['write', 'fast'],
  keys: [key(1, 'RW delete')],
  categories: ['sortedset'],
  history: [['2.4.0', 'More than one member.']],
  run(argv, db) {
    const value = db.lookupWrite(argv[1]!);
    if (value === undefined) return 0;
    if (!(value instanceof SortedSetValue)) return errors.WRONG_TYPE;
    let removed = 0;
    for (let at = 2; at < argv.length; at++) {
      if (value.delete(argv[at]!)) removed++;
    }
    if (removed > 0) shrunk(db, argv[1]!, value, 'z', 'zrem');
    return removed;
  },
});

export const zremrangebyrank = command({
  name: 'zremrangebyrank', since: '2.0.0', group: 'sorted-set', complexity: 'O(log(N)+M) for M members to remove from N.',
  summary: 'Removes the members between two positions of a sorted set. Returns their number.',
  syntax: 'key start:integer stop:integer',
  flags: ['write'],
  keys: [key(1, 'RW delete')],
  categories: ['sortedset'],
  run: (argv, db) => removeRange(argv, db, rankRange(integer(argv[2]!), integer(argv[3]!), false), 'zremrangebyrank'),
});

export const zremrangebyscore = command({
  name: 'zremrangebyscore', since: '1.2.0', group: 'sorted-set', complexity: 'O(log(N)+M) for M members to remove from N.',
  summary: 'Removes the members between two scores from a sorted set. Returns their number.',
  syntax: 'key min:double max:double',
  flags: ['write'],
  keys: [key(1, 'RW delete')],
  categories: ['sortedset'],
  run: (argv, db) => removeRange(argv, db, scoreRange(argv[2]!, argv[3]!), 'zremrangebyscore'),
});

export const zremrangebylex = command({
  name: 'zremrangebylex', since: '2.8.9', group: 'sorted-set', complexity: 'O(log(N)+M) for M members to remove from N.',
  summary: 'Removes the members between two texts from a sorted set whose scores are all the same. Returns their number.',
  syntax: 'key min max',
  flags: ['write'],
  keys: [key(1, 'RW delete')],
  categories: ['sortedset'],
  run: (argv, db) => removeRange(argv, db, lexRange(argv[2]!, argv[3]!, false), 'zremrangebylex'),
});

function removeRange(argv: Argv, db: Database, range: Range, event: string): Reply {
  const value = db.lookupWrite(argv[1]!);
  if (value === undefined) return 0;
  if (!(value instanceof SortedSetValue)) return errors.WRONG_TYPE;
  const { start, end } = range(value);
  if (start >= end) return 0;
  value.removeRange(start, end - start);
  shrunk(db, argv[1]!, value, 'z', event);
  return end - start;
}

// Popping.

export const zpopmin = command({
  name: 'zpopmin', since: '5.0.0', group: 'sorted-set', complexity: 'O(log(N)*M) for M members of N.',
  summary: 'Removes the members with the lowest scores from a sorted set and returns them with their scores.',
  syntax: 'key [count:integer]',
  flags: ['write', 'fast'],
  keys: [key(1, 'RW access delete')],
  categories: ['sortedset'],
  run: (argv, db, session) => popOneKey(argv, db, session, false),
});

export const zpopmax = command({
  name: 'zpopmax', since: '5.0.0', group: 'sorted-set', complexity: 'O(log(N)*M) for M members of N.',
  summary: 'Removes the members with the highest scores from a sorted set and returns them with their scores.',
  syntax: 'key [count:integer]',
  flags: ['write', 'fast'],
  keys: [key(1, 'RW access delete')],
  categories: ['sortedset'],
  run: (argv, db, session) => popOneKey(argv, db, session, true),
});

function popOneKey(argv: Argv, db: Database, session: Session, highest: boolean): Reply {
  if (argv.length > 3) return errors.SYNTAX;
  const count = argv.length === 3 ? positiveInteger(argv[2]!) : 1;
  const value = db.lookupWrite(argv[1]!);
  if (value === undefined) return NOTHING;
  if (!(value instanceof SortedSetValue)) return errors.WRONG_TYPE;
  if (count === 0) return NOTHING;
  const popped = pop(db, argv[1]!, value, count, highest);
  return argv.length === 3 && session.version === 3 ? nested(popped) : flat(popped);
}

const NOTHING: Reply = [];

/** Takes members from one end, deletes the key if none is left, and tells. Member and score by turns. */
function pop(db: Database, name: string, value: SortedSetValue, count: number, highest: boolean): (string | number)[] {
  const popped = value.removeRange(highest ? value.size - 1 : 0, count, highest);
  shrunk(db, name, value, 'z', highest ? 'zpopmax' : 'zpopmin');
  return popped;
}

/** Member and score by turns, as one array. */
function flat(turns: readonly (string | number)[]): Reply {
  return turns.map((item) => (typeof item === 'number' ? new Double(item) : item));
}

/** Member and score by turns, as pairs. */
function nested(turns: readonly (string | number)[]): Reply {
  const pairs: Reply[] = [];
  for (let at = 0; at < turns.length; at += 2) pairs.push([turns[at]!, new Double(turns[at + 1] as number)]);
  return pairs;
}

export const zmpop = command({
  name: 'zmpop', since: '7.0.0', group: 'sorted-set', complexity: 'O(K) + O(M*log(N)) for K keys and M members of N.',
  summary: 'Removes members from one end of the first sorted set that is not empty, and returns its key and them with their scores.',
  syntax: 'numkeys:integer key... (MIN | MAX) [COUNT count:integer]',
  flags: ['write', 'movablekeys'],
  keys: [numkeys(1, 'RW access delete')],
  categories: ['sortedset'],
  run(argv, db) {
    const { keys: names, highest, count } = readMultiPop(argv, 1);
    for (const name of names) {
      const value = write(db, name);
      if (value !== undefined) return [name, nested(pop(db, name, value, count, highest))];
    }
    return NULL_ARRAY;
  },
});

/** What ZMPOP and BZMPOP say. */
interface MultiPop {
  readonly keys: readonly string[];
  readonly highest: boolean;
  readonly count: number;
}

/** @param at where numkeys stands in argv */
function readMultiPop(argv: Argv, at: number): MultiPop {
  const numKeys = integerBetween(argv[at]!, 1, LONG_MAX, errors.NUMKEYS_NOT_POSITIVE);
  const where = at + numKeys + 1;
  if (where >= argv.length) throw errors.SYNTAX;
  const highest = isWord(argv[where]!, 'MAX');
  if (!highest && !isWord(argv[where]!, 'MIN')) throw errors.SYNTAX;
  return { keys: argv.slice(at + 1, where), highest, count: readPopCount(argv, where + 1) };
}

function readPopCount(argv: Argv, at: number): number {
  if (at === argv.length) return 1;
  if (at + 1 >= argv.length || !isWord(argv[at]!, 'COUNT')) throw errors.SYNTAX;
  const count = integerBetween(argv[at + 1]!, 1, LONG_MAX, errors.COUNT_NOT_POSITIVE);
  if (argv.length > at + 2) throw errors.SYNTAX;
  return count;
}

// Waiting.

export const bzpopmin = command({
  name: 'bzpopmin', since: '5.0.0', group: 'sorted-set', complexity: 'O(log(N)) in a set of N.',
  summary: 'Removes the member with the lowest score from the first sorted set that is not empty, or waits for one.',
  syntax: 'key... timeout:double',
  flags: ['write', 'noscript', 'blocking', 'fast'],
  keys: [keys(1, -2, 1, 'RW access delete')],
  categories: ['sortedset'],
  history: [['6.0.0', 'The timeout may have a fraction.']],
  run: (argv, db, session) => blockingPop(argv, db, session, false),
});

export const bzpopmax = command({
  name: 'bzpopmax', since: '5.0.0', group: 'sorted-set', complexity: 'O(log(N)) in a set of N.',
  summary: 'Removes the member with the highest score from the first sorted set that is not empty, or waits for one.',
  syntax: 'key... timeout:double',
  flags: ['write', 'noscript', 'blocking', 'fast'],
  keys: [keys(1, -2, 1, 'RW access delete')],
  categories: ['sortedset'],
  history: [['6.0.0', 'The timeout may have a fraction.']],
  run: (argv, db, session) => blockingPop(argv, db, session, true),
});

export const bzmpop = command({
  name: 'bzmpop', since: '7.0.0', group: 'sorted-set', complexity: 'O(K) + O(M*log(N)) for K keys and M members of N.',
  summary: 'Removes members as ZMPOP does, or waits for some.',
  syntax: 'timeout:double numkeys:integer key... (MIN | MAX) [COUNT count:integer]',
  flags: ['write', 'blocking', 'movablekeys'],
  keys: [numkeys(2, 'RW access delete')],
  categories: ['sortedset'],
  run(argv, db, session) {
    const { keys: names, highest, count } = readMultiPop(argv, 2);
    const timeoutMs = timeoutSeconds(argv[1]!);
    return popOrWait(db, session, names, timeoutMs, (name, from, value) => [name, nested(pop(from, name, value, count, highest))]);
  },
});

function blockingPop(argv: Argv, db: Database, session: Session, highest: boolean): Reply {
  const timeoutMs = timeoutSeconds(argv[argv.length - 1]!);
  return popOrWait(db, session, argv.slice(1, -1), timeoutMs, (name, from, value) => {
    const [member, score] = pop(from, name, value, 1, highest);
    return [name, member as string, new Double(score as number)];
  });
}

type Take = (name: string, db: Database, value: SortedSetValue) => Reply;

/** Takes from the first key that is there, or parks the client until one is. */
function popOrWait(db: Database, session: Session, names: readonly string[], timeoutMs: number, take: Take): Reply {
  for (const name of names) {
    const value = write(db, name);
    if (value !== undefined) return take(name, db, value);
  }
  // Who is served is told of a key that holds a sorted set now.
  const serve = (name: string, from: Database): Reply => take(name, from, from.lookupWrite(name) as SortedSetValue);
  return session.server.blocking.park(session, { keys: names, type: 'zset', timeoutMs, timedOut: NULL_ARRAY, serve });
}

// Looking up.

export const zscore = command({
  name: 'zscore', since: '1.2.0', group: 'sorted-set', complexity: 'O(1)',
  summary: 'Returns the score of a member of a sorted set.',
  syntax: 'key member',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db) => scoreReply(read(db, argv[1]!), argv[2]!),
});

export const zmscore = command({
  name: 'zmscore', since: '6.2.0', group: 'sorted-set', complexity: 'O(N) for N members to look up.',
  summary: 'Returns the scores of several members of a sorted set.',
  syntax: 'key member...',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run(argv, db) {
    const value = read(db, argv[1]!);
    return argv.slice(2).map((member) => scoreReply(value, member));
  },
});

function scoreReply(value: SortedSetValue | undefined, member: string): Reply {
  const score = value?.score(member);
  return score === undefined ? null : new Double(score);
}

export const zcard = command({
  name: 'zcard', since: '1.2.0', group: 'sorted-set', complexity: 'O(1)',
  summary: 'Returns the number of members of a sorted set.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO')],
  categories: ['sortedset'],
  run: (argv, db) => read(db, argv[1]!)?.size ?? 0,
});

export const zrank = command({
  name: 'zrank', since: '2.0.0', group: 'sorted-set', complexity: 'O(log(N))',
  summary: 'Returns the position of a member of a sorted set, counted from the lowest score.',
  syntax: 'key member',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db) => read(db, argv[1]!)?.rank(argv[2]!) ?? null,
});

export const zrevrank = command({
  name: 'zrevrank', since: '2.0.0', group: 'sorted-set', complexity: 'O(log(N))',
  summary: 'Returns the position of a member of a sorted set, counted from the highest score.',
  syntax: 'key member',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run(argv, db) {
    const value = read(db, argv[1]!);
    const rank = value?.rank(argv[2]!);
    return rank === undefined ? null : value!.size - 1 - rank;
  },
});

export const zcount = command({
  name: 'zcount', since: '2.0.0', group: 'sorted-set', complexity: 'O(log(N)) in a set of N.',
  summary: 'Counts the members of a sorted set between two scores.',
  syntax: 'key min:double max:double',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db) => countRange(scoreRange(argv[2]!, argv[3]!), read(db, argv[1]!)),
});

export const zlexcount = command({
  name: 'zlexcount', since: '2.8.9', group: 'sorted-set', complexity: 'O(log(N)) in a set of N.',
  summary: 'Counts the members between two texts in a sorted set whose scores are all the same.',
  syntax: 'key min max',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db) => countRange(lexRange(argv[2]!, argv[3]!, false), read(db, argv[1]!)),
});

function countRange(range: Range, value: SortedSetValue | undefined): number {
  if (value === undefined) return 0;
  const { start, end } = range(value);
  return Math.max(end - start, 0);
}

export const zrandmember = command({
  name: 'zrandmember', since: '6.2.0', group: 'sorted-set', complexity: 'O(N) for N members returned.',
  summary: 'Returns random members of a sorted set: different ones for a positive count, drawn with repetition for a negative one.',
  syntax: 'key [count:integer [WITHSCORES]]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  tips: ['nondeterministic_output'],
  run(argv, db, session) {
    const { random } = session.server;
    if (argv.length === 2) {
      const value = read(db, argv[1]!);
      return value === undefined ? null : memberAt(value, Math.floor(random() * value.size), null);
    }
    const withScores = argv.length > 3;
    const count = randomCount(argv[2]!);
    if (argv.length > 4 || (withScores && !isWord(argv[3]!, 'WITHSCORES'))) return errors.SYNTAX;
    if (withScores && Math.abs(count) > HALF_LONG_MAX) return errors.VALUE_OUT_OF_RANGE;
    const value = read(db, argv[1]!);
    if (value === undefined) return NOTHING;
    const out = new Members(session, withScores);
    for (const rank of randomPositions(value.size, count, random)) memberAt(value, rank, out);
    return out.items;
  },
});

function memberAt(value: SortedSetValue, rank: number, out: Members | null): string {
  let found = '';
  value.visit(rank, 1, false, (member, score) => {
    found = member;
    out?.add(member, score);
  });
  return found;
}

export const zscan = command({
  name: 'zscan', since: '2.8.0', group: 'sorted-set', complexity: 'O(1) for every call, O(N) for a whole scan of N members.',
  summary: 'Returns some members of a sorted set with their scores, and the cursor for the next ones.',
  syntax: 'key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  tips: ['nondeterministic_output'],
  run(argv, db) {
    const cursor = scanCursor(argv[2]!);
    const value = read(db, argv[1]!);
    if (value === undefined) return ['0', []];
    const options = new ScanOptions(argv, 3);
    const found: string[] = [];
    const format = value.encoding === 'listpack' ? formatPacked : formatDouble;
    const next = value.scan(cursor, options.count, (member, score) => void (options.matches(member) && found.push(member, format(score))));
    return [String(next), found];
  },
});

/** A listpack holds whole scores as integers, and ZSCAN alone shows it: 1e17 has all its digits there (double2ll). */
function formatPacked(score: number): string {
  return Number.isInteger(score) && Math.abs(score) <= 2 ** 62 ? BigInt(score).toString() : formatDouble(score);
}

// Ranges.

/** Members with or without scores, as replies: by turns in RESP2, in pairs in RESP3. */
class Members {
  readonly items: Reply[] = [];
  private readonly inPairs: boolean;

  constructor(
    session: Session,
    private readonly withScores: boolean,
  ) {
    this.inPairs = session.version === 3;
  }

  readonly add = (member: string, score: number): void => {
    if (!this.withScores) this.items.push(member);
    else if (this.inPairs) this.items.push([member, new Double(score)]);
    else this.items.push(member, new Double(score));
  };
}

type By = 'rank' | 'score' | 'lex';

/** What a range command fixes by its name; what is left undefined ZRANGE's options may say. */
interface RangeForm {
  readonly by?: By;
  readonly reverse?: boolean;
  /** Where the key stands in argv. */
  readonly at: number;
  readonly stores: boolean;
}

/** A range command's arguments, read. */
interface RangeQuery {
  readonly by: 'rank' | 'score' | 'lex';
  readonly range: Range;
  readonly walk: Walk;
  readonly withScores: boolean;
}

class RangeOptions {
  by: By | undefined;
  reverse: boolean | undefined;
  withScores = false;
  offset = 0;
  count = -1;

  constructor(
    private readonly argv: Argv,
    private readonly form: RangeForm,
  ) {
    this.by = form.by;
    this.reverse = form.reverse;
    for (let at = form.at + 3; at < argv.length; at++) at += this.read(argv[at]!, at);
  }

  /** Returns how many more arguments the option has. */
  private read(word: string, at: number): number {
    if (!this.form.stores && isWord(word, 'WITHSCORES')) this.withScores = true;
    else if (at + 2 < this.argv.length && isWord(word, 'LIMIT')) {
      this.offset = integer(this.argv[at + 1]!);
      this.count = integer(this.argv[at + 2]!);
      return 2;
    } else if (this.reverse === undefined && isWord(word, 'REV')) this.reverse = true;
    else if (this.by === undefined && isWord(word, 'BYLEX')) this.by = 'lex';
    else if (this.by === undefined && isWord(word, 'BYSCORE')) this.by = 'score';
    else throw errors.SYNTAX;
    return 0;
  }
}

/** Reads and checks in the order of zrangeGenericCommand. */
function readRange(argv: Argv, form: RangeForm): RangeQuery {
  const options = new RangeOptions(argv, form);
  const { by = 'rank', reverse = false, withScores, offset, count } = options;
  if (count !== -1 && by === 'rank') throw errors.LIMIT_WITHOUT_BY;
  if (withScores && by === 'lex') throw errors.WITHSCORES_WITH_BYLEX;
  const one = argv[form.at + 1]!;
  const other = argv[form.at + 2]!;
  if (by === 'rank') return { by, range: rankRange(integer(one), integer(other), reverse), walk: { ...UPWARDS, reverse }, withScores };
  const find = by === 'score' ? scoreRange : lexRange;
  return { by, range: reverse ? find(other, one, true) : find(one, other, false), walk: { reverse, offset, count }, withScores };
}

function replyRange(argv: Argv, db: Database, session: Session, form: RangeForm): Reply {
  const { range, walk, withScores } = readRange(argv, form);
  const value = read(db, argv[form.at]!);
  if (value === undefined) return NOTHING;
  const out = new Members(session, withScores);
  visitRange(value, range(value), walk, out.add);
  return out.items;
}

export const zrange = command({
  name: 'zrange', since: '1.2.0', group: 'sorted-set', complexity: 'O(log(N)+M) for M members of N.',
  summary: 'Returns the members of a sorted set between two positions, scores or texts.',
  syntax: 'key start stop [BYSCORE | BYLEX] [REV] [LIMIT {offset:integer count:integer}] [WITHSCORES]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  history: [['6.2.0', 'REV, BYSCORE, BYLEX and LIMIT.']],
  run: (argv, db, session) => replyRange(argv, db, session, { at: 1, stores: false }),
});

export const zrevrange = command({
  name: 'zrevrange', since: '1.2.0', group: 'sorted-set', complexity: 'O(log(N)+M) for M members of N.',
  summary: 'Returns the members of a sorted set between two positions, counted from the highest score.',
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `REV` argument',
  syntax: 'key start:integer stop:integer [WITHSCORES]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyRange(argv, db, session, { at: 1, stores: false, by: 'rank', reverse: true }),
});

export const zrangebyscore = command({
  name: 'zrangebyscore', since: '1.0.5', group: 'sorted-set', complexity: 'O(log(N)+M) for M members of N; O(log(N)) with a small LIMIT.',
  summary: 'Returns the members of a sorted set between two scores.',
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `BYSCORE` argument',
  syntax: 'key min:double max:double [WITHSCORES] [LIMIT {offset:integer count:integer}]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  history: [['2.0.0', 'WITHSCORES.']],
  run: (argv, db, session) => replyRange(argv, db, session, { at: 1, stores: false, by: 'score', reverse: false }),
});

export const zrevrangebyscore = command({
  name: 'zrevrangebyscore', since: '2.2.0', group: 'sorted-set', complexity: 'O(log(N)+M) for M members of N; O(log(N)) with a small LIMIT.',
  summary: 'Returns the members of a sorted set between two scores, the highest first.',
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `REV` and `BYSCORE` arguments',
  syntax: 'key max:double min:double [WITHSCORES] [LIMIT {offset:integer count:integer}]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  history: [['2.1.6', 'Limits can be excluded.']],
  run: (argv, db, session) => replyRange(argv, db, session, { at: 1, stores: false, by: 'score', reverse: true }),
});

export const zrangebylex = command({
  name: 'zrangebylex', since: '2.8.9', group: 'sorted-set', complexity: 'O(log(N)+M) for M members of N; O(log(N)) with a small LIMIT.',
  summary: 'Returns the members between two texts in a sorted set whose scores are all the same.',
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `BYLEX` argument',
  syntax: 'key min max [LIMIT {offset:integer count:integer}]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyRange(argv, db, session, { at: 1, stores: false, by: 'lex', reverse: false }),
});

export const zrevrangebylex = command({
  name: 'zrevrangebylex', since: '2.8.9', group: 'sorted-set', complexity: 'O(log(N)+M) for M members of N; O(log(N)) with a small LIMIT.',
  summary: 'Returns the members between two texts in a sorted set whose scores are all the same, the last first.',
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`ZRANGE` with the `REV` and `BYLEX` arguments',
  syntax: 'key max min [LIMIT {offset:integer count:integer}]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyRange(argv, db, session, { at: 1, stores: false, by: 'lex', reverse: true }),
});

const NO_RANKS = { start: 0, end: 0 };

export const zrangestore = command({
  name: 'zrangestore', since: '6.2.0', group: 'sorted-set', complexity: 'O(log(N)+M) for M members of N.',
  summary: 'Stores the members of a sorted set between two positions, scores or texts. Returns their number.',
  syntax: 'dst:key src:key min max [BYSCORE | BYLEX] [REV] [LIMIT {offset:integer count:integer}]',
  flags: ['write', 'denyoom'],
  keys: [key(1, 'OW update'), key(2, 'RO access')],
  categories: ['sortedset'],
  run(argv, db, session) {
    const { by, range, walk } = readRange(argv, { at: 2, stores: true });
    const value = read(db, argv[2]!);
    const limits = limitsOf(session);
    const ranks = value === undefined ? NO_RANKS : range(value);
    // As Redis: a result known to be too large for a listpack never is one, so it keeps negative zeros. By score and text the size is not known before.
    const result = new SortedSetValue(by === 'rank' && ranks.end - ranks.start > limits['zset-max-listpack-entries']);
    if (value !== undefined) visitRange(value, ranks, walk, (member, score) => result.add(member, score, limits));
    return storeResult(db, argv[1]!, result, 'z', 'zrangestore');
  },
});

// Algebra.

function replyAlgebra(argv: Argv, db: Database, session: Session, form: AlgebraForm): Reply {
  const algebra = readAlgebra(argv, db, form);
  if (form.answers === 'count') return countCommon(algebra);
  const limits = limitsOf(session);
  const result = compute(algebra, limits);
  if (form.answers === 'stored') {
    result.settle(limits);
    return storeResult(db, argv[1]!, result, 'z', form.name);
  }
  const out = new Members(session, algebra.withScores);
  result.visit(0, result.size, false, out.add);
  return out.items;
}

export const zunion = command({
  name: 'zunion', since: '6.2.0', group: 'sorted-set', complexity: 'O(N)+O(M*log(M)) for N members in all sets together and M in the result.',
  summary: 'Returns the members that any of several sorted sets has, with their scores put together.',
  syntax: 'numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]',
  flags: ['readonly', 'movablekeys'],
  keys: [numkeys(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zunion', operation: 'union', at: 1, answers: 'members' }),
});

export const zunionstore = command({
  name: 'zunionstore', since: '2.0.0', group: 'sorted-set', complexity: 'O(N)+O(M*log(M)) for N members in all sets together and M in the result.',
  summary: 'Stores the members that any of several sorted sets has, with their scores put together. Returns their number.',
  syntax: 'destination:key numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE (SUM | MIN | MAX)]',
  flags: ['write', 'denyoom', 'movablekeys'],
  keys: [key(1, 'OW update'), numkeys(2, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zunionstore', operation: 'union', at: 2, answers: 'stored' }),
});

export const zinter = command({
  name: 'zinter', since: '6.2.0', group: 'sorted-set', complexity: 'O(N*K)+O(M*log(M)) at worst, N being the size of the smallest of K sets and M that of the result.',
  summary: 'Returns the members that all of several sorted sets have, with their scores put together.',
  syntax: 'numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE (SUM | MIN | MAX)] [WITHSCORES]',
  flags: ['readonly', 'movablekeys'],
  keys: [numkeys(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zinter', operation: 'inter', at: 1, answers: 'members' }),
});

export const zinterstore = command({
  name: 'zinterstore', since: '2.0.0', group: 'sorted-set', complexity: 'O(N*K)+O(M*log(M)) at worst, N being the size of the smallest of K sets and M that of the result.',
  summary: 'Stores the members that all of several sorted sets have, with their scores put together. Returns their number.',
  syntax: 'destination:key numkeys:integer key... [WEIGHTS weight:integer...] [AGGREGATE (SUM | MIN | MAX)]',
  flags: ['write', 'denyoom', 'movablekeys'],
  keys: [key(1, 'OW update'), numkeys(2, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zinterstore', operation: 'inter', at: 2, answers: 'stored' }),
});

export const zintercard = command({
  name: 'zintercard', since: '7.0.0', group: 'sorted-set', complexity: 'O(N*K) at worst, N being the size of the smallest of K sets.',
  summary: 'Counts the members that all of several sorted sets have, up to a limit.',
  syntax: 'numkeys:integer key... [LIMIT limit:integer]',
  flags: ['readonly', 'movablekeys'],
  keys: [numkeys(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zintercard', operation: 'inter', at: 1, answers: 'count' }),
});

export const zdiff = command({
  name: 'zdiff', since: '6.2.0', group: 'sorted-set', complexity: 'O(N*K + M*log(M)) at worst, N being the size of the first of K sets and M that of the result.',
  summary: 'Returns the members of the first sorted set that no other has.',
  syntax: 'numkeys:integer key... [WITHSCORES]',
  flags: ['readonly', 'movablekeys'],
  keys: [numkeys(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zdiff', operation: 'diff', at: 1, answers: 'members' }),
});

export const zdiffstore = command({
  name: 'zdiffstore', since: '6.2.0', group: 'sorted-set', complexity: 'O(N*K + M*log(M)) at worst, N being the size of the first of K sets and M that of the result.',
  summary: 'Stores the members of the first sorted set that no other has. Returns their number.',
  syntax: 'destination:key numkeys:integer key...',
  flags: ['write', 'denyoom', 'movablekeys'],
  keys: [key(1, 'OW update'), numkeys(2, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db, session) => replyAlgebra(argv, db, session, { name: 'zdiffstore', operation: 'diff', at: 2, answers: 'stored' }),
});

/** The sorted set at a key, looked up for reading; undefined if there is none. Throws WRONGTYPE for every other type. */
function read(db: Database, name: string): SortedSetValue | undefined {
  const value = db.lookupRead(name);
  if (value !== undefined && !(value instanceof SortedSetValue)) throw errors.WRONG_TYPE;
  return value;
}

/** The same, looked up for a change. */
function write(db: Database, name: string): SortedSetValue | undefined {
  const value = db.lookupWrite(name);
  if (value !== undefined && !(value instanceof SortedSetValue)) throw errors.WRONG_TYPE;
  return value;
}
