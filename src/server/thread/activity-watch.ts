/**
 * ActivityWatch: what the loop is at, as the main thread sees it: also while a command keeps the loop busy and it can tell nothing itself.
 *
 *   words of loop/activity.ts ──▶ look, 10 times a second ──▶ the same turn, and not waiting, at two looks: busy
 *
 * The words have no time in them: how long something has lasted counts from the look at which it was first seen, so up to 100 ms less than it has.
 * Pauses do not count.
 */
import {
  ACTIVITY_PHASES, type ActivityPhase, type ActivityWords, COMMAND_MASK, COMMAND_SHIFT, EXECUTING, PHASE_MASK, STATE, TOKEN, TURN, WAITING, WITHIN,
} from '../loop/activity.js';

export interface LoopActivity {
  /** `held`: by a pause, a breakpoint or a step. */
  readonly phase: ActivityPhase | 'held';
  readonly turn: number;
  /** Whose handler runs; null while none does. */
  readonly token: number | null;
  /** What it executes, as `get` or `config|get`; empty if there is no such command; null while none is executed. */
  readonly command: string | null;
  /** How long the loop has been seen at just this, in ms, without the pauses; 0 at first sight, and while it is held. */
  readonly elapsedMs: number;
  /** How long it has been seen at work in this turn, in ms. */
  readonly turnMs: number;
  /** The loop has been at work in this turn for a tenth of a second or longer: whoever else sends something waits. */
  readonly isBusy: boolean;
  /** What executes has run for so long that others are served beside it: a script past `busy-reply-threshold`. */
  readonly servesOthers: boolean;
}

export const LOOK_MS = 100;

/** Phases that are a token's. */
const OF_A_TOKEN: ReadonlySet<string> = new Set<ActivityPhase>(['accept', 'messages', 'read', 'decode', 'execute']);

export class ActivityWatch {
  private turn = -1;
  private turnSinceMs = 0;
  private state = WAITING;
  private stateSinceMs = 0;
  private lookedAtMs = 0;
  private wasHeld = false;
  private timer: NodeJS.Timeout | null = null;
  private wasBusy = false;
  private readonly listeners = new Set<(activity: LoopActivity | null) => void>();

  /**
   * @param isHeld the stepper holds the loop
   * @param commandNames by the numbers of commands
   * @param nowMs any clock in ms that runs evenly
   */
  constructor(
    private readonly words: ActivityWords,
    private readonly isHeld: () => boolean,
    private readonly commandNames: readonly string[],
    private readonly nowMs: () => number = () => performance.now(),
  ) {}

  look(): LoopActivity {
    const { words } = this;
    const state = words[STATE]!;
    const turn = words[TURN]!;
    const phase = state & PHASE_MASK;
    const isHeld = this.isHeld();
    const nowMs = this.nowMs();
    const isAtWork = phase !== WAITING && !isHeld;
    const isSameTurn = phase !== WAITING && turn === this.turn && this.turnSinceMs >= 0;
    if (isSameTurn && (isHeld || this.wasHeld)) this.leaveOut(nowMs - this.lookedAtMs);
    if (!isSameTurn) this.turnSinceMs = phase === WAITING ? -1 : nowMs;
    if (!isSameTurn || state !== this.state) this.stateSinceMs = nowMs;
    this.turn = turn;
    this.state = state;
    this.wasHeld = isHeld;
    this.lookedAtMs = nowMs;
    const name = isHeld ? 'held' : ACTIVITY_PHASES[phase]!;
    const turnMs = isAtWork ? nowMs - this.turnSinceMs : 0;
    return {
      phase: name,
      turn,
      token: OF_A_TOKEN.has(name) ? words[TOKEN]! : null,
      command: phase === EXECUTING && !isHeld ? (this.commandNames[(state >> COMMAND_SHIFT) & COMMAND_MASK] ?? '') : null,
      elapsedMs: isHeld ? 0 : nowMs - this.stateSinceMs,
      turnMs,
      isBusy: isAtWork && turnMs >= LOOK_MS * 0.9,
      servesOthers: isAtWork && phase === EXECUTING && words[WITHIN] === state,
    };
  }

  /** A pause is no work: the turn, and what it is at, go on after it as old as they were before. */
  private leaveOut(ms: number): void {
    this.turnSinceMs += ms;
    this.stateSinceMs += ms;
  }

  /** Calls `listener` at every look at a busy loop, and with null when it is busy no longer. Returns how to stop. */
  onBusy(listener: (activity: LoopActivity | null) => void): () => void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => this.tell(), LOOK_MS).unref();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  /** The loop is gone. */
  end(): void {
    this.listeners.clear();
    this.stop();
  }

  private stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = null;
    this.wasBusy = false;
  }

  private tell(): void {
    const activity = this.look();
    if (!activity.isBusy && !this.wasBusy) return;
    this.wasBusy = activity.isBusy;
    for (const listener of this.listeners) listener(activity.isBusy ? activity : null);
  }
}
