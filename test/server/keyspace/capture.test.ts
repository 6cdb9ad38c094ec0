/**
 * Keyspaces as data: captured, serialized, and restored in another server, which from then on behaves in the same way.
 */
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { expect, test } from 'vitest';
import type { SettingValues } from '../../../src/server/config.js';
import type { KeyspaceState } from '../../../src/server/keyspace/keyspace.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { ALL_FAMILIES } from '../../fuzz/differential.js';
import { familyTemplates, generate } from '../../fuzz/generate.js';
import { Random } from '../../fuzz/random.js';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

/** Returns a server with the keyspace, the clock and the random numbers of another, after serialization. */
function restored({ server, clock }: Lab, settings: Partial<SettingValues>): Lab {
  const bytes = serialize({ keyspace: server.keyspace.capture(), random: server.random.capture() });
  const state = deserialize(bytes) as { keyspace: KeyspaceState; random: number };
  const lab = simulate({ seed: 99, settings, nowMs: clock.nowMs });
  lab.clock.nowUs = clock.nowUs;
  // The limits of encodings, which clients have changed meanwhile.
  Object.assign(lab.server.config.values, server.config.values);
  lab.server.keyspace.restore(state.keyspace);
  lab.server.random.restore(state.random);
  return lab;
}

/** Returns everything in a keyspace except whose command ran last and how many timers were set before: tokens and timers belong to the server. */
function stateOf({ server }: Lab): KeyspaceState {
  const { expireCycle, ...state } = server.keyspace.capture();
  const { timer } = expireCycle;
  return { ...state, actingToken: 0, expireCycle: { ...expireCycle, timer: timer === null ? null : { dueUs: timer.dueUs, order: 0 } } };
}

/** Values with many members, some of them removed again, and keys that expire soon: the grammar of the fuzzer does not make these. */
function bulk(random: Random): string[] {
  const name = (family: string): string => `${family}${random.between(1, 3)}`;
  const members = (prefix = 'member'): string[] => Array.from({ length: random.between(1, 200) }, () => `${prefix}${random.below(400)}`);
  switch (random.below(14)) {
    case 0:
      return ['SADD', name('t'), ...members()];
    case 1:
      return ['SREM', name('t'), ...members()];
    case 2:
      return ['HSET', name('h'), ...members().flatMap((member) => [member, `value${random.below(1000)}`])];
    case 3:
      return ['HDEL', name('h'), ...members()];
    case 4:
      return ['ZADD', name('z'), ...members().flatMap((member) => [String(random.below(50) / 4 - 3), member])];
    case 5:
      return ['ZREM', name('z'), ...members()];
    case 6:
      return [random.pick(['LPUSH', 'RPUSH']), name('l'), ...members('element')];
    case 7:
      return ['LINSERT', name('l'), 'BEFORE', `element${random.below(400)}`, 'inserted'];
    case 8:
      return ['LREM', name('l'), '0', `element${random.below(400)}`];
    case 9:
      return ['XADD', name('x'), 'MAXLEN', '~', '500', '*', 'field', `value${random.below(1000)}`, `other${random.below(2)}`, 'v'];
    case 10:
      return ['PEXPIRE', random.pick(['s1', 's2', 't1', 'h2', 'z1', 'l2', 'x1', `key${random.below(300)}`]), String(random.between(1, 800))];
    case 11:
      return ['MSET', ...members('key').flatMap((key) => [key, random.pick(['text', '17', '9007199254740993', 'x'.repeat(60)])])];
    case 12:
      return ['DEL', ...members('key')];
    default:
      return ['SETRANGE', name('s'), String(random.below(3000)), 'written'];
  }
}

/** Commands that affect only the keyspace, and what happens to their client and the time. */
const KEYSPACE_FAMILIES = ALL_FAMILIES.filter((family) => !/^(connection|scripts|functions|pubsub|server|tracking)$/.test(family));
const ALL_TEMPLATES = ALL_FAMILIES.filter((family) => family !== 'tracking').flatMap(familyTemplates).filter(({ listens }) => !listens);
const KEYSPACE_TEMPLATES = KEYSPACE_FAMILIES.flatMap(familyTemplates).filter(({ listens }) => !listens);

/** One step of a random run. */
function step(random: Random, lab: Lab, clients: LabClient[], templates: typeof ALL_TEMPLATES): string {
  const at = random.below(clients.length);
  let client = clients[at]!;
  if (client.isClosedByServer) client = clients[at] = lab.connect();
  const argv = random.chance(0.3) ? bulk(random) : random.chance(0.05) ? ['SELECT', String(random.below(4))] : [...generate(random, random.pick(templates)).argv];
  const reply = client.ask(...argv);
  if (random.chance(0.1)) lab.advance(random.below(400));
  return `${argv.join(' ')} → ${reply}`;
}

function connect(lab: Lab): LabClient[] {
  return Array.from({ length: 3 }, () => lab.connect());
}

/** Returns what scans, the policies of eviction and the expire cycle use of each key. */
function seen(lab: Lab): string[] {
  const client = lab.connect();
  const replies: string[] = [];
  for (let db = 0; db < 4; db++) {
    client.ask('SELECT', String(db));
    const { dict } = lab.server.keyspace.databases[db]!;
    for (let cursor = '0', isOver = false; !isOver; isOver = cursor === '0') {
      const reply = client.ask('SCAN', cursor, 'COUNT', '7');
      [, cursor = '0'] = /^\*2\r\n\$\d+\r\n(\d+)/.exec(reply)!;
      replies.push(reply);
    }
    const keys = Array.from({ length: dict.size }, (_, slot) => dict.keyAt(slot));
    for (const key of keys) {
      replies.push(key, ...['FREQ', 'IDLETIME', 'ENCODING'].map((word) => client.ask('OBJECT', word, key)), client.ask('PEXPIRETIME', key), client.ask('MEMORY', 'USAGE', key));
      replies.push(client.ask('SSCAN', key, '0', 'COUNT', '5'), client.ask('HSCAN', key, '0', 'COUNT', '5'), client.ask('ZSCAN', key, '0', 'COUNT', '5'));
    }
    replies.push(client.ask('RANDOMKEY'), String(dict.tableBytes), String(lab.server.keyspace.databases[db]!.expires.tableBytes));
  }
  client.close();
  lab.settle();
  return replies;
}

/** Two for each of the settings; `node scripts/campaign.mjs CAPTURES` tries more. */
const ROUNDS = Number(process.env.CAPTURES ?? 10);
const SETTINGS: readonly Partial<SettingValues>[] = [
  {},
  { maxmemory: 1_200_000, 'maxmemory-policy': 'allkeys-lru' },
  { maxmemory: 1_200_000, 'maxmemory-policy': 'volatile-lfu' },
  { 'maxmemory-policy': 'allkeys-lfu', 'notify-keyspace-events': 'KEA' },
  { maxmemory: 1_200_000, 'maxmemory-policy': 'allkeys-random', 'stream-node-max-entries': 4 },
];

test(`${ROUNDS} random runs: a keyspace restored from bytes behaves like the original`, { timeout: 3_600_000 }, () => {
  for (let seed = 1; seed <= ROUNDS; seed++) {
    const random = new Random(seed);
    const settings = SETTINGS[seed % SETTINGS.length]!;
    using lab = simulate({ seed, settings });
    const before = connect(lab);
    for (let left = random.between(20, 300); left > 0; left--) step(random, lab, before, ALL_TEMPLATES);
    for (const client of before) client.close();
    lab.settle();

    using twin = restored(lab, settings);
    expect(isDeepStrictEqual(stateOf(twin), stateOf(lab))).toBe(true);
    const [mine, others] = [new Random(seed), new Random(seed)];
    const [clients, twins] = [connect(lab), connect(twin)];
    for (let left = 60; left > 0; left--) {
      expect({ seed, left, life: step(others, twin, twins, KEYSPACE_TEMPLATES) }).toEqual({ seed, left, life: step(mine, lab, clients, KEYSPACE_TEMPLATES) });
      expect({ seed, left, bytes: twin.server.keyspace.usedBytes }).toEqual({ seed, left, bytes: lab.server.keyspace.usedBytes });
    }
    for (const client of [...clients, ...twins]) client.close();
    expect(digestOf(twin.server).split(' clients')[0]).toBe(digestOf(lab.server).split(' clients')[0]);
    expect(seen(twin)).toEqual(seen(lab));
    expect(isDeepStrictEqual(stateOf(twin), stateOf(lab))).toBe(true);
  }
});

/** Returns a client that has sent these requests. */
function asked(lab: Lab, ...requests: readonly (readonly string[])[]): LabClient {
  const client = lab.connect();
  for (const request of requests) client.ask(...request);
  return client;
}

test('a captured state does not change with the keyspace', () => {
  using lab = simulate();
  const random = new Random(1);
  const clients = connect(lab);
  for (let left = 300; left > 0; left--) step(random, lab, clients, KEYSPACE_TEMPLATES);
  asked(lab, ['SETBIT', 'bits', '20000000', '1'], ['XADD', 'x9', '*', 'f', 'v'], ['XGROUP', 'CREATE', 'x9', 'g', '0'], ['XREADGROUP', 'GROUP', 'g', 'c', 'STREAMS', 'x9', '>']);
  const state = lab.server.keyspace.capture();
  const before = serialize(state);
  for (let left = 300; left > 0; left--) step(random, lab, clients, KEYSPACE_TEMPLATES);
  asked(lab, ['SETBIT', 'bits', '5', '1'], ['XADD', 'x9', '*', 'f', 'w'], ['XACK', 'x9', 'g', '0-1'], ['XGROUP', 'CREATECONSUMER', 'x9', 'g', 'other'], ['CONFIG', 'RESETSTAT']);
  expect(serialize(state).equals(before)).toBe(true);
});

test('one state can be restored several times, and the keyspaces share nothing', () => {
  using lab = simulate();
  asked(lab, ['RPUSH', 'list', 'a', 'b'], ['SETRANGE', 'bytes', '3000000', 'x'], ['SADD', 'set', 'a', 'b'], ['ZADD', 'zset', '1', 'a'], ['HSET', 'hash', 'f', 'v'], ['XADD', 'stream', '1-1', 'f', 'v']);
  const state = lab.server.keyspace.capture();
  using one = simulate();
  using other = simulate();
  one.server.keyspace.restore(state);
  other.server.keyspace.restore(state);
  asked(one, ['RPUSH', 'list', 'c'], ['SETRANGE', 'bytes', '0', 'y'], ['SADD', 'set', 'c'], ['ZADD', 'zset', '2', 'b'], ['HSET', 'hash', 'g', 'w'], ['XADD', 'stream', '2-1', 'f', 'w'], ['SET', 'k', 'v', 'EX', '9']);
  expect(isDeepStrictEqual(stateOf(other), stateOf(lab))).toBe(true);
  expect(isDeepStrictEqual(stateOf(one), stateOf(lab))).toBe(false);
});

test('a large table with removed keys is scanned in the same order, and grows and shrinks at the same size', () => {
  using lab = simulate();
  const { keyspace } = lab.server;
  const db = keyspace.databases[0]!;
  for (let i = 0; i < 70_000; i++) db.set(`key:${i}`, i % 3 === 0 ? i : `value ${i}`);
  for (let i = 0; i < 70_000; i += 2) db.setExpire(`key:${i}`, keyspace.nowMs + 1000 + i);
  for (let i = 0; i < 30_000; i++) db.delete(`key:${i * 2}`);
  using twin = restored(lab, {});
  const change = (to: Lab): string[] => {
    const keys: string[] = [];
    const { databases } = to.server.keyspace;
    const { dict } = databases[0]!;
    let cursor = 0;
    do {
      cursor = dict.scan(cursor, 100, (slot) => void keys.push(dict.keyAt(slot)));
      databases[0]!.delete(`key:${keys.length}`);
      databases[0]!.set(`new:${keys.length}`, 'v');
    } while (cursor !== 0);
    for (let i = 0; i < 69_000; i++) databases[0]!.delete(`key:${i}`);
    return [...keys, String(dict.tableBytes), String(databases[0]!.expires.tableBytes)];
  };
  const [mine, others] = [change(lab), change(twin)];
  expect(others.length).toBeGreaterThan(39_000);
  expect(isDeepStrictEqual(others, mine)).toBe(true);
  expect(isDeepStrictEqual(stateOf(twin), stateOf(lab))).toBe(true);
});

test('a timer that was set runs when it would have run', () => {
  using lab = simulate();
  asked(lab, ['SET', 'k', 'v', 'PX', '150']);
  lab.advance(70);
  using twin = restored(lab, {});
  twin.advance(29);
  expect(twin.server.keyspace.capture().expireCycle.timer).not.toBeNull();
  twin.advance(150);
  expect(twin.server.keyspace.databases[0]!.size).toBe(0);
  expect(twin.server.keyspace.stats.expired).toBe(1);
});
