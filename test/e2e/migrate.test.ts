/** MIGRATE between the lab and a real redis-server, in both directions. */
import { expect, onTestFinished, test } from 'vitest';
import { createServer } from 'redis-lab';
import { connectTo } from '../support/headless.js';
import { describeWithRedis, startRedisServer } from '../support/redis-server.js';
import type { RespClient } from '../support/resp-client.js';

interface Server {
  readonly port: number;
  readonly client: RespClient;
}

const START: { readonly [kind: string]: () => Promise<{ readonly port: number; close(): Promise<unknown> }> } = {
  lab: () => createServer({ port: 0, 'enable-debug-command': 'yes' }),
  redis: () => startRedisServer(),
};

async function start(kind: string): Promise<Server> {
  const server = await START[kind]!();
  onTestFinished(() => void server.close());
  return { port: server.port, client: await connectTo(server.port) };
}

describeWithRedis('MIGRATE', () => {
  test.each([['lab', 'redis'], ['redis', 'lab'], ['lab', 'lab']])('from %s to %s', { timeout: 60_000 }, async (from, to) => {
    const [source, target] = [await start(from), await start(to)];
    const { client } = source;
    const move = (...rest: string[]): ReturnType<RespClient['call']> => client.call('MIGRATE', '127.0.0.1', String(target.port), ...rest);
    await client.call('SET', 'large', 'x'.repeat(3_000_000));
    await client.call('RPUSH', 'list', ...Array.from({ length: 500 }, (_, i) => `element ${i}`));
    await client.call('HSET', 'hash', 'f', 'v');
    await client.call('XADD', 'stream', '1-1', 'a', 'b');
    await client.call('SET', 'short', 'v', 'PX', '1000000');
    const digests = await client.call('DEBUG', 'DIGEST-VALUE', 'large', 'list', 'hash', 'stream');
    expect(await move('large', '3', '5000')).toEqual({ simple: 'OK' });
    expect(await move('', '3', '5000', 'KEYS', 'list', 'none', 'hash', 'stream')).toEqual({ simple: 'OK' });
    expect(await move('short', '3', '5000', 'COPY')).toEqual({ simple: 'OK' });
    expect(await client.call('DBSIZE')).toBe(1);
    await target.client.call('SELECT', '3');
    expect(await target.client.call('DEBUG', 'DIGEST-VALUE', 'large', 'list', 'hash', 'stream')).toEqual(digests);
    expect(Math.abs(Number(await target.client.call('PTTL', 'short')) - 1_000_000)).toBeLessThan(60_000);
    expect(await move('short', '3', '5000')).toEqual({ error: 'ERR Target instance replied with error: BUSYKEY Target key name already exists.' });
    expect(await move('short', '3', '5000', 'REPLACE')).toEqual({ simple: 'OK' });
    expect(await move('short', '3', '5000')).toEqual({ simple: 'NOKEY' });
    await client.call('SET', 'k', 'v');
    await target.client.call('ACL', 'SETUSER', 'mover', 'on', '>pass', '+@all', '~*');
    await target.client.call('CONFIG', 'SET', 'requirepass', 'secret');
    expect(await move('k', '0', '5000', 'AUTH', 'wrong')).toEqual({ error: expect.stringMatching(/^ERR Target instance replied with error: WRONGPASS /) });
    expect(await move('k', '0', '5000', 'COPY', 'REPLACE', 'AUTH2', 'mover', 'pass')).toEqual({ simple: 'OK' });
    expect(await move('k', '0', '5000', 'REPLACE', 'AUTH', 'secret')).toEqual({ simple: 'OK' });
    expect(await client.call('EXISTS', 'k')).toBe(0);
  });
});
