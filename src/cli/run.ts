/**
 * `redis-lab` without flags: the server and the screen beside it, in one process; or, for a screen reader, the lab in lines.
 *
 * The screen is loaded while the loop thread starts. A log would be written across the screen; it goes to a file if one is named, and is dropped otherwise.
 */
import { createServer, type RedisLabServer, type ServerOptions } from '../server/index.js';
import { loadScreen, narrateLab, showLab } from '../tui/index.js';
import type { Run } from './command-line.js';
import { openLog, type Log } from './log.js';
import { explain, logFile } from './serve.js';
import { TraceFile } from './trace-file.js';

const DEFAULT_PORT = 6379;
/** How many ports after the default one are tried. */
const PORTS_TRIED = 20;

/** Resolves with the exit code when the lab has been left. */
export async function runLab(run: Run): Promise<number> {
  const { stdin: input, stdout: output, env } = process;
  const missing = [...(input.isTTY ? [] : ['input']), ...(output.isTTY ? [] : ['output'])];
  // A terminal that is dumb can not place anything: lines are all it shows.
  const isInLines = run.screenReader || env.INK_SCREEN_READER === 'true' || (missing.length === 0 && env.TERM === 'dumb');
  if (!isInLines && missing.length > 0) {
    process.stderr.write(`redis-lab: the screen needs a terminal on standard ${missing.join(' and ')}; redis-lab --headless runs the server without it, and --screen-reader reads and writes lines
`);
    return 1;
  }
  // NO_COLOR: https://no-color.org
  const color = (env.NO_COLOR ?? '') === '';
  if (!isInLines) void loadScreen(color);
  try {
    const { server, wantedPort } = await startServer(run);
    const trace = run.trace === null ? null : new TraceFile(run.trace);
    if (trace !== null) await server.trace((batch) => trace.write(batch), { budget: Infinity });
    const { addresses, poller, pollerFallback } = server;
    const info = { addresses, poller, edgeTriggered: run.edgeTriggered, pollerFallback, wantedPort, version: __VERSION__ };
    const { requirepass: password = '' } = run.settings;
    const options = { info, password, input, output, ascii: run.ascii };
    const code = await (isInLines ? narrateLab(server, options) : showLab(server, { ...options, color }));
    // What the server may have died of has been said by then.
    await Promise.race([server.close().catch(() => {}), new Promise((resolve) => setTimeout(resolve, GRACE_MS).unref())]);
    trace?.close();
    return code;
  } catch (error) {
    process.stderr.write(`redis-lab: ${explain(error, run)}\n`);
    return 1;
  }
}

/** How long a loop in the middle of a command may keep the process. */
const GRACE_MS = 300;

/** On the port asked for; if none was, on the first free one from 6379. */
async function startServer(run: Run): Promise<{ readonly server: RedisLabServer; readonly wantedPort: number | null }> {
  const { settings, poller, edgeTriggered, seed, configFile, step } = run;
  const options: ServerOptions = { ...settings, poller, edgeTriggered, log: logOf(run), configFile, paused: step, ...(seed === null ? {} : { seed }) };
  for (let port = DEFAULT_PORT; ; port++) {
    try {
      if (settings.port !== undefined) return { server: await createServer(options), wantedPort: null };
      return { server: await createServer({ ...options, port }), wantedPort: port === DEFAULT_PORT ? null : DEFAULT_PORT };
    } catch (error) {
      const isTaken = (error as { code?: unknown }).code === 'EADDRINUSE';
      if (!isTaken || settings.port !== undefined || port === DEFAULT_PORT + PORTS_TRIED) throw error;
    }
  }
}

function logOf(run: Run): Log {
  const file = logFile(run);
  return file === '' ? () => {} : openLog(file);
}
