/**
 * Bitmap commands: BITCOUNT BITFIELD BITFIELD_RO BITOP BITPOS GETBIT SETBIT. A bitmap is a string whose bits are counted from the highest bit of its first
 * byte.
 */
import { type Argv, command } from '../command/command.js';
import * as errors from '../errors.js';
import { key, keys } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { ByteString, type StringValue, textOf } from '../keyspace/value.js';
import type { Reply } from '../resp/reply.js';
import { integer, integer64, type Integer64, isWord, parseInteger, readString, writeString } from './support/arguments.js';
import { type FieldType, fieldType, fit, type Overflow, readField, writeField } from './support/bit-field.js';
import { type BitOperation, combine, countBits, findBit } from './support/bits.js';
import { bytesOf, checkLength, lengthOf, mutable, readable } from './support/string-values.js';

export const setbit = command({
  name: 'setbit', since: '2.2.0', group: 'bitmap', complexity: 'O(1)',
  summary: 'Sets or clears a bit and returns what it was.',
  syntax: 'key offset:integer value:integer',
  flags: ['write', 'denyoom'],
  categories: ['bitmap'],
  keys: [key(1, 'RW access update')],
  run(argv, db, session) {
    const name = argv[1]!;
    const offset = bitOffset(session, argv[2]!);
    const bit = integer(argv[3]!, errors.BIT_VALUE);
    if (bit !== 0 && bit !== 1) return errors.BIT_VALUE;
    const { bytes, changed } = reachable(db, session, name, offset);
    const at = Math.floor(offset / 8);
    const mask = 0x80 >>> (offset % 8);
    const byte = bytes.byteAt(at);
    const old = (byte & mask) === 0 ? 0 : 1;
    if (!changed && old === bit) return old;
    bytes.setByteAt(at, bit === 1 ? byte | mask : byte & ~mask);
    db.changed(name, '$', 'setbit');
    return old;
  },
});

export const getbit = command({
  name: 'getbit', since: '2.2.0', group: 'bitmap', complexity: 'O(1)',
  summary: 'Returns a bit; those after the end are 0.',
  syntax: 'key offset:integer',
  flags: ['readonly', 'fast'],
  categories: ['bitmap'],
  keys: [key(1, 'RO access')],
  run(argv, db, session) {
    const offset = bitOffset(session, argv[2]!);
    const value = readString(db, argv[1]!);
    if (value === undefined) return 0;
    return (byteAt(value, Math.floor(offset / 8)) >>> (7 - (offset % 8))) & 1;
  },
});

export const bitcount = command({
  name: 'bitcount', since: '2.6.0', group: 'bitmap', complexity: 'O(N)',
  summary: 'Counts the bits that are set, in all of a string or in a range of it.',
  syntax: 'key [{start:integer end:integer [BYTE | BIT]}]',
  flags: ['readonly'],
  categories: ['bitmap'],
  keys: [key(1, 'RO access')],
  history: [['7.0.0', 'BYTE and BIT.']],
  run(argv, db) {
    const value = readString(db, argv[1]!);
    if (value === undefined) return 0;
    const bits = lengthOf(value) * 8;
    if (argv.length === 2) return countBits(bytesOf(value), 0, bits - 1);
    if (argv.length === 3 || argv.length > 5) return errors.SYNTAX;
    const start = integer(argv[2]!);
    const end = integer(argv[3]!);
    if (start < 0 && end < 0 && start > end) return 0;
    const { first, last } = bitRange(start, end, bits, argv[4]);
    return countBits(bytesOf(value), first, last);
  },
});

export const bitpos = command({
  name: 'bitpos', since: '2.8.7', group: 'bitmap', complexity: 'O(N)',
  summary: 'Finds the first bit that is set, or clear, in all of a string or in a range of it.',
  syntax: 'key bit:integer [{start:integer [{end:integer [BYTE | BIT]}]}]',
  flags: ['readonly'],
  categories: ['bitmap'],
  keys: [key(1, 'RO access')],
  history: [['7.0.0', 'BYTE and BIT.']],
  run(argv, db) {
    const wanted = integer(argv[2]!);
    if (wanted !== 0 && wanted !== 1) return errors.BIT_TO_FIND;
    const value = readString(db, argv[1]!);
    // A missing key counts as infinitely many zeros.
    if (value === undefined) return wanted === 1 ? -1 : 0;
    if (argv.length > 6) return errors.SYNTAX;
    const bits = lengthOf(value) * 8;
    const start = argv.length > 3 ? integer(argv[3]!) : 0;
    if (argv.length > 5) isInBits(argv[5]!);
    const end = argv.length > 4 ? integer(argv[4]!) : -1;
    const { first, last } = bitRange(start, end, bits, argv[5]);
    if (first > last) return -1;
    const found = findBit(bytesOf(value), wanted, first, last);
    // Zeros follow the string, unless the client has given an end.
    return found === -1 && wanted === 0 && argv.length < 5 ? bits : found;
  },
});

export const bitop = command({
  name: 'bitop', since: '2.6.0', group: 'bitmap', complexity: 'O(N)',
  summary: 'Stores the result of AND, OR, XOR or NOT on the bits of strings.',
  syntax: 'operation destkey:key key...',
  flags: ['write', 'denyoom'],
  categories: ['bitmap'],
  keys: [key(2, 'OW update'), keys(3, -1, 1, 'RO access')],
  run(argv, db) {
    const operation = bitOperation(argv[1]!);
    if (operation === 'NOT' && argv.length !== 4) return errors.BITOP_NOT_SOURCES;
    const sources: Uint8Array[] = [];
    for (let at = 3; at < argv.length; at++) sources.push(bytesOf(readString(db, argv[at]!) ?? ''));
    const result = combine(operation, sources);
    storeBits(db, argv[2]!, result);
    return result.length;
  },
});

export const bitfield = command({
  name: 'bitfield', since: '3.2.0', group: 'bitmap', complexity: 'O(1) for each operation.',
  summary: 'Reads, writes and increments integers of any width inside of a string.',
  syntax:
    'key [GET {encoding offset:integer} | {[OVERFLOW (WRAP | SAT | FAIL)] ' +
    '(SET {encoding offset:integer value:integer} | INCRBY {encoding offset:integer increment:integer})}]...',
  flags: ['write', 'denyoom'],
  categories: ['bitmap'],
  keys: [{ ...key(1, 'RW access update variable_flags'), notes: 'It reads and writes.' }],
  run(argv, db, session) {
    const operations = parseOperations(argv, session);
    return operations.some(isWrite) ? writeFields(db, session, argv[1]!, operations) : readFields(db, argv[1]!, operations);
  },
});

export const bitfieldRo = command({
  name: 'bitfield_ro', since: '6.0.0', group: 'bitmap', complexity: 'O(1) for each operation.',
  summary: 'Reads integers of any width inside of a string.',
  syntax: 'key [GET {encoding offset:integer}]...',
  flags: ['readonly', 'fast'],
  categories: ['bitmap'],
  keys: [key(1, 'RO access')],
  run(argv, db, session) {
    const operations = parseOperations(argv, session);
    return operations.some(isWrite) ? errors.BITFIELD_READ_ONLY : readFields(db, argv[1]!, operations);
  },
});

/** Parses the position of a bit; with `width`, also in the form `#n`: the nth field of that width. */
function bitOffset(session: Session, text: string, width = 0): number {
  const counted = width > 0 && text.charCodeAt(0) === 35; // #
  const number = parseInteger(counted ? text.slice(1) : text);
  if (number === undefined) throw errors.BIT_OFFSET;
  // Redis multiplies in 64 bits, with overflow.
  const offset = counted ? Number(BigInt.asIntN(64, BigInt(number) * BigInt(width))) : Number(number);
  if (offset < 0 || Math.floor(offset / 8) >= session.server.config.values['proto-max-bulk-len']) throw errors.BIT_OFFSET;
  return offset;
}

function byteAt(value: StringValue, at: number): number {
  if (value instanceof ByteString) return value.byteAt(at);
  const text = textOf(value);
  return at < text.length ? text.charCodeAt(at) : 0;
}

/** Returns the string at a key, extended to contain a bit; created if it does not exist. `changed` if that alone has changed it. */
function reachable(db: Database, session: Session, name: string, bit: number): { bytes: ByteString; changed: boolean } {
  const value = writeString(db, name);
  const length = Math.floor(bit / 8) + 1;
  checkLength(session, length);
  if (value === undefined) {
    const bytes = new ByteString('', length);
    db.set(name, bytes);
    return { bytes, changed: true };
  }
  const bytes = mutable(db, name, value);
  const changed = bytes.length < length;
  bytes.grow(length);
  return { bytes, changed };
}

/** Parses the name of a unit. */
function isInBits(unit: string): boolean {
  if (isWord(unit, 'BIT')) return true;
  if (isWord(unit, 'BYTE')) return false;
  throw errors.SYNTAX;
}

/** Returns a range in bytes, or bits, with negative ends counted from the end, as bits inside of the string; empty if first > last. */
function bitRange(start: number, end: number, bits: number, unit = 'BYTE'): { first: number; last: number } {
  const size = isInBits(unit) ? 1 : 8;
  const total = bits / size;
  const first = Math.max(0, start < 0 ? total + start : start);
  const last = Math.min(total - 1, Math.max(0, end < 0 ? total + end : end));
  return { first: first * size, last: last * size + size - 1 };
}

function bitOperation(text: string): BitOperation {
  for (const operation of ['AND', 'OR', 'XOR', 'NOT'] as const) if (isWord(text, operation)) return operation;
  throw errors.SYNTAX;
}

function storeBits(db: Database, name: string, bytes: Buffer): void {
  if (bytes.length > 0) {
    db.set(name, ByteString.of(bytes));
    db.changed(name, '$', 'set');
  } else if (db.delete(name)) {
    db.changed(name, 'g', 'del');
  }
}

interface FieldOperation {
  readonly kind: 'GET' | 'SET' | 'INCRBY';
  readonly type: FieldType;
  readonly at: number;
  /** The value to write, or to add. */
  readonly operand: Integer64;
  readonly overflow: Overflow;
}

const isWrite = (operation: FieldOperation): boolean => operation.kind !== 'GET';

/** All are parsed before the first is executed. */
function parseOperations(argv: Argv, session: Session): FieldOperation[] {
  const operations: FieldOperation[] = [];
  let overflow: Overflow = 'WRAP';
  for (let at = 2; at < argv.length; ) {
    const left = argv.length - at - 1;
    if (isWord(argv[at]!, 'OVERFLOW') && left >= 1) {
      overflow = overflowOf(argv[at + 1]!);
      at += 2;
      continue;
    }
    const kind = kindOf(argv[at]!, left);
    const type = fieldType(argv[at + 1]!);
    const bit = bitOffset(session, argv[at + 2]!, type.bits);
    operations.push({ kind, type, at: bit, operand: kind === 'GET' ? 0 : integer64(argv[at + 3]!), overflow });
    at += kind === 'GET' ? 3 : 4;
  }
  return operations;
}

function kindOf(word: string, left: number): FieldOperation['kind'] {
  if (isWord(word, 'GET') && left >= 2) return 'GET';
  if (isWord(word, 'SET') && left >= 3) return 'SET';
  if (isWord(word, 'INCRBY') && left >= 3) return 'INCRBY';
  throw errors.SYNTAX;
}

function overflowOf(word: string): Overflow {
  for (const overflow of ['WRAP', 'SAT', 'FAIL'] as const) if (isWord(word, overflow)) return overflow;
  throw errors.BITFIELD_OVERFLOW;
}

function readFields(db: Database, name: string, operations: readonly FieldOperation[]): Reply {
  const bytes = readable(readString(db, name) ?? '');
  return operations.map(({ type, at }) => readField(bytes, type, at));
}

function writeFields(db: Database, session: Session, name: string, operations: readonly FieldOperation[]): Reply {
  const last = Math.max(...operations.filter(isWrite).map(({ at, type }) => at + type.bits - 1));
  const { bytes, changed } = reachable(db, session, name, last);
  let changes = 0;
  const replies = operations.map((operation) => {
    const old = readField(bytes, operation.type, operation.at);
    if (operation.kind === 'GET') return old;
    const written = write(bytes, operation, old);
    if (written === undefined) return null;
    if (changed || written !== old) changes++;
    return operation.kind === 'SET' ? old : written;
  });
  if (changes > 0) db.changed(name, '$', 'setbit');
  return replies;
}

/** Returns what was written; undefined if it did not fit and OVERFLOW FAIL is in force. */
function write(bytes: ByteString, { kind, type, at, operand, overflow }: FieldOperation, old: Integer64): Integer64 | undefined {
  const value = BigInt(operand);
  // SET on an unsigned field takes the value as unsigned, so that a negative number is a very large one.
  const wanted = kind === 'INCRBY' ? BigInt(old) + value : type.signed ? value : BigInt.asUintN(64, value);
  const written = fit(wanted, type, overflow);
  if (written !== undefined) writeField(bytes, type, at, written);
  return written;
}
