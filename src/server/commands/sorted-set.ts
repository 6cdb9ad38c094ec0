/**
 * Sorted-set commands on single members: ZADD ZCARD ZINCRBY ZMSCORE ZRANDMEMBER ZRANK ZREM ZREVRANK ZSCAN ZSCORE. Ranges of members are in
 * sorted-set-ranges.ts, both ends in sorted-set-pops.ts, several sets at once in sorted-set-algebra.ts.
 */
import { command, type Argv } from '../command/command.js';
import * as errors from '../errors.js';
import { key } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { SortedSetValue } from '../keyspace/types/sorted-set.js';
import { Double, type Reply } from '../resp/reply.js';
import { formatDouble } from '../resp/double.js';
import { double, isWord } from './support/arguments.js';
import { limitsOf, randomArguments, randomPositions, shrunk } from './support/collections.js';
import { ScanOptions, scanCursor } from './support/scan.js';
import { Members, NOTHING, readSortedSet } from './support/sorted-sets.js';

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
  summary: 'Adds to the score of a member, which is created with this score if necessary. Returns the new score.',
  syntax: 'key increment:integer member',
  flags: ['write', 'denyoom', 'fast'],
  keys: [key(1, 'RW access update')],
  categories: ['sortedset'],
  run(argv, db, session) {
    // An option of ZADD instead of the increment is parsed as one, and then there is no increment.
    readAddOptions(argv);
    return addScores(argv, db, session, INCREMENT);
  },
});

/** The options of ZADD before its scores. */
interface AddOptions {
  nx: boolean;
  xx: boolean;
  gt: boolean;
  lt: boolean;
  ch: boolean;
  incr: boolean;
  /** Position of the first score in argv. */
  first: number;
}

const PLAIN: AddOptions = { nx: false, xx: false, gt: false, lt: false, ch: false, incr: false, first: 2 };
const INCREMENT: AddOptions = { ...PLAIN, incr: true };

function readAddOptions(argv: Argv): AddOptions {
  // No option starts like a number, and few calls have one.
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
  // All scores are parsed before the first change: an invalid one leaves everything unchanged.
  const score = double(argv[first]!);
  const others = argv.length > first + 2 ? readScores(argv, first + 2) : NO_SCORES;
  const found = db.lookupWrite(name);
  if (found !== undefined && !(found instanceof SortedSetValue)) return errors.WRONG_TYPE;
  if (found === undefined && options.xx) return options.incr ? null : 0;
  const value = found ?? new SortedSetValue(db.hashSeed);
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

/** Adds members one by one with ZADD's options, and counts the results (compare zsetAdd). */
class Adder {
  added = 0;
  updated = 0;
  /** INCR: the new score; null if an option forbade the change. */
  score: number | null = null;
  /** INCR: the sum would not be a number. */
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

// Looking up.

export const zscore = command({
  name: 'zscore', since: '1.2.0', group: 'sorted-set', complexity: 'O(1)',
  summary: 'Returns the score of a member of a sorted set.',
  syntax: 'key member',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db) => scoreReply(readSortedSet(db, argv[1]!), argv[2]!),
});

export const zmscore = command({
  name: 'zmscore', since: '6.2.0', group: 'sorted-set', complexity: 'O(N) for N members to look up.',
  summary: 'Returns the scores of several members of a sorted set.',
  syntax: 'key member...',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run(argv, db) {
    const value = readSortedSet(db, argv[1]!);
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
  run: (argv, db) => readSortedSet(db, argv[1]!)?.size ?? 0,
});

export const zrank = command({
  name: 'zrank', since: '2.0.0', group: 'sorted-set', complexity: 'O(log(N))',
  summary: 'Returns the position of a member of a sorted set, counted from the lowest score.',
  syntax: 'key member',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db) => readSortedSet(db, argv[1]!)?.rank(argv[2]!) ?? null,
});

export const zrevrank = command({
  name: 'zrevrank', since: '2.0.0', group: 'sorted-set', complexity: 'O(log(N))',
  summary: 'Returns the position of a member of a sorted set, counted from the highest score.',
  syntax: 'key member',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run(argv, db) {
    const value = readSortedSet(db, argv[1]!);
    const rank = value?.rank(argv[2]!);
    return rank === undefined ? null : value!.size - 1 - rank;
  },
});

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
    const asked = randomArguments(argv, 'WITHSCORES');
    const value = readSortedSet(db, argv[1]!);
    if (value === undefined) return asked === null ? null : NOTHING;
    if (asked === null) return memberAt(value, Math.floor(random() * value.size), null);
    const out = new Members(session, asked.isPaired);
    for (const rank of randomPositions(value.size, asked.count, random)) memberAt(value, rank, out);
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
    const value = readSortedSet(db, argv[1]!);
    if (value === undefined) return ['0', []];
    const options = new ScanOptions(argv, 3);
    const found: string[] = [];
    const format = value.encoding === 'listpack' ? formatPacked : formatDouble;
    const next = value.scan(cursor, options.count, (member, score) => void (options.matches(member) && found.push(member, format(score))));
    return [String(next), found];
  },
});

/** A listpack stores whole scores as integers, which only ZSCAN shows: 1e17 has all its digits there (double2ll). */
function formatPacked(score: number): string {
  return Number.isInteger(score) && Math.abs(score) <= 2 ** 62 ? BigInt(score).toString() : formatDouble(score);
}
