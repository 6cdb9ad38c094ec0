/** The harness itself, which other tests depend on. */
import { expect, test } from 'vitest';
import { simulate } from './harness.js';

test('a request is answered step by step', () => {
  using lab = simulate({ seed: 7 });
  const client = lab.connect();
  client.send('PING\r\n');
  lab.turn();
  expect(client.take()).toBe('');
  lab.turn();
  expect(client.take()).toBe('+PONG\r\n');
});

test('ask sends, runs the loop until it is idle and receives', () => {
  using lab = simulate();
  const client = lab.connect();
  expect(client.ask('SET', 'key', 'value')).toBe('+OK\r\n');
  expect(client.ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
});

test('time passes only on request, and timers run at their own time meanwhile', () => {
  using lab = simulate();
  const startMs = lab.clock.nowMs;
  const ranAt: number[] = [];
  const again = (): void => {
    ranAt.push(lab.clock.nowMs - startMs);
    lab.server.scheduler.after('again', 40, again);
  };
  lab.server.scheduler.after('first', 40, again);
  lab.connect().ask('PING');
  expect(lab.clock.nowMs).toBe(startMs);
  lab.advance(100);
  expect(ranAt).toEqual([40, 80]);
  expect(lab.clock.nowMs).toBe(startMs + 100);
});

test('a message to a waiting client arrives with the timer that sent it', () => {
  using lab = simulate();
  const client = lab.connect();
  const [session] = lab.server.sessions.values();
  lab.server.scheduler.after('late', 10, () => session!.send('late'));
  lab.advance(10);
  expect(client.take()).toBe('$4\r\nlate\r\n');
});

test('a slow wire becomes idle nevertheless, and a spinning loop is detected', () => {
  using lab = simulate();
  const client = lab.connect();
  for (const fault of ['slice 1', 'would-block 2', 'would-block 2']) lab.faults.add(fault);
  client.send('SETRANGE big 59999 x\r\nGET big\r\n');
  expect(client.receive()).toBe(`:60000\r\n$60000\r\n${'\0'.repeat(59_999)}x\r\n`);
  const again = (): void => void lab.server.scheduler.after('again', 0, again);
  again();
  expect(() => lab.settle()).toThrow('the loop does not come to rest (seed 1)');
});

test('the recorded trace has what the loop did', () => {
  using lab = simulate();
  const client = lab.connect();
  const events = lab.record();
  client.ask('PING');
  expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['turn-begin', 'poll', 'ready', 'read', 'frame', 'execute', 'reply', 'write', 'turn-end']));
});

test('a closed server has closed every descriptor, and its clients see it', () => {
  const lab = simulate();
  const clients = [lab.connect(), lab.connect(), lab.connectLater()];
  lab.close();
  expect(clients.map((client) => client.isClosedByServer)).toEqual([true, true, true]);
});
