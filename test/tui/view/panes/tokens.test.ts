import { expect, test } from 'vitest';
import type { TraceBody } from '../../../../src/server/trace/events.js';
import { tokensPane } from '../../../../src/tui/view/panes/tokens.js';
import type { State } from '../../../../src/tui/state/state.js';
import { eventAt } from '../../happened.js';
import { busy, bytes, connections, executing } from '../../busy.js';
import { COLORED, PLAIN, stage, type Scene } from '../../scene.js';

const SIZE = { width: 80, height: 8 };

/** An event that comes now. */
function tell(scene: Scene, body: TraceBody): void {
  scene.take({ type: 'event', event: { ...body, seq: 1_000_000, atUs: scene.lab.clock.readUs() } });
}

function threeClients(): Scene {
  const scene = stage();
  const [worker, waiting, careful] = [scene.connect(), scene.connect(), scene.connect()];
  worker.ask('CLIENT', 'SETNAME', 'worker-1');
  waiting.ask('BLPOP', 'jobs', '5');
  careful.ask('MULTI');
  careful.send('*1\r\n$4\r\nPI');
  scene.lab.settle();
  scene.look();
  return scene;
}

test('listener, waker and clients have a row each', () => {
  using scene = threeClients();
  expect(scene.picture(tokensPane, { width: 110, height: 8 })).toBe(`
 tok  fd peer                 name         state                          int   query  output last        idle
  #0   3 127.0.0.1:6379       LISTENER     listening                      R
  #1                          WAKER        waiting                        R
  #2   4 127.0.0.1:50000      worker-1     idle                           R       0 B     0 B client|s…    now
  #3   5 127.0.0.1:50001                   parked 5.0 s jobs              R       0 B     0 B blpop        now
  #4   6 127.0.0.1:50002                   in MULTI                       R       2 B     0 B multi        now
`);
  expect(tokensPane.badge(scene.state, 60)).toBe('3 connections');
});

test('a fault that was injected is a badge in front of the state, for five seconds', () => {
  using scene = threeClients();
  tell(scene, { kind: 'fault', token: 2, id: 1, fault: 'slice 1 on #2', effect: 'read of 1 B' });
  const stateOf = (): string => /#2 .*worker-1 +(\S.*?) +R /.exec(scene.picture(tokensPane, { width: 110, height: 8 }))![1]!;
  expect(stateOf()).toBe('[slice] idle');
  expect(tokensPane.render(scene.state, { theme: COLORED, size: { width: 110, height: 8 }, isFocused: false }).join('')).toContain(COLORED.warn('[slice] idle'.padEnd(30)));
  scene.lab.advance(5001);
  scene.look();
  expect(stateOf()).toBe('idle');
});

test('each address has its own listener, also before a client connects there', () => {
  using scene = stage({ settings: { unixsocket: '/run/lab.sock' } });
  expect(scene.picture(tokensPane, { width: 110, height: 4 })).toMatch(/#0 .*127\.0\.0\.1:6379 +LISTENER +listening.*\n.*#1 .*WAKER.*\n.*#2 .*\/run\/lab\.sock +LISTENER +listening/);
  expect(scene.picture(tokensPane, { width: 41, height: 4 })).toBe(`
 tok  fd peer     state         int last
  #0   3 LISTENER listening     R
  #1     WAKER    waiting       R
  #2   4 lab.sock listening     R
`);
  expect(tokensPane.badge(scene.state, 60)).toBe('0 connections');
});

test('in the narrow pane of 80×24 the essential columns are there: token, fd, who it is, what it does, its interest and its last command', () => {
  using scene = threeClients();
  expect(scene.picture(tokensPane, { width: 41, height: 6 })).toBe(`
 tok  fd peer     state         int last
  #0   3 LISTENER listening     R
  #1     WAKER    waiting       R
  #2   4 worker-1 idle          R   clie…
  #3   5 :50001   parked 5.0 s… R   blpop
  #4   6 :50002   in MULTI      R   multi
`);
});

test('zoomed there, it has them all', () => {
  using scene = threeClients();
  expect(scene.draw(tokensPane, { width: 79, height: 6 })[0]!.trim().split(/ +/)).toEqual(['tok', 'fd', 'peer', 'state', 'int', 'query', 'output', 'last', 'idle']);
});

test('without room for a column of names, they are shown with the port', () => {
  using scene = threeClients();
  expect(scene.picture(tokensPane, { width: 91, height: 6 })).toBe(`
 tok  fd peer             state                         int   query  output last       idle
  #0   3 LISTENER :6379   listening                     R
  #1     WAKER            waiting                       R
  #2   4 worker-1 :50000  idle                          R       0 B     0 B client|…    now
  #3   5 127.0.0.1:50001  parked 5.0 s jobs             R       0 B     0 B blpop       now
  #4   6 127.0.0.1:50002  in MULTI                      R       2 B     0 B multi       now
`);
});

test('without room for peers, the state shows which rows are not clients', () => {
  using scene = threeClients();
  expect(scene.picture(tokensPane, { width: 35, height: 6 })).toBe(`
 tok state               int last
  #0 LISTENER listening  R
  #1 WAKER waiting       R
  #2 idle                R   clien…
  #3 parked 5.0 s jobs   R   blpop
  #4 in MULTI            R   multi
`);
});

test('the time of a parked client runs with the clock of the loop', () => {
  using scene = threeClients();
  scene.setUi({ nowMs: scene.lab.clock.nowMs + 1300 });
  expect(scene.picture(tokensPane, SIZE)).toContain('parked 3.7 s jobs');
});

test.each<[string, TraceBody, string]>([
  ['ready', { kind: 'ready', token: 2, readiness: 1 }, 'ready'],
  ['reading', { kind: 'read', token: 2, result: 9 }, 'reading'],
  ['executing', { kind: 'frame', token: 2, frame: 2, bytes: 9, argv: ['GET', 'k'], raw: '' }, 'executing'],
  ['replying', { kind: 'reply', token: 2, frame: 2, bytes: 5, raw: '' }, 'replying'],
  ['waiting for the disk', { kind: 'await-disk', token: 2, bytes: 5, offset: 90 }, 'disk-blocked'],
  ['write-blocked', { kind: 'interest', token: 2, before: 1, after: 3 }, 'write-blocked           RW '],
])('%s, while its turn runs', (_, event, expected) => {
  using scene = threeClients();
  tell(scene, { kind: 'turn-begin', turn: 99 });
  tell(scene, event);
  expect(scene.draw(tokensPane, SIZE)[3]).toContain(expected);
});

test('after its turn a client is idle', () => {
  using scene = threeClients();
  tell(scene, { kind: 'turn-begin', turn: 99 });
  tell(scene, { kind: 'read', token: 2, result: 9 });
  tell(scene, { kind: 'turn-end', turn: 99, busyUs: 1, commands: 0 });
  expect(scene.draw(tokensPane, SIZE)[3]).toContain('idle');
});

test('a replica shows its lag, and its open row the acknowledged offset', () => {
  using scene = stage();
  const replica = scene.connect();
  const rowOf = (width = 110): string => {
    scene.look();
    return scene.draw(tokensPane, { width, height: 8 })[3]!;
  };
  replica.ask('REPLCONF', 'capa', 'eof', 'capa', 'psync2');
  replica.send('*3\r\n$5\r\nPSYNC\r\n$1\r\n?\r\n$2\r\n-1\r\n');
  scene.lab.settle();
  expect(rowOf()).toContain('replica: waits for RDB');
  expect(rowOf(40)).toContain(' waits for RDB ');
  scene.lab.advance(7000);
  replica.receive();
  const offset = scene.lab.server.replication.offset;
  replica.ask('REPLCONF', 'ACK', String(offset));
  expect(rowOf()).toContain('replica, in step');
  expect(rowOf(40)).toContain(' replica ');
  scene.connect().ask('SET', 'k', 'x'.repeat(1000));
  expect(rowOf()).toMatch(/replica, 1\.\d KiB behind/);
  scene.lab.advance(3000);
  expect(rowOf()).toContain('replica, silent 3 s');
  expect(rowOf(40)).toContain(' silent 3 s ');
});

test('subscribers and monitors say so', () => {
  using scene = stage();
  scene.connect().ask('SUBSCRIBE', 'a', 'b');
  scene.connect().ask('MONITOR');
  scene.look();
  const rows = scene.draw(tokensPane, SIZE);
  expect([rows[3]!.includes('subscribed (2)'), rows[4]!.includes('monitor')]).toEqual([true, true]);
});

test('the selected row is marked and kept in sight, also when others go', () => {
  using scene = stage();
  const clients = Array.from({ length: 20 }, () => scene.connect());
  scene.set('tokens', { selected: '15' });
  expect(scene.draw(tokensPane, { width: 40, height: 6 })[5]).toMatch(/^▶#15 /);
  clients[3]!.close();
  scene.lab.settle();
  expect(scene.draw(tokensPane, { width: 40, height: 6 })[5]).toMatch(/^▶#15 /);
});

test('while a row is selected all stay at their places; those that come are counted, those that go leave a line', () => {
  using scene = stage();
  const [first, second, third] = [scene.connect(), scene.connect(), scene.connect()];
  const ids = tokensPane.rows!(scene.state);
  scene.set('tokens', { sort: 'recent', selected: '3', frozenRows: { ids, offset: 0 } });
  scene.advance(10);
  third!.ask('PING');
  first!.close();
  scene.lab.settle();
  second!.ask('GET', 'k');
  scene.connect();
  scene.look();
  expect(scene.picture(tokensPane, { width: 40, height: 7 })).toBe(`
 tok peer      state          int last
  #0 LISTENER  listening      R
  #1 WAKER     waiting        R
  #2 closed
▶ #3 :50001    idle           R   get
  #4 :50002    idle           R   ping
`);
  expect(tokensPane.badge(scene.state, 60)).toBe('frozen, 1 new, End follows');
  scene.set('tokens', { selected: null, frozenRows: null });
  expect(tokensPane.rows!(scene.state)).toEqual(['0', '1', '3', '4', '5']);
});

test('a filter has the syntax of breakpoints, and reports when nothing matches', () => {
  using scene = stage();
  const [reader, waiter] = [scene.connect(), scene.connect()];
  reader.ask('GET', 'a');
  waiter.ask('BLPOP', 'jobs', '0');
  scene.look();
  const shown = (filter: string): string[] => {
    scene.set('tokens', { filter });
    return scene.draw(tokensPane, { width: 90, height: 6 }).slice(3).map((row) => row.trim().split(/ +/)[0]!).filter((row) => row !== '');
  };
  expect(shown('cmd:get')).toEqual(['#2']);
  expect(shown('job*')).toEqual(['#3']);
  expect(shown('#3 cmd:blpop')).toEqual(['#3']);
  expect(shown('#2 cmd:blpop')).toEqual(['no']);
  expect(scene.draw(tokensPane, { width: 90, height: 6 })[3]!.trim()).toBe('no connection matches /#2 cmd:blpop');
  expect(tokensPane.checkFilter!('us>5')?.en).toContain('us> means nothing here: words, #7, cmd:, a glob of keys');
});

test('a filter leaves the rows that match, and the listener', () => {
  using scene = threeClients();
  scene.set('tokens', { filter: 'WORK' });
  expect(tokensPane.rows!(scene.state)).toEqual(['0', '1', '2']);
  expect(tokensPane.badge(scene.state, 60)).toBe('3 connections, 1 listed /WORK');
});

test('rows can be sorted by what happened last, or by what waits to be written', () => {
  using scene = threeClients();
  scene.advance(10);
  tell(scene, { kind: 'read', token: 3, result: 1 });
  tell(scene, { kind: 'reply', token: 4, frame: 1, bytes: 9, raw: '' });
  const order = (sort: string): readonly string[] => (scene.set('tokens', { sort }), tokensPane.rows!(scene.state).slice(2));
  expect([order(''), order('recent')[0], order('output')[0]]).toEqual([['2', '3', '4'], '3', '4']);
});

test('ten thousand connections are all counted, and the badge shows how many have rows', () => {
  using scene = stage();
  for (let token = 2; token < 10_002; token++) tell(scene, { kind: 'connect', token, fd: token, peer: '10.0.0.1:1', local: '' });
  expect(tokensPane.badge(scene.state, 60)).toBe('10,000 connections, 1,022 listed');
  expect(scene.draw(tokensPane, SIZE)).toHaveLength(SIZE.height);
});

/** Of 21 clients some are workers that wait; only #9 has done something within the last second, #15 has been slow, and #20 has sent half a request. */
function manyClients(): Scene {
  const scene = stage();
  const clients = Array.from({ length: 21 }, () => scene.connect());
  for (const worker of [3, 4, 5]) clients[worker]!.send('BLPOP jobs 0\r\n');
  clients[18]!.send('*1\r\n$4\r\nPI');
  scene.lab.settle();
  scene.advance(5000);
  tell(scene, { kind: 'execute', token: 15, frame: 1, command: 'sort', elapsedUs: 14_000, keys: [], db: 0 });
  clients[7]!.ask('PING');
  scene.look();
  return scene;
}

const tokensOf = (rows: readonly string[]): readonly string[] => rows.flatMap((row) => /#\d+/.exec(row) ?? []);

test('where there are more than rows, the slow, the stuck and the active are shown; listener and waker give way first, then the idle, and the title counts the others', () => {
  using scene = manyClients();
  expect(tokensOf(scene.draw(tokensPane, { width: 41, height: 5 }))).toEqual(['#9', '#15', '#20', '#5'].toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1))));
  expect(tokensOf(scene.draw(tokensPane, { width: 41, height: 3 }))).toEqual(['#15', '#20']);
  expect(tokensPane.badge(scene.state, 26, { width: 41, height: 5 })).toBe('21 connections, … 17 more');
  expect(tokensPane.badge(scene.state, 20, { width: 41, height: 5 })).toBe('21 conn, … 17 more');
});

test('with more rows, the last one shows the states of the others', () => {
  using scene = manyClients();
  const rows = scene.draw(tokensPane, { width: 66, height: 9 });
  expect(tokensOf(rows)).toEqual(['#2', '#5', '#6', '#7', '#9', '#15', '#20']);
  expect(rows.at(-1)!.trim()).toBe('… 16 more: 14 idle, LISTENER, WAKER');
  expect(tokensPane.badge(scene.state, 40, { width: 66, height: 9 })).toBe('21 connections');
  expect(tokensOf(scene.draw(tokensPane, { width: 66, height: 24 }))).toHaveLength(23);
});

test('the one that a breakpoint has held is always shown', () => {
  using scene = manyClients();
  const { state } = scene;
  const heldAt = eventAt(0, { kind: 'frame', token: 12, frame: 1, bytes: 9, argv: ['DEL', 'k'], raw: '' });
  const held: State = { ...state, control: { ...state.control, mode: 'paused', heldAt } };
  const rows = tokensPane.render(held, { theme: PLAIN, size: { width: 41, height: 2 }, isFocused: true });
  expect(tokensOf(rows)).toEqual(['#12']);
});

test('a row keeps its place while its state lasts: at full speed, alternating clients do not move rows', () => {
  using scene = manyClients();
  const before = tokensOf(scene.draw(tokensPane, { width: 41, height: 5 }));
  tell(scene, { kind: 'turn-begin', turn: 99 });
  tell(scene, { kind: 'ready', token: 17, readiness: 1 });
  expect(tokensOf(scene.draw(tokensPane, { width: 41, height: 5 }))).toEqual(before);
});

test('the first key selects what is seen first, and the others follow below', () => {
  using scene = manyClients();
  const size = { width: 41, height: 5 };
  const seen = tokensOf(scene.draw(tokensPane, size)).map((name) => name.slice(1));
  const ids = tokensPane.rows!(scene.state, size);
  expect(ids.slice(0, 4)).toEqual(seen);
  expect(ids).toHaveLength(23);
  scene.set('tokens', { selected: ids[0]!, frozenRows: { ids, offset: 0 } });
  expect(tokensOf(scene.draw(tokensPane, size)).map((name) => name.slice(1))).toEqual(seen);
});

test('a chosen sort order decides which are shown', () => {
  using scene = manyClients();
  tell(scene, { kind: 'reply', token: 13, frame: 1, bytes: 99, raw: '' });
  scene.set('tokens', { sort: 'output' });
  expect(tokensOf(scene.draw(tokensPane, { width: 41, height: 3 }))).toEqual(['#13', '#2']);
});

test('a connection has its colour', () => {
  using scene = threeClients();
  const rows = scene.draw(tokensPane, { width: 110, height: 8 }, COLORED, false);
  expect(rows[4]).toContain(COLORED.token(3)('  #3'));
  expect(rows[4]).toContain(COLORED.token(3)('127.0.0.1:50001     '));
});

test('while the loop is busy, the client that keeps it busy executes, and others with bytes in the kernel wait', () => {
  using scene = threeClients();
  const control = { ...scene.state.control, busy: busy(executing(4, 'eval', 2140), [[2, bytes(14, 1100)], [0, connections(2, 400)]]) };
  const states = (width: number): string[] => tokensPane.render({ ...scene.state, control }, { theme: PLAIN, size: { width, height: 8 }, isFocused: true }).map((row) => row.trimEnd());
  const wide = states(110);
  expect(wide[1]).toMatch(/LISTENER +2 waiting 0\.4 s/);
  expect(wide[3]).toMatch(/worker-1 +ready, waits 1\.1 s/);
  expect(wide[4]).toMatch(/parked 5\.0 s jobs/);
  expect(wide[5]).toMatch(/ executing /);
  const narrow = states(40).join('\n');
  expect(narrow).toContain('2 wait 0.4 s');
  expect(narrow).toContain(' waits 1.1 s');
});

test('the client that keeps the loop busy has a row, even if its connection has not been reported yet', () => {
  using scene = stage();
  const control = { ...scene.state.control, busy: busy(executing(9, 'eval', 2140)) };
  const state = { ...scene.state, control, ui: { ...scene.state.ui, nowMs: scene.state.model.originMs + 97_000 } };
  const rows = tokensPane.render(state, { theme: PLAIN, size: SIZE, isFocused: true });
  expect(rows.find((row) => row.includes('#9'))).toMatch(/#9 .*new client .*executing .* now *$/);
});

test('with few rows, the client that keeps the loop busy and those that wait for it stay visible', () => {
  using scene = stage();
  for (let i = 0; i < 20; i++) scene.connect();
  scene.advance(5000);
  scene.look();
  const control = { ...scene.state.control, busy: busy(executing(15, 'eval', 2140), [[18, bytes(14, 1100)], [0, connections(2, 400)]]) };
  const rows = tokensPane.render({ ...scene.state, control }, { theme: PLAIN, size: { width: 40, height: 5 }, isFocused: true }).join('\n');
  for (const token of ['#0 ', '#15 ', '#18 ']) expect(rows).toContain(token);
});
