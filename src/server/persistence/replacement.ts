/**
 * Replacement: loads a dataset that a master sends, in the place of the one that is there, or beside it.
 *
 *   in place   the old dataset is deleted first ─▶ steps ─▶ keyspace
 *   beside     steps ─▶ spare databases ─▶ finish: exchanged with those of the keyspace; the old dataset is served until then, and kept if loading fails
 */
import type { Database, DatabaseState } from '../keyspace/database.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import { ChunkReader, type NextChunk } from '../keyspace/rdb/bytes.js';
import type { EncodingLimits } from '../keyspace/types/limits.js';
import { type Loaded, type LoadLibrary, SnapshotError, SnapshotReader, type SnapshotReaderState } from './snapshot-reader.js';

interface ReplacementSettings extends EncodingLimits {
  /** Microseconds after each key, for tests. */
  readonly 'key-load-delay': number;
}

interface Surroundings {
  readonly keyspace: Keyspace;
  readonly clock: { readUs(): number };
  readonly settings: ReplacementSettings;
  readonly libraries: { readonly load: LoadLibrary; flush(): void; replaceAll(codes: readonly string[]): void };
}

export interface ReplacementState {
  readonly reader: SnapshotReaderState;
  /** Null: in place. */
  readonly spare: readonly DatabaseState[] | null;
  readonly codes: readonly string[];
}

/** Maximum duration of a step, and maximum bytes: strings of this size take about as long. */
const STEP_US = 1000;
const STEP_BYTES = 64 * 1024;
/** Bytes between two readings of the clock. Members of collections take several times as long as strings of their size. */
const BYTES_BETWEEN_LOOKS = 2048;

export class Replacement {
  private readonly reader: SnapshotReader;
  private readonly spare: readonly Database[] | null;
  /** Libraries that are loaded at the end. */
  private codes: string[] = [];

  constructor(
    private readonly server: Surroundings,
    next: NextChunk,
    isBeside: boolean,
  ) {
    const { keyspace, settings, libraries } = server;
    this.spare = isBeside ? keyspace.createSpare() : null;
    const load: LoadLibrary = isBeside ? (code) => void this.codes.push(code) : libraries.load;
    this.reader = new SnapshotReader(new ChunkReader(next), keyspace, settings, load, false, this.spare ?? keyspace.databases);
  }

  /** Called before the first step, except on one that is restored. */
  begin(): this {
    if (this.spare === null) this.empty();
    return this;
  }

  get loadedBytes(): number {
    return this.reader.offset;
  }

  get usedMemory(): number {
    return this.reader.usedMemory;
  }

  get loaded(): Loaded {
    return this.reader.loaded;
  }

  /** Milliseconds between two steps. */
  get delayMs(): number {
    return Math.max(0, this.server.settings['key-load-delay']) / 1000;
  }

  /** Loads a part. False: everything is loaded. Throws SnapshotError. */
  step(): boolean {
    const { reader, server } = this;
    if (this.delayMs > 0) return reader.steps(1, STEP_BYTES);
    const endUs = server.clock.readUs() + STEP_US;
    const end = reader.offset + STEP_BYTES;
    do {
      if (!reader.steps(Infinity, BYTES_BETWEEN_LOOKS)) return false;
    } while (reader.offset < end && server.clock.readUs() < endUs);
    return true;
  }

  /** Called when everything is loaded: it becomes the dataset. Throws SnapshotError; then it does not. */
  finish(): void {
    const { spare, codes } = this;
    if (spare === null) return;
    const { libraries, keyspace } = this.server;
    try {
      libraries.replaceAll(codes);
    } catch (error) {
      throw new SnapshotError(`a library that cannot be loaded (${error instanceof Error ? error.message : String(error)})`);
    }
    keyspace.replaceBy(spare);
  }

  /** Drops what is loaded so far, instead of finishing. */
  discard(): void {
    if (this.spare === null) this.empty();
    else for (const db of this.spare) db.drop();
  }

  private empty(): void {
    this.server.keyspace.flushAll();
    this.server.libraries.flush();
  }

  capture(): ReplacementState {
    return { reader: this.reader.capture(), spare: this.spare?.map((db) => db.capture()) ?? null, codes: [...this.codes] };
  }

  restore({ reader, spare, codes }: ReplacementState): this {
    this.reader.restore(reader);
    this.spare?.forEach((db, index) => db.restore(spare![index]!));
    this.codes = [...codes];
    return this;
  }
}
