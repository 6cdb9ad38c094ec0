/** A server at the limit of V8's heap: it refuses writes before V8 gives up, and where that cannot help it says why it has ended. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cli } from '../support/cli.js';
import { Headless, MAIN, temporaryDirectory } from '../support/headless.js';
import type { RespClient } from '../support/resp-client.js';

const LIMIT_MB = 96;
/** Of it, what the data may take. */
const DATA_MB = 64;

function startSmall(...args: string[]): Headless {
  return new Headless(spawn(process.execPath, [`--max-old-space-size=${LIMIT_MB}`, MAIN, '--headless', '--port', '0', ...args]));
}

const OOM = { error: expect.stringMatching(/^OOM /) as string };

/** Sends batches of commands until the server refuses one, or has closed the connection. Returns the refusal. */
async function fill(client: RespClient, command: (i: number) => readonly [string, ...string[]]): Promise<string> {
  for (let i = 0; ; ) {
    const replies = await Promise.all(Array.from({ length: 500 }, () => client.call(...command(i++)))).catch((error: Error) => error);
    if (replies instanceof Error) return replies.message;
    const refused = replies.find((reply) => reply !== null && typeof reply === 'object' && 'error' in reply);
    if (refused !== undefined) return (refused as { error: string }).error;
  }
}

test('it warns, refuses writes, serves reads, and takes writes again when keys were deleted', async () => {
  const server = startSmall();
  const client = await server.connect();
  expect(await fill(client, (i) => ['SET', `key:${i}`, `${i}${'v'.repeat(500)}`])).toMatch(/^OOM /);
  // The log comes another way than the reply.
  await server.says('commands that need memory are refused');
  expect(server.output).toMatch(new RegExp(`# The heap of the loop's thread is \\d+ % full, \\d+ MB of ${DATA_MB} MB\\. .*maxmemory`));
  expect(await client.call('GET', 'key:1')).toContain('vvv');
  expect(await client.call('EVAL', "return redis.call('SET', 'a', 'b')", '0')).toMatchObject(OOM);
  expect(await client.call('FLUSHALL')).toEqual({ simple: 'OK' });
  for (;;) {
    const reply = await client.call('SET', 'a', 'b');
    if (reply !== null && typeof reply === 'object' && 'simple' in reply) break;
  }
  await server.says('has room again');
  await server.end();
});

test('a script that writes for ever is refused its next write, others are served, and a recording of it ends in the same place', async () => {
  const path = join(temporaryDirectory(), 'script.lab');
  const server = startSmall('--record', path);
  const client = await server.connect();
  expect(await client.call('EVAL', "while true do redis.call('RPUSH', 'l', string.rep('x', 1000)) end", '0')).toMatchObject(OOM);
  const other = await server.connect();
  expect(await other.call('LLEN', 'l')).toBeGreaterThan(20_000);
  expect(await other.call('SET', 'a', 'b')).toMatchObject(OOM);
  // Room that a script makes is there for what it writes next.
  expect(await other.call('EVAL', "redis.call('FLUSHALL') return redis.call('SET', 'a', 'b')", '0')).toEqual({ simple: 'OK' });
  await server.end();
  const { stdout, stderr } = await cli('replay', path);
  expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^replayed \d+ turns, \d+ commands: identical\n$/) as string, stderr: '' });
});

test('a transaction is refused what it queues', async () => {
  const server = startSmall();
  const client = await server.connect();
  await client.call('MULTI');
  expect(await fill(client, (i) => ['SET', `key:${i}`, `${i}${'v'.repeat(500)}`])).toMatch(/^OOM /);
  expect(await client.call('EXEC')).toMatchObject({ error: expect.stringMatching(/^EXECABORT /) as string });
  await server.end();
});

test('a transaction is refused what it writes while it is executed, also in small pieces, of which V8 holds pages that are half empty', async () => {
  const server = startSmall();
  const client = await server.connect();
  await client.call('SADD', 's', ...Array.from({ length: 5000 }, (_, i) => `${i}`));
  await client.call('MULTI');
  await Promise.all(Array.from({ length: 1000 }, (_, i) => client.call('SUNIONSTORE', `copy:${i}`, 's')));
  const replies = (await client.call('EXEC')) as unknown[];
  expect(replies).toHaveLength(1000);
  expect(replies[0]).toBe(5000);
  expect(replies.at(-1)).toMatchObject(OOM);
  await server.end();
});

test('where that does not help, the end is one line about maxmemory, without a stack', async () => {
  const server = startSmall();
  const client = await server.connect();
  // Channels are no keys: nothing refuses them.
  expect(await fill(client, (i) => ['SUBSCRIBE', `${i}${'c'.repeat(300)}`])).toBe('the connection was closed');
  expect(await server.exited).toBe(1);
  expect(server.errors).toMatch(new RegExp(`^redis-lab: the server has ended, and its data is gone: the heap of the loop's thread reached its limit of ${LIMIT_MB} MB\\. maxmemory [^\\n]*\\n$`));
});
