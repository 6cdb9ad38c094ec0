/**
 * Writes a snapshot: all databases and libraries as one file in Redis's RDB format, version 10, which redis-server 7.0 and later read.
 *
 *   REDIS0010 │ facts │ libraries │ database 0: sizes, keys │ database 1 … │ end │ CRC-64, 8 bytes
 *
 *   key:  [ when it expires ] [ when or how often it was used ]  type  key  value
 */
import { idleMs, lfuCounter } from '../keyspace/access.js';
import { NEVER } from '../keyspace/expires.js';
import type { Keyspace } from '../keyspace/keyspace.js';
import type { ChunkSink } from '../keyspace/rdb/chunk-writer.js';
import { Crc64 } from '../keyspace/rdb/crc64.js';
import { type DumpSettings, RdbWriter, type Source } from '../keyspace/rdb/encoder.js';
import { Opcode, RDB_VERSION } from '../keyspace/rdb/types.js';
import type { Collection, Value } from '../keyspace/value.js';
import { REDIS_VERSION } from '../version.js';
import { type Dataset, type DatasetWriter, type Facts, type Format, type KeyFacts, writeDataset } from './dataset-writer.js';

export interface SnapshotSettings extends DumpSettings {
  readonly rdbchecksum: boolean;
}

export const NO_CHECKSUM = '\0'.repeat(8);

/** @param sink receives the file in chunks, which are overwritten after the call */
export function writeSnapshot(dataset: Dataset, settings: SnapshotSettings, sink: (bytes: Buffer) => void, facts: Facts = []): void {
  const checksum = new Crc64();
  const writer = asSnapshot(settings)((bytes) => {
    checksum.add(bytes);
    sink(bytes);
  }, dataset.keyspace, false);
  writeDataset(writer, dataset, facts);
  sink(Buffer.from(settings.rdbchecksum ? checksum.value : NO_CHECKSUM, 'latin1'));
}

/** The format without the checksum at its end. */
export function asSnapshot(settings: SnapshotSettings): Format {
  return (sink, keyspace, isSinkCompressing) => new SnapshotWriter(settings, sink, keyspace, isSinkCompressing);
}

class SnapshotWriter implements DatasetWriter {
  private readonly rdb: RdbWriter;

  constructor(settings: SnapshotSettings, sink: ChunkSink, private readonly keyspace: Keyspace, isSinkCompressing: boolean) {
    this.rdb = new RdbWriter(settings, sink, isSinkCompressing);
  }

  head({ keyspace, libraries, streamDb = -1 }: Dataset, facts: Facts): void {
    const { rdb } = this;
    rdb.latin1(`REDIS${String(RDB_VERSION).padStart(4, '0')}`);
    for (const [name, value] of new Map([...factsOf(keyspace, streamDb), ...facts])) {
      rdb.byte(Opcode.auxiliary);
      rdb.text(name);
      rdb.text(value);
    }
    for (const code of libraries) {
      rdb.byte(Opcode.library);
      rdb.text(code);
    }
  }

  database(index: number): void {
    this.rdb.byte(Opcode.database);
    this.rdb.length(index);
  }

  sizes(keys: number, volatile: number): void {
    this.rdb.byte(Opcode.sizes);
    this.rdb.length(keys);
    this.rdb.length(volatile);
  }

  key(key: string, value: Value, facts: KeyFacts): void {
    this.facts(facts);
    this.rdb.entry(key, value);
  }

  *keySteps(key: string, source: Source<Collection>, facts: KeyFacts): Generator<void, void, undefined> {
    this.facts(facts);
    yield* this.rdb.entrySteps(key, source);
  }

  end(): void {
    this.rdb.byte(Opcode.end);
  }

  flush(): void {
    this.rdb.flush();
  }

  private facts({ atMs, access }: KeyFacts): void {
    if (atMs !== NEVER) {
      this.rdb.byte(Opcode.expiresMs);
      this.rdb.int64(atMs);
    }
    this.access(access);
  }

  /** Written only if eviction uses it. */
  private access(access: number): void {
    const { settings, usesLfu, clock } = this.keyspace;
    if (usesLfu) {
      this.rdb.byte(Opcode.frequency);
      this.rdb.byte(lfuCounter(access, clock.nowMs, settings.lfuDecayTime));
    } else if (settings.policy.endsWith('-lru')) {
      this.rdb.byte(Opcode.idle);
      this.rdb.length(idleMs(access, clock.nowMs) / 1000);
    }
  }
}

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
