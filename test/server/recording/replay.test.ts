/**
 * Recordings of simulated servers, replayed: the same replies, the same keyspace, the same clients.
 */
import { expect, test } from 'vitest';
import type { SettingValues } from '../../../src/server/config.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { Replay, type RecordingHead, type ReplayResult } from '../../../src/server/recording/replay.js';
import { createRing, TapeEnd, TapeReader, TapeWriter } from '../../../src/server/recording/tape.js';
import { ALL_FAMILIES } from '../../fuzz/differential.js';
import { familyTemplates, generate } from '../../fuzz/generate.js';
import { Random } from '../../fuzz/random.js';
import { type Lab, type SimulationOptions, simulate } from '../simulation/harness.js';

interface Recorded {
  readonly lab: Lab;
  readonly head: RecordingHead;
  tape(): Buffer;
}

function record(options: Omit<SimulationOptions, 'tape'> = {}): Recorded {
  const ring = createRing(2 ** 25);
  const writer = new TapeWriter(ring);
  const lab = simulate({ ...options, tape: writer });
  const reader = new TapeReader(ring);
  const { seed = 1, settings = {}, edgeTriggered = false } = options;
  return {
    lab,
    head: { build: 'test', seed, settings, configFile: null, hasWatchedHeap: false, poll: { name: 'scripted', emulated: true, edgeTriggered, isDriven: false } },
    tape() {
      writer.publish();
      return reader.take()!;
    },
  };
}

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

test('the first thing that the server does otherwise is named', () => {
  const { lab, head, tape } = record({ seed: 5 });
  const client = lab.connect();
  client.ask('SADD', 's', 'a', 'b', 'c', 'd', 'e');
  client.ask('SPOP', 's');
  const { divergence } = new Replay({ ...head, settings: { 'set-max-intset-entries': 1, requirepass: 'other' } }, tape()).run();
  expect(divergence).toMatchObject({ token: 2, sentBytes: 0, replayed: expect.stringContaining('NOAUTH') as string });
});

test('what was cut off is replayed as far as it goes', () => {
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

test('so is what was cut off inside of an answer that a command has asked for', () => {
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

test('the first thing that is otherwise is named, also inside of a command', () => {
  const { lab, head, tape } = record();
  lab.connect().ask('INFO', 'memory');
  const whole = tape();
  whole[whole.indexOf('{"resident"')] = 0x78;
  expect(new Replay(head, whole).run().divergence).toMatchObject({ replayed: 'memory', recorded: 'an answer that is none' });
});

/** Null: the tape ends before. */
function started(head: RecordingHead, tape: Buffer): Replay | null {
  try {
    return new Replay(head, tape);
  } catch (error) {
    if (error instanceof TapeEnd) return null;
    throw error;
  }
}

/** Random clients send random commands of all families over a wire with faults, while time passes. Digests by the number of the turn after which they were taken. */
function live({ lab }: Recorded, random: Random, steps: number): Map<number, string> {
  const digests = new Map<number, string>();
  const templates = ALL_FAMILIES.flatMap(familyTemplates);
  const clients = Array.from({ length: 4 }, () => lab.connectLater());
  for (let step = 0; step < steps; step++) {
    const at = random.below(clients.length);
    let client = clients[at]!;
    if (client.isClosedByServer || client.peer.isShutDown || random.chance(0.01)) {
      client.close();
      client = clients[at] = lab.connectLater();
    }
    for (let pipelined = random.between(1, 4); pipelined > 0; pipelined--) client.sendCommand(...generate(random, random.pick(templates)).argv);
    lab.turn(random.between(1, 3));
    client.take();
    if (random.chance(0.2)) lab.advance(random.below(300));
    if (random.chance(0.1)) lab.server.tap.sink = lab.server.tap.sink === null ? { emit: () => {} } : null;
    if (random.chance(0.1)) lab.faults.add(random.pick(FAULTS));
    if (random.chance(0.05)) lab.faults.clear();
    if (random.chance(20 / steps)) digests.set(lab.server.loop.turnNumber, digestOf(lab.server));
  }
  lab.settle();
  digests.set(lab.server.loop.turnNumber, digestOf(lab.server));
  return digests;
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

/** Set and taken away while commands run: those of the wire are in the recording by what they do, those of requests are recorded. */
const FAULTS = ['slice 1', 'slice 7 next 5', 'error', 'error LOADING on SET', 'error OOM next 3', 'error on key *1*'];

const SCENARIOS = Number(process.env.REPLAYS ?? 60);
const ROUGH = { partial: 0.3, wouldBlock: 0.1, spurious: 0.05, interrupt: 0.05, acceptFails: 0.1, reset: 0.002 };
const SETTINGS: readonly Partial<SettingValues>[] = [{}, { maxmemory: 300_000, 'maxmemory-policy': 'allkeys-lru' }, { maxmemory: 300_000, 'maxmemory-policy': 'volatile-lfu' }, { timeout: 1, 'notify-keyspace-events': 'KEA' }];

test(`${SCENARIOS} random scenarios with faults: what is replayed is the same at every moment`, { timeout: 3_600_000 }, () => {
  for (let seed = 1; seed <= SCENARIOS; seed++) {
    const recorded = record({ seed, faults: seed % 3 === 0 ? {} : ROUGH, edgeTriggered: seed % 2 === 0, settings: SETTINGS[seed % SETTINGS.length]! });
    const digests = live(recorded, new Random(seed), 60);
    const again = replayed(recorded, recorded.tape(), [...digests.keys()]);
    expect({ seed, ...again.result, digests: again.digests }).toMatchObject({ seed, divergence: null, digests });
    recorded.lab.close();
  }
});
