/** Host names are looked up as getaddrinfo(3) does it, which also knows short forms of addresses; a recording holds the answer. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createServer } from 'redis-lab';
import { cli } from '../support/cli.js';
import { connectTo, temporaryDirectory } from '../support/headless.js';

test('a replica finds its master by name, MIGRATE its target, and the recording is replayed', async () => {
  const path = join(temporaryDirectory(), 'names.lab');
  const recording: Uint8Array[] = [];
  const log: string[] = [];
  await using master = await createServer({ port: 0 });
  const onMaster = await connectTo(master.port);
  await onMaster.call('SET', 'k', 'v');
  const options = { port: 0, record: (bytes: Uint8Array) => void recording.push(bytes.slice()), log: (_: unknown, line: string) => void log.push(line) };
  const replica = await createServer(options);
  const client = await connectTo(replica.port);
  await client.call('SET', 'own', 'w');
  expect(await client.call('MIGRATE', '127.1', String(master.port), 'own', '0', '5000')).toEqual({ simple: 'OK' });
  await client.call('SET', 'own', 'x');
  const failed = { error: 'IOERR error or timeout connecting to the client' };
  expect(await client.call('MIGRATE', 'no..name', String(master.port), 'own', '0', '5000')).toEqual(failed);
  expect(log.at(-1)).toMatch(/MIGRATE: the name no\.\.name cannot be resolved \(E\w+\)/);
  await client.call('REPLICAOF', '127.1', String(master.port));
  while (!String(await client.call('INFO', 'replication')).includes('master_link_status:up'));
  expect(await client.call('MGET', 'k', 'own')).toEqual(['v', 'w']);
  await replica.close();
  writeFileSync(path, Buffer.concat(recording));
  expect((await cli('replay', path)).stdout).toMatch(/^replayed \d+ turns, \d+ commands: identical\n$/);
});
