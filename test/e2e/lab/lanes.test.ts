/**
 * `redis-lab --engine threads` on a terminal: lanes of threads that come and go with their clients.
 */
import { expect, onTestFinished, test } from 'vitest';
import { connectTo, MAIN } from '../../support/headless.js';
import { TestTerminal } from '../../support/terminal.js';

test.runIf(process.platform === 'linux')('lanes come with clients, show the load, and all of it ends with q', async () => {
  const terminal = new TestTerminal(process.execPath, [MAIN, '--engine', 'threads', '--port', '0'], { columns: 100, rows: 30 });
  onTestFinished(() => terminal.close());
  await terminal.until((screen) => screen.includes('0 of 64 threads'));
  terminal.type('++');
  await terminal.until((screen) => /2 of 64 threads/.test(screen) && screen.split('\n').filter((row) => /^ +\d+ +\d+ blocked in recv +1 /.test(row)).length === 2);
  const port = Number(/127\.0\.0\.1:(\d+)/.exec(terminal.screen())![1]);
  const client = await connectTo(port);
  expect(await client.call('SET', 'k', 'v')).toEqual({ simple: 'OK' });
  await terminal.until((screen) => /3 of 64 threads/.test(screen) && /taken 1 times/.test(screen));
  terminal.type('l');
  await terminal.until((screen) => /11 of 64 threads/.test(screen) && /taken [\d,]{3,} times/.test(screen));
  terminal.type('l-');
  await terminal.until((screen) => /2 of 64 threads/.test(screen));
  terminal.type('q');
  expect(await terminal.exited).toBe(0);
});
