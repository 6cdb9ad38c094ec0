/**
 * Sizes: a layout for each, nothing cut off, and no size that breaks anything, whatever is open.
 */
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { KEYS, Lab, MAIN, startLab } from '../../support/lab.js';
import { TestTerminal } from '../../support/terminal.js';

// eslint-disable-next-line no-control-regex
const CURSOR_TO = /\x1b\[(\d+);(\d+)H/g;

const TITLES = ['1 Loop', '2 Tokens', '3 Readiness', '4 Frames', '5 Keyspace', '6 REPL'];

function expectWhole(lab: Lab): void {
  const { columns, rows } = lab.terminal.size;
  expect(lab.terminal.rows()).toHaveLength(rows);
  for (const title of TITLES) expect(lab.screen).toContain(title);
  const header = lab.terminal.rows().slice(0, columns < 120 ? 1 : 2).join(' ');
  for (const part of ['redis-lab', `127.0.0.1:${lab.port}`, 'epoll', '1 connection', 'cmd/s', 'turn ']) expect(header).toContain(part);
  expect(header).not.toContain('…');
  expect(lab.bentRows()).toEqual([]);
}

test.each([
  [80, 24],
  [120, 40],
  [200, 60],
])('started at %i×%i, every pane has its title, and the header is whole', async (columns, rows) => {
  const lab = await startLab({ columns, rows });
  lab.type('PING\r');
  await lab.until(() => lab.screen.includes('PONG') && TITLES.every((title) => lab.screen.includes(title)));
  expectWhole(lab);
});

test.each([
  [59, 15, 'The lab needs 60x16'],
  [10, 3, 'The lab n…'],
  [1, 1, '…'],
])('started at %i×%i it waits for more, and is left with q', async (columns, rows, said) => {
  const lab = await startLab({ columns, rows, until: said });
  lab.terminal.resize(80, 24);
  await lab.ready();
  lab.terminal.resize(columns, rows);
  await lab.until(() => lab.screen.startsWith(said));
  lab.type('q');
  expect(await lab.exitCode).toBe(0);
});

test.each([
  [65_535, 50],
  [5000, 5000],
])('a terminal that reports %i×%i is used up to the maximum size, and the lab keeps working', async (columns, rows) => {
  // The emulator is smaller: only the kernel is told.
  const terminal = new TestTerminal('sh', ['-c', `stty cols ${columns} rows ${rows}; exec "$@"`, 'sh', process.execPath, MAIN, '--port', '0'], { columns: 200, rows: 60, env: { REDIS_LAB_HISTFILE: '' } });
  onTestFinished(() => terminal.close());
  await terminal.until('127.0.0.1:');
  terminal.type('ECHO not-too-far\r');
  const isEchoed = (): boolean => terminal.raw.includes('"not-too-far"');
  await terminal.until(isEchoed);
  expect(Math.max(...[...terminal.raw.matchAll(CURSOR_TO)].flatMap(([, row, column]) => [Number(row), Number(column)]))).toBeLessThanOrEqual(1000);
  terminal.type(KEYS.ctrlC + KEYS.ctrlC);
  expect(await terminal.exited).toBe(0);
});

describe('resized', () => {
  let lab: Lab;

  beforeAll(async () => {
    lab = await new Lab({ columns: 120, rows: 40 }).ready();
    await lab.run('SET greeting hello', /greeting +string/);
    await lab.toPanes();
    // Nothing but sizes and keys changes the screen from here on.
    await lab.pause();
  });
  afterAll(() => lab.close());
  beforeEach(async () => {
    await resize(120, 40);
  });

  /** Resolves when the screen has been drawn for the size. */
  async function resize(columns: number, rows: number): Promise<void> {
    const { terminal } = lab;
    if (terminal.size.columns === columns && terminal.size.rows === rows) return;
    const before = terminal.raw.length;
    terminal.resize(columns, rows);
    // The screen is wiped, and then a frame is written.
    await lab.until(() => terminal.raw.lastIndexOf('\x1b[2J') >= before && terminal.raw.lastIndexOf('\x1b[?2026l') > terminal.raw.lastIndexOf('\x1b[2J'));
  }

  test('live, each size has its layout', async () => {
    for (const [columns, rows] of [[80, 24], [200, 60], [60, 16], [119, 39], [300, 100], [120, 40]] as const) {
      await resize(columns, rows);
      if (columns >= 80) expectWhole(lab);
      for (const title of TITLES) expect(lab.screen).toContain(title);
    }
    await resize(59, 15);
    expect(lab.screen).toContain('The lab needs 60x16');
    expect(lab.screen).toContain('this is 59x15');
    await resize(59, 40);
    expect(lab.screen).toContain('this is 59x40');
  });

  test.each<[string, string, string, string]>([
    ['while paused', '', 'PAUSED', ''],
    ['in the help', '?', 'Help: ', KEYS.escape],
    ['in an open frame', `4${KEYS.up}${KEYS.enter}`, 'Esc close', KEYS.escape],
    ['in an open value', `5${KEYS.down}${KEYS.enter}`, 'greeting: string', KEYS.escape],
    ['in a zoomed pane', '3z', '3 Readiness', 'z'],
    ['while a breakpoint is typed', 'bDEL', 'stop at: DEL', KEYS.escape],
    ['in the past', `1${KEYS.left}`, ', event ', KEYS.end],
  ])('%s, the screen comes back as it was from every size', async (_, keys, shown, back) => {
    lab.type(keys);
    await lab.until(shown);
    await resize(121, 40);
    await resize(120, 40);
    const before = lab.screen;
    for (const [columns, rows] of [[59, 15], [10, 3], [1, 1], [80, 24], [200, 60], [120, 40]] as const) await resize(columns, rows);
    expect(lab.screen).toBe(before);
    lab.type(back);
    await lab.until(() => back === '' || !lab.screen.includes(shown) || back === 'z');
  });

  test('many times at once, the last one counts', async () => {
    for (let i = 0; i < 50; i++) lab.terminal.resize(60 + ((i * 37) % 150), 16 + ((i * 13) % 50));
    lab.terminal.resize(120, 40);
    // Frames of the sizes before may still be on their way: only at 120 columns the address has a line of its own.
    await lab.until(() => lab.terminal.rows()[1]!.includes('127.0.0.1') && lab.terminal.rows()[39]!.includes('Space pause') && lab.port !== null && lab.bentRows().length === 0);
    expectWhole(lab);
  });
});
