/**
 * Writes a snapshot: all databases and libraries as one file in Redis's RDB format, version 10, which redis-server 7.0 and later read.
 *
 *   REDIS0010 │ about the writer │ libraries │ database 0: sizes, keys │ database 1 … │ end │ CRC-64, 8 bytes
 *
 *   key:  [ when it expires ] [ when or how often it was used ]  type  key  value
 */
import { idleMs, lfuCounter } from '../keyspace/access.js';
import type { Database } from '../keyspace/database.js';
import { NEVER } from '../keyspace/expires.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import { Crc64 } from '../keyspace/rdb/crc64.js';
import { type DumpSettings, RdbWriter } from '../keyspace/rdb/encoder.js';
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

const NO_CHECKSUM = '\0'.repeat(8);

/** @param sink takes the file in pieces, which are overwritten after the call */
export function writeSnapshot(dataset: Dataset, settings: SnapshotSettings, sink: (bytes: Buffer) => void): void {
  const { keyspace, libraries, leavesKeysOut = false, streamDb = -1 } = dataset;
  const checksum = new Crc64();
  const writer = new RdbWriter(settings, formatDouble, (bytes) => {
    checksum.add(bytes);
    sink(bytes);
  });
  writer.raw(Buffer.from(`REDIS${String(RDB_VERSION).padStart(4, '0')}`));
  for (const [name, value] of facts(keyspace, streamDb)) {
    writer.byte(Opcode.auxiliary);
    writer.text(name);
    writer.text(value);
  }
  for (const code of libraries) {
    writer.byte(Opcode.library);
    writer.text(code);
  }
  if (!leavesKeysOut) for (const db of keyspace.databases) if (db.size > 0) writeDatabase(writer, keyspace, db);
  writer.byte(Opcode.end);
  writer.flush();
  writer.raw(Buffer.from(settings.rdbchecksum ? checksum.value : NO_CHECKSUM, 'latin1'));
  writer.flush();
}

function facts({ clock, usedBytes }: Keyspace, streamDb: number): [string, string][] {
  return [
    ['redis-ver', REDIS_VERSION],
    ['redis-bits', '64'],
    ['ctime', String(Math.floor(clock.nowMs / 1000))],
    ['used-mem', String(usedBytes)],
    ...(streamDb === -1 ? [] : ([['repl-stream-db', String(streamDb)]] as [string, string][])),
    ['aof-base', '0'],
  ];
}

function writeDatabase(writer: RdbWriter, keyspace: Keyspace, { index, dict, expires }: Database): void {
  writer.byte(Opcode.database);
  writer.length(index);
  writer.byte(Opcode.sizes);
  writer.length(dict.size);
  writer.length(expires.size);
  for (let slot = 0; slot < dict.size; slot++) {
    const atMs = expires.at(slot);
    if (atMs !== NEVER) {
      writer.byte(Opcode.expiresMs);
      writer.int64(atMs);
    }
    writeAccess(writer, keyspace, dict.accessAt(slot));
    writer.entry(dict.keyAt(slot), dict.valueAt(slot));
  }
}

/** Only where eviction goes by it. */
function writeAccess(writer: RdbWriter, { settings, usesLfu, clock }: Keyspace, access: number): void {
  if (usesLfu) {
    writer.byte(Opcode.frequency);
    writer.byte(lfuCounter(access, clock.nowMs, settings.lfuDecayTime));
  } else if (settings.policy.endsWith('-lru')) {
    writer.byte(Opcode.idle);
    writer.length(idleMs(access, clock.nowMs) / 1000);
  }
}
