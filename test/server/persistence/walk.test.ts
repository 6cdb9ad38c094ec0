/** A snapshot made while clients are served: it is the dataset of the moment at which it began, whatever happens before it is written. */
import { describe, expect, test, vi } from 'vitest';
import { dump } from '../../../src/server/keyspace/rdb/encoder.js';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import { StreamValue } from '../../../src/server/keyspace/types/stream.js';
import { Keyspace } from '../../../src/server/keyspace/keyspace.js';
import { Config } from '../../../src/server/config.js';
import { asCommands } from '../../../src/server/persistence/aof/command-writer.js';
import type { Format } from '../../../src/server/persistence/dataset-writer.js';
import { readSnapshot } from '../../../src/server/persistence/snapshot-reader.js';
import { writeSnapshot } from '../../../src/server/persistence/snapshot-writer.js';
import type { WalkSink } from '../../../src/server/persistence/walk-sink.js';
import type { Walk } from '../../../src/server/persistence/walks.js';
import { Tap } from '../../../src/server/trace/tap.js';
import { familyTemplates, generate } from '../../fuzz/generate.js';
import { Random } from '../../fuzz/random.js';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

const { values: settings } = new Config({ rdbchecksum: false });

/** Returns each key of each database, with its expiry and everything that DUMP shows. */
function contentOf({ databases }: Keyspace): Map<string, string> {
  const content = new Map<string, string>();
  for (const { index, dict, expires } of databases) {
    for (let slot = 0; slot < dict.size; slot++) {
      content.set(`${index} ${dict.keyAt(slot)}`, `${expires.at(slot)} ${dump(dict.valueAt(slot), settings)}`);
    }
  }
  return content;
}

/** The same for a snapshot, whose keys are all read, none of them expired. */
function contentOfFile(pieces: readonly Buffer[]): Map<string, string> {
  const keyspace = new Keyspace(16, { nowMs: 0, nowUs: 0, targetUs: null, readUs: () => 0 }, new HashSeed(7), () => 0.5, new Tap());
  const file = [Buffer.concat(pieces)];
  readSnapshot(() => file.shift() ?? null, keyspace, settings, () => {});
  return contentOf(keyspace);
}

/** A walk that continues only when the test says so. */
class SlowWalk implements WalkSink {
  readonly compresses = false;
  isFull = true;
  isOver = false;
  readonly walk: Walk;
  private readonly before: Map<string, string>;
  private readonly pieces: Buffer[] = [];

  constructor(private readonly lab: Lab, format?: Format) {
    const { persistence, keyspace } = lab.server;
    // One step per slice, one slice per turn.
    persistence.walks.pace = { busyUs: 0, idleUs: 0, rest: 0, work: 1 };
    const before: Buffer[] = [];
    writeSnapshot({ keyspace, libraries: [] }, settings, (bytes) => void before.push(Buffer.from(bytes)));
    this.before = contentOfFile(before);
    this.walk = persistence.walks.start(this, format === undefined ? {} : { format });
  }

  write(bytes: Buffer): void {
    this.pieces.push(Buffer.from(bytes));
  }

  end(): void {
    this.isOver = true;
  }

  /** Writes a key, or a part of one. */
  step(): void {
    this.isFull = false;
    this.lab.server.persistence.walks.resume();
    this.lab.turn();
    this.isFull = true;
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString('latin1');
  }

  /** Number of bytes written. */
  get bytes(): number {
    return this.pieces.reduce((sum, { length }) => sum + length, 0);
  }

  finish(): void {
    while (!this.isOver) this.step();
    expect(this.walk.keysWritten).toBe(this.walk.keysTotal);
    expect(this.lab.server.keyspace.preImages).toBe(null);
  }

  /** The file contains what existed at the beginning. */
  expectTheInstant(what: string): void {
    this.finish();
    const found = contentOfFile([...this.pieces, Buffer.alloc(8)]);
    const differing = [...new Set([...found.keys(), ...this.before.keys()])].filter((key) => found.get(key) !== this.before.get(key));
    expect(differing.map((key) => [key, JSON.stringify(this.before.get(key)), JSON.stringify(found.get(key))]), what).toEqual([]);
  }
}

const DATA = ['strings', 'bitmaps', 'keys', 'lists', 'hashes', 'sets', 'zsets', 'streams', 'hyperloglog', 'geo'];
const TEMPLATES = DATA.flatMap(familyTemplates);
/** Commands that affect whole databases, or reach values in another way. */
const OTHERS = [
  ['FLUSHDB'], ['FLUSHALL'], ['SWAPDB', '0', '1'], ['SWAPDB', '2', '0'], ['SELECT', '0'], ['SELECT', '1'], ['SELECT', '2'], ['MOVE', 'k1', '1'], ['MOVE', 'k2', '0'],
  ['RENAME', 'k1', 'k2'], ['RENAME', 'k3', 'k1'], ['COPY', 'k1', 'k3', 'REPLACE'], ['XREADGROUP', 'GROUP', 'g1', 'c1', 'STREAMS', 'k1', '>'], ['PFCOUNT', 'k1'],
  ['XACK', 'k1', 'g1', '1-1', '2-1'], ['DEBUG', 'POPULATE', '20', 'p'], ['SORT', 'k1', 'ALPHA'], ['PEXPIRE', 'k1', '5'], ['PEXPIRE', 'p:3', '50'],
  ['EVAL', "redis.call('SET', 'k1', 'v'); return redis.call('DEL', 'k2')", '0'], ['MSET', 'k1', 'a', 'k2', 'b', 'p:1', 'c'], ['UNLINK', 'k1', 'p:2'],
] as const;

function randomCommand(client: LabClient, random: Random, othersShare: number): void {
  const argv = random.chance(othersShare) ? random.pick(OTHERS) : generate(random, random.pick(TEMPLATES)).argv;
  client.ask(...(argv as [string, ...string[]]));
}

describe('the file is the dataset of one instant', () => {
  const LIMITS = [{}, { maxmemory: 1_090_000, 'maxmemory-policy': 'allkeys-random' }, { maxmemory: 1_080_000, 'maxmemory-policy': 'volatile-lru' }] as const;
  test.each([0, 1, 2, 3])('under random commands of all families, expiry and eviction: 25 datasets, part %i', (part) => {
    let preImages = 0;
    for (let seed = part * 25 + 1; seed <= part * 25 + 25; seed++) {
      const limits = LIMITS[seed % LIMITS.length]!;
      using lab = simulate({ seed, settings: { 'enable-debug-command': 'yes', ...limits }, isVirtual: seed % 5 === 0 });
      const random = new Random(seed);
      const clients = [lab.connect(), lab.connect(), lab.connect()];
      clients[1]!.ask('SELECT', '1');
      clients[2]!.ask('SELECT', '2');
      for (let i = 0; i < 200; i++) randomCommand(random.pick(clients), random, 0.05);
      const slow = new SlowWalk(lab);
      for (let i = 0; i < 150 && !slow.isOver; i++) {
        randomCommand(random.pick(clients), random, 0.2);
        if (random.chance(0.3)) slow.step();
        if (random.chance(0.1)) lab.advance(random.between(1, 200));
      }
      preImages += slow.walk.preImages;
      slow.expectTheInstant(`seed ${seed}`);
    }
    expect(preImages).toBeGreaterThan(25);
  });

  test('several walks at once have each its own', () => {
    using lab = simulate({ settings: { 'enable-debug-command': 'yes' } });
    const client = lab.connect();
    const random = new Random(3);
    const walks: SlowWalk[] = [];
    for (let i = 0; i < 300; i++) {
      randomCommand(client, random, 0.1);
      if (i % 60 === 0) walks.push(new SlowWalk(lab));
      if (random.chance(0.2)) random.pick(walks).step();
    }
    walks.reverse();
    expect(walks.length).toBe(5);
    // The hook is removed with the last of them.
    for (const walk of walks) {
      while (!walk.isOver) walk.step();
      expect(lab.server.keyspace.preImages === null).toBe(walks.every(({ isOver }) => isOver));
    }
    for (const [i, walk] of walks.entries()) walk.expectTheInstant(`walk ${i}`);
  });
});

/** For each type a dataset, and a command that changes it. */
const CHANGES: readonly (readonly [name: string, before: readonly string[], change: string])[] = [
  ['SET', ['SET k v'], 'SET k w'],
  ['SET KEEPTTL', ['SET k v EX 100'], 'SET k w KEEPTTL'],
  ['GETSET', ['SET k v'], 'GETSET k w'],
  ['APPEND', ['SET k v', 'APPEND k w'], 'APPEND k x'],
  ['SETRANGE', ['SETRANGE k 3 v'], 'SETRANGE k 1 w'],
  ['SETBIT', ['SETBIT k 9 1'], 'SETBIT k 1 1'],
  ['BITFIELD', ['SETBIT k 9 1'], 'BITFIELD k INCRBY u8 0 7'],
  ['INCR', ['SET k 5'], 'INCR k'],
  ['INCRBYFLOAT', ['SET k 5'], 'INCRBYFLOAT k 0.5'],
  ['GETDEL', ['SET k v'], 'GETDEL k'],
  ['GETEX', ['SET k v EX 100'], 'GETEX k PERSIST'],
  ['DEL', ['SET k v'], 'DEL k'],
  ['EXPIRE', ['SET k v'], 'EXPIRE k 100'],
  ['EXPIRE in the past', ['SET k v'], 'PEXPIREAT k 1'],
  ['PERSIST', ['SET k v EX 100'], 'PERSIST k'],
  ['RENAME', ['SET k v', 'SET l w'], 'RENAME k l'],
  ['MOVE', ['SET k v'], 'MOVE k 3'],
  ['COPY', ['SET k v', 'SET l w'], 'COPY k l REPLACE'],
  ['SORT STORE', ['RPUSH k 3 1 2', 'SET l w'], 'SORT k STORE l'],
  ['SORT of a sorted set', ['ZADD k 1 a 2 b'], 'SORT k ALPHA'],
  ['LPUSH', ['RPUSH k a b'], 'LPUSH k c'],
  ['LPOP', ['RPUSH k a b'], 'LPOP k'],
  ['LSET', ['RPUSH k a b'], 'LSET k 0 c'],
  ['LINSERT', ['RPUSH k a b'], 'LINSERT k BEFORE b c'],
  ['LREM', ['RPUSH k a b'], 'LREM k 0 a'],
  ['LTRIM', ['RPUSH k a b'], 'LTRIM k 1 1'],
  ['LMOVE', ['RPUSH k a b', 'RPUSH l c'], 'LMOVE k l LEFT RIGHT'],
  ['BLPOP', ['RPUSH k a b'], 'BLPOP k 0'],
  ['HSET', ['HSET k a b'], 'HSET k a c'],
  ['HINCRBY', ['HSET k a 1'], 'HINCRBY k a 1'],
  ['HDEL', ['HSET k a 1 b 2'], 'HDEL k a'],
  ['SADD', ['SADD k 1 2'], 'SADD k 3'],
  ['SPOP', ['SADD k a b c'], 'SPOP k 2'],
  ['SMOVE', ['SADD k a b c', 'SADD l d'], 'SMOVE k l a'],
  ['SUNIONSTORE', ['SADD k a b c', 'SADD l d'], 'SUNIONSTORE l k'],
  ['ZADD', ['ZADD k 1 a'], 'ZADD k 2 a'],
  ['ZINCRBY', ['ZADD k 1 a'], 'ZINCRBY k 1 a'],
  ['ZPOPMIN', ['ZADD k 1 a 2 b'], 'ZPOPMIN k'],
  ['ZREMRANGEBYRANK', ['ZADD k 1 a 2 b'], 'ZREMRANGEBYRANK k 0 0'],
  ['ZUNIONSTORE', ['ZADD k 1 a', 'ZADD l 1 b'], 'ZUNIONSTORE l 1 k'],
  ['GEOADD', ['GEOADD k 1 1 a'], 'GEOADD k 2 2 a'],
  ['PFADD', ['PFADD k a'], 'PFADD k b c d'],
  ['PFCOUNT, which keeps the count', ['PFADD k a b c'], 'PFCOUNT k'],
  ['PFMERGE', ['PFADD k a', 'PFADD l b'], 'PFMERGE l k'],
  ['XADD', ['XADD k 1-1 a b'], 'XADD k 2-1 a b'],
  ['XDEL', ['XADD k 1-1 a b', 'XADD k 2-1 a b'], 'XDEL k 1-1'],
  ['XTRIM', ['XADD k 1-1 a b', 'XADD k 2-1 a b'], 'XTRIM k MAXLEN 1'],
  ['XSETID', ['XADD k 1-1 a b'], 'XSETID k 9-1'],
  ['XGROUP CREATE', ['XADD k 1-1 a b'], 'XGROUP CREATE k g 0'],
  ['XGROUP SETID', ['XADD k 1-1 a b', 'XGROUP CREATE k g 0'], 'XGROUP SETID k g 1-1'],
  ['XGROUP CREATECONSUMER', ['XADD k 1-1 a b', 'XGROUP CREATE k g 0'], 'XGROUP CREATECONSUMER k g c'],
  ['XGROUP DELCONSUMER', ['XADD k 1-1 a b', 'XGROUP CREATE k g 0', 'XREADGROUP GROUP g c STREAMS k >'], 'XGROUP DELCONSUMER k g c'],
  ['XREADGROUP', ['XADD k 1-1 a b', 'XGROUP CREATE k g 0'], 'XREADGROUP GROUP g c STREAMS k >'],
  ['XREADGROUP of the past', ['XADD k 1-1 a b', 'XGROUP CREATE k g 0', 'XREADGROUP GROUP g c STREAMS k >'], 'XREADGROUP GROUP g c STREAMS k 0'],
  ['XACK', ['XADD k 1-1 a b', 'XGROUP CREATE k g 0', 'XREADGROUP GROUP g c STREAMS k >'], 'XACK k g 1-1'],
  ['XCLAIM', ['XADD k 1-1 a b', 'XGROUP CREATE k g 0', 'XREADGROUP GROUP g c STREAMS k >'], 'XCLAIM k g d 0 1-1'],
  ['XAUTOCLAIM', ['XADD k 1-1 a b', 'XGROUP CREATE k g 0', 'XREADGROUP GROUP g c STREAMS k >'], 'XAUTOCLAIM k g d 0 0'],
  ['XAUTOCLAIM of what is gone', ['XADD k 1-1 a b', 'XGROUP CREATE k g 0', 'XREADGROUP GROUP g c STREAMS k >', 'XDEL k 1-1'], 'XAUTOCLAIM k g d 0 0'],
  ['FLUSHDB', ['SET k v', 'SET l w'], 'FLUSHDB'],
  ['FLUSHALL', ['SET k v', 'RPUSH l w'], 'FLUSHALL'],
  ['SWAPDB', ['SET k v', 'RPUSH l w'], 'SWAPDB 0 1'],
  ['a script', ['SET k v'], "EVAL redis.call('SET',KEYS[1],1) 1 k"],
];

test.each(CHANGES)('a key is in it as it was before %s', (name, before, change) => {
  // Nothing of it is written yet, or the last key, or everything.
  for (const steps of [0, 1, 2, 4, 20]) {
    using lab = simulate();
    const client = lab.connect();
    for (const command of ['SET first 1', ...before, 'SET last 1']) expect(client.ask(...(command.split(' ') as [string]))).not.toMatch(/^-/);
    const slow = new SlowWalk(lab);
    for (let i = 0; i < steps; i++) slow.step();
    const unchanged = JSON.stringify([...contentOf(lab.server.keyspace)]);
    lab.advance(1);
    expect(client.ask(...(change.split(' ') as [string]))).not.toMatch(/^-/);
    expect(JSON.stringify([...contentOf(lab.server.keyspace)])).not.toBe(unchanged);
    slow.expectTheInstant(`${name} after ${steps} steps`);
  }
});

/** A stream of many nodes, with groups that have much pending. */
function makeStream(lab: Lab): LabClient {
  const client = lab.connect();
  client.ask('CONFIG', 'SET', 'stream-node-max-entries', '10');
  client.send(Array.from({ length: 900 }, (_, i) => `XADD large ${i + 1}-1 field ${i}\r\n`).join(''));
  client.receive();
  for (const group of ['g1', 'g2']) {
    client.ask('XGROUP', 'CREATE', 'large', group, '0');
    for (const consumer of ['c1', 'c2', 'c3']) client.ask('XREADGROUP', 'GROUP', group, consumer, 'COUNT', '200', 'STREAMS', 'large', '>');
  }
  return client;
}

function changeStream(client: LabClient, random: Random): void {
  const id = (): string => `${random.between(1, 900)}-1`;
  const group = random.pick(['g1', 'g1', 'g1', 'g2', 'g3']);
  const consumer = random.pick(['c1', 'c2', 'c3', 'c4']);
  const command = random.pick<readonly string[]>([
    ['XADD', 'large', '*', 'field', 'new'], ['XADD', 'large', 'MAXLEN', '~', '850', '*', 'other', 'new'], ['XDEL', 'large', id(), id()], ['XTRIM', 'large', 'MINID', id()],
    ['XACK', 'large', group, id(), id(), id()], ['XREADGROUP', 'GROUP', group, consumer, 'COUNT', '20', 'STREAMS', 'large', '>'],
    ['XREADGROUP', 'GROUP', group, consumer, 'COUNT', '20', 'STREAMS', 'large', id()], ['XCLAIM', 'large', group, consumer, '0', id(), id(), 'FORCE'],
    ['XAUTOCLAIM', 'large', group, consumer, '0', id(), 'COUNT', '30'], ['XGROUP', 'DELCONSUMER', 'large', group, random.pick(['c3', 'c4'])],
    ['XGROUP', 'DESTROY', 'large', 'g3'], ['XGROUP', 'CREATE', 'large', 'g3', id()], ['XGROUP', 'SETID', 'large', group, id()], ['XSETID', 'large', '9999999999999-1'],
    ['XINFO', 'STREAM', 'large', 'FULL'], ['SET', 'small', 'v'],
  ]);
  client.ask(...(command as [string]));
}

test('a large stream and its groups are written node by node under random commands, without a copy of all of it', () => {
  for (let seed = 1; seed <= 4; seed++) {
    using lab = simulate({ seed });
    const random = new Random(seed);
    const client = makeStream(lab);
    const slow = new SlowWalk(lab);
    const copies = vi.spyOn(StreamValue.prototype, 'clone');
    // Now and then another one, which shares the stream with the first.
    let other: SlowWalk | null = null;
    for (let steps = 0; !slow.isOver; steps++) {
      if (random.chance(0.3)) changeStream(client, random);
      if (steps === 40 && seed % 2 === 0) other = new SlowWalk(lab);
      if (other !== null && !other.isOver && random.chance(0.5)) other.step();
      slow.step();
    }
    while (other !== null && !other.isOver) other.step();
    slow.expectTheInstant(`seed ${seed}`);
    other?.expectTheInstant(`the second of seed ${seed}`);
    expect(slow.walk.preImages).toBeGreaterThan(0);
    expect(copies).not.toHaveBeenCalled();
    copies.mockRestore();
  }
});

test('as commands it is the dataset of one instant too', () => {
  for (let seed = 1; seed <= 3; seed++) {
    using lab = simulate({ seed, settings: { 'enable-debug-command': 'yes' } });
    const random = new Random(seed);
    const client = lab.connect();
    const withoutExpiry = (of: Lab, asker: LabClient): string => {
      of.server.keyspace.freezeTime(0);
      const digest = asker.ask('DEBUG', 'DIGEST');
      of.server.keyspace.thawTime();
      return digest;
    };
    for (let i = 0; i < 200; i++) randomCommand(client, random, 0.05);
    // Large ones are written in steps.
    client.ask('RPUSH', 'many', ...Array.from({ length: 3000 }, (_, i) => `item ${i}`));
    makeStream(lab);
    client.ask('ZADD', 'scores', ...Array.from({ length: 2000 }, (_, i) => [String(i % 7), `member ${i}`]).flat());
    const before = withoutExpiry(lab, client);
    const slow = new SlowWalk(lab, asCommands({ 'aof-timestamp-enabled': false }));
    for (let i = 0; i < 100; i++) {
      randomCommand(client, random, 0.2);
      if (i === 30) client.ask('LPOP', 'many');
      if (i === 60) client.ask('ZINCRBY', 'scores', '1', 'member 1000');
      if (i % 10 === 0) changeStream(client, random);
      if (random.chance(0.5)) slow.step();
    }
    slow.finish();
    using reader = simulate({ seed: seed + 100, settings: { 'enable-debug-command': 'yes' } });
    reader.server.keyspace.freezeTime(0);
    const loading = reader.connect();
    loading.send(slow.text);
    const replies = loading.receive();
    reader.server.keyspace.thawTime();
    expect(replies).not.toMatch(/^-/m);
    expect(withoutExpiry(reader, loading), `seed ${seed}`).toBe(before);
  }
});

test('serving a blocked client changes a value as well', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('XADD', 'k', '1-1', 'a', 'b');
  client.ask('XGROUP', 'CREATE', 'k', 'g', '$');
  const waiting = lab.connect();
  waiting.ask('XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 'k', '>');
  const popper = lab.connect();
  popper.ask('BLMOVE', 'l', 'm', 'LEFT', 'LEFT', '0');
  client.ask('RPUSH', 'm', 'a');
  const slow = new SlowWalk(lab);
  client.ask('MULTI');
  client.ask('XADD', 'k', '2-1', 'a', 'b');
  client.ask('RPUSH', 'l', 'x');
  client.ask('EXEC');
  expect(client.ask('LLEN', 'm')).toBe(':2\r\n');
  slow.expectTheInstant('served');
});

describe('a large value', () => {
  const LARGE: readonly (readonly [type: string, fill: (client: LabClient) => void, change: readonly [string, ...string[]]])[] = [
    ['list', (client) => fill(client, 'RPUSH', (i) => [`element ${i}`]), ['LSET', 'large', '3', 'changed']],
    ['hash', (client) => fill(client, 'HSET', (i) => [`field ${i}`, String(i)]), ['HSET', 'large', 'field 3', 'changed']],
    ['set', (client) => fill(client, 'SADD', (i) => [`member ${i}`]), ['SREM', 'large', 'member 3']],
    ['sorted set', (client) => fill(client, 'ZADD', (i) => [String(i % 77), `member ${i}`]), ['ZADD', 'large', '99', 'member 3']],
    ['stream', (client) => fillStream(client), ['XACK', 'large', 'g', '5-1']],
  ];

  function fill(client: LabClient, command: string, element: (i: number) => string[]): void {
    client.ask(command, 'large', ...Array.from({ length: 5000 }, (_, i) => element(i)).flat());
  }

  function fillStream(client: LabClient): void {
    for (let i = 1; i <= 2000; i++) client.ask('XADD', 'large', `${i}-1`, 'field', String(i));
    client.ask('XGROUP', 'CREATE', 'large', 'g', '0');
    client.ask('XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '500', 'STREAMS', 'large', '>');
  }

  test.each(LARGE)('a %s that changes before it is written is copied, and not written at once', (type, fillLarge, change) => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('SET', 'first', '1');
    fillLarge(client);
    client.ask('SET', 'last', '1');
    for (const argv of [change, ['DEL', 'large'], ['RENAME', 'large', 'first']] as const) {
      using again = simulate({ from: lab.server.capture() });
      const slow = new SlowWalk(again);
      const other = again.connect();
      other.ask(...(argv as [string]));
      other.ask('DEL', 'first');
      expect(slow.bytes).toBeLessThan(1000);
      slow.step();
      slow.step();
      // Again, while the copy is being written.
      other.ask(...(change as [string]));
      slow.expectTheInstant(`${type}, ${argv[0]}`);
      expect(slow.bytes).toBeGreaterThan(10_000);
    }
  });

  test.each(LARGE)('a %s is written in steps, between which it and other keys may change', (type, fillLarge, change) => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('MSET', 'a', '1', 'b', '2', 'c', '3');
    client.ask('SELECT', '1');
    client.ask('SET', 'elsewhere', 'v', 'EX', '100');
    client.ask('SELECT', '0');
    fillLarge(client);
    const state = lab.server.capture();
    let last = 0;
    for (const [round, changes] of [[], [change], [['DEL', 'large'] as const], [['RENAME', 'large', 'b'] as const], [['FLUSHALL'] as const, change]].entries()) {
      using again = simulate({ from: state });
      const other = again.connect();
      const slow = new SlowWalk(again);
      for (let i = 0; i < 8; i++) slow.step();
      expect(slow.isOver).toBe(false);
      // Keys written out of turn wait for the end of the large one.
      other.ask('SET', 'a', 'changed');
      other.ask('SELECT', '1');
      other.ask('DEL', 'elsewhere');
      other.ask('SELECT', '0');
      slow.step();
      for (const argv of changes) other.ask(...(argv as [string]));
      other.ask('SET', 'c', 'changed');
      slow.expectTheInstant(`${type}, round ${round}`);
      last = round;
    }
    expect(last).toBe(4);
  });
});
