/**
 * Rerun: a program in a new process, with its recorded inputs, held where requested. It can go forward; to go back it is run from its beginning.
 *
 *   to(event) ──▶ process, again: event ──▶ events ──▶ picture ──▶ stands, or over ──▶ Standing
 */
import { Picture } from './picture.js';
import type { ChildMessage, Place, RunOver, ToldEvent, Variable } from './protocol.js';
import { RunningProgram } from './running.js';
import type { OpenTape } from './tape-file.js';

/** The position of a run. */
export interface Standing {
  /** The number of the last reported event. */
  readonly event: number;
  /** On the clock of the events. */
  readonly atUs: number;
  readonly picture: Picture;
  readonly variables: readonly Variable[];
  /** The place of its last call, or of the current one; null: unknown. */
  readonly at: Place | null;
  /** Why it has not reached the requested event; null: it has. */
  readonly over: RunOver | { readonly why: 'ended' | 'late' } | null;
}

/** Time limit of a run; it may use timers, which take real time. */
const PATIENCE_MS = 20_000;

export class Rerun {
  private current: Run | null = null;

  /** @param main the program's side, built from child/main.ts */
  constructor(
    private readonly main: string,
    private readonly tape: OpenTape,
  ) {}

  /** @param event counted from 1. Null: it was cancelled by {@link leave}, or by another call */
  async to(event: number): Promise<Standing | null> {
    if (this.current === null || !this.current.canGoOnTo(event)) {
      this.leave();
      this.current = new Run(this.main, this.tape, event);
    } else this.current.goOn(event);
    const run = this.current;
    const standing = await run.arrives();
    return this.current === run ? standing : null;
  }

  /** Ends the process, if there is one. */
  leave(): void {
    this.current?.kill();
    this.current = null;
  }
}

class Run {
  private readonly picture: Picture;
  private readonly program: RunningProgram;
  private last: ToldEvent | null = null;
  private standing: Standing | null = null;
  private resolve: (standing: Standing) => void = () => {};
  private target: number;

  constructor(main: string, tape: OpenTape, target: number) {
    const { file, args, folder } = tape.head;
    this.target = target;
    this.picture = new Picture(file);
    this.program = new RunningProgram({ main, file, args, folder, first: { again: target }, tape: tape.readFd }, {
      message: (message) => this.hear(message),
      line: () => {},
      ended: () => this.stands([], null, { why: 'ended' }),
    });
  }

  /** True if the event is ahead, or the current one. */
  canGoOnTo(event: number): boolean {
    return this.standing !== null && this.standing.over === null && event >= this.standing.event;
  }

  goOn(event: number): void {
    if (event === this.standing?.event) return;
    this.standing = null;
    this.target = event;
    this.program.wish({ again: event });
    this.program.go();
  }

  async arrives(): Promise<Standing> {
    if (this.standing !== null) return this.standing;
    const timeout = setTimeout(() => this.stands([], null, { why: 'late' }), PATIENCE_MS);
    try {
      return await new Promise((resolve) => (this.resolve = resolve));
    } finally {
      clearTimeout(timeout);
    }
  }

  kill(): void {
    this.program.kill();
  }

  private hear(message: ChildMessage): void {
    if (this.standing?.over != null) return;
    this.picture.hear(message);
    if (message.kind === 'event') {
      this.last = message;
      this.picture.translate(message);
    } else if (message.kind === 'stands' && message.event === this.target) this.stands(message.variables, null, null);
    else if (message.kind === 'over') this.stands(message.variables, message.at ?? null, message.how);
  }

  private stands(variables: readonly Variable[], at: Place | null, over: Standing['over']): void {
    if (this.standing !== null) return;
    const { last, picture } = this;
    this.standing = { event: last?.number ?? 0, atUs: last?.atUs ?? 0, picture, variables, at: at ?? last?.at ?? null, over };
    if (over !== null) this.kill();
    this.resolve(this.standing);
  }
}
