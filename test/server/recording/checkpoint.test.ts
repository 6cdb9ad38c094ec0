/**
 * Checkpoints of replays: captured between two turns, serialized and deserialized, and continued from: everything that follows must be the same.
 */
import { isDeepStrictEqual } from 'node:util';
import { deserialize, serialize } from 'node:v8';
import { expect, test } from 'vitest';
import { digestOf } from '../../../src/server/recording/digest.js';
import { type Checkpoint, Replay } from '../../../src/server/recording/replay.js';
import { Random } from '../../fuzz/random.js';
import { simulate } from '../simulation/harness.js';
import { live, record, type Recorded, recordScenario } from './scenarios.js';

/** As if read from a file, or from another thread. */
const copied = (checkpoint: Checkpoint): Checkpoint => deserialize(serialize(checkpoint)) as Checkpoint;

test('a replay that continues from a checkpoint has the same clients, keys and timers', () => {
  const { lab, head, tape } = record();
  const [client, waiter] = [lab.connect(), lab.connect()];
  client.ask('SET', 'k', 'v', 'PX', '500');
  waiter.ask('BLPOP', 'queue', '0.3');
  client.send('*2\r\n$3\r\nGET\r\n$1');
  lab.turn(2);
  const { turnNumber } = lab.server.loop;
  client.send('\r\nk\r\n');
  client.receive();
  lab.advance(1000);
  expect(waiter.receive()).toBe('*-1\r\n');
  const inputs = tape();
  const first = new Replay(head, inputs);
  first.run(() => first.server.loop.turnNumber === turnNumber);
  const second = new Replay(head, inputs, copied(first.capture()));
  expect(second.server.loop.turnNumber).toBe(turnNumber);
  expect(second.run()).toMatchObject({ divergence: null, turns: first.run().turns });
  expect(digestOf(second.server)).toBe(digestOf(lab.server));
});

test('a server that started from a captured state is replayed from there, and its ghosts are also ghosts in a checkpoint', () => {
  using lab = simulate();
  lab.connect().ask('BLPOP', 'queue', '0');
  lab.connect().ask('SUBSCRIBE', 'news');
  lab.connect().ask('SET', 'k', 'v');
  const recorded = record({ from: lab.server.capture(), settings: { maxclients: 20 } });
  const client = recorded.lab.connect();
  client.ask('PUBLISH', 'news', 'old');
  const { turnNumber } = recorded.lab.server.loop;
  client.ask('RPUSH', 'queue', 'a', 'b');
  client.ask('PUBLISH', 'news', 'new');
  expect(client.ask('CONFIG', 'GET', 'maxclients')).toContain('20');
  const inputs = recorded.tape();
  const first = new Replay(recorded.head, inputs);
  first.run(() => first.server.loop.turnNumber === turnNumber);
  const second = new Replay(recorded.head, inputs, copied(first.capture()));
  for (const replay of [first, second]) {
    expect(replay.run()).toMatchObject({ divergence: null });
    expect(digestOf(replay.server)).toBe(digestOf(recorded.lab.server));
  }
  expect(() => new Replay({ ...recorded.head, from: 'AAAA' }, inputs)).toThrow('these bytes are no captured state');
});

test('a reply that a fault holds back is the same after it', () => {
  const { lab, head, tape } = record();
  const client = lab.connect();
  client.ask('CLIENT', 'REPLY', 'OFF');
  lab.faults.add('late-reply 50 on subscribe');
  client.ask('SUBSCRIBE', 'a', 'b');
  const { turnNumber } = lab.server.loop;
  lab.advance(100);
  expect(client.receive()).toContain('subscribe');
  const inputs = tape();
  const first = new Replay(head, inputs);
  first.run(() => first.server.loop.turnNumber === turnNumber);
  expect(new Replay(head, inputs, copied(first.capture())).run()).toMatchObject({ divergence: null });
});

test('a key that a timer has made ready is served after a checkpoint in between', () => {
  const { lab, head, tape } = record();
  const [client, reader] = [lab.connect(), lab.connect()];
  client.ask('XGROUP', 'CREATE', 's', 'g', '$', 'MKSTREAM');
  reader.ask('XREADGROUP', 'GROUP', 'g', 'c', 'BLOCK', '0', 'STREAMS', 's', '>');
  client.ask('PEXPIRE', 's', '50');
  lab.advance(300);
  expect(reader.receive()).toContain('-UNBLOCKED');
  const inputs = tape();
  const replay = new Replay(head, inputs);
  while (replay.capture().state.blocking.ready.length === 0) expect(replay.turn()).toBe(true);
  expect(new Replay(head, inputs, copied(replay.capture())).run()).toMatchObject({ divergence: null });
});

test('expiry postponed by a pause on a virtual clock happens at the same time', () => {
  const { lab, head, tape } = record({ isVirtual: true });
  const client = lab.connect();
  client.ask('SET', 'k', 'v', 'PX', '10');
  client.ask('CLIENT', 'PAUSE', '500', 'WRITE');
  lab.advance(50);
  const { turnNumber } = lab.server.loop;
  lab.advance(1000);
  const inputs = tape();
  const replay = new Replay(head, inputs);
  replay.run(() => replay.server.loop.turnNumber === turnNumber);
  const checkpoint = copied(replay.capture());
  const next = new Replay(head, inputs, checkpoint);
  expect(next.capture()).toEqual(checkpoint);
  expect(next.run()).toMatchObject({ divergence: null });
});

test('in the middle of a turn there is nothing to capture', () => {
  const { lab, head, tape } = record();
  lab.connect().ask('SET', 'k', 'v');
  const whole = tape();
  const replay = new Replay(head, whole.subarray(0, whole.length - 3));
  replay.run();
  expect(() => replay.capture()).toThrow('between two turns only');
});

/** Captures a replay and continues it in another server, whose state must then be the same. */
function movedOn(replay: Replay, { head }: Recorded, tape: Buffer): Replay {
  const checkpoint = copied(replay.capture());
  const next = new Replay(head, tape, checkpoint);
  expectEqual(copied(next.capture()), checkpoint);
  return next;
}

/** Whole states are large: they are compared in detail only if they differ. */
function expectEqual(found: Checkpoint, expected: Checkpoint): void {
  if (!isDeepStrictEqual(found, expected)) expect(found).toEqual(expected);
}

/** Replays a recording twice: once as it is, and once in a new server from each of the moments on. */
function expectSame(recorded: Recorded, tape: Buffer, digests: ReadonlyMap<number, string>, moments: ReadonlySet<number>): void {
  const last = Math.max(...digests.keys());
  const original = new Replay(recorded.head, tape);
  original.run(() => original.server.loop.turnNumber === last);
  const found = new Map<number, string>();
  let replay = new Replay(recorded.head, tape);
  while (replay.server.loop.turnNumber < last && replay.turn()) {
    const { turnNumber } = replay.server.loop;
    if (digests.has(turnNumber)) found.set(turnNumber, digestOf(replay.server));
    if (moments.has(turnNumber)) replay = movedOn(replay, recorded, tape);
  }
  expectEqual(copied(replay.capture()), copied(original.capture()));
  expect({ found, ...replay.run() }).toMatchObject({ found: digests, divergence: null });
}

/** Of each kind of wire and of settings; `node scripts/campaign.mjs CHECKPOINTS` tries more. */
const SCENARIOS = Number(process.env.CHECKPOINTS ?? 20);
const FIRST = Number(process.env.FIRST ?? 1);
const MOMENTS = 5;

test(`${SCENARIOS} random scenarios with faults: a replay that continues from checkpoints is the same at every moment`, { timeout: 3_600_000 }, () => {
  for (let seed = FIRST; seed < FIRST + SCENARIOS; seed++) {
    const recorded = recordScenario(seed);
    const random = new Random(seed);
    const digests = live(recorded, random, 60);
    const turns = recorded.lab.server.loop.turnNumber;
    const moments = new Set(Array.from({ length: MOMENTS }, () => random.between(1, turns)));
    try {
      expectSame(recorded, recorded.tape(), digests, moments);
    } catch (error) {
      throw new Error(`in scenario ${seed}`, { cause: error });
    }
    recorded.lab.close();
  }
});
