/**
 * Gate: passes the events of a program on one by one, and holds them, and the program, when requested.
 *
 *   program ──▶ translator ──▶ [ queue ] ──▶ stepper: may it go on? ──▶ passed on
 *                                   └── empty, and the program waits ──▶ GO
 *
 * The program waits after each event while it is held, stepped or slowed, or while a breakpoint is set; otherwise it runs freely.
 */
import { type Breakpoint, matchesGlob, type RunTarget, type StepUnit, type TraceEvent } from '../server/index.js';
import { Stepper } from '../server/trace/stepping.js';
import { Fifo } from '../shared/fifo.js';

export interface GatePorts {
  /** Makes the program wait after each event, or not at all. */
  ask(): void;
  free(): void;
  /** It may go on from the event after which it waits. */
  go(): void;
  /** An event is passed on. */
  tell(event: TraceEvent): void;
  /** The program is held at an event; null: it goes on. */
  held(event: TraceEvent | null): void;
}

export class Gate {
  private readonly queue = new Fifo<TraceEvent>();
  private readonly stepper = new Stepper({ keysOf: (argv) => argv.slice(1, 2), matchesGlob }, (event, timeoutMs) => this.hold(event, timeoutMs));
  private last: TraceEvent | null = null;
  private isAsked = false;
  /** The program waits for GO. */
  private isWaiting = false;
  private isHeld = false;
  private timer: NodeJS.Timeout | null = null;

  constructor(private readonly ports: GatePorts) {}

  /** Adds the events of one call of the program. @param waits the program waits for GO after it */
  take(events: readonly TraceEvent[], waits: boolean): void {
    for (const event of events) this.queue.push(event);
    this.isWaiting ||= waits;
    this.pump();
  }

  /** Holds the program where it is: at the last event passed on, or at its first. */
  pause(): void {
    if (this.isHeld) return;
    this.stepper.pause();
    this.askAsNeeded();
    if (this.last !== null) this.hold(this.last, -1);
  }

  resume(): void {
    this.stepper.resume();
    this.goOn();
  }

  step(unit: StepUnit): void {
    this.stepper.step(unit);
    this.goOn();
  }

  runTo(target: RunTarget): void {
    this.stepper.runTo(target);
    this.goOn();
  }

  slow(eventsPerSecond: number): void {
    this.stepper.slow(eventsPerSecond);
    this.goOn();
  }

  setBreakpoints(breakpoints: readonly Breakpoint[]): void {
    this.stepper.setBreakpoints(breakpoints);
    this.askAsNeeded();
    this.pump();
  }

  /** The program has ended. */
  end(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.stepper.resume();
    this.isWaiting = false;
    this.release();
    this.pump();
  }

  private goOn(): void {
    if (this.timer !== null) clearTimeout(this.timer);
    this.timer = null;
    this.release();
    this.askAsNeeded();
    this.pump();
  }

  private release(): void {
    if (!this.isHeld) return;
    this.isHeld = false;
    this.ports.held(null);
  }

  private hold(event: TraceEvent, timeoutMs: number): void {
    if (timeoutMs >= 0) {
      this.timer = setTimeout(() => {
        this.timer = null;
        this.pump();
      }, timeoutMs);
      return;
    }
    this.isHeld = true;
    this.ports.held(event);
  }

  private askAsNeeded(): void {
    const { isNeeded } = this.stepper;
    if (isNeeded === this.isAsked) return;
    this.isAsked = isNeeded;
    if (isNeeded) this.ports.ask();
    else this.ports.free();
  }

  private pump(): void {
    while (!this.isHeld && this.timer === null) {
      const event = this.queue.shift();
      if (event === undefined) break;
      this.last = event;
      this.ports.tell(event);
      this.stepper.pass(event);
    }
    if (this.isHeld || this.timer !== null || !this.isWaiting || this.queue.length > 0) return;
    this.isWaiting = false;
    this.ports.go();
  }
}
