/**
 * The past in the real lab: a fork of it on a port of its own, whose screen lies over that of the lab until Esc ends it; and what is said where there is none.
 */
import { createConnection } from 'node:net';
import { expect, test } from 'vitest';
import { KEYS, startLab, type Lab } from '../../support/lab.js';
import { RespClient } from '../../support/resp-client.js';

const moment = ({ header }: Lab): string => / turn (\d+, event \d+)/.exec(header)?.[1] ?? '';

/** Where the fork that is on the screen listens. */
const forkPort = (lab: Lab): number => Number(/127\.0\.0\.1:(\d+)/.exec(lab.terminal.rows()[1]!)?.[1]);

const isOpen = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' }, () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });

test('a fork of the past opens on a port of its own, shows the clients of that moment as ghosts, and ends with Esc, which returns', async () => {
  const lab = await startLab();
  lab.type('@w BLPOP queue 0\r');
  await lab.until(() => lab.pane('tokens').some((row) => /#3 .*parked/.test(row)));
  lab.type('SET k old\r');
  await lab.until(() => lab.pane('keyspace').some((row) => row.includes('"old"')));
  lab.type('SET k new\r');
  await lab.until(() => lab.pane('keyspace').some((row) => row.includes('"new"')));
  lab.type('goto change k\r');
  await lab.until(() => lab.header.includes('HISTORY') && moment(lab) !== '');
  const [before, turn] = [moment(lab), moment(lab).split(',')[0]!];
  lab.type('fork\r');
  await lab.until(() => lab.header.includes(` FORK of turn ${turn}, event `) && lab.pane('tokens').some((row) => /#3 .*ghost parked/.test(row)));
  const port = forkPort(lab);
  expect(port).not.toBe(lab.port);
  await lab.until(() => lab.pane('keyspace').some((row) => row.includes('"old"')));
  const client = await RespClient.connect(port);
  await client.call('SET', 'k', 'other');
  await lab.until(() => lab.pane('keyspace').some((row) => row.includes('"other"')));
  // A fork has a past of its own.
  lab.type(KEYS.escape);
  await lab.until(() => lab.footer.includes('Esc ends the fork'));
  lab.type(KEYS.left);
  await lab.until(() => lab.header.includes(' FORK ') && lab.header.includes('HISTORY') && moment(lab) !== '');
  expect(lab.footer).not.toContain('ends the fork');
  lab.type(KEYS.escape);
  await lab.until(() => lab.header.includes(' LIVE ') && lab.footer.includes('Esc ends the fork'));
  lab.terminal.resize(100, 30);
  lab.type(KEYS.escape);
  await lab.until(() => !lab.header.includes(' FORK ') && moment(lab) === before);
  lab.terminal.resize(120, 40);
  await lab.until(() => lab.pane('repl').some((row) => row.includes(`a fork, as of turn ${turn}, event `)));
  await expect.poll(() => isOpen(port)).toBe(false);
  client.socket.destroy();
  lab.type(KEYS.end);
  await lab.until(() => lab.header.includes(' LIVE '));
  lab.type('GET k\r');
  await lab.until(() => lab.pane('repl').includes('"new"'));
});

test('now can be forked, too, also while the loop is held; a fork that ends by itself returns, and a fork can be forked', async () => {
  const lab = await startLab();
  lab.type('SET k v\r');
  await lab.until(() => lab.pane('repl').includes('OK'));
  lab.type('fork\r');
  await lab.until(() => lab.header.includes(' FORK ') && lab.header.includes(' LIVE ') && lab.pane('keyspace').some((row) => row.includes('"v"')));
  const first = forkPort(lab);
  await lab.until(() => lab.pane('repl').some((row) => row.includes(`${first}>`)));
  lab.type('fork\r');
  await lab.until(() => lab.header.includes(' FORK ') && forkPort(lab) !== first && lab.pane('repl').some((row) => row.includes(`${forkPort(lab)}>`)));
  const second = forkPort(lab);
  lab.type('SHUTDOWN NOSAVE\r');
  await lab.until(() => forkPort(lab) === first);
  expect(await isOpen(second)).toBe(false);
  await lab.until(() => lab.header.includes(' FORK '));
  lab.type(KEYS.escape);
  await lab.until(() => lab.footer.includes('Esc ends the fork'));
  lab.type(KEYS.escape);
  await lab.until(() => !lab.header.includes(' FORK ') && lab.pane('repl').some((row) => row.includes(`${lab.port}>`)));
  await lab.toPanes();
  await lab.pause();
  lab.type('6fork\r');
  await lab.until(() => / FORK of turn \d+, event \d+ /.test(lab.header) && lab.pane('keyspace').some((row) => row.includes('"v"')));
  lab.type(KEYS.escape);
  await lab.until(() => lab.footer.includes('Esc ends the fork'));
  lab.type(KEYS.escape);
  await lab.until(() => lab.header.includes(' PAUSED ') && !lab.header.includes(' FORK ') && !lab.header.includes('HISTORY'));
});

test('without a history the lab says why there is no going back', async () => {
  const lab = await startLab({ args: ['--port', '0', '--history', '0'] });
  lab.type('SET k v\r');
  await lab.until(() => lab.pane('repl').includes('OK'));
  lab.type('goto turn 1\r');
  await lab.until(() => lab.pane('repl').join(' ').includes('going back is off: --history 64mb'));
  await lab.toPanes();
  lab.type(KEYS.left);
  await lab.until(() => lab.footer.includes('going back is off: --history 64mb gives it memory'));
  expect(lab.header).toContain(' LIVE ');
});
