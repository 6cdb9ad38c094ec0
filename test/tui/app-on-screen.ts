/**
 * The app in front of a real lab, and an emulated terminal that reads back what it has drawn: keys go in, and the test waits for what stands on the screen, never for time.
 */
import xterm from '@xterm/headless';
import { createServer, type RedisLabServer, type ServerOptions } from 'redis-lab';
import { App } from '../../src/tui/app.js';
import { KeyDecoder } from '../../src/tui/terminal/decoder.js';
import type { Size } from '../../src/tui/view/pane.js';
import { createTheme } from '../../src/tui/view/theme.js';

/** How long {@link AppOnScreen.until} waits before it fails; with what the screen shows. */
const PATIENCE_MS = 50_000;

/** As in the lab. */
const HISTORY_BYTES = 2 ** 26;

export class AppOnScreen implements AsyncDisposable {
  hasQuit = false;
  private readonly app: App;
  private readonly emulator: xterm.Terminal;
  private readonly decoder = new KeyDecoder();
  private readonly watchers = new Set<() => void>();
  private failure: unknown = null;

  private constructor(
    readonly server: RedisLabServer,
    { width, height }: Size,
  ) {
    this.emulator = new xterm.Terminal({ cols: width, rows: height, allowProposedApi: true });
    const { addresses, poller, pollerFallback } = server;
    this.app = new App({
      server,
      info: { addresses, poller, pollerFallback, edgeTriggered: false, wantedPort: null, version: 'test' },
      password: '',
      theme: createTheme({ palette: 'color', ascii: false }),
      size: { width, height },
      recolor: (row) => row,
      output: (text) => this.emulator.write(text, () => this.changed()),
      quit: () => {
        this.hasQuit = true;
      },
      suspend: () => {},
      fail: (error) => {
        this.failure = error;
        this.changed();
      },
    });
  }

  static async start(size: Size = { width: 120, height: 40 }, settings: ServerOptions = {}): Promise<AppOnScreen> {
    process.env.REDIS_LAB_HISTFILE = '';
    const screen = new AppOnScreen(await createServer({ port: 0, history: HISTORY_BYTES, ...settings }), size);
    await screen.app.start();
    await screen.until(`${screen.server.port}>`);
    return screen;
  }

  /** Keys as a terminal sends them; between two parts is a moment, so that Esc is no beginning of what follows. */
  type(...parts: readonly string[]): void {
    for (const part of parts) this.app.press([...this.decoder.push(part, 0), ...this.decoder.flush(0)]);
  }

  /** What the log warns of. */
  warn(text: string): void {
    this.app.warn(text);
  }

  resize({ width, height }: Size): void {
    this.emulator.reset();
    this.emulator.resize(width, height);
    this.app.resize({ width, height });
  }

  /** The rows as a user sees them. */
  get text(): string {
    return Array.from({ length: this.emulator.rows }, (_, y) => this.emulator.buffer.active.getLine(y)?.translateToString(true) ?? '').join('\n');
  }

  /** Foreground colour of the first cell of a text on the screen, as an index of the palette; null if it is not there. */
  colorOf(wanted: string): number | null {
    const lines = this.text.split('\n');
    const y = lines.findIndex((line) => line.includes(wanted));
    return y === -1 ? null : (this.emulator.buffer.active.getLine(y)!.getCell(lines[y]!.indexOf(wanted))?.getFgColor() ?? null);
  }

  /** Resolves with the screen as soon as it says so. */
  until(wanted: string | RegExp | ((text: string) => boolean)): Promise<string> {
    const isSo = (text: string): boolean => (typeof wanted === 'string' ? text.includes(wanted) : wanted instanceof RegExp ? wanted.test(text) : wanted(text));
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => reject(new Error(`${String(wanted)} is not on the screen:\n${this.text}`)), PATIENCE_MS);
      const check = (): void => {
        const { text } = this;
        if (this.failure === null && !isSo(text)) return;
        clearTimeout(patience);
        this.watchers.delete(check);
        if (this.failure === null) resolve(text);
        else reject(this.failure);
      };
      this.watchers.add(check);
      check();
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.app.stop();
    await this.server.close();
    this.emulator.dispose();
  }

  private changed(): void {
    for (const check of this.watchers) check();
  }
}
