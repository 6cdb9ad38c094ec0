/** Recordings that are opened: their past can be visited, and a server goes on from their end. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { createServer, type ServerOptions } from 'redis-lab';
import type { OpenedRecording } from '../../src/server/index.js';
import { readRecording } from '../../src/server/recording/index.js';
import { startThread } from '../../src/server/thread/start-thread.js';
import { RespClient } from '../support/resp-client.js';

/** Of the built library, as its threads are: only the same build can go on from a state. */
const { openRecordingOn } = (await import('redis-lab')) as unknown as typeof import('../../src/server/index.js');

const WINDOWS = { keys: { db: 0, offset: 0, limit: 100, order: 'name', match: '*' }, clients: 10 } as const;

async function open(bytes: Buffer): Promise<OpenedRecording> {
  const { head, tape } = readRecording(bytes);
  const opened = await openRecordingOn(startThread(), head, tape, { history: 2 ** 24 });
  onTestFinished(() => opened.server.close());
  return opened;
}

async function recorded(options: ServerOptions, use: (client: RespClient) => Promise<void>): Promise<Buffer> {
  const parts: Buffer[] = [];
  const server = await createServer({ port: 0, ...options, record: (bytes) => parts.push(bytes) });
  await using client = await RespClient.connect(server.port);
  await use(client);
  await server.close();
  return Buffer.concat(parts);
}

test('the last command is visited, and another server goes on from the end', async () => {
  const bytes = await recorded({}, async (client) => {
    await client.call('SET', 'stock', '3');
    await client.call('DECRBY', 'stock', '2');
    await client.call('LPUSH', 'stock', 'wrong');
  });
  const { server, lastCommand, divergence } = await open(bytes);
  expect({ lastCommand, divergence }).toEqual({ lastCommand: 3, divergence: null });
  const past = server.history!;
  expect(past.range).toMatchObject({ oldestCommand: 1, newestCommand: 3, isWhole: true, off: null });
  const { events } = await past.visit({ command: lastCommand }, WINDOWS);
  expect(events.at(-1)).toMatchObject({ kind: 'execute', command: 'lpush' });
  await past.visit({ command: 1 }, WINDOWS);
  expect((await past.ask(['GET', 'stock'])).reply.toString()).toBe('$1\r\n3\r\n');
  await using client = await RespClient.connect(server.port);
  expect(await client.call('GET', 'stock')).toBe('1');
  expect(await client.call('INCR', 'stock')).toBe(2);
  expect(past.range.newestCommand).toBe(3);
});

test('forks of the past have the settings that the recording is opened with', async () => {
  const bytes = await recorded({ requirepass: 'right' }, async (client) => {
    await client.call('AUTH', 'right');
    await client.call('SET', 'k', 'v');
  });
  const { head, tape } = readRecording(bytes);
  const opened = await openRecordingOn(startThread(), head, tape, { history: 2 ** 24, requirepass: '' });
  onTestFinished(() => opened.server.close());
  const past = opened.server.history!;
  await past.visit({ command: 2 }, WINDOWS);
  await using fork = (await past.fork()).server;
  for (const { port } of [opened.server, fork]) {
    await using client = await RespClient.connect(port);
    expect(await client.call('DBSIZE')).toBe(1);
  }
});

test('what another build does otherwise is shown up to there', async () => {
  const bytes = await recorded({ requirepass: 'right' }, async (client) => {
    await client.call('AUTH', 'right');
    await client.call('SET', 'k', 'v');
  });
  const { head, tape } = readRecording(bytes);
  const opened = await openRecordingOn(startThread(), { ...head, settings: {} }, tape, { history: 2 ** 24 });
  onTestFinished(() => opened.server.close());
  expect(opened.divergence).toMatch(/^replayed write of /);
  const { events } = await opened.server.history!.visit({ command: opened.lastCommand }, WINDOWS);
  expect(events.at(-1)).toMatchObject({ kind: 'execute', command: 'auth' });
});

test('a kept recording is opened as far as this version does the same', async () => {
  const { server, lastCommand } = await open(readFileSync(fileURLToPath(new URL('../fixtures/0.1.0.lab', import.meta.url))));
  expect(lastCommand).toBeGreaterThan(0);
  const { events } = await server.history!.visit({ command: lastCommand }, WINDOWS);
  expect(events.at(-1)!.kind).toBe('execute');
});

test('what cannot be replayed at all is refused', async () => {
  const { head, tape } = readRecording(await recorded({}, async (client) => void (await client.call('PING'))));
  const refused = openRecordingOn(startThread(), { ...head, settings: { nonsense: 1 } as object }, tape, { history: 2 ** 24 });
  await expect(refused).rejects.toThrow(/^going back is off: /);
});
