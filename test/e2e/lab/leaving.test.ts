/**
 * Every way out of the lab, and what it leaves behind: a terminal that is itself again, an exit code, and nothing else.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { constants } from 'node:os';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { temporaryDirectory } from '../../support/headless.js';
import { expectLeft, KEYS, launchLab, MAIN, startLab, type Lab } from '../../support/lab.js';
import { TestTerminal } from '../../support/terminal.js';

const start = (): Promise<Lab> => startLab({ inShell: true });

test.each<[string, (lab: Lab) => void | Promise<void>]>([
  ['q', async (lab) => (await lab.toPanes(), lab.type('q'))],
  ['quit, typed into the REPL,', (lab) => lab.type('quit\r')],
  ['Ctrl-C twice', (lab) => lab.type(KEYS.ctrlC + KEYS.ctrlC)],
  ['SIGINT', (lab) => lab.signal('SIGINT')],
  ['SIGTERM', (lab) => lab.signal('SIGTERM')],
  ['SIGHUP', (lab) => lab.signal('SIGHUP')],
  ['SHUTDOWN of a client', async (lab) => void (await lab.connect()).call('SHUTDOWN', 'NOSAVE').catch(() => {})],
])('%s leaves the lab, and the terminal is itself again', async (_, leave) => {
  const lab = await start();
  await leave(lab);
  await expectLeft(lab);
});

test('a loop that is held lets go: q, SIGTERM', async () => {
  for (const leave of [(lab: Lab) => lab.type('q'), (lab: Lab) => lab.signal('SIGTERM')]) {
    const lab = await start();
    await lab.toPanes();
    await lab.pause();
    leave(lab);
    await expectLeft(lab);
  }
});

describe('a lab that saves its data', () => {
  const launch = (dir: string, ...args: readonly string[]): Lab => launchLab({ args: ['--port', '0', '--dir', dir, '--save', '3600 1000', ...args] });

  test.each<[string, (lab: Lab) => void | Promise<void>]>([
    ['q', async (lab) => (await lab.toPanes(), lab.type('qy'))],
    ['a lost terminal', (lab) => lab.terminal.hangUp()],
  ])('%s saves it', async (_, leave) => {
    const dir = temporaryDirectory();
    const lab = await launch(dir).ready();
    await lab.run('SET kept 1', 'OK');
    await leave(lab);
    expect(await lab.exitCode).toBe(0);
    expect(readFileSync(join(dir, 'dump.rdb'), 'latin1')).toContain('kept');
  });

  test('and cannot goes on and says why, and ends the next time with an exit code of 1', async () => {
    const dir = join(temporaryDirectory(), 'gone');
    mkdirSync(dir);
    const lab = await launch(dir).ready();
    await lab.run('SET kept 1', 'OK');
    rmSync(dir, { recursive: true });
    lab.type(KEYS.ctrlC + KEYS.ctrlC);
    await lab.until(() => /not ended: .*ENOENT/.test(lab.footer));
    await lab.run('GET kept', '"1"');
    lab.type(KEYS.ctrlC + KEYS.ctrlC);
    await lab.until(/redis-lab: ended without saving: .*ENOENT/);
    expect(await lab.exitCode).toBe(1);
  });

  test('and cannot write its append-only file says what would be lost, and ends the next time with an exit code of 1', async () => {
    const lab = await launchLab({ args: ['--port', '0', '--dir', temporaryDirectory(), '--appendonly', 'yes'] }).ready();
    await lab.run('fault disk-full', /disk-full/);
    await lab.run('SET lost 1', 'OK');
    lab.type(KEYS.ctrlC + KEYS.ctrlC);
    await lab.until(() => /not ended: the last changes, 53 bytes/.test(lab.footer));
    lab.type(KEYS.ctrlC + KEYS.ctrlC);
    await lab.until(/redis-lab: ended without saving: the last changes, 53 bytes, .*ENOSPC/);
    expect(await lab.exitCode).toBe(1);
  });

  test('and waits for a replica ends at once the second time', async () => {
    const lab = await launchLab({ args: ['--port', '0', '--shutdown-timeout', '3600', '--repl-diskless-sync-delay', '0'] }).ready();
    const replica = connect(Number(/\d{4,5}(?=>)/.exec(lab.screen)![0]), '127.0.0.1');
    onTestFinished(() => void replica.destroy());
    // It acknowledges the dataset, and then nothing any more.
    replica.write('PSYNC ? -1\r\nREPLCONF ACK 0\r\n');
    replica.on('data', (bytes) => bytes.includes('PING') || replica.write('REPLCONF ACK 0\r\n')).on('error', () => {});
    await lab.until(/replica, silent/);
    await lab.run('SET k v', 'OK');
    lab.type(KEYS.ctrlC + KEYS.ctrlC);
    await lab.until(() => lab.footer.includes('waits for replicas: once more ends it at once'));
    lab.type(KEYS.ctrlC);
    expect(await lab.exitCode).toBe(0);
  });

  test('in lines says why it goes on, and the end of the input is final', async () => {
    const dir = join(temporaryDirectory(), 'gone');
    mkdirSync(dir);
    const lab = launch(dir, '--screen-reader');
    await lab.until('quit ends the lab.');
    lab.type('SET kept 1\r');
    await lab.until(/^OK/m);
    rmSync(dir, { recursive: true });
    lab.type('quit\r');
    await lab.until(/not ended: .*ENOENT/);
    lab.type('\x04');
    await lab.until(/redis-lab: ended without saving: .*ENOENT/);
    expect(await lab.exitCode).toBe(1);
  });
});

test('a command that never ends does not keep the lab', async () => {
  const lab = await start();
  const client = await lab.connect();
  await client.call('SET', 'k', '1');
  client.call('EVAL', 'while true do end', '0').catch(() => {});
  // The script keeps the loop, so nothing says on the screen that it runs; the console's next command waits for it.
  await lab.run('PING', 'PING waits for its reply');
  lab.type(KEYS.ctrlC + KEYS.ctrlC);
  await expectLeft(lab);
});

test('once is not enough: Ctrl-C says so, and another key cancels it', async () => {
  const lab = await start();
  lab.type(KEYS.ctrlC);
  await lab.until('Ctrl-C again leaves the lab');
  lab.type('PIN');
  await lab.until(() => lab.footer.includes('Enter send') && lab.screen.includes('> PIN'));
  lab.type(KEYS.ctrlC);
  await lab.until(() => lab.footer.includes('Ctrl-C again leaves the lab') && !lab.screen.includes('PIN'));
  lab.type(KEYS.ctrlC);
  await expectLeft(lab);
});

test('q asks while there are clients: with 21 of them only y leaves, and Ctrl-C twice leaves all the same', async () => {
  for (const leave of ['qy', `q${KEYS.ctrlC}${KEYS.ctrlC}`]) {
    const lab = await start();
    const clients = await Promise.all(Array.from({ length: 21 }, () => lab.connect()));
    await lab.until(() => lab.header.includes('22 connections'));
    await lab.toPanes();
    lab.type('q');
    await lab.until(() => lab.footer.includes('Leave the lab, with 21 clients in it?  y yes  n no'));
    // The rest of `quit`, and what else fingers do.
    lab.type('u');
    await lab.until(() => lab.footer.includes('nothing is changed'));
    lab.type('it\r');
    expect(await clients[20]!.call('PING')).toEqual({ simple: 'PONG' });
    lab.type(leave);
    await expectLeft(lab);
  }
});

/** A shell with job control, in which the lab has been started. */
async function startInJobShell(): Promise<TestTerminal> {
  const shell = new TestTerminal('sh', ['-i'], { env: { PS1: '$ ', ENV: '', REDIS_LAB_HISTFILE: '' } });
  onTestFinished(() => shell.close());
  await shell.until('$ ');
  shell.type(`'${process.execPath}' '${MAIN}' --port 0\r`);
  await shell.until(/\b\d{4,5}>/);
  return shell;
}

test('Ctrl-Z gives the terminal back to the shell, and fg brings the lab back as it was', async () => {
  const shell = await startInJobShell();
  shell.type('SET kept 1\r');
  await shell.until(/kept +string/);
  shell.type(KEYS.ctrlZ);
  await shell.until((screen) => !shell.isOnAlternateScreen && screen.includes('Stopped'));
  expect(shell.cursor.isVisible).toBe(true);
  expect(shell.modes.bracketedPasteMode).toBe(false);
  shell.type('stty -a; echo end\r');
  expect((await shell.until(/^end$/m)).split(/[\s;]+/)).toEqual(expect.arrayContaining(['icanon', 'echo', 'isig']));
  shell.type('fg\r');
  await shell.until(() => shell.isOnAlternateScreen);
  await shell.until(/kept +string/);
  shell.type('GET kept\r');
  await shell.until('"1"');
  shell.type('quit\r');
  await shell.until(() => !shell.isOnAlternateScreen);
  shell.type('exit\r');
  await shell.exited;
});

test('where no shell would let it go on, Ctrl-Z does not stop it', async () => {
  const lab = await startLab();
  lab.type(KEYS.ctrlZ);
  lab.type('ECHO still-here\r');
  await lab.until('"still-here"');
  expect(lab.terminal.isOnAlternateScreen).toBe(true);
});

test('stopped and continued from outside, the lab takes the terminal again', async () => {
  const lab = await startLab();
  const before = lab.terminal.raw.length;
  lab.signal('SIGSTOP');
  lab.signal('SIGCONT');
  await lab.until(() => lab.terminal.raw.slice(before).includes('\x1b[?1049h'));
  await lab.run('PING', 'PONG');
});

test.each<[string, (lab: Lab) => void]>([
  ['SIGTERM', (lab) => lab.signal('SIGTERM')],
  ['SIGHUP', (lab) => lab.signal('SIGHUP')],
  ['Ctrl-C twice', (lab) => lab.type(KEYS.ctrlC + KEYS.ctrlC)],
  ['q, and y', (lab) => lab.type('qy')],
])('a terminal that takes nothing does not keep the lab: %s', async (_, leave) => {
  const lab = await startLab({ columns: 200, rows: 60 });
  await lab.toPanes();
  lab.terminal.stopReading();
  const client = await lab.connect();
  // More frames than the terminal's buffer has room for; a loop that still answers says that they have been drawn meanwhile.
  for (let i = 0; i < 100; i++) {
    lab.type('z');
    await client.call('SET', `key-${i}`, 'x'.repeat(100));
  }
  leave(lab);
  expect(await lab.exitCode).toBe(0);
});

test.each([
  ['the screen', [], /\d{4,5}>/],
  ['lines', ['--screen-reader'], 'quit ends the lab.'],
  ['a log', ['--headless'], 'Ready to accept connections'],
])('when the terminal is gone, so is the lab, quietly: %s', async (_, args, sign) => {
  const lab = launchLab({ args: [...args, '--port', '0'] });
  await lab.until(sign);
  lab.terminal.hangUp();
  expect(await lab.exitCode).toBe(0);
  // None, or SIGHUP: the pseudo-terminal sends another one when it is closed, which may come when Node has taken its handlers off. A crash would be SIGABRT or SIGSEGV.
  expect([0, constants.signals.SIGHUP]).toContain(lab.terminal.exitSignal);
});
