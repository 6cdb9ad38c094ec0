/**
 * Stepping: lets an observer hold, step and resume the loop.
 *
 * The stepper is asked after every trace event whether the loop may go on. It may run, run slowly, or be held: then the loop thread waits there, in the middle
 * of its turn, with its clock stopped, until an observer steps or resumes.
 *
 *              pause, breakpoint,
 *              end of a step or of a run
 *   ┌─────────┐ ─────────────────────────────▶ ┌──────┐      step(unit): held again at the next
 *   │ running │                                │ held │ ◀─┐    event     trace event of any kind
 *   └─────────┘ ◀───────────────────────────── └──────┘ ──┘    phase     event of another phase of the turn
 *              resume,                                         command   command that has been executed
 *              runTo(target): to the next matching request     turn      beginning of a turn
 */
import { TRACE_EVENTS, type Phase, type TraceEvent, type TraceKind } from './events.js';

export const STEP_UNITS = ['event', 'phase', 'command', 'turn'] as const;
export type StepUnit = (typeof STEP_UNITS)[number];

/**
 * A condition at which a running loop stops by itself. All given conditions must hold. A command or a key is matched when its request has been decoded, so
 * the loop stops before it executes; a duration can only be known afterwards.
 */
export interface Breakpoint {
  /** Lower case. */
  readonly command?: string;
  /** A glob, as for KEYS. */
  readonly key?: string;
  readonly token?: number;
  readonly kind?: TraceKind;
  /** Stop after a command that took longer than this many microseconds. */
  readonly longerThanUs?: number;
  /** Stop after an error reply; with a command or a key, only one to a matching request. */
  readonly error?: true;
}

/**
 * Where a run ends: at the next matching request, before it executes. All given conditions must hold; without any it is the next request
 * of any client. Unless a command is named, what client programs send by themselves when they connect is skipped: between the start of
 * redis-cli and the first typed command comes its COMMAND DOCS.
 */
export interface RunTarget {
  /** Lower case. */
  readonly command?: string;
  /** A glob, as for KEYS. */
  readonly key?: string;
  /** A run to a request of this connection also ends when the connection does. */
  readonly token?: number;
}

/** What the stepper needs to know about requests; the loop itself does not know them. */
export interface RequestKnowledge {
  keysOf(argv: readonly string[]): readonly string[];
  matchesGlob(pattern: string, text: string): boolean;
}

type Mode =
  | { readonly name: 'running' }
  | { readonly name: 'pausing' }
  | { readonly name: 'stepping'; readonly unit: StepUnit }
  | { readonly name: 'running-to'; readonly target: RunTarget }
  | { readonly name: 'slow'; readonly eventsPerSecond: number };

const RUNNING: Mode = { name: 'running' };

type EventOf<K extends TraceKind> = Extract<TraceEvent, { kind: K }>;

export class Stepper {
  private mode: Mode = RUNNING;
  private breakpoints: readonly Breakpoint[] = [];
  private lastPhase: Phase | null = null;
  /** The newest request and execution, to which an error reply belongs. */
  private lastFrame: EventOf<'frame'> | null = null;
  private lastExecution: EventOf<'execute'> | null = null;

  /** @param hold blocks the loop until {@link resume}, {@link step} or another of these is called, at most `timeoutMs` (-1: no limit) */
  constructor(
    private readonly requests: RequestKnowledge,
    private readonly hold: (event: TraceEvent, timeoutMs: number) => void,
  ) {}

  /** True while every event has to pass here; otherwise the tap may be closed. */
  get isNeeded(): boolean {
    return this.mode !== RUNNING || this.breakpoints.length > 0;
  }

  /** True while events are held or delayed one by one, false while the loop runs, possibly towards a breakpoint or a target. */
  get isStepping(): boolean {
    return this.mode !== RUNNING && this.mode.name !== 'running-to';
  }

  /** Holds the loop at the next event. */
  pause(): void {
    this.mode = { name: 'pausing' };
  }

  resume(): void {
    this.mode = RUNNING;
  }

  /** Lets the loop run to the next `unit`, and holds it there. */
  step(unit: StepUnit): void {
    expectOf(STEP_UNITS.includes(unit), `the unit of a step must be one of ${STEP_UNITS.join(', ')}`);
    this.mode = { name: 'stepping', unit };
  }

  /** Lets the loop run to the next matching request, and holds it there. */
  runTo(target: RunTarget): void {
    expectOf(isCondition(target), 'the target of a run must be an object of conditions');
    this.mode = { name: 'running-to', target };
  }

  /** From now on every event is followed by a wait of 1/n second. */
  slow(eventsPerSecond: number): void {
    expectOf(eventsPerSecond > 0 && eventsPerSecond < Infinity, 'events per second must be a number above 0');
    this.mode = { name: 'slow', eventsPerSecond };
  }

  setBreakpoints(breakpoints: readonly Breakpoint[]): void {
    expectOf(Array.isArray(breakpoints) && breakpoints.every(isCondition), 'breakpoints must be a list of objects of conditions');
    this.breakpoints = breakpoints;
  }

  /** Called on the loop thread after every event; returns when the loop may go on. */
  pass(event: TraceEvent): void {
    const phase: Phase = event.kind === 'fault' && this.lastPhase !== null ? this.lastPhase : TRACE_EVENTS[event.kind].phase;
    const isNewPhase = phase !== this.lastPhase;
    this.lastPhase = phase;
    if (event.kind === 'frame') this.lastFrame = event;
    else if (event.kind === 'execute') this.lastExecution = event;
    if (this.mode.name === 'slow' && !this.hitsBreakpoint(event)) return this.hold(event, 1000 / this.mode.eventsPerSecond);
    if (!this.stopsAt(event, isNewPhase)) return;
    // Until another mode is set, the next event is held as well.
    this.mode = { name: 'pausing' };
    this.hold(event, -1);
  }

  private stopsAt(event: TraceEvent, isNewPhase: boolean): boolean {
    switch (this.mode.name) {
      case 'pausing':
        return true;
      case 'stepping':
        return endsStep(this.mode.unit, event, isNewPhase) || this.hitsBreakpoint(event);
      case 'running-to':
        return this.reaches(this.mode.target, event) || this.hitsBreakpoint(event);
      default:
        return this.hitsBreakpoint(event);
    }
  }

  private reaches(target: RunTarget, event: TraceEvent): boolean {
    return endsRun(target, event) && (event.kind !== 'frame' || this.matches(target, event));
  }

  private hitsBreakpoint(event: TraceEvent): boolean {
    return this.breakpoints.some((breakpoint) => this.matches(breakpoint, event));
  }

  private matches(breakpoint: Breakpoint, event: TraceEvent): boolean {
    const { command, key, token, kind, longerThanUs, error } = breakpoint;
    if (kind !== undefined && event.kind !== kind) return false;
    if (token !== undefined && (!('token' in event) || event.token !== token)) return false;
    if (error === true) return event.kind === 'reply' && isErrorReply(event.raw) && this.answers(breakpoint, event);
    if (longerThanUs !== undefined) {
      if (event.kind !== 'execute' || event.elapsedUs <= longerThanUs) return false;
      return (command === undefined || event.command === command) && (key === undefined || this.anyMatches(key, event.keys));
    }
    if (command === undefined && key === undefined) return true;
    if (event.kind !== 'frame') return false;
    if (command !== undefined && event.argv[0]!.toLowerCase() !== command) return false;
    return key === undefined || this.anyMatches(key, this.requests.keysOf(event.argv));
  }

  /** True if an error answers a matching request. A refused request was decoded, but not executed. */
  private answers({ command, key, longerThanUs }: Breakpoint, { token, frame }: EventOf<'reply'>): boolean {
    const isAnswered = (event: EventOf<'frame' | 'execute'> | null): boolean => event !== null && event.token === token && event.frame === frame;
    const { lastFrame, lastExecution } = this;
    if (longerThanUs !== undefined && (!isAnswered(lastExecution) || lastExecution!.elapsedUs <= longerThanUs)) return false;
    if (command === undefined && key === undefined) return true;
    if (!isAnswered(lastFrame)) return false;
    if (command !== undefined && lastFrame!.argv[0]!.toLowerCase() !== command) return false;
    return key === undefined || this.anyMatches(key, this.requests.keysOf(lastFrame!.argv));
  }

  private anyMatches(pattern: string, keys: readonly string[]): boolean {
    return keys.some((key) => this.requests.matchesGlob(pattern, key));
  }
}

/** True for an error of RESP2, or a bulk error of RESP3. */
const isErrorReply = (raw: string): boolean => raw.startsWith('-') || raw.startsWith('!');

/** True if a step of this unit ends at the event. */
export function endsStep(unit: StepUnit, event: TraceEvent, isNewPhase: boolean): boolean {
  switch (unit) {
    case 'event':
      return true;
    case 'phase':
      return isNewPhase;
    case 'command':
      return event.kind === 'execute';
    case 'turn':
      return event.kind === 'turn-begin';
  }
}

/** True if a run to this target ends at the event, judged by command and connection. The keys of a request are not checked here. */
export function endsRun({ command, token }: Omit<RunTarget, 'key'>, event: TraceEvent): boolean {
  if (event.kind === 'disconnect') return event.token === token;
  if (event.kind !== 'frame' || (token !== undefined && event.token !== token)) return false;
  return command === undefined ? !isIntroduction(event.argv) : event.argv[0]!.toLowerCase() === command;
}

/** Checks conditions from untyped programs: one of the wrong type would end the loop later, at some event, instead of failing the call. */
function isCondition(condition: Breakpoint): boolean {
  if (typeof condition !== 'object' || condition === null) return false;
  return Object.entries(condition).every(([name, value]) => value === undefined || CONDITIONS.get(name)?.(value) === true);
}

const isNumber = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value);
const isString = (value: unknown): boolean => typeof value === 'string';

const CONDITIONS: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['command', isString],
  ['key', isString],
  ['token', isNumber],
  ['kind', (value) => isString(value) && Object.hasOwn(TRACE_EVENTS, value as string)],
  ['longerThanUs', isNumber],
  ['error', (value) => value === true],
]);

function expectOf(isTrue: boolean, expectation: string): void {
  if (!isTrue) throw new TypeError(expectation);
}

/** What client programs send by themselves when they connect: redis-cli its COMMAND DOCS, client libraries HELLO, password, name and version. */
const INTRODUCTIONS: ReadonlySet<string> = new Set(['command', 'hello', 'auth', 'client setname', 'client setinfo']);

/** True for a request that client programs send by themselves. */
export function isIntroduction([command = '', subcommand = '']: readonly string[]): boolean {
  const name = command.toLowerCase();
  return INTRODUCTIONS.has(name) || INTRODUCTIONS.has(`${name} ${subcommand.toLowerCase()}`);
}
