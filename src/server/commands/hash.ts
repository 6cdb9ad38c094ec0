/**
 * Hash commands: HDEL HEXISTS HGET HGETALL HINCRBY HINCRBYFLOAT HKEYS HLEN HMGET HMSET HRANDFIELD HSCAN HSET HSETNX HSTRLEN HVALS.
 */
import { command, type Argv } from '../command/command.js';
import * as errors from '../errors.js';
import { key } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { HashValue } from '../keyspace/types/hash.js';
import { ListpackReply } from '../keyspace/types/listpack-reply.js';
import { MapReply, OK, type Reply } from '../resp/reply.js';
import { INT64_MAX, INT64_MIN, integer64, narrow, parseInteger } from './support/arguments.js';
import { limitsOf, randomArguments, randomPositions, shrunk } from './support/collections.js';
import { addLongDoubles, formatLongDouble, isFinite, parseLongDouble } from './support/long-double.js';
import { ScanOptions, scanCursor } from './support/scan.js';

export const hset = command({
  name: 'hset', since: '2.0.0', group: 'hash', complexity: 'O(1) for each field, O(N) for N of them.',
  summary: 'Sets fields of a hash, which is created if necessary. Returns how many are new.',
  syntax: 'key {field value}...',
  flags: ['write', 'denyoom', 'fast'],
  keys: [key(1, 'RW update')],
  categories: ['hash'],
  history: [['4.0.0', 'More than one field.']],
  run(argv, db, session) {
    if (argv.length % 2 === 1) return errors.wrongArity('hset');
    return setFields(argv, db, session);
  },
});

export const hmset = command({
  name: 'hmset', since: '2.0.0', group: 'hash', complexity: 'O(N) for N fields.',
  documentation: ['deprecated'],
  deprecatedSince: '4.0.0',
  replacedBy: '`HSET` with multiple field-value pairs',
  summary: 'Sets fields of a hash, which is created if necessary.',
  syntax: 'key {field value}...',
  flags: ['write', 'denyoom', 'fast'],
  keys: [key(1, 'RW update')],
  categories: ['hash'],
  run(argv, db, session) {
    if (argv.length % 2 === 1) return errors.wrongArity('hmset');
    setFields(argv, db, session);
    return OK;
  },
});

function setFields(argv: Argv, db: Database, session: Session): number {
  const added = obtain(db, argv[1]!).setAll(argv, 2, limitsOf(session));
  db.changed(argv[1]!, 'h', 'hset');
  return added;
}

export const hsetnx = command({
  name: 'hsetnx', since: '2.0.0', group: 'hash', complexity: 'O(1)',
  summary: 'Sets a field of a hash only if it is not there yet. Returns whether it was set.',
  syntax: 'key field value',
  flags: ['write', 'denyoom', 'fast'],
  keys: [key(1, 'RW insert')],
  categories: ['hash'],
  run(argv, db, session) {
    const value = obtain(db, argv[1]!);
    if (value.has(argv[2]!)) return 0;
    value.set(argv[2]!, argv[3]!, limitsOf(session));
    db.changed(argv[1]!, 'h', 'hset');
    return 1;
  },
});

export const hincrby = command({
  name: 'hincrby', since: '2.0.0', group: 'hash', complexity: 'O(1)',
  summary: 'Adds an integer to a field of a hash, which counts as 0 if it is missing. Returns the sum.',
  syntax: 'key field increment:integer',
  flags: ['write', 'denyoom', 'fast'],
  keys: [key(1, 'RW access update')],
  categories: ['hash'],
  run(argv, db, session) {
    const increment = integer64(argv[3]!);
    const value = obtain(db, argv[1]!);
    const before = parseInteger(value.get(argv[2]!) ?? '0');
    if (before === undefined) return errors.HASH_VALUE_NOT_AN_INTEGER;
    const sum = BigInt(before) + BigInt(increment);
    if (sum > INT64_MAX || sum < INT64_MIN) return errors.OVERFLOW;
    value.set(argv[2]!, String(sum), limitsOf(session));
    db.changed(argv[1]!, 'h', 'hincrby');
    return narrow(sum);
  },
});

export const hincrbyfloat = command({
  name: 'hincrbyfloat', since: '2.6.0', group: 'hash', complexity: 'O(1)',
  summary: 'Adds a number to a field of a hash, which counts as 0 if it is missing. Returns the sum.',
  syntax: 'key field increment:double',
  flags: ['write', 'denyoom', 'fast'],
  keys: [key(1, 'RW access update')],
  categories: ['hash'],
  run(argv, db, session) {
    const increment = parseLongDouble(argv[3]!);
    if (increment === undefined) return errors.NOT_A_FLOAT;
    if (!isFinite(increment)) return errors.INCREMENT_NAN_OR_INFINITY;
    const value = obtain(db, argv[1]!);
    const before = parseLongDouble(value.get(argv[2]!) ?? '0');
    if (before === undefined) return errors.HASH_VALUE_NOT_A_FLOAT;
    const sum = addLongDoubles(before, increment);
    if (!isFinite(sum)) return errors.NAN_OR_INFINITY;
    const text = formatLongDouble(sum);
    db.effects?.instead(['HSET', argv[1]!, argv[2]!, text]);
    value.set(argv[2]!, text, limitsOf(session));
    db.changed(argv[1]!, 'h', 'hincrbyfloat');
    return text;
  },
});

export const hdel = command({
  name: 'hdel', since: '2.0.0', group: 'hash', complexity: 'O(N) for N fields to remove.',
  summary: 'Removes fields from a hash. Returns how many were there.',
  syntax: 'key field...',
  flags: ['write', 'fast'],
  keys: [key(1, 'RW delete')],
  categories: ['hash'],
  history: [['2.4.0', 'More than one field.']],
  run(argv, db) {
    const value = db.lookupWrite(argv[1]!);
    if (value === undefined) return 0;
    if (!(value instanceof HashValue)) return errors.WRONG_TYPE;
    let removed = 0;
    for (let at = 2; at < argv.length; at++) {
      if (value.delete(argv[at]!)) removed++;
    }
    if (removed > 0) shrunk(db, argv[1]!, value, 'h', 'hdel');
    return removed;
  },
});

export const hget = command({
  name: 'hget', since: '2.0.0', group: 'hash', complexity: 'O(1)',
  summary: 'Returns the value of a field of a hash.',
  syntax: 'key field',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['hash'],
  run(argv, db) {
    const value = db.lookupRead(argv[1]!);
    if (value === undefined) return null;
    if (!(value instanceof HashValue)) return errors.WRONG_TYPE;
    return value.get(argv[2]!) ?? null;
  },
});

export const hmget = command({
  name: 'hmget', since: '2.0.0', group: 'hash', complexity: 'O(N) for N fields.',
  summary: 'Returns the values of several fields of a hash.',
  syntax: 'key field...',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['hash'],
  run(argv, db) {
    const value = read(db, argv[1]!);
    const values: Reply[] = [];
    for (let at = 2; at < argv.length; at++) values.push(value?.get(argv[at]!) ?? null);
    return values;
  },
});

export const hexists = command({
  name: 'hexists', since: '2.0.0', group: 'hash', complexity: 'O(1)',
  summary: 'Returns whether a hash has a field.',
  syntax: 'key field',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO')],
  categories: ['hash'],
  run: (argv, db) => (read(db, argv[1]!)?.has(argv[2]!) === true ? 1 : 0),
});

export const hstrlen = command({
  name: 'hstrlen', since: '3.2.0', group: 'hash', complexity: 'O(1)',
  summary: 'Returns the length in bytes of the value of a field of a hash.',
  syntax: 'key field',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO')],
  categories: ['hash'],
  run: (argv, db) => read(db, argv[1]!)?.get(argv[2]!)?.length ?? 0,
});

export const hlen = command({
  name: 'hlen', since: '2.0.0', group: 'hash', complexity: 'O(1)',
  summary: 'Returns the number of fields of a hash.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO')],
  categories: ['hash'],
  run: (argv, db) => read(db, argv[1]!)?.size ?? 0,
});

export const hkeys = command({
  name: 'hkeys', since: '2.0.0', group: 'hash', complexity: 'O(N) for N fields.',
  summary: 'Returns the names of all fields of a hash.',
  syntax: 'key',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['hash'],
  tips: ['nondeterministic_output_order'],
  run: (argv, db, session) => textsReply(read(db, argv[1]!), true, false, session),
});

export const hvals = command({
  name: 'hvals', since: '2.0.0', group: 'hash', complexity: 'O(N) for N fields.',
  summary: 'Returns the values of all fields of a hash.',
  syntax: 'key',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['hash'],
  tips: ['nondeterministic_output_order'],
  run: (argv, db, session) => textsReply(read(db, argv[1]!), false, true, session),
});

export const hgetall = command({
  name: 'hgetall', since: '2.0.0', group: 'hash', complexity: 'O(N) for N fields.',
  summary: 'Returns all fields of a hash and their values.',
  syntax: 'key',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['hash'],
  tips: ['nondeterministic_output_order'],
  run: (argv, db, session) => textsReply(read(db, argv[1]!), true, true, session),
});

export const hrandfield = command({
  name: 'hrandfield', since: '6.2.0', group: 'hash', complexity: 'O(N) for N fields returned.',
  summary: 'Returns random fields of a hash: different ones for a positive count, drawn with repetition for a negative one.',
  syntax: 'key [count:integer [WITHVALUES]]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['hash'],
  tips: ['nondeterministic_output'],
  run(argv, db, session) {
    const { random } = session.server;
    const asked = randomArguments(argv, 'WITHVALUES');
    const value = read(db, argv[1]!);
    if (value === undefined) return asked === null ? null : [];
    if (asked === null) return value.fieldAt(Math.floor(random() * value.size));
    const positions = randomPositions(value.size, asked.count, random);
    return asked.isPaired ? pairs(value, positions, session) : positions.map((position) => value.fieldAt(position));
  },
});

/** Fields and values, alternating in RESP2, in pairs in RESP3. */
function pairs(value: HashValue, positions: readonly number[], session: Session): Reply {
  if (session.version === 3) return positions.map((position) => [value.fieldAt(position), value.valueAt(position)]);
  return positions.flatMap((position) => [value.fieldAt(position), value.valueAt(position)]);
}

export const hscan = command({
  name: 'hscan', since: '2.8.0', group: 'hash', complexity: 'O(1) for every call, O(N) for a whole scan of N fields.',
  summary: 'Returns some fields of a hash with their values, and the cursor for the next ones.',
  syntax: 'key cursor:integer [MATCH pattern:pattern] [COUNT count:integer]',
  flags: ['readonly'],
  keys: [key(1, 'RO access')],
  categories: ['hash'],
  tips: ['nondeterministic_output'],
  run(argv, db) {
    const cursor = scanCursor(argv[2]!);
    const value = read(db, argv[1]!);
    if (value === undefined) return ['0', []];
    const options = new ScanOptions(argv, 3);
    const found: string[] = [];
    const next = value.scan(cursor, options.count, (position) => {
      const field = value.fieldAt(position);
      if (options.matches(field)) found.push(field, value.valueAt(position));
    });
    return [String(next), found];
  },
});

/** Returns the hash at a key, looked up for reading; undefined if there is none. Throws WRONGTYPE for every other type. */
function read(db: Database, name: string): HashValue | undefined {
  const value = db.lookupRead(name);
  if (value !== undefined && !(value instanceof HashValue)) throw errors.WRONG_TYPE;
  return value;
}

/** Returns the hash at a key, created if there is none: the caller will set a field. Throws WRONGTYPE for every other type. */
function obtain(db: Database, name: string): HashValue {
  const found = db.lookupWrite(name);
  if (found !== undefined && !(found instanceof HashValue)) throw errors.WRONG_TYPE;
  if (found !== undefined) return found;
  const created = new HashValue(db.hashSeed);
  db.set(name, created);
  return created;
}

/** Returns all fields, all values, or a map of both: a listpack's are encoded from its bytes, unless the reply is kept or converted before that. */
function textsReply(value: HashValue | undefined, withFields: boolean, withValues: boolean, session: Session): Reply {
  const isMap = withFields && withValues;
  const listpack = value !== undefined && session.encodesAtOnce ? value.listpack : null;
  if (listpack !== null) return new ListpackReply(listpack, withFields ? 0 : 1, isMap ? 1 : 2, isMap ? value!.size * 2 : value!.size, isMap);
  const texts = value?.texts(withFields, withValues) ?? [];
  return isMap ? new MapReply(texts) : texts;
}
