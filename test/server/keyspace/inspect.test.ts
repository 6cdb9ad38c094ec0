import { beforeEach, describe, expect, test } from 'vitest';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import type { Database } from '../../../src/server/keyspace/database.js';
import { inspectKeys } from '../../../src/server/keyspace/inspect.js';
import { Keyspace } from '../../../src/server/keyspace/keyspace.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { Tap } from '../../../src/server/trace/tap.js';

const START_MS = 1_700_000_000_000;

let clock: ManualClock;
let keyspace: Keyspace;
let db: Database;

beforeEach(() => {
  clock = new ManualClock(START_MS);
  keyspace = new Keyspace(1, clock, new HashSeed(1), () => 0.5, new Tap());
  db = keyspace.databases[0]!;
});

const names = (...args: Parameters<typeof inspectKeys>): string[] => inspectKeys(...args).map((row) => row.key);

test('a row contains all properties of a key', () => {
  db.set('k', 12345);
  db.setExpire('k', START_MS + 9000);
  clock.advance(3000);
  expect(inspectKeys(keyspace, { db: 0, limit: 10 })).toEqual([
    { key: 'k', type: 'string', encoding: 'int', size: 5, bytes: expect.any(Number) as number, expireAtMs: START_MS + 9000, isDue: false, idleMs: 3000, frequency: -1, preview: '12345' },
  ]);
});

test('a key that is due is listed as a ghost, and stays', () => {
  db.set('ghost', 'v');
  db.setExpire('ghost', START_MS + 10);
  clock.advance(11);
  const [row] = inspectKeys(keyspace, { db: 0, limit: 10 });
  expect(row).toMatchObject({ key: 'ghost', isDue: true });
  expect([db.size, keyspace.stats.expired, keyspace.stats.hits]).toEqual([1, 0, 0]);
});

test('inspecting does not touch the access time', () => {
  db.set('k', 'v');
  clock.advance(60_000);
  inspectKeys(keyspace, { db: 0, limit: 10 });
  expect(inspectKeys(keyspace, { db: 0, limit: 10 })[0]!.idleMs).toBe(60_000);
});

describe('a window', () => {
  beforeEach(() => {
    for (let i = 0; i < 300; i++) {
      const key = `k${String((i * 37) % 300).padStart(3, '0')}`;
      db.set(key, 'v'.repeat(((i * 37) % 300) * 16));
      if (i % 2 === 0) db.setExpire(key, START_MS + ((i * 37) % 300));
    }
  });

  test('by name', () => {
    expect(names(keyspace, { db: 0, order: 'name', offset: 10, limit: 3 })).toEqual(['k010', 'k011', 'k012']);
  });

  test('by bytes, the largest first', () => {
    expect(names(keyspace, { db: 0, order: 'bytes', limit: 2 })).toEqual(['k299', 'k298']);
  });

  test('by expiry holds the volatile keys only, the soonest first', () => {
    expect(names(keyspace, { db: 0, order: 'expiry', limit: 3 })).toEqual(['k000', 'k002', 'k004']);
    expect(names(keyspace, { db: 0, order: 'expiry', offset: 149, limit: 10 })).toEqual(['k298']);
  });

  test('as stored covers every key once', () => {
    const seen = [0, 100, 200, 300].flatMap((offset) => names(keyspace, { db: 0, offset, limit: 100 }));
    expect(new Set(seen).size).toBe(300);
    expect(seen).toHaveLength(300);
  });

  test.each(['name', 'stored', 'bytes', 'expiry', 'recent'] as const)('with a pattern holds the keys that match, in the same order: %s', (order) => {
    const all = names(keyspace, { db: 0, order, limit: 300 });
    expect(names(keyspace, { db: 0, order, limit: 300, match: 'k?[24]*' })).toEqual(all.filter((key) => /^k.[24]/.test(key)));
    expect(names(keyspace, { db: 0, order, offset: 3, limit: 2, match: 'k?[24]*' })).toEqual(all.filter((key) => /^k.[24]/.test(key)).slice(3, 5));
  });

  test('with a pattern without wildcards is that key, or nothing', () => {
    expect(names(keyspace, { db: 0, order: 'name', limit: 10, match: 'k010' })).toEqual(['k010']);
    expect(names(keyspace, { db: 0, order: 'name', limit: 10, match: 'none' })).toEqual([]);
    expect(names(keyspace, { db: 0, order: 'name', offset: 1, limit: 10, match: 'k010' })).toEqual([]);
  });

  test('at any offset is a part of all keys in order', () => {
    const all = names(keyspace, { db: 0, order: 'name', limit: 300 });
    for (const offset of [0, 1, 50, 250, 299, 300]) expect(names(keyspace, { db: 0, order: 'name', offset, limit: 7 })).toEqual(all.slice(offset, offset + 7));
  });

  test('of a database that does not exist is empty', () => {
    expect(names(keyspace, { db: 5, limit: 10 })).toEqual([]);
  });
});
