/**
 * Commands of consumer groups: XGROUP (CREATE CREATECONSUMER DELCONSUMER DESTROY SETID HELP) XREADGROUP XACK XPENDING XCLAIM XAUTOCLAIM.
 *
 *   XADD ─▶ stream ─▶ XREADGROUP … >  ─▶ pending of a consumer ─▶ XACK: done
 *                                              │ ▲
 *                                XCLAIM, XAUTOCLAIM: another consumer takes over
 *
 * Changes of a group's state do not count as changes of the key for WATCH, as in Redis: hence changedUnwatched.
 */
import { type Argv, command, type CommandDeclaration, type Handler } from '../command/command.js';
import * as errors from '../errors.js';
import type { ParkRequest } from '../features/blocking.js';
import { key, keyword } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { type Consumer, Group, type Pending, UNKNOWN_COUNT } from '../keyspace/types/stream-group.js';
import type { Value } from '../keyspace/value.js';
import { type Int64, oneMore } from '../keyspace/types/int64.js';
import { compareIds, formatId, MAX_ID, nextId, type StreamId, ZERO_ID } from '../keyspace/types/stream-id.js';
import type { StreamEntry } from '../keyspace/types/stream-node.js';
import { StreamValue } from '../keyspace/types/stream.js';
import { NULL_ARRAY, OK, type Reply } from '../resp/reply.js';
import { integer, integer64, integerBetween, isWord } from './support/arguments.js';
import { helpReply } from './support/help.js';
import { entryReply, exactId, idOrEnd, parseId, rangeEnd, rangeStart, readStream, streamFrom, writeStream } from './support/stream-arguments.js';
import { readArguments, type StreamRequest, streamsReply } from './support/stream-reading.js';

/** Returns the command that propagates the delivery of an entry: XCLAIM with all its state. @param id as it is to be written */
function claimOf(name: string, group: Group, id: string, { consumer, deliveredMs, deliveries }: Pending): Argv {
  const facts = ['TIME', String(deliveredMs), 'RETRYCOUNT', String(deliveries), 'FORCE', 'JUSTID', 'LASTID', formatId(group.lastId)];
  return ['XCLAIM', name, group.name, consumer.name, '0', id, ...facts];
}

function positionOf(name: string, group: Group): Argv {
  return ['XGROUP', 'SETID', name, group.name, formatId(group.lastId), 'ENTRIESREAD', String(group.entriesRead)];
}

/** Returns the consumer with this name, created if necessary, and updates when it was last seen. */
function consumerOf(db: Database, name: string, group: Group, consumerName: string, nowMs: number): Consumer {
  db.announce(name);
  const consumer = group.consumers.get(consumerName);
  if (consumer === undefined) return createConsumer(db, name, group, consumerName, nowMs);
  consumer.seenMs = nowMs;
  return consumer;
}

function createConsumer(db: Database, name: string, group: Group, consumerName: string, nowMs: number): Consumer {
  const consumer = group.addConsumer(consumerName, nowMs);
  db.changedUnwatched(name, 't', 'xgroup-createconsumer');
  return consumer;
}

// XGROUP.

interface GroupOptions {
  readonly makesStream: boolean;
  readonly entriesRead: Int64;
}

/** Parses the options after the first five arguments. */
function groupOptions(argv: Argv, mayMakeStream: boolean): GroupOptions {
  let makesStream = false;
  let entriesRead: Int64 = UNKNOWN_COUNT;
  for (let at = 5; at < argv.length; at++) {
    if (mayMakeStream && isWord(argv[at]!, 'MKSTREAM')) makesStream = true;
    else if (isWord(argv[at]!, 'ENTRIESREAD') && at + 1 < argv.length) {
      entriesRead = integer64(argv[++at]!);
      if (entriesRead < UNKNOWN_COUNT) throw errors.ENTRIES_READ_NEGATIVE;
    } else throw errors.subcommandSyntax('XGROUP', argv[1]!);
  }
  return { makesStream, entriesRead };
}

/** Returns the stream of a subcommand that requires it. */
function streamOf(db: Database, name: string): StreamValue {
  const stream = writeStream(db, name);
  if (stream === undefined) throw errors.XGROUP_NEEDS_KEY;
  return stream;
}

function groupOf(db: Database, argv: Argv): Group {
  const group = streamOf(db, argv[2]!).groups.get(argv[3]!);
  if (group === undefined) throw errors.noGroupForKey(argv[2]!, argv[3]!);
  return group;
}

/** `$` is the last entry added so far. */
function startId(text: string, stream: StreamValue | undefined, parse: (text: string) => StreamId): StreamId {
  return text === '$' ? (stream?.lastId ?? ZERO_ID) : parse(text);
}

/** Maximum number of arguments; checked only after the key, as in Redis. */
const CREATE_MOST = 8;
const SETID_MOST = 7;

const createGroup: Handler = (argv, db) => {
  const { makesStream, entriesRead } = groupOptions(argv, true);
  const name = argv[2]!;
  let stream = makesStream ? writeStream(db, name) : streamOf(db, name);
  if (argv.length > CREATE_MOST) return errors.subcommandSyntax('XGROUP', argv[1]!);
  const lastId = startId(argv[4]!, stream, exactId);
  if (stream === undefined) {
    stream = new StreamValue();
    db.set(name, stream);
    db.changedSilently(name);
  }
  if (stream.groups.has(argv[3]!)) return errors.GROUP_EXISTS;
  stream.groups.set(argv[3]!, new Group(argv[3]!, lastId, entriesRead));
  db.changedUnwatched(name, 't', 'xgroup-create');
  return OK;
};

const setGroupId: Handler = (argv, db) => {
  const { entriesRead } = groupOptions(argv, false);
  const group = groupOf(db, argv);
  if (argv.length > SETID_MOST) return errors.subcommandSyntax('XGROUP', argv[1]!);
  group.lastId = startId(argv[4]!, db.peek(argv[2]!) as StreamValue, idOrEnd);
  group.entriesRead = entriesRead;
  db.changedUnwatched(argv[2]!, 't', 'xgroup-setid');
  return OK;
};

const destroyGroup: Handler = (argv, db, session) => {
  if (!streamOf(db, argv[2]!).groups.delete(argv[3]!)) return 0;
  db.changedUnwatched(argv[2]!, 't', 'xgroup-destroy');
  // Clients that wait for new entries of this group must be told that there will be none.
  session.server.blocking.signal(db, argv[2]!);
  return 1;
};

type SubcommandFacts = Pick<CommandDeclaration, 'name' | 'since' | 'complexity' | 'summary' | 'syntax' | 'history'>;

function xgroupSubcommand(declaration: SubcommandFacts, access: string, run: Handler): CommandDeclaration {
  const isGrowing = access === 'insert';
  return { ...declaration, group: 'stream', flags: isGrowing ? ['write', 'denyoom'] : ['write'], categories: ['stream'], keys: [key(2, `RW ${access}`)], run };
}

export const xgroup = command({
  name: 'xgroup', since: '5.0.0', group: 'stream', complexity: 'Depends on the subcommand.',
  summary: 'Manages consumer groups.',
  syntax: '',
  subcommands: [
    xgroupSubcommand({
      name: 'create', since: '5.0.0', complexity: 'O(1)',
      summary: 'Creates a consumer group.',
      syntax: 'key groupname (id | $) [MKSTREAM] [ENTRIESREAD entries_read:integer]',
      history: [['7.0.0', '`ENTRIESREAD`.']],
    }, 'insert', createGroup),
    xgroupSubcommand({
      name: 'createconsumer', since: '6.2.0', complexity: 'O(1)',
      summary: 'Creates a consumer in a group. Returns 1 if it is new.',
      syntax: 'key groupname consumername',
    }, 'insert', (argv, db, session) => {
      const group = groupOf(db, argv);
      if (group.consumers.has(argv[4]!)) return 0;
      createConsumer(db, argv[2]!, group, argv[4]!, session.server.clock.nowMs);
      return 1;
    }),
    xgroupSubcommand({
      name: 'delconsumer', since: '5.0.0', complexity: 'O(N) for N entries pending with the consumer.',
      summary: 'Deletes a consumer with everything it has pending. Returns how many entries that were.',
      syntax: 'key groupname consumername',
    }, 'delete', (argv, db) => {
      const group = groupOf(db, argv);
      const consumer = group.consumers.get(argv[4]!);
      if (consumer === undefined) return 0;
      group.deleteConsumer(consumer);
      db.changedUnwatched(argv[2]!, 't', 'xgroup-delconsumer');
      return consumer.pending.size;
    }),
    xgroupSubcommand({
      name: 'destroy', since: '5.0.0', complexity: 'O(1)',
      summary: 'Deletes a consumer group. Returns 1 if it was there.',
      syntax: 'key groupname',
    }, 'delete', destroyGroup),
    xgroupSubcommand({
      name: 'setid', since: '5.0.0', complexity: 'O(1)',
      summary: 'Sets how far a group has read.',
      syntax: 'key groupname (id | $) [ENTRIESREAD entries_read:integer]',
      history: [['7.0.0', '`ENTRIESREAD`.']],
    }, 'update', setGroupId),
    {
      name: 'help', since: '5.0.0', group: 'stream', complexity: 'O(1)',
      summary: 'Lists the subcommands of XGROUP.',
      syntax: '',
      flags: ['loading', 'stale'],
      categories: ['stream'],
      run: () => XGROUP_HELP,
    },
  ],
});

const XGROUP_HELP = helpReply('XGROUP', [
  ['CREATE <key> <groupname> <id|$> [MKSTREAM] [ENTRIESREAD <n>]', 'Creates a group that reads on after an ID; with MKSTREAM also the stream.'],
  ['CREATECONSUMER <key> <groupname> <consumer>', 'Creates a consumer.'],
  ['DELCONSUMER <key> <groupname> <consumer>', 'Deletes a consumer.'],
  ['DESTROY <key> <groupname>', 'Deletes a group.'],
  ['SETID <key> <groupname> <id|$> [ENTRIESREAD <n>]', 'Sets how far a group has read.'],
]);

// XREADGROUP.

export const xreadgroup = command({
  name: 'xreadgroup', since: '5.0.0', group: 'stream',
  complexity: 'O(log(N)+M) for each stream, for M entries returned out of N. For XADD: O(M) for M clients that wait.',
  summary: 'Returns entries that are new to a group and gives them to a consumer, or what the consumer has pending; or waits for new ones.',
  syntax: 'GROUP {group consumer} [COUNT count:integer] [BLOCK milliseconds:integer] [NOACK] STREAMS {key... id...}',
  flags: ['write', 'blocking', 'movablekeys'],
  categories: ['stream'],
  keys: [keyword('STREAMS', 4, -1, 1, 'RO access', 2)],
  run(argv, db, session) {
    const request = readArguments(argv, true, session);
    db.effects?.withhold();
    const starts = request.names.map((name, i) => groupStart(db, name, request, request.ids[i]!));
    const replies: Reply[] = [];
    request.names.forEach((name, i) => {
      const entries = readAsConsumer(db, name, request, starts[i]!, session.server.clock.nowMs);
      if (entries !== null) replies.push(name, entries);
    });
    if (replies.length > 0) return streamsReply(replies, session);
    if (request.timeoutMs === null) return NULL_ARRAY;
    return session.server.blocking.park(session, argv, waitForDelivery(argv, session));
  },
  waitFor: waitForDelivery,
});

/** Returns where to read from: the highest ID stands for new entries. */
function groupStart(db: Database, name: string, { group }: StreamRequest, text: string): StreamId {
  if (readStream(db, name)?.groups.has(group) !== true) throw errors.noGroup(name, group, ' in XREADGROUP with GROUP option');
  if (text === '$') throw errors.LAST_ID_IN_XREADGROUP;
  return text === '>' ? MAX_ID : exactId(text);
}

/** Returns null if there is nothing new. */
function readAsConsumer(db: Database, name: string, request: StreamRequest, start: StreamId, nowMs: number): Reply | null {
  const stream = readStream(db, name)!;
  const group = stream.groups.get(request.group)!;
  const isNew = compareIds(start, MAX_ID) === 0;
  const { lastEntry } = stream;
  if (isNew && (lastEntry === undefined || compareIds(lastEntry, group.lastId) <= 0)) return null;
  const delivery = { db, name, stream, group, consumer: request.consumer, needsNoAck: request.needsNoAck, nowMs };
  const consumer = receiverOf(delivery);
  const reply = isNew ? deliver(delivery, consumer, request.count) : history(stream, group, consumer, start, request.count, nowMs);
  db.changedUnwatched(name, 't', null);
  return reply;
}

/** A delivery of XREADGROUP. */
interface Delivery {
  readonly db: Database;
  readonly name: string;
  readonly stream: StreamValue;
  readonly group: Group;
  readonly consumer: string;
  readonly needsNoAck: boolean;
  readonly nowMs: number;
}

/** Returns the consumer, created if necessary. A new one is propagated with its first entry; if no entry becomes pending, by itself. */
function receiverOf({ db, name, group, consumer, needsNoAck, nowMs }: Delivery): Consumer {
  if (needsNoAck && !group.consumers.has(consumer)) db.effects?.also(db, ['XGROUP', 'CREATECONSUMER', name, group.name, consumer]);
  return consumerOf(db, name, group, consumer, nowMs);
}

/** Delivers the entries after the group's last one to a consumer. */
function deliver({ db, name, stream, group, needsNoAck, nowMs }: Delivery, consumer: Consumer, count: number): Reply {
  const start = nextId(group.lastId);
  const entries = start === null ? [] : stream.range(start, MAX_ID, count);
  for (const entry of entries) {
    advanceGroup(stream, group, entry);
    if (needsNoAck) continue;
    const pending = deliverEntry(group, consumer, entry, nowMs);
    db.effects?.also(db, claimOf(name, group, formatId(entry), pending));
  }
  if (needsNoAck && entries.length > 0) db.effects?.also(db, positionOf(name, group));
  return entries.map(entryReply);
}

/** The group has read one more. Its counter is incremented if it is known, and otherwise computed again if possible. */
function advanceGroup(stream: StreamValue, group: Group, { ms, seq }: StreamEntry): void {
  const id = { ms, seq };
  const { entriesRead } = group;
  if (entriesRead !== UNKNOWN_COUNT && !stream.hasDeletedFrom(id)) group.entriesRead = oneMore(entriesRead);
  else if (stream.entriesAdded !== 0) group.entriesRead = stream.countUpTo(id);
  group.lastId = id;
}

/** An entry may already be pending, if XGROUP SETID has set the group back. */
function deliverEntry(group: Group, consumer: Consumer, entry: StreamEntry, nowMs: number): Pending {
  const pending = group.pending.get(entry);
  if (pending === undefined) return group.addPending(entry, consumer, nowMs, 1);
  return group.deliver(pending, consumer, nowMs, 1);
}

/** Returns the pending entries of a consumer after an ID again. An entry that is no longer in the stream has no fields. */
function history(stream: StreamValue, group: Group, consumer: Consumer, from: StreamId, count: number, nowMs: number): Reply {
  const replies: Reply[] = [];
  for (let pending = consumer.pending.after(from); pending !== undefined; pending = consumer.pending.after(pending)) {
    if (count > 0 && replies.length >= count) break;
    const entry = stream.find(pending);
    replies.push(entry === undefined ? [formatId(pending), NULL_ARRAY] : entryReply(entry));
    if (entry === undefined) continue;
    group.deliver(pending, consumer, nowMs, oneMore(pending.deliveries));
  }
  return replies;
}

/** Maximum number of entries for a blocked client, unless it has given a COUNT. */
const BLOCKED_COUNT = 1000;

function waitForDelivery(argv: Argv, session: Session): ParkRequest {
  const { names, group: groupName, consumer: consumerName, count, timeoutMs, needsNoAck } = readArguments(argv, true, session);
  return {
    keys: names,
    type: 'stream',
    timeoutMs: timeoutMs!,
    timedOut: NULL_ARRAY,
    lost: errors.STREAM_GONE,
    serve(name, db) {
      const stream = db.lookupRead(name) as StreamValue;
      const group = stream.groups.get(groupName);
      if (group === undefined) throw errors.GROUP_GONE;
      if (compareIds(stream.lastId, group.lastId) <= 0) return undefined;
      db.effects?.withhold();
      const delivery = { db, name, stream, group, consumer: consumerName, needsNoAck, nowMs: session.server.clock.nowMs };
      const entries = deliver(delivery, receiverOf(delivery), count === 0 ? BLOCKED_COUNT : count);
      db.changedUnwatched(name, 't', null);
      return streamsReply([name, entries], session);
    },
  };
}

// Pending entries.

export const xack = command({
  name: 'xack', since: '5.0.0', group: 'stream', complexity: 'O(log(N)) for each ID, with N pending entries.',
  summary: 'Acknowledges entries, which are then no longer pending. Returns how many were.',
  syntax: 'key group id...',
  flags: ['write', 'fast'],
  categories: ['stream'],
  keys: [key(1, 'RW update')],
  run(argv, db) {
    const group = readStream(db, argv[1]!)?.groups.get(argv[2]!);
    if (group === undefined) return 0;
    const ids = argv.slice(3).map((text) => exactId(text));
    db.announce(argv[1]!);
    let acknowledged = 0;
    for (const id of ids) if (group.deletePending(id)) acknowledged++;
    if (acknowledged > 0) db.changedUnwatched(argv[1]!, 't', null);
    return acknowledged;
  },
});

/** Returns the group for a command that reads it. */
function readGroup(db: Database, name: string, groupName: string): { stream: StreamValue; group: Group } {
  return groupIn(db.lookupRead(name), name, groupName);
}

function groupIn(value: Value | undefined, name: string, groupName: string): { stream: StreamValue; group: Group } {
  const stream = streamFrom(value);
  const group = stream?.groups.get(groupName);
  if (stream === undefined || group === undefined) throw errors.noGroup(name, groupName);
  return { stream, group };
}

interface PendingQuery {
  readonly start: StreamId;
  readonly end: StreamId;
  readonly count: number;
  readonly minIdleMs: number;
  /** Null: all consumers. */
  readonly consumer: string | null;
}

function pendingQuery(argv: Argv): PendingQuery {
  if (argv.length < 6 || argv.length > 9) throw errors.SYNTAX;
  const hasIdle = isWord(argv[3]!, 'IDLE');
  const minIdleMs = hasIdle ? integer(argv[4]!) : 0;
  if (hasIdle && argv.length < 8) throw errors.SYNTAX;
  const at = hasIdle ? 5 : 3;
  const count = Math.max(0, integer(argv[at + 2]!));
  return { start: rangeStart(argv[at]!), end: rangeEnd(argv[at + 1]!), count, minIdleMs, consumer: argv[at + 3] ?? null };
}

export const xpending = command({
  name: 'xpending', since: '5.0.0', group: 'stream', complexity: 'O(N) for N entries looked at; for the summary O(N) for N consumers.',
  summary: 'Returns what a group has pending: a summary, or the entries of a range.',
  syntax: 'key group [{[IDLE min-idle-time:integer] start end count:integer [consumer]}]',
  flags: ['readonly'],
  categories: ['stream'],
  keys: [key(1, 'RO access')],
  tips: ['nondeterministic_output'],
  history: [['6.2.0', '`IDLE`, and ranges that exclude an end.']],
  run(argv, db, session) {
    const query = argv.length === 3 ? null : pendingQuery(argv);
    const { group } = readGroup(db, argv[1]!, argv[2]!);
    return query === null ? pendingSummary(group) : pendingEntries(group, query, session.server.clock.nowMs);
  },
});

function pendingSummary(group: Group): Reply {
  const { pending } = group;
  if (pending.size === 0) return [0, null, null, NULL_ARRAY];
  const busy = group.sortedConsumers().filter((consumer) => consumer.pending.size > 0);
  return [pending.size, formatId(pending.first!), formatId(pending.last!), busy.map((consumer) => [consumer.name, String(consumer.pending.size)])];
}

function pendingEntries(group: Group, { start, end, count, minIdleMs, consumer }: PendingQuery, nowMs: number): Reply {
  const pending = consumer === null ? group.pending : group.consumers.get(consumer)?.pending;
  const found: Reply[] = [];
  for (let one = pending?.atOrAfter(start); one !== undefined && found.length < count && compareIds(one, end) <= 0; one = pending!.after(one)) {
    const idleMs = nowMs - one.deliveredMs;
    if (minIdleMs !== 0 && idleMs < minIdleMs) continue;
    found.push([formatId(one), one.consumer.name, Math.max(0, idleMs), one.deliveries]);
  }
  return found;
}

// Claiming.

interface ClaimOptions {
  readonly isForced: boolean;
  readonly onlyIds: boolean;
  /** Unix time in ms. */
  readonly deliveredMs: number;
  /** Null: one more than before. */
  readonly deliveries: number | bigint | null;
  readonly lastId: StreamId;
}

/** Parses options of XCLAIM from `first` on, after the IDs. */
function claimOptions(argv: Argv, first: number, nowMs: number): ClaimOptions {
  let isForced = false;
  let onlyIds = false;
  let deliveredMs = -1;
  let deliveries: number | bigint = -1;
  let lastId: StreamId = ZERO_ID;
  for (let at = first; at < argv.length; at++) {
    const word = argv[at]!;
    const hasMore = at + 1 < argv.length;
    if (isWord(word, 'FORCE')) isForced = true;
    else if (isWord(word, 'JUSTID')) onlyIds = true;
    else if (hasMore && isWord(word, 'IDLE')) deliveredMs = nowMs - integer(argv[++at]!, errors.invalidClaimArgument('IDLE option'));
    else if (hasMore && isWord(word, 'TIME')) deliveredMs = integer(argv[++at]!, errors.invalidClaimArgument('TIME option'));
    else if (hasMore && isWord(word, 'RETRYCOUNT')) deliveries = integer64(argv[++at]!, errors.invalidClaimArgument('RETRYCOUNT option'));
    else if (hasMore && isWord(word, 'LASTID')) lastId = exactId(argv[++at]!);
    else throw errors.unknownClaimOption(word);
  }
  // An impossible time is replaced by now: a client's clock may differ from ours.
  const isPossible = deliveredMs >= 0 && deliveredMs <= nowMs;
  return { isForced, onlyIds, deliveredMs: isPossible ? deliveredMs : nowMs, deliveries: deliveries >= 0 ? deliveries : null, lastId };
}

export const xclaim = command({
  name: 'xclaim', since: '5.0.0', group: 'stream', complexity: 'O(log(N)) for each ID, with N pending entries.',
  summary: 'Gives pending entries to another consumer, as if they were delivered to it now.',
  syntax:
    'key group consumer min-idle-time id... [IDLE ms:integer] [TIME unix-time-milliseconds:unix-time] [RETRYCOUNT count:integer] ' +
    '[FORCE] [JUSTID] [LASTID id]',
  flags: ['write', 'fast'],
  categories: ['stream'],
  keys: [key(1, 'RW update')],
  tips: ['nondeterministic_output'],
  run(argv, db, session) {
    const name = argv[1]!;
    const { stream, group } = readGroup(db, name, argv[2]!);
    const minIdleMs = Math.max(0, integer(argv[4]!, errors.invalidClaimArgument('min-idle-time')));
    const ids = leadingIds(argv, 5);
    const nowMs = session.server.clock.nowMs;
    const options = claimOptions(argv, 5 + ids.length, nowMs);
    db.announce(name);
    const isAdvanced = compareIds(options.lastId, group.lastId) > 0;
    if (isAdvanced) group.lastId = options.lastId;
    const claimant = (): Consumer => consumerOf(db, name, group, argv[3]!, nowMs);
    let told = 0;
    const tell = (at: number, pending: Pending): void => {
      told++;
      db.effects?.also(db, claimOf(name, group, argv[5 + at]!, pending));
    };
    const replies: Reply[] = [];
    for (const [at, id] of ids.entries()) {
      const entry = claimEntry(stream, group, claimant, id, minIdleMs, options, nowMs, (pending) => tell(at, pending));
      if (entry !== null) replies.push(options.onlyIds ? formatId(entry) : entryReply(entry));
    }
    db.effects?.withhold();
    if (isAdvanced && told === 0) db.effects?.also(db, positionOf(name, group));
    db.changedUnwatched(name, 't', null);
    return replies;
  },
});

/** Parses IDs as long as there are some; what is no ID must be an option. */
function leadingIds(argv: Argv, first: number): StreamId[] {
  const ids: StreamId[] = [];
  for (let at = first; at < argv.length; at++) {
    const id = parseId(argv[at]!, 0);
    if (id === undefined) break;
    ids.push(id);
  }
  return ids;
}

/**
 * Returns null if the entry cannot be claimed. One that was deleted from the stream is no longer pending either. A new consumer is created with its first
 * entry.
 */
function claimEntry(
  stream: StreamValue,
  group: Group,
  claimant: () => Consumer,
  id: StreamId,
  minIdleMs: number,
  options: ClaimOptions,
  nowMs: number,
  tell: (pending: Pending) => void,
): StreamEntry | null {
  const entry = stream.find(id);
  let pending = group.pending.get(id);
  if (entry === undefined) {
    if (pending === undefined) return null;
    tell(pending);
    group.deletePending(id);
    return null;
  }
  if (pending !== undefined && minIdleMs > 0 && nowMs - pending.deliveredMs < minIdleMs) return null;
  if (pending === undefined && !options.isForced) return null;
  const consumer = claimant();
  pending ??= group.addPending(id, consumer, nowMs, 1);
  const deliveries = options.deliveries ?? (options.onlyIds ? pending.deliveries : oneMore(pending.deliveries));
  tell(group.deliver(pending, consumer, options.deliveredMs, deliveries));
  return entry;
}

/** Number of entries checked for each one requested. */
const AUTOCLAIM_ATTEMPTS = 10;
const AUTOCLAIM_COUNT = 100;
/** Redis allocates 16 bytes for each requested entry. */
const AUTOCLAIM_COUNT_MAX = 2 ** 59;

function autoclaimOptions(argv: Argv): { count: number; onlyIds: boolean } {
  let count = AUTOCLAIM_COUNT;
  let onlyIds = false;
  for (let at = 6; at < argv.length; at++) {
    if (at + 1 < argv.length && isWord(argv[at]!, 'COUNT')) count = integerBetween(argv[++at]!, 1, AUTOCLAIM_COUNT_MAX, errors.XAUTOCLAIM_COUNT);
    else if (isWord(argv[at]!, 'JUSTID')) onlyIds = true;
    else throw errors.SYNTAX;
  }
  return { count, onlyIds };
}

export const xautoclaim = command({
  name: 'xautoclaim', since: '6.2.0', group: 'stream', complexity: 'O(N) for N entries asked for.',
  summary: 'Gives entries that have been pending for some time to another consumer, and returns where to continue.',
  syntax: 'key group consumer min-idle-time start [COUNT count:integer] [JUSTID]',
  flags: ['write', 'fast'],
  categories: ['stream'],
  keys: [key(1, 'RW delete')],
  tips: ['nondeterministic_output'],
  history: [['7.0.0', 'A third element of the reply: entries that are no longer in the stream, and therefore no longer pending.']],
  run(argv, db, session) {
    const name = argv[1]!;
    // Looked up first, so that a missing key is counted even if an argument is wrong.
    const value = db.lookupRead(name);
    const minIdleMs = Math.max(0, integer(argv[4]!, errors.XAUTOCLAIM_IDLE));
    const start = rangeStart(argv[5]!);
    const { count, onlyIds } = autoclaimOptions(argv);
    const { stream, group } = groupIn(value, name, argv[2]!);
    const nowMs = session.server.clock.nowMs;
    const claimant = (): Consumer => consumerOf(db, name, group, argv[3]!, nowMs);
    db.announce(name);
    const tell = (pending: Pending): void => db.effects?.also(db, claimOf(name, group, formatId(pending), pending));
    const { next, claimed, deleted } = claimFrom(stream, group, claimant, start, { minIdleMs, count, onlyIds, nowMs, tell });
    db.effects?.withhold();
    db.changedUnwatched(name, 't', null);
    return [formatId(next ?? ZERO_ID), claimed, deleted.map(formatId)];
  },
});

interface Autoclaim {
  readonly minIdleMs: number;
  readonly count: number;
  readonly onlyIds: boolean;
  readonly nowMs: number;
  /** Called with an entry that was claimed, or is about to be dropped. */
  tell(pending: Pending): void;
}

function claimFrom(stream: StreamValue, group: Group, claimant: () => Consumer, start: StreamId, { minIdleMs, count, onlyIds, nowMs, tell }: Autoclaim) {
  const claimed: Reply[] = [];
  const deleted: Pending[] = [];
  let next = group.pending.atOrAfter(start);
  for (let attempts = count * AUTOCLAIM_ATTEMPTS; next !== undefined && attempts > 0 && claimed.length + deleted.length < count; attempts--) {
    const pending = next;
    next = group.pending.after(pending);
    const entry = stream.find(pending);
    if (entry === undefined) {
      tell(pending);
      group.deletePending(pending);
      deleted.push(pending);
    } else if (minIdleMs === 0 || nowMs - pending.deliveredMs >= minIdleMs) {
      tell(group.deliver(pending, claimant(), nowMs, onlyIds ? pending.deliveries : oneMore(pending.deliveries)));
      claimed.push(onlyIds ? formatId(entry) : entryReply(entry));
    }
  }
  return { next, claimed, deleted };
}
