/**
 * `redis-lab --headless`: the server in the foreground, with redis-server's log lines, until a signal or SHUTDOWN ends it.
 */
import { createServer, StartError, type ServerOptions } from '../server/index.js';

/** Resolves with the exit code when the server has ended. */
export async function serve(options: ServerOptions): Promise<number> {
  const log = (message: string): void => void process.stdout.write(`${process.pid}:M ${new Date().toISOString()} * ${message}\n`);
  process.stdout.write(` PID: ${process.pid}\n`);
  try {
    const server = await createServer({ ...options, log: (_level, message) => log(message) });
    log(`Ready to accept connections on ${server.url} (${server.poller})`);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void server.close());
    await server.closed;
    return 0;
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`redis-lab: ${error.message}\n`);
    return 1;
  }
}
