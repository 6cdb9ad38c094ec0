/**
 * Set commands: SADD SCARD SDIFF SDIFFSTORE SINTER SINTERCARD SINTERSTORE SISMEMBER SMEMBERS SMISMEMBER SMOVE SPOP SRANDMEMBER SREM SSCAN
 * SUNION SUNIONSTORE.
 */
import { command, type Argv } from '../command/command.js';
import * as errors from '../errors.js';
import { key, keys, numkeys } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import type { HashSeed } from '../keyspace/hash.js';
import type { EncodingLimits } from '../keyspace/types/limits.js';
import { SetValue } from '../keyspace/types/set.js';
import { SetReply, type Reply } from '../resp/reply.js';
import { positiveInteger } from './support/arguments.js';
import { cardinalityArguments, limitsOf, randomCount, randomPositions, shrunk, storeResult } from './support/collections.js';
import { ScanOptions, scanCursor } from './support/scan.js';

const NO_MEMBERS = new SetReply([]);

export const sadd = command({
  name: 'sadd', since: '1.0.0', group: 'set', complexity: 'O(1) for each member, O(N) for N of them.',
  summary: 'Adds members to a set, which is created if necessary. Returns how many are new.',
  syntax: 'key member...',
  flags: ['write', 'denyoom', 'fast'],
  keys: [key(1, 'RW insert')],
  categories: ['set'],
  history: [['2.4.0', 'More than one member.']],
  run(argv, db, session) {
    const name = argv[1]!;
    const found = db.lookupWrite(name);
    if (found !== undefined && !(found instanceof SetValue)) return errors.WRONG_TYPE;
    const value = found ?? new SetValue(db.hashSeed);
    if (found === undefined) db.set(name, value);
    const limits = limitsOf(session);
    let added = 0;
    for (let at = 2; at < argv.length; at++) {
      if (value.add(argv[at]!, limits)) added++;
    }
    if (added > 0) db.changed(name, 's', 'sadd');
    return added;
  },
});

export const srem = command({
  name: 'srem', since: '1.0.0', group: 'set', complexity: 'O(N) for N members to remove.',
  summary: 'Removes members from a set. Returns how many were there.',
  syntax: 'key member...',
  flags: ['write', 'fast'],
  keys: [key(1, 'RW delete')],
  categories: ['set'],
  history: [['2.4.0', 'More than one member.']],
  run(argv, db) {
    const name = argv[1]!;
    const value = db.lookupWrite(name);
    if (value === undefined) return 0;
    if (!(value instanceof SetValue)) return errors.WRONG_TYPE;
    let removed = 0;
    for (let at = 2; at < argv.length; at++) {
      if (value.delete(argv[at]!)) removed++;
    }
    if (removed > 0) shrunk(db, name, value, 's', 'srem');
    return removed;
  },
});

export const smove = command({
  name: 'smove', since: '1.0.0', group: 'set', complexity: 'O(1)',
  summary: 'Moves a member from one set to another. Returns whether it was in the first.',
  syntax: 'source:key destination:key member',
  flags: ['write', 'fast'],
  keys: [key(1, 'RW access delete'), key(2, 'RW insert')],
  categories: ['set'],
  run(argv, db, session) {
    const member = argv[3]!;
    const source = db.lookupWrite(argv[1]!);
    const destination = db.lookupWrite(argv[2]!);
    if (source === undefined) return 0;
    if (!(source instanceof SetValue) || (destination !== undefined && !(destination instanceof SetValue))) return errors.WRONG_TYPE;
    if (source === destination) return source.has(member) ? 1 : 0;
    if (!source.delete(member)) return 0;
    shrunk(db, argv[1]!, source, 's', 'srem');
    const target = destination ?? new SetValue(db.hashSeed);
    if (destination === undefined) db.set(argv[2]!, target);
    if (target.add(member, limitsOf(session))) db.changed(argv[2]!, 's', 'sadd');
    return 1;
  },
});

export const sismember = command({
  name: 'sismember', since: '1.0.0', group: 'set', complexity: 'O(1)',
  summary: 'Returns whether a value is a member of a set.',
  syntax: 'key member',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO')],
  categories: ['set'],
  run(argv, db) {
    const value = db.lookupRead(argv[1]!);
    if (value === undefined) return 0;
    if (!(value instanceof SetValue)) return errors.WRONG_TYPE;
    return value.has(argv[2]!) ? 1 : 0;
  },
});

export const smismember = command({
  name: 'smismember', since: '6.2.0', group: 'set', complexity: 'O(N) for N members to look for.',
  summary: 'Returns for each of several values whether it is a member of a set.',
  syntax: 'key member...',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['set'],
  run(argv, db) {
    const value = db.lookupRead(argv[1]!);
    if (value !== undefined && !(value instanceof SetValue)) return errors.WRONG_TYPE;
    return argv.slice(2).map((member) => (value !== undefined && value.has(member) ? 1 : 0));
  },
});

export const scard = command({
  name: 'scard', since: '1.0.0', group: 'set', complexity: 'O(1)',
  summary: 'Returns the number of members of a set.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO')],
  categories: ['set'],
  run(argv, db) {
    const value = db.lookupRead(argv[1]!);
    if (value === undefined) return 0;
    return value instanceof SetValue ? value.size : errors.WRONG_TYPE;
  },
});

export const smembers = command({
  name: 'smembers', since: '1.0.0', group: 'set', complexity: 'O(N) for N members.',
  summary: 'Returns all members of a set.',
  syntax: 'key',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['set'],
  tips: ['nondeterministic_output_order'],
  run(argv, db) {
    const value = db.lookupRead(argv[1]!);
    if (value === undefined) return NO_MEMBERS;
    return value instanceof SetValue ? new SetReply(value.members()) : errors.WRONG_TYPE;
  },
});

export const spop = command({
  name: 'spop', since: '1.0.0', group: 'set', complexity: 'O(1) without a count, O(N) for a count of N.',
  summary: 'Removes random members from a set and returns them.',
  syntax: 'key [count:integer]',
  flags: ['write', 'fast'],
  keys: [key(1, 'RW access delete')],
  categories: ['set'],
  tips: ['nondeterministic_output'],
  history: [['3.2.0', 'The count.']],
  run(argv, db, session) {
    if (argv.length > 3) return errors.SYNTAX;
    const name = argv[1]!;
    const count = argv.length === 3 ? positiveInteger(argv[2]!) : -1;
    const value = db.lookupWrite(name);
    if (value === undefined) return count === -1 ? null : NO_MEMBERS;
    if (!(value instanceof SetValue)) return errors.WRONG_TYPE;
    if (count !== -1) return popMany(db, name, value, count, session);
    const member = value.removeAt(Math.floor(session.server.random() * value.size));
    db.effects?.instead(['SREM', name, member]);
    shrunk(db, name, value, 's', 'spop');
    return member;
  },
});

/** Maximum number of members in one propagated SREM. */
const SPOP_BATCH = 1024;

function popMany(db: Database, name: string, value: SetValue, count: number, session: Session): Reply {
  if (count === 0) return NO_MEMBERS;
  if (count >= value.size) {
    db.effects?.instead(db.effects.deletion(name));
    db.changed(name, 's', 'spop');
    db.delete(name);
    db.changed(name, 'g', 'del');
    return new SetReply(value.members());
  }
  const popped: string[] = [];
  while (popped.length < count) popped.push(value.removeAt(Math.floor(session.server.random() * value.size)));
  if (db.effects !== null) {
    const parts = Array.from({ length: Math.ceil(count / SPOP_BATCH) }, (_, part) => popped.slice(part * SPOP_BATCH, (part + 1) * SPOP_BATCH));
    db.effects.instead(...parts.map((members) => ['SREM', name, ...members]));
  }
  db.changed(name, 's', 'spop');
  return new SetReply(popped);
}

export const srandmember = command({
  name: 'srandmember', since: '1.0.0', group: 'set', complexity: 'O(1) without a count, O(N) for a count of N or -N.',
  summary: 'Returns random members of a set: different ones for a positive count, drawn with repetition for a negative one.',
  syntax: 'key [count:integer]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['set'],
  tips: ['nondeterministic_output'],
  history: [['2.6.0', 'The count.']],
  run(argv, db, session) {
    if (argv.length > 3) return errors.SYNTAX;
    const count = argv.length === 3 ? randomCount(argv[2]!) : null;
    const value = db.lookupRead(argv[1]!);
    if (value === undefined) return count === null ? null : [];
    if (!(value instanceof SetValue)) return errors.WRONG_TYPE;
    const { random } = session.server;
    if (count === null) return value.memberAt(Math.floor(random() * value.size));
    return randomPositions(value.size, count, random).map((position) => value.memberAt(position));
  },
});

export const sscan = command({
  name: 'sscan', since: '2.8.0', group: 'set', complexity: 'O(1) for every call, O(N) for a whole scan of N members.',
  summary: 'Returns some members of a set, and the cursor for the next ones.',
  syntax: 'key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['set'],
  tips: ['nondeterministic_output'],
  run(argv, db) {
    const cursor = scanCursor(argv[2]!);
    const value = db.lookupRead(argv[1]!);
    if (value === undefined) return ['0', []];
    if (!(value instanceof SetValue)) return errors.WRONG_TYPE;
    const options = new ScanOptions(argv, 3);
    const found: string[] = [];
    const next = value.scan(cursor, options.count, (member) => void (options.matches(member) && found.push(member)));
    return [String(next), found];
  },
});

export const sinter = command({
  name: 'sinter', since: '1.0.0', group: 'set', complexity: 'O(N*M) at worst, N being the size of the smallest set and M the number of sets.',
  summary: 'Returns the members that all of several sets have.',
  syntax: 'key...',
  flags: ['readonly'],
  keys: [keys(1, -1, 1, 'RO access')],
  categories: ['set'],
  tips: ['nondeterministic_output_order'],
  run: (argv, db, session) => new SetReply(intersection(inputs(db, argv, 1), limitsOf(session), db.hashSeed).members()),
});

export const sinterstore = command({
  name: 'sinterstore', since: '1.0.0', group: 'set', complexity: 'O(N*M) at worst, N being the size of the smallest set and M the number of sets.',
  summary: 'Stores the members that all of several sets have. Returns their number.',
  syntax: 'destination:key key...',
  flags: ['write', 'denyoom'],
  keys: [key(1, 'RW update'), keys(2, -1, 1, 'RO access')],
  categories: ['set'],
  run: (argv, db, session) => storeResult(db, argv[1]!, intersection(inputs(db, argv, 2), limitsOf(session), db.hashSeed), 's', 'sinterstore'),
});

export const sintercard = command({
  name: 'sintercard', since: '7.0.0', group: 'set', complexity: 'O(N*M) at worst, N being the size of the smallest set and M the number of sets.',
  summary: 'Counts the members that all of several sets have, up to a limit.',
  syntax: 'numkeys:integer key... [LIMIT limit:integer]',
  flags: ['readonly', 'movablekeys'],
  keys: [numkeys(1, 'RO access')],
  categories: ['set'],
  run(argv, db) {
    const { last, limit } = cardinalityArguments(argv);
    const sets = inputs(db, argv, 2, last);
    let count = 0;
    forEachCommon(sets, () => ++count !== limit);
    return count;
  },
});

export const sunion = command({
  name: 'sunion', since: '1.0.0', group: 'set', complexity: 'O(N) for N members in all sets together.',
  summary: 'Returns the members that any of several sets has.',
  syntax: 'key...',
  flags: ['readonly'],
  keys: [keys(1, -1, 1, 'RO access')],
  categories: ['set'],
  tips: ['nondeterministic_output_order'],
  run: (argv, db, session) => new SetReply(union(inputs(db, argv, 1), limitsOf(session), db.hashSeed).members()),
});

export const sunionstore = command({
  name: 'sunionstore', since: '1.0.0', group: 'set', complexity: 'O(N) for N members in all sets together.',
  summary: 'Stores the members that any of several sets has. Returns their number.',
  syntax: 'destination:key key...',
  flags: ['write', 'denyoom'],
  keys: [key(1, 'OW update'), keys(2, -1, 1, 'RO access')],
  categories: ['set'],
  run: (argv, db, session) => storeResult(db, argv[1]!, union(inputs(db, argv, 2), limitsOf(session), db.hashSeed), 's', 'sunionstore'),
});

export const sdiff = command({
  name: 'sdiff', since: '1.0.0', group: 'set', complexity: 'O(N) for N members in all sets together.',
  summary: 'Returns the members of the first set that no other has.',
  syntax: 'key...',
  flags: ['readonly'],
  keys: [keys(1, -1, 1, 'RO access')],
  categories: ['set'],
  tips: ['nondeterministic_output_order'],
  run: (argv, db, session) => new SetReply(difference(inputs(db, argv, 1), limitsOf(session), db.hashSeed).members()),
});

export const sdiffstore = command({
  name: 'sdiffstore', since: '1.0.0', group: 'set', complexity: 'O(N) for N members in all sets together.',
  summary: 'Stores the members of the first set that no other has. Returns their number.',
  syntax: 'destination:key key...',
  flags: ['write', 'denyoom'],
  keys: [key(1, 'OW update'), keys(2, -1, 1, 'RO access')],
  categories: ['set'],
  run: (argv, db, session) => storeResult(db, argv[1]!, difference(inputs(db, argv, 2), limitsOf(session), db.hashSeed), 's', 'sdiffstore'),
});

type Input = SetValue | undefined;

/** Returns the sets at the keys argv[first] … argv[last - 1]. Throws WRONGTYPE, also if an earlier one is missing. */
function inputs(db: Database, argv: Argv, first: number, last = argv.length): Input[] {
  const sets: Input[] = [];
  for (let at = first; at < last; at++) {
    const value = db.lookupRead(argv[at]!);
    if (value !== undefined && !(value instanceof SetValue)) throw errors.WRONG_TYPE;
    sets.push(value);
  }
  return sets;
}

/** Visits every member that is in all sets, until `visit` returns false. Its cost depends on the smallest set. */
function forEachCommon(sets: readonly Input[], visit: (member: string) => boolean): void {
  const [smallest, ...others] = sets.toSorted((a, b) => (a?.size ?? 0) - (b?.size ?? 0));
  if (smallest === undefined || sets.includes(undefined)) return;
  for (let position = 0; position < smallest.size; position++) {
    const member = smallest.memberAt(position);
    if (others.every((other) => other!.has(member)) && !visit(member)) return;
  }
}

function intersection(sets: readonly Input[], limits: EncodingLimits, seed: HashSeed): SetValue {
  const result = new SetValue(seed);
  forEachCommon(sets, (member) => {
    result.add(member, limits);
    return true;
  });
  return result;
}

function union(sets: readonly Input[], limits: EncodingLimits, seed: HashSeed): SetValue {
  const result = new SetValue(seed);
  for (const set of sets) addAll(result, set, limits);
  return result;
}

function addAll(target: SetValue, set: Input, limits: EncodingLimits): void {
  if (set === undefined) return;
  for (let position = 0; position < set.size; position++) target.add(set.memberAt(position), limits);
}

/**
 * Two ways, chosen by cost (as in sunionDiffGenericCommand): looking up each member of the first in every other set, or
 * removing the members of all others from a copy of the first.
 */
function difference([first, ...others]: readonly Input[], limits: EncodingLimits, seed: HashSeed): SetValue {
  const result = new SetValue(seed);
  if (first === undefined || others.includes(first)) return result;
  const present = others.filter((set) => set !== undefined);
  const total = present.reduce((sum, set) => sum + set.size, first.size);
  if (Math.floor((first.size * (present.length + 1)) / 2) <= total) {
    for (let position = 0; position < first.size; position++) {
      const member = first.memberAt(position);
      if (!present.some((other) => other.has(member))) result.add(member, limits);
    }
    return result;
  }
  addAll(result, first, limits);
  for (const other of present) {
    for (let position = 0; position < other.size; position++) result.delete(other.memberAt(position));
  }
  return result;
}
