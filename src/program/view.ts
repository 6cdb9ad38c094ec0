/**
 * ProgramView: what the lab shows of a program besides its trace. Plain data.
 */
import type { Address, PollerName, TraceEvent } from '../server/index.js';
import type { Text } from '../shared/language.js';
import type { ProcessFacts } from './process-facts.js';
import type { Variable } from './protocol.js';

export interface SourceFile {
  /** As it is shown: relative to the folder of the program. A byte string. */
  readonly name: string;
  /** Byte strings; empty: it could not be read. */
  readonly lines: readonly string[];
}

/** What a run with recorded inputs has come to, at the moment of the past that is shown. */
export interface RunAgain {
  readonly text: Text;
  /** It stands at that moment, and has done the same up to there. */
  readonly isThere: boolean;
  /** What the program's code sees there; byte strings. */
  readonly variables: readonly Variable[];
}

export interface ProgramView {
  /** As it was named: a byte string. */
  readonly file: string;
  readonly pid: number;
  /** Where it listens, as far as clients can connect: a run with recorded inputs listens nowhere. */
  readonly addresses: readonly Address[];
  readonly poller: PollerName;
  readonly isEdgeTriggered: boolean;
  /** It is run with recorded inputs from beginning to end: a recording that was opened. */
  readonly isRecording: boolean;
  /** Null where the machine does not tell, and when it has ended. */
  readonly process: ProcessFacts | null;
  /** By the number that events name. */
  readonly sources: ReadonlyMap<number, SourceFile>;
  /** What is wrong with its loop, as far as can be seen; null: nothing. May quote the program, so it is not safe to print. */
  readonly remark: Text | null;
  /** How it has ended, in a line; null: it runs. Likewise. */
  readonly end: Text | null;
  /** Of an error that has ended it: where it was thrown; null: not known. */
  readonly endedAt: TraceEvent['source'] | null;
  /** Null: now is shown, or the past without a run. May quote the program, so it is not safe to print. */
  readonly again: RunAgain | null;
  /** What the program uses that is not recorded: names of functions. */
  readonly unrecorded: readonly string[];
  /** Events that it could not tell, because its pipe was full. */
  readonly droppedEvents: number;
}

/** A program that is watched. */
export interface ProgramWatch {
  readonly view: ProgramView;
  /** Returns how to stop. */
  onChange(listener: () => void): () => void;
  /** Calls with each line that the program writes (a byte string), from its first on. */
  onLine(listener: (line: string) => void): () => void;
}
