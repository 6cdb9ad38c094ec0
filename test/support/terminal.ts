/**
 * A real terminal for tests: a program in a pseudo-terminal, and an emulator that reads back what a user would see, cell by cell.
 */
import pty, { type IPty } from '@lydell/node-pty';
import xterm, { type Terminal as Emulator } from '@xterm/headless';

export interface TerminalOptions {
  readonly columns?: number;
  readonly rows?: number;
  readonly env?: { readonly [name: string]: string | undefined };
  readonly cwd?: string;
}

/** How long {@link TestTerminal.until} waits before it fails; with what the screen shows. */
const PATIENCE_MS = 30_000;

/** An application program command, which terminals ignore. It is not part of {@link TestTerminal.raw}. */
const ENDED = '\x1b_ended\x1b\\';

/**
 * The last commands of a shell that is the program: it ends when everything has been read. When the leader of a terminal's session ends, Linux discards what has
 * been written to the terminal and nobody has read yet.
 */
export const UNTIL_READ = `printf '\\033_ended\\033\\\\'; read -r _`;

export class TestTerminal {
  /** Everything the program has written. */
  raw = '';
  exitCode: number | null = null;
  /** The number of the signal that has ended the program; 0: none. */
  exitSignal = 0;
  readonly exited: Promise<number>;
  private readonly child: IPty;
  private readonly emulator: Emulator;
  private readonly listeners = new Set<() => void>();

  constructor(file: string, args: readonly string[], { columns = 120, rows = 40, env = {}, cwd = process.cwd() }: TerminalOptions = {}) {
    this.emulator = new xterm.Terminal({ cols: columns, rows, allowProposedApi: true });
    const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...inherited } = process.env;
    this.child = pty.spawn(file, [...args], { cols: columns, rows, cwd, name: env.TERM ?? 'xterm-256color', env: { ...inherited, TERM: 'xterm-256color', ...env } as { [name: string]: string } });
    this.child.onData((data) => {
      this.raw += data;
      if (this.raw.includes(ENDED, this.raw.length - data.length - ENDED.length)) {
        this.raw = this.raw.replace(ENDED, '');
        this.child.write('\n');
      }
      this.emulator.write(data, () => this.changed());
    });
    this.exited = new Promise((resolve) => {
      this.child.onExit(({ exitCode, signal = 0 }) => {
        this.exitSignal = signal;
        // What it has written last is on the screen by then.
        this.emulator.write('', () => {
          this.exitCode = exitCode;
          resolve(exitCode);
          this.changed();
        });
      });
    });
  }

  get pid(): number {
    return this.child.pid;
  }

  get size(): { readonly columns: number; readonly rows: number } {
    return { columns: this.emulator.cols, rows: this.emulator.rows };
  }

  /** Keys as the terminal sends them; bytes if it is none of UTF-8. */
  type(text: string | Buffer): void {
    // Its declaration does not know of bytes.
    this.child.write(text as string);
  }

  resize(columns: number, rows: number): void {
    this.emulator.resize(columns, rows);
    this.child.resize(columns, rows);
  }

  signal(signal: NodeJS.Signals): void {
    process.kill(this.child.pid, signal);
  }

  /** The rows of the screen, without spaces at their ends. */
  rows(): string[] {
    const buffer = this.emulator.buffer.active;
    return Array.from({ length: this.emulator.rows }, (_, y) => buffer.getLine(buffer.baseY + y)?.translateToString(true) ?? '');
  }

  screen(): string {
    return this.rows().join('\n');
  }

  /** The text in the cells of one row from column `left` to before column `right`. */
  cells(row: number, left: number, right: number): string {
    const buffer = this.emulator.buffer.active;
    return buffer.getLine(buffer.baseY + row)?.translateToString(false, left, right) ?? '';
  }

  get isOnAlternateScreen(): boolean {
    return this.emulator.buffer.active.type === 'alternate';
  }

  get cursor(): { readonly row: number; readonly column: number; readonly isVisible: boolean } {
    const { cursorX, cursorY } = this.emulator.buffer.active;
    return { row: cursorY, column: cursorX, isVisible: this.raw.lastIndexOf('\x1b[?25h') > this.raw.lastIndexOf('\x1b[?25l') };
  }

  get modes(): Emulator['modes'] {
    return this.emulator.modes;
  }

  /** Whether text written now would be without colours and other attributes. */
  async isPlain(): Promise<boolean> {
    await new Promise<void>((resolve) => this.emulator.write('\r\nx', resolve));
    const { active } = this.emulator.buffer;
    return active.getLine(active.baseY + active.cursorY)!.getCell(0)!.isAttributeDefault();
  }

  /** Resolves with the screen once it shows the text, or something that passes. */
  async until(expected: string | RegExp | ((screen: string) => boolean), patienceMs = PATIENCE_MS): Promise<string> {
    const passes = (screen: string): boolean => (typeof expected === 'function' ? expected(screen) : typeof expected === 'string' ? screen.includes(expected) : expected.test(screen));
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const screen = this.screen();
      // In the middle of a frame some of its rows are still those of the one before.
      if (!this.emulator.modes.synchronizedOutputMode && passes(screen)) return screen;
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) throw new Error(`waited in vain for ${String(expected)}; the screen shows\n${screen}`);
      await this.nextChange(leftMs);
    }
  }

  /** Nobody looks at the terminal any more: it takes what its buffer has room for, and nothing else. */
  stopReading(): void {
    this.child.pause();
  }

  /** Closes the window: the terminal is gone for the program. */
  hangUp(): void {
    (this.child as IPty & { destroy(): void }).destroy();
  }

  close(): void {
    if (this.exitCode === null) this.child.kill('SIGKILL');
    this.emulator.dispose();
  }

  private nextChange(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.listeners.delete(done);
        resolve();
      };
      const timer = setTimeout(done, timeoutMs);
      this.listeners.add(done);
    });
  }

  private changed(): void {
    this.listeners.forEach((listener) => listener());
  }
}
