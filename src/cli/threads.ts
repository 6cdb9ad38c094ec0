/**
 * `redis-lab --headless --engine threads`: a thread for each connection in the foreground, until a signal ends it.
 */
import { toBytes } from '../server/config/bytes.js';
import { startThreads } from '../server/index.js';
import type { Run } from './command-line.js';
import { complain } from './complain.js';
import { explain } from './explain.js';
import { openLog } from './log.js';
import { addressesOf, listenForSignals, logFile, START_MS } from './serve.js';
import type { Start } from './start.js';

/** Resolves with the exit code when the server has ended. */
export async function serveThreads(run: Run, start: Start): Promise<number> {
  try {
    const { log, close } = openLog(logFile(run), complain);
    log('warning', `redis-lab ${__VERSION__} is starting, PID: ${process.pid}`);
    const ending = listenForSignals(log);
    const server = await startThreads({ ...run.settings, log: (level, message) => log(level, toBytes(message)) });
    log('notice', toBytes(`Ready to accept connections on ${addressesOf(server)} (threads)`));
    setTimeout(start.isOver, START_MS).unref();
    await Promise.race([server.closed, ending]);
    await server.close();
    start.isOver();
    log('warning', 'redis-lab is now ready to exit, bye bye...');
    close();
    return 0;
  } catch (error) {
    complain(explain(error));
    return 1;
  }
}
