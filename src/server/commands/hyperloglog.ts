/** HyperLogLog commands: PFADD PFCOUNT PFDEBUG PFMERGE PFSELFTEST. The counting itself is in keyspace/types/hyperloglog.ts. */
import { type Argv, command } from '../command/command.js';
import * as errors from '../errors.js';
import { key, keys } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import {
  addElement, cacheCount, cachedCount, type Change, createHyperLogLog, describeRuns, estimateOf, estimateOfRegisters, isHyperLogLog, isSparse, mergeInto,
  outdateCount, raiseRegister, REGISTERS, registersOf, toDense,
} from '../keyspace/types/hyperloglog.js';
import type { ByteString, StringValue } from '../keyspace/value.js';
import { OK, type Reply, SimpleString } from '../resp/reply.js';
import { isWord, readString, writeString } from './support/arguments.js';
import { mutable, readable } from './support/string-values.js';

export const pfadd = command({
  name: 'pfadd', since: '2.8.9', group: 'hyperloglog', complexity: 'O(1) to add every element.',
  summary: 'Adds elements to a HyperLogLog; 1 if that has changed it.',
  syntax: 'key [element...]',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['hyperloglog'],
  keys: [key(1, 'RW insert')],
  run(argv, db, session) {
    const name = argv[1]!;
    const value = checked(writeString(db, name));
    const counter = value === undefined ? create(db, name) : mutable(db, name, value);
    const maxBytes = sparseMaxBytes(session);
    let changes = value === undefined ? 1 : 0;
    for (let at = 2; at < argv.length; at++) if (intact(addElement(counter, argv[at]!, maxBytes))) changes++;
    if (changes === 0) return 0;
    // A new one is empty, but Redis marks its count as out of date.
    outdateCount(counter);
    db.changed(name, '$', 'pfadd');
    return 1;
  },
});

export const pfcount = command({
  name: 'pfcount', since: '2.8.9', group: 'hyperloglog', complexity: 'O(1) for one key, with a small constant; O(N) for N keys, with a large one.',
  summary: 'Estimates how many different elements one HyperLogLog, or several together, have seen.',
  syntax: 'key...',
  // The count is cached in the value, which must be propagated to replicas.
  flags: ['readonly', 'may_replicate'],
  categories: ['hyperloglog'],
  keys: [{ ...keys(1, -1, 1, 'RW access'), notes: 'The count is kept in the value.' }],
  run: (argv, db) => (argv.length === 2 ? countOne(db, argv[1]!) : estimateOfRegisters(mergeAll(db, argv).registers)),
});

export const pfmerge = command({
  name: 'pfmerge', since: '2.8.9', group: 'hyperloglog', complexity: 'O(N) for N HyperLogLogs, with a large constant.',
  summary: 'Merges HyperLogLogs into one.',
  syntax: 'destkey:key sourcekey:key...',
  arity: -2,
  flags: ['write', 'denyoom'],
  categories: ['hyperloglog'],
  keys: [key(1, 'RW access insert'), keys(2, -1, 1, 'RO access')],
  run(argv, db, session) {
    const name = argv[1]!;
    const { registers, anyDense } = mergeAll(db, argv);
    const value = writeString(db, name);
    const target = value === undefined ? create(db, name) : mutable(db, name, value);
    if (anyDense && !toDense(target)) return errors.CORRUPTED_HYPERLOGLOG;
    const maxBytes = sparseMaxBytes(session);
    for (let index = 0; index < REGISTERS; index++) if (registers[index] !== 0) raiseRegister(target, index, registers[index]!, maxBytes);
    outdateCount(target);
    // A merge adds many elements at once, and notifies as PFADD does.
    db.changed(name, '$', 'pfadd');
    return OK;
  },
});

export const pfdebug = command({
  name: 'pfdebug', since: '2.8.9', group: 'hyperloglog', complexity: 'N/A',
  summary: 'Shows what is inside of a HyperLogLog: GETREG, DECODE, ENCODING, TODENSE.',
  documentation: ['syscmd'],
  syntax: 'subcommand key',
  flags: ['write', 'denyoom', 'admin'],
  categories: ['hyperloglog'],
  keys: [key(2, 'RW access')],
  run(argv, db) {
    const name = argv[2]!;
    const value = checked(writeString(db, name));
    if (value === undefined) return errors.NO_SPECIFIED_KEY;
    return inspect(db, name, mutable(db, name, value), argv[1]!);
  },
});

export const pfselftest = command({
  name: 'pfselftest', since: '2.8.9', group: 'hyperloglog', complexity: 'N/A',
  summary: 'Checks that HyperLogLogs store registers faithfully and estimate within their error.',
  documentation: ['syscmd'],
  syntax: '',
  flags: ['admin'],
  categories: ['hyperloglog'],
  run: (_argv, _db, session) => testRegisters(session) ?? testEstimates(session) ?? OK,
});

const DENSE = new SimpleString('dense');
const SPARSE = new SimpleString('sparse');

function sparseMaxBytes(session: Session): number {
  return session.server.config.values['hll-sparse-max-bytes'];
}

/** Returns the value, if it is a HyperLogLog or missing. */
function checked(value: StringValue | undefined): StringValue | undefined {
  if (value !== undefined && !isHyperLogLog(value)) throw errors.NOT_A_HYPERLOGLOG;
  return value;
}

function create(db: Database, name: string): ByteString {
  const counter = createHyperLogLog();
  db.set(name, counter);
  return counter;
}

/** True if something has changed. Throws if the runs are corrupted; what was added before stays. */
function intact(change: Change): boolean {
  if (change === 'corrupted') throw errors.CORRUPTED_HYPERLOGLOG;
  return change === 'changed';
}

/** The maximum of each register over all keys. */
function mergeAll(db: Database, argv: Argv): { registers: Uint8Array; anyDense: boolean } {
  const registers = new Uint8Array(REGISTERS);
  let anyDense = false;
  for (let at = 1; at < argv.length; at++) {
    const value = checked(readString(db, argv[at]!));
    if (value === undefined) continue;
    const counter = readable(value);
    if (!isSparse(counter)) anyDense = true;
    if (!mergeInto(registers, counter)) throw errors.CORRUPTED_HYPERLOGLOG;
  }
  return { registers, anyDense };
}

/** Returns the cached count, or a new one, which is then cached in the value: the only read that changes what it reads. */
function countOne(db: Database, name: string): Reply {
  const value = checked(readString(db, name));
  if (value === undefined) return 0;
  db.announce(name);
  const counter = mutable(db, name, value);
  const cached = cachedCount(counter);
  if (cached !== undefined) return cached;
  const count = estimateOf(counter);
  if (count === undefined) return errors.CORRUPTED_HYPERLOGLOG;
  cacheCount(counter, count);
  db.changedSilently(name);
  return count;
}

function inspect(db: Database, name: string, counter: ByteString, subcommand: string): Reply {
  if (isWord(subcommand, 'GETREG')) {
    densify(db, name, counter);
    return Array.from(registersOf(counter)!);
  }
  if (isWord(subcommand, 'DECODE')) return isSparse(counter) ? describeRuns(counter) : errors.NOT_SPARSE;
  if (isWord(subcommand, 'ENCODING')) return isSparse(counter) ? SPARSE : DENSE;
  if (isWord(subcommand, 'TODENSE')) return densify(db, name, counter) ? 1 : 0;
  return errors.unknownPfdebug(subcommand);
}

/** False if it was already dense. */
function densify(db: Database, name: string, counter: ByteString): boolean {
  if (!isSparse(counter)) return false;
  if (!toDense(counter)) throw errors.CORRUPTED_HYPERLOGLOG;
  // Another encoding does not count as a change.
  db.changedUnwatched(name, '$', null);
  return true;
}

/** Redis fills all registers a thousand times and adds ten million elements; that would block this server for too long. */
const TEST_CYCLES = 100;
const REGISTER_VALUES = 64;
const TEST_ELEMENTS = 100_000;
/** Six standard errors. */
const TOLERANCE = (6 * 1.04) / Math.sqrt(REGISTERS);

/** Fills all registers with random values, repeatedly, and reads them back. */
function testRegisters(session: Session): Reply | undefined {
  for (let cycle = 0; cycle < TEST_CYCLES; cycle++) {
    const expected = Uint8Array.from({ length: REGISTERS }, () => Math.floor(session.server.random() * REGISTER_VALUES));
    const counter = createHyperLogLog();
    toDense(counter);
    expected.forEach((value, index) => void raiseRegister(counter, index, value, 0));
    const actual = registersOf(counter)!;
    const wrong = actual.findIndex((value, index) => value !== expected[index]);
    if (wrong !== -1) return errors.selfTestFailed(`Register ${wrong} should be ${expected[wrong]} but is ${actual[wrong]}`);
  }
  return undefined;
}

/** Adds elements to a dense one and to one that begins sparse: both must agree, and be within the error. */
function testEstimates(session: Session): Reply | undefined {
  const dense = createHyperLogLog();
  const sparse = createHyperLogLog();
  toDense(dense);
  const salt = Math.floor(session.server.random() * 2 ** 32).toString(16);
  let checkpoint = 1;
  for (let count = 1; count <= TEST_ELEMENTS; count++) {
    const element = `${salt}:${count}`;
    addElement(dense, element, sparseMaxBytes(session));
    addElement(sparse, element, sparseMaxBytes(session));
    if (count !== checkpoint) continue;
    if (estimateOf(dense) !== estimateOf(sparse)) return errors.selfTestFailed('dense/sparse disagree');
    const error = Math.abs(estimateOf(dense)! - count);
    // Collisions among ten elements are rare, so the bound is tight, but not so rare that they never happen.
    if (error > (count === 10 ? 1 : Math.ceil(TOLERANCE * count))) return errors.selfTestFailed(`Too big error. card:${count} abserr:${error}`);
    checkpoint *= 10;
  }
  return undefined;
}
