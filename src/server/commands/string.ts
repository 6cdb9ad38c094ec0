/**
 * String commands: APPEND DECR DECRBY GET GETDEL GETEX GETRANGE GETSET INCR INCRBY INCRBYFLOAT LCS MGET MSET MSETNX PSETEX SET SETEX
 * SETNX SETRANGE STRLEN SUBSTR.
 *
 * GET, SET and INCR are the most frequent commands: their plain forms allocate nothing but the value.
 */
import { type Argv, command } from '../command/command.js';
import * as errors from '../errors.js';
import { key, keys } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { timeText } from '../keyspace/types/int64.js';
import { ByteString, compact, isString, type StringValue, textOf, type Value } from '../keyspace/value.js';
import { LENT_BYTES } from '../resp/lent-argument.js';
import { ErrorReply, MapReply, OK, type Reply } from '../resp/reply.js';
import {
  expiry, INT64_MAX, INT64_MIN, integer, integer64, type Integer64, isWord, MILLISECONDS, narrow, parseInteger, readString, SECONDS, type TimeUnit,
  writeString,
} from './support/arguments.js';
import { type CommonSubsequence, longestCommonSubsequence, tableBytes } from './support/longest-common-subsequence.js';
import { addLongDoubles, formatLongDouble, isFinite, parseLongDouble } from './support/long-double.js';
import { checkLength, lengthOf, maxStringBytes, mutable } from './support/string-values.js';

const EXPIRY = 'EX seconds:integer | PX milliseconds:integer | EXAT unix-time-seconds:unix-time | PXAT unix-time-milliseconds:unix-time';

/** A longer text is no number to Redis either (MAX_LONG_DOUBLE_CHARS). */
const MAX_DOUBLE_BYTES = 5 * 1024;

export const get = command({
  name: 'get', since: '1.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Returns the string at a key.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  categories: ['string'],
  keys: [key(1, 'RO access')],
  run: (argv, db, session) => readAll(db.lookupRead(argv[1]!), session),
});

export const set = command({
  name: 'set', since: '1.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Stores a string at a key, on a condition and for a time if asked, and returns the old one if asked.',
  syntax: `key value [NX | XX] [GET] [${EXPIRY} | KEEPTTL]`,
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: [{ ...key(1, 'RW access update variable_flags'), notes: 'It reads only with the option GET.' }],
  history: [
    ['2.6.12', 'EX, PX, NX and XX.'],
    ['6.0.0', 'KEEPTTL.'],
    ['6.2.0', 'GET, EXAT and PXAT.'],
    ['7.0.0', 'NX and GET may be combined.'],
  ],
  run(argv, db, session) {
    if (argv.length === 3) return storeValue(db, argv[1]!, readValue(argv, db, session));
    return setWithOptions(db, session, argv, parseOptions(argv, 3, SET_OPTIONS));
  },
});

export const setnx = command({
  name: 'setnx', since: '1.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Stores a string at a key that does not exist yet.',
  syntax: 'key value',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [key(1, 'OW insert')],
  run(argv, db) {
    if (db.lookupWrite(argv[1]!) !== undefined) return 0;
    store(db, argv[1]!, argv[2]!);
    return 1;
  },
});

export const setex = command({
  name: 'setex', since: '2.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Stores a string at a key for some seconds.',
  syntax: 'key seconds:integer value',
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: [key(1, 'OW update')],
  run: (argv, db, session) => storeFor(db, argv, 3, compact(argv[3]!), expiry(argv[2]!, SECONDS, session.server.clock.nowMs, 'setex')),
});

export const psetex = command({
  name: 'psetex', since: '2.6.0', group: 'string', complexity: 'O(1)',
  summary: 'Stores a string at a key for some milliseconds.',
  syntax: 'key milliseconds:integer value',
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: [key(1, 'OW update')],
  run: (argv, db, session) => storeFor(db, argv, 3, compact(argv[3]!), expiry(argv[2]!, MILLISECONDS, session.server.clock.nowMs, 'psetex')),
});

export const getset = command({
  name: 'getset', since: '1.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Stores a string and returns the one that was there before.',
  documentation: ['deprecated'], deprecatedSince: '6.2.0', replacedBy: '`SET` with the `!GET` argument',
  syntax: 'key value',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [key(1, 'RW access update')],
  run(argv, db) {
    const old = replyOf(db.lookupRead(argv[1]!));
    if (old instanceof ErrorReply) return old;
    db.effects?.instead(['SET', argv[1]!, argv[2]!]);
    store(db, argv[1]!, argv[2]!);
    return old;
  },
});

export const getdel = command({
  name: 'getdel', since: '6.2.0', group: 'string', complexity: 'O(1)',
  summary: 'Returns the string at a key and deletes the key.',
  syntax: 'key',
  flags: ['write', 'fast'],
  categories: ['string'],
  keys: [key(1, 'RW access delete')],
  run(argv, db) {
    const old = replyOf(db.lookupRead(argv[1]!));
    if (typeof old === 'string') remove(db, argv[1]!);
    db.effects?.instead(['DEL', argv[1]!]);
    return old;
  },
});

export const getex = command({
  name: 'getex', since: '6.2.0', group: 'string', complexity: 'O(1)',
  summary: 'Returns the string at a key and sets or removes its expiry.',
  syntax: `key [${EXPIRY} | PERSIST]`,
  flags: ['write', 'fast'],
  categories: ['string'],
  keys: [{ ...key(1, 'RW access update'), notes: 'What it changes is the expiry.' }],
  run(argv, db, session) {
    const options = parseOptions(argv, 2, GETEX_OPTIONS);
    const name = argv[1]!;
    const reply = replyOf(db.lookupRead(name));
    if (typeof reply !== 'string') return reply;
    if (options.time !== null) expireOrRemove(db, session, name, options);
    else if (options.persist && db.persist(name)) {
      db.effects?.instead(['PERSIST', name]);
      db.changed(name, 'g', 'persist');
    }
    return reply;
  },
});

export const mget = command({
  name: 'mget', since: '1.0.0', group: 'string', complexity: 'O(N) where N is the number of keys.',
  summary: 'Returns the strings at several keys.',
  syntax: 'key...',
  flags: ['readonly', 'fast'],
  categories: ['string'],
  tips: ['request_policy:multi_shard'],
  keys: [keys(1, -1, 1, 'RO access')],
  run(argv, db) {
    const replies: (string | null)[] = [];
    for (let at = 1; at < argv.length; at++) {
      const value = db.lookupRead(argv[at]!);
      replies.push(value !== undefined && isString(value) ? textOf(value) : null);
    }
    return replies;
  },
});

export const mset = command({
  name: 'mset', since: '1.0.1', group: 'string', complexity: 'O(N) where N is the number of keys.',
  summary: 'Stores strings at several keys.',
  syntax: '{key value}...',
  flags: ['write', 'denyoom'],
  categories: ['string'],
  tips: ['request_policy:multi_shard', 'response_policy:all_succeeded'],
  keys: [keys(1, -1, 2, 'OW update')],
  run(argv, db) {
    if (argv.length % 2 === 0) return errors.wrongArity('mset');
    storeAll(db, argv);
    return OK;
  },
});

export const msetnx = command({
  name: 'msetnx', since: '1.0.1', group: 'string', complexity: 'O(N) where N is the number of keys.',
  summary: 'Stores strings at several keys if none of them exists yet.',
  syntax: '{key value}...',
  flags: ['write', 'denyoom'],
  categories: ['string'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_min'],
  keys: [keys(1, -1, 2, 'OW insert')],
  run(argv, db) {
    if (argv.length % 2 === 0) return errors.wrongArity('msetnx');
    for (let at = 1; at < argv.length; at += 2) if (db.lookupWrite(argv[at]!) !== undefined) return 0;
    storeAll(db, argv);
    return 1;
  },
});

export const incr = command({
  name: 'incr', since: '1.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Adds one to the integer at a key.',
  syntax: 'key',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [key(1, 'RW access update')],
  run: (argv, db) => increment(db, argv[1]!, 1),
});

export const decr = command({
  name: 'decr', since: '1.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Subtracts one from the integer at a key.',
  syntax: 'key',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [key(1, 'RW access update')],
  run: (argv, db) => increment(db, argv[1]!, -1),
});

export const incrby = command({
  name: 'incrby', since: '1.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Adds a number to the integer at a key.',
  syntax: 'key increment:integer',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [key(1, 'RW access update')],
  run: (argv, db) => increment(db, argv[1]!, integer64(argv[2]!)),
});

export const decrby = command({
  name: 'decrby', since: '1.0.0', group: 'string', complexity: 'O(1)',
  summary: 'Subtracts a number from the integer at a key.',
  syntax: 'key decrement:integer',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [key(1, 'RW access update')],
  run(argv, db) {
    const by = integer64(argv[2]!);
    // The smallest integer has no positive counterpart.
    return by === INT64_MIN ? errors.DECREMENT_OVERFLOW : increment(db, argv[1]!, -by);
  },
});

export const incrbyfloat = command({
  name: 'incrbyfloat', since: '2.6.0', group: 'string', complexity: 'O(1)',
  summary: 'Adds a number with a fraction to the one at a key.',
  syntax: 'key increment:double',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [key(1, 'RW access update')],
  run(argv, db) {
    const name = argv[1]!;
    const stored = writeString(db, name) ?? 0;
    const value = lengthOf(stored) > MAX_DOUBLE_BYTES ? undefined : parseLongDouble(textOf(stored));
    const by = parseLongDouble(argv[2]!);
    if (value === undefined || by === undefined) return errors.NOT_A_FLOAT;
    const sum = addLongDoubles(value, by);
    if (!isFinite(sum)) return errors.NAN_OR_INFINITY;
    const text = formatLongDouble(sum);
    // Text even if it looks like an integer: Redis reports embstr, too.
    db.effects?.instead(['SET', name, text, 'KEEPTTL']);
    db.set(name, text, true);
    db.changed(name, '$', 'incrbyfloat');
    return text;
  },
});

export const append = command({
  name: 'append', since: '2.0.0', group: 'string', complexity: 'O(1) on average, if what is appended is short: the buffer doubles when it must grow.',
  summary: 'Appends to the string at a key.',
  syntax: 'key value',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['string'],
  keys: [key(1, 'RW insert')],
  run(argv, db, session) {
    const name = argv[1]!;
    const text = argv[2]!;
    const value = writeString(db, name);
    const length = (value === undefined ? 0 : lengthOf(value)) + text.length;
    checkLength(session, length);
    if (value === undefined) db.set(name, compact(text));
    else mutable(db, name, value).append(text);
    db.changed(name, '$', 'append');
    return length;
  },
});

export const setrange = command({
  name: 'setrange', since: '2.2.0', group: 'string', complexity: 'O(1) for short values, O(M) where M is the length of the value.',
  summary: 'Overwrites part of the string at a key; zero bytes fill the gap before it.',
  syntax: 'key offset:integer value',
  flags: ['write', 'denyoom'],
  categories: ['string'],
  keys: [key(1, 'RW update')],
  run(argv, db, session) {
    const name = argv[1]!;
    const offset = integer(argv[2]!);
    const text = argv[3]!;
    if (offset < 0) return errors.OFFSET_OUT_OF_RANGE;
    const value = writeString(db, name);
    if (text === '') return value === undefined ? 0 : lengthOf(value);
    checkLength(session, offset + text.length);
    const bytes = value === undefined ? new ByteString('', offset + text.length) : mutable(db, name, value);
    if (value === undefined) db.set(name, bytes);
    bytes.write(offset, text);
    db.changed(name, '$', 'setrange');
    return bytes.length;
  },
});

export const getrange = command({
  name: 'getrange', since: '2.4.0', group: 'string', complexity: 'O(N) where N is the length of what is returned.',
  summary: 'Returns part of the string at a key.',
  syntax: 'key start:integer end:integer',
  flags: ['readonly'],
  categories: ['string'],
  keys: [key(1, 'RO access')],
  run: readRange,
});

export const substr = command({
  name: 'substr', since: '1.0.0', group: 'string', complexity: 'O(N) where N is the length of what is returned.',
  summary: 'Returns part of the string at a key; the old name of GETRANGE.',
  documentation: ['deprecated'], deprecatedSince: '2.0.0', replacedBy: '`GETRANGE`',
  syntax: 'key start:integer end:integer',
  flags: ['readonly'],
  categories: ['string'],
  keys: [key(1, 'RO access')],
  run: readRange,
});

export const strlen = command({
  name: 'strlen', since: '2.2.0', group: 'string', complexity: 'O(1)',
  summary: 'Returns the length of the string at a key.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  categories: ['string'],
  keys: [key(1, 'RO')],
  run(argv, db) {
    const value = readString(db, argv[1]!);
    return value === undefined ? 0 : lengthOf(value);
  },
});

export const lcs = command({
  name: 'lcs', since: '7.0.0', group: 'string', complexity: 'O(N*M) where N and M are the lengths of the two strings.',
  summary: 'Returns the longest subsequence that two strings have in common, its length, or its position.',
  syntax: 'key1:key key2:key [LEN] [IDX] [MINMATCHLEN len:integer] [WITHMATCHLEN]',
  flags: ['readonly'],
  categories: ['string'],
  keys: [keys(1, 1, 1, 'RO access')],
  run(argv, db, session) {
    const values = [db.lookupRead(argv[1]!) ?? '', db.lookupRead(argv[2]!) ?? ''];
    if (!values.every(isString)) return errors.NOT_STRINGS;
    const options = parseLcsOptions(argv);
    const [a = '', b = ''] = values.map(textOf);
    if (tableBytes(a, b) > maxStringBytes(session)) return errors.LCS_TOO_LARGE;
    const common = computeLcs(a, b);
    if (options.index) return indexReply(common, options);
    return options.length ? common.length : common.text;
  },
});

/** Returns GET's reply for a value. A large one is encoded from its own bytes, unless the reply is kept or converted before that, or replaced by a fault. */
function readAll(value: Value | undefined, session: Session): Reply {
  if (typeof value === 'string') return value;
  if (!(value instanceof ByteString) || value.length < LENT_BYTES) return replyOf(value);
  return session.encodesAtOnce ? value.asReply() : value.toString();
}

/** Returns the text of a value. */
function replyOf(value: Value | undefined): string | null | ErrorReply {
  if (value === undefined) return null;
  return isString(value) ? textOf(value) : errors.WRONG_TYPE;
}

function store(db: Database, name: string, text: string): Reply {
  return storeValue(db, name, compact(text));
}

function storeValue(db: Database, name: string, value: Value): Reply {
  db.set(name, value);
  db.changed(name, '$', 'set');
  return OK;
}

/**
 * Returns the value that SET is about to store. Bytes that were lent are adopted, or copied: if possible to the value that is at the key, which is no longer
 * needed. So that no memory has to be found for each of a key's values, and collected.
 */
function readValue(argv: Argv, db: Database, { lent }: Session): StringValue {
  if (lent === null || lent.argv !== argv) return compact(argv[2]!);
  if (lent.mayAdopt) return ByteString.of(lent.bytes);
  const name = argv[1]!;
  const old = db.peek(name);
  if (!(old instanceof ByteString)) return ByteString.from(lent.bytes);
  db.announce(name);
  return old.overwrite(lent.bytes) ? old : ByteString.from(lent.bytes);
}

/** @param valueAt the argument that `value` was made of */
function storeFor(db: Database, argv: Argv, valueAt: number, value: Value, atMs: Integer64): Reply {
  const name = argv[1]!;
  db.effects?.instead(['SET', name, argv[valueAt]!, 'PXAT', timeText(atMs)]);
  db.set(name, value, true);
  db.changed(name, '$', 'set');
  expireAt(db, name, atMs);
  return OK;
}

function storeAll(db: Database, argv: Argv): void {
  for (let at = 1; at < argv.length; at += 2) store(db, argv[at]!, argv[at + 1]!);
}

function expireAt(db: Database, name: string, atMs: Integer64): void {
  db.setExpire(name, atMs);
  db.changed(name, 'g', 'expire');
}

function remove(db: Database, name: string): void {
  db.delete(name);
  db.changed(name, 'g', 'del');
}

/** The parsed options of SET and GETEX. */
interface StringOptions {
  condition: 'NX' | 'XX' | null;
  get: boolean;
  keepTtl: boolean;
  persist: boolean;
  /** The unparsed time: Redis reports an error in it only after the key and its type were checked. */
  time: string | null;
  unit: TimeUnit;
  /** Unix time, not relative to now. */
  absolute: boolean;
  /** The word that introduced the time. */
  clock: string;
}

const SET_OPTIONS: readonly string[] = ['EX', 'PX', 'EXAT', 'PXAT', 'NX', 'XX', 'GET', 'KEEPTTL'];
const GETEX_OPTIONS: readonly string[] = ['EX', 'PX', 'EXAT', 'PXAT', 'PERSIST'];

/** Throws a syntax error for a word that is not allowed, and for two that exclude each other. Repeating a word is allowed. */
function parseOptions(argv: Argv, from: number, allowed: readonly string[]): StringOptions {
  const options: StringOptions = { condition: null, get: false, keepTtl: false, persist: false, time: null, unit: SECONDS, absolute: false, clock: '' };
  for (let at = from; at < argv.length; at++) {
    const word = wordAmong(allowed, argv[at]!);
    if (takesTime(word)) readTime(options, word, argv[++at]);
    else readWord(options, word);
  }
  return options;
}

function wordAmong(allowed: readonly string[], text: string): string {
  for (let i = 0; i < allowed.length; i++) if (isWord(text, allowed[i]!)) return allowed[i]!;
  throw errors.SYNTAX;
}

const takesTime = (word: string): boolean => word.startsWith('EX') || word.startsWith('PX');

function readTime(options: StringOptions, word: string, time: string | undefined): void {
  const isOther = options.clock !== '' && options.clock !== word;
  if (time === undefined || isOther || options.keepTtl || options.persist) throw errors.SYNTAX;
  options.time = time;
  options.clock = word;
  options.unit = word.startsWith('EX') ? SECONDS : MILLISECONDS;
  options.absolute = word.endsWith('AT');
}

function readWord(options: StringOptions, word: string): void {
  switch (word) {
    case 'NX':
    case 'XX':
      if (options.condition !== null && options.condition !== word) throw errors.SYNTAX;
      options.condition = word;
      return;
    case 'GET':
      options.get = true;
      return;
    case 'KEEPTTL':
      if (options.time !== null) throw errors.SYNTAX;
      options.keepTtl = true;
      return;
    case 'PERSIST':
      if (options.time !== null) throw errors.SYNTAX;
      options.persist = true;
  }
}

function timeOf(options: StringOptions, session: Session, name: string): Integer64 {
  return expiry(options.time!, options.unit, options.absolute ? 0 : session.server.clock.nowMs, name);
}

function setWithOptions(db: Database, session: Session, argv: Argv, options: StringOptions): Reply {
  const name = argv[1]!;
  const atMs = options.time === null ? null : timeOf(options, session, 'set');
  const old = options.get ? replyOf(db.lookupRead(name)) : null;
  if (old instanceof ErrorReply) return old;
  if (options.condition !== null && (options.condition === 'XX') !== db.has(name)) return old;
  if (atMs !== null) storeFor(db, argv, 2, readValue(argv, db, session), atMs);
  else {
    // The old value is only for the client, and not propagated.
    if (options.get) db.effects?.instead(argv.filter((word, at) => at < 3 || !isWord(word, 'GET')));
    db.set(name, readValue(argv, db, session), options.keepTtl);
    db.changed(name, '$', 'set');
  }
  return options.get ? old : OK;
}

/** An absolute time that is over deletes the key at once. */
function expireOrRemove(db: Database, session: Session, name: string, options: StringOptions): void {
  const atMs = timeOf(options, session, 'getex');
  const { keyspace, clock } = session.server;
  if (options.absolute && !keyspace.isReplica && atMs <= clock.nowMs) {
    db.effects?.instead(db.effects.deletion(name));
    remove(db, name);
  } else {
    db.effects?.instead(['PEXPIREAT', name, timeText(atMs)]);
    expireAt(db, name, atMs);
  }
}

function increment(db: Database, name: string, by: Integer64): Reply {
  const value = db.lookupWrite(name);
  const current = typeof value === 'number' ? value : value === undefined ? 0 : integerOf(value);
  if (current instanceof ErrorReply) return current;
  const sum = typeof current === 'number' && typeof by === 'number' ? current + by : NaN;
  return Number.isSafeInteger(sum) ? storeSum(db, name, sum) : addWide(db, name, current, by);
}

/** Of 64 bits, with a sign: what is longer needs not be made a text. */
const MAX_INTEGER_DIGITS = 20;

/** Returns the integer that a stored text represents, if any. */
function integerOf(value: Value): Integer64 | ErrorReply {
  if (!isString(value)) return errors.WRONG_TYPE;
  return lengthOf(value) > MAX_INTEGER_DIGITS ? errors.NOT_AN_INTEGER : (parseInteger(textOf(value)) ?? errors.NOT_AN_INTEGER);
}

/** Adds beyond 2^53, where numbers are no longer exact. */
function addWide(db: Database, name: string, current: Integer64, by: Integer64): Reply {
  const sum = BigInt(current) + BigInt(by);
  return sum > INT64_MAX || sum < INT64_MIN ? errors.OVERFLOW : storeSum(db, name, narrow(sum));
}

function storeSum(db: Database, name: string, sum: Integer64): Reply {
  db.set(name, typeof sum === 'number' ? sum : String(sum), true);
  db.changed(name, '$', 'incrby');
  return sum;
}

function readRange(argv: Argv, db: Database): Reply {
  const start = integer(argv[2]!);
  const end = integer(argv[3]!);
  const value = readString(db, argv[1]!);
  return value === undefined ? '' : slice(value, start, end);
}

/** Both ends are inclusive; negative ones count from the end. */
function slice(value: StringValue, start: number, end: number): string {
  const length = lengthOf(value);
  if (start < 0 && end < 0 && start > end) return '';
  const first = Math.max(0, start < 0 ? length + start : start);
  const last = Math.min(length - 1, Math.max(0, end < 0 ? length + end : end));
  if (first > last) return '';
  return value instanceof ByteString ? value.slice(first, last + 1) : textOf(value).slice(first, last + 1);
}

interface LcsOptions {
  length: boolean;
  index: boolean;
  withLength: boolean;
  /** Shorter matches are left out of the index. */
  minLength: number;
}

function parseLcsOptions(argv: Argv): LcsOptions {
  const options: LcsOptions = { length: false, index: false, withLength: false, minLength: 0 };
  for (let at = 3; at < argv.length; at++) {
    const word = argv[at]!;
    if (isWord(word, 'IDX')) options.index = true;
    else if (isWord(word, 'LEN')) options.length = true;
    else if (isWord(word, 'WITHMATCHLEN')) options.withLength = true;
    else if (isWord(word, 'MINMATCHLEN') && at + 1 < argv.length) options.minLength = integer(argv[++at]!);
    else throw errors.SYNTAX;
  }
  if (options.index && options.length) throw errors.LENGTH_OR_INDEXES;
  return options;
}

function computeLcs(a: string, b: string): CommonSubsequence {
  try {
    return longestCommonSubsequence(a, b);
  } catch (error) {
    if (error instanceof RangeError) throw errors.LCS_NO_MEMORY;
    throw error;
  }
}

function indexReply(common: CommonSubsequence, options: LcsOptions): Reply {
  const matches: Reply[] = [];
  for (const { startA, endA, startB, endB } of common.matches) {
    const length = endA - startA + 1;
    if (length < options.minLength) continue;
    const ranges = [[startA, endA], [startB, endB]];
    matches.push(options.withLength ? [...ranges, length] : ranges);
  }
  return new MapReply(['matches', matches, 'len', common.length]);
}
