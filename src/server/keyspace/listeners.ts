/**
 * KeyspaceListeners: several listeners behind the one field `keyspace.listener`.
 *
 *   no listener          listener = null        a change costs one comparison
 *   one listener         listener = that one    … and its own work
 *   several listeners    listener = this        … in the order of their rank
 *
 * WATCH, parked clients, client-side caching and notifications join while they need changes, and leave when they no longer do.
 */
import type { Database } from './database.js';
import type { EventClass, Keyspace, KeyspaceListener } from './keyspace.js';

/** The order in which listeners are called: as signalModifiedKey comes before notifyKeyspaceEvent in Redis. */
export const LISTENER_RANKS = { watches: 0, tracking: 1, blocking: 2, notifications: 3 } as const;

export class KeyspaceListeners implements KeyspaceListener {
  /** In the order of rank; replaced, never changed, because a listener may leave while it is being called. */
  private joined: readonly { readonly rank: number; readonly listener: KeyspaceListener }[] = [];

  constructor(private readonly keyspace: Keyspace) {}

  /** Adds a listener. Joining twice changes nothing. */
  join(listener: KeyspaceListener, rank: number): void {
    if (this.joined.some((entry) => entry.listener === listener)) return;
    this.joined = [...this.joined, { rank, listener }].sort((a, b) => a.rank - b.rank);
    this.install();
  }

  leave(listener: KeyspaceListener): void {
    this.joined = this.joined.filter((entry) => entry.listener !== listener);
    this.install();
  }

  keyModified(db: Database, key: string): void {
    for (const { listener } of this.joined) listener.keyModified(db, key);
  }

  notify(db: Database, eventClass: EventClass, event: string, key: string): void {
    for (const { listener } of this.joined) listener.notify(db, eventClass, event, key);
  }

  flushing(db: Database, replacement: Database | null): void {
    for (const { listener } of this.joined) listener.flushing(db, replacement);
  }

  flushed(db: Database): void {
    for (const { listener } of this.joined) listener.flushed(db);
  }

  private install(): void {
    const { joined, keyspace } = this;
    keyspace.listener = joined.length === 0 ? null : joined.length === 1 ? joined[0]!.listener : this;
  }
}
