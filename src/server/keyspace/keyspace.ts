/**
 * The keyspace: all databases, and what they share: clock, statistics, and who wants to know of changes.
 */
import type { Scheduler } from '../../shared/timer-state.js';
import type { Tap } from '../trace/tap.js';
import { lruClock } from './access.js';
import { Database, type DatabaseState, UNIT_BYTES } from './database.js';
import type { Effects } from './effects.js';
import { Eviction, type EvictionPolicy, type EvictionState } from './eviction.js';
import { ExactExpiry, type ExactExpiryState } from './exact-expiry.js';
import { ExpireCycle, type ExpireCycleState, type ExpirePolicy } from './expire-cycle.js';
import { Expires } from './expires.js';
import { HashSeed } from './hash.js';
import type { KeyTable } from './key-table.js';
import { MemoryAccount, type MemoryState } from './memory-account.js';
import { OrderedExpires } from './ordered-expires.js';
import type { PreImages } from './pre-images.js';

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

/** What the keyspace does of its own accord and may take long, by the names of LATENCY. */
export type KeyspaceWork = 'expire-cycle' | 'expire-del' | 'eviction-cycle' | 'eviction-del';

export class KeyspaceStats {
  hits = 0;
  misses = 0;
  expired = 0;
  /** Estimated share of volatile keys that are due but still there, in percent: a running average of the expire cycle. */
  expiredStale = 0;
  /** How often the expire cycle ran out of its time. */
  expireTimeCapReached = 0;
  /** Microseconds spent in the expire cycle. */
  expireCycleUs = 0;
  evicted = 0;
  /** Dumps that RESTORE has checked in full. */
  payloadsChecked = 0;
}

/** The settings of the keyspace; the names are those of redis.conf. Change them through {@link Keyspace.configure}. */
export interface KeyspaceSettings {
  /** Bytes; 0: no limit. */
  maxmemory: number;
  policy: EvictionPolicy;
  /** maxmemory-samples. */
  samples: number;
  /** maxmemory-eviction-tenacity. */
  tenacity: number;
  lfuLogFactor: number;
  /** Minutes. */
  lfuDecayTime: number;
  /** Runs of the expire cycle per second. */
  hz: number;
  /** active-expire-effort, 1 to 10. */
  activeExpireEffort: number;
  /** DEBUG SET-ACTIVE-EXPIRE. */
  activeExpire: boolean;
}

const DEFAULTS: KeyspaceSettings = {
  maxmemory: 0,
  policy: 'noeviction',
  samples: 5,
  tenacity: 10,
  lfuLogFactor: 10,
  lfuDecayTime: 1,
  hz: 10,
  activeExpireEffort: 1,
  activeExpire: true,
};

/** A keyspace between two turns as plain data, which shares nothing that changes with the keyspace. */
export interface KeyspaceState {
  readonly hashSeed: number;
  readonly databases: readonly DatabaseState[];
  readonly stats: KeyspaceStats;
  readonly activeExpire: boolean;
  readonly expireCycle: ExpireCycleState;
  /** Null: the clock is not virtual. */
  readonly exactExpiry: ExactExpiryState | null;
  readonly eviction: EvictionState;
  readonly memory: MemoryState;
  readonly dirty: number;
  readonly actingToken: number;
  readonly usedUnits: number;
}

export class Keyspace {
  readonly databases: Database[];
  readonly stats = new KeyspaceStats();
  readonly settings: Readonly<KeyspaceSettings> = { ...DEFAULTS };
  readonly expireCycle = new ExpireCycle(this);
  readonly eviction = new Eviction(this);
  /** In the place of the expire cycle where the clock is virtual. */
  private readonly exactExpiry: ExactExpiry | null;
  /** What takes memory besides keys and values. */
  readonly memory = new MemoryAccount();
  /** Rises with every change: what the next save would have to write, and how propagation knows that a command wrote. */
  dirty = 0;
  /** The token of the client whose command runs, 0 for the loop's own work; stands in the trace. */
  actingToken = 0;
  listener: KeyspaceListener | null = null;
  /** Is told what is to be repeated by replicas and the append-only file; null while there are none. Set by propagation/. */
  effects: Effects | null = null;
  /** Who must see keys before they change; null while no snapshot is being written. */
  preImages: PreImages | null = null;
  /** Called when the first key of a database becomes volatile. */
  onVolatile: (() => void) | null = null;
  /** Told what the keyspace's own work took; null while nobody measures it. */
  onWork: ((work: KeyspaceWork, elapsedMs: number) => void) | null = null;
  /** CLIENT PAUSE: meanwhile no key is expired or evicted by the server itself. */
  isPaused: () => boolean = () => false;
  /** A replica hides keys whose time is over, and leaves it to its master to delete them. */
  isReplica = false;
  /** It leaves eviction to its master, too: replica-ignore-maxmemory. */
  leavesEviction = false;
  /** What the master sends is executed: a key that it has not deleted is there. */
  appliesStream = false;
  policy: ExpirePolicy = { current: { expireRound: (textbook) => textbook } };
  /** Do access times count uses (a policy with lfu) instead of seconds? */
  usesLfu = false;
  /** Kept by the databases. */
  usedUnits = 0;
  /** The LRU clock, as of this time: most turns of the loop need it more than once, and a division costs more than a comparison. */
  private lruNow = 0;
  private lruNowMs = 0;
  /** While a script runs time is frozen: a key does not expire between two of its commands, however long it takes. */
  private frozenMs = 0;
  private freezes = 0;

  /**
   * @param clock gives unix time in ms, and for time budgets microseconds
   * @param hashSeed of all its tables
   * @param random evenly distributed in [0, 1), from the server's seed
   */
  constructor(
    count: number,
    readonly clock: { readonly nowMs: number; readonly nowUs: number; readonly targetUs: number | null; readUs(): number },
    public hashSeed: HashSeed,
    readonly random: () => number,
    readonly tap: Tap,
  ) {
    this.exactExpiry = clock.targetUs === null ? null : new ExactExpiry(this);
    this.databases = Array.from({ length: count }, (_, index) => new Database(this, index));
  }

  /** The time by which keys expire. */
  get nowMs(): number {
    return this.freezes === 0 ? this.clock.nowMs : this.frozenMs;
  }

  /** Which part in replication the server plays. */
  becomes(role: 'master' | 'slave', leavesEviction: boolean): void {
    this.isReplica = role === 'slave';
    this.leavesEviction = this.isReplica && leavesEviction;
  }

  /** A command that gives a key this time deletes it instead. A replica leaves that to its master, which may have another clock. */
  isOver(atMs: number): boolean {
    return !this.isReplica && atMs <= this.nowMs;
  }

  /** A key whose time is over is not deleted for that, only hidden. */
  get hidesDue(): boolean {
    return this.isReplica || this.isPaused();
  }

  /** Now, in the terms of the LRU policies. */
  lruClock(): number {
    const { nowMs } = this.clock;
    if (nowMs !== this.lruNowMs) {
      this.lruNowMs = nowMs;
      this.lruNow = lruClock(nowMs);
    }
    return this.lruNow;
  }

  /** Time stands still until {@link thawTime} was called as often. @param atMs another time than now: at 0 nothing has expired */
  freezeTime(atMs = this.clock.nowMs): void {
    if (this.freezes++ === 0) this.frozenMs = atMs;
  }

  thawTime(): void {
    this.freezes--;
  }

  /** For a database: when the keys of this table expire. */
  expiresOf(table: KeyTable): Expires {
    const { exactExpiry } = this;
    return exactExpiry === null ? new Expires(table) : new OrderedExpires(table, () => exactExpiry.arm());
  }

  /** Estimated bytes of all keys and values. */
  get datasetBytes(): number {
    return this.usedUnits * UNIT_BYTES;
  }

  /** What maxmemory limits: keys, values, and what the server holds besides. */
  get usedBytes(): number {
    return this.usedUnits * UNIT_BYTES + this.memory.overheadBytes;
  }

  configure(settings: Partial<KeyspaceSettings>): void {
    Object.assign(this.settings, settings);
    this.usesLfu = this.settings.policy.endsWith('-lfu');
    if (this.settings.maxmemory === 0) this.eviction.endExcess();
    this.exactExpiry?.arm();
  }

  capture(): KeyspaceState {
    const { hashSeed, dirty, actingToken, usedUnits } = this;
    return {
      hashSeed: hashSeed.seed,
      databases: this.databases.map((db) => db.capture()),
      stats: { ...this.stats },
      activeExpire: this.settings.activeExpire,
      expireCycle: this.expireCycle.capture(),
      exactExpiry: this.exactExpiry?.capture() ?? null,
      eviction: this.eviction.capture(),
      memory: this.memory.capture(),
      dirty,
      actingToken,
      usedUnits,
    };
  }

  /** Becomes the keyspace that was captured; nobody is told of its keys. Only for a new one, which has the same settings already. */
  restore(state: KeyspaceState): void {
    this.hashSeed = new HashSeed(state.hashSeed);
    this.databases.forEach((db, index) => db.restore(state.databases[index]!));
    Object.assign(this.stats, state.stats);
    Object.assign(this.settings, { activeExpire: state.activeExpire });
    this.exactExpiry?.restore(state.exactExpiry);
    this.expireCycle.restore(state.expireCycle);
    this.eviction.restore(state.eviction);
    this.memory.restore(state.memory);
    this.dirty = state.dirty;
    this.actingToken = state.actingToken;
    this.usedUnits = state.usedUnits;
  }

  /** Lets the expire cycle and evictions run by themselves, on timers that exist only while there is something to do. */
  schedule(timers: Scheduler): void {
    (this.exactExpiry ?? this.expireCycle).schedule(timers);
    this.eviction.schedule(timers);
  }

  /**
   * Makes room before a command, if there is a limit. False if the limit is exceeded and nothing can be evicted: then commands
   * that need memory are refused.
   */
  performEvictions(): boolean {
    return this.settings.maxmemory === 0 || this.eviction.perform();
  }

  /** FLUSHALL. Returns the number of keys. */
  flushAll(): number {
    return this.databases.reduce((total, db) => total + db.flush(), 0);
  }

  /** SWAPDB. */
  swap(first: number, second: number): void {
    this.databases[first]!.swap(this.databases[second]!);
  }
}
