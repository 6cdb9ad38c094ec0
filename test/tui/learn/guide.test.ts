/**
 * The guide against a host that only notes what it is asked for: keys, trace and busy looks go in.
 */
import type { TraceEvent } from 'redis-lab';
import { beforeEach, expect, test } from 'vitest';
import type { FirstMinute } from '../../../src/tui/state/learn/first-minute.js';
import { FirstMinuteGuide } from '../../../src/tui/learn/guide.js';
import type { Busy } from '../../../src/tui/state/state.js';
import type { Key } from '../../../src/tui/terminal/key.js';

let shown: FirstMinute | null;
let done: string[];
let isFresh: boolean;
let isLineEmpty: boolean;
let guide: FirstMinuteGuide;

beforeEach(() => {
  shown = null;
  done = [];
  isFresh = true;
  isLineEmpty = true;
  guide = new FirstMinuteGuide({
    language: 'en',
    connect: 'redis-cli -p 6379',
    minute: () => shown,
    show: (minute) => {
      shown = minute;
    },
    say: (text) => void done.push(`say ${text}`),
    run: (line) => void done.push(`run ${line}`),
    answered: () => Promise.resolve(),
    slow: async (speed) => void done.push(`slow ${speed}`),
    isLineEmpty: () => isLineEmpty,
    isFresh: () => isFresh,
    visit: async (event) => {
      done.push(`visit ${event.kind} ${event.seq}`);
      return true;
    },
    walk: (direction) => void done.push(`walk ${direction}`),
    showLive: () => void done.push('live'),
  });
});

const key = (name: string): Key => ({ name, text: name.length === 1 ? name : '', ctrl: false, alt: false, shift: false });

let seq = 0;
function hear(...events: readonly { readonly kind: TraceEvent['kind']; readonly [field: string]: unknown }[]): void {
  guide.heard({ events: events.map((event) => ({ seq: ++seq, atUs: seq, ...event }) as TraceEvent), slow: [], droppedTurns: 0, droppedCommands: 0 });
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function untilQuestion(): Promise<void> {
  guide.startFresh();
  expect(guide.press(key('enter'))).toBe(true);
  isFresh = false;
  await settled();
  hear({ kind: 'turn-begin', turn: 3 }, { kind: 'execute', token: 2, command: 'set', elapsedUs: 10 }, { kind: 'turn-begin', turn: 4 }, { kind: 'write', token: 2, result: 5, of: 5 });
}

test('Enter runs the command of the invitation slowed, and when its reply is written the question comes at full speed', async () => {
  guide.startFresh();
  expect(shown).toEqual({ step: 'invitation' });
  expect(guide.press(key('enter'))).toBe(true);
  expect(shown).toEqual({ step: 'watching' });
  await settled();
  expect(done).toEqual(['say in slow motion: follow the arrow', 'slow 4', 'run SET greeting hello EX 60']);
  hear({ kind: 'write', token: 1, result: 5, of: 5 });
  expect(shown).toEqual({ step: 'watching' });
  hear({ kind: 'execute', token: 2, command: 'set', elapsedUs: 10 }, { kind: 'write', token: 2, result: 5, of: 5 });
  expect(shown).toEqual({ step: 'question' });
  expect(done.slice(3)).toEqual(['slow null', 'say one command, one turn of the loop']);
});

test.each(['P', 'x', ' '])('at the invitation %j is typed, and ends it', (typed) => {
  guide.startFresh();
  expect(guide.press({ ...key('typed'), text: typed })).toBe(false);
  expect(shown).toBe(null);
});

test('another client ends the invitation, and a line that is not empty takes Enter', () => {
  guide.startFresh();
  isLineEmpty = false;
  expect(guide.press(key('enter'))).toBe(false);
  isFresh = false;
  guide.look();
  expect(shown).toBe(null);
});

test('requested again, it begins also after other activity', () => {
  isFresh = false;
  guide.start();
  hear({ kind: 'turn-begin', turn: 9 });
  expect(shown).toEqual({ step: 'invitation' });
});

test.each([['1', 'served'], ['b', 'wait'], ['3', 'fail']])('%s answers the question, and the experiment runs', async (pressed, answer) => {
  await untilQuestion();
  done = [];
  expect(guide.press(key(pressed))).toBe(true);
  expect(shown).toEqual({ step: 'running', answer });
  expect(done.slice(1)).toEqual(['run @ben PING', 'run @ann PING']);
  hear({ kind: 'execute', token: 3, command: 'ping', elapsedUs: 9 }, { kind: 'execute', token: 3, command: 'ping', elapsedUs: 9 });
  expect(done).toHaveLength(3);
  hear({ kind: 'execute', token: 4, command: 'ping', elapsedUs: 9 });
  hear({ kind: 'execute', token: 5, command: 'ping', elapsedUs: 9 });
  expect(done.slice(3)).toEqual(['run @ann busy 3', 'run @ben PING', 'run GET greeting']);
});

test('the experiment does not wait for commands that the trace has left out', async () => {
  await untilQuestion();
  guide.press(key('2'));
  done = [];
  guide.heard({ events: [], slow: [], droppedTurns: 1, droppedCommands: 40 });
  expect(done).toEqual(['run @ann busy 3', 'run @ben PING', 'run GET greeting']);
});

test('what is explained is measured: the turn, its time, and how long requests were seen waiting', async () => {
  await untilQuestion();
  guide.press(key('1'));
  // The first PING of the two that are no culprits.
  hear({ kind: 'ready', token: 3, readiness: 1 }, { kind: 'reply', token: 3, frame: 1, bytes: 7, raw: '' });
  const activity = { token: 4 } as Busy['activity'];
  guide.busy({ activity, waiting: new Map([[3, { kind: 'bytes', count: 14, waitedMs: 2790 }], [0, { kind: 'connections', count: 1, waitedMs: 9000 }], [4, { kind: 'bytes', count: 1, waitedMs: 9000 }]]) });
  guide.busy(null);
  done = [];
  hear({ kind: 'turn-begin', turn: 26 }, { kind: 'execute', token: 4, command: 'eval', elapsedUs: 3_010_000 }, { kind: 'turn-begin', turn: 27 }, { kind: 'ready', token: 3, readiness: 1 });
  const readySeq = seq;
  expect(shown).toEqual({ step: 'running', answer: 'served' });
  hear({ kind: 'reply', token: 3, frame: 2, bytes: 7, raw: '' });
  expect(shown).toEqual({ step: 'explained', answer: 'served', evidence: { turn: 26, busyUs: 3_010_000, waitedMs: 2790 } });
  await settled();
  expect(done).toEqual(['say your turn: redis-cli -p 6379, or type here; Esc and L: experiments']);
  expect(guide.press(key('left'))).toBe(true);
  await settled();
  expect(shown).toEqual({ step: 'visiting' });
  guide.press(key('right'));
  guide.press(key('left'));
  expect(done.slice(1)).toEqual([`visit ready ${readySeq}`, 'walk forward', 'walk back']);
  isLineEmpty = false;
  expect(guide.press(key('left'))).toBe(false);
  expect(guide.press(key('P'))).toBe(false);
  expect(done.at(-1)).toBe('live');
  expect(shown).toBe(null);
});

test('at the question Esc or a word leaves', async () => {
  await untilQuestion();
  expect(guide.press(key('escape'))).toBe(true);
  expect(shown).toBe(null);
  await untilQuestion();
  expect(guide.press({ ...key('typed'), text: 'GET k' })).toBe(false);
  expect(shown).toBe(null);
});
