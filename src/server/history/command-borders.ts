/**
 * CommandBorders: derives from events which command a server is executing, and the last moment at which it was executing none.
 *
 *   frame · · key-change · execute · reply        borders: up to `frame`, and from the outermost `execute` on
 */
import type { TraceEvent, TraceKind } from '../trace/events.js';
import type { Moment } from './moment.js';

/** Events that occur between two pieces of work if no command is being executed. Others may occur within a timer's work, or while a client is closed. */
const BETWEEN: ReadonlySet<TraceKind> = new Set([
  'turn-begin', 'write', 'interest', 'wait', 'poll', 'ready', 'accept', 'connect', 'read', 'frame-partial', 'frame', 'timer', 'turn-end',
]);

interface Running {
  readonly token: number;
  readonly frame: number;
  /** Empty: unknown. */
  readonly command: string;
}

/** A postponed command that has no request in this turn, and lets other clients be served. It ends with its turn. */
const POSTPONED: Running = { token: NaN, frame: NaN, command: '' };

export class CommandBorders {
  /** The command being executed, or about to be: its request has been decoded. */
  running: Running | null = null;
  /** The last moment between commands. */
  last: Moment = { turn: 0, event: 0 };
  /** The command executed last; its reply may still follow. */
  private executed: Running | null = null;
  /** The running script lets other clients be served, and is still running. */
  private servesOthers = false;

  pass(event: TraceEvent, moment: Moment): void {
    if (this.running !== null && this.isEndOf(this.running, event)) this.end(this.running);
    if (event.kind === 'poll' && event.within === true) this.serveOthers();
    if (this.running === null && (BETWEEN.has(event.kind) || this.isOfExecuted(event))) this.last = moment;
    if (event.kind === 'frame' && this.running === null) this.begin(event);
  }

  private begin({ token, frame, argv }: Extract<TraceEvent, { kind: 'frame' }>): void {
    this.running = { token, frame, command: argv[0]!.toLowerCase() };
    this.servesOthers = false;
  }

  private end(running: Running): void {
    this.executed = running;
    this.running = null;
  }

  private isOfExecuted(event: TraceEvent): boolean {
    if (this.executed === null || (event.kind !== 'execute' && event.kind !== 'reply')) return false;
    return this.executed.token === event.token && this.executed.frame === event.frame;
  }

  private serveOthers(): void {
    this.servesOthers = true;
    this.running ??= POSTPONED;
  }

  private isEndOf({ token, frame, command }: Running, event: TraceEvent): boolean {
    switch (event.kind) {
      case 'turn-begin':
      case 'turn-end':
        return true;
      // Some commands have no reply: CLIENT REPLY OFF, CLIENT PAUSE.
      case 'ready':
        return !this.servesOthers;
      case 'frame':
        return event.token === token;
      case 'execute':
        return event.token === token && event.frame === frame && (event.command === command || event.command.startsWith(`${command}|`));
      case 'reply':
        return event.token === token && event.frame === frame;
      default:
        return false;
    }
  }
}
