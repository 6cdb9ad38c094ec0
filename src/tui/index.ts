/**
 * The entry point of the lab's view: shows a running server on a terminal until the user quits, as a screen or in lines.
 *
 * Ink chooses its colours when it is loaded, so they are prepared before.
 */
import { constants } from 'node:os';
import type { ReadStream, WriteStream } from 'node:tty';
import type { ProgramWatch } from '../program/index.js';
import type { RedisLabServer } from '../server/index.js';
import type { App } from './app.js';
import { describeFailure } from './failure.js';
import { Forks, type OwnOptions } from './forks.js';
import { isFirstStart, rememberFirstStart } from './learn/first-start.js';
import { Leave, type ShutDown } from './leave.js';
import type { Experiment } from './state/learn/experiment.js';
import { languageOf, type Language } from '../shared/language.js';
import type { NarrationOptions } from './narration/index.js';
import type { ServerInfo } from './state/state.js';
import { toBytes } from './state/typed-text.js';
import { inBasicColors, type ColorDepth } from './terminal/color-depth.js';
import { patientOutput, tell } from './terminal/patient-output.js';
import { Terminal } from './terminal/terminal.js';
import { backgroundOf, type Background } from './view/hues.js';
import { createTheme } from './view/theme.js';

/** Warnings that do not concern the loop: byte strings, for example about a log that cannot be written. */
export interface Warnings {
  /** Calls `tell` with the warnings so far, and with each new one. */
  listen(tell: (text: string) => void): void;
}

export { languageOf };
export type { ShutDown } from './leave.js';
export { colorDepthOf } from './terminal/color-depth.js';

export interface LabOptions {
  readonly info: ServerInfo;
  /** Required by the server, sent by the console; empty: none. */
  readonly password: string;
  readonly input: ReadStream;
  readonly output: WriteStream & { readonly fd: number };
  readonly colors: ColorDepth;
  readonly ascii: boolean;
  /** Null: as the terminal says. */
  readonly background: Background | null;
  readonly warnings: Warnings;
  /** The language of the texts. */
  readonly language: Language;
  /** Null: the server has nothing to save, and ends at once. */
  readonly shutDown: ShutDown | null;
  /** The first minute: `first` unless this user has already seen it. */
  readonly lead: 'first' | 'never';
  /** Opened at the start, unless the first minute comes first; null: none. */
  readonly experiment: Experiment | 'list' | null;
  /** For a projector: strong contrast, and only the panes that matter. */
  readonly isPresenting: boolean;
  /** The number of the command after which the past is shown from the start; null: the present is shown. */
  readonly showsCommand: number | null;
  /** The learner's program that is shown; left out: the lab's own server is. */
  readonly program?: ProgramWatch;
}

/** Loads the screen; call it while the server starts. */
export async function loadScreen(colors: ColorDepth): Promise<typeof import('./app.js')> {
  // With few colours the sink reduces them, those of the theme and of Ink alike.
  process.env.FORCE_COLOR = colors === 'none' ? '0' : '2';
  const app = await import('./app.js');
  await app.layoutIsLoaded;
  return app;
}

/** Runs the lab in plain lines, for screen readers and programs. Resolves with the exit code. */
export async function narrateLab(server: RedisLabServer, options: NarrationOptions): Promise<number> {
  const { narrate } = await import('./narration/index.js');
  return narrate(server, { ...options, output: patientOutput(options.output as WriteStream) ?? options.output });
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Resolves when the user has quit or the server has ended; the terminal is always restored by then.
 *
 * @returns the exit code
 */
export async function showLab(server: RedisLabServer, options: LabOptions): Promise<number> {
  const { App: LabApp } = await loadScreen(options.colors);
  const isLed = options.lead === 'first' && isFirstStart();
  return new Promise((resolve) => {
    // In this order: Ink writes its last frame to a sink that still accepts it, the sink is closed, the terminal is restored, and only then messages are
    // printed.
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
    const leave = new Leave({ shutDown: options.shutDown, language: options.language, say: (text) => screens.top.warn(toBytes(text)), end });
    const fail = (error: unknown): void => {
      // Errors while everything is being closed are ignored: the lab ends when the server has ended.
      if (hasEnded || leave.isUnderWay) return;
      end(1, describeFailure(error));
      process.exit(1);
    };
    // The shell's job is stopped here until the shell continues it. Without a shell the kernel does not stop it, and it continues at once.
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
        hangup: () => leave.begin('SIGHUP', true),
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
      quit: () => leave.begin('SIGTERM'),
      isLeaving: () => leave.isUnderWay,
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
    // The first signal ends the lab in order, another one at once.
    for (const signal of SIGNALS) process.on(signal, () => (hasEnded ? process.exit(0) : leave.begin(signal)));
    terminal.enter();
    server.closed.then(
      () => end(0),
      (error: unknown) => end(1, describeFailure(error)),
    );
    options.warnings.listen((text) => screens.top.warn(text));
    // If the server ends meanwhile, `closed` reports it.
    screens.top.start().catch(() => {});
  });
}
