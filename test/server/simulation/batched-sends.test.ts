/** The replies of a turn in one call: clients see nothing else than with one call for each, the trace and a recording also the calls. */
import { describe, expect, test } from 'vitest';
import { MAX_BATCH } from '../../../src/server/io/poll.js';
import type { TraceBody } from '../../../src/server/trace/events.js';
import { SETTINGS } from '../../../src/server/config/settings.js';
import { Replay } from '../../../src/server/recording/replay.js';
import { record } from '../recording/scenarios.js';
import { type Lab, type LabClient, request, simulate } from './harness.js';

const LARGE = 'x'.repeat(40_000);
const LIMITS = SETTINGS['client-output-buffer-limit'].default;

/** Every way for a reply to leave, or not to: whole, in pieces, to nobody, before a close, behind the replies of others. */
function play(lab: Lab): string[] {
  const clients = Array.from({ length: 20 }, () => lab.connect());
  const received = clients.map(() => '');
  const turn = (act: (client: LabClient, index: number) => void): void => {
    clients.forEach((client, index) => {
      if (!client.isClosedByServer && !client.peer.isShutDown) act(client, index);
    });
    lab.turn(3);
    clients.forEach((client, index) => void (received[index] += client.take(index % 3 === 0 ? 20 : undefined)));
  };
  turn((client, index) => client.sendCommand('SET', `k${index}`, index % 5 === 0 ? LARGE : `value ${index}`));
  // Slow readers.
  clients[1]!.peer.setWindow(3);
  clients[2]!.peer.setWindow(0);
  clients[3]!.peer.writeSizes.push(1, 0, 2);
  turn((client, index) => client.send(request('GET', `k${index}`) + request('ECHO', 'behind it')));
  turn((client) => client.sendCommand('PING'));
  // One of a batch breaks, and one has gone.
  turn((client, index) => {
    client.sendCommand('INCR', 'n');
    if (index === 7) client.reset();
    if (index === 8) client.close();
  });
  // They leave by themselves, or for what they have sent, or are sent away.
  turn((client, index) => client.send(index === 9 ? request('QUIT') : index === 10 ? '*x\r\n' : request('ECHO', String(index))));
  turn((client, index) => client.sendCommand(...(index === 11 ? ['CLIENT', 'KILL', addressOf(clients[12]!)] : ['DECR', 'n'])));
  turn((client, index) => client.sendCommand(...(index < 15 ? ['SUBSCRIBE', 'news'] : ['PUBLISH', 'news', `from ${index}`])));
  for (let rest = 0; rest < 3; rest++) {
    for (const client of clients) client.peer.setWindow(1_000_000);
    turn(() => {});
  }
  return received;
}

function addressOf({ peer: { address } }: LabClient): string {
  return 'host' in address ? `${address.host}:${address.port}` : address.path;
}

describe.each([false, true])('edge-triggered: %s', (edgeTriggered) => {
  function run(batchesSends: boolean): { received: string[]; events: TraceBody[]; batches: number } {
    using lab = simulate({ edgeTriggered, batchesSends });
    const events = lab.record();
    const received = play(lab);
    return { received, events, batches: lab.poll.batches };
  }

  test('clients receive the same bytes, and the trace is the same but for the calls', () => {
    const [direct, batched] = [run(false), run(true)];
    expect(direct.batches).toBe(0);
    expect(batched.batches).toBeGreaterThan(5);
    expect(batched.received).toEqual(direct.received);
    const isCall = ({ kind }: TraceBody): boolean => kind === 'flush';
    expect(direct.events.some(isCall)).toBe(false);
    expect(batched.events.filter(isCall).length).toBe(batched.batches);
    expect(batched.events.filter((event) => !isCall(event))).toEqual(direct.events);
    expect(batched.events.filter((event) => event.kind === 'write' && event.result !== event.of).length).toBeGreaterThan(3);
  });

  test('each call is told before the writes that return its results', () => {
    const { events } = run(true);
    const flushes = events.flatMap((event, at) => (event.kind === 'flush' ? [{ ...event, at }] : []));
    for (const { tokens, bytes, short, at } of flushes) {
      const results = tokens.map((token) => events.slice(at).find((event) => event.kind === 'write' && event.token === token));
      const taken = results.map((write) => (write?.kind === 'write' && typeof write.result === 'number' ? write.result : 0));
      expect(bytes).toBe(taken.reduce((sum, count) => sum + count));
      expect(short).toBe(results.filter((write) => write?.kind === 'write' && write.result !== write.of).length);
    }
    expect(flushes.filter(({ short }) => short > 0).length).toBeGreaterThan(1);
  });

  test.each([false, true])('a replay has the same events (batched: %s)', (batchesSends) => {
    const { lab, head, tape } = record({ edgeTriggered, batchesSends });
    const told = lab.record();
    play(lab);
    const events = [...told];
    lab.server.close();
    const replay = new Replay(head, tape());
    const replayed: TraceBody[] = [];
    replay.server.tap.sink = { emit: (event) => void replayed.push(event) };
    expect(replay.run()).toMatchObject({ divergence: null, hasEnd: true });
    expect(withoutTimes(replayed.slice(0, events.length))).toEqual(withoutTimes(events));
    expect(replayed.some(({ kind }) => kind === 'flush')).toBe(batchesSends);
  });

  test('a recording that says nothing of its batches is replayed as one of direct sends', () => {
    const { lab, head, tape } = record({ edgeTriggered });
    play(lab);
    lab.server.close();
    const { batchesSends: _, ...poll } = head.poll;
    expect(new Replay({ ...head, poll }, tape()).run()).toMatchObject({ divergence: null, hasEnd: true });
  });
});

/** A replay measures no durations. */
const withoutTimes = (events: readonly TraceBody[]): unknown[] =>
  events.map((event) => ({ ...event, ...('elapsedUs' in event && { elapsedUs: 0 }), ...('waitedUs' in event && { waitedUs: 0 }), ...('busyUs' in event && { busyUs: 0 }) }));

/** A sink that acts in the middle of the first batch, as a user does while the loop is held there. */
function actWithinBatch(lab: Lab, act: () => void): { hasActed: boolean } {
  const acted = { hasActed: false };
  lab.server.tap.sink = {
    emit(event) {
      if (acted.hasActed || event.kind !== 'flush') return;
      acted.hasActed = true;
      act();
    },
  };
  return acted;
}

test.each(['would-block 2', 'slice 1', 'reset 1', 'bandwidth 1'])('the fault %s, set while the loop is held after the call, comes too late for it: no byte is sent twice', (fault) => {
  using lab = simulate({ batchesSends: true });
  const clients = [lab.connect(), lab.connect(), lab.connect()];
  const acted = actWithinBatch(lab, () => void lab.faults.add(`${fault} on #3`));
  for (const client of clients) client.sendCommand('ECHO', 'once');
  lab.turn(2);
  expect(acted.hasActed).toBe(true);
  lab.faults.clear();
  lab.turn(2);
  for (const client of clients) expect(client.take()).toBe('$4\r\nonce\r\n');
});

test('a client that took a part of its output, and then exceeds its limit, is disconnected, and the others of its batch have their replies', () => {
  using lab = simulate({ batchesSends: true, settings: { 'client-output-buffer-limit': { ...LIMITS, pubsub: { hard: 20_000, soft: 0, softSeconds: 0 } } } });
  const slow = lab.connect();
  const others = [lab.connect(), lab.connect(), lab.connect()];
  slow.sendCommand('SUBSCRIBE', 'news');
  slow.receive();
  slow.peer.setWindow(5);
  others[0]!.sendCommand('PUBLISH', 'news', 'y'.repeat(100));
  lab.turn(3);
  expect(slow.isClosedByServer).toBe(false);
  for (const client of others.slice(1)) client.sendCommand('PUBLISH', 'news', 'y'.repeat(12_000));
  lab.turn(3);
  expect(slow.isClosedByServer).toBe(true);
  expect(slow.take()).toBe('*3\r\n$');
  for (const client of others) expect(client.take()).toBe(':1\r\n');
});

test('more replies than a batch holds leave in several', () => {
  using lab = simulate({ batchesSends: true });
  const clients = Array.from({ length: 2 * MAX_BATCH + 3 }, () => lab.connect());
  for (const client of clients) client.sendCommand('SUBSCRIBE', 'news');
  for (const client of clients) client.receive();
  const { batches } = lab.poll;
  const publisher = lab.connect();
  expect(publisher.ask('PUBLISH', 'news', 'hello')).toBe(`:${clients.length}\r\n`);
  for (const client of clients) expect(client.take()).toBe('*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$5\r\nhello\r\n');
  expect(lab.poll.batches - batches).toBe(3);
});

test('a turn with a single reply has no batch', () => {
  using lab = simulate({ batchesSends: true });
  const client = lab.connect();
  for (let i = 0; i < 5; i++) expect(client.ask('PING')).toBe('+PONG\r\n');
  expect(lab.poll.batches).toBe(0);
});

test('faults of the wire spoil each write, in a batch or not', () => {
  using lab = simulate({ batchesSends: true });
  const clients = [lab.connect(), lab.connect(), lab.connect()];
  lab.faults.add('slice 1 on #2');
  for (const client of clients) client.sendCommand('ECHO', 'whole');
  for (const client of clients) expect(client.receive()).toBe('$5\r\nwhole\r\n');
  expect(lab.poll.batches).toBe(0);
  lab.faults.clear();
  for (const client of clients) client.sendCommand('PING');
  for (const client of clients) expect(client.receive()).toBe('+PONG\r\n');
  expect(lab.poll.batches).toBe(1);
});
