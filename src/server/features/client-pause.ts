/**
 * ClientPause: CLIENT PAUSE. While it is in force, the commands that it holds wait, with their clients.
 *
 *   gates: held? → postpone           the request is kept in session.postponed, the client is parked
 *   timer or CLIENT UNPAUSE → end     each client resumes, and its request passes the gates again
 */
import { NO_REPLY, type Reply } from '../resp/reply.js';
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import type { Scheduler } from './surroundings.js';

/** What a pause needs of a client. */
export interface PausedClient {
  readonly id: number;
  /** The postponed request. */
  postponed: readonly string[] | null;
  parked: boolean;
  readonly transport: { resume(): void };
}

export const PAUSE_OFF = 0;
/** Holds commands that change something, here or on a replica, and scripts that might. */
export const PAUSE_WRITE = 1;
/** Holds all commands, CLIENT UNPAUSE included. */
export const PAUSE_ALL = 2;
export type PauseMode = typeof PAUSE_OFF | typeof PAUSE_WRITE | typeof PAUSE_ALL;

/** What holds writes, independent of CLIENT PAUSE. */
export type PauseHolder = 'failover' | 'shutdown' | 'migrate';

/** A pause; the requests that it holds are stored with their clients. */
export interface ClientPauseState {
  readonly mode: PauseMode;
  readonly holders: readonly PauseHolder[];
  readonly untilMs: number;
  readonly timer: TimerState | null;
  /** The clients whose request is held, by token. */
  readonly postponed: readonly number[];
}

/** The name of the timer that ends a pause. */
const TIMER = 'client-pause';

export class ClientPause {
  mode: PauseMode = PAUSE_OFF;
  private readonly holders = new Set<PauseHolder>();
  private untilMs = 0;
  private timer: TimerState | null = null;
  private readonly postponed = new Set<PausedClient>();

  constructor(
    private readonly clock: { readonly nowMs: number },
    private readonly scheduler: Scheduler,
  ) {}

  capture(): ClientPauseState {
    const { mode, untilMs, holders, timer, postponed } = this;
    return { mode, holders: [...holders], untilMs, timer: captureTimer(timer), postponed: Array.from(postponed, ({ id }) => id) };
  }

  restore({ mode, holders, untilMs, timer, postponed }: ClientPauseState, sessions: ReadonlyMap<number, PausedClient>): void {
    this.mode = mode;
    for (const holder of holders) this.holders.add(holder);
    this.untilMs = untilMs;
    if (timer !== null) this.timer = this.scheduler.restore(TIMER, timer, () => this.end());
    for (const token of postponed) this.postponed.add(sessions.get(token)!);
  }

  /** Begins a pause, or widens and prolongs the current one; it is never made weaker or shorter. */
  begin(mode: PauseMode, untilMs: number): void {
    this.mode = Math.max(this.mode, mode) as PauseMode;
    this.untilMs = Math.max(this.untilMs, untilMs);
    const leftMs = this.untilMs - this.clock.nowMs;
    if (leftMs <= 0) return this.end();
    this.cancelTimer();
    this.timer = this.scheduler.after(TIMER, leftMs, () => this.end());
  }

  /** Holds writes for this reason, or, with false, no longer. */
  hold(holder: PauseHolder, isOn: boolean): void {
    if (isOn) {
      this.holders.add(holder);
      this.mode = Math.max(this.mode, PAUSE_WRITE) as PauseMode;
    } else if (this.holders.delete(holder) && this.timer === null) this.end();
  }

  /** Number of clients whose command is held, for INFO. */
  get size(): number {
    return this.postponed.size;
  }

  postpone(session: PausedClient, argv: readonly string[]): Reply {
    session.postponed = argv;
    session.parked = true;
    this.postponed.add(session);
    return NO_REPLY;
  }

  end(): void {
    // Those whose command is still held wait again.
    this.mode = this.holders.size > 0 ? PAUSE_WRITE : PAUSE_OFF;
    this.untilMs = 0;
    this.cancelTimer();
    const released = [...this.postponed];
    this.postponed.clear();
    for (const session of released) {
      session.parked = false;
      session.transport.resume();
    }
  }

  /** Called when the client is gone. */
  forget(session: PausedClient): void {
    this.postponed.delete(session);
  }

  private cancelTimer(): void {
    if (this.timer !== null) this.scheduler.cancel(this.timer);
    this.timer = null;
  }
}
