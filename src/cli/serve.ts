/**
 * `redis-lab --headless`: the server in the foreground, with redis-server's log lines, until a signal or SHUTDOWN ends it.
 *
 * Signals arrive on this thread, which is mostly idle, so they are handled even while the loop is busy.
 */
import { resolvePath, toBytes } from '../server/config/bytes.js';
import { createServerOn, type RedisLabServer, SHARED_KEYSPACE_BYTES } from '../server/index.js';
import type { Run } from './command-line.js';
import { complain } from './complain.js';
import { explain } from './explain.js';
import { openLog, type Log } from './log.js';
import { RecordFile } from './record-file.js';
import type { Start } from './start.js';
import { TraceFile } from './trace-file.js';

/** How long a busy loop may go on after the first signal. */
const GRACE_MS = 1000;

/** By then a start has compiled what it needs. */
export const START_MS = 2000;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Resolves with the exit code when the server has ended. */
export async function serve(run: Run, start: Start): Promise<number> {
  try {
    const { log, close } = openLog(logFile(run), complain);
    const trace = run.trace === null ? null : new TraceFile(run.trace, run.traceOverwrite, (message) => log('warning', message));
    const recording = run.record === null ? null : new RecordFile(run.record, run.traceOverwrite, (message) => log('warning', message));
    const code = await serveUntilEnd(run, start, log, trace, recording);
    await recording?.close();
    close();
    return code;
  } catch (error) {
    complain(explain(error));
    return 1;
  }
}

async function serveUntilEnd(run: Run, start: Start, log: Log, trace: TraceFile | null, recording: RecordFile | null): Promise<number> {
  log('warning', `redis-lab ${__VERSION__} is starting, PID: ${process.pid}`);
  const ending = listenForSignals(log);
  const { settings: given, poller, sends, edgeTriggered, seed, configFile, faults, engine } = run;
  const { maxmemory, ...others } = given;
  // There maxmemory is the size of the memory, which cannot grow.
  const settings = engine === 'shared-loop' ? others : given;
  const sharedKeyspaceBytes = engine === 'shared-loop' ? maxmemory || SHARED_KEYSPACE_BYTES : 0;
  const server = await createServerOn(start.takeThread(), {
    ...settings, poller, sends, edgeTriggered, log, configFile, faults,
    ...(seed === null ? {} : { seed }),
    ...(recording === null ? {} : { record: (bytes) => recording.write(bytes) }),
    history: run.history ?? 0,
  }, { helper: recording?.helper ?? null, sharedKeyspaceBytes });
  if (trace !== null) await server.trace((batch) => trace.write(batch), { budget: Infinity });
  if (server.pollerFallback !== null) log('warning', toBytes(`epoll cannot be used here: ${server.pollerFallback}`));
  const level = settings.loglevel ?? 'notice';
  const ready = (): void => log('notice', toBytes(`Ready to accept connections on ${addressesOf(server)} (${pollerOf(server)})`));
  // If it ends before its data is loaded, `closed` says why.
  if (level !== 'warning') server.loaded.then(ready, () => {});
  setTimeout(start.isOver, START_MS).unref();
  await Promise.race([server.closed, ending.then(() => end(server))]);
  await server.closed;
  start.isOver();
  trace?.close();
  log('warning', 'redis-lab is now ready to exit, bye bye...');
  return 0;
}

/** The poller, and how replies are sent unless that is direct as was asked for. */
function pollerOf({ poller, sends, sendsFallback }: RedisLabServer): string {
  if (sends === 'batched') return `${poller}, batched sends`;
  return poller === 'epoll' && sendsFallback !== null ? `${poller}, direct sends: ${sendsFallback}` : poller;
}

async function end(server: RedisLabServer): Promise<void> {
  // If a handler cannot be interrupted, a loop that does not return is abandoned.
  const giveUp = setTimeout(() => process.exit(0), GRACE_MS).unref();
  await server.close();
  clearTimeout(giveUp);
}

/** Resolves at the first signal; the second one ends the process at once. */
export function listenForSignals(log: Log): Promise<void> {
  return new Promise((resolve) => {
    let isEnding = false;
    const hear = (signal: string): void => {
      if (isEnding) process.exit(0);
      isEnding = true;
      log('warning', `Received ${signal} scheduling shutdown...`);
      resolve();
    };
    for (const signal of SIGNALS) process.on(signal, hear);
  });
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
