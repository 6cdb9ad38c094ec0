/**
 * Whatever breaks, and wherever: the terminal is itself again, the error stands on it, and the process is gone.
 */
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { expectLeft, launchLab, type Lab } from '../../support/lab.js';

const PROVOKE = fileURLToPath(new URL('../../support/provoke.mjs', import.meta.url));

const launch = (way: string, args: readonly string[] = ['--port', '0']): Lab => launchLab({ inShell: true, args, node: ['--import', PROVOKE], env: { PROVOKE: way } });

async function expectCrashed(lab: Lab): Promise<void> {
  await expectLeft(lab, 1);
  // Behind the screen that has been left, once, and without what a client may have put into it.
  const [, ...after] = lab.terminal.raw.split('\x1b[?1049l');
  expect(after).toHaveLength(1);
  expect(after[0]!.match(/redis-lab: .*provoked/g)).toHaveLength(1);
  expect(lab.terminal.raw).not.toContain('\x1b]0;');
}

test.each(['exception', 'rejection', 'a value that is not an error', 'rendering'])('in the main thread: %s', async (way) => {
  const lab = await launch(way).ready();
  lab.signal('SIGUSR2');
  // Something to draw.
  lab.type('x');
  await expectCrashed(lab);
});

test('in the first frame', async () => {
  await expectCrashed(launch('the first frame'));
});

test.each(['epoll', 'portable'])('in the thread of the loop (%s)', async (poller) => {
  const lab = await launch('loop', ['--port', '0', '--poller', poller]).ready();
  const client = await lab.connect();
  await expect(client.call('provoke')).rejects.toThrow('closed');
  await expectCrashed(lab);
});

test('while the loop is held', async () => {
  const lab = await launch('exception').ready();
  await lab.toPanes();
  await lab.pause();
  lab.signal('SIGUSR2');
  await expectCrashed(lab);
});

test('while the lab is left: it is left all the same', async () => {
  const lab = await launch('closing').ready();
  lab.signal('SIGUSR2');
  await lab.run('PING', 'PONG');
  lab.type('quit\r');
  await expectLeft(lab);
});

test('output of others to standard error waits until the screen ends', async () => {
  const lab = await launch('chatter').ready();
  lab.signal('SIGUSR2');
  await lab.run('PING', 'PONG');
  expect(lab.terminal.raw).not.toContain('provoked');
  lab.type('quit\r');
  await expectLeft(lab);
  const [, after = ''] = lab.terminal.raw.split('\x1b[?1049l');
  expect(after).toContain('Warning: provoked warning');
  expect(after).toContain('provoked message');
});
