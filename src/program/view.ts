/**
 * ProgramView: what the lab shows of a program besides its trace. Plain data.
 */
import type { Address, PollerName, TraceEvent } from '../server/index.js';
import type { Text } from '../shared/language.js';
import type { ProcessFacts } from './process-facts.js';
import type { Variable } from './protocol.js';

export interface SourceFile {
  /** As shown: relative to the folder of the program. A byte string. */
  readonly name: string;
  /** Byte strings; empty: it could not be read. */
  readonly lines: readonly string[];
}

/** The result of a run with recorded inputs, at the shown moment of the past. */
export interface RunAgain {
  readonly text: Text;
  /** It has reached that moment, without a difference. */
  readonly isThere: boolean;
  /** The variables that the program's code sees there; byte strings. */
  readonly variables: readonly Variable[];
}

export interface ProgramView {
  /** As given: a byte string. */
  readonly file: string;
  readonly pid: number;
  /** Where clients can connect: a run with recorded inputs listens nowhere. */
  readonly addresses: readonly Address[];
  readonly poller: PollerName;
  readonly isEdgeTriggered: boolean;
  /** It is run with recorded inputs from beginning to end: a recording that was opened. */
  readonly isRecording: boolean;
  /** Null if unavailable, and when it has ended. */
  readonly process: ProcessFacts | null;
  /** By the numbers that events use. */
  readonly sources: ReadonlyMap<number, SourceFile>;
  /** What is wrong with its loop; null: nothing visible. May quote the program, so it is not safe to print. */
  readonly remark: Text | null;
  /** How it has ended, in one line; null: it runs. Not safe to print either. */
  readonly end: Text | null;
  /** The place of the error that ended it; null: unknown. */
  readonly endedAt: TraceEvent['source'] | null;
  /** Null: the present is shown, or the past without a run. May quote the program, so it is not safe to print. */
  readonly again: RunAgain | null;
  /** What the program uses that is not recorded: names of functions. */
  readonly unrecorded: readonly string[];
  /** Number of events that it could not report, because its pipe was full. */
  readonly droppedEvents: number;
}

/** A program that is watched. */
export interface ProgramWatch {
  readonly view: ProgramView;
  /** Returns a function that stops it. */
  onChange(listener: () => void): () => void;
  /** Calls back with each line that the program writes (a byte string), from its first on. */
  onLine(listener: (line: string) => void): () => void;
}
