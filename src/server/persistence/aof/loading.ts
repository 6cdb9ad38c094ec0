/**
 * Loads one file of an append-only file: a snapshot, requests, or both, the snapshot first.
 */
import { type ChunkReader, CorruptDump } from '../../keyspace/rdb/bytes.js';
import { snapshotSteps } from '../snapshot-load.js';
import { SnapshotError, type SnapshotReader } from '../snapshot-reader.js';
import { BYTES_BETWEEN_LOOKS, type LoadPace } from '../start-load.js';
import { BadRequest, readRequest } from './request-reader.js';

/** Runs what is loaded. */
export interface Loader {
  readonly isInTransaction: boolean;
  /** Runs a request. False: unknown command. */
  run(argv: readonly string[]): boolean;
  /** Drops what was queued since MULTI. */
  discard(): void;
  snapshot(bytes: ChunkReader): Pick<SnapshotReader, 'offset' | 'steps'>;
}

export interface LoadedFile {
  /** How many bytes of it are whole requests and whole transactions. */
  readonly bytes: number;
  /** An incomplete request or transaction follows: the end of the file is missing. */
  readonly isCut: boolean;
}

const FIRST_OF_SNAPSHOT = 'R'.charCodeAt(0);

/** Yields as {@link LoadTask.run} does. Throws {@link SnapshotError} with what is wrong, and where: then a part of it has been run. */
export function* loadFile(bytes: ChunkReader, loader: Loader, pace: () => LoadPace): Generator<number, LoadedFile, undefined> {
  if (bytes.hasMore() && bytes.peek() === FIRST_OF_SNAPSHOT) yield* snapshotSteps(loader.snapshot(bytes), pace);
  bytes.sums = false;
  let toldAt = bytes.offset;
  let left = pace().most;
  for (let whole = bytes.offset; ; whole = loader.isInTransaction ? whole : bytes.offset) {
    const at = bytes.offset;
    const argv = nextRequest(bytes, at);
    if (argv === CUT || (argv === null && loader.isInTransaction)) {
      loader.discard();
      return { bytes: whole, isCut: true };
    }
    if (argv === null) return { bytes: bytes.offset, isCut: false };
    if (!loader.run(argv)) throw unknownCommand(argv, at);
    if (--left > 0 && bytes.offset - toldAt < BYTES_BETWEEN_LOOKS) continue;
    yield bytes.offset - toldAt;
    toldAt = bytes.offset;
    left = pace().most;
  }
}

const unknownCommand = (argv: readonly string[], at: number): SnapshotError =>
  new SnapshotError(`Unknown command '${JSON.stringify(argv[0]!.slice(0, 128)).slice(1, -1)}' reading the append only file, at byte ${at}`);

const badFormat = ({ what }: BadRequest, at: number, start: number): SnapshotError =>
  new SnapshotError(`Bad file format reading the append only file: ${what} at byte ${at}, in the request that begins at byte ${start}`);

/** The file ends within a request. */
const CUT = Symbol('cut');

function nextRequest(bytes: ChunkReader, at: number): string[] | typeof CUT | null {
  try {
    return readRequest(bytes);
  } catch (error) {
    if (error instanceof CorruptDump) return CUT;
    if (error instanceof BadRequest) throw badFormat(error, bytes.offset, at);
    throw error;
  }
}
