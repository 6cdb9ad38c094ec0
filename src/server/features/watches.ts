/**
 * Watches: the keys that clients have named with WATCH, and the clients whose EXEC must fail.
 *
 *   WATCH k          db 0:  k → { client 7, client 9 }      one Watch for each client and key, also listed in session.watched
 *   SET k (any client) both sessions: isWatchBroken, and dropped here at once; EXEC replies nil
 *
 * While there is no watch, this is no listener of the keyspace, so a change costs nothing.
 *
 * An expired key counts as deleted even if it has not been deleted yet: EXEC checks the clock. But a key that had already expired at WATCH does not change by
 * being deleted (Redis 7.0's wk->expired).
 */
import type { Database } from '../keyspace/database.js';
import type { KeyspaceListener } from '../keyspace/keyspace.js';
import { type KeyspaceListeners, LISTENER_RANKS } from '../keyspace/listeners.js';

/** What a watch needs of a client. */
export interface WatchingClient {
  readonly id: number;
  /** Its watches; null while it has none. */
  watched: Watch[] | null;
  /** A watched key has changed: EXEC will reply nil. */
  isWatchBroken: boolean;
}

export interface Watch {
  readonly session: WatchingClient;
  readonly db: Database;
  readonly key: string;
  /** The key had expired at WATCH, and has not been deleted since. */
  wasExpired: boolean;
}

/** A watch as data. */
export interface WatchState {
  readonly token: number;
  readonly db: number;
  readonly key: string;
  readonly wasExpired: boolean;
}

/** The watches of one key, by client, so that naming a key twice is detected without a search. */
type Watchers = Map<WatchingClient, Watch>;

export class Watches implements KeyspaceListener {
  private readonly watched = new Map<Database, Map<string, Watchers>>();

  constructor(
    private readonly listeners: KeyspaceListeners,
    private readonly clock: { readonly nowMs: number },
  ) {}

  watch(session: WatchingClient, db: Database, key: string): void {
    // Once broken, more watches cannot change the outcome.
    if (session.isWatchBroken) return;
    this.add({ session, db, key, wasExpired: this.isExpired(db, key) });
  }

  private add(watch: Watch): void {
    const { session, db, key } = watch;
    const watchers = this.watchersOf(db, key);
    if (watchers.has(session)) return;
    watchers.set(session, watch);
    (session.watched ??= []).push(watch);
    this.listeners.join(this, LISTENER_RANKS.watches);
  }

  capture(): WatchState[] {
    const watches = [...this.watched.values()].flatMap((keys) => [...keys.values()]).flatMap((watchers) => [...watchers.values()]);
    return watches.map(({ session, db, key, wasExpired }) => ({ token: session.id, db: db.index, key, wasExpired }));
  }

  restore(watches: readonly WatchState[], sessions: ReadonlyMap<number, WatchingClient>, databases: readonly Database[]): void {
    for (const { token, db, key, wasExpired } of watches) this.add({ session: sessions.get(token)!, db: databases[db]!, key, wasExpired });
  }

  /** Drops all watches of a client, and the fact that one was broken. */
  unwatch(session: WatchingClient): void {
    this.drop(session);
    session.isWatchBroken = false;
  }

  /** True if EXEC must fail. */
  isBroken(session: WatchingClient): boolean {
    if (session.isWatchBroken) return true;
    const { watched } = session;
    return watched !== null && watched.some((watch) => !watch.wasExpired && this.isExpired(watch.db, watch.key));
  }

  keyModified(db: Database, key: string): void {
    const watchers = this.watched.get(db)?.get(key);
    if (watchers === undefined) return;
    for (const watch of watchers.values()) {
      // Deleting what counted as deleted is no change; from here on the watch is an ordinary one.
      if (watch.wasExpired && !db.dict.has(key)) watch.wasExpired = false;
      else this.break(watch.session);
    }
  }

  notify(): void {}

  /** As touchAllWatchedKeysInDb: watched keys that exist before or after have changed. */
  flushing(db: Database, replacement: Database | null): void {
    const keys = this.watched.get(db);
    if (keys === undefined) return;
    for (const [key, watchers] of keys) {
      const wasThere = db.dict.has(key);
      const willBeThere = replacement !== null && replacement.dict.has(key);
      if (!wasThere && !willBeThere) continue;
      const willBeExpired = willBeThere && this.isExpired(replacement, key);
      for (const watch of watchers.values()) this.replaced(watch, wasThere, willBeThere, willBeExpired);
    }
  }

  flushed(): void {}

  private replaced(watch: Watch, wasThere: boolean, willBeThere: boolean, willBeExpired: boolean): void {
    if (watch.wasExpired && !willBeThere) watch.wasExpired = false;
    else if (willBeExpired && (watch.wasExpired || !wasThere)) watch.wasExpired = true;
    else this.break(watch.session);
  }

  private break(session: WatchingClient): void {
    session.isWatchBroken = true;
    this.drop(session);
  }

  private drop(session: WatchingClient): void {
    const { watched } = session;
    if (watched === null) return;
    session.watched = null;
    for (const watch of watched) this.remove(watch);
    if (this.watched.size === 0) this.listeners.leave(this);
  }

  private remove(watch: Watch): void {
    const keys = this.watched.get(watch.db)!;
    const watchers = keys.get(watch.key)!;
    watchers.delete(watch.session);
    if (watchers.size > 0) return;
    keys.delete(watch.key);
    if (keys.size === 0) this.watched.delete(watch.db);
  }

  private watchersOf(db: Database, key: string): Watchers {
    let keys = this.watched.get(db);
    if (keys === undefined) this.watched.set(db, (keys = new Map()));
    let watchers = keys.get(key);
    if (watchers === undefined) keys.set(key, (watchers = new Map()));
    return watchers;
  }

  private isExpired(db: Database, key: string): boolean {
    const atMs = db.expireAt(key);
    return atMs !== -1 && this.clock.nowMs > atMs;
  }
}
