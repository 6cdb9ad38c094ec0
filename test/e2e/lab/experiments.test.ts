/**
 * Experiments on the screen, by keys alone, on the smallest of the usual terminals.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { KEYS, startLab, type Lab } from '../../support/lab.js';

function stateFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-learn-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const LAB = { columns: 80, rows: 24, env: { LANG: 'C', LC_ALL: '', LC_MESSAGES: '' } };

/** The left column: what the experiment says, as one text. */
function lesson(lab: Lab): string {
  const rows = lab.terminal.rows();
  const end = rows.findIndex((row, y) => y > 1 && /^[─-]{30}/.test(row));
  return rows.slice(1, end === -1 ? undefined : end).map((row) => row.slice(0, 39).trim()).join(' ').replace(/ +/g, ' ');
}

const isListOpen = (lab: Lab): boolean => lab.screen.includes('╭─ Experiments ');

const keysIn = (footer: string): number => footer.trim().split(/ {2,}/).length;

test('an experiment is predicted, run, stepped, explained, broken and mended, and is then done', async () => {
  const state = stateFolder();
  const options = { ...LAB, args: ['learn', 'pipeline', '--port', '0'], env: { ...LAB.env, XDG_STATE_HOME: state } };
  const lab = await startLab(options);
  const says = (expected: string | RegExp): Promise<string> => lab.until(() => (typeof expected === 'string' ? lesson(lab).includes(expected) : expected.test(lesson(lab))));
  const says6 = async (expected: string | RegExp): Promise<void> => {
    await says(expected);
    expect(keysIn(lab.footer)).toBeLessThanOrEqual(6);
  };
  await says6('pipeline: predict');
  expect(lab.screen).not.toContain('Keyspace');

  lab.type('1');
  await says6('You said: five reads, five commands, five writes. Something else has happened: one read, five commands, one write.');
  lab.type(KEYS.right);
  await lab.until(() => lab.header.includes('HISTORY') && lab.screen.includes('▶ one read brings all five requests') && /▶.*\[read\]/.test(lab.screen));
  lab.type(KEYS.right);
  await lab.until(() => lab.screen.includes('▶ the decoder finds the first of five') && /▶.*decode/.test(lab.screen));
  lab.type(KEYS.left);
  await lab.until(() => lab.screen.includes('▶ one read brings all five requests') && /▶.*\[read\]/.test(lab.screen));

  lab.type(KEYS.enter);
  await says6(/In turn \d+ one read of #\d+ returned 40 bytes, and the decoder found 5 frames in them/);
  await lab.until(() => lab.header.includes('LIVE'));
  lab.type(KEYS.right);
  await lab.until(() => lab.footer.includes('Enter shows it'));
  lab.type(KEYS.enter);
  await lab.until(() => lab.header.includes('HISTORY') && /▶.*\[read\]/.test(lab.screen) && lab.footer.includes('Enter break it'));

  lab.type(KEYS.enter);
  await says6('fault one-read-one-command');
  lab.type(KEYS.enter);
  await says6(/RED One read, one command: in turn \d+ #\d+ read five requests/);
  expect(lab.header).toContain('one-read-one-command');

  lab.type(KEYS.enter);
  await says6('after-frame: a command has been executed. What comes next?');
  lab.type('2');
  await says6(/RED 8 bytes per read/);
  // What is on has its name, and a loop that is mended has nothing.
  expect(lab.header).toContain('one-read-one-command, rule read-size');
  lab.type('3');
  await says6(/GREEN The decoder is asked until it has no whole frame left/);
  await lab.until(() => !lab.header.includes('rule') && !lab.header.includes('one-read'));
  expect(JSON.parse(readFileSync(join(state, 'redis-lab', 'experiments.json'), 'utf8'))).toEqual({ done: ['pipeline'] });

  lab.type(KEYS.enter);
  await says6('Sources:');
  lab.type(KEYS.enter);
  await lab.until(/ 7 {2}pipeline +done +A pipeline is not a transaction/);
  lab.type(KEYS.escape);
  await lab.until(() => !isListOpen(lab) && !lab.header.includes('one-read-one-command'));
  await lab.until(() => lab.header.includes('1 connection'));
  await lab.run('faults', 'no fault is set');
});

test('--present: few panes, and Enter leads from the question through the moments', async () => {
  const lab = await startLab({ ...LAB, args: ['learn', 'pipeline', '--port', '0', '--present'], env: { ...LAB.env, XDG_STATE_HOME: stateFolder() } });
  await lab.until(() => lesson(lab).includes('pipeline: predict') && lab.footer.includes('Enter run it'));
  lab.type(KEYS.enter);
  // What was predicted was said aloud: the answer is shown, and nobody is told what they said.
  await lab.until(() => /pipeline: step ─* One read, five commands, one write\. Key moments:/.test(lesson(lab)));
  lab.type(KEYS.enter);
  await lab.until(() => lab.header.includes('HISTORY') && lab.screen.includes('▶ one read brings all five requests'));
  lab.type(KEYS.enter);
  await lab.until(() => lab.screen.includes('▶ the decoder finds the first of five'));
  lab.type(KEYS.escape);
  await lab.until(() => isListOpen(lab));
  lab.type(KEYS.escape);
  await lab.until(() => !isListOpen(lab));
  for (const pane of ['1 Loop', '2 Tokens', '6 REPL']) expect(lab.screen).toContain(pane);
  for (const pane of ['3 Readiness', '4 Frames', '5 Keyspace']) expect(lab.screen).not.toContain(pane);
});

test('a line is typed, and a wrong one is RED', async () => {
  const lab = await startLab({ ...LAB, args: ['learn', 'wouldblock', '--port', '0'] });
  lab.type('2');
  await lab.until(() => lesson(lab).includes('That is what has happened.'));
  lab.type(KEYS.enter);
  await lab.until(() => lesson(lab).includes('wouldblock: why'));
  lab.type(KEYS.enter);
  await lab.until(() => lesson(lab).includes('wouldblock: break'));
  lab.type(KEYS.enter);
  await lab.until(() => lesson(lab).includes('RED The loop treats EAGAIN as an error'));
  lab.type(KEYS.enter);
  await lab.until(() => lesson(lab).includes('Or type what follows rule after-read'));
  lab.type(`'close'${KEYS.enter}`);
  await lab.until(() => lesson(lab).includes("rule after-read 'close' RED"));
  lab.type(`result > 0 ? 'read again' : 'wait'${KEYS.enter}`);
  await lab.until(() => /rule after-read result > 0 \? 'read again' : 'wait' GREEN/.test(lesson(lab)));
});

test('L opens the list, leaving in the middle restores the lab, and the progress is kept', async () => {
  const state = stateFolder();
  const lab = await startLab({ ...LAB, env: { ...LAB.env, XDG_STATE_HOME: state } });
  await lab.toPanes();
  lab.type('L');
  await lab.until('Watch one command, in slow motion');
  lab.type(KEYS.escape);
  await lab.until(() => !lab.screen.includes('slow motion'));
  await lab.toConsole();
  await lab.run('learn head-of-line', 'head-of-line: predict');
  lab.type('2');
  await lab.until(() => lab.screen.includes('head-of-line: runs') && lab.header.includes('3 connections'));
  lab.type(KEYS.escape);
  await lab.until(() => isListOpen(lab));
  lab.type(KEYS.escape);
  await lab.until(() => !isListOpen(lab));
  // What cleans up says so in the REPL, where there are few rows.
  await lab.until(() => lab.header.includes('1 connection'));
  await lab.run('faults', 'no fault is set');
  await lab.run('learn piplin', "there is no experiment 'piplin': did");
});

test('a terminal that is too small for experiments gets a message', async () => {
  const lab = await startLab({ ...LAB, columns: 70, rows: 20, args: ['learn', 'pipeline', '--port', '0'], until: 'Experiments need 80x24.' });
  expect(lab.screen).toContain('pipeline: predict');
});

test('without a name the list comes, but for a first start', async () => {
  const env = { ...LAB.env, XDG_STATE_HOME: stateFolder() };
  const first = await startLab({ ...LAB, env, args: ['learn', '--port', '0'], until: 'One thread serves all clients.' });
  first.type('P');
  await first.until(() => !first.screen.includes('One thread'));
  await startLab({ ...LAB, env, args: ['learn', '--port', '0'], until: 'A pipeline is not a transaction' });
});
