/**
 * Snapshot: the state of the running server at one moment, for whoever begins to watch in the middle; the trace tells what follows.
 *
 * Taken on the loop thread between two events, also while the loop is held.
 */
import type { Server } from './server.js';

export interface SnapshotRequest {
  /** How many keys at most. */
  readonly keys: number;
}

export interface ClientSnapshot {
  readonly token: number;
  readonly fd: number;
  readonly peer: string;
  readonly local: string;
  readonly name: string;
  readonly db: number;
  readonly resp: 2 | 3;
  readonly parked: boolean;
  readonly subscriptions: number;
  readonly queryBytes: number;
  readonly outputBytes: number;
  readonly lastCommand: string;
  /** Milliseconds. */
  readonly ageMs: number;
  readonly idleMs: number;
}

export interface Snapshot {
  /** The loop's clocks: unix time, which stands still while the loop is held, and monotonic time. */
  readonly nowMs: number;
  readonly nowUs: number;
  readonly turn: number;
  readonly clients: readonly ClientSnapshot[];
  readonly databases: readonly { readonly index: number; readonly keys: number; readonly volatile: number }[];
  readonly stats: { readonly connections: number; readonly commands: number; readonly bytesRead: number; readonly bytesWritten: number; readonly hits: number; readonly misses: number; readonly expired: number; readonly evicted: number };
}

export function takeSnapshot(server: Server, _request: SnapshotRequest): Snapshot {
  const { clock, stats, keyspace } = server;
  return {
    nowMs: clock.nowMs,
    nowUs: clock.readUs(),
    turn: server.loop.turnNumber,
    clients: [...server.sessions.values()].map((session) => {
      const { transport } = session;
      return {
        token: session.id,
        fd: transport.fd,
        peer: transport.peer,
        local: transport.local,
        name: session.name,
        db: session.db.index,
        resp: session.version,
        parked: session.parked,
        subscriptions: session.subscriptions,
        queryBytes: transport.queryBytes,
        outputBytes: transport.outputBytes,
        lastCommand: session.lastCommand?.fullName ?? '',
        ageMs: clock.nowMs - session.createdMs,
        idleMs: clock.nowMs - session.lastInteractionMs,
      };
    }),
    databases: keyspace.databases.filter((db) => db.size > 0).map((db) => ({ index: db.index, keys: db.size, volatile: db.expires.size })),
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
