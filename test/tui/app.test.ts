/** What keys do to the lab: the app in front of a real server. */
import type { TraceEvent } from 'redis-lab';
import { expect, onTestFinished, test, vi } from 'vitest';
import { LabSession } from '../../src/tui/lab-session.js';
import { HUES } from '../../src/tui/view/hues.js';
import { RespClient } from '../support/resp-client.js';
import { AppOnScreen } from './app-on-screen.js';

const ESC = '\x1b';
const LEFT = '\x1b[D';
const UP = '\x1b[A';
const RIGHT = '\x1b[C';
const END = '\x1b[F';

test('slow motion is chosen step by step, is said in the header, and ends at full speed', async () => {
  await using lab = await AppOnScreen.start();
  lab.type(ESC);
  await lab.until('Space pause');
  for (const speed of [20, 5, 2, 1]) {
    lab.type('-');
    await lab.until(` SLOW ${speed}/s `);
  }
  for (const speed of [2, 5, 20]) {
    lab.type('+');
    await lab.until(` SLOW ${speed}/s `);
  }
  lab.type('+');
  await lab.until(' LIVE ');
});

test('in slow motion a command takes its time, event by event', async () => {
  await using lab = await AppOnScreen.start();
  lab.type(ESC);
  await lab.until('Space pause');
  lab.type('-', '-');
  await lab.until(' SLOW 5/s ');
  lab.type('6SET k v\r');
  await lab.until('▶               execute');
  await lab.until('▶               execute');
  await lab.until('▶               reply');
  await lab.until(/k +string/);
});

test('at a breakpoint the arrow is where the loop is held: after decode, before execute', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k v\r');
  await lab.until('OK');
  lab.type(ESC, 'b');
  await lab.until('stop at:');
  lab.type('DEL\r');
  await lab.until('1 breakpoint');
  lab.type('6DEL k\r');
  const held = await lab.until('held before executing DEL k');
  expect(held).toContain('▶               execute');
  expect(held).toContain('held at frame');
  expect(held).toMatch(/k +string/);
  lab.type(ESC, 'h');
  await lab.until('▶               execute');
  lab.type(' ');
  await lab.until('(integer) 1');
});

/** Names are known by the commands that there are, which come a moment after the first screen; hints show that they are there. */
async function commandsKnown(lab: AppOnScreen): Promise<void> {
  lab.type('GET ');
  await lab.until('> GET key');
  lab.type('\x15');
}

/** The turn and the commands of the loop itself. */
async function progress(lab: AppOnScreen): Promise<unknown> {
  const { turn, stats } = await lab.server.snapshot();
  return { turn, commands: stats.commands, heldAt: lab.server.heldAt?.seq };
}

test('in the history the keys for steps go forward there and stop at its end, and the held loop stays where it is', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k v\r');
  await lab.until('OK');
  lab.type(ESC, ' ');
  await lab.until(' PAUSED ');
  const before = await progress(lab);
  lab.type('\x1b[H');
  await lab.until(/ HISTORY 1 of \d+ PAUSED /);
  lab.type('c');
  await lab.until('token 2 sent SET k');
  lab.type('t');
  await lab.until((screen) => /HISTORY \d+ of/.test(screen) && !screen.includes('token 2 sent SET k'));
  lab.type(...'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee');
  const end = await lab.until('no later event in the history: End returns to now');
  expect(end).toMatch(/ HISTORY (\d+) of \1 PAUSED /);
  for (const key of ['e', 'h', 'c', 't', 'r', '-', '+', RIGHT]) {
    lab.type(key);
    await lab.until(/ HISTORY (\d+) of \1 PAUSED /);
  }
  expect(await progress(lab)).toEqual(before);
});

/** The moment of the past that is shown; empty: now is. */
const momentOf = (screen: string): string => /turn \d+, event \d+/.exec(screen)?.[0] ?? '';

test('in the past all panes show the server as it was: complete values, windows that were never shown, and waiting clients', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('@w BLPOP queue 0\r');
  await lab.until(/#3 .* parked: queue/);
  lab.type('RPUSH list a b c d\r', 'SELECT 3\r', 'SET far away\r');
  await lab.until('[3]>');
  lab.type('RPUSH list 1\r', 'SELECT 0\r', 'DEL list\r', 'RPUSH queue x\r');
  await lab.until(/RPUSH queue x[^]*\(integer\) 1/);
  lab.type(ESC, ' ');
  await lab.until(' PAUSED ');
  lab.type('\x1b[H');
  await lab.until(/ HISTORY 1 of \d+ PAUSED .* turn 1, event 1 /);
  for (let then = lab.text; !/> +#2 +\d+ RPUSH list 1/.test(then); ) {
    const before = momentOf(then);
    lab.type('c');
    then = await lab.until((text) => momentOf(text) !== before);
  }
  expect(lab.text).toMatch(/#3 .* parked: queue/);
  // What the screen had not looked at by then is there all the same.
  lab.type('5');
  await lab.until(/list +list/);
  lab.type('\x1b[B', '\r');
  await lab.until((screen) => ['a', 'b', 'c', 'd'].every((item) => new RegExp(`\\d ${item} +│`).test(screen)));
  lab.type(ESC, ']', ']', ']');
  await lab.until((screen) => /Keyspace · db 3/.test(screen) && /far +string/.test(screen) && screen.includes(' HISTORY '));
  lab.type(ESC, END);
  await lab.until((screen) => !screen.includes(' HISTORY ') && screen.includes(' PAUSED '));
});

test('while the past is shown, commands are answered as of that moment, in the middle of one as of before it, and nothing acts on the live server', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k old EX 1000\r', 'SET k new\r', 'RPUSH l a\r');
  await lab.until('(integer) 1');
  lab.type('goto command 1\r');
  await lab.until(/ HISTORY \d/);
  const shown = await lab.until(/turn \d+, event \d+, [\d:.]+: token 2 sent SET k;/);
  const then = momentOf(shown);
  lab.type('GET k\r');
  expect(await lab.until(`as of ${then} `)).toMatch(/GET k +│.*\n│"old" /);
  for (const [line, answer] of [['FLUSHALL', /│OK/], ['TTL k', /│\(integer\) 1000/], ['CLIENT LIST', /cmd=set/], ['INFO clients', /│connected_clients:1/]] as const) {
    lab.type(`clear\r${line}\r`);
    await lab.until((screen) => answer.test(screen) && screen.includes(`as of ${then} `));
  }
  lab.type('clear\rSET k other\r');
  await lab.until((screen) => /│OK/.test(screen) && screen.includes('it ran in a temporary copy:'));
  lab.type('clear\rGET k\r');
  await lab.until((screen) => /│"old" /.test(screen));
  lab.type('clear\rSELECT 3\r');
  await lab.until((screen) => /│OK/.test(screen) && screen.includes('every command runs in a copy of its own'));
  // The key-change of the SET lies within it.
  lab.type('clear\r', ESC, LEFT);
  await lab.until((screen) => momentOf(screen) !== then);
  lab.type('6EXISTS k\r');
  const within = await lab.until(/as of turn \d+, event \d+: before the/);
  expect(within).toContain('(integer) 0');
  for (const line of ['busy 1', 'fault slice 1', 'raw "PING"', 'advance 1s']) {
    lab.type(`clear\r${line}\r`);
    await lab.until(`${line.split(' ')[0]} acts on the live server, but this is the`);
  }
  expect((await lab.server.snapshot()).stats.commands).toBe(3);
  lab.type('goto now\r');
  await lab.until((screen) => screen.includes(' LIVE '));
  lab.type('clear\rGET k\r');
  await lab.until('"new"');
});

test('goto reports a moment that does not exist, and its syntax', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k v\r');
  await lab.until('OK');
  for (const [line, said] of [
    ['goto', 'goto turn 120, goto command 5'], ['goto turn x', 'goto turn 120, goto command 5'], ['goto turn 9999', 'turn 9999 is not in the history'],
    ['goto turn 1.9999', 'turn 1 has no event 9999'], ['goto command 9', 'command 9 is not in the history'], ['goto 25:00', '25:00 is not a time of day'],
    ['goto change nothing', 'nothing has no earlier change within the'],
  ] as const) {
    lab.type(`clear\r${line}\r`);
    await lab.until((screen) => screen.replaceAll(/│\s*││.*\n│/g, '').includes(said) && screen.includes(' LIVE '));
  }
  lab.type('goto turn 1.2\r');
  await lab.until(/ HISTORY 1 of .* turn 1, event 2 /);
});

test('w goes to the last change of the selected key, names its author, and continues with the one before', async () => {
  await using lab = await AppOnScreen.start({ width: 160, height: 45 });
  lab.type('SET k 1\r', '@other INCR k\r');
  await lab.until('(integer) 2');
  lab.type(ESC, '5', 'w');
  await lab.until('select a key: w shows when it last changed');
  await lab.until(/ k +string/);
  lab.type('\x1b[B', 'w');
  await lab.until(/ turn \d+, event \d+, [\d:.]+: .*, by INCR of #3 other /);
  lab.type('w');
  await lab.until(/ turn \d+, event \d+, [\d:.]+: .*, by SET of #2 /);
  lab.type('w');
  await lab.until(' k has no earlier change within the history ');
  lab.type(ESC, END);
  await lab.until(' LIVE ');
  lab.type('6DEL k\r');
  await lab.until('(integer) 1');
  lab.type('goto change k\r');
  await lab.until(/: key k no longer exists \(del\), by DEL[\s│]/);
});

test('back and forward as often as one likes, the same moment is the same screen', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k v\r', 'INCR n\r', 'LPUSH l a b c\r');
  await lab.until('(integer) 3');
  lab.type(ESC, '1', ' ');
  await lab.until(' PAUSED ');
  const frames = new Map<string, string>();
  let now = '';
  const travel = async (key: string): Promise<void> => {
    const before = now;
    lab.type(key);
    const screen = await lab.until((text) => momentOf(text) !== '' && momentOf(text) !== before);
    now = momentOf(screen);
    expect(screen).toBe(frames.get(now) ?? screen);
    frames.set(now, screen);
  };
  for (let i = 0; i < 12; i++) await travel(LEFT);
  for (let round = 0; round < 3; round++) {
    for (let i = 0; i < 11; i++) await travel(RIGHT);
    for (let i = 0; i < 11; i++) await travel(LEFT);
  }
  expect(frames.size).toBe(12);
  lab.type(END);
  await lab.until((screen) => !screen.includes(' HISTORY '));
});

test('the key that goes back, held down, is fluent: all of its steps are made', async () => {
  await using lab = await AppOnScreen.start();
  const events: TraceEvent[] = [];
  await lab.server.trace((batch) => void events.push(...batch.events));
  for (let i = 0; i < 30; i++) lab.type(`SET k${i} v\r`);
  await lab.until(/k29 v[^]*OK/);
  lab.type(ESC, ' ');
  await lab.until(' PAUSED ');
  await expect.poll(() => events.at(-1)?.seq).toBe(lab.server.heldAt!.seq);
  lab.type(...Array.from({ length: 60 }, () => LEFT));
  const at = events.length - 61;
  const begin = events.findLastIndex(({ kind }, i) => kind === 'turn-begin' && i <= at);
  const { turn } = events[begin] as TraceEvent & { readonly kind: 'turn-begin' };
  await lab.until(` turn ${turn}, event ${at - begin + 1} `);
  lab.type(END);
  await lab.until((screen) => !screen.includes(' HISTORY '));
  lab.type(LEFT, LEFT, END);
  await lab.until((screen) => !screen.includes(' HISTORY '));
});

test('without a history the reason is shown why going back is not possible, and nothing else changes', async () => {
  await using lab = await AppOnScreen.start(undefined, { history: 0 });
  lab.type('SET k v\r');
  await lab.until('OK');
  lab.type(ESC, LEFT);
  await lab.until((screen) => screen.includes('going back is off: --history 64mb gives it memory') && screen.includes(' LIVE '));
});

test('where the dataset does not fit into the history any more, the past that is shown is left, with a word about it', async () => {
  await using lab = await AppOnScreen.start(undefined, { history: 2 ** 23 });
  lab.type('SET k v\r');
  await lab.until('OK');
  lab.type(ESC, LEFT);
  await lab.until(/ HISTORY \d/);
  await using client = await RespClient.connect(lab.server.port);
  for (let i = 0; i < 200; i++) await client.call('SET', `key:${i}`, 'x'.repeat(50_000));
  await lab.until((screen) => screen.includes('going back is off: the dataset (') && screen.includes(' LIVE '));
});

test('in the history Space asks: n stays there, and y leads back to now and lets the loop run', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k v\r');
  await lab.until('OK');
  lab.type(ESC, ' ');
  await lab.until(' PAUSED ');
  lab.type(LEFT, ' ');
  await lab.until('Leave the history and resume the live loop?  y yes  n no');
  lab.type('n');
  await lab.until((screen) => screen.includes('nothing is changed') && screen.includes(' HISTORY '));
  expect(lab.server.heldAt).not.toBeNull();
  lab.type(' ', 'y');
  await lab.until(' LIVE  turn');
  lab.type(LEFT, ' ');
  await lab.until('Leave the history and pause the live loop?');
  lab.type('y');
  await lab.until(' PAUSED ');
});

test('what a key changes is said, and u takes it back, one by one', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k v\r');
  await lab.until('OK');
  lab.type(ESC, '5', 's');
  await lab.until(/sorted by \w+ · u undoes it/);
  lab.type(']');
  await lab.until('database 1 · u undoes it');
  lab.type('z');
  await lab.until((screen) => screen.includes('zoom · u undoes it') && !screen.includes('1 Loop'));
  lab.type('b');
  await lab.until('stop at:');
  lab.type('DEL\r');
  await lab.until((screen) => screen.includes('breakpoint DEL set · u undoes it') && screen.includes('1 breakpoint'));
  lab.type(' ');
  await lab.until((screen) => screen.includes('pause · u undoes it') && screen.includes(' PAUSED '));
  lab.type(' ');
  await lab.until((screen) => screen.includes('resume · u undoes it') && screen.includes(' LIVE '));
  lab.type('-');
  await lab.until((screen) => screen.includes('20 events a second · u undoes it') && screen.includes(' SLOW 20/s '));
  for (const [said, now] of [['20 events a second', / LIVE /], ['resume', / PAUSED /], ['pause', / LIVE /], ['breakpoint DEL set', /^(?!.*1 breakpoint)/s], ['zoom', /1 Loop/], ['database 1', /db 0/], ['sorted by', /by name/]] as const) {
    lab.type('u');
    await lab.until((screen) => screen.includes(`undone: ${said}`) && now.test(screen));
  }
  lab.type('u');
  await lab.until('there is nothing to undo');
});

test('a step that waits for something is a held loop: Space lets it run', async () => {
  await using lab = await AppOnScreen.start();
  lab.type(ESC, ' ');
  await lab.until(' PAUSED ');
  lab.type('c');
  await lab.until(' STEP: waits for a command ');
  lab.type(' ');
  await lab.until(' LIVE ');
  expect(lab.server.heldAt).toBeNull();
});

test('after a pause a moment has wall-clock time, and goto finds it by the time on the screen', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k 1\r');
  await lab.until('OK');
  lab.type(ESC, ' ');
  await lab.until(' PAUSED ');
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const resumed = new Date();
  lab.type(' ');
  await lab.until(' LIVE ');
  lab.type('6SET k 2\r');
  await lab.until(/k +string.*"2"/);
  lab.type('goto change k\r');
  const [, time = ''] = / turn \d+, event \d+ · ([\d:.]+)/.exec(await lab.until(/ turn \d+, event \d+ · /))!;
  // The loop's own clock stood still meanwhile.
  expect(time >= resumed.toTimeString().slice(0, 8)).toBe(true);
  lab.type('goto oldest\r');
  await lab.until((screen) => screen.includes(' HISTORY 1 of ') && !screen.includes(` · ${time}`));
  lab.type(`goto ${time}\r`);
  await lab.until(` · ${time}`);
});

test('a step is not taken back, and neither is what was before it', async () => {
  await using lab = await AppOnScreen.start();
  lab.type(ESC, ' ');
  await lab.until(' PAUSED ');
  lab.type('e', 'u');
  await lab.until('a step cannot be undone');
  // While the step runs, the loop is not held.
  await expect.poll(() => lab.server.heldAt, { timeout: 10_000 }).not.toBeNull();
});

test('a loop that runs is not held by the letters for steps', async () => {
  await using lab = await AppOnScreen.start();
  lab.type(ESC);
  for (const key of 'ehctr') {
    lab.type('z', key);
    await lab.until('the loop runs: Space holds it');
  }
  expect(await progress(lab)).toMatchObject({ heldAt: undefined });
});

test.each(['get foo', 'GET foo', 'set foo', 'unlink foo', 'scan foo', 'zadd foo'])('%j, typed in the panes, appears in the REPL, and nothing else changes', async (line) => {
  await using lab = await AppOnScreen.start();
  await commandsKnown(lab);
  lab.type(ESC, '5');
  const before = await lab.until('Space pause');
  lab.type(...line);
  const after = await lab.until(`> ${line}`);
  expect(after).toContain(' LIVE ');
  expect(lab.server.heldAt).toBeNull();
  const keyspace = (screen: string): string => /5 Keyspace[^─]*/.exec(screen)![0];
  expect(keyspace(after)).toBe(keyspace(before));
  expect(after).toContain('1 Loop');
  lab.type('\x15', ESC, 'u');
  await lab.until('there is nothing to undo');
});

test('a word taken for keys while the loop is held moves it, but does not let it run', async () => {
  await using lab = await AppOnScreen.start();
  await commandsKnown(lab);
  lab.type(ESC, ' ');
  await lab.until(' PAUSED ');
  lab.type('\x1b[1;2D', END, ...'get foo');
  await lab.until('> get foo');
  // The step that the e has begun ends with the next event.
  await using _ = await RespClient.connect(lab.server.port);
  await expect.poll(() => lab.server.heldAt, { timeout: 10_000 }).not.toBeNull();
  await lab.until(' PAUSED ');
});

test('q asks as soon as there is something to lose, and only y leaves', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k v\r');
  await lab.until(/k +string/);
  lab.type(ESC, 'q');
  await lab.until('Leave the lab, with 1 key in it?  y yes  n no');
  for (const key of ['q', ' ', '\r', 'n', ESC]) {
    lab.type(key);
    await lab.until('nothing is changed');
    lab.type('q');
    await lab.until('Leave the lab, with 1 key in it?');
  }
  expect(lab.hasQuit).toBe(false);
  lab.type('y');
  expect(lab.hasQuit).toBe(true);
});

test('q leaves an empty lab at once, also from the history', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k v\rDEL k\r');
  await lab.until('(integer) 1');
  lab.type(ESC, '\x1b[H');
  await lab.until(' HISTORY 1 of ');
  lab.type('q');
  expect(lab.hasQuit).toBe(true);
});

test('a window that is too small asks, too', async () => {
  await using lab = await AppOnScreen.start({ width: 120, height: 40 });
  lab.type('SET k v\r');
  await lab.until(/k +string/);
  lab.resize({ width: 40, height: 10 });
  await lab.until('press q to quit');
  lab.type('q');
  await lab.until('y: yes, any other key: no');
  lab.type('n');
  await lab.until('press q to quit');
  lab.type('q', 'y');
  expect(lab.hasQuit).toBe(true);
});

test('a run holds the loop before the next request of the connection that is selected', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('@a PING\r');
  await lab.until('PONG');
  lab.type(ESC, ' ');
  await lab.until(' PAUSED ');
  lab.type('2', '\x1b[B', '\x1b[B', '\x1b[B', '\x1b[B', 'r');
  await lab.until(/ RUN to the next request of #3 /);
  lab.type('6SET k v\r');
  await lab.until('OK');
  lab.type('@a GET k\r');
  await lab.until((screen) => screen.includes(' PAUSED ') && screen.includes('held before executing GET k'));
  lab.type('run to #2\r');
  await lab.until(/ RUN to the next request of #2 /);
  lab.type('DEL k\r');
  await lab.until((screen) => screen.includes(' PAUSED ') && screen.includes('held before executing DEL k'));
  lab.type('run to nowhere at all\r');
  await lab.until('all is one word too many');
});

test('in an open frame the cursor walks through the tree, and through the bytes', async () => {
  await using lab = await AppOnScreen.start({ width: 200, height: 60 });
  lab.type('slice 20 SET greeting hello\r');
  await lab.until(/< +#2 +1 OK/);
  lab.type(ESC, '4', UP, UP, '\r');
  await lab.until('brought by read of 20 B');
  lab.type('x');
  await lab.until('byte 1 of 38: 0x2a "*", by the 1st of 2 reads');
  lab.type(RIGHT.repeat(28));
  const screen = await lab.until('byte 29 of 38: 0x35 "5", by the 2nd of 2 reads');
  expect(screen).toMatch(/▶ +\$5 "hello"/);
  lab.type('x');
  await lab.until(/x to the bytes/);
  lab.type(ESC);
  await lab.until(/> +#2 +1 SET greeting hello/);
});

test('a scrolled view does not move and counts new rows, until End', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET a 1\rSET b 2\r');
  await lab.until(/b +string/);
  lab.type(ESC, '3', UP);
  await lab.until('3 Readiness · frozen, 0 new, End follows');
  lab.type('6SET c 3\r');
  await lab.until('3 Readiness · frozen, 1 new, End follows');
  lab.type(ESC, END);
  await lab.until((screen) => screen.includes('3 Readiness ─'));
});

test('a page is what the pane shows, less a little', async () => {
  await using lab = await AppOnScreen.start({ width: 80, height: 24 });
  lab.type(`MSET ${Array.from({ length: 40 }, (_, i) => `k${String(i).padStart(2, '0')} 1`).join(' ')}\r`);
  await lab.until('40 keys');
  lab.type(ESC, '5', '\x1b[B', '\x1b[6~');
  // Of the nine rows of the pane in focus, one is its title and one the header of the table.
  await lab.until('▶ k06');
  lab.type('\x1b[6~');
  await lab.until('▶ k12');
});

test('the databases are a ring, and the keys of each are shown', async () => {
  await using lab = await AppOnScreen.start({ width: 120, height: 40 }, { databases: 3 });
  lab.type('SELECT 2\rSET far 1\r');
  await lab.until('[2]>');
  lab.type(ESC, '5', '[');
  await lab.until((screen) => screen.includes('Keyspace · db 2') && /far +string/.test(screen));
  lab.type(']');
  await lab.until('no keys; there are some in db 2');
});

test('a prompt is edited as the line of the REPL is', async () => {
  await using lab = await AppOnScreen.start();
  lab.type(ESC, '4', 'z', '/hello world');
  await lab.until(' filter: hello world');
  lab.type('\x17');
  await lab.until(/ filter: hello +Enter keeps it/);
  lab.type('\x01', 'cmd:get ', '\x1b[C', '\x1b[3~');
  await lab.until(' filter: cmd:get hllo');
  lab.type('\x15');
  await lab.until(/ filter: llo/);
  lab.type('\x0b');
  await lab.until(/ filter: +Enter/);
  lab.type('\x19');
  await lab.until(/ filter: llo +Enter/);
  lab.type('\x7f', '\x7f');
  await lab.until(/ filter: ll +Enter/);
  lab.type('\x15', 'err\r');
  await lab.until(/Frames · \/err/);
});

test('a filter is red while it is invalid, and filters as soon as it is not', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('MSET alpha 1 beta 2\r');
  await lab.until(/beta +string/);
  lab.type(ESC, '5', '/', 'a', '[');
  await lab.until('the class that [ opens is not closed');
  expect(lab.colorOf('a[')).toBe(HUES.unknown.bad);
  lab.type('l]*');
  await lab.until((screen) => /alpha +string/.test(screen) && !/beta +string/.test(screen));
  lab.type('\r');
  await lab.until('/a[l]*');
});

test('a key that was changed flashes in the colour of the connection that did it', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET mine 1\r');
  await lab.until('* mine');
  expect(lab.colorOf('* mine')).toBe(lab.colorOf('#2'));
});

test('typing in the console makes it follow again when the line is sent', async () => {
  await using lab = await AppOnScreen.start({ width: 80, height: 24 });
  lab.type('help lab\r');
  await lab.until('Leaves the lab');
  lab.type('\x1b[5~');
  await lab.until('6 REPL · frozen');
  lab.type('PING\r');
  await lab.until((screen) => screen.includes('PONG') && !screen.includes('6 REPL · frozen'));
});

test('Tab offers keys to a client only while it is in the database that is shown', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET alpha 1\r');
  await lab.until(/alpha +string/);
  lab.type('GET al', '\t');
  await lab.until('> GET alpha');
  lab.type('\x15SELECT 2\r');
  await lab.until('[2]>');
  lab.type('GET al', '\t', 'X');
  await lab.until('> GET alX');
});

test('what is typed in one chunk changes the line, or the prompt, once', async () => {
  await using lab = await AppOnScreen.start();
  const act = vi.spyOn(LabSession.prototype, 'act');
  onTestFinished(() => act.mockRestore());
  const changes = (type: string): number => act.mock.calls.filter(([action]) => action.type === type).length;
  lab.type(`SET k ${'x'.repeat(40_000)} end-of-it`);
  expect(changes('update-console')).toBe(1);
  await lab.until('x end-of-it');
  lab.type(`\x15STRLEN k\rECHO all\rsome\x7fe`);
  await lab.until('"all"');
  await lab.until('> some');
  lab.type(`\x15`, ESC, '5', `/${'y'.repeat(40)}end-of-filter`);
  expect(changes('type-prompt')).toBe(1);
  await lab.until('yend-of-filter');
});

test('v turns the frames into the commands and back, and Enter on a command leads to its frames', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k v\rGET k\rGET k\r');
  await lab.until('"v"');
  lab.type(ESC, '4', 'v');
  await lab.until(/4 Commands · by time[^]*get +2 /);
  lab.type('/get\r', '\r');
  await lab.until('▶get');
  lab.type('\r');
  await lab.until((screen) => /4 Frames · \/cmd:get/.test(screen) && /> +#2 +2 GET k/.test(screen) && !/#2 +1 SET k v/.test(screen));
  lab.type('v');
  await lab.until('4 Commands');
  lab.type('v');
  await lab.until((screen) => /4 Frames · v commands ─/.test(screen) && /#2 +1 SET k v/.test(screen));
});

test('Enter on a token opens its conversation, and Esc closes it', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('SET k v\r');
  await lab.until(/<  #2 +1 OK/);
  lab.type(ESC, '2', '\x1b[B', '\x1b[B', '\x1b[B');
  await lab.until(/▶ *#2/);
  lab.type('\r');
  await lab.until(/#2 .*connected .* ago[^]*[0-9]+ requests?, read [^]*SET k v +OK/);
  lab.type(ESC);
  await lab.until((screen) => !screen.includes(' ago,') && screen.includes('LISTENER'));
});

test('what is typed while a scenario runs is not sent, and Ctrl-C does not end it', async () => {
  await using lab = await AppOnScreen.start();
  lab.type('learn parked\r');
  await lab.until('REPL · parked: predict');
  lab.type('1', 'INCR typed', '\r');
  await lab.until('an experiment is running');
  lab.type('\x03');
  await lab.until('Ctrl-C again leaves the lab');
  await lab.until('REPL · parked: step');
  await lab.until('only the timeout ends the wait');
  await using other = await RespClient.connect(lab.server.port);
  expect(await other.call('EXISTS', 'typed')).toBe(0);
});

test('warnings of the log are in the footer, and in an experiment, whose keys are there, in the transcript', async () => {
  await using lab = await AppOnScreen.start({ width: 80, height: 24 });
  lab.warn('the disk is nearly full');
  await lab.until(/the disk is nearly full.*$/);
  lab.type('learn wouldblock\r');
  await lab.until(/1-3 .*Esc leave it/);
  lab.warn('the log cannot be written');
  const rows = (await lab.until('the log cannot be written')).split('\n');
  expect(rows.at(-1)).toMatch(/1-3 .*Esc leave it.*F1 help/);
});
