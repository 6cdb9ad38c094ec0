/**
 * ExactExpiry: deletes each key at its own time, in the order in which they are due. Replaces the expire cycle if the clock is virtual.
 *
 *   a key gets a time ─▶ arm: one timer, for the key that is due first in any database ─▶ run: deletes what is due ─▶ arm
 *
 * A key is deleted when its time has come; the expire cycle, and a command on the key, would delete it a millisecond later. Among keys due at the same
 * millisecond those of the lower database come first, and within it they are ordered by name.
 */
import { captureTimer, type Scheduler, type TimerState } from '../../shared/timer-state.js';
import type { Database } from './database.js';
import type { Keyspace } from './keyspace.js';
import { OrderedExpires } from './ordered-expires.js';

interface First {
  readonly db: Database;
  readonly slot: number;
  readonly atMs: number;
}

/** The same name as the expire cycle's in traces. */
const TIMER = 'expire cycle';

export interface ExactExpiryState {
  readonly timer: TimerState;
  /** When it is due, as unix time. */
  readonly atMs: number;
}

export class ExactExpiry {
  private timers: Scheduler | null = null;
  private next: ExactExpiryState | null = null;

  constructor(private readonly keyspace: Keyspace) {}

  schedule(timers: Scheduler): void {
    this.timers = timers;
    this.arm();
  }

  /** Returns null if there is nothing to expire. */
  capture(): ExactExpiryState | null {
    const { next } = this;
    return next === null ? null : { atMs: next.atMs, timer: captureTimer(next.timer) };
  }

  /** Only for one whose timer is not set. Null also for a keyspace whose clock was not virtual. */
  restore(state: ExactExpiryState | null): void {
    if (state === null) this.arm();
    else if (this.timers !== null) this.next = { atMs: state.atMs, timer: this.timers.restore(TIMER, state.timer, () => this.run()) };
  }

  /** Sets the timer again, because another key may be due first. */
  arm(): void {
    const { activeExpire } = this.keyspace.settings;
    const atMs = this.first()?.atMs ?? Infinity;
    if (activeExpire && atMs < (this.next?.atMs ?? Infinity)) this.runAt(atMs);
  }

  private runAt(atMs: number): void {
    const { timers, next, keyspace } = this;
    if (timers === null) return;
    if (next !== null) timers.cancel(next.timer);
    const { nowMs, nowUs } = keyspace.clock;
    this.next = { atMs, timer: timers.after(TIMER, Math.max(0, atMs - nowMs - (nowUs % 1000) / 1000), () => this.run()) };
  }

  private run(): void {
    const { keyspace } = this;
    const { nowMs } = keyspace.clock;
    this.next = null;
    keyspace.actingToken = 0;
    // While expiry is held back, checks as often as the expire cycle would.
    if (keyspace.hidesDue) {
      if (keyspace.settings.activeExpire && keyspace.isReplica) keyspace.ownExpires.run();
      return this.runAt(nowMs + 1000 / keyspace.settings.hz);
    }
    if (keyspace.settings.activeExpire) this.deleteDue(nowMs);
    keyspace.onShrink?.();
    this.arm();
  }

  private deleteDue(nowMs: number): void {
    for (let first = this.first(); first !== null && first.atMs <= nowMs; first = this.first()) first.db.expireSlot(first.slot, 'active');
  }

  /** Returns the key that is due first. */
  private first(): First | null {
    let first: First | null = null;
    for (const db of this.keyspace.databases) {
      const { expires } = db;
      if (!(expires instanceof OrderedExpires)) throw new Error('exact expiry needs keys that are ordered by their times');
      const slot = expires.firstSlot;
      if (slot !== -1 && (first === null || expires.at(slot) < first.atMs)) first = { db, slot, atMs: expires.at(slot) };
    }
    return first;
  }
}
