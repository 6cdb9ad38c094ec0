/**
 * Snapshot: the state of the running server at one moment, cut to what a screen can show.
 *
 * Taken on the loop thread between two events, also while the loop is held. The trace tells what happens between two of them. However many keys and
 * connections there are, only the windows asked for are looked at and travel.
 */
import type { Session } from './command/session.js';
import { inspectKeys, type KeyOrder, type KeyRow } from './keyspace/inspect.js';
import { inspectValue, type ValueView, type ValueWindow } from './keyspace/inspect-value.js';
import type { Server } from './server.js';

/** Sorting looks at every key, or every volatile one by expiry; past this many the order is the stored one, and the snapshot says so. */
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
  /** The most clients. */
  readonly clients: number;
  /** A page of one value; null or left out: none. */
  readonly value?: ValueWindow | null;
}

export interface ClientSnapshot {
  readonly token: number;
  readonly fd: number;
  readonly peer: string;
  readonly local: string;
  readonly name: string;
  readonly library: string;
  readonly db: number;
  readonly resp: 2 | 3;
  /** Keys a blocked client waits for, and until when in unix time (0: for ever); null if it is not blocked. */
  readonly parkedOn: { readonly keys: readonly string[]; readonly deadlineMs: number } | null;
  readonly inTransaction: boolean;
  readonly subscriptions: number;
  readonly isMonitor: boolean;
  readonly awaitsWritable: boolean;
  readonly queryBytes: number;
  readonly outputBytes: number;
  readonly lastCommand: string;
  /** Milliseconds. */
  readonly ageMs: number;
  readonly idleMs: number;
}

export interface KeysSnapshot {
  readonly db: number;
  readonly offset: number;
  /** `stored` instead of what was asked for if there are too many keys to sort. */
  readonly order: KeyOrder;
  /** Keys in the database, whatever the filter. */
  readonly total: number;
  readonly rows: readonly KeyRow[];
}

export interface Snapshot {
  /** The loop's clocks: unix time in ms, which stands still while the loop is held, and monotonic time in µs. */
  readonly nowMs: number;
  readonly nowUs: number;
  readonly turn: number;
  /** What is registered with the poll besides clients: a listener for each address, and the waker. */
  readonly listeners: readonly { readonly token: number; readonly fd: number; readonly address: string }[];
  /** -1: it has none. */
  readonly wakerFd: number;
  readonly clientCount: number;
  readonly clients: readonly ClientSnapshot[];
  /** Databases that there are, empty ones included. */
  readonly databaseCount: number;
  /** Databases that are not empty. */
  readonly databases: readonly { readonly index: number; readonly keys: number; readonly volatile: number }[];
  readonly keys: KeysSnapshot;
  /** The page that was asked for; null if none was, or if there is no such key. */
  readonly value: ValueView | null;
  /** Totals since the start. */
  readonly stats: {
    readonly connections: number;
    readonly commands: number;
    readonly bytesRead: number;
    readonly bytesWritten: number;
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
    nowUs: clock.measureUs(),
    turn: server.loop.turnNumber,
    listeners: server.listeners.map(({ token, listener, address }) => ({ token, fd: listener.fd, address })),
    wakerFd: server.loop.poll.waker.fd,
    clientCount: server.sessions.size,
    clients: Array.from(firstOf(server.sessions.values(), request.clients), (session) => clientSnapshot(session, clock.nowMs)),
    databaseCount: keyspace.databases.length,
    databases: keyspace.databases.filter((db) => db.size > 0).map((db) => ({ index: db.index, keys: db.size, volatile: db.expires.size })),
    keys: keysSnapshot(server, request.keys),
    value: request.value === undefined || request.value === null ? null : inspectValue(keyspace, request.value),
    stats: {
      connections: stats.connectionsReceived,
      commands: stats.commandsProcessed,
      bytesRead: stats.bytesRead,
      bytesWritten: stats.bytesWritten,
      hits: keyspace.stats.hits,
      misses: keyspace.stats.misses,
      expired: keyspace.stats.expired,
      evicted: keyspace.stats.evicted,
    },
  };
}

function clientSnapshot(session: Session, nowMs: number): ClientSnapshot {
  const { transport, waiting } = session;
  return {
    token: session.id,
    fd: transport.fd,
    peer: transport.peer,
    local: transport.local,
    name: session.name,
    library: session.libraryName,
    db: session.db.index,
    resp: session.version,
    parkedOn: waiting === null ? null : { keys: waiting.request.keys, deadlineMs: waiting.deadlineMs },
    inTransaction: session.transaction !== null,
    subscriptions: session.subscriptions,
    isMonitor: session.isMonitor,
    awaitsWritable: transport.awaitsWritable,
    queryBytes: transport.queryBytes,
    outputBytes: transport.outputBytes,
    lastCommand: session.lastCommand?.fullName ?? '',
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
