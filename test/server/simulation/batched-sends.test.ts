/** The replies of a turn in one call: nothing that a client, the trace or a recording sees is otherwise than with one call for each. */
import { describe, expect, test } from 'vitest';
import { MAX_BATCH } from '../../../src/server/io/poll.js';
import type { TraceBody } from '../../../src/server/trace/events.js';
import { record } from '../recording/scenarios.js';
import { type Lab, type LabClient, request, simulate } from './harness.js';

const LARGE = 'x'.repeat(40_000);

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

  test('clients receive the same bytes, and the trace is the same', () => {
    const [direct, batched] = [run(false), run(true)];
    expect(direct.batches).toBe(0);
    expect(batched.batches).toBeGreaterThan(5);
    expect(batched.received).toEqual(direct.received);
    expect(batched.events).toEqual(direct.events);
    expect(batched.events.filter((event) => event.kind === 'write' && event.result !== event.of).length).toBeGreaterThan(3);
  });

  test('a recording is the same, byte by byte', () => {
    const tapeOf = (batchesSends: boolean): Buffer => {
      const { lab, tape } = record({ edgeTriggered, batchesSends });
      play(lab);
      return tape();
    };
    expect(tapeOf(true).equals(tapeOf(false))).toBe(true);
  });
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
