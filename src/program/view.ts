/**
 * ProgramView: what the lab shows of a program besides its trace. Plain data.
 */
import type { TraceEvent } from '../server/index.js';
import type { Text } from '../shared/language.js';
import type { ProcessFacts } from './process-facts.js';

export interface SourceFile {
  /** As it is shown: relative to the folder of the program. A byte string. */
  readonly name: string;
  /** Byte strings; empty: it could not be read. */
  readonly lines: readonly string[];
}

export interface ProgramView {
  /** As it was named: a byte string. */
  readonly file: string;
  readonly pid: number;
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
