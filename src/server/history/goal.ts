/**
 * Goals: the event at which a twin is to stop, as a place or as a condition.
 */
import type { Server } from '../server.js';
import type { TraceEvent } from '../trace/events.js';
import { endsRun, endsStep, type RunTarget, type StepUnit } from '../trace/stepping.js';
import type { Moment } from './moment.js';

export type Condition =
  /** A step of the loop ends. */
  | { readonly unit: StepUnit }
  /** A run of the loop to such a request ends. */
  | { readonly request: Omit<RunTarget, 'key'> }
  /** This number of commands has been executed. */
  | { readonly commands: number }
  /** The time is not later than this. */
  | { readonly unixMs: number }
  /** This request of a client has been decoded. */
  | { readonly token: number; readonly frame: number }
  | { readonly db: number; readonly key: string };

export type Goal =
  /** An event; the last one of its turn if its number is Infinity. */
  | { readonly kind: 'at'; readonly moment: Moment }
  /** The first event after a moment for which a condition holds. */
  | { readonly kind: 'first'; readonly after: Moment; readonly where: Condition }
  /** The last event before a moment for which a condition holds. */
  | { readonly kind: 'last'; readonly before: Moment; readonly where: Condition };

/** An event that a twin has passed, and the state that conditions refer to. */
export interface Passed {
  readonly event: TraceEvent;
  readonly isNewPhase: boolean;
  readonly unixMs: number;
  readonly commands: number;
}

/** True if a condition holds after this event. */
export function holds(where: Condition, { event, isNewPhase, unixMs, commands }: Passed): boolean {
  if ('unit' in where) return endsStep(where.unit, event, isNewPhase);
  if ('request' in where) return endsRun(where.request, event);
  if ('commands' in where) return event.kind === 'execute' && commands >= where.commands;
  if ('unixMs' in where) return unixMs <= where.unixMs;
  if ('frame' in where) return event.kind === 'frame' && event.token === where.token && event.frame === where.frame;
  return isChangeOf(where, event);
}

function isChangeOf({ db, key }: { readonly db: number; readonly key: string }, event: TraceEvent): boolean {
  return (event.kind === 'key-change' || event.kind === 'expire' || event.kind === 'evict') && event.db === db && event.key === key;
}

/** Deleting all keys emits no event for each: whether the key existed before decides. */
const FLUSHES: ReadonlySet<string> = new Set(['flushall', 'flushdb', 'swapdb']);

/** Detects whether a key came or went through a command that changes whole databases. Asked at every event. */
export class FlushWatch {
  private isThere = false;

  constructor(
    private readonly server: Server,
    private readonly where: { readonly db: number; readonly key: string },
  ) {
    this.look();
  }

  changes(event: TraceEvent): boolean {
    if (event.kind !== 'execute' && event.kind !== 'frame') return false;
    const wasThere = this.isThere;
    this.look();
    return event.kind === 'execute' && FLUSHES.has(event.command) && wasThere !== this.isThere;
  }

  private look(): void {
    this.isThere = this.server.keyspace.databases[this.where.db]?.dict.get(this.where.key) !== undefined;
  }
}
