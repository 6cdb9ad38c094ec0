/**
 * CommandBorders: which command a server is executing, told by its events, and the last moment at which it was executing none.
 *
 *   frame · · key-change · execute · reply        borders: up to `frame`, and from the outermost `execute` on
 */
import type { TraceEvent, TraceKind } from '../trace/events.js';
import type { Moment } from './moment.js';

/** These may happen in the middle of a command, or of a timer's work, and say nothing of where it ends. */
const WITHIN: ReadonlySet<TraceKind> = new Set(['key-change', 'expire', 'evict', 'publish', 'replicate', 'park', 'unpark']);

interface Running {
  readonly token: number;
  readonly frame: number;
  readonly command: string;
}

export class CommandBorders {
  /** What is being executed, or is about to be: its request has been decoded. */
  running: Running | null = null;
  /** The last moment between commands. */
  last: Moment = { turn: 0, event: 0 };

  pass(event: TraceEvent, moment: Moment): void {
    const { running } = this;
    if (event.kind === 'turn-begin' || event.kind === 'turn-end') this.running = null;
    // While a script lets others be served, it still runs.
    else if (running !== null && isEndOf(running, event)) this.running = null;
    else if (event.kind === 'frame' && running === null) {
      this.running = { token: event.token, frame: event.frame, command: event.argv[0]!.toLowerCase() };
      this.last = moment;
    }
    if (this.running === null && !WITHIN.has(event.kind) && !isInner(running, event)) this.last = moment;
  }
}

/** A command of a script or a transaction that is executed without a request of its own having been seen. */
function isInner(running: Running | null, event: TraceEvent): boolean {
  return running === null && event.kind === 'execute';
}

function isEndOf({ token, frame, command }: Running, event: TraceEvent): boolean {
  if (event.kind !== 'execute' && event.kind !== 'reply') return false;
  if (event.token !== token || event.frame !== frame) return false;
  return event.kind === 'reply' || event.command === command || event.command.startsWith(`${command}|`);
}
