/**
 * Writes a snapshot: all databases and libraries as one file in Redis's RDB format, version 10, which redis-server 7.0 and later read.
 *
 *   REDIS0010 │ facts │ libraries │ database 0: sizes, keys │ database 1 … │ end │ CRC-64, 8 bytes
 *
 *   key:  [ when it expires ] [ when or how often it was used ]  type  key  value
 */
import { idleMs, lfuCounter } from '../keyspace/access.js';
import { type Expires, NEVER } from '../keyspace/expires.js';
import type { KeyTable } from '../keyspace/key-table.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import { Crc64 } from '../keyspace/rdb/crc64.js';
import { type ChunkSink, type DumpSettings, RdbWriter } from '../keyspace/rdb/encoder.js';
import { Opcode, RDB_VERSION } from '../keyspace/rdb/types.js';
import { formatDouble } from '../resp/double.js';
import { REDIS_VERSION } from '../version.js';

export interface SnapshotSettings extends DumpSettings {
  readonly rdbchecksum: boolean;
}

export interface Dataset {
  readonly keyspace: Keyspace;
  /** The code of each library of functions. */
  readonly libraries: readonly string[];
  readonly leavesKeysOut?: boolean;
  /** For a replica: the database that the stream has selected; -1: it selects one before it needs it. */
  readonly streamDb?: number;
}

export const NO_CHECKSUM = '\0'.repeat(8);

/** @param sink receives the file in chunks, which are overwritten after the call */
export function writeSnapshot(dataset: Dataset, settings: SnapshotSettings, sink: (bytes: Buffer) => void, facts: Facts = []): void {
  const { keyspace, leavesKeysOut = false } = dataset;
  const checksum = new Crc64();
  const writer = snapshotWriter(settings, (bytes) => {
    checksum.add(bytes);
    sink(bytes);
  });
  writeHead(writer, dataset, facts);
  for (const { index, dict, expires, size } of keyspace.databases) {
    if (size === 0 || leavesKeysOut) continue;
    writeDatabase(writer, index);
    writeSizes(writer, dict.size, expires.size);
    for (let slot = 0; slot < dict.size; slot++) {
      writeFacts(writer, keyspace, factsAt(dict, expires, slot));
      writer.entry(dict.keyAt(slot), dict.valueAt(slot));
    }
  }
  writer.byte(Opcode.end);
  writer.flush();
  writer.raw(Buffer.from(settings.rdbchecksum ? checksum.value : NO_CHECKSUM, 'latin1'));
  writer.flush();
}

/** @param isSinkCompressing see {@link RdbWriter} */
export function snapshotWriter(settings: SnapshotSettings, sink: ChunkSink, isSinkCompressing = false): RdbWriter {
  return new RdbWriter(settings, formatDouble, sink, isSinkCompressing);
}

/** Writes what precedes the databases. @param facts about the file, besides those that every file has */
export function writeHead(writer: RdbWriter, { keyspace, libraries, streamDb = -1 }: Dataset, facts: Facts = []): void {
  writer.raw(Buffer.from(`REDIS${String(RDB_VERSION).padStart(4, '0')}`));
  for (const [name, value] of new Map([...factsOf(keyspace, streamDb), ...facts])) {
    writer.byte(Opcode.auxiliary);
    writer.text(name);
    writer.text(value);
  }
  for (const code of libraries) {
    writer.byte(Opcode.library);
    writer.text(code);
  }
}

export type Facts = readonly (readonly [name: string, value: string])[];

function factsOf({ clock, usedBytes }: Keyspace, streamDb: number): Facts {
  return [
    ['redis-ver', REDIS_VERSION],
    ['redis-bits', '64'],
    ['ctime', String(Math.floor(clock.nowMs / 1000))],
    ['used-mem', String(usedBytes)],
    ...(streamDb === -1 ? [] : ([['repl-stream-db', String(streamDb)]] as [string, string][])),
    ['aof-base', '0'],
  ];
}

/** Selects the database of the following keys. */
export function writeDatabase(writer: RdbWriter, index: number): void {
  writer.byte(Opcode.database);
  writer.length(index);
}

/** Writes sizes for the loader, which can allocate memory at once: the number of keys, and of volatile ones among them. */
export function writeSizes(writer: RdbWriter, keys: number, volatile: number): void {
  writer.byte(Opcode.sizes);
  writer.length(keys);
  writer.length(volatile);
}

/** What is written of a key besides its value. */
export interface KeyFacts {
  readonly atMs: number;
  readonly access: number;
}

export function factsAt(table: KeyTable, expires: Expires, slot: number): KeyFacts {
  return { atMs: expires.at(slot), access: table.accessAt(slot) };
}

/** Writes what precedes a key. */
export function writeFacts(writer: RdbWriter, keyspace: Keyspace, { atMs, access }: KeyFacts): void {
  if (atMs !== NEVER) {
    writer.byte(Opcode.expiresMs);
    writer.int64(atMs);
  }
  writeAccess(writer, keyspace, access);
}

/** Written only if eviction uses it. */
function writeAccess(writer: RdbWriter, { settings, usesLfu, clock }: Keyspace, access: number): void {
  if (usesLfu) {
    writer.byte(Opcode.frequency);
    writer.byte(lfuCounter(access, clock.nowMs, settings.lfuDecayTime));
  } else if (settings.policy.endsWith('-lru')) {
    writer.byte(Opcode.idle);
    writer.length(idleMs(access, clock.nowMs) / 1000);
  }
}
