/**
 * The active expire cycle: deletes expired keys that are not looked up. Compare Redis 7's activeExpireCycle.
 *
 *   for each database:  sample 20 volatile keys ─▶ delete those that are due ─▶ more than 10 % were?  ─ yes ─▶ sample again
 *                                                                                       └ no ─▶ next database
 *   How many keys each round samples is a decision of the loop that a rule can change (ExpirePolicy).
 *
 *   slow   on a timer, `hz` times a second, for at most 25 % of that period
 *   fast   before the loop sleeps, for at most 1 ms, and only if the last slow cycle ran out of time or many keys are stale
 *
 * active-expire-effort raises all four figures. It samples, so that its cost depends on the number of due keys and not on the number of keys. The timer exists
 * only while there are volatile keys: an idle server sleeps without a timeout.
 */
import { captureTimer, type Scheduler, type TimerState } from '../../shared/timer-state.js';
import type { Database } from './database.js';
import type { Keyspace } from './keyspace.js';

const TIMER = 'expire cycle';

/** Databases that one slow cycle visits (CRON_DBS_PER_CALL). */
const DATABASES_PER_CYCLE = 16;

/** The clock is read once per this many rounds of samples. */
const ROUNDS_PER_CLOCK_READING = 16;

/** Returns the settings of a cycle, at an effort of 1 to 10. */
function budgetOf(effort: number) {
  const more = effort - 1;
  return { keysPerRound: 20 + 5 * more, fastUs: 1000 + 250 * more, slowPercent: 25 + 2 * more, acceptablePercent: 10 - more };
}

/** Decides how many keys a round of the cycle samples; 0 ends it. */
export interface ExpirePolicy {
  readonly current: {
    /**
     * @param textbook the decision without a rule
     * @param left volatile keys of the database that this cycle has not sampled
     * @param sampled keys of the round before, 0 in the first one
     */
    expireRound(textbook: number, left: number, sampled: number, expired: number, usedUs: number, limitUs: number): number;
  };
}

export interface ExpireCycleState {
  readonly nextDatabase: number;
  readonly ranOutOfTime: boolean;
  readonly lastFastUs: number;
  /** The timer of the next slow cycle; null while there is nothing to expire. */
  readonly timer: TimerState | null;
}

export class ExpireCycle {
  private nextDatabase = 0;
  private ranOutOfTime = false;
  private lastFastUs = -Infinity;
  private timers: Scheduler | null = null;
  /** The timer of the next slow cycle. */
  private timer: TimerState | null = null;

  // Start of the running cycle.
  private startUs = 0;
  private limitUs = 0;
  /** Duration at the last reading of the clock. */
  private usedUs = 0;
  private rounds = 0;
  private sampled = 0;
  private expired = 0;

  constructor(private readonly keyspace: Keyspace) {}

  schedule(timers: Scheduler): void {
    this.timers = timers;
    this.keyspace.onVolatile = () => this.arm();
    if (this.hasVolatileKeys()) this.arm();
  }

  /** The slow cycle. */
  slow(): void {
    const { hz, activeExpireEffort } = this.keyspace.settings;
    this.run(Math.max(1, (budgetOf(activeExpireEffort).slowPercent * 10_000) / hz));
  }

  /** The fast cycle before the loop sleeps; usually it has nothing to do and returns at once. */
  fast(): void {
    const { fastUs, acceptablePercent } = budgetOf(this.keyspace.settings.activeExpireEffort);
    if (!this.ranOutOfTime && this.keyspace.stats.expiredStale < acceptablePercent) return;
    if (!this.hasVolatileKeys()) return;
    const nowUs = this.keyspace.clock.readUs();
    if (nowUs < this.lastFastUs + fastUs * 2) return;
    this.lastFastUs = nowUs;
    this.run(fastUs);
  }

  capture(): ExpireCycleState {
    const { nextDatabase, ranOutOfTime, lastFastUs, timer } = this;
    return { nextDatabase, ranOutOfTime, lastFastUs, timer: captureTimer(timer) };
  }

  /** Becomes the captured cycle. Only for one whose timer is not set. */
  restore({ nextDatabase, ranOutOfTime, lastFastUs, timer }: ExpireCycleState): void {
    this.nextDatabase = nextDatabase;
    this.ranOutOfTime = ranOutOfTime;
    this.lastFastUs = lastFastUs;
    if (timer !== null && this.timers !== null) this.timer = this.timers.restore(TIMER, timer, () => this.tick());
    // Captured with a virtual clock, where there is no cycle.
    else if (this.hasVolatileKeys()) this.arm();
  }

  private arm(): void {
    if (this.timer !== null || this.timers === null) return;
    this.timer = this.timers.after(TIMER, 1000 / this.keyspace.settings.hz, () => this.tick());
  }

  private tick(): void {
    this.timer = null;
    this.slow();
    this.keyspace.onShrink?.();
    if (this.hasVolatileKeys()) this.arm();
  }

  private hasVolatileKeys(): boolean {
    return this.keyspace.databases.some((db) => db.expires.size > 0);
  }

  private run(limitUs: number): void {
    const { keyspace } = this;
    if (!keyspace.settings.activeExpire || keyspace.hidesDue) {
      if (keyspace.settings.activeExpire && keyspace.isReplica) keyspace.ownExpires.run();
      return;
    }
    const { databases, clock, stats } = keyspace;
    const visits = this.ranOutOfTime ? databases.length : Math.min(DATABASES_PER_CYCLE, databases.length);
    keyspace.actingToken = 0;
    this.startUs = clock.readUs();
    this.limitUs = limitUs;
    this.usedUs = 0;
    this.ranOutOfTime = false;
    this.rounds = 0;
    this.sampled = 0;
    this.expired = 0;
    for (let visit = 0; visit < visits && !this.ranOutOfTime; visit++) {
      // Incremented before the work, so that a cycle that runs out of time does not begin with the same database again.
      this.visit(databases[this.nextDatabase++ % databases.length]!);
    }
    const elapsedUs = clock.readUs() - this.startUs;
    stats.expireCycleUs += elapsedUs;
    keyspace.onWork?.('expire-cycle', elapsedUs / 1000);
    const share = this.sampled === 0 ? 0 : (this.expired / this.sampled) * 100;
    stats.expiredStale = share * 0.05 + stats.expiredStale * 0.95;
  }

  private visit(db: Database): void {
    const { keyspace, limitUs } = this;
    const { keysPerRound, acceptablePercent } = budgetOf(keyspace.settings.activeExpireEffort);
    const { size } = db.expires;
    let looked = 0;
    let sampled = 0;
    let expired = 0;
    for (;;) {
      const isOver = this.usedUs > limitUs;
      if (db.expires.size === 0 && !isOver) {
        db.averageTtlMs = 0;
        return;
      }
      const textbook = textbookRound(sampled, expired, isOver, keysPerRound, acceptablePercent);
      const left = Math.max(0, size - looked);
      const wanted = keyspace.policy.current.expireRound(textbook, left, sampled, expired, this.usedUs, limitUs);
      if (wanted === 0 && isOver) {
        this.ranOutOfTime = true;
        keyspace.stats.expireTimeCapReached++;
        return;
      }
      // A rule that never returns 0 ends with the keys; the textbook ends by itself.
      sampled = Math.min(db.expires.size, wanted, wanted === textbook ? Infinity : left);
      if (sampled === 0) return;
      expired = this.sample(db, sampled);
      looked += sampled;
      this.sampled += sampled;
      this.expired += expired;
      if (++this.rounds % ROUNDS_PER_CLOCK_READING === 0) this.usedUs = keyspace.clock.readUs() - this.startUs;
    }
  }

  /** Samples the next `count` volatile keys, from the end of their list backwards, and returns how many were due. */
  private sample(db: Database, count: number): number {
    const { expires } = db;
    const { nowMs } = this.keyspace;
    let expired = 0;
    let live = 0;
    let ttlSum = 0;
    for (let left = count; left > 0; left--) {
      if (db.expireCursor <= 0 || db.expireCursor > expires.size) db.expireCursor = expires.size;
      const place = --db.expireCursor;
      const ttlMs = expires.timeAt(place) - nowMs;
      if (ttlMs < 0) {
        db.expireSlot(expires.slotAt(place), 'active');
        expired++;
      } else if (ttlMs > 0) {
        ttlSum += ttlMs;
        live++;
      }
    }
    if (live > 0) noteAverage(db, Math.floor(ttlSum / live));
    return expired;
  }
}

/** Returns how many keys a round samples, after one that has sampled `sampled` (0: none) and found `expired` of them due. */
export function textbookRound(sampled: number, expired: number, isOver: boolean, keysPerRound: number, acceptablePercent: number): number {
  return isOver || (sampled > 0 && (expired * 100) / sampled <= acceptablePercent) ? 0 : keysPerRound;
}

/** Updates the running average, in which a round counts for 2 %. */
function noteAverage(db: Database, ttlMs: number): void {
  if (db.averageTtlMs === 0) db.averageTtlMs = ttlMs;
  db.averageTtlMs = Math.floor(db.averageTtlMs / 50) * 49 + Math.floor(ttlMs / 50);
}
