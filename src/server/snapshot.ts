/**
 * Snapshot: the state of the running server at one moment, cut to what a screen can show.
 *
 * Taken on the loop thread between two events, also while the loop is held. The trace reports what happens between two snapshots. However many keys and
 * connections there are, only the requested windows are read and sent.
 */
import type { Session } from './command/session.js';
import { formatFault } from './faults/fault.js';
import { inspectKeys, type KeyOrder, type KeyRow } from './keyspace/inspect.js';
import { momentUs } from './loop/clock.js';
import { inspectValue, type ValueView, type ValueWindow } from './keyspace/inspect-value.js';
import { formatAddress } from './io/poll.js';
import type { Replica } from './replication/replica.js';
import type { Replication, Role } from './replication/replication.js';
import type { Server } from './server.js';

/** Sorting reads every key, or every volatile one by expiry; beyond this number the order is the stored one, and the snapshot says so. */
const MAX_SORTED_KEYS = 20_000;

export interface SnapshotRequest {
  readonly keys: {
    readonly db: number;
    readonly offset: number;
    readonly limit: number;
    readonly order: KeyOrder;
    /** A glob; `*` for all. */
    readonly match: string;
  };
  /** Maximum number of clients. */
  readonly clients: number;
  /** Token of a client that is included in any case, if it exists; null or left out: none. */
  readonly client?: number | null;
  /** Include the commands that have been called, with their times; left out: not included, because percentiles are computed from long tables. */
  readonly commands?: boolean;
  /** A page of one value; null or left out: none. */
  readonly value?: ValueWindow | null;
}

const REQUEST_SHAPE = 'a snapshot is asked for by { keys: { db, offset, limit, order, match }, clients }';

/** Throws a TypeError for invalid requests of untyped programs; later they would end the loop. */
export function checkRequest(request: SnapshotRequest): void {
  const { keys, clients } = request as Partial<SnapshotRequest>;
  const numbers = [clients, keys?.db, keys?.offset, keys?.limit];
  if (typeof keys?.match !== 'string' || !numbers.every((value) => typeof value === 'number' && value >= 0)) throw new TypeError(REQUEST_SHAPE);
}

export interface ClientSnapshot {
  readonly token: number;
  readonly fd: number;
  readonly peer: string;
  readonly local: string;
  readonly name: string;
  readonly db: number;
  readonly resp: 2 | 3;
  /** The keys that a blocked client waits for, and until when in unix time (0: for ever); null if it is not blocked. */
  readonly parkedOn: { readonly keys: readonly string[]; readonly deadlineMs: number } | null;
  readonly inTransaction: boolean;
  readonly subscriptions: number;
  readonly isMonitor: boolean;
  /** Its role in replication; null for an ordinary client. */
  readonly link: LinkSnapshot | null;
  readonly awaitsWritable: boolean;
  /** Bits: 1 READABLE, 2 WRITABLE, 4 edge-triggered. */
  readonly interest: number;
  /** It was a client of the server whose state this one started from, and has no socket. */
  readonly isGhost: boolean;
  readonly queryBytes: number;
  readonly outputBytes: number;
  /** The part of these that waits until the append-only file is on the disk. */
  readonly outputHeld: number;
  readonly lastCommand: string;
  /** Whole requests, and bytes read and written, since it connected. */
  readonly requests: number;
  readonly bytesRead: number;
  readonly bytesWritten: number;
  /** Milliseconds. */
  readonly ageMs: number;
  readonly idleMs: number;
}

/** A connection to another server with the same history of changes. Offsets are bytes of that history. */
export type LinkSnapshot =
  | {
      readonly part: 'replica';
      readonly phase: Replica['phase'];
      /** Bytes that it has not acknowledged. */
      readonly behind: number;
      /** Milliseconds since its last acknowledgement; null: there was none. */
      readonly silentMs: number | null;
    }
  | { readonly part: 'master'; readonly offset: number };

/** The role of the server in replication. */
export interface ReplicationSnapshot {
  readonly role: Role;
  readonly offset: number;
  /** Bytes of the history that are kept for replicas that reconnect. */
  readonly backlogBytes: number;
  /**
   * The master as host:port, and the state of the link in the words of ROLE; null: this is a master. `receiving`: the dataset, while it arrives; a total of -1
   * is unknown.
   */
  readonly master: { readonly address: string; readonly state: string; readonly receiving: Progress | null } | null;
}

export interface Progress {
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface AppendOnlySnapshot {
  readonly bytes: number;
  /** What a power failure could lose, with the age of the oldest of it; null: nothing. */
  readonly atRisk: { readonly bytes: number; readonly ageMs: number } | null;
  /** What could not be written, and why; null: everything could. */
  readonly unwritten: { readonly bytes: number; readonly why: string } | null;
}

/** What is being read from the disk or written to it. */
export interface PersistenceSnapshot {
  /** A dataset being loaded, at the start or from a master; null: there is none. */
  readonly loading: Progress | null;
  /** The snapshot being made; null: there is none. */
  readonly saving: { readonly keysWritten: number; readonly keysTotal: number; readonly preImageBytes: number } | null;
  /** The append-only file; null: it is off. */
  readonly appendOnly: AppendOnlySnapshot | null;
  /** A server that ends leaves its dataset on the disk: in the append-only file, or in a snapshot, since it has save points. */
  readonly isKept: boolean;
}

/** Counters of a command since the start, or since CONFIG RESETSTAT. */
export interface CommandSnapshot {
  /** `config|get` for a subcommand. */
  readonly name: string;
  readonly calls: number;
  readonly elapsedUs: number;
  /** Of the calls made while latency-tracking was on; null: none. The percentiles have two significant digits, as in LATENCY HISTOGRAM. */
  readonly times: { readonly p50Us: number; readonly p99Us: number; readonly maxUs: number } | null;
}

export interface KeysSnapshot {
  readonly db: number;
  readonly offset: number;
  /** `stored` instead of the requested order if there are too many keys to sort. */
  readonly order: KeyOrder;
  /** Keys in the database, whatever the filter. */
  readonly total: number;
  readonly rows: readonly KeyRow[];
}

export interface Snapshot {
  /** The loop's clocks: unix time in ms, which stands still while the loop is held, and monotonic time in µs. */
  readonly nowMs: number;
  readonly nowUs: number;
  /** How long the loop has been held so far, in ms: its unix time is behind the system's by this. 0 in a replay, where time is virtual too. */
  readonly heldMs: number;
  /** The loop's unix time when the last hold began; 0: there was none. */
  readonly heldAtMs: number;
  readonly turn: number;
  /** Rules and defects in force at the seams of the loop, as typed; oldest first. */
  readonly rules: readonly string[];
  /** Sources registered with the poll besides clients: a listener for each address, and the waker. */
  readonly listeners: readonly { readonly token: number; readonly fd: number; readonly address: string; readonly interest: number }[];
  /** -1: there is none. */
  readonly wakerFd: number;
  /** Null: there is none; left out: 1. */
  readonly wakerToken?: number | null;
  readonly clientCount: number;
  readonly clients: readonly ClientSnapshot[];
  /** Null unless requested. */
  readonly commands: readonly CommandSnapshot[] | null;
  /** Number of databases, empty ones included. */
  readonly databaseCount: number;
  /** Databases that are not empty. */
  readonly databases: readonly { readonly index: number; readonly keys: number; readonly volatile: number }[];
  readonly keys: KeysSnapshot;
  /** The requested page; null if none was requested, or if there is no such key. */
  readonly value: ValueView | null;
  /** Null: this kind of server does not replicate. */
  readonly replication: ReplicationSnapshot | null;
  /** Null: this kind of server keeps no data on disk. */
  readonly persistence: PersistenceSnapshot | null;
  /** Totals since the start. */
  readonly stats: {
    readonly connections: number;
    readonly commands: number;
    readonly bytesRead: number;
    readonly bytesWritten: number;
    /** Calls of read and write that moved bytes. */
    readonly reads: number;
    readonly writes: number;
    readonly hits: number;
    readonly misses: number;
    readonly expired: number;
    readonly evicted: number;
  };
}

export function takeSnapshot(server: Server, request: SnapshotRequest): Snapshot {
  const { clock, stats, keyspace } = server;
  return {
    nowMs: clock.nowMs,
    nowUs: momentUs(clock),
    heldMs: clock.heldMs ?? 0,
    heldAtMs: clock.heldAtMs ?? 0,
    turn: server.loop.turnNumber,
    rules: server.loopFaults.rules.inForce.map(formatFault),
    listeners: server.listeners.map(({ token, listener, address, interest }) => ({ token, fd: listener.fd, address, interest })),
    wakerFd: server.loop.poll.waker.fd,
    clientCount: server.sessions.size,
    clients: clientSnapshots(server, request),
    commands: request.commands === true ? commandSnapshots(server) : null,
    databaseCount: keyspace.databases.length,
    databases: keyspace.databases.filter((db) => db.size > 0).map((db) => ({ index: db.index, keys: db.size, volatile: db.expires.size })),
    keys: keysSnapshot(server, request.keys),
    value: request.value === undefined || request.value === null ? null : inspectValue(keyspace, request.value),
    replication: replicationSnapshot(server),
    persistence: persistenceSnapshot(server),
    stats: {
      connections: stats.connectionsReceived,
      commands: stats.commandsProcessed,
      bytesRead: stats.bytesRead,
      bytesWritten: stats.bytesWritten,
      reads: stats.reads,
      writes: stats.writes,
      hits: keyspace.stats.hits,
      misses: keyspace.stats.misses,
      expired: keyspace.stats.expired,
      evicted: keyspace.stats.evicted,
    },
  };
}

function replicationSnapshot({ replication, replicas, primaryLink }: Server): ReplicationSnapshot {
  const { master, phase, transfer } = primaryLink;
  const receiving = phase === 'sync' && transfer !== null ? { bytes: transfer.received, totalBytes: transfer.total } : null;
  return {
    role: replication.role,
    offset: replication.offset,
    backlogBytes: replicas.backlog?.length ?? 0,
    master: master === null ? null : { address: formatAddress(master), state: primaryLink.stateName, receiving },
  };
}

function persistenceSnapshot({ persistence, appendOnly, loading }: Server): PersistenceSnapshot {
  return {
    loading: loading === null ? null : { bytes: loading.loadedBytes, totalBytes: loading.totalBytes },
    saving: persistence.progress,
    appendOnly: appendOnly.isOn ? { bytes: appendOnly.currentBytes, atRisk: appendOnly.writer.atRisk, unwritten: appendOnly.writer.unwritten } : null,
    isKept: appendOnly.isOn || persistence.hasSavePoints,
  };
}

function linkSnapshot({ replica, isMaster }: Session, { offset }: Replication, nowMs: number): LinkSnapshot | null {
  if (isMaster) return { part: 'master', offset };
  if (replica === null) return null;
  const { phase, ackMs, ackOffset } = replica;
  return { part: 'replica', phase, behind: Math.max(0, offset - ackOffset), silentMs: ackMs === 0 ? null : Math.max(0, nowMs - ackMs) };
}

function clientSnapshots({ sessions, clock, replication }: Server, { clients, client = null }: SnapshotRequest): ClientSnapshot[] {
  const first = Array.from(firstOf(sessions.values(), clients), (session) => clientSnapshot(session, replication, clock.nowMs));
  const wanted = client === null || first.some(({ token }) => token === client) ? undefined : sessions.get(client);
  return wanted === undefined ? first : [...first, clientSnapshot(wanted, replication, clock.nowMs)];
}

function commandSnapshots({ commands, statistics }: Server): CommandSnapshot[] {
  const all = [...commands.values()].flatMap((command) => [command, ...(command.subcommands?.values() ?? [])]);
  return all.filter(({ stats }) => stats.calls > 0).map((command) => {
    const histogram = statistics.histograms.get(command);
    const times = histogram === undefined ? null : { p50Us: histogram.cutPercentileUs(50), p99Us: histogram.cutPercentileUs(99), maxUs: histogram.longestUs };
    return { name: command.fullName, calls: command.stats.calls, elapsedUs: command.stats.elapsedUs, times };
  });
}

function clientSnapshot(session: Session, replication: Replication, nowMs: number): ClientSnapshot {
  const { transport, waiting } = session;
  return {
    token: session.id,
    fd: transport.fd,
    peer: transport.peer,
    local: transport.local,
    name: session.name,
    db: session.db.index,
    resp: session.version,
    parkedOn: waiting === null ? null : { keys: waiting.request.keys, deadlineMs: waiting.deadlineMs },
    inTransaction: session.transaction !== null,
    subscriptions: session.subscriptions,
    isMonitor: session.isMonitor,
    link: linkSnapshot(session, replication, nowMs),
    awaitsWritable: transport.awaitsWritable,
    interest: transport.interest,
    isGhost: transport.isGhost,
    queryBytes: transport.queryBytes,
    outputBytes: transport.outputBytes,
    outputHeld: transport.outputHeld,
    lastCommand: session.lastCommand?.fullName ?? '',
    requests: session.frame,
    bytesRead: session.bytesRead,
    bytesWritten: session.bytesWritten,
    ageMs: nowMs - session.createdMs,
    idleMs: nowMs - session.lastInteractionMs,
  };
}

function keysSnapshot({ keyspace }: Server, { db, offset, limit, order, match }: SnapshotRequest['keys']): KeysSnapshot {
  const database = keyspace.databases[db];
  const total = database?.size ?? 0;
  const compared = order === 'expiry' ? (database?.expires.size ?? 0) : total;
  const sorted = compared > MAX_SORTED_KEYS ? 'stored' : order;
  return { db, offset, order: sorted, total, rows: inspectKeys(keyspace, { db, offset, limit, order: sorted, match }) };
}

function* firstOf<T>(items: Iterable<T>, limit: number): Generator<T> {
  let left = limit;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}
