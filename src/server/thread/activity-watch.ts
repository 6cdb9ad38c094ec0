/**
 * ActivityWatch: what the loop is doing, as the main thread sees it: also while a command keeps the loop busy and it cannot report anything itself.
 *
 *   words of loop/activity.ts ──▶ read, 10 times a second ──▶ the same turn, and not waiting, at two readings: busy
 *
 * The words have no time in them: durations count from the reading at which something was first seen, so they are up to 100 ms too short.
 * Pauses do not count.
 */
import {
  ACTIVITY_PHASES, type ActivityPhase, type ActivityWords, COMMAND_MASK, COMMAND_SHIFT, EXECUTING, PHASE_MASK, STATE, TOKEN, TURN, WAITING, WITHIN,
} from '../loop/activity.js';

export interface LoopActivity {
  /** `held`: by a pause, a breakpoint or a step. */
  readonly phase: ActivityPhase | 'held';
  readonly turn: number;
  /** The token whose handler runs; null while none does. */
  readonly token: number | null;
  /** The command being executed, as `get` or `config|get`; empty if it is unknown; null while none is executed. */
  readonly command: string | null;
  /** How long the loop has been seen in this state, in ms, without pauses; 0 when first seen, and while it is held. */
  readonly elapsedMs: number;
  /** How long it has been seen working in this turn, in ms. */
  readonly turnMs: number;
  /** The loop has been working in this turn for at least a tenth of a second: all other clients wait. */
  readonly isBusy: boolean;
  /** The command has run for so long that other clients are served meanwhile: a script past `busy-reply-threshold`. */
  readonly servesOthers: boolean;
}

export const LOOK_MS = 100;

/** Phases that concern a token. */
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
   * @param isHeld returns whether the stepper holds the loop
   * @param commandNames indexed by the numbers of commands
   * @param nowMs any monotonic clock in ms
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

  /** Excludes a pause from the durations of the turn and of the current state. */
  private leaveOut(ms: number): void {
    this.turnSinceMs += ms;
    this.stateSinceMs += ms;
  }

  /** Calls `listener` at every reading while the loop is busy, and with null when it no longer is. Returns a function that removes the listener. */
  onBusy(listener: (activity: LoopActivity | null) => void): () => void {
    this.listeners.add(listener);
    this.timer ??= setInterval(() => this.tell(), LOOK_MS).unref();
    return () => {
      this.listeners.delete(listener);
      if (this.listeners.size === 0) this.stop();
    };
  }

  /** Called when the loop has ended. */
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
