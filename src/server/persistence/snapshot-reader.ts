/**
 * Reads a snapshot into an empty keyspace: RDB files of the versions 1 to 12, as redis-server up to 8.0 writes them. What does not exist here, such as values
 * of modules, is refused by name: nothing is skipped silently.
 */
import { lfuInitial, lfuWithCounter, lruIdleFor } from '../keyspace/access.js';
import type { Database } from '../keyspace/database.js';
import { NEVER } from '../keyspace/expires.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import { ChunkReader, type ChunkReaderState, CorruptDump, type NextChunk } from '../keyspace/rdb/bytes.js';
import { EMPTY_COLLECTION, PartialValue, type PartialValueState, RdbReader } from '../keyspace/rdb/decoder.js';
import { Opcode } from '../keyspace/rdb/types.js';
import { fromBigInt, type Int64 } from '../keyspace/types/int64.js';
import type { EncodingLimits } from '../keyspace/types/limits.js';
import type { Value } from '../keyspace/value.js';

const NEWEST_VERSION = 12;
/** From this version on there is a checksum at the end; eight zeros mean none. */
const CHECKSUM_VERSION = 5;
const NO_CHECKSUM = '\0'.repeat(8);

/** Types of later versions and of modules. */
const MISSING_TYPES: { readonly [type: number]: string } = {
  6: 'a value of a module',
  7: 'a value of a module',
  22: 'a hash whose fields expire',
  23: 'a hash whose fields expire',
  24: 'a hash whose fields expire',
  25: 'a hash whose fields expire',
};

/** The file cannot be loaded. The message says why, and where in it. */
export class SnapshotError extends Error {
  override readonly name = 'SnapshotError';
}

export interface Loaded {
  readonly keys: number;
  /** In a dataset for a replica: the database that the stream after it has selected. */
  readonly streamDb: number;
  /** The replication ID of the server that wrote it, and its offset then; '' and -1: not in the file. */
  readonly historyId: string;
  readonly historyOffset: number;
  /** Expired keys, which are skipped. */
  readonly expired: number;
  /** Collections without members, which are skipped. */
  readonly empty: number;
}

/** Loads a library of functions. Throws an error with a message for the user. */
export type LoadLibrary = (code: string, replaces: boolean) => void;

/**
 * Fills the keyspace, without notifications. Throws {@link SnapshotError}; then a part of it is loaded.
 * @param replaces true: keys and libraries that are there already are replaced; false: they are an error
 */
export function readSnapshot(next: NextChunk, keyspace: Keyspace, limits: EncodingLimits, loadLibrary: LoadLibrary, replaces = false): Loaded {
  const reader = new SnapshotReader(new ChunkReader(next), keyspace, limits, loadLibrary, replaces);
  while (reader.step());
  return reader.loaded;
}


/** A reader between two steps, with what is still to be read. */
export interface SnapshotReaderState {
  readonly bytes: ChunkReaderState;
  readonly version: number;
  readonly startMs: number;
  readonly db: number;
  readonly atMs: Int64;
  readonly access: number | null;
  readonly usedMemory: number;
  readonly key: string | null;
  readonly partial: PartialValueState | null;
  readonly loaded: Loaded;
}

/** Reads a snapshot step by step, into the databases of the keyspace or others; see {@link readSnapshot}. */
export class SnapshotReader {
  private readonly values: RdbReader;
  private db: Database;
  /** The key being read; null between keys. */
  private key: string | null = null;
  /** Its value, if there is more of it to read. */
  private partial: PartialValue | null = null;
  private atMs: Int64 = NEVER;
  private access: number | null = null;
  private keys = 0;
  private expired = 0;
  private empty = 0;
  private streamDb = 0;
  private historyId = '';
  private historyOffset = -1;
  /** The memory of the data where it was written; 0: unknown. */
  usedMemory = 0;
  /** Called for each expired key of a snapshot that names its place in a history. */
  onExpired: ((db: number, key: string) => void) | null = null;
  /** 0: the first step has not been done. */
  private version = 0;
  /** When it began: keys that had expired by then are skipped. */
  private startMs = 0;

  constructor(
    private readonly bytes: ChunkReader,
    private readonly keyspace: Keyspace,
    limits: EncodingLimits,
    private readonly loadLibrary: LoadLibrary,
    private readonly replaces = false,
    private readonly databases: readonly Database[] = keyspace.databases,
  ) {
    this.values = new RdbReader(bytes, limits, keyspace.hashSeed);
    this.db = databases[0]!;
  }

  /** Reads one opcode with what follows it, or one key, or a part of a large value. False at the end. Throws {@link SnapshotError}. */
  step(): boolean {
    try {
      if (this.version === 0) this.begin();
      if (this.partial !== null) {
        this.continueEntry(this.partial);
        return true;
      }
      if (this.part()) return true;
      if (this.version >= CHECKSUM_VERSION) this.checksum();
      return false;
    } catch (error) {
      if (error instanceof CorruptDump) this.fail(error.what);
      throw error;
    }
  }

  /** Reads up to `most` keys, or this many bytes. False at the end. Throws {@link SnapshotError}. */
  steps(most: number, bytes: number): boolean {
    const [lastEntry, lastByte] = [this.entries + most, this.bytes.offset + bytes];
    while (this.entries < lastEntry && this.bytes.offset < lastByte) if (!this.step()) return false;
    return true;
  }

  /** Number of keys read, including skipped ones. */
  private get entries(): number {
    return this.keys + this.expired + this.empty;
  }

  get loaded(): Loaded {
    const { keys, expired, empty, streamDb, historyId, historyOffset } = this;
    return { keys, expired, empty, streamDb, historyId, historyOffset };
  }

  /** Number of bytes read. */
  get offset(): number {
    return this.bytes.offset;
  }

  /** Called between two steps. */
  capture(): SnapshotReaderState {
    const { bytes, version, startMs, db, atMs, access, usedMemory, key, loaded } = this;
    const partial = this.partial?.capture() ?? null;
    return { bytes: bytes.capture(), version, startMs, db: db.index, atMs, access, usedMemory, key, partial, loaded };
  }

  restore({ bytes, version, startMs, db, atMs, access, usedMemory, key, partial, loaded }: SnapshotReaderState): void {
    this.bytes.restore(bytes);
    this.db = this.databases[db]!;
    this.partial = partial === null ? null : PartialValue.restore(partial, this.keyspace.hashSeed);
    Object.assign(this, { version, startMs, atMs, access, usedMemory, key, ...loaded });
  }

  private fail(what: string): never {
    const key = this.key === null ? '' : `, in the key ${JSON.stringify(this.key)} of database ${this.db.index}`;
    throw new SnapshotError(`${what} at byte ${this.bytes.offset}${key}`);
  }

  private begin(): void {
    this.version = this.readVersion();
    this.startMs = this.keyspace.nowMs;
  }

  private readVersion(): number {
    const magic = this.bytes.text(5);
    if (magic !== 'REDIS') throw new SnapshotError('it does not begin with REDIS: it is not a snapshot');
    const text = this.bytes.text(4);
    const version = /^\d{4}$/.test(text) ? Number(text) : 0;
    if (version < 1 || version > NEWEST_VERSION) {
      throw new SnapshotError(`its version is ${JSON.stringify(text)}; the versions 1 to ${NEWEST_VERSION} can be read`);
    }
    return version;
  }

  /** Reads one opcode with what follows it, or one key. False at the end. */
  private part(): boolean {
    const { bytes, values } = this;
    const opcode = bytes.byte();
    switch (opcode) {
      case Opcode.end:
        return false;
      case Opcode.database:
        this.select(values.count());
        return true;
      case Opcode.sizes:
        values.length();
        values.length();
        return true;
      case Opcode.auxiliary:
        this.fact(values.text(), values.text());
        return true;
      case Opcode.slotInfo:
        for (let left = 3; left > 0; left--) values.length();
        return true;
      case Opcode.expiresSeconds:
        this.atMs = bytes.int(4) * 1000;
        return true;
      case Opcode.expiresMs:
        this.atMs = fromBigInt(bytes.int64());
        return true;
      case Opcode.frequency:
        this.access = lfuWithCounter(bytes.byte(), this.keyspace.clock.nowMs);
        return true;
      case Opcode.idle:
        this.access = lruIdleFor(values.count(), this.keyspace.clock.nowMs);
        return true;
      case Opcode.library:
        this.library(values.text());
        return true;
      case Opcode.earlyFunction:
        return this.fail('a function in the form of a release candidate of Redis 7.0, which cannot be loaded,');
      case Opcode.moduleData:
        return this.fail('data of a module, of which there are none here,');
      default:
        this.entry(opcode);
        return true;
    }
  }

  private fact(name: string, value: string): void {
    if (name === 'used-mem' && /^\d{1,15}$/.test(value)) this.usedMemory = Number(value);
    if (name === 'repl-stream-db' && /^\d{1,9}$/.test(value)) this.streamDb = Math.min(Number(value), this.databases.length - 1);
    if (name === 'repl-id' && /^[0-9a-f]{40}$/.test(value)) this.historyId = value;
    if (name === 'repl-offset' && /^\d{1,15}$/.test(value)) this.historyOffset = Number(value);
  }

  private select(index: number): void {
    const db = this.databases[index];
    if (db === undefined) this.fail(`database ${index}, of ${this.databases.length} that there are (see the setting databases),`);
    this.db = db;
  }

  private library(code: string): void {
    try {
      this.loadLibrary(code, this.replaces);
    } catch (error) {
      this.fail(`a library that cannot be loaded (${error instanceof Error ? error.message : String(error)})`);
    }
  }

  private entry(type: number): void {
    this.key = this.values.text();
    const missing = MISSING_TYPES[type];
    if (missing !== undefined) this.fail(`${missing}, which does not exist here,`);
    const value = this.value(type);
    if (value instanceof PartialValue) this.partial = value;
    else this.addEntry(value);
  }

  /** Returns null for a collection without members. */
  private value(type: number): Value | PartialValue | null {
    try {
      return this.values.begin(type);
    } catch (error) {
      return nullIfEmpty(error);
    }
  }

  /** Continues with a large value. */
  private continueEntry(partial: PartialValue): void {
    try {
      if (this.values.readMore(partial)) return;
      this.addEntry(partial.value);
    } catch (error) {
      this.addEntry(nullIfEmpty(error));
    }
    this.partial = null;
  }

  private addEntry(value: Value | null): void {
    const key = this.key!;
    if (value === null) this.empty++;
    else if (this.atMs !== NEVER && !this.keyspace.isReplica && this.atMs < this.startMs) this.skipExpired(key);
    else if (this.load(key, value)) this.keys++;
    else this.fail('a key that was there already');
    this.key = null;
    this.atMs = NEVER;
    this.access = null;
  }

  private skipExpired(key: string): void {
    this.expired++;
    if (this.historyId !== '') this.onExpired?.(this.db.index, key);
  }

  private load(key: string, value: Value): boolean {
    if (this.replaces) this.db.delete(key);
    return this.db.load(key, value, this.atMs, this.access ?? this.freshAccess());
  }

  private freshAccess(): number {
    const { keyspace } = this;
    return keyspace.usesLfu ? lfuInitial(keyspace.clock.nowMs) : keyspace.lruClock();
  }

  private checksum(): void {
    const { bytes } = this;
    const expected = bytes.checksum;
    const found = bytes.text(8);
    if (found !== NO_CHECKSUM && found !== expected) this.fail('CRC error: a checksum that is not that of the file');
  }
}

/** A collection without members is skipped. Throws any other error. */
function nullIfEmpty(error: unknown): null {
  if (error instanceof CorruptDump && error.what === EMPTY_COLLECTION) return null;
  throw error;
}
