/** A recording on the screen: `redis-lab FILE` on a terminal. */
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createServer } from 'redis-lab';
import { cli } from '../../support/cli.js';
import { temporaryDirectory } from '../../support/headless.js';
import { KEYS, Lab, type LabOptions } from '../../support/lab.js';
import { RespClient } from '../../support/resp-client.js';

/** Its name says nothing. */
async function recorded(name: string): Promise<string> {
  const path = join(temporaryDirectory(), name);
  const parts: Buffer[] = [];
  const server = await createServer({ port: 0, requirepass: 'secret', record: (bytes) => parts.push(bytes) });
  await using client = await RespClient.connect(server.port);
  for (const words of [['AUTH', 'secret'], ['SET', 'greeting', 'hello'], ['INCR', 'visits'], ['LPUSH', 'greeting', 'x']]) await client.call(...words);
  await server.close();
  writeFileSync(path, Buffer.concat(parts));
  return path;
}

function show(options: LabOptions): Lab {
  const lab = new Lab(options);
  onTestFinished(() => lab.close());
  return lab;
}

test.each([[80, 24], [120, 40]])('it is shown at its last command, and a server goes on from its end, %i x %i', async (columns, rows) => {
  const path = await recorded('failed.conf');
  const lab = show({ args: [path, '--port', '0'], columns, rows });
  await lab.until(() => lab.header.includes('HISTORY') && lab.pane('frames').some((row) => row.includes('LPUSH greeting x')));
  const there = lab.header;
  lab.type(KEYS.escape);
  await lab.until(() => !lab.screen.includes('Enter send'));
  lab.type(KEYS.left);
  await lab.until(() => lab.header.includes('HISTORY') && lab.header !== there);
  // To the end of the recording first, and from there to the server that goes on.
  lab.type(KEYS.end);
  await lab.until(() => lab.header === there);
  lab.type(KEYS.end);
  await lab.until(() => lab.header.includes('LIVE'));
  // From now ← leads to the end of the recording, although the server has gone on.
  lab.type(KEYS.left);
  await lab.until(() => lab.header === there);
  lab.type(KEYS.end);
  await lab.until(() => lab.header.includes('LIVE'));
  await lab.toConsole();
  lab.type('INCR visits\r');
  await lab.until(() => lab.pane('repl').includes('(integer) 2'));
});

test('what there is to say of a file is said on the screen, and options of a replay replay it', async () => {
  const path = await recorded('cut.lab');
  appendFileSync(path, 'xyz');
  const lab = show({ args: [path, '--port', '0'] });
  await lab.until(() => lab.screen.includes('is incomplete: it is cut off in block'));
  const { stdout } = await cli(path);
  expect(stdout).toMatch(/^replayed \d+ turns, /);
  const replay = show({ args: [path, '--digest'] });
  expect(await replay.exitCode).toBe(0);
  expect(replay.screen).toMatch(/replayed \d+ turns, /);
});
