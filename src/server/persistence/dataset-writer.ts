/**
 * DatasetWriter: a form in which a dataset is written: as a snapshot (snapshot-writer.ts) or as commands (aof/command-writer.ts).
 *
 *   head │ database 0: sizes, keys │ database 1 … │ end
 */
import { type Expires } from '../keyspace/expires.js';
import type { KeyTable } from '../keyspace/key-table.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import type { ChunkSink } from '../keyspace/rdb/chunk-writer.js';
import type { Source } from '../keyspace/rdb/encoder.js';
import type { Int64 } from '../keyspace/types/int64.js';
import type { Collection, Value } from '../keyspace/value.js';

export interface Dataset {
  readonly keyspace: Keyspace;
  /** The code of each library of functions. */
  readonly libraries: readonly string[];
  readonly leavesKeysOut?: boolean;
  /** For a replica: the database that the stream has selected; -1: it selects one before it needs it. */
  readonly streamDb?: number;
}

/** What is written of a key besides its value. */
export interface KeyFacts {
  readonly atMs: Int64;
  readonly access: number;
}

/** Facts about a file, for who reads it. */
export type Facts = readonly (readonly [name: string, value: string])[];

export interface DatasetWriter {
  /** Writes what precedes the databases. @param facts about the file, besides those that every file has */
  head(dataset: Dataset, facts: Facts): void;
  /** Selects the database of the following keys. */
  database(index: number): void;
  /** Writes the number of keys of a database, and of volatile ones among them, for a loader that allocates memory at once. */
  sizes(keys: number, volatile: number): void;
  key(key: string, value: Value, facts: KeyFacts): void;
  /** The same in steps, for a value too large to be written at once. Between two steps `source` may get an exact copy of its value. */
  keySteps(key: string, source: Source<Collection>, facts: KeyFacts): Iterator<void>;
  end(): void;
  /** Passes everything written to the sink. */
  flush(): void;
}

/** Returns a writer that passes chunks to `sink`. @param isSinkCompressing strings are written as they are, and the sink gets their positions */
export type Format = (sink: ChunkSink, keyspace: Keyspace, isSinkCompressing: boolean) => DatasetWriter;

export function factsAt(table: KeyTable, expires: Expires, slot: number): KeyFacts {
  return { atMs: expires.exactAt(slot), access: table.accessAt(slot) };
}

/** Writes a whole dataset at once. */
export function writeDataset(writer: DatasetWriter, dataset: Dataset, facts: Facts): void {
  const { keyspace, leavesKeysOut = false } = dataset;
  writer.head(dataset, facts);
  for (const { index, dict, expires, size } of keyspace.databases) {
    if (size === 0 || leavesKeysOut) continue;
    writer.database(index);
    writer.sizes(dict.size, expires.size);
    for (let slot = 0; slot < dict.size; slot++) writer.key(dict.keyAt(slot), dict.valueAt(slot), factsAt(dict, expires, slot));
  }
  writer.end();
  writer.flush();
}
