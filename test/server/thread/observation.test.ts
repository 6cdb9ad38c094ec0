import { describe, expect, test } from 'vitest';
import type { Snapshot, SnapshotRequest } from '../../../src/server/index.js';
import { matchesGlob } from '../../../src/server/keyspace/glob.js';
import { takeSnapshot } from '../../../src/server/snapshot.js';
import { createControl, takeBatch } from '../../../src/server/thread/control.js';
import { Observation } from '../../../src/server/thread/observation.js';
import type { TraceBatch } from '../../../src/server/trace/recorder.js';
import { simulate, type Lab } from '../simulation/harness.js';

const WINDOW: SnapshotRequest = { keys: { db: 0, offset: 0, limit: 10, order: 'name', match: '*' }, clients: 10 };

interface Sent extends TraceBatch {
  readonly atMs: number;
  readonly snapshot: Snapshot | null;
}

interface Watching {
  readonly observation: Observation;
  readonly sent: Sent[];
  /** What main does when it has received a batch; by default it handles it at once. */
  readonly take: () => void;
}

function observe(lab: Lab, takes = true): Watching {
  const sent: Sent[] = [];
  const control = createControl();
  const take = (): void => takeBatch(control);
  const send = (batch: TraceBatch, snapshot: Snapshot | null): void => {
    sent.push({ ...batch, snapshot, atMs: lab.clock.nowMs });
    if (takes) take();
  };
  return { observation: new Observation(lab.server, { keysOf: () => [], matchesGlob }, { control, send, held: () => {} }), sent, take };
}

/** Returns a lab that has been observed for a while, and what is sent from now on. */
function watched(lab: Lab, budget = 1000): Sent[] {
  const { observation, sent } = observe(lab);
  observation.trace(budget);
  lab.advance(1000);
  sent.length = 0;
  return sent;
}

const kinds = ({ events }: TraceBatch): string[] => events.map(({ kind }) => kind);
const gaps = (sent: readonly Sent[]): number[] => sent.slice(1).map(({ atMs }, i) => atMs - sent[i]!.atMs);

describe('batches', () => {
  test('bring a command and its reply together, a moment after they happened', () => {
    using lab = simulate();
    const client = lab.connect();
    const sent = watched(lab);
    const startMs = lab.clock.nowMs;
    client.sendCommand('PING');
    lab.advance(500);
    expect(sent.map(({ atMs }) => atMs - startMs)).toEqual([10]);
    expect(kinds(sent[0]!)).toEqual(expect.arrayContaining(['execute', 'write']));
  });

  test('are 80 ms apart while clients are busy', () => {
    using lab = simulate();
    const client = lab.connect();
    const sent = watched(lab);
    for (let ms = 0; ms < 1000; ms++) {
      client.sendCommand('PING');
      lab.advance(1);
    }
    expect(sent).toHaveLength(13);
    expect(new Set(gaps(sent))).toEqual(new Set([80]));
  });

  test('come twice a second while only timers run that find nothing to do', () => {
    using lab = simulate();
    lab.connect().ask('SET', 'key', 'value', 'EX', '100');
    const sent = watched(lab);
    lab.advance(5000);
    expect(sent).toHaveLength(10);
    expect(new Set(gaps(sent))).toEqual(new Set([500]));
    expect(new Set(sent.flatMap(kinds))).toEqual(new Set(['turn-begin', 'wait', 'poll', 'timer', 'turn-end']));
  });

  test('do not wait when a timer finds something to do', () => {
    using lab = simulate();
    lab.connect().ask('SET', 'key', 'value', 'PX', '2345');
    const sent = watched(lab);
    lab.advance(3000);
    const [batch] = sent.filter((batch) => kinds(batch).includes('expire'));
    const expired = batch!.events.find(({ kind }) => kind === 'expire')!;
    expect(batch!.atMs - (lab.clock.nowMs - (lab.clock.nowUs - expired.atUs) / 1000)).toBeLessThanOrEqual(80);
  });

  test('are not late when the timers alone have used the budget, because then clients are not seen', () => {
    using lab = simulate({ settings: { hz: 500 } });
    lab.connect().ask('SET', 'key', 'value', 'EX', '100');
    const sent = watched(lab, 8);
    lab.advance(1000);
    expect(new Set(gaps(sent))).toEqual(new Set([80]));
    expect(sent[1]!.droppedTurns).toBeGreaterThan(0);
  });
});

test('a trace that begins while the loop is held begins with the event at which it is held', () => {
  using lab = simulate();
  const { observation, sent } = observe(lab);
  // What main does while the loop is held: starts a trace, and resumes the loop.
  observation.drain = () => {
    if (sent.length > 0) return;
    observation.trace(1000);
    observation.snapshot(WINDOW);
    observation.resume();
  };
  observation.pause();
  lab.turn();
  expect(sent[0]!.events).toMatchObject([{ kind: 'turn-begin', turn: 1 }]);
});

test('a slow main thread gets no third batch before it has handled one', () => {
  using lab = simulate();
  const client = lab.connect();
  const { observation, sent, take } = observe(lab, false);
  observation.trace(1000);
  const ping = (): void => {
    client.sendCommand('PING');
    lab.advance(100);
  };
  for (let i = 0; i < 10; i++) ping();
  expect(sent).toHaveLength(2);
  take();
  lab.advance(10);
  expect(sent).toHaveLength(3);
  expect(kinds(sent[2]!).filter((kind) => kind === 'execute')).toHaveLength(8);
});

describe('while a breakpoint keeps the tap open', () => {
  const BURST = 400;

  function burst(lab: Lab): Sent[] {
    const client = lab.connect();
    const { observation, sent } = observe(lab);
    observation.trace(50);
    observation.setBreakpoints([{ command: 'debug' }]);
    for (let i = 0; i < BURST; i++) client.ask('PING');
    lab.advance(1000);
    return sent;
  }

  test('a loop at full speed sends no more than its budget, and counts the rest', () => {
    using lab = simulate();
    const sent = burst(lab);
    expect(Math.max(...sent.map(({ events }) => events.length))).toBeLessThanOrEqual(50);
    const seen = sent.flatMap(({ events }) => events.filter((event) => event.kind === 'turn-end')).reduce((sum, { commands }) => sum + commands, 0);
    expect(seen + sent.reduce((sum, { droppedCommands }) => sum + droppedCommands, 0)).toBe(BURST);
  });

  test('the last batch has the newest events, and what was left out before them is reported first', () => {
    using lab = simulate();
    const sent = burst(lab);
    expect(sent.at(-2)!.events).toEqual([]);
    expect(sent.at(-2)!.droppedTurns).toBeGreaterThan(0);
    expect(sent.at(-1)!.droppedTurns).toBe(0);
  });
});

test.each(['before the trace', 'between the trace and the first snapshot', 'after the first snapshot'])('a key set %s is in the last snapshot that arrives', (moment) => {
  using lab = simulate();
  const client = lab.connect();
  const { observation, sent } = observe(lab);
  const set = (now: string): void => {
    if (now === moment) client.ask('SET', 'key', 'value');
  };
  set('before the trace');
  observation.watch(WINDOW);
  observation.trace(1000);
  set('between the trace and the first snapshot');
  const first = takeSnapshot(lab.server, WINDOW);
  set('after the first snapshot');
  lab.advance(1000);
  const last = sent.at(-1)?.snapshot ?? first;
  expect(last.keys.rows.map(({ key }) => key)).toEqual(['key']);
});

describe('a snapshot', () => {
  test('contains the requested client in any case, with the bytes that its connection has read and written', () => {
    using lab = simulate();
    const clients = Array.from({ length: 12 }, () => lab.connect());
    clients[11]!.sendCommand('PING');
    lab.settle();
    const { token } = takeSnapshot(lab.server, { ...WINDOW, clients: 12 }).clients[11]!;
    const { clients: brought } = takeSnapshot(lab.server, { ...WINDOW, client: token });
    expect(brought).toHaveLength(11);
    expect(brought[10]).toMatchObject({ token, requests: 1, bytesRead: 14, bytesWritten: 7 });
    expect(takeSnapshot(lab.server, { ...WINDOW, client: 999 }).clients).toHaveLength(10);
  });

  test('contains commands only on request: those that were called, as counted by commandstats and the latency histogram', () => {
    using lab = simulate();
    const client = lab.connect();
    for (let i = 0; i < 3; i++) client.ask('PING');
    client.ask('CONFIG', 'SET', 'latency-tracking', 'no');
    client.ask('ECHO', 'x');
    expect(takeSnapshot(lab.server, WINDOW).commands).toBeNull();
    const commands = takeSnapshot(lab.server, { ...WINDOW, commands: true }).commands!;
    expect(commands.map(({ name, calls }) => [name, calls]).toSorted()).toEqual([['config|set', 1], ['echo', 1], ['ping', 3]]);
    expect(commands.every(({ times }) => times === null)).toBe(true);
    client.ask('CONFIG', 'SET', 'latency-tracking', 'yes');
    client.ask('PING');
    const times = takeSnapshot(lab.server, { ...WINDOW, commands: true }).commands!.find(({ name }) => name === 'ping')!.times!;
    expect([times.p50Us <= times.p99Us, times.p99Us <= times.maxUs]).toEqual([true, true]);
  });
});

test('beyond the budget a slow script, its reply and its turn are nevertheless reported, after what was dropped', () => {
  using lab = simulate();
  const client = lab.connect();
  const sent = watched(lab, 50);
  lab.clock.costUs = 10;
  client.sendCommand('EVAL', "for i = 1, 3000 do redis.call('PING') end return 'done'", '0');
  client.sendCommand('ECHO', 'behind it');
  lab.advance(1000);
  const { events, slow, droppedCommands } = sent.find((batch) => batch.slow.length > 0)!;
  expect(events.some((event) => event.kind === 'execute' && event.command === 'ping')).toBe(true);
  expect(slow.map((event) => (event.kind === 'execute' ? event.command : event.kind))).toEqual(['eval', 'reply', 'turn-end']);
  expect(slow[1]).toMatchObject({ kind: 'reply', raw: '$4\r\ndone\r\n' });
  expect(droppedCommands).toBeGreaterThan(2900);
});
