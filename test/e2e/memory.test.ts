/** A server at the limit of V8's heap: it refuses writes before V8 gives up, and where that cannot help it says why it has ended. */
import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { Headless, MAIN } from '../support/headless.js';
import type { RespClient } from '../support/resp-client.js';

const LIMIT_MB = 96;

function startSmall(): Headless {
  return new Headless(spawn(process.execPath, [`--max-old-space-size=${LIMIT_MB}`, MAIN, '--headless', '--port', '0']));
}

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
  expect(server.output).toMatch(new RegExp(`# The heap of the loop's thread is \\d+ % full, \\d+ MB of ${LIMIT_MB} MB\\. .*maxmemory`));
  expect(await client.call('GET', 'key:1')).toContain('vvv');
  expect(await client.call('EVAL', "return redis.call('SET', 'a', 'b')", '0')).toMatchObject({ error: expect.stringMatching(/^OOM /) as string });
  expect(await client.call('FLUSHALL')).toEqual({ simple: 'OK' });
  for (;;) {
    const reply = await client.call('SET', 'a', 'b');
    if (reply !== null && typeof reply === 'object' && 'simple' in reply) break;
  }
  await server.says('has room again');
  await server.end();
});

test('where that does not help, the end is one line about maxmemory, without a stack', async () => {
  const server = startSmall();
  const client = await server.connect();
  // Channels are no keys: nothing refuses them.
  expect(await fill(client, (i) => ['SUBSCRIBE', `${i}${'c'.repeat(300)}`])).toBe('the connection was closed');
  expect(await server.exited).toBe(1);
  expect(server.errors).toMatch(new RegExp(`^redis-lab: the server has ended, and its data is gone: the heap of the loop's thread came to its limit of ${LIMIT_MB} MB\\. maxmemory [^\\n]*\\n$`));
});
