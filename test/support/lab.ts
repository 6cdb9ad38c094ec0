/**
 * The lab in a pseudo-terminal: the built program, its screen read back pane by pane, and clients beside it.
 *
 *     const lab = await startLab();
 *     lab.type('SET k 1\r');
 *     await lab.until(() => lab.pane('keyspace').some((row) => row.includes('k')));
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import type { PaneId } from '../../src/tui/state/pane-id.js';
import { insideOf, layoutOf } from '../../src/tui/view/layout.js';
import { RespClient } from './resp-client.js';
import { TestTerminal, UNTIL_READ, type TerminalOptions } from './terminal.js';

export const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;

export const KEYS = { escape: '\x1b', up: '\x1b[A', down: '\x1b[B', right: '\x1b[C', left: '\x1b[D', home: '\x1b[H', end: '\x1b[F', pageUp: '\x1b[5~', pageDown: '\x1b[6~', enter: '\r', ctrlC: '\x03', ctrlZ: '\x1a' } as const;

export interface LabOptions extends TerminalOptions {
  /** Flags of the lab; by default a free port. */
  readonly args?: readonly string[];
  /** The program; by default the built one. */
  readonly main?: string;
  /** Flags of Node before the program. */
  readonly node?: readonly string[];
  /** Started by a shell, which says with `stty -a` how it finds the terminal afterwards, and ends with the lab's exit code. */
  readonly inShell?: boolean;
}

/** The lab has the number of the inner one. */
const SHELL = ['sh', '-c', `sh -c 'echo $$ >"$PID_FILE"; exec "$@"' lab "$@"; code=$?; stty -a; ${UNTIL_READ}; exit $code`, 'lab'];

export class Lab {
  private knownPort: number | null = null;
  readonly terminal: TestTerminal;
  private readonly home = mkdtempSync(join(tmpdir(), 'redis-lab-home-'));
  private readonly pidFile = join(this.home, 'pid');
  private readonly clients: RespClient[] = [];
  private readonly inShell: boolean;

  constructor({ args = ['--port', '0'], main = MAIN, node = [], inShell = false, ...options }: LabOptions = {}) {
    this.inShell = inShell;
    const [file, ...rest] = [...(inShell ? SHELL : []), process.execPath, ...node, main, ...args];
    this.terminal = new TestTerminal(file!, rest, { ...options, env: { HOME: this.home, XDG_STATE_HOME: this.home, PID_FILE: this.pidFile, ...options.env } });
  }

  /** Of the lab itself. */
  get pid(): number {
    return this.inShell ? Number(readFileSync(this.pidFile, 'utf8')) : this.terminal.pid;
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.pid, signal);
  }

  /** Resolves when the console is connected. */
  async ready(): Promise<this> {
    await this.until(() => this.port !== null);
    return this;
  }

  /** As the console's prompt has said it first; null until then. In a narrow pane the prompt is nothing else, and while a line waits for its reply there is none. */
  get port(): number | null {
    const prompt = /\b(\d{4,5})>/.exec(this.screen);
    this.knownPort ??= prompt === null ? null : Number(prompt[1]);
    return this.knownPort;
  }

  /** Resolves when the lab has ended. */
  get exitCode(): Promise<number> {
    return this.terminal.exited;
  }

  type(text: string): void {
    this.terminal.type(text);
  }

  /** Resolves with the screen once it is as expected. */
  until(expected: string | RegExp | (() => boolean)): Promise<string> {
    return this.terminal.until(expected);
  }

  get screen(): string {
    return this.terminal.screen();
  }

  get header(): string {
    return this.terminal.rows().slice(0, 2).join('\n');
  }

  get footer(): string {
    return this.terminal.rows().at(-1)!;
  }

  /** The rows inside a pane, on a screen that is large enough for all of them, or where this one is zoomed. */
  pane(id: PaneId, isZoomed = false): string[] {
    const { columns, rows: height } = this.terminal.size;
    const layout = layoutOf({ width: columns, height }, { focus: id, isZoomed })!;
    const place = layout.places.find(({ pane }) => pane === id)!;
    const { width, height: rows } = insideOf(place, layout.frame);
    const left = place.x + (layout.frame === 'box' ? 1 : 0);
    return Array.from({ length: rows }, (_, y) => this.terminal.cells(place.y + 1 + y, left, left + width).trimEnd());
  }

  /** Rows of the screen on which a vertical border is not below the corner that it begins at. */
  bentRows(): string[] {
    const { columns, rows: height } = this.terminal.size;
    const cell = (row: number, column: number): string => this.terminal.cells(row, column, column + 1);
    const bent = new Set<string>();
    for (const [y, row] of this.terminal.rows().entries()) {
      if (!/[╭╮]/.test(row)) continue;
      for (let x = 0; x < columns; x++) {
        if (!/[╭╮]/.test(cell(y, x))) continue;
        // What lies over a pane has borders of its own.
        for (let below = y + 1; below < height && !/[╰╯╭╮─]/.test(cell(below, x)); below++) if (cell(below, x) !== '│') bent.add(this.terminal.rows()[below]!);
      }
    }
    return [...bent];
  }

  /** From the REPL, where letters type, to the panes. */
  async toPanes(): Promise<void> {
    this.type(KEYS.escape);
    await this.until('Space pause');
  }

  /** From the panes to the REPL. */
  async toConsole(): Promise<void> {
    this.type('6');
    await this.until('Enter send');
  }

  async pause(): Promise<void> {
    this.type(' ');
    await this.until(() => this.header.includes('PAUSED'));
  }

  async resume(): Promise<void> {
    this.type(' ');
    await this.until(() => this.header.includes('LIVE'));
  }

  /** Runs a line in the console, which has the focus. */
  async run(line: string, expected: string | RegExp): Promise<void> {
    this.type(`${line}\r`);
    await this.until(expected);
  }

  async connect(): Promise<RespClient> {
    const client = await RespClient.connect(this.port!);
    this.clients.push(client);
    return client;
  }

  close(): void {
    for (const client of this.clients) client.socket.destroy();
    // The shell alone would leave behind a lab that hangs.
    if (this.terminal.exitCode === null && this.inShell && existsSync(this.pidFile)) this.signal('SIGKILL');
    this.terminal.close();
    rmSync(this.home, { recursive: true, force: true });
  }
}

/** A lab for one test, ready to be typed into, or showing something else. */
export async function startLab({ until, ...options }: LabOptions & { readonly until?: string } = {}): Promise<Lab> {
  const lab = launchLab(options);
  await (until === undefined ? lab.ready() : lab.until(until));
  return lab;
}

/** The same, before it shows anything. */
export function launchLab(options: LabOptions = {}): Lab {
  const lab = new Lab(options);
  onTestFinished(() => lab.close());
  return lab;
}

/** Ends with this code, and everything that the lab has done to the terminal is undone. @param lab started in a shell */
export async function expectLeft(lab: Lab, code = 0): Promise<void> {
  expect(await lab.exitCode).toBe(code);
  const { terminal } = lab;
  expect(terminal.isOnAlternateScreen).toBe(false);
  expect(terminal.cursor.isVisible).toBe(true);
  const { bracketedPasteMode, mouseTrackingMode, wraparoundMode, applicationCursorKeysMode, synchronizedOutputMode } = terminal.modes;
  expect({ bracketedPasteMode, mouseTrackingMode, wraparoundMode, applicationCursorKeysMode, synchronizedOutputMode }).toEqual({
    bracketedPasteMode: false, mouseTrackingMode: 'none', wraparoundMode: true, applicationCursorKeysMode: false, synchronizedOutputMode: false,
  });
  expect(lab.screen.split(/[\s;]+/)).toEqual(expect.arrayContaining(['icanon', 'isig', 'echo', 'icrnl', 'opost']));
  expect(await terminal.isPlain()).toBe(true);
}
