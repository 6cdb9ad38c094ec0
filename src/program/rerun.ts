/**
 * Rerun: a program in a new process, with its recorded inputs, held where requested. It can go forward; to go back it is run from its beginning.
 *
 *   to(event) ──▶ process, again: event ──▶ events ──▶ picture ──▶ stands, or over ──▶ Standing
 */
import type { TraceBody } from '../server/index.js';
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
  /** The places of its last calls, by the numbers of their events. */
  readonly places: ReadonlyMap<number, Place>;
  /** Why it has not reached the requested event; null: it has. */
  readonly over: RunOver | { readonly why: 'ended' | 'late' } | null;
}

/** A run that tells nothing for this time is given up; it may use timers, which take real time. */
export const PATIENCE_MS = 20_000;

/** Number of places that are kept; a run tells those of its last 64 events. */
const MOST_PLACES = 256;

/** Takes the events of a run, with their translation; false: no more are wanted. */
export type Retelling = (told: ToldEvent, bodies: readonly TraceBody[]) => boolean;

export class Rerun {
  private current: Run | null = null;

  /** @param main the program's side, built from child/main.ts */
  constructor(
    private readonly main: string,
    private readonly tape: OpenTape,
    private readonly patienceMs = PATIENCE_MS,
  ) {}

  /** @param event counted from 1. Null: it was cancelled by {@link leave}, or by another call */
  async to(event: number): Promise<Standing | null> {
    if (this.current === null || !this.current.canGoOnTo(event)) {
      this.leave();
      this.current = new Run(this.main, this.tape, event, this.patienceMs, () => true);
    } else this.current.goOn(event);
    const run = this.current;
    const standing = await run.arrives();
    return this.current === run ? standing : null;
  }

  /**
   * Runs it from its beginning up to an event, and passes on what happens on the way, until `take` returns false. Null: it was cancelled, as in {@link to}.
   */
  async retell(event: number, take: Retelling): Promise<Standing | null> {
    this.leave();
    const run = (this.current = new Run(this.main, this.tape, event, this.patienceMs, take));
    const standing = await run.arrives();
    if (this.current !== run) return null;
    this.leave();
    return standing;
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
  private readonly places = new Map<number, Place>();
  private heardMs = performance.now();
  /** No more events are wanted. */
  private hasEnough = false;

  constructor(
    main: string,
    tape: OpenTape,
    private target: number,
    private readonly patienceMs: number,
    private readonly take: Retelling,
  ) {
    const { file, args, folder } = tape.head;
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
    this.heardMs = performance.now();
    let timeout: NodeJS.Timeout;
    const listen = (): void => {
      const leftMs = this.heardMs + this.patienceMs - performance.now();
      if (leftMs > 0) timeout = setTimeout(listen, leftMs);
      else this.stands([], null, { why: 'late' });
    };
    listen();
    try {
      return await new Promise((resolve) => (this.resolve = resolve));
    } finally {
      clearTimeout(timeout!);
    }
  }

  kill(): void {
    this.program.kill();
  }

  private hear(message: ChildMessage): void {
    if (this.standing?.over != null || this.hasEnough) return;
    this.heardMs = performance.now();
    this.picture.hear(message);
    if (message.kind === 'event') {
      this.last = message;
      if (message.at !== undefined) this.keep(message.number, message.at);
      this.hasEnough = !this.take(message, this.picture.translate(message));
      if (this.hasEnough) this.stands([], null, null);
    } else if (message.kind === 'stands' && message.event === this.target) this.stands(message.variables, null, null);
    else if (message.kind === 'over') this.stands(message.variables, message.at ?? null, message.how);
  }

  private keep(event: number, place: Place): void {
    this.places.set(event, place);
    if (this.places.size > MOST_PLACES) this.places.delete(this.places.keys().next().value!);
  }

  private stands(variables: readonly Variable[], at: Place | null, over: Standing['over']): void {
    if (this.standing !== null) return;
    const { last, picture, places } = this;
    this.standing = { event: last?.number ?? 0, atUs: last?.atUs ?? 0, picture, variables, places, at: at ?? last?.at ?? null, over };
    if (over !== null) this.kill();
    this.resolve(this.standing);
  }
}
