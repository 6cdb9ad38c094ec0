/** Snapshots as bytes: what is written is read again, from chunks of any size, and damaged ones are refused. */
import { describe, expect, test } from 'vitest';
import { Crc64 } from '../../../src/server/keyspace/rdb/crc64.js';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import { Keyspace } from '../../../src/server/keyspace/keyspace.js';
import { ChunkReader } from '../../../src/server/keyspace/rdb/bytes.js';
import { readSnapshot, SnapshotError, SnapshotReader } from '../../../src/server/persistence/snapshot-reader.js';
import { writeSnapshot } from '../../../src/server/persistence/snapshot-writer.js';
import { datasetDigest } from '../../../src/server/commands/support/digest.js';
import { Config } from '../../../src/server/config.js';
import { Tap } from '../../../src/server/trace/tap.js';
import { familyTemplates, generate } from '../../fuzz/generate.js';
import { Random } from '../../fuzz/random.js';
import { type Lab, simulate } from '../simulation/harness.js';

const { values: settings } = new Config({});
const NOW_MS = 1_700_000_000_000;

function snapshotOf({ server: { keyspace } }: Lab, libraries: readonly string[] = [], given = settings): Buffer {
  const pieces: Buffer[] = [];
  writeSnapshot({ keyspace, libraries }, given, (bytes) => void pieces.push(Buffer.from(bytes)));
  return Buffer.concat(pieces);
}

function emptyKeyspace(nowMs = NOW_MS): Keyspace {
  return new Keyspace(16, { nowMs, nowUs: 0, targetUs: null, readUs: () => 0 }, new HashSeed(7), () => 0.5, new Tap());
}

interface Read {
  readonly keyspace: Keyspace;
  readonly libraries: string[];
  readonly keys: number;
  readonly expired: number;
  readonly empty: number;
}

function read(bytes: Buffer, pieceBytes = bytes.length, nowMs = NOW_MS): Read {
  const keyspace = emptyKeyspace(nowMs);
  const libraries: string[] = [];
  let at = 0;
  const next = (): Buffer | null => (at >= bytes.length ? null : bytes.subarray(at, (at += pieceBytes)));
  return { keyspace, libraries, ...readSnapshot(next, keyspace, settings, (code) => void libraries.push(code)) };
}

const DATA = ['strings', 'bitmaps', 'keys', 'lists', 'hashes', 'sets', 'zsets', 'streams', 'hyperloglog', 'geo'];

/** A server with random data. */
function randomLab(seed: number): Lab {
  const lab = simulate({ seed, nowMs: NOW_MS });
  const client = lab.connect();
  const random = new Random(seed);
  const templates = DATA.flatMap(familyTemplates);
  for (let i = 0; i < 400; i++) client.ask(...(generate(random, random.pick(templates)).argv as [string, ...string[]]));
  return lab;
}

const withChecksum = (body: Buffer): Buffer => {
  const checksum = new Crc64();
  checksum.add(body);
  return Buffer.concat([body, Buffer.from(checksum.value, 'latin1')]);
};
const bytesOf = (...parts: (string | number)[]): Buffer => Buffer.concat(parts.map((part) => (typeof part === 'number' ? Buffer.from([part]) : Buffer.from(part, 'latin1'))));

describe('what is written', () => {
  test('is read again, for any data and any size of the chunks: 60 random datasets', () => {
    let keys = 0;
    for (let seed = 1; seed <= 60; seed++) {
      using lab = randomLab(seed);
      const { databases } = lab.server.keyspace;
      const bytes = snapshotOf(lab);
      const again = read(bytes, new Random(seed).between(1, 5000), lab.clock.nowMs);
      expect(datasetDigest(again.keyspace.databases), `seed ${seed}`).toBe(datasetDigest(databases));
      expect(again.keyspace.databases.map((db) => [db.size, db.expires.size])).toEqual(databases.map((db) => [db.size, db.expires.size]));
      keys += again.keys;
    }
    expect(keys).toBeGreaterThan(500);
  });

  test('libraries are included', () => {
    using lab = simulate();
    expect(read(snapshotOf(lab, ['#!lua name=a\n', `#!lua name=b\n${'-'.repeat(1000)}`])).libraries).toEqual(['#!lua name=a\n', `#!lua name=b\n${'-'.repeat(1000)}`]);
  });

  test('a text longer than a chunk is restored, with and without compression', () => {
    using lab = simulate();
    const text = Array.from({ length: 300_000 }, (_, i) => String.fromCharCode((i * 7919) & 0xff)).join('');
    lab.connect().ask('MSET', 'mixed', text, 'same', 'a'.repeat(300_000));
    for (const rdbcompression of [true, false]) {
      const { keyspace } = read(snapshotOf(lab, [], { ...settings, rdbcompression }), 1000);
      expect(keyspace.databases[0]!.peek('mixed') === text && keyspace.databases[0]!.peek('same') === 'a'.repeat(300_000)).toBe(true);
    }
  });

  test.each([['allkeys-lru', 'IDLETIME', 77], ['allkeys-lfu', 'FREQ', 9]])('with %s, OBJECT %s is as it was', (policy, subcommand, wanted) => {
    const of = (lab: Lab): string => lab.connect().ask('OBJECT', subcommand, 'k');
    const options = { settings: { 'maxmemory-policy': policy }, nowMs: NOW_MS } as const;
    using lab = simulate(options);
    const client = lab.connect();
    client.ask('SET', 'source', 'v');
    const dump = client.ask('DUMP', 'source');
    client.ask('RESTORE', 'k', '0', dump.slice(dump.indexOf('\n') + 1, -2), subcommand, String(wanted));
    expect(of(lab)).toBe(`:${wanted}\r\n`);
    using other = simulate(options);
    const chunks = [snapshotOf(lab)];
    readSnapshot(() => chunks.shift() ?? null, other.server.keyspace, settings, () => {});
    expect(of(other)).toBe(`:${wanted}\r\n`);
  });

  test('an expired key is left out', () => {
    using lab = simulate({ nowMs: NOW_MS });
    const client = lab.connect();
    client.ask('SET', 'short', 'v', 'PX', '1000');
    client.ask('SET', 'long', 'v', 'EX', '1000');
    const { keyspace, keys, expired } = read(snapshotOf(lab), 10, NOW_MS + 1001);
    expect({ keys, expired, at: keyspace.databases[0]!.expireAt('long') }).toEqual({ keys: 1, expired: 1, at: NOW_MS + 1_000_000 });
  });
});

describe('what others have written', () => {
  test.each([
    ['version 1, without a checksum', bytesOf('REDIS0001', 254, 0, 0, 1, 'k', 1, 'v', 255), { k: 'v' }],
    ['an expiry in seconds, which is over', withChecksum(bytesOf('REDIS0003', 254, 0, 253, '\x01\x00\x00\x00', 0, 1, 'k', 1, 'v', 255)), {}],
    ['a checksum that was not made', bytesOf('REDIS0010', 0, 1, 'k', 1, 'v', 255, '\0'.repeat(8)), { k: 'v' }],
    ['a set as 7.2 keeps it', withChecksum(bytesOf('REDIS0011', 20, 1, 's', 13, '\x0d\0\0\0\x02\0\x81a\x02\x81b\x02\xff', 255)), { s: ['a', 'b'] }],
    ['a list without elements', withChecksum(bytesOf('REDIS0010', 1, 1, 'l', 0, 0, 1, 'k', 1, 'v', 255)), { k: 'v' }],
  ])('%s', (_, bytes, wanted) => {
    const { keyspace } = read(bytes, 3);
    const [db] = keyspace.databases;
    const found = Object.entries(wanted).map(([key]) => {
      const value = db!.peek(key);
      return [key, typeof value === 'string' ? value : (value as unknown as { members(): string[] }).members().toSorted()];
    });
    expect(Object.fromEntries(found)).toEqual(wanted);
    expect(db!.size).toBe(Object.keys(wanted).length);
  });

  test.each([
    ['another file', bytesOf('SQLite format 3'), 'it does not begin with REDIS: it is not a snapshot'],
    ['a later version', bytesOf('REDIS0013', 255), 'its version is "0013"; the versions 1 to 12 can be read'],
    ['fields that expire', bytesOf('REDIS0012', 24, 1, 'h', 1), 'a hash whose fields expire, which does not exist here, at byte 12, in the key "h" of database 0'],
    ['a value of a module', bytesOf('REDIS0010', 254, 3, 7, 2, 'm\n', 1), 'a value of a module, which does not exist here, at byte 15, in the key "m\\n" of database 3'],
    ['data of a module', bytesOf('REDIS0010', 247, 1), 'data of a module, of which there are none here, at byte 10'],
    ['an unknown type', bytesOf('REDIS0010', 99, 1, 'k'), 'type at byte 12, in the key "k" of database 0'],
    ['a database too many', bytesOf('REDIS0010', 254, 20, 255), 'database 20, of 16 that there are (see the setting databases), at byte 11'],
    ['a key twice', bytesOf('REDIS0010', 0, 1, 'k', 1, 'v', 0, 1, 'k', 1, 'w', 255), 'a key that was there already at byte 19, in the key "k" of database 0'],
    ['a wrong checksum', bytesOf('REDIS0010', 0, 1, 'k', 1, 'v', 255, 'checksum'), 'CRC error: a checksum that is not that of the file at byte 23'],
    ['a length beyond the file', bytesOf('REDIS0010', 0, 1, 'k', 0x81, '\x00\x00\x00\xff\xff\xff\xff\xff', 'v'), 'end of the file at byte 21, in the key "k" of database 0'],
  ])('%s is refused, and where it stands is told', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(new SnapshotError(message));
  });
});

test('the latest time that a key can have is written, and read again', () => {
  using lab = simulate({ nowMs: NOW_MS });
  lab.connect().ask('SET', 'k', 'v', 'PXAT', '9223372036854775807');
  const { keyspace } = read(snapshotOf(lab));
  expect(keyspace.databases[0]!.expires.at(0)).toBe(2 ** 63);
});

test('a file that is cut off or changed anywhere is refused, without other errors', () => {
  using lab = randomLab(5);
  const bytes = snapshotOf(lab);
  const random = new Random(1);
  for (let i = 0; i < 400; i++) {
    expect(() => read(bytes.subarray(0, random.below(bytes.length)))).toThrow(SnapshotError);
    const damaged = Buffer.from(bytes);
    damaged[random.between(9, bytes.length - 9)]! ^= random.between(1, 255);
    expect(() => read(damaged)).toThrow(SnapshotError);
  }
});

test('without a checksum, a damaged file is read as something else or refused', () => {
  using lab = randomLab(6);
  const bytes = snapshotOf(lab);
  // In this version there is no checksum.
  bytes.write('REDIS0004', 'latin1');
  const random = new Random(2);
  let refused = 0;
  for (let i = 0; i < 1000; i++) {
    const damaged = Buffer.from(bytes);
    damaged[random.between(9, bytes.length - 9)]! ^= random.between(1, 255);
    try {
      read(damaged);
    } catch (error) {
      expect(error).toBeInstanceOf(SnapshotError);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(100);
});

describe('a large value', () => {
  const MEMBERS = 2000;

  /** A server with a value of each type that has many parts. */
  function largeLab(): Lab {
    const lab = simulate({ nowMs: NOW_MS });
    const client = lab.connect();
    for (let i = 0; i < MEMBERS; i++) {
      client.sendCommand('RPUSH', 'list', `element:${i}:${'x'.repeat(i % 300)}`);
      client.sendCommand('SADD', 'set', `member:${i}`);
      client.sendCommand('HSET', 'hash', `field:${i}`, `value:${i}`);
      client.sendCommand('ZADD', 'zset', String(i / 3), `member:${i}`);
      client.sendCommand('XADD', 'stream', `${i + 1}-0`, 'field', 'x'.repeat(200));
    }
    client.sendCommand('XGROUP', 'CREATE', 'stream', 'group', '0');
    for (const consumer of ['ann', 'bob', 'cid']) client.sendCommand('XREADGROUP', 'GROUP', 'group', consumer, 'COUNT', '150', 'STREAMS', 'stream', '>');
    client.sendCommand('XGROUP', 'CREATE', 'stream', 'idle', '0');
    client.sendCommand('XGROUP', 'CREATECONSUMER', 'stream', 'idle', 'dan');
    client.receive();
    return lab;
  }

  const readerOf = (keyspace: Keyspace, next: () => Buffer | null): SnapshotReader => new SnapshotReader(new ChunkReader(next), keyspace, settings, () => {});

  test('is read part by part, and a reader in its middle is data, from which another one goes on', () => {
    using lab = largeLab();
    const bytes = snapshotOf(lab);
    const wanted = datasetDigest(lab.server.keyspace.databases);
    let at = 0;
    const keyspace = emptyKeyspace();
    const reader = readerOf(keyspace, () => (at >= bytes.length ? null : bytes.subarray(at, (at += 1000))));
    const keys = new Set<string | null>();
    let steps = 0;
    for (let hasMore = true; hasMore; steps++) {
      hasMore = reader.step();
      const { key, partial } = reader.capture();
      // Also within the groups: while pending entries are read, and for each consumer.
      const groups = partial?.groups ?? null;
      const place = groups === null ? key : `${key} ${groups.group} ${groups.pending > 0 ? 'pending' : groups.consumer}`;
      if (partial === null || keys.has(place)) continue;
      keys.add(place);
      const copy = emptyKeyspace();
      copy.restore(structuredClone(keyspace.capture()));
      const another = readerOf(copy, () => null);
      another.restore(structuredClone(reader.capture()));
      while (another.step());
      expect(datasetDigest(copy.databases), `from the middle of ${place}`).toBe(wanted);
    }
    expect(datasetDigest(keyspace.databases)).toBe(wanted);
    expect([...keys].sort()).toEqual(['hash', 'list', 'set', 'stream', ...['ann', 'bob', 'cid', 'pending'].map((part) => `stream group ${part}`), 'zset']);
    expect(steps).toBeGreaterThan((4 * MEMBERS) / 100);
  });

  test('that ends too early names its key, wherever it ends', () => {
    using lab = largeLab();
    const bytes = snapshotOf(lab);
    for (const part of [0.1, 0.3, 0.5, 0.7, 0.9]) {
      const end = Math.floor(bytes.length * part);
      expect(() => read(bytes.subarray(0, end), 777)).toThrow(/^end of the file at byte \d+, in the key "(list|set|hash|zset|stream)" of database 0$/);
    }
  });
});
