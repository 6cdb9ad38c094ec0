/**
 * Values as bytes: DUMP RESTORE RESTORE-ASKING, in Redis's own format (keyspace/rdb/), so that a value can move between the lab and a redis-server.
 */
import { type Argv, command, type Handler } from '../command/command.js';
import * as errors from '../errors.js';
import { key } from '../command/key-spec.js';
import { lfuWithCounter, lruIdleFor } from '../keyspace/access.js';
import type { Database } from '../keyspace/database.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import { isIntact, restore as decode } from '../keyspace/rdb/decoder.js';
import { dump as encode } from '../keyspace/rdb/encoder.js';
import { MAX_INT64, plus, timeText } from '../keyspace/types/int64.js';
import { OK } from '../resp/reply.js';
import { integer, integer64, type Integer64, isWord } from './support/arguments.js';
import { limitsOf } from './support/collections.js';

export const dump = command({
  name: 'dump', since: '2.6.0', group: 'generic', complexity: 'O(N) for a value of N bytes.',
  summary: 'Returns the value at a key as bytes, for RESTORE.',
  syntax: 'key',
  flags: ['readonly'],
  categories: ['keyspace'],
  keys: [key(1, 'RO access')],
  tips: ['nondeterministic_output'],
  run(argv, db, session) {
    const value = db.lookupRead(argv[1]!);
    return value === undefined ? null : encode(value, session.server.config.values);
  },
});

interface RestoreOptions {
  readonly replaces: boolean;
  readonly isAbsolute: boolean;
  /** Seconds, or -1. */
  readonly idleSeconds: number;
  /** The LFU counter, or -1. */
  readonly frequency: number;
}

function restoreOptions(argv: Argv): RestoreOptions {
  let replaces = false;
  let isAbsolute = false;
  let idleSeconds = -1;
  let frequency = -1;
  for (let at = 4; at < argv.length; at++) {
    const hasMore = at + 1 < argv.length;
    if (isWord(argv[at]!, 'REPLACE')) replaces = true;
    else if (isWord(argv[at]!, 'ABSTTL')) isAbsolute = true;
    else if (hasMore && frequency === -1 && isWord(argv[at]!, 'IDLETIME')) {
      idleSeconds = integer(argv[++at]!);
      if (idleSeconds < 0) throw errors.INVALID_IDLE_TIME;
    } else if (hasMore && idleSeconds === -1 && isWord(argv[at]!, 'FREQ')) {
      frequency = integer(argv[++at]!);
      if (frequency < 0 || frequency > 255) throw errors.INVALID_FREQUENCY;
    } else throw errors.SYNTAX;
  }
  return { replaces, isAbsolute, idleSeconds, frequency };
}

/** 0: the value never expires. */
function timeToLive(text: string): Integer64 {
  const ttl = integer64(text);
  if (ttl < 0) throw errors.INVALID_TTL;
  return ttl;
}

const restoreKey: Handler = (argv, db, session) => {
  const options = restoreOptions(argv);
  const name = argv[1]!;
  const { keyspace } = session.server;
  if (!options.replaces && db.lookupWrite(name) !== undefined) return errors.BUSY_KEY;
  const ttl = timeToLive(argv[2]!);
  if (!isIntact(argv[3]!)) return errors.BAD_CHECKSUM;
  const value = decode(argv[3]!, limitsOf(session), keyspace.hashSeed);
  keyspace.stats.payloadsChecked++;
  if (value === undefined) return errors.BAD_DUMP;
  const wasThere = options.replaces && db.delete(name);
  const atMs = ttl === 0 || options.isAbsolute ? ttl : plus(ttl, keyspace.nowMs);
  if (atMs !== 0 && (keyspace.isOver(atMs) || atMs > MAX_INT64)) {
    // The value has already expired, as has one whose time exceeds 64 bits in Redis's arithmetic; the key that it was to replace is deleted nevertheless.
    if (wasThere) {
      db.effects?.instead(db.effects.deletion(name));
      db.changed(name, 'g', 'del');
    }
    return OK;
  }
  if (atMs !== 0 && !options.isAbsolute) db.effects?.instead([...argv.slice(0, 2), timeText(atMs), ...argv.slice(3), 'ABSTTL']);
  db.set(name, value);
  if (atMs !== 0) db.setExpire(name, atMs);
  setAccess(db, name, options, keyspace);
  db.changed(name, 'g', 'restore');
  return OK;
};

/** Sets the one that the policy stores, and ignores the other. */
function setAccess(db: Database, name: string, { idleSeconds, frequency }: RestoreOptions, { usesLfu, clock }: Keyspace): void {
  if (usesLfu ? frequency < 0 : idleSeconds < 0) return;
  db.dict.setAccessAt(db.dict.find(name), usesLfu ? lfuWithCounter(frequency, clock.nowMs) : lruIdleFor(idleSeconds, clock.nowMs));
}

const RESTORE_SYNTAX = 'key ttl:integer serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds:integer] [FREQ frequency:integer]';
const RESTORE_HISTORY = [['3.0.0', '`REPLACE`.'], ['5.0.0', '`ABSTTL`.'], ['5.0.0', '`IDLETIME` and `FREQ`.']] as const;

export const restore = command({
  name: 'restore', since: '2.6.0', group: 'generic', complexity: 'O(N) for a value of N bytes; O(N*log(N)) for a sorted set of N members.',
  summary: 'Creates a key from the bytes that DUMP has returned.',
  syntax: RESTORE_SYNTAX,
  flags: ['write', 'denyoom'],
  categories: ['keyspace', 'dangerous'],
  keys: [key(1, 'OW update')],
  history: RESTORE_HISTORY,
  run: restoreKey,
});

export const restoreAsking = command({
  name: 'restore-asking', since: '3.0.0', group: 'server', complexity: 'O(N) for a value of N bytes; O(N*log(N)) for a sorted set of N members.',
  summary: 'Does the same as RESTORE, while a cluster is moving keys.',
  documentation: ['syscmd'],
  syntax: RESTORE_SYNTAX,
  flags: ['write', 'denyoom', 'asking'],
  categories: ['keyspace', 'dangerous'],
  keys: [key(1, 'OW update')],
  history: RESTORE_HISTORY,
  run: restoreKey,
});
