import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { LabClient } from '../../../server/simulation/harness.js';
import { readinessPane } from '../../../../src/tui/view/panes/readiness.js';
import { width } from '../../../../src/tui/view/text.js';
import type { Entry } from '../../../../src/tui/state/slice.js';
import { dropped, happened, served } from '../../happened.js';
import { COLORED, PLAIN, stage, type Scene } from '../../scene.js';

const WIDE = { width: 66, height: 10 };

/** What the pane says, without the numbers of turns. */
function words(scene: Scene, size = WIDE): readonly string[] {
  return scene.draw(readinessPane, size).map((row) => row.slice(4).trim()).filter((row) => row !== '');
}

function reading(client: LabClient, bytes: number): void {
  client.peer.setWindow(bytes);
}

test('a connection and a command, at two widths', () => {
  using scene = stage();
  scene.connect().ask('SET', 'greeting', 'hello');
  expect(scene.picture(readinessPane, WIDE)).toBe(`
  1 LISTENER READABLE accept ×1 then WouldBlock
  3 #2       READABLE read 38 B · 1 frame · wrote 5 B
`);
  expect(scene.picture(readinessPane, { width: 41, height: 4 })).toBe(`
  1 #0   R  accept ×1 WouldBlock
  3 #2   R  read 38 B · wrote 5 B
`);
});

test('several connections are accepted until WouldBlock', () => {
  using scene = stage();
  for (let i = 0; i < 3; i++) scene.lab.connectLater();
  scene.lab.settle();
  expect(words(scene)).toEqual(['LISTENER READABLE accept ×3 then WouldBlock']);
});

test('a second address has a listener of its own', () => {
  using scene = stage();
  scene.take(happened(0, { kind: 'ready', token: 2, readiness: 1 }));
  scene.take(happened(0, { kind: 'accept', token: 2, client: 7 }));
  expect(words(scene)).toEqual(['LISTENER READABLE accept ×1']);
});

test('half a request shows the bytes that it has and the least that it needs', () => {
  using scene = stage();
  const client = scene.connect();
  client.send('*2\r\n$3\r\nGET\r\n$8\r\ngree');
  scene.lab.settle();
  expect(words(scene).at(-1)).toBe('#2       READABLE read 21 B · have 21 of 27');
});

test('edge-triggered, reading goes on until WouldBlock', () => {
  using scene = stage({ edgeTriggered: true });
  const client = scene.connect();
  client.ask('PING');
  expect(words(scene, { width: 90, height: 10 }).at(-1)).toBe('#2       READABLE read 14 B then WouldBlock · 1 frame · wrote 7 B');
});

test('a short write arms WRITABLE, and the rest leaves when there is room', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('SET', 'big', 'x'.repeat(1000));
  reading(client, 100);
  client.sendCommand('GET', 'big');
  scene.lab.settle();
  expect(words(scene, { width: 90, height: 10 }).at(-1)).toBe('#2       READABLE read 22 B · 1 frame · write 100 of 1009 B · WRITABLE armed');
  client.take();
  reading(client, 10_000);
  scene.lab.settle();
  expect(words(scene).at(-1)).toBe('#2       WRITABLE wrote 909 B · WRITABLE disarmed');
});

test('a client that a rule skips is no longer READABLE until the rule is removed', () => {
  using scene = stage();
  const [one, other] = [scene.connect(), scene.connect()];
  scene.lab.faults.add('one-client-at-a-time');
  one.ask('PING');
  other.sendCommand('PING');
  scene.lab.settle();
  expect(words(scene, { width: 90, height: 10 }).at(-1)).toMatch(/^#3 .*READABLE disarmed$/);
  scene.lab.faults.clear();
  scene.lab.settle();
  scene.lab.turn();
  expect(words(scene, { width: 90, height: 10 }).join('\n')).toContain('READABLE armed');
});

test('a client that leaves, and one that is cut off', () => {
  using scene = stage();
  const [leaving, cut] = [scene.connect(), scene.connect()];
  leaving.close();
  scene.lab.settle();
  expect(words(scene).at(-1)).toMatch(/^#2 .* EOF · closed$/);
  cut.reset();
  scene.lab.settle();
  expect(words(scene, { width: 90, height: 10 }).at(-1)).toMatch(/^#3 .* read ECONNRESET · closed$/);
});

test('a token that is written to without having been ready has no readiness', () => {
  using scene = stage();
  const [subscriber, publisher] = [scene.connect(), scene.connect()];
  subscriber.ask('SUBSCRIBE', 'news');
  publisher.ask('PUBLISH', 'news', 'hello');
  expect(words(scene).slice(-2)).toEqual(['#3       READABLE read 38 B · 1 frame · wrote 4 B', '#2       -        wrote 38 B']);
});

test('a blocked client is parked, and goes on when its time is over', () => {
  using scene = stage();
  scene.connect().ask('BLPOP', 'jobs', '1');
  expect(words(scene).at(-1)).toBe('#2       READABLE read 32 B · 1 frame · parked');
  scene.advance(1500);
  expect(words(scene).at(-1)).toBe('#2       -        unparked: timeout · wrote 5 B');
});

/** A turn in which only the waker is ready. */
const woken = (turn: number): readonly Entry[] => [happened(turn, { kind: 'turn-begin', turn }), happened(turn, { kind: 'wait', timeoutMs: -1, why: '' }), happened(turn, { kind: 'ready', token: 1, readiness: 1 })];

test('turns in which only the loop was woken are one row, with their number', () => {
  using scene = stage();
  scene.connect().ask('PING');
  for (const turn of [10, 11, 12]) for (const entry of woken(turn)) scene.take(entry);
  for (const entry of [...served(13, 0), ...woken(14)]) scene.take(entry);
  expect(scene.picture(readinessPane, WIDE)).toBe(`
  1 LISTENER READABLE accept ×1 then WouldBlock
  3 #2       READABLE read 14 B · 1 frame · wrote 7 B
 10 WAKER    READABLE another thread has woken the loop ×3
 13 #7       READABLE read 27 B · 1 frame · wrote 11 B
 14 WAKER    READABLE another thread has woken the loop
`);
  // Also where the page ends, and where there is room for little.
  expect(scene.draw(readinessPane, { width: 66, height: 3 })[0]).toContain('loop ×3');
  expect(scene.draw(readinessPane, { width: 41, height: 5 })[2]!.trimEnd()).toBe(' 10 #1   R  WAKER ×3');
});

test('several tokens of one turn are below its number', () => {
  using scene = stage();
  const clients = [scene.connect(), scene.connect()];
  for (const client of clients) client.sendCommand('PING');
  scene.lab.settle();
  const rows = scene.draw(readinessPane, WIDE).filter((row) => row.includes('frame'));
  expect(rows.map((row) => row.slice(0, 6))).toEqual(['  5 #2', '    #3']);
});

test('turns that were not traced are a line with their counts', () => {
  using scene = stage();
  for (const entry of [...served(812, 0), dropped(248, 1447), ...served(1061, 100)]) scene.take(entry);
  expect(scene.picture(readinessPane, { width: 41, height: 4 })).toBe(`
 812 #7   R  read 27 B · wrote 11 B
--- 248 turns, 1,447 commands not shown
1061 #7   R  read 27 B · wrote 11 B
`);
});

test('where the trace broke off in the middle of a turn, rows say that there was more', () => {
  using scene = stage();
  for (const entry of [...served(812, 0).slice(0, 6), dropped(248, 1447)]) scene.take(entry);
  expect(words(scene)).toEqual(['#7       READABLE read 27 B · 1 frame · …', '248 turns, 1,447 commands not shown']);
});

test('a row of which only the readiness is known has no separator before the rest', () => {
  using scene = stage();
  const begun = served(812, 0).slice(0, 6);
  for (const entry of [...begun.slice(0, 1 + begun.findIndex((one) => one.type === 'event' && one.event.kind === 'ready')), dropped(248, 1447)]) scene.take(entry);
  expect(words(scene)).toEqual(['#7       READABLE …', '248 turns, 1,447 commands not shown']);
});

test('a turn whose beginning was not seen has no number', () => {
  using scene = stage();
  for (const entry of served(812, 0).slice(2)) scene.take(entry);
  expect(scene.picture(readinessPane, WIDE)).toBe('\n    #7       READABLE read 27 B · 1 frame · wrote 11 B\n');
});

function fill(scene: Scene, from: number, count: number): void {
  for (let turn = from; turn < from + count; turn++) for (const entry of served(turn, turn * 100)) scene.take(entry);
}

const turnsShown = (scene: Scene, height = 4): readonly number[] => scene.draw(readinessPane, { width: 66, height }).flatMap((row) => (row.trim() === '' ? [] : [Number.parseInt(row, 10)]));

test('the newest turn is at the bottom', () => {
  using scene = stage();
  fill(scene, 1, 10);
  expect(turnsShown(scene)).toEqual([7, 8, 9, 10]);
});

test('scrolled back, the view does not move while turns are added, and the badge counts them', () => {
  using scene = stage();
  fill(scene, 1, 10);
  scene.set('readiness', { scroll: 2, frozenAt: readinessPane.length!(scene.state) });
  expect(turnsShown(scene)).toEqual([5, 6, 7, 8]);
  expect(readinessPane.badge(scene.state, 60)).toBe('frozen, 0 new, End follows');
  fill(scene, 11, 3);
  expect(turnsShown(scene)).toEqual([5, 6, 7, 8]);
  expect(readinessPane.badge(scene.state, 60)).toBe('frozen, 3 new, End follows');
  scene.set('readiness', { scroll: 0, frozenAt: null });
  expect(turnsShown(scene)).toEqual([10, 11, 12, 13]);
  expect(readinessPane.badge(scene.state, 60)).toBe('');
});

test('what comes does not even fill a frozen page that has room', () => {
  using scene = stage();
  fill(scene, 1, 3);
  scene.set('readiness', { scroll: 1, frozenAt: 3 });
  fill(scene, 4, 2);
  expect(turnsShown(scene)).toEqual([1, 2, 3]);
});

test('scrolling ends at the oldest turn that is kept', () => {
  using scene = stage();
  fill(scene, 1, 10);
  scene.set('readiness', { scroll: 1000, frozenAt: 10 });
  expect(turnsShown(scene)).toEqual([1, 2, 3, 4]);
});

test('a view whose turns have been forgotten meanwhile shows the oldest there are', () => {
  using scene = stage();
  fill(scene, 1, 10);
  scene.set('readiness', { scroll: 2, frozenAt: 10 });
  fill(scene, 11, 500);
  expect(turnsShown(scene)).toEqual([210, 211, 212, 213]);
});

test('a filter leaves the rows that contain all its words, in any case', () => {
  using scene = stage();
  fill(scene, 1, 3);
  for (const entry of [...served(4, 1000, 9), ...served(5, 2000, 99)]) scene.take(entry);
  scene.set('readiness', { filter: '#9 readable' });
  expect(turnsShown(scene)).toEqual([4]);
  scene.set('readiness', { filter: '#9' });
  expect(turnsShown(scene)).toEqual([4]);
  expect(readinessPane.badge(scene.state, 60)).toBe('/#9');
  // On the way to #9.
  scene.set('readiness', { filter: '#' });
  expect(turnsShown(scene)).toEqual([2, 3, 4, 5]);
  scene.set('readiness', { filter: 'nobody' });
  expect(scene.picture(readinessPane, WIDE)).toBe('\nnothing matches /nobody\n');
});

test('with a filter only matching rows are counted, and dropped rows are not skipped', () => {
  using scene = stage();
  fill(scene, 1, 3);
  scene.set('readiness', { filter: '#9', frozenAt: readinessPane.length!(scene.state) });
  fill(scene, 4, 2);
  for (const entry of served(9, 1000, 9)) scene.take(entry);
  expect(readinessPane.badge(scene.state, 60)).toBe('frozen, 1 new, End follows /#9');
  fill(scene, 10, 400);
  expect(readinessPane.badge(scene.state, 60)).toBe('frozen, 0+ new, End follows /#9');
});

test('a second listener is one from the first event on', () => {
  using scene = stage({ settings: { unixsocket: '/run/lab.sock' } });
  scene.take(happened(0, { kind: 'turn-begin', turn: 1 }));
  scene.take(happened(0, { kind: 'wait', timeoutMs: -1, why: 'no timer' }));
  scene.take(happened(0, { kind: 'ready', token: 2, readiness: 1 }));
  expect(scene.draw(readinessPane, WIDE)[0]).toMatch(/^ +1 LISTENER READABLE/);
});

test('each token has its colour, and unusual results are highlighted', () => {
  using scene = stage();
  for (const entry of served(1, 0)) scene.take(entry);
  const [row] = scene.draw(readinessPane, WIDE, COLORED);
  expect(row).toContain(COLORED.token(7)('#7       '));
});

test('rows have exactly the width, at any size', () => {
  using scene = stage();
  const client = scene.connect();
  client.ask('SET', 'big', 'x'.repeat(1000));
  client.ask('BLPOP', 'jobs', '1');
  scene.advance(1500);
  scene.take(dropped(248, 1447));
  client.reset();
  scene.lab.settle();
  fill(scene, 812, 20);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 130 }), fc.integer({ min: 1, max: 40 }), fc.nat(30), fc.string(), (columns, height, scroll, filter) => {
      scene.set('readiness', { scroll, filter });
      for (const theme of [PLAIN, COLORED]) expect(scene.draw(readinessPane, { width: columns, height }, theme).map(width)).toEqual(new Array(height).fill(columns));
    }),
  );
});
