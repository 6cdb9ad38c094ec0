/**
 * OutputLimit: client-output-buffer-limit for one connection whose client reads more slowly than it asks.
 *
 *   hard   reached: the client is disconnected
 *   soft   reached for longer than `softSeconds` without a break: the client is disconnected
 *
 * Made when the output of a connection first exceeds one chunk, which is rare. A timer of its own checks again after
 * the soft limit's seconds, so that a client which sends no more requests is found as well.
 */
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import type { Scheduler } from '../features/surroundings.js';
import type { Session } from '../command/session.js';

export interface Limits {
  readonly hard: number;
  readonly soft: number;
  readonly softSeconds: number;
}
export type ClientClass = 'normal' | 'slave' | 'pubsub';
export type OutputLimits = { readonly [name in ClientClass]: Limits };

/** Returns the class whose limits apply to a client (getClientType; MONITOR is normal). */
export function clientClass(session: Session): ClientClass {
  if (session.isReplica) return 'slave';
  return session.subscriptions > 0 ? 'pubsub' : 'normal';
}

export interface OutputLimitState {
  readonly softSinceMs: number;
  readonly timer: TimerState | null;
}

/** The name of the timer that checks again. */
const TIMER = 'output-limit';

export class OutputLimit {
  /** When the soft limit was reached; -1 while it is not reached. */
  private softSinceMs = -1;
  private timer: TimerState | null = null;

  constructor(
    private readonly scheduler: Scheduler,
    private readonly clock: { readonly nowMs: number },
    /** Checks the connection again. */
    private readonly checkAgain: () => void,
  ) {}

  capture(): OutputLimitState {
    return { softSinceMs: this.softSinceMs, timer: captureTimer(this.timer) };
  }

  restore({ softSinceMs, timer }: OutputLimitState): void {
    this.softSinceMs = softSinceMs;
    if (timer !== null) this.timer = this.scheduler.restore(TIMER, timer, () => this.waited());
  }

  /** True if a client with this many unsent bytes must be disconnected. */
  isExceeded(bytes: number, { hard, soft, softSeconds }: Limits): boolean {
    if (hard > 0 && bytes >= hard) return true;
    if (soft === 0 || bytes < soft) {
      this.cancel();
      return false;
    }
    // Whole seconds of unix time, as Redis counts them.
    const nowSeconds = Math.floor(this.clock.nowMs / 1000);
    if (this.softSinceMs === -1) this.wait(softSeconds);
    return nowSeconds - Math.floor(this.softSinceMs / 1000) > softSeconds;
  }

  /** Called when the output has been written, or the connection is gone. */
  cancel(): void {
    this.softSinceMs = -1;
    if (this.timer !== null) this.scheduler.cancel(this.timer);
    this.timer = null;
  }

  private wait(softSeconds: number): void {
    this.softSinceMs = this.clock.nowMs;
    this.timer = this.scheduler.after(TIMER, (softSeconds + 1) * 1000, () => this.waited());
  }

  private waited(): void {
    this.timer = null;
    this.checkAgain();
  }
}
