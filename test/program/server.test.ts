/**
 * A program is held, stepped and spoiled like the lab's own server: what a step ends at, and what clients notice of it.
 */
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { expect, test } from 'vitest';
import { encodeRequest, type TraceEvent } from '../../src/server/index.js';
import type { ProgramServer } from '../../src/program/index.js';
import { connect, solution, startProgram, written } from './support.js';

/** Everything that is told from now on. */
async function listen(server: ProgramServer): Promise<TraceEvent[]> {
  const events: TraceEvent[] = [];
  await server.trace((batch) => void events.push(...batch.events), { budget: Infinity });
  return events;
}

const CALM = { timeout: 20_000 };

/** What a client sends, and what comes back. */
class Client {
  private heard = '';

  constructor(readonly socket: Socket) {
    socket.on('data', (chunk) => (this.heard += String(chunk)));
  }

  send(text: string): void {
    this.socket.write(text);
  }

  ask(...requests: readonly string[]): void {
    this.send(requests.map((request) => encodeRequest(request.split(' '))).join(''));
  }

  /** Resolves when just this has come since the last time. */
  async hears(expected: string): Promise<void> {
    await expect.poll(() => this.heard, CALM).toBe(expected);
    this.heard = '';
  }
}

test('a program is held between two calls, and goes on event by event, turn by turn, to a request, and to a breakpoint', async () => {
  const server = await startProgram(solution('06-expiry'));
  const events = await listen(server);
  const client = new Client(await connect(server));
  client.ask('PING');
  await client.hears('+PONG\r\n');
  await expect.poll(() => events.at(-1)?.kind, CALM).toBe('wait');
  expect(await server.pause()).toMatchObject({ kind: 'wait' });
  const told = events.length;
  client.ask('SET a 1');
  const kinds: string[] = [];
  for (let step = 0; step < 6; step++) kinds.push((await server.step('event')).kind);
  expect(kinds).toEqual(['poll', 'ready', 'read', 'frame', 'reply', 'write']);
  // Nothing more than what it was stepped to has been told, or happened.
  expect(events.slice(told).map(({ kind }) => kind)).toEqual(kinds);
  expect(await server.step('turn')).toMatchObject({ kind: 'turn-begin' });
  await client.hears('+OK\r\n');

  client.ask('GET a');
  expect(await server.runTo({})).toMatchObject({ kind: 'frame', argv: ['GET', 'a'] });
  await server.setBreakpoints([{ command: 'del' }]);
  await server.resume();
  await client.hears('$1\r\n1\r\n');
  const held = new Promise<TraceEvent | null>((resolve) => server.onHeld((event) => event !== null && resolve(event)));
  client.ask('PING', 'DEL a');
  expect(await held).toMatchObject({ kind: 'frame', argv: ['DEL', 'a'] });
  await server.setBreakpoints([]);
  await server.resume();
  await client.hears('+PONG\r\n:1\r\n');
  // Its seqs have no gap, and its clock never goes back.
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, i) => events[0]!.seq + i));
  expect(events.every(({ atUs }, i) => i === 0 || atUs >= events[i - 1]!.atUs)).toBe(true);
});

test('the clock of the trace stands still while the program is held', async () => {
  const server = await startProgram(solution('03-many-clients'));
  const events = await listen(server);
  const client = new Client(await connect(server));
  client.send('x');
  await client.hears('x');
  await expect.poll(() => events.at(-1)?.kind, CALM).toBe('wait');
  await server.pause();
  client.send('y');
  await server.step('event');
  const before = (await server.snapshot()).nowUs;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await server.snapshot()).nowUs).toBe(before);
  const next = await server.step('event');
  // Without the pause: what takes 50 ms on the clock of the machine has not happened on this one.
  expect(next.atUs - before).toBeLessThan((await server.snapshot()).nowUs - before + 50_000);
  expect(next.atUs).toBeGreaterThanOrEqual(before);
});

test('faults of the wire are injected below the poll of the program, and others are refused', async () => {
  const server = await startProgram(solution('03-many-clients'));
  const events = await listen(server);
  const client = new Client(await connect(server));
  client.send('x');
  await client.hears('x');
  const { id } = await server.faults.add('slice 1 on #1');
  client.send('abc');
  await client.hears('abc');
  await expect.poll(() => events.some((event) => event.kind === 'fault' && event.id === id && event.token === 1 && event.effect === 'read of 1 B'), CALM).toBe(true);
  expect(events.filter((event) => event.kind === 'read' && event.result === 1).length).toBeGreaterThanOrEqual(3);
  expect((await server.faults.list())[0]).toMatchObject({ id, text: 'slice 1 on #1' });
  expect((await server.faults.list())[0]!.injections).toBeGreaterThan(0);
  expect(await server.faults.remove(id)).toBe(true);
  expect(await server.faults.list()).toEqual([]);
  await server.faults.add('reset on #1 next 1');
  const closed = new Promise((resolve) => client.socket.once('close', resolve));
  client.send('d');
  await closed;
  await expect.poll(() => events.some((event) => event.kind === 'read' && event.result === 'ECONNRESET'), CALM).toBe(true);
  await expect.poll(() => server.faults.list(), CALM).toEqual([]);
  await expect(server.faults.add('no-reply on PING')).rejects.toThrow(/no-reply is a fault of the lab's own server; .* those of the wire: slice, /);
});

test('its past can be visited, also when it has ended: as it was recorded, with the line of its source', async () => {
  const server = await startProgram(written(readFileSync(solution('06-expiry'), 'utf8')));
  const events = await listen(server);
  const client = new Client(await connect(server));
  client.ask('SET a 1');
  await client.hears('+OK\r\n');
  client.ask('GET a');
  await client.hears('$1\r\n1\r\n');
  await expect.poll(() => events.at(-1)?.kind, CALM).toBe('wait');
  await server.close();
  const { history } = server;
  const { newest } = history.range;
  let here = await history.visit(newest);
  expect(here.events.at(-1)).toMatchObject({ kind: 'wait', seq: events.at(-1)!.seq });
  here = await history.visit({ from: here.moment, by: 'command', direction: 'back' });
  expect(here.events.at(-1)).toMatchObject({ kind: 'frame', argv: ['GET', 'a'], source: { line: expect.any(Number) } });
  expect(here.snapshot).toMatchObject({ clientCount: 1, stats: { commands: 2 } });
  here = await history.visit({ from: here.moment, by: 'turn', direction: 'back' });
  expect(here.moment).toEqual({ turn: 3, event: 1 });
  here = await history.visit({ command: 1 });
  expect(here.events.at(-1)).toMatchObject({ kind: 'frame', argv: ['SET', 'a', '1'] });
  here = await history.visit({ from: here.moment, request: {} });
  expect(here.events.at(-1)).toMatchObject({ kind: 'frame', argv: ['GET', 'a'] });
  here = await history.visit(history.range.oldest);
  expect(here.events.map(({ kind }) => kind)).toEqual(['turn-begin']);
  expect(here.snapshot.clientCount).toBe(0);
  await expect(history.visit({ from: here.moment, by: 'event', direction: 'back' })).rejects.toThrow('there is no such moment');
});
