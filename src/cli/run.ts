/**
 * `redis-lab` without flags: the server and the screen beside it, in one process; or, for a screen reader, the lab in lines.
 *
 * The screen is loaded while the loop thread starts. A log on standard output would spoil the screen; it goes to a file if one is named. Its warnings are also
 * shown on the screen.
 */
import { createServerOn, type RedisLabServer, type ServerOptions, type StartedServer } from '../server/index.js';
import { toBytes, toText } from '../server/config/bytes.js';
import type { EndingSignal } from '../shared/ending-signal.js';
import type { Language } from '../shared/language.js';
import { ExperimentFileError, loadExperiment } from '../tui/learn/index.js';
import { colorDepthOf, languageOf, loadScreen, narrateLab, showLab, type LabOptions, type ShutDown } from '../tui/index.js';
import type { Run } from './command-line.js';
import { complain } from './complain.js';
import { explain } from './explain.js';
import { DEFAULT_PORT, onFreePort } from './free-port.js';
import { openLog, type Log, type LogOutput } from './log.js';
import { RecordFile } from './record-file.js';
import { logFile, START_MS } from './serve.js';
import type { Start } from './start.js';
import { TraceFile } from './trace-file.js';
import { Warnings } from './warnings.js';

export { runProgram, runProgramAgain } from './run-program.js';

/** Memory for going back in time, unless `--history` is given. */
const HISTORY_BYTES = 64 * 2 ** 20;

/** Resolves with the exit code when the user has quit. @param file a recording that is shown, a byte string; null: a server is started */
export async function runLab(run: Run, start: Start, file: string | null): Promise<number> {
  const { stdin: input, stdout: output, env } = process;
  const missing = [...(input.isTTY ? [] : ['input']), ...(output.isTTY ? [] : ['output'])];
  // A dumb terminal cannot position the cursor, so it shows lines.
  const isInLines = run.screenReader || env.INK_SCREEN_READER === 'true' || (missing.length === 0 && env.TERM === 'dumb');
  if (!isInLines && missing.length > 0) {
    complain(
      `the screen needs a terminal on standard ${missing.join(' and ')}; ` +
        'redis-lab --headless runs the server without it, and --screen-reader reads and writes lines',
    );
    return 1;
  }
  const colors = colorDepthOf(env);
  if (!isInLines) void loadScreen(colors);
  try {
    const experiment = experimentOf(run);
    const warnings = new Warnings();
    const logOutput = openLogFile(run, warnings.add);
    const trace = run.trace === null ? null : new TraceFile(run.trace, run.traceOverwrite, warnings.add);
    // The screen would not show this otherwise.
    let complaint = '';
    const log: Log = (level, message) => {
      logOutput?.log(level, message);
      // The line that says that there are errors comes after them.
      if (level === 'warning' && !message.startsWith('Errors trying')) complaint = toText(message);
      if (level === 'warning') warnings.add(message);
    };
    const recording = run.record === null ? null : new RecordFile(run.record, run.traceOverwrite, (message) => log('warning', message));
    const common = commonOptions(run, log, recording);
    const started = await (file === null ? startServer(run, start, common, recording, () => complaint) : showFile(file, start, common));
    const { server, wantedPort, edgeTriggered, hasVirtualClock, showsCommand, shutDown } = started;
    // A loop that is held loads nothing.
    const loaded = run.step ? Promise.resolve() : started.loaded;
    setTimeout(start.isOver, START_MS).unref();
    if (trace !== null) await server.trace((batch) => trace.write(batch), { budget: Infinity });
    const { addresses, poller, pollerFallback, sends } = server;
    const recorded = file === null ? {} : { recording: { name: file.slice(file.lastIndexOf('/') + 1), commands: showsCommand ?? 0 } };
    const info = { addresses, poller, edgeTriggered, pollerFallback, sends, hasVirtualClock, wantedPort, version: __VERSION__, ...recorded };
    const { requirepass: password = '' } = run.settings;
    const options = { info, password, input, output, ascii: run.ascii, background: run.theme, warnings, shutDown };
    const language = languageFor(run);
    const lead = file === null ? leadOf(run) : ('never' as const);
    const shown = { ...options, colors, language, lead, experiment, showsCommand, isPresenting: run.present };
    const code = await (isInLines ? narrateLab(server, { ...options, loaded, language }) : showLab(server, shown));
    // By then it has been reported what the server may have died of.
    await Promise.race([server.close().catch(() => {}), new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref())]);
    start.isOver();
    // From here on there is only standard error.
    warnings.listen(complain);
    trace?.close();
    await recording?.close();
    logOutput?.close();
    return code;
  } catch (error) {
    complain(error instanceof ExperimentFileError ? toBytes(error.text[languageFor(run)]) : explain(error, languageFor(run)));
    return 1;
  }
}

/** Hangul does not exist in ASCII. */
const languageFor = ({ ascii, language }: Run): Language => (ascii ? 'en' : (language ?? languageOf(process.env)));

/** Read before anything starts, because it may be invalid. */
function experimentOf({ learn }: Run): LabOptions['experiment'] {
  if (learn === null) return null;
  return learn.experiment === null ? 'list' : loadExperiment(toText(learn.experiment));
}

/** A user who gives a port, a file or a step knows the lab already. */
function leadOf({ learn, settings, step, configFile, readsInput }: Run): LabOptions['lead'] {
  if (learn !== null) return learn.experiment === null ? 'first' : 'never';
  return settings.port === undefined && !step && configFile === null && !readsInput ? 'first' : 'never';
}

/** How long a loop in the middle of a command may delay the exit. */
const GRACE_MS = 300;

interface Shown {
  readonly server: RedisLabServer;
  /** Null: a recording has nothing to save. */
  readonly shutDown: ShutDown | null;
  /** Resolves when all of its data is loaded. */
  readonly loaded: Promise<void>;
  /** The default port, if it was taken and another one is used; otherwise null. */
  readonly wantedPort: number | null;
  readonly edgeTriggered: boolean;
  readonly hasVirtualClock: boolean;
  /** The number of the command after which the past is shown; null: the present is shown. */
  readonly showsCommand: number | null;
}

/** Shows a recording instead of starting a server. */
async function showFile(file: string, start: Start, options: ServerOptions): Promise<Shown> {
  const { openRecordingFile } = await import('./open-recording.js');
  const { lastCommand, remarks, ...shown } = await openRecordingFile(file, start, options);
  for (const remark of remarks) options.log?.('warning', remark);
  return { ...shown, loaded: Promise.resolve(), wantedPort: null, showsCommand: lastCommand, shutDown: null };
}

/** Options of both a started server and one that continues from a recording. */
function commonOptions({ settings, poller, sends, coalesceUs, faults, history }: Run, log: Log, recording: RecordFile | null): ServerOptions {
  const recorded: ServerOptions = recording === null ? {} : { record: (bytes) => recording.write(bytes) };
  // The loop on the screen is the textbook's: each reply is sent by a call of its own.
  return {
    ...settings, poller, sends: sends === 'auto' ? 'direct' : sends, coalesceUs: coalesceUs ?? 0, log, faults, ...recorded, history: history ?? HISTORY_BYTES,
  };
}

/** @param complaint returns the last warning of the log */
async function startServer(run: Run, start: Start, common: ServerOptions, recording: RecordFile | null, complaint: () => string): Promise<Shown> {
  const { settings, edgeTriggered, seed, clock, configFile, step } = run;
  const options: ServerOptions = { ...common, edgeTriggered, clock, configFile, paused: step, ...(seed === null ? {} : { seed }) };
  return onFreePort(settings.port, async (port) => {
    const server = await createServerOn(start.takeThread(), { ...options, port }, { helper: recording?.helper ?? null });
    const wantedPort = settings.port !== undefined || port === DEFAULT_PORT ? null : DEFAULT_PORT;
    const hasData = keepsData(settings);
    const shutDown: ShutDown = async (signal) => {
      const unwritten = hasData ? await unwrittenOf(server) : null;
      return unwritten ?? (await outcomeOf(server, signal, hasData)) ?? { complaint: complaint() };
    };
    return { server, loaded: server.loaded, wantedPort, edgeTriggered, hasVirtualClock: clock === 'virtual', showsCommand: null, shutDown };
  });
}

function keepsData({ save = '', appendonly = false }: Run['settings']): boolean {
  return save !== '' || appendonly;
}

/** Returns what would be lost because the append-only file cannot be written; null: nothing. Without a screen the server ends all the same. */
async function unwrittenOf(server: StartedServer): Promise<{ complaint: string } | null> {
  const unwritten = (await server.snapshot()).persistence?.appendOnly?.unwritten ?? null;
  if (unwritten === null) return null;
  const { bytes, why } = unwritten;
  return { complaint: `the last changes, ${bytes} bytes, are not in the append-only file and would be lost: ${why}` };
}

/** Ends a server as a signal does. Null: it goes on. A loop in the middle of a command is waited for if it has data to save. */
async function outcomeOf(server: StartedServer, signal: EndingSignal, waits: boolean): Promise<'ends' | 'busy' | null> {
  const heard = server.signal(signal).then(() => true);
  const isHeard = await Promise.race([heard, ...(waits ? [] : [new Promise<boolean>((resolve) => setTimeout(resolve, GRACE_MS, false).unref())])]);
  if (!isHeard) {
    heard.catch(() => {});
    return 'busy';
  }
  return (await server.shutdownOver()) ? 'ends' : null;
}

/** Without a file there is no log: standard output is the screen's. */
function openLogFile(run: Run, report: (message: string) => void): LogOutput | null {
  const file = logFile(run);
  return file === '' ? null : openLog(file, report);
}
