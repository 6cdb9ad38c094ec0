/**
 * The door of the lab: puts a running server on a terminal until it is left, as a screen or in lines.
 *
 * Ink decides about its colours when it is loaded, so that is prepared before.
 */
import { constants } from 'node:os';
import type { ReadStream, WriteStream } from 'node:tty';
import type { ProgramWatch } from '../program/index.js';
import type { RedisLabServer } from '../server/index.js';
import type { App } from './app.js';
import { describeFailure } from './failure.js';
import { Forks, type OwnOptions } from './forks.js';
import { isFirstStart, rememberFirstStart } from './learn/first-start.js';
import type { Experiment } from './state/learn/experiment.js';
import { languageOf, type Language } from '../shared/language.js';
import type { NarrationOptions } from './narration/index.js';
import type { ServerInfo } from './state/state.js';
import { inBasicColors, type ColorDepth } from './terminal/color-depth.js';
import { patientOutput, tell } from './terminal/patient-output.js';
import { Terminal } from './terminal/terminal.js';
import { backgroundOf, type Background } from './view/hues.js';
import { createTheme } from './view/theme.js';

/** What is to be said besides what the loop does: byte strings, of a log that cannot be written for one. */
export interface Warnings {
  /** Calls `tell` with what there is to say so far, and with what comes. */
  listen(tell: (text: string) => void): void;
}

export { languageOf };
export { colorDepthOf } from './terminal/color-depth.js';

export interface LabOptions {
  readonly info: ServerInfo;
  /** What the server asks of its clients, for the console to give; empty: nothing. */
  readonly password: string;
  readonly input: ReadStream;
  readonly output: WriteStream & { readonly fd: number };
  readonly colors: ColorDepth;
  readonly ascii: boolean;
  /** Null: what the terminal says of it counts. */
  readonly background: Background | null;
  readonly warnings: Warnings;
  /** Of the texts that lead through the lab. */
  readonly language: Language;
  /** The first minute: `first` unless this user has seen it before. */
  readonly lead: 'first' | 'never';
  /** Opened at the start, unless the first minute comes first; null: none. */
  readonly experiment: Experiment | 'list' | null;
  /** For a projector: strong contrast, and only the panes that matter. */
  readonly isPresenting: boolean;
  /** The command after which the past is shown from the start on, by its number; null: now is shown. */
  readonly showsCommand: number | null;
  /** The server is a learner's own program; left out: it is the lab's own. */
  readonly program?: ProgramWatch;
}

/** Loads what draws; to be called while the server starts. */
export async function loadScreen(colors: ColorDepth): Promise<typeof import('./app.js')> {
  // Where there are few the sink reduces them, the theme's and Ink's alike.
  process.env.FORCE_COLOR = colors === 'none' ? '0' : '2';
  const app = await import('./app.js');
  await app.layoutIsLoaded;
  return app;
}

/** The lab in plain lines, for screen readers and programs. Resolves with the exit code. */
export async function narrateLab(server: RedisLabServer, options: NarrationOptions): Promise<number> {
  const { narrate } = await import('./narration/index.js');
  return narrate(server, { ...options, output: patientOutput(options.output as WriteStream) ?? options.output });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Resolves when the lab is left or the server has ended; the terminal is itself again by then, on whatever way.
 *
 * @returns the exit code
 */
export async function showLab(server: RedisLabServer, options: LabOptions): Promise<number> {
  const { App: LabApp } = await loadScreen(options.colors);
  const isLed = options.lead === 'first' && isFirstStart();
  return new Promise((resolve) => {
    // In this order: Ink writes its last frame to a sink that still takes it, the sink falls silent, the terminal is restored, and only then is anything said.
    let hasEnded = false;
    const end = (code: number, message = ''): void => {
      if (hasEnded) return;
      hasEnded = true;
      try {
        screens.stop();
      } finally {
        const isHeard = terminal.leave();
        if (message !== '' && isHeard) tell(process.stderr, `${message}\n`);
        resolve(code);
      }
    };
    const fail = (error: unknown): void => {
      // What breaks while everything is being closed breaks nothing.
      if (hasEnded) return;
      end(1, describeFailure(error));
      process.exit(1);
    };
    // The job of a shell is stopped here until the shell lets it go on. Where there is no shell to do so, the kernel does not stop it, and it goes on at once.
    const suspend = (pid: number): void => {
      if (!('SIGTSTP' in constants.signals)) return;
      terminal.leave();
      process.off('SIGTSTP', suspendAlone);
      process.kill(pid, 'SIGTSTP');
      process.on('SIGTSTP', suspendAlone);
      terminal.enter();
      screens.top.redraw();
    };
    const suspendAlone = (): void => suspend(process.pid);
    const terminal = new Terminal(
      options.input,
      options.output,
      {
        keys: (keys) => screens.top.press(keys),
        resize: (width, height) => screens.all.forEach((app) => app.resize({ width, height })),
        caughtUp: () => screens.all.forEach((app) => app.caughtUp()),
        hangup: () => end(0),
      },
      true,
    );
    const theme = createTheme({
      palette: options.colors === 'none' ? 'monochrome' : 'color',
      ascii: options.ascii,
      background: options.background ?? backgroundOf(process.env.COLORFGBG),
      isPresenting: options.isPresenting,
    });
    const lead = isLed ? { isOver: rememberFirstStart } : null;
    const create = ({ isOnTop, ...own }: OwnOptions): App => new LabApp({
      ...own, theme, fail, ...(options.program !== undefined && { program: options.program }),
      output: (text) => (isOnTop() ? terminal.write(text) : true),
      password: options.password,
      size: { width: terminal.columns, height: terminal.rows },
      language: options.language,
      isPresenting: options.isPresenting,
      lead: own.leaveFork === undefined ? lead : null,
      experiment: isLed || own.leaveFork !== undefined ? null : options.experiment,
      showsCommand: own.leaveFork === undefined ? options.showsCommand : null,
      recolor: options.colors === 'basic' ? inBasicColors : (row) => row,
      quit: () => end(0),
      suspend: () => suspend(0),
    });
    const begin = (app: App): void => {
      app.redraw();
      app.start().catch(() => {});
    };
    const screens = new Forks({ create, begin }, server, options.info);
    process.on('exit', () => terminal.leave());
    process.on('uncaughtException', fail);
    process.on('unhandledRejection', fail);
    process.on('SIGTSTP', suspendAlone);
    process.on('SIGCONT', () => {
      terminal.reenter();
      screens.top.redraw();
    });
    // The first one ends the lab in its order, another one at once.
    for (const signal of SIGNALS) process.on(signal, () => (hasEnded ? process.exit(0) : end(0)));
    terminal.enter();
    server.closed.then(
      () => end(0),
      (error: unknown) => end(1, describeFailure(error)),
    );
    options.warnings.listen((text) => screens.top.warn(text));
    // A server that ends meanwhile says so by `closed`.
    screens.top.start().catch(() => {});
  });
}
