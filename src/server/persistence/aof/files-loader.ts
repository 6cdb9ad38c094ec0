/**
 * FilesLoader: loads the files of an append-only file one behind the other, as the manifest lists them.
 */
import type { Keyspace } from '../../keyspace/keyspace.js';
import type { ChunkReader } from '../../keyspace/rdb/bytes.js';
import type { EncodingLimits } from '../../keyspace/types/limits.js';
import { type LoadLibrary, readSnapshotFrom, SnapshotError } from '../snapshot-reader.js';
import type { AofFiles } from './files.js';
import { type LoadedFile, loadFile, type Loader } from './loading.js';
import type { Manifest } from './manifest.js';

/** Runs requests. */
export interface LoadingClient {
  readonly isInTransaction: boolean;
  /** Requests that were answered with an error, and the first of them. */
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

  /** A single file of Redis 6 and before lies where it lay then, and there is nothing newer. */
  isOldFile({ base, increments }: Manifest): boolean {
    const { files, server } = this;
    if (increments.length > 0 || (base !== null && base.name !== server.settings.appendfilename)) return false;
    const file = files.open(files.oldPath);
    file?.close();
    return file !== null;
  }

  loadOldFile(): true {
    this.loadAll([this.files.oldPath]);
    return true;
  }

  /** False: there is nothing. Throws SnapshotError. */
  loadListed({ base, increments }: Manifest): boolean {
    const listed = base === null ? increments : [base, ...increments];
    this.loadAll(listed.map(({ name }) => this.files.path(name)));
    return listed.length > 0;
  }

  /** Time stands still before all others: nothing expires while it is loaded, for what comes later in the file may say that it does not. */
  private loadAll(paths: readonly string[]): void {
    const { server } = this;
    const { keyspace } = server;
    const { effects } = keyspace;
    const client = server.client();
    keyspace.effects = null;
    keyspace.freezeTime(0);
    try {
      for (const [at, path] of paths.entries()) this.loadOne(path, client, at === paths.length - 1);
    } finally {
      keyspace.thawTime();
      keyspace.effects = effects;
    }
    keyspace.dirty = 0;
    if (client.errors === 0) return;
    server.log('warning', `${client.errors} requests of the append-only file were answered with an error; the first is ${client.firstError}`);
  }

  private loadOne(path: string, client: LoadingClient, isLast: boolean): void {
    const fail = (what: string): never => {
      throw new SnapshotError(`${path} cannot be loaded, and is left as it is: ${what}`);
    };
    const { bytes, isCut } = this.read(path, client, fail);
    if (!isCut) return;
    const missing = `its end is missing, behind byte ${bytes}`;
    if (!isLast) fail(`${missing}, and it is not the last file`);
    if (!this.server.settings['aof-load-truncated']) {
      fail(`${missing}: redis-check-aof --fix cuts it there, and so does a start with aof-load-truncated yes`);
    }
    const complaint = this.files.truncate(path, bytes);
    if (complaint !== null) fail(`${missing}, and it cannot be cut there: ${complaint}`);
    this.server.log('warning', `The end of ${path} is missing: it was cut behind byte ${bytes}, and loaded, because aof-load-truncated is yes`);
  }

  private read(path: string, client: LoadingClient, fail: (what: string) => never): LoadedFile {
    const file = this.files.open(path) ?? fail('it is not there');
    try {
      return loadFile(file.next, this.loaderWith(client));
    } catch (error) {
      if (!(error instanceof SnapshotError)) throw error;
      return fail(`${error.message}; redis-check-aof --fix cuts a file where it is damaged, with all that follows`);
    } finally {
      file.close();
    }
  }

  private loaderWith(client: LoadingClient): Loader {
    const { keyspace, settings, libraries } = this.server;
    return {
      get isInTransaction() {
        return client.isInTransaction;
      },
      run: (argv) => client.run(argv),
      discard: () => client.discard(),
      snapshot: (bytes: ChunkReader) => void readSnapshotFrom(bytes, keyspace, settings, libraries.load),
    };
  }
}
