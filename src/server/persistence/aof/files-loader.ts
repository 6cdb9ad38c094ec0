/**
 * FilesLoader: loads the files of an append-only file one after the other, as the manifest lists them.
 */
import type { FileToLoad } from '../../host.js';
import type { Keyspace } from '../../keyspace/keyspace.js';
import { ChunkReader } from '../../keyspace/rdb/bytes.js';
import type { EncodingLimits } from '../../keyspace/types/limits.js';
import { prepared, unloadable } from '../snapshot-load.js';
import { type LoadLibrary, SnapshotError, SnapshotReader } from '../snapshot-reader.js';
import type { LoadPace, LoadTask } from '../start-load.js';
import type { AofFiles } from './files.js';
import { type LoadedFile, loadFile, type Loader } from './loading.js';
import type { Manifest } from './manifest.js';

/** Runs requests. */
export interface LoadingClient {
  readonly isInTransaction: boolean;
  /** Number of requests that were answered with an error, and the first of them. */
  readonly errors: number;
  readonly firstError: string;
  run(argv: readonly string[]): boolean;
  discard(): void;
}

interface LoaderSurroundings {
  readonly settings: EncodingLimits & { readonly appendfilename: string; readonly 'aof-load-truncated': boolean };
  readonly keyspace: Keyspace;
  readonly libraries: { readonly load: LoadLibrary };
  client(): LoadingClient;
  log(level: 'notice' | 'warning', message: string): void;
}

export class FilesLoader {
  constructor(
    private readonly files: AofFiles,
    private readonly server: LoaderSurroundings,
  ) {}

  /** True if a single file of Redis 6 or earlier is in its place, and there is nothing newer: it may be on its way to become the base, see takeOver. */
  isOldFile({ base, increments }: Manifest): boolean {
    const { files, server } = this;
    if (increments.length > 0 || (base !== null && base.name !== server.settings.appendfilename)) return false;
    return this.exists(files.oldPath) && (base === null || !this.exists(files.path(base.name)));
  }

  private exists(path: string): boolean {
    const file = this.files.open(path);
    file?.close();
    return file !== null;
  }

  /** Throws {@link SnapshotError}. */
  oldFile(): LoadTask {
    return this.load([this.files.oldPath]);
  }

  /** Returns null if none is listed. Throws {@link SnapshotError} if one of them is missing. */
  listed({ base, increments }: Manifest): LoadTask | null {
    const listed = base === null ? increments : [base, ...increments];
    return listed.length === 0 ? null : this.load(listed.map(({ name }) => this.files.path(name)));
  }

  private load(paths: readonly string[]): LoadTask {
    const opened: OpenFile[] = [];
    try {
      for (const path of paths) opened.push({ path, file: this.files.open(path) ?? fail(path, 'No such file or directory') });
    } catch (error) {
      for (const { file } of opened) file.close();
      throw error;
    }
    return new FilesLoad(this.files, this.server, opened);
  }
}

interface OpenFile {
  readonly path: string;
  readonly file: FileToLoad;
}

function fail(path: string, what: string): never {
  throw unloadable(path, what);
}

class FilesLoad implements LoadTask {
  readonly totalBytes: number;
  usedMemory = 0;
  /** Bytes of the files already loaded. */
  private bytesBefore = 0;
  private bytes: ChunkReader | null = null;
  private readonly stillOpen: Set<FileToLoad>;

  constructor(
    private readonly files: AofFiles,
    private readonly server: LoaderSurroundings,
    private readonly opened: readonly OpenFile[],
  ) {
    this.totalBytes = opened.reduce((sum, { file }) => sum + file.size, 0);
    this.stillOpen = new Set(opened.map(({ file }) => file));
  }

  get loadedBytes(): number {
    return this.bytesBefore + (this.bytes?.offset ?? 0);
  }

  get keysLoaded(): number {
    return this.server.keyspace.databases.reduce((sum, { size }) => sum + size, 0);
  }

  *run(pace: () => LoadPace): Generator<number, void, undefined> {
    const { server, opened } = this;
    const client = server.client();
    try {
      for (const [at, each] of opened.entries()) {
        yield* this.runOne(each, client, at === opened.length - 1, pace);
        this.bytesBefore = this.loadedBytes;
        this.bytes = null;
      }
    } finally {
      for (const file of this.stillOpen) this.close(file);
    }
    server.keyspace.dirty = 0;
    if (client.errors === 0) return;
    server.log('warning', `${client.errors} requests of the append-only file were answered with an error; the first is ${client.firstError}`);
  }

  private *runOne(each: OpenFile, client: LoadingClient, isLast: boolean, pace: () => LoadPace): Generator<number, void, undefined> {
    const { path, file } = each;
    const { bytes, isCut } = yield* this.read(each, client, pace);
    this.close(file);
    if (!isCut) return;
    const missing = `Unexpected end of file reading the append only file, behind byte ${bytes}`;
    if (!isLast) fail(path, `${missing}, and it is not the last file`);
    if (!this.server.settings['aof-load-truncated']) {
      fail(path, `${missing}: redis-check-aof --fix cuts it there, and so does a start with aof-load-truncated yes`);
    }
    const complaint = this.files.truncate(path, bytes);
    if (complaint !== null) fail(path, `${missing}, and it cannot be cut there: ${complaint}`);
    this.server.log('warning', `The end of ${path} is missing: it was cut behind byte ${bytes}, and loaded, because aof-load-truncated is yes`);
  }

  private *read({ path, file }: OpenFile, client: LoadingClient, pace: () => LoadPace): Generator<number, LoadedFile, undefined> {
    try {
      yield* prepared(file);
      const bytes = (this.bytes = new ChunkReader(() => file.next()));
      return yield* loadFile(bytes, this.loaderWith(client), pace);
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      return fail(path, `${error.message}; redis-check-aof --fix cuts a file where it is damaged, with all that follows`);
    }
  }

  private close(file: FileToLoad): void {
    this.stillOpen.delete(file);
    file.close();
  }

  private loaderWith(client: LoadingClient): Loader {
    const { keyspace, settings, libraries } = this.server;
    const alone = this.alone.bind(this);
    return {
      get isInTransaction() {
        return client.isInTransaction;
      },
      run: (argv) => alone(() => client.run(argv)),
      discard: () => client.discard(),
      snapshot: (bytes: ChunkReader) => {
        const reader = new SnapshotReader(bytes, keyspace, settings, libraries.load);
        const steps = (most: number, size: number): boolean => {
          const hasMore = alone(() => reader.steps(most, size));
          this.usedMemory = reader.usedMemory;
          return hasMore;
        };
        return { get offset() { return reader.offset; }, steps };
      },
    };
  }

  /**
   * Runs with time frozen before all others, and without propagation: nothing expires while the files are loaded, because later requests may remove the
   * expiry, and nothing may be written to the file again.
   */
  private alone<T>(run: () => T): T {
    const { keyspace } = this.server;
    const { effects } = keyspace;
    keyspace.effects = null;
    keyspace.freezeTime(0);
    try {
      return run();
    } finally {
      keyspace.thawTime();
      keyspace.effects = effects;
    }
  }
}
