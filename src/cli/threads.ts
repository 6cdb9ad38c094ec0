/**
 * `redis-lab --engine threads`: a thread for each connection. With `--headless` in the foreground until a signal, otherwise with its screen.
 */
import { toBytes } from '../server/config/bytes.js';
import { startThreads, type ThreadsOptions } from '../server/index.js';
import { languageOf, type Language } from '../shared/language.js';
import { showLanes } from '../tui/lanes/index.js';
import { colorDepthOf } from '../tui/terminal/color-depth.js';
import type { Run } from './command-line.js';
import { complain } from './complain.js';
import { explain } from './explain.js';
import { onFreePort } from './free-port.js';
import { openLog } from './log.js';
import { addressesOf, logFile, logStart, Signals, START_MS } from './serve.js';
import type { Start } from './start.js';
import { Warnings } from './warnings.js';

/** Hangul does not exist in ASCII. */
const languageFor = ({ ascii, language }: Run): Language => (ascii ? 'en' : (language ?? languageOf(process.env)));

/** Resolves with the exit code when the server has ended. */
export async function serveThreads(run: Run, start: Start): Promise<number> {
  try {
    return await (run.headless ? serveInForeground(run, start) : showOnScreen(run, start));
  } catch (error) {
    complain(explain(error, languageFor(run)));
    return 1;
  }
}

async function serveInForeground(run: Run, start: Start): Promise<number> {
  const { log, close } = openLog(logFile(run), complain);
  const ending = new Promise((resolve) => new Signals(log).listen(resolve));
  const server = await startThreads({ ...run.settings, log: (level, message) => log(level, toBytes(message)) }).finally(() => logStart(log));
  log('notice', toBytes(`Ready to accept connections on ${addressesOf(server)} (threads)`));
  setTimeout(start.isOver, START_MS).unref();
  await Promise.race([server.closed, ending]);
  await server.close();
  start.isOver();
  log('warning', 'redis-lab is now ready to exit, bye bye...');
  close();
  return 0;
}

async function showOnScreen(run: Run, start: Start): Promise<number> {
  const { stdin: input, stdout: output, env } = process;
  if (!input.isTTY || !output.isTTY || env.TERM === 'dumb') {
    complain('the screen needs a terminal; redis-lab --headless --engine threads runs the server without it');
    return 1;
  }
  const warnings = new Warnings();
  const log: ThreadsOptions['log'] = (_, message) => warnings.add(toBytes(message));
  const server = await onFreePort(run.settings.port, (port) => startThreads({ ...run.settings, port, log }));
  setTimeout(start.isOver, START_MS).unref();
  const language = languageFor(run);
  const code = await showLanes(server, { input, output, colors: colorDepthOf(env), ascii: run.ascii, background: run.theme, language, warnings });
  await server.close();
  start.isOver();
  return code;
}
