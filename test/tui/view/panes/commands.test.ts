import { expect, test } from 'vitest';
import type { CommandSnapshot, Snapshot } from '../../../../src/server/index.js';
import { commandsPane } from '../../../../src/tui/view/panes/commands.js';
import { framesPane } from '../../../../src/tui/view/panes/frames.js';
import { width } from '../../../../src/tui/view/text.js';
import { durationStyle } from '../../../../src/tui/view/theme.js';
import { dropped } from '../../happened.js';
import { COLORED, stage, type Scene } from '../../scene.js';

/** The server's figures of these commands, in a moment. */
function count(scene: Scene, ...commands: readonly CommandSnapshot[]): void {
  scene.look();
  const last = scene.entries.at(-1)!;
  scene.take({ type: 'snapshot', snapshot: { ...(last as { snapshot: Snapshot }).snapshot, commands } });
}

const SLOW: CommandSnapshot = { name: 'sort', calls: 2, elapsedUs: 21_000, times: { p50Us: 7000, p99Us: 14_000, maxUs: 14_000 } };
const FAST: CommandSnapshot = { name: 'get', calls: 44_012, elapsedUs: 98_000.5, times: { p50Us: 1.983, p99Us: 9, maxUs: 80 } };
const RARE: CommandSnapshot = { name: 'config|get', calls: 1, elapsedUs: 31, times: null };

function threeCommands(): Scene {
  const scene = stage();
  const [one, two] = [scene.connect(), scene.connect()];
  one.ask('GET', 'k');
  one.ask('GET', 'k');
  two.ask('GET', 'k');
  two.ask('SORT', 'list');
  two.ask('SORT', 'list');
  two.ask('CONFIG', 'GET', 'port');
  count(scene, SLOW, FAST, RARE);
  return scene;
}

test('each command has its calls and times as the server counts them, and bytes and callers from the trace, with a + where that is a part', () => {
  using scene = threeCommands();
  expect(scene.picture(commandsPane, { width: 104, height: 5 })).toBe(`
 command          calls     p50     p99     max    time       in      out by
 get             44,012    2 µs    9 µs   80 µs 98.0 ms    60 B+    15 B+ #2 2+, #3 1+
 sort                 2    7 ms   14 ms   14 ms   21 ms     48 B      8 B #3 2
 config|get           1                           31 µs     35 B     24 B #3 1
`);
});

test('in a narrow pane calls and times stay', () => {
  using scene = threeCommands();
  expect(scene.picture(commandsPane, { width: 41, height: 3 })).toBe(`
 command    calls     p50     p99     max
 get       44,012    2 µs    9 µs   80 µs
 sort           2    7 ms   14 ms   14 ms
`);
  for (const columns of [8, 20, 41, 66, 138]) expect(scene.draw(commandsPane, { width: columns, height: 6 }).map(width)).toEqual(new Array(6).fill(columns));
});

test.for([
  ['', ['get', 'sort', 'config|get']],
  ['calls', ['get', 'sort', 'config|get']],
  ['p99', ['sort', 'get', 'config|get']],
  ['max', ['sort', 'get', 'config|get']],
  ['name', ['config|get', 'get', 'sort']],
] as const)('sorted by %s', ([sort, expected]) => {
  using scene = threeCommands();
  scene.set('frames', { sort });
  expect(commandsPane.rows!(scene.state)).toEqual(expected);
});

test('slow times are highlighted', () => {
  using scene = threeCommands();
  const [, fast, slow] = scene.draw(commandsPane, { width: 104, height: 5 }, COLORED, false);
  expect(slow).toContain(durationStyle(14_000, COLORED)('  14 ms'));
  expect(fast).toContain(durationStyle(80, COLORED)('  80 µs'));
});

test('Enter shows the frames of the selected command, of a subcommand with both words', () => {
  using scene = threeCommands();
  scene.set('frames', { selected: 'config|get' });
  expect(commandsPane.entered!(scene.state)).toEqual({ type: 'turn', face: '', filter: 'cmd:config get' });
});

test('a filter leaves the commands whose names have its words', () => {
  using scene = threeCommands();
  scene.set('frames', { filter: 'GET' });
  expect(commandsPane.rows!(scene.state)).toEqual(['get', 'config|get']);
  expect(commandsPane.badge(scene.state, 40)).toBe('by time /GET');
});

test('without the figures of the server those of the trace are shown, without percentiles', () => {
  using scene = stage();
  scene.connect().ask('GET', 'k');
  scene.take(dropped(1, 100));
  expect(scene.draw(commandsPane, { width: 66, height: 2 })[1]).toMatch(/^ get +1 +0 µs/);
  expect(scene.draw(commandsPane, { width: 66, height: 2 })[1]).not.toContain('+');
});

test('before the first call it shows that there are none', () => {
  using scene = stage();
  expect(scene.picture(commandsPane, { width: 66, height: 4 })).toContain('no command yet');
});

test('fractions of a microsecond are not shown', () => {
  using scene = stage();
  count(scene, { name: 'ping', calls: 3, elapsedUs: 0.9, times: { p50Us: 0.1, p99Us: 0.2, maxUs: 0.255 } });
  expect(scene.draw(commandsPane, { width: 41, height: 2 })[1]).toMatch(/ping +3 +<1 µs +<1 µs +<1 µs$/);
});

test('the title shows which key switches the view, if focused', () => {
  using scene = threeCommands();
  scene.setUi({ focus: 'frames' });
  expect([commandsPane.badge(scene.state, 40), framesPane.badge(scene.state, 40)]).toEqual(['by time, v frames', 'v commands']);
  scene.setUi({ focus: 'repl' });
  expect([commandsPane.badge(scene.state, 40), framesPane.badge(scene.state, 40)]).toEqual(['by time', '']);
});
