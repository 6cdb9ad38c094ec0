/**
 * SnapshotLoad: loads a snapshot from its file at the start of a server.
 */
import type { FileToLoad, Host } from '../host.js';
import { type Loaded, SnapshotError, type SnapshotReader } from './snapshot-reader.js';
import { BYTES_BETWEEN_LOOKS, type LoadPace, type LoadTask } from './start-load.js';

/** Opens a file to be loaded; null: there is none. Throws {@link SnapshotError}. */
export function openToLoad(host: Host, path: string): FileToLoad | null {
  try {
    return host.open(path);
  } catch (error) {
    throw new SnapshotError(`${path} cannot be loaded: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Returns the error for a file that is damaged or incomplete. */
export const unloadable = (path: string, what: string): SnapshotError => new SnapshotError(`${path} cannot be loaded, and is left as it is: ${what}`);

/** Reads what a recording needs to know of a file. */
export function* prepared(file: FileToLoad): Generator<number, void, undefined> {
  while (file.prepare()) yield BYTES_BETWEEN_LOOKS;
}

/** Reads a snapshot to its end. */
export function* snapshotSteps(reader: Pick<SnapshotReader, 'offset' | 'steps'>, pace: () => LoadPace): Generator<number, void, undefined> {
  let { offset } = reader;
  while (reader.steps(pace().most, BYTES_BETWEEN_LOOKS)) {
    yield reader.offset - offset;
    ({ offset } = reader);
  }
}

interface Listener {
  /** Returns the error to throw. */
  failed(what: string): SnapshotError;
  /** Called when a part has been loaded. */
  loaded(loaded: Loaded): void;
  /** Called at the end. */
  done(): void;
}

export class SnapshotLoad implements LoadTask {
  readonly totalBytes: number;

  constructor(
    private readonly file: FileToLoad,
    private readonly reader: SnapshotReader,
    private readonly listener: Listener,
  ) {
    this.totalBytes = file.size;
  }

  get loadedBytes(): number {
    return this.reader.offset;
  }

  get keysLoaded(): number {
    return this.reader.loaded.keys;
  }

  get usedMemory(): number {
    return this.reader.usedMemory;
  }

  *run(pace: () => LoadPace): Generator<number, void, undefined> {
    const { file, reader, listener } = this;
    try {
      yield* prepared(file);
      for (const bytes of snapshotSteps(reader, pace)) {
        listener.loaded(reader.loaded);
        yield bytes;
      }
      listener.loaded(reader.loaded);
      listener.done();
    } catch (error) {
      throw error instanceof SnapshotError ? listener.failed(error.message) : error;
    } finally {
      file.close();
    }
  }
}
