/**
 * The keyspace: all databases, and what they share: clock, statistics, and listeners for changes.
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
import { OwnExpires, type OwnExpiresState } from './own-expires.js';
import type { Int64 } from './types/int64.js';
import type { PreImages } from './pre-images.js';

/** The event classes of keyspace notifications, by the letter that notify-keyspace-events gives them. */
export type EventClass = 'g' | '$' | 'l' | 's' | 'h' | 'z' | 'x' | 'e' | 't' | 'd' | 'm' | 'n';

/** A listener for changes: WATCH, blocked clients, client-side caching, notifications. Wired by server.ts. */
export interface KeyspaceListener {
  /** Called when a key was created, changed or deleted; not for reads. */
  keyModified(db: Database, key: string): void;
  /** Called for every event that keyspace notifications have a name for. */
  notify(db: Database, eventClass: EventClass, event: string, key: string): void;
  /** Called before the keys of a database are deleted all at once, or (SWAPDB) replaced by those of `replacement`. */
  flushing(db: Database, replacement: Database | null): void;
  /** Called when all keys of a database are deleted, or are those of another one. */
  flushed(db: Database): void;
}

/** Work that the keyspace does by itself and that may take long, by the names of LATENCY. */
export type KeyspaceWork = 'expire-cycle' | 'expire-del' | 'eviction-cycle' | 'eviction-del';

export class KeyspaceStats {
  hits = 0;
  misses = 0;
  expired = 0;
  /** Estimated share of volatile keys that are due but not deleted, in percent: a running average of the expire cycle. */
  expiredStale = 0;
  /** How often the expire cycle ran out of time. */
  expireTimeCapReached = 0;
  /** Microseconds spent in the expire cycle. */
  expireCycleUs = 0;
  evicted = 0;
  /** Dumps that RESTORE has checked completely. */
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

/** A keyspace between two turns as plain data, independent of later changes to the keyspace. */
export interface KeyspaceState {
  readonly hashSeed: number;
  readonly databases: readonly DatabaseState[];
  readonly stats: KeyspaceStats;
  readonly activeExpire: boolean;
  readonly expireCycle: ExpireCycleState;
  /** Null: the clock is not virtual. */
  readonly exactExpiry: ExactExpiryState | null;
  readonly ownExpires: OwnExpiresState;
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
  readonly ownExpires = new OwnExpires(this);
  /** Replaces the expire cycle if the clock is virtual. */
  private readonly exactExpiry: ExactExpiry | null;
  /** The memory used besides keys and values. */
  readonly memory = new MemoryAccount();
  /** Incremented with every change: what the next save would have to write, and how propagation knows that a command wrote. */
  dirty = 0;
  /** The token of the client whose command runs, 0 for the loop's own work; shown in the trace. */
  actingToken = 0;
  listener: KeyspaceListener | null = null;
  /** Receives what replicas and the append-only file must repeat; null while there are none. Set by propagation/. */
  effects: Effects | null = null;
  /** Gets keys before they change; null while no snapshot is being written. */
  preImages: PreImages | null = null;
  /** Called when the first key of a database becomes volatile. */
  onVolatile: (() => void) | null = null;
  /** Called with the duration of the keyspace's own work; null while it is not measured. */
  onWork: ((work: KeyspaceWork, elapsedMs: number) => void) | null = null;
  /** Called before a database is flushed and after keys have expired: what may shrink the keyspace by much, or without a command. */
  onShrink: (() => void) | null = null;
  /** CLIENT PAUSE: while it is in force the server itself expires and evicts no keys. */
  isPaused: () => boolean = () => false;
  /** A replica hides expired keys, and leaves deleting them to its master. */
  isReplica = false;
  /** A replica that accepts writes deletes the keys that its own clients have let expire. */
  isWritableReplica = false;
  /** A replica also leaves eviction to its master: replica-ignore-maxmemory. */
  leavesEviction = false;
  /** A command of the master is being executed: a key that the master has not deleted exists. */
  appliesStream = false;
  policy: ExpirePolicy = { current: { expireRound: (textbook) => textbook } };
  /** Access times count uses (a policy with lfu) instead of seconds. */
  usesLfu = false;
  /** Maintained by the databases. */
  usedUnits = 0;
  /** The LRU clock at this time: most turns of the loop need it more than once, and a division costs more than a comparison. */
  private lruNow = 0;
  private lruNowMs = 0;
  /** The frozen time while a script runs: a key does not expire between two of its commands, however long it takes. */
  private frozenMs = 0;
  private freezes = 0;

  /**
   * @param clock unix time in ms, and microseconds for time budgets
   * @param hashSeed for all its tables
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

  /** The time by which keys expire, in unix ms. */
  get nowMs(): number {
    return this.freezes === 0 ? this.clock.nowMs : this.frozenMs;
  }

  /** Sets the role in replication. */
  becomes(role: 'master' | 'slave', isReadOnly: boolean, leavesEviction: boolean): void {
    this.isReplica = role === 'slave';
    this.isWritableReplica = this.isReplica && !isReadOnly;
    if (!this.isReplica) this.ownExpires.clear();
    this.leavesEviction = this.isReplica && leavesEviction;
  }

  /** True if a command that sets this expiry must delete the key instead. Never on a replica, which leaves that to its master, whose clock may differ. */
  isOver(atMs: Int64): boolean {
    return !this.isReplica && atMs <= this.nowMs;
  }

  /** True if expired keys are only hidden, and not deleted. */
  get hidesDue(): boolean {
    return this.isReplica || this.isPaused();
  }

  /** Returns the current clock of the LRU policies. */
  lruClock(): number {
    const { nowMs } = this.clock;
    if (nowMs !== this.lruNowMs) {
      this.lruNowMs = nowMs;
      this.lruNow = lruClock(nowMs);
    }
    return this.lruNow;
  }

  /** Freezes time until {@link thawTime} was called as often. @param atMs another time than now: at 0 nothing has expired */
  freezeTime(atMs = this.clock.nowMs): void {
    if (this.freezes++ === 0) this.frozenMs = atMs;
  }

  thawTime(): void {
    this.freezes--;
  }

  /** For a database: creates the list of volatile keys of this table. */
  expiresOf(table: KeyTable): Expires {
    const { exactExpiry } = this;
    return exactExpiry === null ? new Expires(table) : new OrderedExpires(table, () => exactExpiry.arm());
  }

  /** Estimated bytes of all keys and values. */
  get datasetBytes(): number {
    return this.usedUnits * UNIT_BYTES;
  }

  /** The memory that maxmemory limits: keys, values, and everything else that the server counts. */
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
      ownExpires: this.ownExpires.capture(),
      eviction: this.eviction.capture(),
      memory: this.memory.capture(),
      dirty,
      actingToken,
      usedUnits,
    };
  }

  /** Becomes the captured keyspace, without notifications. Only for a new one, which already has the same settings. */
  restore(state: KeyspaceState): void {
    this.hashSeed = new HashSeed(state.hashSeed);
    this.databases.forEach((db, index) => db.restore(state.databases[index]!));
    Object.assign(this.stats, state.stats);
    Object.assign(this.settings, { activeExpire: state.activeExpire });
    this.ownExpires.restore(state.ownExpires);
    this.exactExpiry?.restore(state.exactExpiry);
    this.expireCycle.restore(state.expireCycle);
    this.eviction.restore(state.eviction);
    this.memory.restore(state.memory);
    this.dirty = state.dirty;
    this.actingToken = state.actingToken;
    this.usedUnits = state.usedUnits;
  }

  /** Lets the expire cycle and evictions run on timers, which exist only while there is something to do. */
  schedule(timers: Scheduler): void {
    (this.exactExpiry ?? this.expireCycle).schedule(timers);
    this.eviction.schedule(timers);
  }

  /**
   * Evicts keys before a command, if there is a limit. False if the limit is exceeded and nothing can be evicted: then commands
   * that need memory are refused.
   */
  performEvictions(): boolean {
    return this.settings.maxmemory === 0 || this.eviction.perform();
  }

  /** FLUSHALL. Returns the number of keys. */
  flushAll(): number {
    this.ownExpires.clear();
    return this.databases.reduce((total, db) => total + db.flush(), 0);
  }

  /** Creates databases that no client sees, for a dataset that is to replace this one. */
  createSpare(): Database[] {
    return this.databases.map(({ index }) => new Database(this, index));
  }

  /** Replaces the dataset by the one in these databases. */
  replaceBy(spare: readonly Database[]): void {
    this.flushAll();
    this.databases.forEach((db, index) => db.swap(spare[index]!));
    this.onVolatile?.();
    this.exactExpiry?.arm();
  }

  /** SWAPDB. */
  swap(first: number, second: number): void {
    this.databases[first]!.swap(this.databases[second]!);
  }
}
