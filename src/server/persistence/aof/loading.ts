/**
 * Loads one file of an append-only file: a snapshot, requests, or both, the snapshot first.
 */
import { ChunkReader, CorruptDump, type NextChunk } from '../../keyspace/rdb/bytes.js';
import { SnapshotError } from '../snapshot-reader.js';
import { BadRequest, readRequest } from './request-reader.js';

/** Runs what is loaded. */
export interface Loader {
  readonly isInTransaction: boolean;
  /** False: there is no such command. */
  run(argv: readonly string[]): boolean;
  /** What was queued since MULTI is dropped. */
  discard(): void;
  /** Throws {@link SnapshotError}. */
  snapshot(bytes: ChunkReader): void;
}

export interface LoadedFile {
  /** How much of it is whole requests and whole transactions. */
  readonly bytes: number;
  /** Behind them there is a part of one: the end of the file is missing. */
  readonly isCut: boolean;
}

const FIRST_OF_SNAPSHOT = 'R'.charCodeAt(0);

/** Throws {@link SnapshotError} with what is wrong, and where: then a part of it has been run. */
export function loadFile(next: NextChunk, loader: Loader): LoadedFile {
  const bytes = new ChunkReader(next);
  if (bytes.hasMore() && bytes.peek() === FIRST_OF_SNAPSHOT) loader.snapshot(bytes);
  bytes.sums = false;
  for (let whole = bytes.offset; ; whole = loader.isInTransaction ? whole : bytes.offset) {
    const at = bytes.offset;
    const argv = nextRequest(bytes, at);
    if (argv === CUT || (argv === null && loader.isInTransaction)) {
      loader.discard();
      return { bytes: whole, isCut: true };
    }
    if (argv === null) return { bytes: bytes.offset, isCut: false };
    if (!loader.run(argv)) throw new SnapshotError(`an unknown command ${JSON.stringify(argv.slice(0, 2).join(' ').slice(0, 128))} at byte ${at}`);
  }
}

/** The file ends within a request. */
const CUT = Symbol('cut');

function nextRequest(bytes: ChunkReader, at: number): string[] | typeof CUT | null {
  try {
    return readRequest(bytes);
  } catch (error) {
    if (error instanceof CorruptDump) return CUT;
    if (error instanceof BadRequest) throw new SnapshotError(`${error.what} at byte ${bytes.offset}, in the request that begins at byte ${at}`);
    throw error;
  }
}
