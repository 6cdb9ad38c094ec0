import { describe, expect, test } from 'vitest';
import type { TraceEvent } from '../../../src/server/index.js';
import { closeWindows, narrate, nextDueMs, SILENT, withOwn, type Narration } from '../../../src/tui/narration/narrator.js';
import { visible } from '../../../src/tui/view/text.js';
import { eventAt, served } from '../happened.js';

const WORDING = { language: 'en', isEmulated: false, isListener: (token: number) => token === 0, isWaker: (token: number) => token === 1, visible } as const;

const command = (token: number, name = 'get'): TraceEvent => eventAt(0, { kind: 'execute', token, frame: 1, command: name, elapsedUs: 9, keys: ['k'], db: 0 });
const left = (token: number): TraceEvent => eventAt(0, { kind: 'disconnect', token, why: 'EOF' });
const came = (token: number): TraceEvent => eventAt(0, { kind: 'connect', token, fd: 20, peer: '127.0.0.1:5000', local: '127.0.0.1:6379' });
const times = (count: number, event: TraceEvent): readonly TraceEvent[] => Array.from({ length: count }, () => event);

/** Listens to batches, each at its time in ms, and to what is due in between. */
function listen(batches: readonly (readonly [atMs: number, events: readonly TraceEvent[], dropped?: number])[], untilMs = 0, from: Narration = SILENT): string[] {
  let narration = from;
  const lines: string[] = [];
  const told = (step: { readonly narration: Narration; readonly lines: readonly string[] }, atMs: number): void => {
    narration = step.narration;
    lines.push(...step.lines.map((line) => `${atMs}: ${line}`));
  };
  const pass = (atMs: number): void => {
    for (let due = nextDueMs(narration); due !== null && due <= atMs; due = nextDueMs(narration)) told(closeWindows(narration, due, 'en'), due);
  };
  for (const [atMs, events, droppedCommands = 0] of batches) {
    pass(atMs);
    told(narrate(narration, { events, droppedCommands, slow: [] }, WORDING, atMs), atMs);
  }
  pass(untilMs);
  return lines;
}

describe('what happens', () => {
  test('is a sentence for each event: connections, commands, waiting clients, deleted keys, disconnections', () => {
    const events = [
      came(7),
      command(7),
      eventAt(0, { kind: 'park', token: 7, keys: ['queue'], deadlineMs: 0 }),
      eventAt(0, { kind: 'unpark', token: 7, keys: ['queue'], why: 'ready', elapsedUs: 0 }),
      eventAt(0, { kind: 'expire', db: 0, key: 'session', how: 'lazy' }),
      eventAt(0, { kind: 'expire', db: 0, key: 'session', how: 'active' }),
      eventAt(0, { kind: 'evict', db: 0, key: 'big', policy: 'allkeys-lru' }),
      eventAt(0, { kind: 'frame-partial', token: 7, have: 12, need: 40 }),
      left(7),
    ];
    expect(listen([[0, events]])).toEqual([
      '0: token 7 is registered with the poll: 127.0.0.1:5000 on fd 20',
      '0: token 7 sent GET k; it took 9 µs',
      '0: token 7 is parked on queue without a timeout; the loop continues',
      '0: token 7 no longer waits for queue: one is ready',
      '0: key session had expired when a command accessed it: deleted',
      '0: the expire cycle found key session expired: deleted',
      '0: key big was evicted to stay below maxmemory (allkeys-lru)',
      '0: token 7 has sent half a request, 12 of 40 B or more: kept until the rest comes',
      '0: token 7 is disconnected: EOF',
    ]);
  });

  test('of a whole turn only the command is worth a sentence', () => {
    const events = served(1, 0).flatMap((entry) => (entry.type === 'event' ? [entry.event] : []));
    expect(listen([[0, events]])).toEqual(['0: token 7 sent GET greeting; it took 9 µs']);
  });

  test('leaves out the connections of the console, which reports them itself', () => {
    expect(listen([[0, [came(2), command(2), command(3), left(2)]]], 0, withOwn(SILENT, [2]))).toEqual(['0: token 3 sent GET k; it took 9 µs']);
  });

  test('is escaped as on the screen', () => {
    expect(listen([[0, [eventAt(0, { kind: 'expire', db: 0, key: '\x1b[2J\n', how: 'active' })]]])).toEqual(['0: the expire cycle found key \\x1b[2J\\n expired: deleted']);
  });
});

describe('too much', () => {
  test('five are narrated, the others counted, and the count is reported when the window is over', () => {
    const lines = listen([[0, times(1245, command(7))]], 60_000);
    expect(lines).toEqual([...times(5, command(7)).map(() => '0: token 7 sent GET k; it took 9 µs'), '2000: and 1,240 more commands']);
  });

  test('what the trace itself has left out counts, too', () => {
    expect(listen([[0, [command(7)], 1239]], 60_000).at(-1)).toBe('2000: and 1,239 more commands');
  });

  test('as long as there are that many, all are only counted, in windows of ten seconds', () => {
    const flood = Array.from({ length: 300 }, (_, i) => [i * 100, times(1000, command(7))] as const);
    const lines = listen(flood, 60_000);
    expect(lines).toHaveLength(5 + 4);
    expect(lines.slice(5)).toEqual(['2000: and 19,995 more commands', '12000: and 100,000 more commands', '22000: and 100,000 more commands', '32000: and 80,000 more commands']);
  });

  test('after the flood each is narrated again', () => {
    const lines = listen([[0, times(1000, command(7))], [100_000, [command(8)]]], 200_000);
    expect(lines.at(-1)).toBe('100000: token 8 sent GET k; it took 9 µs');
  });

  test('a flood of commands does not hide a disconnection', () => {
    expect(listen([[0, times(1000, command(7))], [100, [...times(1000, command(7)), left(9)]]])).toContain('100: token 9 is disconnected: EOF');
  });

  test('different things of one kind are counted apart', () => {
    expect(listen([[0, [...times(5, came(7)), ...times(46, came(7)), left(7)]]], 5000).at(-1)).toBe('2000: and 46 more connections opened, 1 connection closed');
  });

  test('one is called one', () => {
    expect(listen([[0, times(6, command(7))]], 5000).at(-1)).toBe('2000: and 1 more command');
  });

  test('events at a slow rate are never only counted', () => {
    const lines = listen(Array.from({ length: 30 }, (_, i) => [i * 500, [command(7)]] as const), 60_000);
    expect(lines).toHaveLength(30);
  });
});
