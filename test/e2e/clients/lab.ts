/**
 * What the tests of client libraries share: a server that ends with the test, and waiting for what can be asked instead of for a time.
 */
import { onTestFinished } from 'vitest';
import { createServer, type RedisLabServer, type ServerOptions } from 'redis-lab';

/** On a free port unless the options name one; closed when the test is over. */
export async function startLab(options: ServerOptions = {}): Promise<RedisLabServer> {
  const server = await createServer({ port: 0, ...options });
  onTestFinished(() => server.close());
  return server;
}

/** Resolves when as many clients wait in blocking commands. */
export function untilBlocked(server: RedisLabServer, count: number): Promise<void> {
  return until(async () => (await server.snapshot()).clients.filter(({ parkedOn }) => parkedOn !== null).length === count);
}

/** Asks again and again; each question is a round trip to somebody, so nobody is kept from answering. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await new Promise(setImmediate);
}

/** Every byte value, in order. */
export const ALL_BYTES = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
