/**
 * List commands: LPUSH RPUSH LPUSHX RPUSHX LPOP RPOP LLEN LRANGE LINDEX LSET LINSERT LREM LTRIM LPOS LMOVE RPOPLPUSH LMPOP,
 * and the blocking ones: BLPOP BRPOP BLMOVE BRPOPLPUSH BLMPOP.
 */
import { ownText } from '../../shared/own-text.js';
import type { ParkRequest } from '../features/blocking.js';
import { type Argv, command, type Handler, type Waiting, type WaitRequest } from '../command/command.js';
import * as errors from '../errors.js';
import { key, keys, numkeys } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { List } from '../keyspace/types/list.js';
import { ListpackReply } from '../keyspace/types/listpack-reply.js';
import { NULL_ARRAY, OK, type Reply } from '../resp/reply.js';
import { integer, integerBetween, isWord, positiveInteger } from './support/arguments.js';
import { LONG_MAX, shrunk } from './support/collections.js';
import { type MultiPop, multiPopArguments } from './support/multi-pop.js';
import { timeoutSeconds } from './support/timeout.js';

type End = 'left' | 'right';

// Looking up a list, its ends, and reporting changes.

/** Returns undefined if the key does not exist. Throws WRONGTYPE for every other type. */
function readList(db: Database, name: string): List | undefined {
  const value = db.lookupRead(name);
  if (value === undefined || value instanceof List) return value;
  throw errors.WRONG_TYPE;
}

/** The same for a command that is about to change the list. */
function writeList(db: Database, name: string): List | undefined {
  const value = db.lookupWrite(name);
  if (value === undefined || value instanceof List) return value;
  throw errors.WRONG_TYPE;
}

function createList(db: Database, name: string): List {
  const list = new List();
  db.set(name, list);
  return list;
}

function pushed(db: Database, name: string, end: End): void {
  db.changed(name, 'l', end === 'left' ? 'lpush' : 'rpush');
}

type Popped = (db: Database, name: string, list: List, end: End) => void;

const popped: Popped = (db, name, list, end) => shrunk(db, name, list, 'l', end === 'left' ? 'lpop' : 'rpop');

/** The same for a client that has waited in BLPOP or BLMOVE: the push has already reported the change of the list; only the events are emitted, as in Redis. */
const poppedLater: Popped = (db, name, list, end) => {
  const isEmpty = list.size === 0;
  if (isEmpty) db.delete(name);
  db.changedUnwatched(name, 'l', end === 'left' ? 'lpop' : 'rpop');
  if (isEmpty) db.changedUnwatched(name, 'g', 'del');
};

function popFrom(list: List, end: End): string {
  return end === 'left' ? list.popHead() : list.popTail();
}

function popSeveral(list: List, count: number, end: End): string[] {
  const values: string[] = [];
  for (let left = Math.min(count, list.size); left > 0; left--) values.push(popFrom(list, end));
  return values;
}

/** LEFT or RIGHT. */
function endOf(text: string): End {
  if (isWord(text, 'LEFT')) return 'left';
  if (isWord(text, 'RIGHT')) return 'right';
  throw errors.SYNTAX;
}

/** Converts an index to one from the front; a negative one counts from the back, and may still be negative then. */
function fromFront(list: List, index: number): number {
  return index < 0 ? list.size + index : index;
}

// Pushing.

function pushTo(end: End, mustExist: boolean): Handler {
  return (argv, db) => {
    const name = argv[1]!;
    let list = writeList(db, name);
    if (list === undefined) {
      if (mustExist) return 0;
      list = createList(db, name);
    }
    list.push(argv, 2, end === 'left');
    pushed(db, name, end);
    return list.size;
  };
}

const PUSH_COMPLEXITY = 'O(N) for N elements, O(1) each.';

export const lpush = command({
  name: 'lpush', since: '1.0.0', group: 'list', complexity: PUSH_COMPLEXITY,
  summary: 'Puts elements at the front of a list, one after another.',
  syntax: 'key element...',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['list'],
  keys: [key(1, 'RW insert')],
  history: [['2.4.0', 'Takes more than one `element`.']],
  run: pushTo('left', false),
});

export const rpush = command({
  name: 'rpush', since: '1.0.0', group: 'list', complexity: PUSH_COMPLEXITY,
  summary: 'Puts elements at the back of a list, one after another.',
  syntax: 'key element...',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['list'],
  keys: [key(1, 'RW insert')],
  history: [['2.4.0', 'Takes more than one `element`.']],
  run: pushTo('right', false),
});

export const lpushx = command({
  name: 'lpushx', since: '2.2.0', group: 'list', complexity: PUSH_COMPLEXITY,
  summary: 'Puts elements at the front of a list that is there already.',
  syntax: 'key element...',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['list'],
  keys: [key(1, 'RW insert')],
  history: [['4.0.0', 'Takes more than one `element`.']],
  run: pushTo('left', true),
});

export const rpushx = command({
  name: 'rpushx', since: '2.2.0', group: 'list', complexity: PUSH_COMPLEXITY,
  summary: 'Puts elements at the back of a list that is there already.',
  syntax: 'key element...',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['list'],
  keys: [key(1, 'RW insert')],
  history: [['4.0.0', 'Takes more than one `element`.']],
  run: pushTo('right', true),
});

// Popping.

function popAt(end: End): Handler {
  return (argv, db) => {
    if (argv.length > 2) return popCount(argv, db, end);
    const name = argv[1]!;
    const list = writeList(db, name);
    if (list === undefined) return null;
    const value = popFrom(list, end);
    popped(db, name, list, end);
    return value;
  };
}

function popCount(argv: Argv, db: Database, end: End): Reply {
  if (argv.length > 3) return errors.wrongArity(argv[0]!.toLowerCase());
  const count = positiveInteger(argv[2]!);
  const name = argv[1]!;
  const list = writeList(db, name);
  if (list === undefined) return NULL_ARRAY;
  if (count === 0) return [];
  const values = popSeveral(list, count, end);
  popped(db, name, list, end);
  return values;
}

export const lpop = command({
  name: 'lpop', since: '1.0.0', group: 'list', complexity: 'O(N) for N elements taken.',
  summary: 'Takes the first element of a list, or several.',
  syntax: 'key [count:integer]',
  flags: ['write', 'fast'],
  categories: ['list'],
  keys: [key(1, 'RW access delete')],
  history: [['6.2.0', 'The `count` argument.']],
  run: popAt('left'),
});

export const rpop = command({
  name: 'rpop', since: '1.0.0', group: 'list', complexity: 'O(N) for N elements taken.',
  summary: 'Takes the last element of a list, or several.',
  syntax: 'key [count:integer]',
  flags: ['write', 'fast'],
  categories: ['list'],
  keys: [key(1, 'RW access delete')],
  history: [['6.2.0', 'The `count` argument.']],
  run: popAt('right'),
});

/** Returns the name of the first existing list, with elements removed from it; undefined if there is none. */
function popFirst(db: Database, { names, end, count }: MultiPop<End>): Reply | undefined {
  for (const name of names) {
    const list = writeList(db, name);
    if (list !== undefined) return popWithName(db, name, list, end, count);
  }
  return undefined;
}

const POPS = { left: 'LPOP', right: 'RPOP' } as const;

function popWithName(db: Database, name: string, list: List, end: End, count: number): Reply {
  const values = popSeveral(list, count, end);
  db.effects?.instead([POPS[end], name, String(values.length)]);
  popped(db, name, list, end);
  return [name, values];
}

export const lmpop = command({
  name: 'lmpop', since: '7.0.0', group: 'list', complexity: 'O(N+M) for N keys and M elements taken.',
  summary: 'Takes elements from the first of several lists that is not empty.',
  syntax: 'numkeys:integer key... (LEFT | RIGHT) [COUNT count:integer]',
  flags: ['write', 'movablekeys'],
  categories: ['list'],
  keys: [numkeys(1, 'RW access delete')],
  run: (argv, db) => popFirst(db, multiPopArguments(argv, 1, endOf)) ?? NULL_ARRAY,
});

// Reading.

export const llen = command({
  name: 'llen', since: '1.0.0', group: 'list', complexity: 'O(1)',
  summary: 'Returns the length of a list.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  categories: ['list'],
  keys: [key(1, 'RO')],
  run: (argv, db) => readList(db, argv[1]!)?.size ?? 0,
});

export const lrange = command({
  name: 'lrange', since: '1.0.0', group: 'list',
  complexity: 'O(S+N) for N elements that begin S elements away from the nearer end.',
  summary: 'Returns a range of elements.',
  syntax: 'key start:integer stop:integer',
  flags: ['readonly'],
  categories: ['list'],
  keys: [key(1, 'RO access')],
  run(argv, db, session) {
    const start = integer(argv[2]!);
    const stop = integer(argv[3]!);
    const list = readList(db, argv[1]!);
    if (list === undefined) return [];
    const first = Math.max(0, fromFront(list, start));
    const last = Math.min(list.size - 1, fromFront(list, stop));
    if (first > last) return [];
    // Texts if the reply is kept or converted before it is encoded.
    const packed = session.encodesAtOnce ? list.packed : null;
    return packed === null ? list.slice(first, last - first + 1) : new ListpackReply(packed, first, 1, last - first + 1);
  },
});

export const lindex = command({
  name: 'lindex', since: '1.0.0', group: 'list',
  complexity: 'O(N) for an element that lies N elements away from the nearer end; O(1) at both ends.',
  summary: 'Returns the element at an index.',
  syntax: 'key index:integer',
  flags: ['readonly'],
  categories: ['list'],
  keys: [key(1, 'RO access')],
  run(argv, db) {
    const list = readList(db, argv[1]!);
    if (list === undefined) return null;
    const index = fromFront(list, integer(argv[2]!));
    return index >= 0 && index < list.size ? list.get(index) : null;
  },
});

interface Search {
  rank: number;
  /** -1: not given, only the first match is returned. */
  count: number;
  maxLength: number;
}

function searchOptions(argv: Argv): Search {
  const search: Search = { rank: 1, count: -1, maxLength: 0 };
  for (let at = 3; at < argv.length; at += 2) {
    const value = argv[at + 1];
    if (value === undefined) throw errors.SYNTAX;
    if (isWord(argv[at]!, 'RANK')) search.rank = searchRank(value);
    else if (isWord(argv[at]!, 'COUNT')) search.count = positiveInteger(value, errors.LPOS_COUNT);
    else if (isWord(argv[at]!, 'MAXLEN')) search.maxLength = positiveInteger(value, errors.LPOS_MAXLEN);
    else throw errors.SYNTAX;
  }
  if (search.rank !== LONG_MIN_RANK) return search;
  // Redis negates a negative rank, and this number stays negative: no match is skipped, and none exceeds the count.
  return { ...search, rank: -1, count: Math.min(search.count, 0) };
}

const LONG_MIN_RANK = Number.NEGATIVE_INFINITY;

function searchRank(text: string): number {
  const rank = integerBetween(text, -LONG_MAX, LONG_MAX);
  if (rank === 0) throw errors.LPOS_RANK;
  return text === '-9223372036854775808' ? LONG_MIN_RANK : rank;
}

export const lpos = command({
  name: 'lpos', since: '6.0.6', group: 'list',
  complexity: 'O(N) for the N elements looked at: all of them at worst, at most MAXLEN.',
  summary: 'Returns the indexes of elements equal to a value.',
  syntax: 'key element [RANK rank:integer] [COUNT num-matches:integer] [MAXLEN len:integer]',
  flags: ['readonly'],
  categories: ['list'],
  keys: [key(1, 'RO access')],
  run(argv, db) {
    const { rank, count, maxLength } = searchOptions(argv);
    const list = readList(db, argv[1]!);
    const wanted = count === -1 ? 1 : count === 0 ? Infinity : count;
    const found = list?.indexesOf(argv[2]!, Math.abs(rank) - 1, wanted, maxLength === 0 ? Infinity : maxLength, rank < 0) ?? [];
    return count === -1 ? (found[0] ?? null) : found;
  },
});

// Changing elements.

export const lset = command({
  name: 'lset', since: '1.0.0', group: 'list', complexity: 'O(N) for an element that lies N elements away from the nearer end; O(1) at both ends.',
  summary: 'Replaces the element at an index.',
  syntax: 'key index:integer element',
  flags: ['write', 'denyoom'],
  categories: ['list'],
  keys: [key(1, 'RW update')],
  run(argv, db) {
    const name = argv[1]!;
    const list = writeList(db, name);
    if (list === undefined) return errors.NO_SUCH_KEY;
    const index = fromFront(list, integer(argv[2]!));
    if (index < 0 || index >= list.size) return errors.OUT_OF_RANGE;
    list.set(index, argv[3]!);
    db.changed(name, 'l', 'lset');
    return OK;
  },
});

export const linsert = command({
  name: 'linsert', since: '2.2.0', group: 'list',
  complexity: 'O(N) for a pivot after N elements.',
  summary: 'Puts an element before or after the first one that equals the pivot.',
  syntax: 'key (BEFORE | AFTER) pivot element',
  flags: ['write', 'denyoom'],
  categories: ['list'],
  keys: [key(1, 'RW insert')],
  run(argv, db) {
    const after = isWord(argv[2]!, 'AFTER');
    if (!after && !isWord(argv[2]!, 'BEFORE')) return errors.SYNTAX;
    const name = argv[1]!;
    const list = writeList(db, name);
    if (list === undefined) return 0;
    if (!list.insert(argv[3]!, argv[4]!, after)) return -1;
    db.changed(name, 'l', 'linsert');
    return list.size;
  },
});

export const lrem = command({
  name: 'lrem', since: '1.0.0', group: 'list', complexity: 'O(N+M) for N elements, of which M go.',
  summary: 'Removes elements equal to a value: the first ones, the last ones, or all.',
  syntax: 'key count:integer element',
  flags: ['write'],
  categories: ['list'],
  keys: [key(1, 'RW delete')],
  run(argv, db) {
    const count = integerBetween(argv[2]!, -LONG_MAX, LONG_MAX);
    const name = argv[1]!;
    const list = writeList(db, name);
    if (list === undefined) return 0;
    const removed = list.remove(argv[3]!, count);
    if (removed > 0) shrunk(db, name, list, 'l', 'lrem');
    return removed;
  },
});

export const ltrim = command({
  name: 'ltrim', since: '1.0.0', group: 'list', complexity: 'O(N) for N elements removed.',
  summary: 'Removes everything outside of a range.',
  syntax: 'key start:integer stop:integer',
  flags: ['write'],
  categories: ['list'],
  keys: [key(1, 'RW delete')],
  run(argv, db) {
    const start = integer(argv[2]!);
    const stop = integer(argv[3]!);
    const name = argv[1]!;
    const list = writeList(db, name);
    if (list === undefined) return OK;
    const first = Math.max(0, fromFront(list, start));
    const last = Math.min(list.size - 1, fromFront(list, stop));
    if (first > last) list.trim(0, 0);
    else list.trim(first, last - first + 1);
    shrunk(db, name, list, 'l', 'ltrim');
    return OK;
  },
});

// Moving from list to list.

/** Moves an element between the ends of two existing lists, or of one. Reports the change of the destination first, as Redis does. */
function move(db: Database, source: string, destination: string, from: End, to: End, list: List, tell = popped): Reply {
  const target = writeList(db, destination);
  const value = ownText(popFrom(list, from));
  const receiver = target ?? createList(db, destination);
  if (to === 'left') receiver.pushHead(value);
  else receiver.pushTail(value);
  pushed(db, destination, to);
  tell(db, source, list, from);
  return value;
}

function moveIfThere(db: Database, source: string, destination: string, from: End, to: End): Reply {
  const list = writeList(db, source);
  return list === undefined ? null : move(db, source, destination, from, to, list);
}

export const lmove = command({
  name: 'lmove', since: '6.2.0', group: 'list', complexity: 'O(1)',
  summary: 'Takes an element from one end of a list and puts it at an end of another.',
  syntax: 'source:key destination:key (LEFT | RIGHT) (LEFT | RIGHT)',
  flags: ['write', 'denyoom'],
  categories: ['list'],
  keys: [key(1, 'RW access delete'), key(2, 'RW insert')],
  run: (argv, db) => moveIfThere(db, argv[1]!, argv[2]!, endOf(argv[3]!), endOf(argv[4]!)),
});

export const rpoplpush = command({
  name: 'rpoplpush', since: '1.2.0', group: 'list', complexity: 'O(1)',
  summary: 'Takes the last element of a list and puts it at the front of another.',
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`LMOVE` with the `RIGHT` and `LEFT` arguments',
  syntax: 'source:key destination:key',
  flags: ['write', 'denyoom'],
  categories: ['list'],
  keys: [key(1, 'RW access delete'), key(2, 'RW insert')],
  run: (argv, db) => moveIfThere(db, argv[1]!, argv[2]!, 'right', 'left'),
});

// Blocking.

const FOR_A_LIST = { type: 'list', timedOut: NULL_ARRAY } as const;

function park(argv: Argv, session: Session, waitFor: WaitRequest): Reply {
  return session.server.blocking.park(session, argv, waitFor(argv, session));
}

/** Returns a list that has just become ready, and therefore exists. */
function readyList(db: Database, name: string): List {
  return db.lookupWrite(name) as List;
}

function popOne(db: Database, name: string, list: List, end: End, tell = popped): Reply {
  db.effects?.instead([POPS[end], name]);
  const value = popFrom(list, end);
  tell(db, name, list, end);
  return [name, value];
}

function blockingPop(end: End): Waiting {
  const waitFor: WaitRequest = (argv) => ({
    ...FOR_A_LIST,
    keys: argv.slice(1, -1),
    timeoutMs: timeoutSeconds(argv.at(-1)!),
    serve: (name, from) => popOne(from, name, readyList(from, name), end, poppedLater),
  });
  return {
    waitFor,
    run(argv, db, session) {
      timeoutSeconds(argv[argv.length - 1]!);
      for (let i = 1; i < argv.length - 1; i++) {
        const list = writeList(db, argv[i]!);
        if (list !== undefined) return popOne(db, argv[i]!, list, end);
      }
      return park(argv, session, waitFor);
    },
  };
}

export const blpop = command({
  name: 'blpop', since: '2.0.0', group: 'list', complexity: 'O(N) for N keys.',
  summary: 'Takes the first element of the first list that has one, or waits for it.',
  syntax: 'key... timeout:double',
  flags: ['write', 'noscript', 'blocking'],
  categories: ['list'],
  keys: [keys(1, -2, 1, 'RW access delete')],
  history: [['6.0.0', '`timeout` may have a fraction.']],
  ...blockingPop('left'),
});

export const brpop = command({
  name: 'brpop', since: '2.0.0', group: 'list', complexity: 'O(N) for N keys.',
  summary: 'Takes the last element of the first list that has one, or waits for it.',
  syntax: 'key... timeout:double',
  flags: ['write', 'noscript', 'blocking'],
  categories: ['list'],
  keys: [keys(1, -2, 1, 'RW access delete')],
  history: [['6.0.0', '`timeout` may have a fraction.']],
  ...blockingPop('right'),
});

/** Returns BLMOVE and BRPOPLPUSH as the commands without blocking. */
const withoutTimeout = (argv: Argv): Argv => [argv.length === 4 ? 'RPOPLPUSH' : 'LMOVE', ...argv.slice(1, -1)];

/** @param readArguments parses the ends of source and destination, and the timeout */
function blockingMove(readArguments: (argv: Argv) => { readonly from: End; readonly to: End; readonly timeoutMs: number }): Waiting {
  const waitFor: WaitRequest = (argv) => {
    const { from, to, timeoutMs } = readArguments(argv);
    const serve = (name: string, db: Database): Reply => {
      db.effects?.instead(argv.length === 4 ? withoutTimeout(argv) : ['LMOVE', name, argv[2]!, from, to]);
      return move(db, name, argv[2]!, from, to, readyList(db, name), poppedLater);
    };
    return { ...FOR_A_LIST, keys: [argv[1]!], timeoutMs, denied: null, serve };
  };
  return {
    waitFor,
    run(argv, db, session) {
      const { from, to } = readArguments(argv);
      const list = writeList(db, argv[1]!);
      if (list === undefined) return park(argv, session, waitFor);
      db.effects?.instead(withoutTimeout(argv));
      return move(db, argv[1]!, argv[2]!, from, to, list);
    },
  };
}

export const blmove = command({
  name: 'blmove', since: '6.2.0', group: 'list', complexity: 'O(1)',
  summary: 'Moves an element as LMOVE does, or waits for one.',
  syntax: 'source:key destination:key (LEFT | RIGHT) (LEFT | RIGHT) timeout:double',
  flags: ['write', 'denyoom', 'noscript', 'blocking'],
  categories: ['list'],
  keys: [key(1, 'RW access delete'), key(2, 'RW insert')],
  ...blockingMove((argv) => ({ from: endOf(argv[3]!), to: endOf(argv[4]!), timeoutMs: timeoutSeconds(argv[5]!) })),
});

export const brpoplpush = command({
  name: 'brpoplpush', since: '2.2.0', group: 'list', complexity: 'O(1)',
  summary: 'Moves the last element of a list to the front of another, or waits for one.',
  documentation: ['deprecated'],
  deprecatedSince: '6.2.0',
  replacedBy: '`BLMOVE` with the `RIGHT` and `LEFT` arguments',
  syntax: 'source:key destination:key timeout:double',
  flags: ['write', 'denyoom', 'noscript', 'blocking'],
  categories: ['list'],
  keys: [key(1, 'RW access delete'), key(2, 'RW insert')],
  history: [['6.0.0', '`timeout` may have a fraction.']],
  ...blockingMove((argv) => ({ from: 'right', to: 'left', timeoutMs: timeoutSeconds(argv[3]!) })),
});

export const blmpop = command({
  name: 'blmpop', since: '7.0.0', group: 'list', complexity: 'O(N+M) for N keys and M elements taken.',
  summary: 'Takes elements as LMPOP does, or waits for some.',
  syntax: 'timeout:double numkeys:integer key... (LEFT | RIGHT) [COUNT count:integer]',
  flags: ['write', 'blocking', 'movablekeys'],
  categories: ['list'],
  keys: [numkeys(2, 'RW access delete')],
  waitFor: waitToPopSeveral,
  run(argv, db, session) {
    const pop = multiPopArguments(argv, 2, endOf);
    timeoutSeconds(argv[1]!);
    return popFirst(db, pop) ?? park(argv, session, waitToPopSeveral);
  },
});

function waitToPopSeveral(argv: Argv): ParkRequest {
  const { names, end, count } = multiPopArguments(argv, 2, endOf);
  const serve = (name: string, from: Database): Reply => popWithName(from, name, readyList(from, name), end, count);
  return { ...FOR_A_LIST, keys: names, timeoutMs: timeoutSeconds(argv[1]!), serve };
}
