/**
 * The screen of the engine of threads, instead of the lab's: there is no loop to show, hold or step.
 */
import type { ReadStream, WriteStream } from 'node:tty';
import { formatAddress, type ThreadsServer } from '../../server/index.js';
import type { Language } from '../../shared/language.js';
import { escapeBytes } from '../escape.js';
import { toBytes } from '../state/typed-text.js';
import { describeFailure } from '../failure.js';
import { type ColorDepth, inBasicColors } from '../terminal/color-depth.js';
import { type Key, spell } from '../terminal/key.js';
import { tell } from '../terminal/patient-output.js';
import { FrameSink } from '../terminal/sink.js';
import { Terminal } from '../terminal/terminal.js';
import { backgroundOf, type Background } from '../view/hues.js';
import { createTheme, type Theme } from '../view/theme.js';
import { LaneClients } from './clients.js';
import { Samples } from './samples.js';
import { drawLanes, noKeyText } from './view.js';

const SAMPLE_MS = 50;
/** Frames, and readings of the kernel's counters, in samples. */
const FRAME_SAMPLES = 2;
const COUNT_SAMPLES = 10;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface LanesOptions {
  readonly input: ReadStream;
  readonly output: WriteStream & { readonly fd: number };
  readonly colors: ColorDepth;
  readonly ascii: boolean;
  /** Null: as the terminal says. */
  readonly background: Background | null;
  readonly language: Language;
  /** Calls back with each warning. */
  readonly warnings: { listen(say: (text: string) => void): void };
}

/** Resolves with the exit code when the user has quit, or the server has ended; the terminal is restored by then. */
export function showLanes(server: ThreadsServer, options: LanesOptions): Promise<number> {
  return new Promise((resolve) => {
    let hasEnded = false;
    const end = (code: number, message = ''): void => {
      if (hasEnded) return;
      hasEnded = true;
      screen.close();
      if (terminal.leave() && message !== '') tell(process.stderr, `${message}\n`);
      resolve(code);
    };
    const terminal = new Terminal(options.input, options.output, {
      keys: (keys) => keys.forEach((key) => screen.press(key)),
      resize: (width, height) => screen.resize(width, height),
      caughtUp: () => screen.caughtUp(),
      hangup: () => end(0),
    }, true);
    const screen = new LanesScreen(server, options, terminal, () => end(0));
    process.on('exit', () => terminal.leave());
    process.on('uncaughtException', (error) => end(1, describeFailure(error)));
    for (const signal of SIGNALS) process.on(signal, () => (hasEnded ? process.exit(0) : end(0)));
    terminal.enter();
    server.closed.then(() => end(0), (error: unknown) => end(1, describeFailure(error)));
    options.warnings.listen((text) => screen.say(text));
    screen.start();
  });
}

class LanesScreen {
  private readonly sink: FrameSink;
  private readonly theme: Theme;
  private readonly samples = new Samples();
  private readonly clients: LaneClients;
  private readonly address: string;
  private timer: NodeJS.Timeout | null = null;
  private taken = 0;
  private notice = '';
  private isHelpOpen = false;

  constructor(
    private readonly server: ThreadsServer,
    private readonly options: LanesOptions,
    terminal: Terminal,
    private readonly quit: () => void,
  ) {
    const { colors, ascii, background } = options;
    this.theme = createTheme({
      palette: colors === 'none' ? 'monochrome' : 'color', ascii, background: background ?? backgroundOf(process.env.COLORFGBG), isPresenting: false,
    });
    this.sink = new FrameSink(terminal.columns, terminal.rows, terminal.write, colors === 'basic' ? inBasicColors : (row) => row);
    this.clients = new LaneClients(server.port);
    this.address = formatAddress(server.addresses[0]!);
  }

  start(): void {
    this.timer = setInterval(() => this.sample(), SAMPLE_MS);
    this.draw();
  }

  press(key: Key): void {
    this.notice = '';
    switch (spell(key)) {
      case '+':
        return this.clients.addSilent();
      case '-':
        return this.clients.removeSilent();
      case 'l':
        return this.clients.toggleLoad();
      case '?':
      case 'f1':
        return this.toggleHelp(!this.isHelpOpen);
      case 'escape':
        return this.toggleHelp(false);
      case 'q':
      case 'ctrl+c':
      case 'ctrl+d':
        return this.quit();
      default:
        if (key.text !== '') this.notice = noKeyText(this.theme.typed(toBytes(key.text)), this.options.language);
    }
  }

  private toggleHelp(isOpen: boolean): void {
    this.isHelpOpen = isOpen;
    this.draw();
  }

  resize(columns: number, rows: number): void {
    this.sink.reset(columns, rows);
    this.draw();
  }

  caughtUp(): void {
    this.sink.caughtUp();
  }

  /** @param text a byte string */
  say(text: string): void {
    this.notice = escapeBytes(text);
  }

  close(): void {
    if (this.timer !== null) clearInterval(this.timer);
    this.clients.close();
    this.sink.release();
  }

  private sample(): void {
    const views = this.server.view();
    this.samples.take(views);
    this.taken++;
    if (this.taken % COUNT_SAMPLES === 0) this.samples.count(views);
    if (this.taken % FRAME_SAMPLES === 0) this.draw();
  }

  private draw(): void {
    const { sink, server, theme, options } = this;
    const view = {
      address: this.address, lanes: this.samples.of(server.view()), lock: server.lock, residentBytes: process.memoryUsage.rss(),
      notice: this.notice, isHelpOpen: this.isHelpOpen,
    };
    sink.write(drawLanes(view, { width: sink.columns, height: sink.rows }, theme, options.language).join('\n'));
  }
}
