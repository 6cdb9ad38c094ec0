/**
 * The keyspace: all databases, and what they share: clock, statistics, and who wants to know of changes.
 */
import type { Tap } from '../trace/tap.js';
import { Database } from './database.js';

/** The event classes of keyspace notifications, by the letter that notify-keyspace-events gives them. */
export type EventClass = 'g' | '$' | 'l' | 's' | 'h' | 'z' | 'x' | 'e' | 't' | 'd' | 'm' | 'n';

/** Who wants to know of changes: WATCH, blocked clients, client-side caching, notifications. Wired by server.ts. */
export interface KeyspaceListener {
  /** A key was created, changed or deleted; not called for reads. */
  keyModified(db: Database, key: string): void;
  /** Something happened that keyspace notifications have a name for. */
  notify(db: Database, eventClass: EventClass, event: string, key: string): void;
  /** The keys of a database are about to go, all at once, or (SWAPDB) to become those of `replacement`. */
  flushing(db: Database, replacement: Database | null): void;
  /** All keys of a database are gone, or have become those of another one. */
  flushed(db: Database): void;
}

export class KeyspaceStats {
  hits = 0;
  misses = 0;
  expired = 0;
  expiredStale = 0;
  evicted = 0;
}

/** The settings of the keyspace, kept up to date by config.ts. */
export interface KeyspaceSettings {
  lazyExpire: boolean;
  lfu: boolean;
}

export class Keyspace {
  readonly databases: Database[];
  readonly stats = new KeyspaceStats();
  /** Rises with every change: what the next save would have to write, and how propagation knows that a command wrote. */
  dirty = 0;
  /** The token of the client whose command runs, 0 for the loop's own work; stands in the trace. */
  actingToken = 0;
  /** In a transaction and in a script time stands still: a key does not expire between two of its commands. */
  listener: KeyspaceListener | null = null;

  /**
   * @param clock gives unix time in ms
   * @param random evenly distributed in [0, 1), from the server's seed
   */
  constructor(
    count: number,
    readonly clock: { readonly nowMs: number },
    readonly random: () => number,
    readonly tap: Tap,
  ) {
    this.databases = Array.from({ length: count }, (_, index) => new Database(this, index));
  }
}
