/**
 * Key commands, for keys of any type: COPY DEL EXISTS EXPIRE EXPIREAT EXPIRETIME KEYS MOVE OBJECT (ENCODING FREQ HELP IDLETIME REFCOUNT) PERSIST
 * PEXPIRE PEXPIREAT PEXPIRETIME PTTL RANDOMKEY RENAME RENAMENX SCAN TOUCH TTL TYPE UNLINK.
 */
import { command, type Argv, type CommandDeclaration, type Handler } from '../command/command.js';
import * as errors from '../errors.js';
import { key, keys } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import { idleMs, lfuCounter } from '../keyspace/access.js';
import type { Database } from '../keyspace/database.js';
import { matchesGlob } from '../keyspace/glob.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import { timeLeft, timeText } from '../keyspace/types/int64.js';
import { cloneOf, encodingOf, typeOf, type Value } from '../keyspace/value.js';
import { OK, SimpleString, type Reply } from '../resp/reply.js';
import { expiryOrPast, integer, type Integer64, integerBetween, isWord, MILLISECONDS, narrow, SECONDS, type TimeUnit } from './support/arguments.js';
import { scanCursor } from './support/scan.js';

const INT_MIN = -0x80000000;
const INT_MAX = 0x7fffffff;

// ---- Deleting ----

export const del = command({
  name: 'del', since: '1.0.0', group: 'generic', complexity: 'O(N) for N keys; for a collection among them O(M) for its M members.',
  summary: 'Deletes keys. Returns how many were there.',
  syntax: 'key...',
  flags: ['write'],
  keys: [keys(1, -1, 1, 'RM delete')],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  run: deleteKeys,
});

export const unlink = command({
  name: 'unlink', since: '4.0.0', group: 'generic', complexity: 'O(N) for N keys. (Redis frees the memory on another thread; here the garbage collector does.)',
  summary: 'Deletes keys and leaves it to the background to free their memory. Returns how many were there.',
  syntax: 'key...',
  flags: ['write', 'fast'],
  keys: [keys(1, -1, 1, 'RM delete')],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  run: deleteKeys,
});

function deleteKeys(argv: Argv, db: Database): number {
  let deleted = 0;
  for (let at = 1; at < argv.length; at++) {
    if (!db.delete(argv[at]!)) continue;
    db.changed(argv[at]!, 'g', 'del');
    deleted++;
  }
  return deleted;
}

// ---- Looking ----

export const exists = command({
  name: 'exists', since: '1.0.0', group: 'generic', complexity: 'O(N) for N keys.',
  summary: 'Counts how many of the keys are there; one that is named twice counts twice.',
  syntax: 'key...',
  flags: ['readonly', 'fast'],
  keys: [keys(1, -1, 1, 'RO')],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  history: [['3.0.3', 'More than one key.']],
  run(argv, db) {
    let found = 0;
    for (let at = 1; at < argv.length; at++) if (db.lookupReadNoTouch(argv[at]!) !== undefined) found++;
    return found;
  },
});

export const touch = command({
  name: 'touch', since: '3.2.1', group: 'generic', complexity: 'O(N) for N keys.',
  summary: 'Sets the access time of keys to now. Returns how many are there.',
  syntax: 'key...',
  flags: ['readonly', 'fast'],
  keys: [keys(1, -1, 1, 'RO')],
  categories: ['keyspace'],
  tips: ['request_policy:multi_shard', 'response_policy:agg_sum'],
  run(argv, db) {
    let found = 0;
    for (let at = 1; at < argv.length; at++) if (db.lookupRead(argv[at]!) !== undefined) found++;
    return found;
  },
});

const NO_TYPE = new SimpleString('none');
const TYPE_REPLIES: { readonly [type: string]: SimpleString } = Object.fromEntries(
  ['string', 'list', 'set', 'zset', 'hash', 'stream'].map((name) => [name, new SimpleString(name)]),
);

export const type = command({
  name: 'type', since: '1.0.0', group: 'generic', complexity: 'O(1)',
  summary: 'Returns the type of the value at a key: string, list, set, zset, hash or stream; none if there is no key.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO')],
  categories: ['keyspace'],
  run(argv, db) {
    const value = db.lookupReadNoTouch(argv[1]!);
    return value === undefined ? NO_TYPE : TYPE_REPLIES[typeOf(value)]!;
  },
});

export const randomkey = command({
  name: 'randomkey', since: '1.0.0', group: 'generic', complexity: 'O(1)',
  summary: 'Returns a key chosen at random, nil if the database is empty.',
  syntax: '',
  flags: ['readonly'],
  categories: ['keyspace'],
  tips: ['request_policy:all_shards', 'nondeterministic_output'],
  run(_argv, db) {
    db.effects?.separately();
    return db.randomKey();
  },
});

const keysCommand = command({
  name: 'keys', since: '1.0.0', group: 'generic', complexity: 'O(N) for N keys in the database, if names and pattern are short.',
  summary: 'Returns all keys whose name matches a glob pattern.',
  syntax: 'pattern:pattern',
  flags: ['readonly'],
  categories: ['keyspace', 'dangerous'],
  tips: ['request_policy:all_shards', 'nondeterministic_output_order'],
  run(argv, db) {
    const pattern = argv[1]!;
    const found: string[] = [];
    for (let slot = 0; slot < db.dict.size; slot++) {
      const name = db.dict.keyAt(slot);
      if ((pattern === '*' || matchesGlob(pattern, name)) && !db.isDue(slot)) found.push(name);
    }
    return found;
  },
});
export { keysCommand as keys };

export const scan = command({
  name: 'scan', since: '2.8.0', group: 'generic', complexity: 'O(1) for each call, O(N) for a whole iteration over N keys.',
  summary: 'Returns some of the keys, and the cursor for the next call.',
  syntax: 'cursor:integer [MATCH pattern:pattern] [COUNT count:integer] [TYPE type]',
  flags: ['readonly'],
  categories: ['keyspace'],
  tips: ['nondeterministic_output', 'request_policy:special'],
  history: [['6.0.0', 'TYPE.']],
  run(argv, db) {
    const cursor = scanCursor(argv[1]!);
    const options = scanOptions(argv);
    db.effects?.separately();
    const candidates: string[] = [];
    const next = db.dict.scan(cursor, options.count, (slot) => void candidates.push(db.dict.keyAt(slot)));
    return [String(next), candidates.filter((name) => isWanted(db, name, options))];
  },
});

interface KeyScanOptions {
  count: number;
  pattern: string | null;
  type: string | null;
}

function scanOptions(argv: Argv): KeyScanOptions {
  const options: KeyScanOptions = { count: 10, pattern: null, type: null };
  for (let at = 2; at < argv.length; at += 2) {
    const value = argv[at + 1];
    if (value === undefined) throw errors.SYNTAX;
    if (isWord(argv[at]!, 'COUNT')) options.count = scanCount(value);
    else if (isWord(argv[at]!, 'MATCH')) options.pattern = value === '*' ? null : value;
    else if (isWord(argv[at]!, 'TYPE')) options.type = value.toLowerCase();
    else throw errors.SYNTAX;
  }
  return options;
}

function scanCount(text: string): number {
  const count = integer(text);
  if (count < 1) throw errors.SYNTAX;
  return count;
}

/** In Redis's order: the pattern first, then the type, and last whether the key has expired, which deletes it. */
function isWanted(db: Database, name: string, { pattern, type: wanted }: KeyScanOptions): boolean {
  if (pattern !== null && !matchesGlob(pattern, name)) return false;
  if (wanted === null) return db.has(name);
  const value = db.lookupReadNoTouch(name);
  return value !== undefined && typeOf(value) === wanted;
}

// ---- Expiry ----

const EXPIRE_OPTIONS = '[NX | XX | GT | LT]';
const EXPIRE_HISTORY = [['7.0.0', 'The options NX, XX, GT and LT.']] as const;

function expireCommand(name: string, since: string, summary: string, argument: string, run: Handler): CommandDeclaration {
  return command({
    name, since, group: 'generic', complexity: 'O(1)',
    summary,
    syntax: `key ${argument} ${EXPIRE_OPTIONS}`,
    flags: ['write', 'fast'],
    keys: [key(1, 'RW update')],
    categories: ['keyspace'],
    history: EXPIRE_HISTORY,
    run,
  });
}

export const expire = expireCommand('expire', '1.0.0', 'Lets a key expire after some seconds.', 'seconds:integer', (argv, db, session) =>
  expireKey(argv, db, session.server.keyspace, SECONDS, true),
);

export const pexpire = expireCommand('pexpire', '2.6.0', 'Lets a key expire after some milliseconds.', 'milliseconds:integer', (argv, db, session) =>
  expireKey(argv, db, session.server.keyspace, MILLISECONDS, true),
);

export const expireat = expireCommand('expireat', '1.2.0', 'Lets a key expire at a unix time in seconds.', 'unix-time-seconds:unix-time', (argv, db, session) =>
  expireKey(argv, db, session.server.keyspace, SECONDS, false),
);

export const pexpireat = expireCommand(
  'pexpireat', '2.6.0', 'Lets a key expire at a unix time in milliseconds.', 'unix-time-milliseconds:unix-time',
  (argv, db, session) => expireKey(argv, db, session.server.keyspace, MILLISECONDS, false),
);

/** A time that is already over deletes the key, with the event of DEL. */
function expireKey(argv: Argv, db: Database, keyspace: Keyspace, unit: TimeUnit, isRelative: boolean): number {
  const name = argv[1]!;
  const condition = new ExpireCondition(argv);
  const atMs = expiryOrPast(argv[2]!, unit, isRelative ? keyspace.nowMs : 0, argv[0]!.toLowerCase());
  if (db.lookupWrite(name) === undefined) return 0;
  if (!condition.allows(db.exactExpireAt(name), atMs)) return 0;
  if (keyspace.isOver(atMs)) {
    db.effects?.instead(db.effects.deletion(name));
    db.delete(name);
    db.changed(name, 'g', 'del');
  } else {
    db.effects?.instead(['PEXPIREAT', name, timeText(atMs), ...argv.slice(3)]);
    db.setExpire(name, atMs);
    db.changed(name, 'g', 'expire');
  }
  return 1;
}

/** NX, XX, GT and LT of EXPIRE and its family; several may be given if they do not contradict each other. */
class ExpireCondition {
  private nx = false;
  private xx = false;
  private gt = false;
  private lt = false;

  constructor(argv: Argv) {
    for (let at = 3; at < argv.length; at++) this.read(argv[at]!);
    if (this.nx && (this.xx || this.gt || this.lt)) throw errors.NX_AND_OTHERS;
    if (this.gt && this.lt) throw errors.GT_AND_LT;
  }

  private read(word: string): void {
    if (isWord(word, 'NX')) this.nx = true;
    else if (isWord(word, 'XX')) this.xx = true;
    else if (isWord(word, 'GT')) this.gt = true;
    else if (isWord(word, 'LT')) this.lt = true;
    else throw errors.unsupportedOption(word);
  }

  /** A key that never expires counts as expiring after all others. */
  allows(currentMs: Integer64, atMs: Integer64): boolean {
    const isVolatile = currentMs !== -1;
    if (this.nx && isVolatile) return false;
    if (this.xx && !isVolatile) return false;
    if (this.gt && (!isVolatile || atMs <= currentMs)) return false;
    return !(this.lt && isVolatile && atMs >= currentMs);
  }
}

export const persist = command({
  name: 'persist', since: '2.2.0', group: 'generic', complexity: 'O(1)',
  summary: 'Removes the expiry of a key. Returns 1 if it had one.',
  syntax: 'key',
  flags: ['write', 'fast'],
  keys: [key(1, 'RW update')],
  categories: ['keyspace'],
  run(argv, db) {
    const name = argv[1]!;
    if (db.lookupWrite(name) === undefined || !db.persist(name)) return 0;
    db.changed(name, 'g', 'persist');
    return 1;
  },
});

interface TimeReply {
  readonly unit: TimeUnit;
  /** Unix time instead of the remaining time. */
  readonly isAbsolute: boolean;
}

/** TTL and related commands: -2 if there is no key, -1 if it never expires. */
function timeOf(argv: Argv, db: Database, { nowMs }: Keyspace, { unit, isAbsolute }: TimeReply): Integer64 {
  const name = argv[1]!;
  if (db.lookupReadNoTouch(name) === undefined) return -2;
  const atMs = db.exactExpireAt(name);
  if (atMs === -1) return -1;
  const timeMs = isAbsolute ? atMs : timeLeft(atMs, nowMs);
  if (unit !== SECONDS) return timeMs;
  return typeof timeMs === 'number' ? Math.floor((timeMs + 500) / 1000) : narrow((timeMs + 500n) / 1000n);
}

export const ttl = command({
  name: 'ttl', since: '1.0.0', group: 'generic', complexity: 'O(1)',
  summary: 'Returns how many seconds a key has left; -1 if it never expires, -2 if there is none.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  history: [['2.8.0', 'The reply -2.']],
  run: (argv, db, session) => timeOf(argv, db, session.server.keyspace, { unit: SECONDS, isAbsolute: false }),
});

export const pttl = command({
  name: 'pttl', since: '2.6.0', group: 'generic', complexity: 'O(1)',
  summary: 'Returns how many milliseconds a key has left; -1 if it never expires, -2 if there is none.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['keyspace'],
  tips: ['nondeterministic_output'],
  history: [['2.8.0', 'The reply -2.']],
  run: (argv, db, session) => timeOf(argv, db, session.server.keyspace, { unit: MILLISECONDS, isAbsolute: false }),
});

export const expiretime = command({
  name: 'expiretime', since: '7.0.0', group: 'generic', complexity: 'O(1)',
  summary: 'Returns the unix time in seconds at which a key expires; -1 if it never does, -2 if there is none.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['keyspace'],
  run: (argv, db, session) => timeOf(argv, db, session.server.keyspace, { unit: SECONDS, isAbsolute: true }),
});

export const pexpiretime = command({
  name: 'pexpiretime', since: '7.0.0', group: 'generic', complexity: 'O(1)',
  summary: 'Returns the unix time in milliseconds at which a key expires; -1 if it never does, -2 if there is none.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  keys: [key(1, 'RO access')],
  categories: ['keyspace'],
  run: (argv, db, session) => timeOf(argv, db, session.server.keyspace, { unit: MILLISECONDS, isAbsolute: true }),
});

// ---- Moving ----

export const rename = command({
  name: 'rename', since: '1.0.0', group: 'generic', complexity: 'O(1)',
  summary: 'Renames a key; a key that had the new name is replaced.',
  syntax: 'key newkey:key',
  flags: ['write'],
  keys: [key(1, 'RW access delete'), key(2, 'OW update')],
  categories: ['keyspace'],
  run(argv, db) {
    const from = argv[1]!;
    const to = argv[2]!;
    if (db.lookupWrite(from) === undefined) return errors.NO_SUCH_KEY;
    if (from !== to) renameKey(db, from, to);
    return OK;
  },
});

export const renamenx = command({
  name: 'renamenx', since: '1.0.0', group: 'generic', complexity: 'O(1)',
  summary: 'Renames a key, unless a key with the new name exists. Returns 1 if it did.',
  syntax: 'key newkey:key',
  flags: ['write', 'fast'],
  keys: [key(1, 'RW access delete'), key(2, 'OW insert')],
  categories: ['keyspace'],
  history: [['3.2.0', 'Two equal names are no error.']],
  run(argv, db) {
    const from = argv[1]!;
    const to = argv[2]!;
    if (db.lookupWrite(from) === undefined) return errors.NO_SUCH_KEY;
    if (from === to || db.lookupWrite(to) !== undefined) return 0;
    renameKey(db, from, to);
    return 1;
  },
});

function renameKey(db: Database, from: string, to: string): void {
  db.rename(from, to);
  db.changed(from, 'g', 'rename_from');
  db.changed(to, 'g', 'rename_to');
}

export const move = command({
  name: 'move', since: '1.0.0', group: 'generic', complexity: 'O(1)',
  summary: 'Moves a key to another database, unless that has a key of this name. Returns 1 if it did.',
  syntax: 'key db:integer',
  flags: ['write', 'fast'],
  keys: [key(1, 'RW access update')],
  categories: ['keyspace'],
  run(argv, db, session) {
    const name = argv[1]!;
    const target = databaseOf(argv[2]!, session);
    if (target === db) return errors.SAME_OBJECT;
    if (db.lookupWrite(name) === undefined || target.lookupWrite(name) !== undefined) return 0;
    db.moveTo(target, name);
    db.changed(name, 'g', 'move_from');
    target.changed(name, 'g', 'move_to');
    return 1;
  },
});

function databaseOf(text: string, session: Session): Database {
  const db = session.server.keyspace.databases[integerBetween(text, INT_MIN, INT_MAX)];
  if (db === undefined) throw errors.DB_INDEX_OUT_OF_RANGE;
  return db;
}

export const copy = command({
  name: 'copy', since: '6.2.0', group: 'generic', complexity: 'O(N) for a collection of N members, O(1) for a string.',
  summary: 'Copies a key, with its expiry, to another name or database. Returns 1 if it did.',
  syntax: 'source:key destination:key [DB destination-db:integer] [REPLACE]',
  flags: ['write', 'denyoom'],
  keys: [key(1, 'RO access'), key(2, 'OW update')],
  categories: ['keyspace'],
  run(argv, db, session) {
    const from = argv[1]!;
    const to = argv[2]!;
    const { target, replaces } = copyOptions(argv, db, session);
    if (target === db && from === to) return errors.SAME_OBJECT;
    const value = db.lookupRead(from);
    if (value === undefined) return 0;
    const atMs = db.exactExpireAt(from);
    if (target.lookupWrite(to) !== undefined) {
      if (!replaces) return 0;
      target.delete(to);
    }
    target.set(to, cloneOf(value));
    if (atMs !== -1) target.setExpire(to, atMs);
    target.changed(to, 'g', 'copy_to');
    return 1;
  },
});

function copyOptions(argv: Argv, db: Database, session: Session): { target: Database; replaces: boolean } {
  let target = db;
  let replaces = false;
  for (let at = 3; at < argv.length; at++) {
    if (isWord(argv[at]!, 'REPLACE')) replaces = true;
    else if (isWord(argv[at]!, 'DB') && at + 1 < argv.length) target = databaseOf(argv[++at]!, session);
    else throw errors.SYNTAX;
  }
  return { target, replaces };
}

// ---- OBJECT ----

/** Redis shares the integers from 0 to 9999 between all keys, and returns this as their number of references. */
const SHARED_INTEGERS = 10_000;
const SHARED_REFERENCES = 0x7fffffff;

const OBJECT_HELP: readonly Reply[] = [
  'OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:',
  'ENCODING <key>',
  '    Return the kind of internal representation used in order to store the value',
  '    associated with a <key>.',
  'FREQ <key>',
  '    Return the access frequency index of the <key>. The returned integer is',
  '    proportional to the logarithm of the recent access frequency of the key.',
  'IDLETIME <key>',
  '    Return the idle time of the <key>, that is the approximated number of',
  '    seconds elapsed since the last access to the key.',
  'REFCOUNT <key>',
  '    Return the number of references of the value associated with the specified',
  '    <key>.',
  'HELP',
  '    Prints this help.',
].map((line) => new SimpleString(line));

/** Returns the reply for an existing value. `access`: the key's access bits. */
type Inspection = (value: Value, access: number, keyspace: Keyspace) => Reply;

function objectSubcommand(name: string, since: string, summary: string, inspect: Inspection): CommandDeclaration {
  return {
    name, since, group: 'generic', complexity: 'O(1)',
    summary,
    syntax: 'key',
    flags: ['readonly'],
    keys: [key(2, 'RO')],
    categories: ['keyspace'],
    tips: ['nondeterministic_output'],
    run(argv, db, session) {
      const value = db.lookupQuietly(argv[2]!);
      return value === undefined ? null : inspect(value, db.dict.accessAt(db.dict.find(argv[2]!)), session.server.keyspace);
    },
  };
}

export const object = command({
  name: 'object', since: '2.2.3', group: 'generic', complexity: 'Depends on the subcommand.',
  summary: 'Returns facts about the value at a key.',
  syntax: '',
  subcommands: [
    objectSubcommand('encoding', '2.2.3', 'Returns the encoding of the value at a key.', encodingOf),
    objectSubcommand('freq', '4.0.0', 'Returns the logarithmic counter of how often a key is used.', (_value, access, { usesLfu, clock, settings }) =>
      usesLfu ? lfuCounter(access, clock.nowMs, settings.lfuDecayTime) : errors.NO_FREQUENCY,
    ),
    {
      name: 'help', since: '6.2.0', group: 'generic', complexity: 'O(1)',
      summary: 'Lists the subcommands of OBJECT.',
      syntax: '',
      flags: ['loading', 'stale'],
      categories: ['keyspace'],
      run: () => OBJECT_HELP,
    },
    objectSubcommand('idletime', '2.2.3', 'Returns the seconds since a key was used.', (_value, access, { usesLfu, clock }) =>
      usesLfu ? errors.NO_IDLE_TIME : Math.floor(idleMs(access, clock.nowMs) / 1000),
    ),
    objectSubcommand('refcount', '2.2.3', 'Returns the number of references to the value at a key.', referencesOf),
  ],
});

/** Values are not shared under a memory limit with an LRU or LFU policy, where each needs its own access time. */
function referencesOf(value: Value, _access: number, { settings: { maxmemory, policy } }: Keyspace): number {
  const isShared = typeof value === 'number' && value >= 0 && value < SHARED_INTEGERS;
  const mayShare = maxmemory === 0 || !/-l[rf]u$/.test(policy);
  return isShared && mayShare ? SHARED_REFERENCES : 1;
}
