import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { TraceEvent } from '../../../../src/server/index.js';
import type { TraceBody } from '../../../../src/server/trace/events.js';
import { initialModel, reduceModel } from '../../../../src/tui/state/model/model.js';
import { initialState } from '../../../../src/tui/state/reduce.js';
import type { Entry } from '../../../../src/tui/state/slice.js';
import type { Control, State } from '../../../../src/tui/state/state.js';
import { loopPane } from '../../../../src/tui/view/panes/loop.js';
import { width } from '../../../../src/tui/view/text.js';
import { busy, bytes, connections, executing } from '../../busy.js';
import { dropped, eventAt, happened, served, ticked } from '../../happened.js';
import { COLORED, PLAIN, stage } from '../../scene.js';

const SERVER = { addresses: [], poller: 'epoll', edgeTriggered: false, pollerFallback: null, wantedPort: null, version: '0.0.0' } as const;

function stateAfter(entries: readonly Entry[], control: Partial<Control> = {}): State {
  const state = initialState(SERVER, entries.reduce(reduceModel, initialModel));
  return { ...state, control: { ...state.control, ...control } };
}

function picture(state: State, columns: number, height: number): string {
  const rows = loopPane.render(state, { theme: PLAIN, size: { width: columns, height }, isFocused: true });
  return `\n${rows.map((row) => row.trimEnd()).join('\n')}\n`;
}

const held = (event: TraceEvent): Partial<Control> => ({ mode: 'paused', heldAt: event });
const asleep = [...served(812, 0), happened(60, { kind: 'wait', timeoutMs: 83, why: 'expire cycle' })];

test('asleep, at 80×24', () => {
  expect(picture(stateAfter(asleep), 37, 13)).toBe(`
  write pending replies
▶ poll.wait(83 ms)
  for each ready token
   LISTENER: accept until WouldBlock
   client: read decode execute reply
  run due timers
token 7 sent GET greeting; it took
9 µs
nothing to do: asleep in epoll_wait
turn 812: waited 30 µs, worked 22 µs
read│decod│execute──────────│write───
next timer: expire cycle in 83 ms
p50 17 µs  p99 17 µs  max 17 µs
`);
});

test('asleep, at 120×40: each line has its time', () => {
  expect(picture(stateAfter(asleep), 50, 20)).toBe(`
  for each turn
    write the replies that are pending       5 µs
    timeout = time to the next timer
▶   poll.wait(83 ms)
    for each ready token
      LISTENER: accept until WouldBlock
      WAKER:    take messages
      client:   read                         2 µs
                decode                       3 µs
                execute                     10 µs
                reply
    run the timers that are due
  and again
token 7 sent GET greeting; it took 9 µs
nothing to do: the loop sleeps in epoll_wait
turn 812: waited 30 µs, worked 22 µs
read─│decode│execute─────────────────│write───────
next timer: expire cycle in 83 ms
turn times: p50 17 µs  p99 17 µs  max 17 µs
                                                 █
`);
});

/** Of a server with batched sends. */
function batched(entries: readonly Entry[], control: Partial<Control> = {}): State {
  const state = stateAfter(entries, control);
  return { ...state, server: { ...state.server, sends: 'batched' } };
}

const FLUSH: TraceBody = { kind: 'flush', tokens: [2, 4, 7], bytes: 21, short: 0 };
const carried = [...served(812, 0).slice(0, -1), happened(50, FLUSH), happened(52, { kind: 'write', token: 7, result: 11, of: 11 }),
  happened(60, { kind: 'wait', timeoutMs: 83, why: 'expire cycle' })];

test('with batched sends it shows the one call, and whose replies it carried, at 80×24', () => {
  expect(picture(batched(carried), 37, 13)).toBe(`
  write pending replies in one call
▶ poll.wait(83 ms)
  for each ready token
   LISTENER: accept until WouldBlock
   client: read decode execute reply
  run due timers
token 7 sent GET greeting; it took
9 µs
one call: 21 B for tokens 2, 4, 7
turn 812: waited 30 µs, worked 22 µs
read│decod│execute──────────│write───
next timer: expire cycle in 83 ms
p50 17 µs  p99 17 µs  max 17 µs
`);
});

test('with batched sends it shows the one call, and whose replies it carried, at 120×40', () => {
  const rows = picture(batched(carried), 50, 20).split('\n');
  expect(rows).toContain('    write the replies in one call            5 µs');
  expect(rows).toContain('last io_uring_enter: 21 B for tokens 2, 4, 7');
  expect(picture(batched(carried), 120, 30)).toContain('io_uring_enter: what a socket refuses stays here');
});

test('held after the call, the arrow is where replies are written, and the sentence tells of it', () => {
  const flush = eventAt(50, { ...FLUSH, short: 1 });
  const rows = picture(batched(carried.slice(0, -2), held(flush)), 60, 20).split('\n');
  expect(rows).toContain('▶   write the replies in one call            3 µs');
  expect(rows.join(' ').replaceAll(/\s+/g, ' ')).toContain('held: one io_uring_enter took 21 B for tokens 2, 4, 7; 1 short');
});

test('the row of the call is there before the first one, has room for many tokens, and is never cut', () => {
  expect(picture(batched(served(812, 0)), 37, 13)).toContain('batched sends: no call yet');
  const tokens = Array.from({ length: 128 }, (_, i) => 100_000 + i);
  for (const columns of [37, 50, 60, 120]) {
    const rows = picture(batched([...served(812, 0), happened(60, { kind: 'flush', tokens, bytes: 123_456, short: 128 })]), columns, 20).split('\n');
    expect(rows.filter((row) => /^((one call|last io_uring_enter): 12\d(\.\d)? KiB for tokens 100000.*|one call for tokens 100000.*|128 tokens in one call); 128 short$/.test(row)).length).toBe(1);
  }
});

test('a recording of batched sends shows the calls as well, and direct sends none', () => {
  expect(picture(stateAfter(carried), 50, 20)).toContain('last io_uring_enter: 21 B for tokens 2, 4, 7');
  expect(picture(stateAfter(served(812, 0)), 50, 20)).not.toContain('call');
});

test('held before a command, in a short and wide pane', () => {
  const decoded = served(812, 0)[5]!;
  const at = decoded.type === 'event' ? decoded.event : null;
  expect(picture(stateAfter(served(812, 0).slice(0, 6), held(at!)), 50, 10)).toBe(`
  write pending replies
  poll.wait(83 ms)
  for each ready token
   LISTENER: accept until WouldBlock
▶  client: read decode[execute]reply
  run due timers
held before executing GET greeting

turn 812: waited 30 µs, worked 5 µs
read────────────────│decode───────────────────────
`);
});

test('the duration of a wait is beside the timeout of that wait, never beside a timeout that is chosen now', () => {
  const pollLine = (entries: readonly Entry[], control?: Partial<Control>): string => picture(stateAfter(entries, control), 50, 20).split('\n').find((row) => row.includes('poll.wait'))!.trim();
  expect(pollLine(served(812, 0).slice(0, 6), held(eventAt(0, { kind: 'frame', token: 7, frame: 1, bytes: 9, argv: ['GET', 'k'], raw: '' })))).toMatch(/^poll\.wait\(83 ms\) +30 µs$/);
  const next = [...served(812, 0), happened(60, { kind: 'wait', timeoutMs: 39, why: 'expire cycle' })];
  expect(pollLine(next, held(eventAt(60, { kind: 'wait', timeoutMs: 39, why: 'expire cycle' })))).toMatch(/poll\.wait\(39 ms\)$/);
  expect(pollLine(next)).toMatch(/poll\.wait\(39 ms\)$/);
  expect(picture(stateAfter(next), 50, 20)).toContain('turn 812: waited 30 µs');
});

test('where there is no room for more, a turn that is not the one in the title keeps its number', () => {
  const slow = (turn: number, atUs: number) => [happened(atUs, { kind: 'turn-begin', turn }), happened(atUs, { kind: 'wait', timeoutMs: -1, why: 'no timer' }),
    happened(atUs + 49, { kind: 'poll', waitedUs: 49_100, ready: 1, emulated: false }), happened(atUs + 440, { kind: 'read', token: 7, result: 9 })];
  const next = [...slow(1812, 0), happened(500, { kind: 'turn-begin', turn: 1813 })];
  const line = (entries: readonly Entry[]): string => picture(stateAfter(entries, held(eventAt(440, { kind: 'read', token: 7, result: 9 }))), 37, 13).split('\n').find((row) => row.includes('waited'))!;
  expect(line(next)).toBe('1,812: waited 49.1 ms, worked 391 µs');
  expect(line(slow(1812, 0))).toBe('waited 49.1 ms, worked 391 µs');
});

test('in three rows the loop is one of them', () => {
  expect(picture(stateAfter(served(812, 0).slice(0, 7), { mode: 'slow' }), 60, 3)).toBe(`
 write poll accept read decode[execute]reply timers
token 7 sent GET greeting; it took 9 µs
read────│decode─────│execute────────────────────────────────
`);
});

test('a wide pane explains each line, and counts the five kinds of event', () => {
  const text = picture(stateAfter(asleep), 120, 30);
  expect(text).toContain('▶   poll.wait(83 ms)                               here the thread sleeps, and costs nothing');
  expect(text).toContain('events of the trace so far\nClientConnect    0       ClientRequest    5       ClientDisconnect 0       PubSub           0');
});

test('with the portable poller nothing is said of epoll, not even before it has been polled', () => {
  const state = { ...stateAfter(asleep.slice(0, 2)), server: { ...SERVER, poller: 'portable' as const } };
  expect(picture(state, 60, 3)).toContain('nothing to do: the loop sleeps in poll.wait (emulated)');
});

test('the line that runs follows the event', () => {
  const lineAt = (event: TraceEvent): string => picture(stateAfter([{ type: 'event', event }], held(event)), 60, 24).split('\n').find((row) => row.startsWith('▶'))!.slice(2, 39).trim();
  expect(lineAt(eventAt(0, { kind: 'turn-begin', turn: 1 }))).toBe('write the replies that are pending');
  expect(lineAt(eventAt(0, { kind: 'wait', timeoutMs: -1, why: 'no timer' }))).toBe('poll.wait(timeout)');
  expect(lineAt(eventAt(0, { kind: 'frame', token: 7, frame: 1, bytes: 9, argv: ['GET', 'k'], raw: '' }))).toBe('execute');
  expect(lineAt(eventAt(0, { kind: 'poll', waitedUs: 1, ready: 1, emulated: false }))).toBe('poll.wait(timeout)');
  expect(lineAt(eventAt(0, { kind: 'ready', token: 7, readiness: 1 }))).toBe('for each ready token');
  expect(lineAt(eventAt(0, { kind: 'ready', token: 1, readiness: 1 }))).toBe('WAKER:    take messages');
  expect(lineAt(eventAt(0, { kind: 'accept', token: 0, client: 7 }))).toBe('LISTENER: accept until WouldBlock');
  expect(lineAt(eventAt(0, { kind: 'read', token: 7, result: 5 }))).toBe('client:   read');
  expect(lineAt(eventAt(0, { kind: 'frame-partial', token: 7, have: 5, need: 9 }))).toBe('decode');
  expect(lineAt(eventAt(0, { kind: 'key-change', db: 0, key: 'k', event: 'set', type: 'string', size: 1, expireAtMs: 0, token: 7 }))).toBe('execute');
  expect(lineAt(eventAt(0, { kind: 'reply', token: 7, frame: 1, bytes: 5, raw: '' }))).toBe('reply');
  expect(lineAt(eventAt(0, { kind: 'write', token: 7, result: 5, of: 5 }))).toBe('write the replies that are pending');
  expect(lineAt(eventAt(0, { kind: 'expire', db: 0, key: 'k', how: 'lazy' }))).toBe('execute');
  expect(lineAt(eventAt(0, { kind: 'expire', db: 0, key: 'k', how: 'active' }))).toBe('run the timers that are due');
});

test('after a request that was refused, the sentence is about that', () => {
  const asked = happened(60, { kind: 'frame', token: 7, frame: 2, bytes: 18, argv: ['NONSENSE'], raw: '' });
  const refused = happened(61, { kind: 'reply', token: 7, frame: 2, bytes: 30, raw: "-ERR unknown command 'NONSENSE'\r\n" });
  const text = picture(stateAfter([...served(812, 0), asked, refused, happened(62, { kind: 'wait', timeoutMs: 83, why: 'expire cycle' })]), 60, 20);
  expect(text).toContain("token 7 gets an error: ERR unknown command 'NONSENSE'");
  expect(text).not.toContain('GET greeting');
});

test('held at its first event, the loop has its turn and its line, although the trace is still empty', () => {
  const first = eventAt(0, { kind: 'turn-begin', turn: 1 });
  const state = stateAfter([{ type: 'event', event: first }], held(first));
  expect(loopPane.badge(state, 60)).toBe('turn 1');
  expect(picture(stateAfter([], held(first)), 60, 20)).toContain('▶   write the replies that are pending');
});

test('timers in the background do not cover what happened last', () => {
  const text = picture(stateAfter([...served(812, 0), ...ticked(813, 60)]), 50, 20);
  expect(text).toContain('token 7 sent GET greeting; it took 9 µs');
  expect(text).toContain('turn 812: waited 30 µs, worked 22 µs');
  expect(text).toContain('▶   poll.wait');
});

test('in the past the loop is where it was, and not held', () => {
  const [begin, wait, poll] = served(812, 0);
  const control = { mode: 'history', heldAt: eventAt(0, { kind: 'read', token: 7, result: 5 }) } as const;
  expect(picture(stateAfter([begin!, wait!, poll!], control), 50, 2)).toContain('epoll_wait woke with 1 ready token after 30 µs');
});

test('a loop that is too fast to trace is marked, and has no arrow', () => {
  const text = picture(stateAfter([...served(812, 0), ...served(813, 100).slice(0, 5), dropped(248, 1447)]), 50, 20);
  expect(text).toContain('too fast to trace: 248 turns with 1,447 commands');
  expect(text).toContain('turn 812: waited 30 µs, worked 22 µs');
  expect(text).not.toContain('▶');
});

test('before the first event there is a picture, too', () => {
  expect(picture(stateAfter([]), 50, 12)).toContain('waiting for the first event');
  expect(loopPane.badge(stateAfter([]), 60)).toBe('');
  expect(loopPane.badge(stateAfter(served(1811, 0)), 60)).toBe('turn 1,812');
});

test('phases have their colours, and the line that runs is highlighted', () => {
  const rows = loopPane.render(stateAfter(asleep), { theme: COLORED, size: { width: 50, height: 20 }, isFocused: true });
  expect(rows[7]).toContain(COLORED.phase.read('read'));
  expect(rows[3]).toContain('\x1b[7m');
  expect(rows[16]).toContain(COLORED.phase.execute(COLORED.block('│execute'.padEnd(25))));
});

test('a slow phase is highlighted', () => {
  const slow = [happened(0, { kind: 'turn-begin', turn: 9 }), happened(1, { kind: 'frame', token: 7, frame: 1, bytes: 9, argv: ['SORT', 'k'], raw: '' }), happened(4001, { kind: 'execute', token: 7, frame: 1, command: 'sort', elapsedUs: 4000, keys: ['k'], db: 0 })];
  const rows = loopPane.render(stateAfter(slow, { mode: 'slow' }), { theme: COLORED, size: { width: 50, height: 20 }, isFocused: true });
  expect(rows.find((row) => row.includes('4 ms'))).toContain(COLORED.warn('4 ms'.padStart(10)));
});

test('rows have exactly the width, at any size and at any event of a real trace', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('SET', '\x1b]0;evil\x07键', 'v', 'PX', '50');
  client.ask('BLPOP', '\u202e', '1');
  scene.advance(1200);
  client.send('*1\r\n$4\r\nPI');
  scene.lab.settle();
  client.close();
  scene.lab.settle();
  const { entries } = scene;
  fc.assert(
    fc.property(fc.nat(entries.length), fc.integer({ min: 1, max: 130 }), fc.integer({ min: 1, max: 34 }), fc.constantFrom('live', 'slow', 'paused', 'history'), (count, columns, height, mode) => {
      const newest = entries[count - 1];
      const state = stateAfter(entries.slice(0, count), { mode, heldAt: newest?.type === 'event' ? newest.event : null });
      for (const theme of [PLAIN, COLORED]) {
        const rows = loopPane.render(state, { theme, size: { width: columns, height }, isFocused: true });
        expect(rows.map(width)).toEqual(new Array(height).fill(columns));
        expect(rows.join('').replace(/\x1b\[[0-9;]*m/g, '')).not.toMatch(/[\p{Cc}\p{Cf}]/u);
      }
    }),
  );
});

const BUSY = busy(executing(7, 'eval', 2140, { turn: 813 }), [[9, bytes(14, 1100)], [0, connections(2, 400)]]);

test('busy, at 80×24: the arrow is on what keeps the loop busy, and waiting clients are counted', () => {
  expect(picture(stateAfter(asleep, { busy: BUSY }), 37, 13)).toBe(`
  write pending replies
  poll.wait(timeout)
  for each ready token
   LISTENER: accept until WouldBlock
▶  client: read decode[execute]reply
  run due timers
token 7 has been executing EVAL for
2.1 s: no other client is served
1 client and 2 connections wait
turn 813: at work for 2.1 s
execute──────────────────────────────
due timers wait
p50 17 µs  p99 17 µs  max 17 µs
`);
});

test('busy, at 120×40: the time of the line that runs grows', () => {
  const text = picture(stateAfter(asleep, { busy: BUSY }), 50, 20);
  expect(text).toContain('▶               execute                    2.14 s');
  expect(text).toContain('token 7 has been executing EVAL for 2.1 s\n1 client and 2 connections wait\n');
  expect(loopPane.badge(stateAfter(asleep, { busy: BUSY }), 60)).toBe('turn 813');
});

test('busy, nothing is said of the timer that the loop slept for before: what is due runs when the turn ends', () => {
  const text = picture(stateAfter(asleep, { busy: BUSY }), 60, 20);
  expect(text).not.toContain('next timer:');
  expect(text).toContain('poll.wait(timeout)');
  expect(text).toContain('timers that are due meanwhile run at the end of this turn');
});

test('a finished turn shows the working time of its end event', () => {
  const end = happened(598, { kind: 'turn-end', turn: 5, busyUs: 590, commands: 0 });
  const waker = [happened(0, { kind: 'turn-begin', turn: 5 }), happened(1, { kind: 'wait', timeoutMs: -1, why: 'no timer' }), happened(8, { kind: 'poll', waitedUs: 7, ready: 1, emulated: false }), happened(9, { kind: 'ready', token: 1, readiness: 1 })];
  const text = picture(stateAfter([...waker, end], held(eventAt(598, { kind: 'turn-end', turn: 5, busyUs: 590, commands: 0 }))), 60, 20);
  expect(text).toContain('held: turn 5 is over: 0 commands in 590 µs');
  expect(text).toContain('waited 7 µs, worked 590 µs');
});

test('a loop that is held, and the past, are shown as they are although the loop was busy', () => {
  expect(picture(stateAfter(asleep, { busy: BUSY, mode: 'history' }), 50, 20)).not.toContain('EVAL');
  expect(picture(stateAfter(asleep, { busy: BUSY, ...held(eventAt(0, { kind: 'read', token: 7, result: 5 })) }), 50, 20)).not.toContain('EVAL');
});
