/**
 * Recordings of simulated servers, replayed: the same replies, the same keyspace, the same clients.
 */
import { expect, test } from 'vitest';
import { ownHeap } from '../../../src/server/measuring/heap-watch.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { FAILED, FAULT, REFRESH } from '../../../src/server/recording/inputs.js';
import { Replay, type RecordingHead, type ReplayResult } from '../../../src/server/recording/replay.js';
import { Divergence } from '../../../src/server/recording/replay-world.js';
import { TapeEnd } from '../../../src/server/recording/tape.js';
import type { Server } from '../../../src/server/server.js';
import { Random } from '../../fuzz/random.js';
import { live, record, type Recorded, recordScenario } from './scenarios.js';

test('a recording is replayed to the same state', () => {
  const { lab, head, tape } = record();
  const client = lab.connect();
  client.ask('SET', 'k', 'v', 'PX', '500');
  client.ask('EVAL', "return redis.call('INCR', KEYS[1])", '1', 'n');
  const waiter = lab.connect();
  expect(waiter.ask('BLPOP', 'queue', '0')).toBe('');
  lab.advance(1000);
  const digest = digestOf(lab.server);
  const turns = lab.server.loop.turnNumber;
  const replay = new Replay(head, tape());
  expect(replay.run()).toEqual({ turns: turns + 1, commands: 4, divergence: null, hasEnd: false });
  expect(digestOf(replay.server)).toBe(digest);
  expect(digest).toMatch(/^keys 1 .* clients 2 /);
});

test('a virtual clock moves in a replay as it did, and the loop waits for the same reasons', () => {
  const { lab, head, tape } = record({ isVirtual: true, settings: { timeout: 60 } });
  const steps = (server: Server): string[] => {
    const told: string[] = [];
    server.tap.sink = {
      emit: (event) => void (['wait', 'timer', 'expire', 'unpark'].includes(event.kind) && told.push(JSON.stringify({ ...event, elapsedUs: 0, at: server.clock.nowUs }))),
    };
    return told;
  };
  const recorded = steps(lab.server);
  const client = lab.connect();
  // Measured time passes meanwhile, and is recorded separately.
  lab.clock.costUs = 12.345;
  for (let i = 0; i < 50; i++) client.ask('SET', `k${i}`, 'v', 'PX', String(1 + 37 * i));
  lab.connect().ask('BLPOP', 'queue', '1.5');
  lab.advance(1000.5);
  lab.advance(3 * 365 * 86_400_000);
  const digest = digestOf(lab.server);
  const replay = new Replay(head, tape());
  const replayed = steps(replay.server);
  expect(replay.run()).toMatchObject({ divergence: null, commands: 51 });
  expect(digestOf(replay.server)).toBe(digest);
  expect(replayed.slice(0, recorded.length)).toEqual(recorded);
  expect(recorded.length).toBeGreaterThan(100);
  expect(replay.server.clock.nowMs).toBe(lab.server.clock.nowMs);
});

test('garbage is collected after a flush, a replay decides the same and collects nothing, and shows the recorded pause', () => {
  const own = ownHeap(2 ** 30);
  let collections = 0;
  const heap = { limit: own.limit, used: () => own.used(), collect: () => (collections++, own.collect()) };
  const { lab, head, tape } = record({ heap, settings: { 'latency-monitor-threshold': 1 } });
  const told = (server: Server): string[] => {
    const events: string[] = [];
    server.tap.sink = { emit: (event) => void (event.kind === 'timer' && events.push(`${event.name} in turn ${server.loop.turnNumber}`)) };
    return events;
  };
  const recorded = told(lab.server);
  const client = lab.connect();
  client.ask('SETRANGE', 'big', '40000000', 'x');
  client.ask('FLUSHALL');
  // Each reading of the clock: how long the collection takes, as far as the server knows.
  lab.clock.costUs = 2000;
  lab.advance(2000);
  lab.clock.costUs = 0;
  const inTurn = expect.stringMatching(/^garbage collection in turn \d+$/) as string;
  expect({ collections, recorded }).toEqual({ collections: 2, recorded: [inTurn, inTurn] });
  expect(lab.log.at(-1)).toMatch(/^notice: Garbage was collected while no client was ready: the heap had \d+ MB to \d+ MB, in 2\.0 ms$/);
  const latest = client.ask('LATENCY', 'LATEST');
  expect(latest).toMatch(/garbage-collection\r\n:\d+\r\n:2\r\n:2\r\n/);
  const digest = digestOf(lab.server);
  const replay = new Replay(head, tape());
  const replayed = told(replay.server);
  expect(replay.run()).toMatchObject({ commands: 3, divergence: null });
  expect({ collections, replayed }).toEqual({ collections: 2, replayed: recorded });
  expect(replay.server.statistics.latency.capture()).toEqual(lab.server.statistics.latency.capture());
  expect(digestOf(replay.server)).toBe(digest);
});

test('the first difference in what the server does is reported', () => {
  const { lab, head, tape } = record({ seed: 5 });
  const client = lab.connect();
  client.ask('SADD', 's', 'a', 'b', 'c', 'd', 'e');
  client.ask('SPOP', 's');
  const { divergence } = new Replay({ ...head, settings: { 'set-max-intset-entries': 1, requirepass: 'other' } }, tape()).run();
  expect(divergence).toMatchObject({ token: 2, sentBytes: 0, replayed: expect.stringContaining('NOAUTH') as string });
});

test('a recording that is cut off is replayed as far as it goes', () => {
  const { lab, head, tape } = record();
  const client = lab.connect();
  for (let i = 0; i < 20; i++) client.ask('INCR', 'n');
  const whole = tape();
  expect(() => new Replay(head, whole.subarray(0, 5))).toThrow(TapeEnd);
  for (let length = 400; length < whole.length; length += 7) {
    const replay = new Replay(head, whole.subarray(0, length));
    expect(replay.run()).toMatchObject({ divergence: null, hasEnd: false });
  }
});

test('also one that is cut off within an answer to a command', () => {
  const { lab, head, tape } = record();
  const client = lab.connect();
  client.ask('INFO', 'everything');
  const whole = tape();
  for (let length = whole.length; length > 0; length--) {
    const replay = started(head, whole.subarray(0, length));
    if (replay === null) break;
    expect({ length, ...replay.run() }).toMatchObject({ length, divergence: null, hasEnd: false });
  }
});

test('the first difference is reported, also within a command', () => {
  const { lab, head, tape } = record();
  lab.connect().ask('INFO', 'memory');
  const whole = tape();
  whole[whole.indexOf('{"resident"')] = 0x78;
  expect(new Replay(head, whole).run().divergence).toMatchObject({ replayed: 'memory', recorded: 'an answer that is none' });
});

test('a tape with other bytes ends with a divergence, and without other errors', { timeout: 600_000 }, () => {
  const outcomes = new Set<string>();
  for (let seed = 1; seed <= 2; seed++) {
    const recorded = recordScenario(seed);
    live(recorded, new Random(seed), 20);
    const whole = recorded.tape();
    recorded.lab.close();
    const random = new Random(seed);
    for (let round = 0; round < 60; round++) {
      const tape = Buffer.from(whole);
      const [at, value] = [random.below(tape.length), random.pick([random.below(256), 0, 255, FAILED, FAULT])];
      for (let i = at; i < Math.min(tape.length, at + (random.chance(0.2) ? 9 : 1)); i++) tape[i] = value;
      outcomes.add(outcomeOf(recorded.head, tape));
    }
  }
  // A clock cannot fail, and calls from another thread are JSON.
  const { lab, head, tape } = record();
  lab.connect().ask('SET', 'k', 'v');
  lab.faults.add('error next 1');
  lab.connect().ask('SET', 'k', 'w');
  const whole = tape();
  const failing = Buffer.from(whole);
  failing[failing.lastIndexOf(REFRESH)] = FAILED;
  expect(outcomeOf(head, failing)).toBe('diverged');
  const garbled = Buffer.from(whole);
  garbled[garbled.indexOf('{"add"')] = 0x78;
  expect(new Replay(head, garbled).run().divergence).toMatchObject({ recorded: 'a call that is none' });
  expect([...outcomes].sort()).toEqual(['diverged', 'identical']);
});

function outcomeOf(head: RecordingHead, tape: Buffer): 'identical' | 'diverged' {
  try {
    return new Replay(head, tape).run().divergence === null ? 'identical' : 'diverged';
  } catch (error) {
    if (error instanceof Divergence || error instanceof TapeEnd) return 'diverged';
    throw error;
  }
}

/** Null: the tape ends before. */
function started(head: RecordingHead, tape: Buffer): Replay | null {
  try {
    return new Replay(head, tape);
  } catch (error) {
    if (error instanceof TapeEnd) return null;
    throw error;
  }
}

function replayed({ head }: Recorded, tape: Buffer, turns: readonly number[]): { digests: Map<number, string>; result: ReplayResult } {
  const replay = new Replay(head, tape);
  const digests = new Map<number, string>();
  for (const turn of turns) {
    replay.run(() => replay.server.loop.turnNumber === turn);
    digests.set(turn, digestOf(replay.server));
  }
  return { digests, result: replay.run() };
}

/** Of each kind of wire and of settings; `node scripts/campaign.mjs REPLAYS` tries more. */
const SCENARIOS = Number(process.env.REPLAYS ?? 20);

test(`${SCENARIOS} random scenarios with faults: the replay is the same at every moment`, { timeout: 3_600_000 }, () => {
  for (let seed = 1; seed <= SCENARIOS; seed++) {
    const recorded = recordScenario(seed);
    const digests = live(recorded, new Random(seed), 60);
    const again = replayed(recorded, recorded.tape(), [...digests.keys()]);
    expect({ seed, ...again.result, digests: again.digests }).toMatchObject({ seed, divergence: null, digests });
    recorded.lab.close();
  }
});
