/**
 * ClientEviction: maxmemory-clients. While all clients together use more than the limit, the largest ones are disconnected, except those with CLIENT NO-EVICT.
 * Exists only while there is a limit; checks before each command and before the loop sleeps.
 *
 *   touched   clients whose memory may have changed since the last check
 *   sizes     the memory of each client at that time; `total` is their sum
 */
import { clientInfo, clientMemory } from '../command/client-info.js';
import type { Session } from '../command/session.js';

/** The settings in force; names as in redis.conf. */
export interface ClientMemorySettings {
  /** Bytes; negative: percent of maxmemory. */
  readonly 'maxmemory-clients': number;
  readonly maxmemory: number;
}

interface Surroundings {
  readonly sessions: ReadonlyMap<number, Session>;
  readonly stats: { clientsEvicted: number };
  log(level: 'notice' | 'warning', message: string): void;
}

/** With less, no client could use the server at all. */
const SMALLEST_LIMIT = 128 * 1024;

export class ClientEviction {
  private readonly touched: Set<Session>;
  private readonly sizes = new Map<Session, number>();
  private total = 0;
  /** The last check found more than the limit, and no client to disconnect. */
  private hasWarned = false;

  constructor(
    private readonly settings: ClientMemorySettings,
    private readonly server: Surroundings,
  ) {
    this.touched = new Set(server.sessions.values());
  }

  /** Marks a client whose memory use may have changed: input, subscriptions or output. */
  touch(session: Session): void {
    this.touched.add(session);
  }

  /** Called when the connection is gone. */
  forget(session: Session): void {
    this.touched.delete(session);
    this.total -= this.sizes.get(session) ?? 0;
    this.sizes.delete(session);
  }

  /** Called before a command of this client. False if the client was disconnected. */
  admits(session: Session): boolean {
    this.touched.add(session);
    this.look();
    return !session.closing;
  }

  /** Disconnects clients until the others are within the limit, or none is left that may be disconnected. */
  look(): void {
    this.measure();
    const limit = limitOf(this.settings);
    if (this.total < limit) {
      this.hasWarned = false;
      return;
    }
    for (const session of this.largestFirst()) {
      this.evict(session);
      if (this.total < limit) return;
    }
    if (!this.hasWarned) this.server.log('warning', 'Over client maxmemory after evicting all evictable clients');
    this.hasWarned = true;
  }

  private measure(): void {
    for (const session of this.touched) {
      // Its output is discarded, and no longer counts.
      const bytes = session.transport.isDoomed ? 0 : clientMemory(session);
      this.total += bytes - (this.sizes.get(session) ?? 0);
      this.sizes.set(session, bytes);
    }
    this.touched.clear();
  }

  private largestFirst(): Session[] {
    const evictable = [...this.sizes].filter(([{ noEvict, isReplica, isMaster }]) => !noEvict && !isReplica && !isMaster);
    return evictable.sort(([, a], [, b]) => b - a).map(([session]) => session);
  }

  private evict(session: Session): void {
    this.server.log('notice', `Evicting client: ${clientInfo(session)}`);
    this.server.stats.clientsEvicted++;
    // This calls forget().
    session.transport.close('maxmemory-clients');
  }
}

function limitOf({ 'maxmemory-clients': bytes, maxmemory }: ClientMemorySettings): number {
  if (bytes < 0 && maxmemory === 0) return Infinity;
  return Math.max(SMALLEST_LIMIT, bytes < 0 ? Math.floor((maxmemory * -bytes) / 100) : bytes);
}
