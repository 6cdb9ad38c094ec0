/**
 * Commands that remove members from the ends of sorted sets: ZPOPMIN ZPOPMAX ZMPOP, and the blocking ones: BZPOPMIN BZPOPMAX BZMPOP.
 */
import { command, type Argv, type Waiting, type WaitRequest } from '../command/command.js';
import * as errors from '../errors.js';
import { key, keys, numkeys } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { SortedSetValue } from '../keyspace/types/sorted-set.js';
import { Double, NULL_ARRAY, type Reply } from '../resp/reply.js';
import { isWord, positiveInteger } from './support/arguments.js';
import { shrunk } from './support/collections.js';
import { multiPopArguments } from './support/multi-pop.js';
import { nested, NOTHING, writeSortedSet } from './support/sorted-sets.js';
import { timeoutSeconds } from './support/timeout.js';

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

/** Removes members from one end, deletes the key if none is left, and reports the change. Returns alternating members and scores. */
function pop(db: Database, name: string, value: SortedSetValue, count: number, highest: boolean): (string | number)[] {
  const popped = value.removeRange(highest ? value.size - 1 : 0, count, highest);
  shrunk(db, name, value, 'z', highest ? 'zpopmax' : 'zpopmin');
  return popped;
}

const popName = (highest: boolean): string => (highest ? 'ZPOPMAX' : 'ZPOPMIN');

/** The same for ZMPOP and BZMPOP, which name several keys. */
function popCounted(db: Database, name: string, value: SortedSetValue, count: number, highest: boolean): (string | number)[] {
  const popped = pop(db, name, value, count, highest);
  db.effects?.instead([popName(highest), name, String(popped.length / 2)]);
  return popped;
}

/** Alternating members and scores, as one array. */
function flat(turns: readonly (string | number)[]): Reply {
  return turns.map((item) => (typeof item === 'number' ? new Double(item) : item));
}

export const zmpop = command({
  name: 'zmpop', since: '7.0.0', group: 'sorted-set', complexity: 'O(K) + O(M*log(N)) for K keys and M members of N.',
  summary: 'Removes members from one end of the first sorted set that is not empty, and returns its key and them with their scores.',
  syntax: 'numkeys:integer key... (MIN | MAX) [COUNT count:integer]',
  flags: ['write', 'movablekeys'],
  keys: [numkeys(1, 'RW access delete')],
  categories: ['sortedset'],
  run(argv, db) {
    const { names, end: highest, count } = multiPopArguments(argv, 1, isHighest);
    for (const name of names) {
      const value = writeSortedSet(db, name);
      if (value !== undefined) return [name, nested(popCounted(db, name, value, count, highest))];
    }
    return NULL_ARRAY;
  },
});

/** Parses the end that ZMPOP and BZMPOP name. */
function isHighest(word: string): boolean {
  if (isWord(word, 'MAX')) return true;
  if (isWord(word, 'MIN')) return false;
  throw errors.SYNTAX;
}

// Blocking.

export const bzpopmin = command({
  name: 'bzpopmin', since: '5.0.0', group: 'sorted-set', complexity: 'O(log(N)) in a set of N.',
  summary: 'Removes the member with the lowest score from the first sorted set that is not empty, or waits for one.',
  syntax: 'key... timeout:double',
  flags: ['write', 'noscript', 'blocking', 'fast'],
  keys: [keys(1, -2, 1, 'RW access delete')],
  categories: ['sortedset'],
  history: [['6.0.0', 'The timeout may have a fraction.']],
  ...blockingPop(false),
});

export const bzpopmax = command({
  name: 'bzpopmax', since: '5.0.0', group: 'sorted-set', complexity: 'O(log(N)) in a set of N.',
  summary: 'Removes the member with the highest score from the first sorted set that is not empty, or waits for one.',
  syntax: 'key... timeout:double',
  flags: ['write', 'noscript', 'blocking', 'fast'],
  keys: [keys(1, -2, 1, 'RW access delete')],
  categories: ['sortedset'],
  history: [['6.0.0', 'The timeout may have a fraction.']],
  ...blockingPop(true),
});

export const bzmpop = command({
  name: 'bzmpop', since: '7.0.0', group: 'sorted-set', complexity: 'O(K) + O(M*log(N)) for K keys and M members of N.',
  summary: 'Removes members as ZMPOP does, or waits for some.',
  syntax: 'timeout:double numkeys:integer key... (MIN | MAX) [COUNT count:integer]',
  flags: ['write', 'blocking', 'movablekeys'],
  keys: [numkeys(2, 'RW access delete')],
  categories: ['sortedset'],
  ...popOrWait((argv) => {
    const { names, end: highest, count } = multiPopArguments(argv, 2, isHighest);
    const timeoutMs = timeoutSeconds(argv[1]!);
    return { names, timeoutMs, take: (name, from, value) => [name, nested(popCounted(from, name, value, count, highest))] };
  }),
});

function blockingPop(highest: boolean): Waiting {
  const take: Take = (name, from, value) => {
    from.effects?.instead([popName(highest), name]);
    const [member, score] = pop(from, name, value, 1, highest);
    return [name, member as string, new Double(score as number)];
  };
  return popOrWait((argv) => ({ names: argv.slice(1, -1), timeoutMs: timeoutSeconds(argv[argv.length - 1]!), take }));
}

type Take = (name: string, db: Database, value: SortedSetValue) => Reply;

/** Pops from the first existing key, or parks the client until there is one. */
function popOrWait(readArguments: (argv: Argv) => { readonly names: readonly string[]; readonly timeoutMs: number; readonly take: Take }): Waiting {
  const waitFor: WaitRequest = (argv) => {
    const { names, timeoutMs, take } = readArguments(argv);
    // Called for a key that now holds a sorted set.
    const serve = (name: string, from: Database): Reply => take(name, from, from.lookupWrite(name) as SortedSetValue);
    return { keys: names, type: 'zset', timeoutMs, timedOut: NULL_ARRAY, serve };
  };
  return {
    waitFor,
    run(argv, db, session) {
      const { names, take } = readArguments(argv);
      for (const name of names) {
        const value = writeSortedSet(db, name);
        if (value !== undefined) return take(name, db, value);
      }
      return session.server.blocking.park(session, argv, waitFor(argv, session));
    },
  };
}
