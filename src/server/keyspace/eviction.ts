/**
 * Eviction: keeps the keyspace below maxmemory by deleting keys, by the policy in force. Called by dispatch before every command.
 *
 *   pool   [ 12 s  40 s  41 s  3 min … ]    the 16 best candidates so far of all databases, the best one last
 *              ▲ samples of each round are sorted in          │ taken from this end, if the key is still there
 *
 * Finding the least used key exactly would require a list of all keys; Redis samples a few (maxmemory-samples) and keeps the best in a pool, which comes close.
 * The score is idle time for LRU, 255 - counter for LFU, and nearness of the expiry for volatile-ttl.
 *
 * Memory is what memory-account.ts counts, not what the allocator reports for the process. Only keys can be evicted, so they also make room for the buffers of
 * clients. What evictions themselves add to those buffers, such as invalidations, is ignored within the same call, or each eviction could lead to the next.
 */
import { captureTimer, type Scheduler, type TimerState } from '../../shared/timer-state.js';
import { idleMs, lfuCounter } from './access.js';
import type { Database } from './database.js';
import type { Keyspace } from './keyspace.js';

export const EVICTION_POLICIES = [
  'volatile-lru', 'volatile-lfu', 'volatile-random', 'volatile-ttl', 'allkeys-lru', 'allkeys-lfu', 'allkeys-random', 'noeviction',
] as const;
export type EvictionPolicy = (typeof EVICTION_POLICIES)[number];

const TIMER = 'eviction';

const POOL_SIZE = 16;

/** The clock is read once per this many evicted keys. */
const KEYS_PER_CLOCK_READING = 16;

interface Candidate {
  readonly score: number;
  readonly key: string;
  readonly db: Database;
}

export interface EvictionState {
  readonly pool: readonly { readonly score: number; readonly key: string; readonly db: number }[];
  readonly nextDatabase: number;
  /** The timer that continues evictions; null if none is needed. */
  readonly timer: TimerState | null;
  readonly exceededSinceUs: number | null;
  readonly exceededUs: number;
}

export class Eviction {
  /** Sorted by score, ascending. May name keys that no longer exist. */
  private readonly pool: Candidate[] = [];
  /** Where the random policies continue, so that each database has its turn. */
  private nextDatabase = 0;
  private timers: Scheduler | null = null;
  /** The timer that continues evictions. */
  private timer: TimerState | null = null;
  /** When memory exceeded its limit and evictions did not bring it below; null if it is below. */
  private exceededSinceUs: number | null = null;
  private exceededUs = 0;

  constructor(private readonly keyspace: Keyspace) {}

  /** Sets the timers with which long evictions continue between other commands. */
  schedule(timers: Scheduler): void {
    this.timers = timers;
  }

  /** Evicts until there is room or the time is up; false if there is no room and nothing can be evicted. While clients are paused it does nothing. */
  perform(): boolean {
    const { keyspace } = this;
    const { maxmemory, policy, tenacity } = keyspace.settings;
    if (keyspace.usedBytes <= maxmemory || keyspace.leavesEviction || keyspace.isPaused()) {
      this.endExcess();
      return true;
    }
    if (policy === 'noeviction') {
      this.exceededSinceUs ??= keyspace.clock.readUs();
      return false;
    }
    const startUs = keyspace.clock.readUs();
    const hasRoom = this.makeRoom(policy, startUs, timeLimitUs(tenacity));
    if (keyspace.onWork !== null) keyspace.onWork('eviction-cycle', (keyspace.clock.readUs() - startUs) / 1000);
    if (keyspace.usedBytes > maxmemory) this.exceededSinceUs ??= startUs;
    else this.endExcess();
    return hasRoom;
  }

  /** How long memory has been above its limit: this time, and in total. */
  get excessTimes(): { readonly currentUs: number; readonly totalUs: number } {
    const currentUs = this.exceededSinceUs === null ? 0 : this.keyspace.clock.readUs() - this.exceededSinceUs;
    return { currentUs, totalUs: this.exceededUs + currentUs };
  }

  /** Resets the times, for CONFIG RESETSTAT. */
  resetTimes(): void {
    this.exceededSinceUs = null;
    this.exceededUs = 0;
  }

  capture(): EvictionState {
    const { nextDatabase, timer, exceededSinceUs, exceededUs } = this;
    const pool = this.pool.map(({ score, key, db }) => ({ score, key, db: db.index }));
    return { pool, nextDatabase, timer: captureTimer(timer), exceededSinceUs, exceededUs };
  }

  /** Becomes what was captured. Only for an eviction that has not begun yet. */
  restore({ pool, nextDatabase, timer, exceededSinceUs, exceededUs }: EvictionState): void {
    for (const { score, key, db } of pool) this.pool.push({ score, key, db: this.keyspace.databases[db]! });
    this.nextDatabase = nextDatabase;
    if (timer !== null && this.timers !== null) this.timer = this.timers.restore(TIMER, timer, () => this.goOn());
    this.exceededSinceUs = exceededSinceUs;
    this.exceededUs = exceededUs;
  }

  /** Called when memory is below its limit, or there is no limit any more. */
  endExcess(): void {
    if (this.exceededSinceUs === null) return;
    this.exceededUs = this.excessTimes.totalUs;
    this.exceededSinceUs = null;
  }

  private makeRoom(policy: EvictionPolicy, startUs: number, limitUs: number): boolean {
    const { keyspace } = this;
    const goal = keyspace.datasetBytes - (keyspace.usedBytes - keyspace.settings.maxmemory);
    for (let evicted = 1; keyspace.datasetBytes > goal; evicted++) {
      if (!this.evictOne(policy)) return false;
      if (evicted % KEYS_PER_CLOCK_READING === 0 && keyspace.clock.readUs() - startUs > limitUs) {
        this.continueLater();
        return true;
      }
    }
    return true;
  }

  /** Evicts at the end of this turn, and continues for as long as needed: for what cannot wait for the next command. */
  continueLater(): void {
    if (this.timer !== null || this.timers === null) return;
    this.timer = this.timers.after(TIMER, 0, () => this.goOn());
  }

  private goOn(): void {
    this.timer = null;
    this.keyspace.actingToken = 0;
    this.keyspace.performEvictions();
  }

  private evictOne(policy: EvictionPolicy): boolean {
    return policy.endsWith('-random') ? this.evictRandom(policy) : this.evictBest(policy);
  }

  private evictRandom(policy: EvictionPolicy): boolean {
    const { databases, random } = this.keyspace;
    for (let tried = 0; tried < databases.length; tried++) {
      const db = databases[this.nextDatabase++ % databases.length]!;
      const count = candidatesIn(db, policy);
      if (count === 0) continue;
      db.evictSlot(slotOf(db, policy, Math.floor(random() * count)));
      return true;
    }
    return false;
  }

  private evictBest(policy: EvictionPolicy): boolean {
    for (;;) {
      let candidates = 0;
      for (const db of this.keyspace.databases) {
        candidates += candidatesIn(db, policy);
        this.sample(db, policy);
      }
      if (candidates === 0) return false;
      for (let best = this.pool.pop(); best !== undefined; best = this.pool.pop()) {
        const slot = best.db.dict.find(best.key);
        // Deleted since it was sampled, or made persistent.
        if (slot === -1 || (!policy.startsWith('allkeys') && best.db.dict.volatileAt(slot) === 0)) continue;
        best.db.evictSlot(slot);
        return true;
      }
    }
  }

  private sample(db: Database, policy: EvictionPolicy): void {
    const count = candidatesIn(db, policy);
    const { samples } = this.keyspace.settings;
    for (let sample = 0; sample < Math.min(samples, count); sample++) {
      const number = count <= samples ? sample : Math.floor(this.keyspace.random() * count);
      const slot = slotOf(db, policy, number);
      this.offer(this.score(db, slot, policy), db, slot);
    }
  }

  /** Returns the score of a key; the highest is evicted first. */
  private score(db: Database, slot: number, policy: EvictionPolicy): number {
    const { nowMs } = this.keyspace.clock;
    if (policy === 'volatile-ttl') return -db.expires.at(slot);
    const access = db.dict.accessAt(slot);
    return this.keyspace.usesLfu ? 255 - lfuCounter(access, nowMs, this.keyspace.settings.lfuDecayTime) : idleMs(access, nowMs);
  }

  private offer(score: number, db: Database, slot: number): void {
    const { pool } = this;
    let place = 0;
    while (place < pool.length && pool[place]!.score < score) place++;
    if (pool.length === POOL_SIZE) {
      if (place === 0) return;
      pool.shift();
      place--;
    }
    pool.splice(place, 0, { score, key: db.dict.keyAt(slot), db });
  }
}

function candidatesIn(db: Database, policy: EvictionPolicy): number {
  return policy.startsWith('allkeys') ? db.dict.size : db.expires.size;
}

/** Returns the slot of the candidate with this number. */
function slotOf(db: Database, policy: EvictionPolicy, number: number): number {
  return policy.startsWith('allkeys') ? number : db.expires.slotAt(number);
}

/** Returns how long evictions may delay one command, by maxmemory-eviction-tenacity: 0.5 ms at 10, some minutes at 99, no limit at 100. */
function timeLimitUs(tenacity: number): number {
  if (tenacity <= 10) return 50 * tenacity;
  return tenacity < 100 ? 500 * 1.15 ** (tenacity - 10) : Infinity;
}
