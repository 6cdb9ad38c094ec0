import { expect, test } from 'vitest';
import { PerfettoWriter } from '../../src/cli/perfetto.js';
import type { TraceBody, TraceEvent } from '../../src/server/index.js';
import { type CheckedTrace, checkTraceEvents } from '../support/trace-event-format.js';

function converted(events: readonly (readonly [atUs: number, body: TraceBody])[]): { trace: CheckedTrace; pieces: readonly string[] } {
  const pieces: string[] = [];
  const writer = new PerfettoWriter((text) => pieces.push(text), { build: '1.2.3', begins: '2026-11-29T12:00:00.000Z' });
  writer.add(events.map(([atUs, body], index) => ({ ...body, seq: index + 1, atUs }) as TraceEvent));
  writer.end();
  return { trace: checkTraceEvents(pieces.join('')), pieces };
}

const frame = (token: number, number: number, ...argv: string[]): TraceBody => ({ kind: 'frame', token, frame: number, bytes: 20, argv, raw: '' });
const execute = (token: number, number: number, command: string, elapsedUs = 0): TraceBody => ({ kind: 'execute', token, frame: number, command, elapsedUs, keys: ['k'], db: 0 });
const reply = (token: number, number: number, bytes = 5): TraceBody => ({ kind: 'reply', token, frame: number, bytes, raw: '+OK\r\n' });
const write = (token: number, result: number): TraceBody => ({ kind: 'write', token, result, of: result });
const poll = (ready: number): TraceBody => ({ kind: 'poll', waitedUs: 0, ready, emulated: false });
const WAIT: TraceBody = { kind: 'wait', timeoutMs: -1, why: 'no timer' };
const connect = (token: number): TraceBody => ({ kind: 'connect', token, fd: token + 20, peer: `127.0.0.1:${5000 + token}`, local: '127.0.0.1:6379' });
const begin = (turn: number): TraceBody => ({ kind: 'turn-begin', turn });
const end = (turn: number): TraceBody => ({ kind: 'turn-end', turn, busyUs: 0, commands: 0 });

test('turns, phases, requests and commands are slices, and an arrow leads from a request to the write of its reply', () => {
  const { trace } = converted([
    [100, begin(1)], [100, WAIT], [500, poll(1)], [500, connect(2)], [510, { kind: 'read', token: 2, result: 40 }],
    // Two requests of one read, between two readings of the clock: they share the time evenly.
    [600, frame(2, 1, 'set', 'k', 'v')], [600, execute(2, 1, 'set')], [600, reply(2, 1)],
    [600, frame(2, 2, 'get', 'k')], [600, execute(2, 2, 'get')], [600, reply(2, 2, 7)],
    [660, end(1)], [660, begin(2)], [660, write(2, 12)], [660, WAIT], [900, poll(0)], [900, end(2)],
  ]);
  expect(trace.violations).toEqual([]);
  expect(trace.trackNames).toEqual(new Map([[1, 'loop'], [12, 'token 2 127.0.0.1:5002']]));
  const shown = (cat: string): unknown => trace.slices.filter((slice) => slice.cat === cat).map(({ name, begin: from, end: to, depth }) => [name, from, to, depth]);
  expect(shown('turn')).toEqual([['turn 1', 100, 660, 0], ['turn 2', 660, 900, 0]]);
  expect(shown('phase')).toEqual([
    ['write', 100, 100, 1], ['poll', 100, 505, 1], ['accept', 505, 510, 1], ['read', 510, 600, 1], ['decode', 600, 610, 1], ['execute', 610, 630, 1],
    ['decode', 630, 640, 1], ['execute', 640, 660, 1], ['timers', 660, 660, 1], ['write', 660, 660, 1], ['poll', 660, 900, 1], ['timers', 900, 900, 1],
  ]);
  expect(shown('request')).toEqual([['SET', 600, 620, 0], ['GET', 630, 650, 0]]);
  expect(shown('command')).toEqual([['set', 600, 610, 1], ['get', 630, 640, 1]]);
  expect(trace.arrows.map(({ from, to }) => [from.name, to.name, to.begin])).toEqual([['SET', 'write', 660], ['GET', 'write', 660]]);
});

test('what was timed alone is as long as it took', () => {
  const { trace } = converted([[0, begin(1)], [10, frame(2, 1, 'keys', '*')], [90, execute(2, 1, 'keys', 70)], [90, reply(2, 1)], [100, end(1)]]);
  expect(trace.slices.filter(({ cat }) => cat === 'command').map(({ begin: from, end: to }) => [from, to])).toEqual([[20, 90]]);
});

test('a parked client is a slice of its own, and its arrow ends where the reply is written at last', () => {
  const { trace } = converted([
    [0, begin(1)], [10, connect(2)], [10, frame(2, 1, 'blpop', 'q', '0')], [20, { kind: 'park', token: 2, keys: ['q'], deadlineMs: 0 }], [20, execute(2, 1, 'blpop', 5)], [30, end(1)],
    [30, begin(2)], [30, connect(3)], [40, frame(3, 1, 'lpush', 'q', 'x')], [50, execute(3, 1, 'lpush', 5)], [50, reply(3, 1, 4)],
    [60, { kind: 'unpark', token: 2, keys: ['q'], why: 'ready', elapsedUs: 0 }], [60, reply(2, 1, 30)], [70, end(2)], [70, begin(3)], [70, write(3, 4)], [70, write(2, 12)], [80, WAIT], [90, poll(1)],
    [90, write(2, 18)], [95, end(3)],
  ]);
  expect(trace.violations).toEqual([]);
  const parked = trace.slices.find(({ cat }) => cat === 'parked')!;
  expect([parked.begin, parked.end, trace.trackNames.get(parked.tid)]).toEqual([25, 60, 'token 2 127.0.0.1:5002']);
  expect(trace.arrows.map(({ from, to }) => [from.name, to.begin])).toEqual([['LPUSH', 75], ['BLPOP', 92.5]]);
});

test('a script contains the commands that it calls, an unsolicited message is an instant, and a request without a reply ends', () => {
  const { trace } = converted([
    [0, begin(1)], [0, connect(2)], [10, frame(2, 1, 'eval', '…')], [20, execute(2, 1, 'set', 2)], [30, execute(2, 1, 'incr', 2)], [40, execute(2, 1, 'eval', 25)], [40, reply(2, 1)],
    [45, reply(2, 1, 20)], [50, frame(2, 2, 'ping')], [55, execute(2, 2, 'ping', 1)], [60, { kind: 'disconnect', token: 2, why: 'EOF' }], [61, end(1)],
  ]);
  expect(trace.violations).toEqual([]);
  expect(trace.slices.filter(({ cat }) => cat === 'command').map(({ name, depth }) => [name, depth])).toEqual([['set', 1], ['incr', 1], ['eval', 1], ['ping', 1]]);
  expect(trace.entries.filter(({ ph, name }) => ph === 'i' && name === 'push')).toHaveLength(1);
  expect(trace.arrows).toEqual([]);
});

test('what clients send reaches neither a terminal nor the names at full length', () => {
  const { trace, pieces } = converted([[0, begin(1)], [0, frame(2, 1, `\x1b]0;\x9b\x7f${'x'.repeat(5000)}`, '\r\n')], [1, end(1)]]);
  expect(trace.violations).toEqual([]);
  expect(pieces.join('').replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  expect(trace.slices.find(({ cat }) => cat === 'request')!.name).toHaveLength(40);
});

test('it is written as it comes: thousands of commands are never one text', () => {
  const commands = Array.from({ length: 20_000 }, (_, at): (readonly [number, TraceBody])[] => [
    [at + 1, frame(2, at + 1, 'get', 'k')], [at + 1, execute(2, at + 1, 'get')], [at + 1, reply(2, at + 1)], [at + 1, write(2, 5)],
  ]).flat();
  const { trace, pieces } = converted([[0, begin(1)], [0, connect(2)], ...commands, [200_000, end(1)]]);
  expect(trace.violations).toEqual([]);
  expect(trace.arrows).toHaveLength(20_000);
  expect(pieces.filter((piece) => piece.length > 1000)).toEqual([]);
});
