/**
 * Commands on ranges of sorted sets, by position, score or text: ZRANGE ZRANGESTORE ZREVRANGE ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX,
 * ZCOUNT ZLEXCOUNT, ZREMRANGEBYRANK ZREMRANGEBYSCORE ZREMRANGEBYLEX.
 */
import { command, type Argv } from '../command/command.js';
import * as errors from '../errors.js';
import { key } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { SortedSetValue } from '../keyspace/types/sorted-set.js';
import type { Reply } from '../resp/reply.js';
import { integer, isWord } from './support/arguments.js';
import { limitsOf, shrunk, storeResult } from './support/collections.js';
import {
  DOWNWARDS, lexRange, membersFrom, membersReply, rankRange, ranksIn, type Range, scoreRange, UPWARDS, visitRange, type Walk,
} from './support/sorted-set-ranges.js';
import { Members, NOTHING, readSortedSet } from './support/sorted-sets.js';

type By = 'rank' | 'score' | 'lex';

/** What the name of a range command determines; undefined: ZRANGE's options may set it. */
interface RangeForm {
  readonly by?: By;
  readonly reverse?: boolean;
  /** Position of the key in argv. */
  readonly at: number;
  readonly stores: boolean;
}

/** The parsed arguments of a range command. */
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

  /** Parses an option. Returns how many more arguments it has. */
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

/** Parses and checks in the order of zrangeGenericCommand. */
function readRange(argv: Argv, form: RangeForm): RangeQuery {
  const options = new RangeOptions(argv, form);
  const { by = 'rank', reverse = false, withScores, offset, count } = options;
  if (count !== -1 && by === 'rank') throw errors.LIMIT_WITHOUT_BY;
  if (withScores && by === 'lex') throw errors.WITHSCORES_WITH_BYLEX;
  const one = argv[form.at + 1]!;
  const other = argv[form.at + 2]!;
  if (by === 'rank') return { by, range: rankRange(integer(one), integer(other), reverse), walk: reverse ? DOWNWARDS : UPWARDS, withScores };
  const find = by === 'score' ? scoreRange : lexRange;
  return { by, range: reverse ? find(other, one, true) : find(one, other, false), walk: { reverse, offset, count }, withScores };
}

function replyRange(argv: Argv, db: Database, session: Session, form: RangeForm): Reply {
  if (argv.length === 4 && (form.by === undefined || form.by === 'rank')) return replyRanks(argv, db, session, form.reverse === true);
  const { range, walk, withScores } = readRange(argv, form);
  const value = readSortedSet(db, argv[form.at]!);
  if (value === undefined) return NOTHING;
  if (!withScores) return membersReply(value, range(value), walk, session);
  const out = new Members(session, true);
  visitRange(value, range(value), walk, out.add);
  return out.items;
}

/** Replies to a range by positions without options, as nearly all are: without the objects that these would be parsed into. */
function replyRanks(argv: Argv, db: Database, session: Session, reverse: boolean): Reply {
  const first = integer(argv[2]!);
  const last = integer(argv[3]!);
  const value = readSortedSet(db, argv[1]!);
  if (value === undefined) return NOTHING;
  const { start, end } = ranksIn(value.size, first, last, reverse);
  return membersFrom(value, reverse ? end - 1 : start, end - start, reverse, session);
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
    const value = readSortedSet(db, argv[2]!);
    const limits = limitsOf(session);
    const ranks = value === undefined ? NO_RANKS : range(value);
    // As in Redis: a result known to be too large for a listpack never is one, so it keeps negative zeros. By score and text the size is not known beforehand.
    const result = new SortedSetValue(db.hashSeed, by === 'rank' && ranks.end - ranks.start > limits['zset-max-listpack-entries']);
    if (value !== undefined) visitRange(value, ranks, walk, (member, score) => result.add(member, score, limits));
    return storeResult(db, argv[1]!, result, 'z', 'zrangestore');
  },
});

// Counting.

export const zcount = command({
  name: 'zcount', since: '2.0.0', group: 'sorted-set', complexity: 'O(log(N)) in a set of N.',
  summary: 'Counts the members of a sorted set between two scores.',
  syntax: 'key min:double max:double',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db) => countRange(scoreRange(argv[2]!, argv[3]!), readSortedSet(db, argv[1]!)),
});

export const zlexcount = command({
  name: 'zlexcount', since: '2.8.9', group: 'sorted-set', complexity: 'O(log(N)) in a set of N.',
  summary: 'Counts the members between two texts in a sorted set whose scores are all the same.',
  syntax: 'key min max',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['sortedset'],
  run: (argv, db) => countRange(lexRange(argv[2]!, argv[3]!, false), readSortedSet(db, argv[1]!)),
});

function countRange(range: Range, value: SortedSetValue | undefined): number {
  if (value === undefined) return 0;
  const { start, end } = range(value);
  return Math.max(end - start, 0);
}

// Removing.

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
