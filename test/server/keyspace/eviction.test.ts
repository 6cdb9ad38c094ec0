import { beforeEach, describe, expect, test } from 'vitest';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import type { Database } from '../../../src/server/keyspace/database.js';
import { EVICTION_POLICIES, type EvictionPolicy } from '../../../src/server/keyspace/eviction.js';
import type { TimerState } from '../../../src/shared/timer-state.js';
import { BASE_BYTES } from '../../../src/server/keyspace/memory-account.js';
import { Keyspace, type KeyspaceSettings } from '../../../src/server/keyspace/keyspace.js';
import { ManualClock } from '../../../src/server/loop/clock.js';
import { Tap } from '../../../src/server/trace/tap.js';
import { simulate } from '../simulation/harness.js';

const START_MS = 1_700_000_000_000;

let clock: ManualClock;
let keyspace: Keyspace;
let db: Database;

function setUp(settings: Partial<KeyspaceSettings>): void {
  let state = 7;
  const random = (): number => (state = (state * 48271) % 0x7fffffff) / 0x7fffffff;
  clock = new ManualClock(START_MS);
  keyspace = new Keyspace(2, clock, new HashSeed(1), random, new Tap());
  keyspace.configure(settings);
  db = keyspace.databases[0]!;
}

/** Creates 100 keys, each used a minute after the one before; every second one is volatile, the later ones for longer. */
function fill(): void {
  for (let i = 0; i < 100; i++) {
    clock.nowMs += 60_000;
    db.set(`k${i}`, 'v'.repeat(100));
    if (i % 2 === 0) db.setExpire(`k${i}`, START_MS + 100_000_000 + i * 1000);
  }
}

/** Sets the limit so that about `count` of the keys must be evicted, and evicts. */
function evict(count: number): boolean {
  keyspace.configure({ maxmemory: BASE_BYTES + Math.floor((keyspace.datasetBytes * (100 - count)) / 100) });
  return keyspace.performEvictions();
}

const remaining = (): number[] => Array.from({ length: 100 }, (_, i) => i).filter((i) => db.dict.has(`k${i}`));
const gone = (): number[] => Array.from({ length: 100 }, (_, i) => i).filter((i) => !db.dict.has(`k${i}`));
const average = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

beforeEach(() => setUp({}));

test('without a limit nothing is evicted, whatever the policy', () => {
  setUp({ policy: 'allkeys-random' });
  fill();
  expect(keyspace.performEvictions()).toBe(true);
  expect(db.size).toBe(100);
});

test('noeviction refuses as soon as the limit is exceeded', () => {
  fill();
  expect(evict(0)).toBe(true);
  expect(evict(10)).toBe(false);
  expect(db.size).toBe(100);
});

describe.each(EVICTION_POLICIES.filter((policy) => policy !== 'noeviction'))('%s', (policy) => {
  beforeEach(() => {
    setUp({ policy });
    fill();
  });

  test('evicts as many keys as necessary, and counts them', () => {
    expect(evict(20)).toBe(true);
    expect(gone()).toHaveLength(20);
    expect(keyspace.stats.evicted).toBe(20);
    expect(keyspace.usedBytes).toBeLessThanOrEqual(keyspace.settings.maxmemory);
  });

  test(policy.startsWith('volatile') ? 'takes volatile keys only, and fails when there are no more' : 'takes any key', () => {
    const possible = evict(60);
    expect(possible).toBe(policy.startsWith('allkeys'));
    if (policy.startsWith('volatile')) expect(remaining().every((i) => i % 2 === 1)).toBe(true);
  });
});

test.each<[EvictionPolicy, number]>([
  ['allkeys-lru', 15],
  ['volatile-lru', 30],
  ['volatile-ttl', 30],
])('%s takes mostly the keys that are worst by its measure', (policy, limit) => {
  setUp({ policy, samples: 10 });
  fill();
  evict(20);
  expect(average(gone())).toBeLessThan(limit);
});

test('an LFU policy keeps the keys that are used often', () => {
  setUp({ policy: 'allkeys-lfu', samples: 10 });
  fill();
  for (let use = 0; use < 200; use++) for (let i = 0; i < 10; i++) db.lookupRead(`k${i}`);
  evict(50);
  expect(remaining().filter((i) => i < 10)).toHaveLength(10);
});

test('the duration of an eviction, and of each key in it, is reported while it is measured', () => {
  setUp({ policy: 'allkeys-random' });
  fill();
  const work: [string, number][] = [];
  keyspace.onWork = (name, elapsedMs) => void work.push([name, elapsedMs]);
  expect(evict(0)).toBe(true);
  expect(work).toEqual([]);
  clock.costUs = 10;
  evict(2);
  expect(work).toEqual([['eviction-del', 0.01], ['eviction-del', 0.01], ['eviction-cycle', 0.05]]);
});

test('keys of all databases compete', () => {
  setUp({ policy: 'allkeys-lru', samples: 10 });
  keyspace.databases[1]!.set('oldest', 'v'.repeat(100));
  fill();
  evict(30);
  expect(keyspace.databases[1]!.size).toBe(0);
});

test('a key that was deleted since it was sampled is skipped', () => {
  setUp({ policy: 'allkeys-lru', samples: 10 });
  fill();
  evict(1);
  // The pool still names the oldest keys.
  for (let i = 0; i < 30; i++) db.delete(`k${i}`);
  expect(evict(10)).toBe(true);
});

test('an eviction that takes too long lets the command run and continues later', () => {
  setUp({ policy: 'allkeys-random' });
  const later: (() => void)[] = [];
  const after = (_name: string, _delayMs: number, run: () => void): TimerState => ({ dueUs: 0, order: later.push(run) });
  keyspace.schedule({ after, restore: (name, _timer, run) => after(name, 0, run), cancel() {} });
  later.length = 0;
  for (let i = 0; i < 200; i++) db.set(`more${i}`, 'v'.repeat(100));
  clock.costUs = 1000;
  keyspace.configure({ maxmemory: 1 });
  expect(keyspace.performEvictions()).toBe(true);
  expect(db.size).toBe(200 - 16);
  expect(later).toHaveLength(1);
  later[0]!();
  expect(db.size).toBe(200 - 32);
});

describe('in a server', () => {
  test('commands that need memory are refused, others are not', () => {
    using lab = simulate({ settings: { maxmemory: BASE_BYTES + 3000 } });
    const client = lab.connect();
    expect(client.ask('SET', 'k', 'v'.repeat(2000))).toBe('+OK\r\n');
    expect(client.ask('SET', 'other', 'v')).toBe("-OOM command not allowed when used memory > 'maxmemory'.\r\n");
    expect(client.ask('GET', 'other')).toBe('$-1\r\n');
    expect(client.ask('DEL', 'k')).toBe(':1\r\n');
    expect(client.ask('SET', 'other', 'v')).toBe('+OK\r\n');
  });

  test('an evicted key is in the trace with the policy that chose it', () => {
    using lab = simulate({ settings: { maxmemory: BASE_BYTES + 3000, 'maxmemory-policy': 'allkeys-lru' } });
    const events = lab.record();
    const client = lab.connect();
    client.ask('SET', 'k', 'v'.repeat(2000));
    client.ask('SET', 'other', 'v');
    expect(events.filter((event) => event.kind === 'evict')).toEqual([{ kind: 'evict', db: 0, key: 'k', policy: 'allkeys-lru' }]);
  });
});
