import { expect, test } from 'vitest';
import { createServer, StartError } from 'redis-lab';
import { temporaryDirectory } from '../support/headless.js';
import { RespClient } from '../support/resp-client.js';

test('a setting with a value that is not allowed rejects with its name and what is wrong', async () => {
  await expect(createServer({ port: 99_999 })).rejects.toThrow(StartError);
  await expect(createServer({ port: 99_999 })).rejects.toThrow('port: argument must be between 0 and 65535 inclusive');
  await expect(createServer({ 'maxmemory-policy': 'oldest' })).rejects.toThrow('maxmemory-policy: argument(s) must be one of the following: volatile-lru');
});

test('settings are given as values, and CONFIG GET shows them as text', async () => {
  await using server = await createServer({ port: 0, dir: temporaryDirectory(), maxmemory: 1024, appendonly: true, 'client-output-buffer-limit': { normal: { hard: 1, soft: 2, softSeconds: 3 }, slave: { hard: 0, soft: 0, softSeconds: 0 }, pubsub: { hard: 4, soft: 5, softSeconds: 6 } } });
  await using client = await RespClient.connect(server.port);
  expect(await client.call('CONFIG', 'GET', 'maxmemory', 'appendonly', 'client-output-buffer-limit')).toEqual([
    'maxmemory', '1024', 'appendonly', 'yes', 'client-output-buffer-limit', 'normal 1 2 3 slave 0 0 0 pubsub 4 5 6',
  ]);
});
