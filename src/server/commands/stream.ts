/**
 * Stream commands: XADD XLEN XRANGE XREVRANGE XDEL XTRIM XSETID XREAD XINFO (STREAM GROUPS CONSUMERS HELP). Those of consumer groups are in
 * stream-groups.ts.
 */
import { type Argv, command, type Handler } from '../command/command.js';
import * as errors from '../errors.js';
import type { ParkRequest } from '../features/blocking.js';
import { key, keyword } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import type { Consumer, Group, Pending } from '../keyspace/types/stream-group.js';
import { UNKNOWN_COUNT } from '../keyspace/types/stream-group.js';
import { compareIds, formatId, isTextOf, isZeroId, nextId, type StreamId, MAX_ID, UINT64_MAX, ZERO_ID } from '../keyspace/types/stream-id.js';
import { generateId, StreamValue, type StreamLimits, type Trim } from '../keyspace/types/stream.js';
import { MapReply, mapReply, NULL_ARRAY, OK, type Reply } from '../resp/reply.js';
import { integer, integer64, isWord } from './support/arguments.js';
import { helpReply } from './support/help.js';
import { radixNodes } from './support/radix-nodes.js';
import {
  entriesReply, entryOrNull, entryReply, exactId, exactTrim, idReply, rangeEnd, rangeStart, readStream, TrimOptions, writeStream,
} from './support/stream-arguments.js';
import { readArguments, streamsReply } from './support/stream-reading.js';

function limitsOf(session: Session): StreamLimits {
  return session.server.config.values;
}

// Adding.

interface Addition {
  readonly createsStream: boolean;
  readonly trim: Trim | null;
  /** Null: `*`. */
  readonly id: StreamId | null;
  /** `ms-*`: the server chooses the sequence. */
  readonly isPartial: boolean;
  readonly fieldsAt: number;
}

const DIGIT_0 = 48;
const DIGIT_9 = 57;

/** What `XADD key * field value …` says. */
const PLAIN_ADDITION: Addition = { createsStream: true, trim: null, id: null, isPartial: false, fieldsAt: 3 };

function addArguments(argv: Argv, session: Session): Addition {
  const text = argv[2]!;
  if (text === '*') return PLAIN_ADDITION;
  const first = text.charCodeAt(0);
  // No option begins with a digit, and nearly all IDs do.
  return first >= DIGIT_0 && first <= DIGIT_9 ? additionAt(text, true, 3, null) : additionWithOptions(argv, session);
}

/** Returns the addition with an ID that is given, as `5-3`, `5` or `5-*`. */
function additionAt(text: string, createsStream: boolean, fieldsAt: number, options: TrimOptions | null): Addition {
  const isPartial = text.endsWith('-*');
  const id = exactId(isPartial ? text.slice(0, -2) : text);
  // Otherwise `5-5-*` would be parsed as 5-5.
  if (isPartial && text.indexOf('-') !== text.length - 2) throw errors.INVALID_STREAM_ID;
  return { createsStream, trim: options === null ? null : options.finish(false), id, isPartial, fieldsAt };
}

function additionWithOptions(argv: Argv, { isObeyed }: Session): Addition {
  const options = new TrimOptions(isObeyed);
  let createsStream = true;
  for (let at = 2; at < argv.length; ) {
    const text = argv[at]!;
    if (text === '*') return { createsStream, trim: options.finish(false), id: null, isPartial: false, fieldsAt: at + 1 };
    const behind = options.read(argv, at);
    if (behind > at) at = behind;
    else if (isWord(text, 'NOMKSTREAM')) {
      createsStream = false;
      at++;
    } else {
      return additionAt(text, createsStream, at + 1, options);
    }
  }
  // Options to the end, without an ID: Redis then finds no fields.
  options.finish(false);
  throw errors.wrongArity(argv[0]!.toLowerCase());
}

/** Returns the ID of the new entry. Throws if it would not be greater than the last one. */
function newId(stream: StreamValue, { id, isPartial }: Addition, nowMs: number): StreamId {
  const { lastId } = stream;
  if (compareIds(lastId, MAX_ID) === 0) throw errors.STREAM_EXHAUSTED;
  // Never null: the greatest ID was excluded above.
  if (id === null) return generateId(lastId, nowMs)!;
  if (isPartial && id.ms === lastId.ms) {
    if (lastId.seq === UINT64_MAX) throw errors.STREAM_ID_TOO_SMALL;
    return nextId(lastId)!;
  }
  if (compareIds(id, lastId) <= 0) throw errors.STREAM_ID_TOO_SMALL;
  return id;
}

export const xadd = command({
  name: 'xadd', since: '5.0.0', group: 'stream', complexity: 'O(1); O(N) for N entries that are trimmed.',
  summary: 'Adds an entry to a stream. Returns its ID.',
  syntax: 'key [NOMKSTREAM] [(MAXLEN | MINID) [= | ~] threshold [LIMIT count:integer]] (* | id) {field value}...',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['stream'],
  keys: [{ ...key(1, 'RW update'), notes: 'Not insert, because it may also trim' }],
  tips: ['nondeterministic_output'],
  history: [['6.2.0', '`NOMKSTREAM`, `MINID` and `LIMIT`.'], ['7.0.0', 'IDs of the form `ms-*`.']],
  run(argv, db, session) {
    const addition = addArguments(argv, session);
    const { createsStream, trim, id, isPartial, fieldsAt } = addition;
    const fieldCount = argv.length - fieldsAt;
    if (fieldCount < 2 || fieldCount % 2 === 1) return errors.wrongArity('xadd');
    if (id !== null && !isPartial && isZeroId(id)) return errors.STREAM_ID_ZERO;
    const name = argv[1]!;
    const stream = writeStream(db, name) ?? (createsStream ? createStream(db, name) : undefined);
    if (stream === undefined) return null;
    const added = newId(stream, addition, session.server.clock.nowMs);
    stream.append(added, argv, fieldsAt, limitsOf(session));
    db.changed(name, 't', 'xadd');
    if (trim !== null && stream.trim(trim, limitsOf(session)) > 0) db.changedUnwatched(name, 't', 'xtrim');
    if (db.effects !== null) {
      const exact = trim === null ? argv : exactTrim(argv, fieldsAt - 1, trim, stream);
      db.effects.instead(id === null || isPartial ? withId(exact, fieldsAt - 1, added) : exact);
    }
    session.server.blocking.signal(db, name);
    const given = argv[fieldsAt - 1]!;
    return id !== null && !isPartial && isTextOf(given, id) ? given : idReply(added, session);
  },
});

/** Returns XADD with the ID that it has chosen. */
function withId(argv: Argv, at: number, id: StreamId): Argv {
  return [...argv.slice(0, at), formatId(id), ...argv.slice(at + 1)];
}

function createStream(db: Database, name: string): StreamValue {
  const stream = new StreamValue();
  db.set(name, stream);
  return stream;
}

// Reading.

export const xlen = command({
  name: 'xlen', since: '5.0.0', group: 'stream', complexity: 'O(1)',
  summary: 'Returns the number of entries of a stream.',
  syntax: 'key',
  flags: ['readonly', 'fast'],
  categories: ['stream'],
  keys: [key(1, 'RO')],
  run: (argv, db) => readStream(db, argv[1]!)?.size ?? 0,
});

/** Parses COUNT of XRANGE; -1 if it is not given. */
function rangeCount(argv: Argv): number {
  let count = -1;
  for (let at = 4; at < argv.length; at += 2) {
    if (!isWord(argv[at]!, 'COUNT') || at + 1 >= argv.length) throw errors.SYNTAX;
    count = Math.max(0, integer(argv[at + 1]!));
  }
  return count;
}

function range(isReverse: boolean): Handler {
  return (argv, db, session) => {
    const start = rangeStart(argv[isReverse ? 3 : 2]!);
    const end = rangeEnd(argv[isReverse ? 2 : 3]!);
    const count = rangeCount(argv);
    const stream = readStream(db, argv[1]!);
    if (stream === undefined) return [];
    if (count === 0) return NULL_ARRAY;
    const most = Math.max(0, count);
    return entriesReply(isReverse ? stream.placesBackwards(start, end, most) : stream.places(start, end, most), session);
  };
}

const RANGE_COMPLEXITY = 'O(log(N)+M) for M entries returned out of N.';

export const xrange = command({
  name: 'xrange', since: '5.0.0', group: 'stream', complexity: RANGE_COMPLEXITY,
  summary: 'Returns the entries between two IDs.',
  syntax: 'key start end [COUNT count:integer]',
  flags: ['readonly'],
  categories: ['stream'],
  keys: [key(1, 'RO access')],
  history: [['6.2.0', 'Ranges that exclude an end.']],
  run: range(false),
});

export const xrevrange = command({
  name: 'xrevrange', since: '5.0.0', group: 'stream', complexity: RANGE_COMPLEXITY,
  summary: 'Returns the entries between two IDs, the last one first.',
  syntax: 'key end start [COUNT count:integer]',
  flags: ['readonly'],
  categories: ['stream'],
  keys: [key(1, 'RO access')],
  history: [['6.2.0', 'Ranges that exclude an end.']],
  run: range(true),
});

// Removing.

export const xdel = command({
  name: 'xdel', since: '5.0.0', group: 'stream', complexity: 'O(log(N)) for each ID, with N entries.',
  summary: 'Deletes entries. Returns how many were there.',
  syntax: 'key id...',
  flags: ['write', 'fast'],
  categories: ['stream'],
  keys: [key(1, 'RW delete')],
  run(argv, db) {
    const name = argv[1]!;
    const stream = writeStream(db, name);
    if (stream === undefined) return 0;
    const deleted = argv.length === 3 ? deleteEntry(stream, exactId(argv[2]!)) : deleteEntries(stream, argv.slice(2).map((text) => exactId(text)));
    if (deleted > 0) db.changed(name, 't', 'xdel');
    return deleted;
  },
});

/** Returns how many were there. */
function deleteEntries(stream: StreamValue, ids: readonly StreamId[]): number {
  let deleted = 0;
  for (const id of ids) deleted += deleteEntry(stream, id);
  return deleted;
}

/** Returns 0 if it is not there, and 1 otherwise. */
function deleteEntry(stream: StreamValue, id: StreamId): number {
  const isFirst = compareIds(id, stream.firstId) === 0;
  if (!stream.delete(id)) return 0;
  if (compareIds(id, stream.maxDeletedId) > 0) stream.maxDeletedId = id;
  if (isFirst || stream.size === 0) stream.updateFirst();
  return 1;
}

export const xtrim = command({
  name: 'xtrim', since: '5.0.0', group: 'stream', complexity: 'O(N) for N entries removed; whole nodes go at once.',
  summary: 'Removes the oldest entries. Returns how many.',
  syntax: 'key ((MAXLEN | MINID) [= | ~] threshold [LIMIT count:integer])',
  flags: ['write'],
  categories: ['stream'],
  keys: [key(1, 'RW delete')],
  tips: ['nondeterministic_output'],
  history: [['6.2.0', '`MINID` and `LIMIT`.']],
  run(argv, db, session) {
    const options = new TrimOptions(session.isObeyed);
    for (let at = 2; at < argv.length; ) {
      const behind = options.read(argv, at);
      if (behind === at) return errors.SYNTAX;
      at = behind;
    }
    const trim = options.finish(true)!;
    const name = argv[1]!;
    const stream = writeStream(db, name);
    if (stream === undefined) return 0;
    const removed = stream.trim(trim, limitsOf(session));
    if (removed === 0) return 0;
    if (db.effects !== null) db.effects.instead(exactTrim(argv, argv.length, trim, stream));
    db.changed(name, 't', 'xtrim');
    return removed;
  },
});

export const xsetid = command({
  name: 'xsetid', since: '5.0.0', group: 'stream', complexity: 'O(1)',
  summary: 'Sets the state of a stream besides its entries: its last ID and its counters. Meant for replication.',
  syntax: 'key last-id [ENTRIESADDED entries_added:integer] [MAXDELETEDID max_deleted_entry_id]',
  flags: ['write', 'denyoom', 'fast'],
  categories: ['stream'],
  keys: [key(1, 'RW update')],
  history: [['7.0.0', '`ENTRIESADDED` and `MAXDELETEDID`.']],
  run(argv, db) {
    const id = exactId(argv[2]!);
    const { entriesAdded, maxDeletedId } = setIdOptions(argv, id);
    const name = argv[1]!;
    const stream = writeStream(db, name);
    if (stream === undefined) return errors.NO_SUCH_KEY;
    const last = stream.lastEntry;
    if (last !== undefined && compareIds(id, last) < 0) return errors.SETID_BELOW_TOP;
    if (last !== undefined && entriesAdded !== null && entriesAdded < stream.size) return errors.ENTRIES_ADDED_BELOW_LENGTH;
    stream.lastId = id;
    if (entriesAdded !== null) stream.entriesAdded = entriesAdded;
    if (!isZeroId(maxDeletedId)) stream.maxDeletedId = maxDeletedId;
    db.changedUnwatched(name, 't', 'xsetid');
    return OK;
  },
});

function setIdOptions(argv: Argv, id: StreamId): { entriesAdded: number | bigint | null; maxDeletedId: StreamId } {
  let entriesAdded: number | bigint | null = null;
  let maxDeletedId: StreamId = ZERO_ID;
  for (let at = 3; at < argv.length; at += 2) {
    const value = argv[at + 1];
    if (value !== undefined && isWord(argv[at]!, 'ENTRIESADDED')) {
      entriesAdded = integer64(value);
      if (entriesAdded < 0) throw errors.NEGATIVE_ENTRIES_ADDED;
    } else if (value !== undefined && isWord(argv[at]!, 'MAXDELETEDID')) {
      maxDeletedId = exactId(value);
      if (compareIds(id, maxDeletedId) < 0) throw errors.SETID_BELOW_GIVEN_DELETED;
    } else throw errors.SYNTAX;
  }
  return { entriesAdded, maxDeletedId };
}

// XREAD.

/** Maximum number of entries for a blocked client, unless it has given a COUNT. */
const BLOCKED_COUNT = 1000;

export const xread = command({
  name: 'xread', since: '5.0.0', group: 'stream',
  complexity: 'O(log(N)+M) for each stream, for M entries returned out of N. For XADD: O(M) for M clients that wait.',
  summary: 'Returns the entries after an ID, of one or several streams, or waits for some.',
  syntax: '[COUNT count:integer] [BLOCK milliseconds:integer] STREAMS {key... id...}',
  flags: ['readonly', 'blocking', 'movablekeys'],
  categories: ['stream'],
  keys: [keyword('STREAMS', 1, -1, 1, 'RO access', 2)],
  run(argv, db, session) {
    const request = readArguments(argv, false, session);
    const from = request.names.map((name, i) => readFrom(db, name, request.ids[i]!));
    const replies: Reply[] = [];
    request.names.forEach((name, i) => {
      const entries = readBehind(readStream(db, name), from[i]!, request.count, session);
      if (entries !== null) replies.push(name, entries);
    });
    if (replies.length > 0) return streamsReply(replies, session);
    if (request.timeoutMs === null) return NULL_ARRAY;
    // From here on `$` is replaced by the ID that it stood for.
    const waiting = [...argv.slice(0, -from.length), ...from.map(formatId)];
    return session.server.blocking.park(session, waiting, waitForEntries(waiting, session));
  },
  waitFor: waitForEntries,
});

/** `$` is the last entry at this moment. */
function readFrom(db: Database, name: string, text: string): StreamId {
  const stream = readStream(db, name);
  if (text === '$') return stream?.lastId ?? ZERO_ID;
  if (text === '>') throw errors.NEW_ID_OUTSIDE_XREADGROUP;
  return exactId(text);
}

/** Returns null if there is nothing after the ID. */
function readBehind(stream: StreamValue | undefined, from: StreamId, count: number, session: Session): Reply | null {
  if (stream === undefined || compareIds(stream.lastId, from) <= 0) return null;
  const places = stream.places(nextId(from)!, MAX_ID, count);
  return places.length === 0 ? null : entriesReply(places, session);
}

/** A stream that is named twice is waited for from the first of its IDs. */
function waitForEntries(argv: Argv, session: Session): ParkRequest {
  const { names, ids, count, timeoutMs } = readArguments(argv, false, session);
  const from = new Map<string, StreamId>();
  names.forEach((name, i) => void (from.has(name) || from.set(name, exactId(ids[i]!))));
  return {
    keys: [...from.keys()],
    type: 'stream',
    timeoutMs: timeoutMs!,
    timedOut: NULL_ARRAY,
    serve(name, db) {
      const stream = db.lookupRead(name) as StreamValue;
      const behind = from.get(name)!;
      if (compareIds(stream.lastId, behind) <= 0) return undefined;
      // There may be none left: it was added and deleted at once. Redis replies nevertheless.
      return streamsReply([name, stream.range(nextId(behind)!, MAX_ID, count === 0 ? BLOCKED_COUNT : count).map(entryReply)], session);
    },
  };
}

// Introspection.

const INFO_FULL_COUNT = 10;

/** Null: XINFO without FULL. */
function infoCount(argv: Argv): number | null {
  if (argv.length === 3) return null;
  const syntax = errors.subcommandSyntax('XINFO', argv[1]!);
  if ((argv.length !== 4 && argv.length !== 6) || !isWord(argv[3]!, 'FULL')) throw syntax;
  if (argv.length === 4) return INFO_FULL_COUNT;
  if (!isWord(argv[4]!, 'COUNT')) throw syntax;
  const count = integer(argv[5]!);
  return count < 0 ? INFO_FULL_COUNT : count;
}

function existingStream(db: Database, name: string): StreamValue {
  const stream = readStream(db, name);
  if (stream === undefined) throw errors.NO_SUCH_KEY;
  return stream;
}

/** The fields that both forms of XINFO STREAM begin with. */
function commonFacts(stream: StreamValue): Reply[] {
  return [
    'length', stream.size,
    'radix-tree-keys', stream.nodes.size,
    'radix-tree-nodes', radixNodes(stream.nodes),
    'last-generated-id', formatId(stream.lastId),
    'max-deleted-entry-id', formatId(stream.maxDeletedId),
    'entries-added', stream.entriesAdded,
    'recorded-first-entry-id', formatId(stream.firstId),
  ];
}

function summary(stream: StreamValue): Reply {
  return new MapReply([
    ...commonFacts(stream),
    'groups', stream.groups.size,
    'first-entry', entryOrNull(stream.firstEntry),
    'last-entry', entryOrNull(stream.lastEntry),
  ]);
}

/** @param count maximum number of entries, of pending ones of a group, and of a consumer; 0: all */
function fullInfo(stream: StreamValue, count: number): Reply {
  return new MapReply([
    ...commonFacts(stream),
    'entries', stream.range(ZERO_ID, MAX_ID, count).map(entryReply),
    'groups', sortedGroups(stream).map((group) => fullGroup(stream, group, count)),
  ]);
}

function fullGroup(stream: StreamValue, group: Group, count: number): Reply {
  return new MapReply([
    'name', group.name,
    'last-delivered-id', formatId(group.lastId),
    'entries-read', group.entriesRead === UNKNOWN_COUNT ? null : group.entriesRead,
    'lag', stream.lagOf(group),
    'pel-count', group.pending.size,
    'pending', firstPending(group, count).map((pending) => [formatId(pending), pending.consumer.name, pending.deliveredMs, pending.deliveries]),
    'consumers', group.sortedConsumers().map((consumer) => fullConsumer(consumer, count)),
  ]);
}

function fullConsumer(consumer: Consumer, count: number): Reply {
  return mapReply({
    name: consumer.name,
    'seen-time': consumer.seenMs,
    'pel-count': consumer.pending.size,
    pending: firstPending(consumer, count).map((pending) => [formatId(pending), pending.deliveredMs, pending.deliveries]),
  });
}

function firstPending({ pending }: Group | Consumer, count: number): Pending[] {
  const found: Pending[] = [];
  for (const one of pending) {
    if (count > 0 && found.length >= count) break;
    found.push(one);
  }
  return found;
}

function sortedGroups(stream: StreamValue): Group[] {
  return [...stream.groups.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const xinfo = command({
  name: 'xinfo', since: '5.0.0', group: 'stream', complexity: 'Depends on the subcommand.',
  summary: 'Returns facts about streams, their groups and their consumers.',
  syntax: '',
  subcommands: [
    {
      name: 'stream', since: '5.0.0', group: 'stream', complexity: 'O(N) for N nodes, which Redis has counted; O(N) for N items with `FULL`.',
      summary: 'Tells about a stream.',
      syntax: 'key [FULL {[COUNT count:integer]}]',
      flags: ['readonly'],
      categories: ['stream'],
      keys: [key(2, 'RO access')],
      history: [['6.0.0', '`FULL`.'], ['7.0.0', 'The fields `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and `lag`.']],
      run(argv, db) {
        const stream = existingStream(db, argv[2]!);
        const count = infoCount(argv);
        return count === null ? summary(stream) : fullInfo(stream, count);
      },
    },
    {
      name: 'groups', since: '5.0.0', group: 'stream', complexity: 'O(N) for N groups.',
      summary: 'Lists the consumer groups of a stream.',
      syntax: 'key',
      flags: ['readonly'],
      categories: ['stream'],
      keys: [key(2, 'RO access')],
      history: [['7.0.0', 'The fields `entries-read` and `lag`.']],
      run(argv, db) {
        const stream = existingStream(db, argv[2]!);
        return sortedGroups(stream).map((group) => mapReply({
          name: group.name,
          consumers: group.consumers.size,
          pending: group.pending.size,
          'last-delivered-id': formatId(group.lastId),
          'entries-read': group.entriesRead === UNKNOWN_COUNT ? null : group.entriesRead,
          lag: stream.lagOf(group),
        }));
      },
    },
    {
      name: 'consumers', since: '5.0.0', group: 'stream', complexity: 'O(N) for N consumers.',
      summary: 'Lists the consumers of a group.',
      syntax: 'key groupname',
      flags: ['readonly'],
      categories: ['stream'],
      keys: [key(2, 'RO access')],
      tips: ['nondeterministic_output'],
      run(argv, db, session) {
        const group = existingStream(db, argv[2]!).groups.get(argv[3]!);
        if (group === undefined) return errors.noGroupForKey(argv[2]!, argv[3]!);
        const { nowMs } = session.server.clock;
        return group.sortedConsumers().map(({ name, pending, seenMs }) => mapReply({ name, pending: pending.size, idle: Math.max(0, nowMs - seenMs) }));
      },
    },
    {
      name: 'help', since: '5.0.0', group: 'stream', complexity: 'O(1)',
      summary: 'Lists the subcommands of XINFO.',
      syntax: '',
      flags: ['loading', 'stale'],
      categories: ['stream'],
      run: () => XINFO_HELP,
    },
  ],
});

const XINFO_HELP = helpReply('XINFO', [
  ['STREAM <key> [FULL [COUNT <count>]]', 'Facts about a stream; with FULL also its entries, groups, consumers and their pending entries.'],
  ['GROUPS <key>', 'Lists the consumer groups of a stream.'],
  ['CONSUMERS <key> <groupname>', 'Lists the consumers of a group.'],
]);
