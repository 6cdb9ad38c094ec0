/**
 * Tracking: client-side caching. Remembers which clients have read a key, and invalidates it when it changes (CLIENT TRACKING).
 *
 *   by default    GET k          table:    k → { client 7, client 9 }         invalidated once, then forgotten until the next read
 *   BCAST         PREFIX user:   prefixes: 'user:' → clients, changed keys    invalidated before the loop sleeps, all keys at once
 *
 *   RESP3  >2 invalidate [ k ]                  to the client itself, or to the one it redirects to
 *   RESP2  *3 message __redis__:invalidate [ k ] only to a redirection target that has subscriptions
 *
 * Keys of all databases share the table, as in Redis. While no client tracks and the table is empty, this is no listener of the keyspace.
 */
import type { Database } from '../keyspace/database.js';
import type { KeyspaceListener } from '../keyspace/keyspace.js';
import { type KeyspaceListeners, LISTENER_RANKS } from '../keyspace/listeners.js';
import { LinkedMap } from '../../shared/linked-map.js';
import { Push, type Reply } from '../resp/reply.js';
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import type { RunningCommand, Scheduler } from './surroundings.js';

/** What tracking needs of a client. */
export interface TrackingClient {
  readonly id: number;
  readonly version: 2 | 3;
  readonly subscriptions: number;
  tracking: ClientTracking | null;
  send(push: Reply): void;
}

interface Surroundings {
  /** The token of the client whose command runs, 0 for none. */
  readonly keyspace: { readonly actingToken: number; readonly memory: { tracking: number } };
  readonly dispatcher: RunningCommand;
  readonly scheduler: Scheduler;
  /** All connected clients by id. */
  readonly sessions: ReadonlyMap<number, TrackingClient>;
}

export interface TrackingOptions {
  /** The client that gets the invalidations; 0: the tracking client itself. */
  readonly redirect: number;
  readonly isBroadcast: boolean;
  readonly optIn: boolean;
  readonly optOut: boolean;
  /** Changes by the client itself are not reported. */
  readonly noLoop: boolean;
}

/** The tracking of one client, in `session.tracking` while it is on. */
export class ClientTracking {
  /** CLIENT CACHING was called for the next command or transaction. */
  isCachingGiven = false;
  /** The redirection target is gone. */
  isRedirectBroken = false;
  /** Only in BCAST mode; then at least the empty one, which matches every key. */
  readonly prefixes = new Set<string>();

  constructor(public options: TrackingOptions) {}

  capture(token: number): ClientTrackingState {
    const { options, isCachingGiven, isRedirectBroken, prefixes } = this;
    return { token, options: { ...options }, isCachingGiven, isRedirectBroken, prefixes: [...prefixes] };
  }

  /** True if the keys of a reading command are to be remembered. */
  get remembers(): boolean {
    const { isBroadcast, optIn, optOut } = this.options;
    return !isBroadcast && (!optIn || this.isCachingGiven) && (!optOut || !this.isCachingGiven);
  }
}

/** The tracking of a client as data. */
interface ClientTrackingState extends Pick<ClientTracking, 'options' | 'isCachingGiven' | 'isRedirectBroken'> {
  readonly token: number;
  readonly prefixes: readonly string[];
}

/** All tracking clients, and the table, each in its order. */
export interface TrackingState {
  readonly clients: readonly ClientTrackingState[];
  readonly table: readonly (readonly [key: string, ids: readonly number[]])[];
  readonly prefixes: readonly (readonly [prefix: string, tokens: readonly number[], changed: readonly (readonly [key: string, by: number])[]])[];
  readonly efforts: number;
  readonly effort: TimerState | null;
}

interface Prefix {
  readonly clients: Set<TrackingClient>;
  /** Keys changed since the last broadcast, and the id of the last client that changed each. */
  readonly changed: Map<string, number>;
}

interface Notice {
  readonly session: TrackingClient;
  readonly keys: readonly string[] | null;
}

/** The channel of invalidations for RESP2 clients. */
const CHANNEL = '__redis__:invalidate';

/** Estimated bytes of a key in the table besides its text, and of a client that has read it. */
const KEY_BYTES = 200;
const ITEM_BYTES = 16;

/** How many keys a command removes from an overfull table; more with each command for which that was not enough. */
const KEYS_PER_EFFORT = 100;

/** How often keys are removed from an overfull table while no commands arrive: Redis's default of ten times a second. */
const EFFORT_EVERY_MS = 100;
const TIMER = 'tracking table';

export class Tracking implements KeyspaceListener {
  /** In the order in which keys were first read. */
  private readonly table = new LinkedMap<string, Set<number>>();
  private readonly prefixes = new Map<string, Prefix>();
  private clients = 0;
  private items = 0;
  private efforts = 1;
  /** Set while keys are to be removed from the table. */
  private effort: TimerState | null = null;
  /** Notices for the client whose command runs: its reply comes first. */
  private pending: Notice[] = [];
  private isFlushPending = false;

  constructor(
    private readonly server: Surroundings,
    private readonly listeners: KeyspaceListeners,
    /** tracking-table-max-keys; 0: no limit. */
    private readonly maxKeys: () => number,
  ) {}

  capture(): TrackingState {
    const clients = [...this.server.sessions.values()].flatMap(({ id, tracking }) => (tracking === null ? [] : [tracking.capture(id)]));
    return {
      clients,
      table: Array.from(this.table.entriesInOrder(), ([key, ids]) => [key, [...ids]] as const),
      prefixes: Array.from(this.prefixes, ([prefix, entry]) => [prefix, Array.from(entry.clients, ({ id }) => id), [...entry.changed]] as const),
      efforts: this.efforts,
      effort: captureTimer(this.effort),
    };
  }

  /** The memory of the table is restored with all other memory counters. */
  restore({ clients, table, prefixes, efforts, effort }: TrackingState): void {
    const { sessions, scheduler } = this.server;
    for (const client of clients) sessions.get(client.token)!.tracking = restoreClient(client);
    for (const [key, ids] of table) {
      this.table.add(key, new Set(ids));
      this.items += ids.length;
    }
    for (const [prefix, tokens, changed] of prefixes) {
      this.prefixes.set(prefix, { clients: new Set(tokens.map((token) => sessions.get(token)!)), changed: new Map(changed) });
    }
    this.clients = clients.length;
    this.efforts = efforts;
    if (effort !== null) this.effort = scheduler.restore(TIMER, effort, () => this.makeEffort());
    if (this.clients > 0 || this.table.size > 0) this.listeners.join(this, LISTENER_RANKS.tracking);
  }

  /** Figures of INFO. */
  get counts(): { readonly clients: number; readonly keys: number; readonly items: number; readonly prefixes: number } {
    return { clients: this.clients, keys: this.table.size, items: this.items, prefixes: this.prefixes.size };
  }

  get isActive(): boolean {
    return this.clients > 0;
  }

  /** CLIENT TRACKING ON. Prefixes are added to those that the client already has. */
  enable(session: TrackingClient, options: TrackingOptions, prefixes: readonly string[]): void {
    if (session.tracking === null) {
      session.tracking = new ClientTracking(options);
      this.clients++;
      this.listeners.join(this, LISTENER_RANKS.tracking);
    }
    session.tracking.options = options;
    session.tracking.isRedirectBroken = false;
    if (options.isBroadcast) for (const prefix of prefixes.length === 0 ? [''] : prefixes) this.addPrefix(session, session.tracking, prefix);
  }

  /** CLIENT TRACKING OFF, RESET, and the end of the connection. The client's entries in the table are dropped when they are used. */
  disable(session: TrackingClient): void {
    const { tracking } = session;
    if (tracking === null) return;
    for (const prefix of tracking.prefixes) this.removePrefix(session, prefix);
    session.tracking = null;
    this.clients--;
    this.leaveIfIdle();
  }

  /** The table is kept for clients that track again; changes are needed as long as it is not empty. */
  private leaveIfIdle(): void {
    if (this.clients === 0 && this.table.size === 0) this.listeners.leave(this);
  }

  /** Called when a client whose keys are to be remembered has read these. */
  remember(id: number, keys: readonly string[]): void {
    for (const key of keys) this.add(key, id);
    this.limitSoon();
  }

  /** Called before each command while there is a tracking client: removes the oldest keys if the table has grown too large. */
  limitKeys(): void {
    if (!this.isOverfull) {
      this.efforts = 1;
      return;
    }
    const maxKeys = this.maxKeys();
    for (let effort = KEYS_PER_EFFORT * this.efforts++; effort > 0 && this.table.size > maxKeys; effort--) this.invalidate(this.table.firstKey!);
    this.limitSoon();
  }

  private get isOverfull(): boolean {
    const maxKeys = this.maxKeys();
    return maxKeys !== 0 && this.table.size > maxKeys;
  }

  /** Removes keys also if no commands arrive: after the last one has read keys, and when the limit has been lowered. */
  limitSoon(): void {
    if (!this.isOverfull || this.effort !== null || this.clients === 0) return;
    this.effort = this.server.scheduler.after(TIMER, EFFORT_EVERY_MS, () => this.makeEffort());
  }

  private makeEffort(): void {
    this.effort = null;
    if (this.clients > 0) this.limitKeys();
  }

  keyModified(_db: Database, key: string): void {
    if (this.prefixes.size > 0) this.rememberForBroadcast(key);
    this.invalidate(key);
  }

  notify(): void {}

  /** Every tracking client gets a nil instead of keys, which invalidates everything; SWAPDB sends nothing, as in Redis. */
  flushing(_db: Database, replacement: Database | null): void {
    if (replacement !== null || this.isFlushPending) return;
    this.table.clear();
    this.items = 0;
    this.server.keyspace.memory.tracking = 0;
    if (this.clients === 0) return this.leaveIfIdle();
    // Once for all databases that a FLUSHALL empties one by one.
    this.isFlushPending = true;
    this.server.dispatcher.whenReplied(this.sendPending);
  }

  flushed(): void {}

  /** Sends BCAST clients all keys changed since the last time. Called before the loop sleeps. */
  broadcast(): void {
    if (this.prefixes.size === 0) return;
    for (const { clients, changed } of this.prefixes.values()) {
      if (changed.size === 0) continue;
      const keys = [...changed.keys()].sort();
      for (const session of clients) {
        const news = session.tracking!.options.noLoop ? keys.filter((key) => changed.get(key) !== session.id) : keys;
        if (news.length > 0) this.send(session, news);
      }
      changed.clear();
    }
  }

  private addPrefix(session: TrackingClient, tracking: ClientTracking, prefix: string): void {
    let entry = this.prefixes.get(prefix);
    if (entry === undefined) this.prefixes.set(prefix, (entry = { clients: new Set(), changed: new Map() }));
    entry.clients.add(session);
    tracking.prefixes.add(prefix);
  }

  private removePrefix(session: TrackingClient, prefix: string): void {
    const { clients } = this.prefixes.get(prefix)!;
    clients.delete(session);
    if (clients.size === 0) this.prefixes.delete(prefix);
  }

  private add(key: string, id: number): void {
    const { memory } = this.server.keyspace;
    let ids = this.table.get(key);
    if (ids === undefined) {
      this.table.add(key, (ids = new Set()));
      memory.tracking += KEY_BYTES + key.length;
    }
    if (ids.has(id)) return;
    ids.add(id);
    this.items++;
    memory.tracking += ITEM_BYTES;
  }

  private rememberForBroadcast(key: string): void {
    for (const [prefix, { changed }] of this.prefixes) {
      if (key.startsWith(prefix)) changed.set(key, this.server.keyspace.actingToken);
    }
  }

  private invalidate(key: string): void {
    const ids = this.table.get(key);
    if (ids === undefined) return;
    this.table.delete(key);
    this.items -= ids.size;
    this.server.keyspace.memory.tracking -= KEY_BYTES + key.length + ids.size * ITEM_BYTES;
    for (const id of ids) this.invalidateFor(id, key);
  }

  private invalidateFor(id: number, key: string): void {
    const session = this.server.sessions.get(id);
    // It may be gone, or have changed to BCAST, since it read the key.
    if (session === undefined || session.tracking === null || session.tracking.options.isBroadcast) return;
    if (id !== this.server.keyspace.actingToken) return this.send(session, [key]);
    if (session.tracking.options.noLoop) return;
    this.pending.push({ session, keys: [key] });
    if (this.pending.length === 1) this.server.dispatcher.whenReplied(this.sendPending);
  }

  private readonly sendPending = (): void => {
    const { pending, isFlushPending } = this;
    this.pending = [];
    this.isFlushPending = false;
    for (const { session, keys } of pending) if (session.tracking !== null) this.send(session, keys);
    if (isFlushPending) for (const session of this.server.sessions.values()) if (session.tracking !== null) this.send(session, null);
  };

  private send(session: TrackingClient, keys: readonly string[] | null): void {
    const { redirect } = session.tracking!.options;
    if (redirect === 0) return deliver(session, keys, false);
    const target = this.server.sessions.get(redirect);
    if (target !== undefined) return deliver(target, keys, true);
    session.tracking!.isRedirectBroken = true;
    if (session.version === 3) session.send(new Push(['tracking-redir-broken', redirect]));
  }
}

/** RESP2 has no pushes: there only a redirection target that is subscribed to the channel can be notified. */
function deliver(session: TrackingClient, keys: Reply, isRedirected: boolean): void {
  if (session.version === 3) session.send(new Push(['invalidate', keys]));
  else if (isRedirected && session.subscriptions > 0) session.send(['message', CHANNEL, keys]);
}

function restoreClient({ options, isCachingGiven, isRedirectBroken, prefixes }: ClientTrackingState): ClientTracking {
  const tracking = new ClientTracking(options);
  tracking.isCachingGiven = isCachingGiven;
  tracking.isRedirectBroken = isRedirectBroken;
  for (const prefix of prefixes) tracking.prefixes.add(prefix);
  return tracking;
}
