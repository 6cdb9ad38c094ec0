/**
 * `redis-lab --headless`: the server in the foreground, with redis-server's log lines, until a signal or SHUTDOWN ends it.
 *
 * Signals arrive on this thread, which is mostly idle, so they are handled even while the loop is busy.
 */
import { resolvePath, toBytes } from '../server/config/bytes.js';
import type { EndingSignal } from '../shared/ending-signal.js';
import { createServerOn, type RedisLabServer, SHARED_KEYSPACE_BYTES, type StartedServer } from '../server/index.js';
import type { Run } from './command-line.js';
import { complain } from './complain.js';
import { explain } from './explain.js';
import { openLog, type Log } from './log.js';
import { RecordFile } from './record-file.js';
import type { Start } from './start.js';
import { TraceFile } from './trace-file.js';

/** How long a busy loop may go on before it takes notice of a signal. */
const GRACE_MS = 1000;

/** By then a start has compiled what it needs. */
export const START_MS = 2000;

const SIGNALS: readonly EndingSignal[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Resolves with the exit code when the server has ended. */
export async function serve(run: Run, start: Start): Promise<number> {
  try {
    const { log, close } = openLog(logFile(run), complain);
    const trace = run.trace === null ? null : new TraceFile(run.trace, run.traceOverwrite, (message) => log('warning', message));
    const recording = run.record === null ? null : new RecordFile(run.record, run.traceOverwrite, (message) => log('warning', message));
    const code = await serveUntilEnd(run, start, log, trace, recording).catch((error: unknown) => {
      // On the standard output it would be there twice.
      if (logFile(run) !== '') log('warning', explain(error));
      throw error;
    });
    await recording?.close();
    close();
    return code;
  } catch (error) {
    complain(explain(error));
    return 1;
  }
}

async function serveUntilEnd(run: Run, start: Start, log: Log, trace: TraceFile | null, recording: RecordFile | null): Promise<number> {
  const signals = new Signals(log);
  const { settings: given, poller, sends, coalesceUs, edgeTriggered, seed, configFile, faults, engine } = run;
  const { maxmemory, ...others } = given;
  // There maxmemory is the size of the memory, which cannot grow.
  const settings = engine === 'shared-loop' ? others : given;
  const sharedKeyspaceBytes = engine === 'shared-loop' ? maxmemory || SHARED_KEYSPACE_BYTES : 0;
  const server = await createServerOn(start.takeThread(), {
    ...settings, poller, sends, edgeTriggered, log, configFile, faults,
    ...(coalesceUs === null ? {} : { coalesceUs }),
    ...(seed === null ? {} : { seed }),
    ...(recording === null ? {} : { record: (bytes) => recording.write(bytes) }),
    history: run.history ?? 0,
  }, { helper: recording?.helper ?? null, sharedKeyspaceBytes }).finally(() => logStart(log));
  if (trace !== null) await server.trace((batch) => trace.write(batch), { budget: Infinity });
  if (server.pollerFallback !== null) log('warning', toBytes(`epoll cannot be used here: ${server.pollerFallback}`));
  const level = settings.loglevel ?? 'notice';
  const ready = (): void => log('notice', toBytes(`Ready to accept connections on ${addressesOf(server)} (${pollerOf(server, trace !== null)})`));
  // If it ends before its data is loaded, `closed` says why.
  if (level !== 'warning') server.loaded.then(ready, () => {});
  setTimeout(start.isOver, START_MS).unref();
  signals.listen((signal) => {
    // Once it has ended, so do the calls: `closed` says how.
    goesOnAfter(server, signal).then((goesOn) => goesOn && signals.forget(), () => {});
  });
  await server.closed;
  start.isOver();
  trace?.close();
  log('warning', 'redis-lab is now ready to exit, bye bye...');
  return 0;
}

/** Only now, as Redis does: programs that wait for this line connect, and get LOADING until the data is loaded. */
export function logStart(log: Log): void {
  log('warning', `redis-lab ${__VERSION__} is starting, PID: ${process.pid}`);
}

/** The poller; how replies are sent, unless that is direct as was asked for; and whether waits are coalesced, which they are not while a trace shows each. */
function pollerOf({ poller, sends, sendsFallback, coalesceUs }: RedisLabServer, isTraced: boolean): string {
  const words: string[] = [poller];
  if (sends === 'batched') words.push('batched sends');
  if (coalesceUs > 0 && !isTraced) words.push('coalesced waits');
  if (poller === 'epoll' && sendsFallback !== null) words.push(`direct sends: ${sendsFallback}`);
  return words.join(', ');
}

/** Resolves with true if the server goes on: it could not save, or SHUTDOWN ABORT was sent. */
async function goesOnAfter(server: StartedServer, signal: EndingSignal): Promise<boolean> {
  // If a handler cannot be interrupted, a loop that does not return is abandoned. How long it saves, and waits for replicas, is not limited here.
  const giveUpSoon = (): NodeJS.Timeout => setTimeout(() => process.exit(0), GRACE_MS).unref();
  const untilNoticed = giveUpSoon();
  await server.signal(signal);
  clearTimeout(untilNoticed);
  if (!(await server.shutdownOver())) return true;
  const untilEnded = giveUpSoon();
  await server.closed;
  clearTimeout(untilEnded);
  return false;
}

/** Signals that end the program. A SIGINT behind another one ends it at once, with exit code 1. */
export class Signals {
  private hasReceived = false;
  private unheard: EndingSignal | null = null;
  private listener: ((signal: EndingSignal) => void) | null = null;

  constructor(private readonly log: Log) {
    for (const signal of SIGNALS) process.on(signal, () => this.received(signal));
  }

  /** Calls the listener with each signal, and with one that has arrived already. */
  listen(listener: (signal: EndingSignal) => void): void {
    this.listener = listener;
    if (this.unheard !== null) listener(this.unheard);
  }

  /** The program goes on: the next signal is a first one again. */
  forget(): void {
    this.hasReceived = false;
  }

  private received(signal: EndingSignal): void {
    if (this.hasReceived && signal === 'SIGINT') {
      this.log('warning', 'You insist... exiting now.');
      process.exit(1);
    }
    this.log('warning', `Received ${signal} scheduling shutdown...`);
    if (this.hasReceived) return;
    this.hasReceived = true;
    if (this.listener === null) this.unheard = signal;
    else this.listener(signal);
  }
}

export function logFile({ settings }: Run): string {
  const { logfile = '', dir = '.' } = settings;
  return logfile === '' ? '' : resolvePath(dir, logfile);
}

export function addressesOf({ addresses }: Pick<RedisLabServer, 'addresses'>): string {
  const shown = addresses.map((address) => {
    if ('path' in address) return address.path;
    return `${address.host.includes(':') ? `[${address.host}]` : address.host}:${address.port}`;
  });
  return shown.join(', ');
}
