/**
 * What a terminal may send besides keys, or in pieces: the console stays usable, and nothing of it is typed into the line or pressed in a pane.
 */
import { expect, test } from 'vitest';
import { KEYS, startLab } from '../../support/lab.js';

test('a paste whose end never comes: Ctrl-C works at once, and twice quits the lab', async () => {
  const lab = await startLab();
  lab.type('\x1b[200~DEL important');
  lab.type(KEYS.ctrlC);
  await lab.until('Ctrl-C again leaves the lab');
  lab.type(KEYS.ctrlC);
  expect(await lab.exitCode).toBe(0);
});

test('a paste whose end never comes is in the line after a while, and keys are keys again', async () => {
  const lab = await startLab();
  lab.type('\x1b[200~ECHO pasted');
  await lab.until('> ECHO pasted');
  await lab.run('-and-typed', '"pasted-and-typed"');
});

test('a long line without marks is there as soon as its last chunk', async () => {
  const lab = await startLab();
  lab.type(`SET k ${'x'.repeat(40_000)}\r`);
  await lab.run('STRLEN k', '(integer) 40000');
});

test('answers of the terminal are not typed', async () => {
  const lab = await startLab();
  for (const answer of ['\x1b]11;rgb:0000/0000/0000\x1b\\', '\x1b]52;c;b3duZWQ=\x07', '\x1bP1$r0m\x1b\\', '\x1b_Gi=31;OK\x1b\\', '\x1b^pm\x1b\\', '\x1bXsos\x1b\\', '\x1b[?1;2c', '\x1b[24;80R']) lab.type(answer);
  await lab.run('ECHO "only this"', '"only this"');
  expect(lab.screen).not.toMatch(/rgb|b3du|sos|pm/);
});

test('bytes that are not UTF-8 arrive as they were typed, in the screen and in the history', async () => {
  const lab = await startLab();
  lab.terminal.type(Buffer.from('SET k "caf\xe9 au lait"\r', 'latin1'));
  await lab.until(String.raw`> SET k "caf\xe9 au lait"`);
  await lab.run('GET k', String.raw`"caf\xe9 au lait"`);
  const client = await lab.connect();
  expect(await client.call('STRLEN', 'k')).toBe(12);
  lab.type(KEYS.up + KEYS.up + '\r');
  await lab.run('ECHO done', '"done"');
  expect(await client.call('STRLEN', 'k')).toBe(12);
  // The last byte of a line may be the beginning of a character.
  lab.terminal.type(Buffer.from('ECHO \xe9', 'latin1'));
  await lab.until(String.raw`> ECHO \xe9`);
});

test('letters of Thai, Lao and Devanagari are all on the screen, and its columns straight', async () => {
  const lab = await startLab();
  const words = ['ก', 'กำ', 'ກຳ', 'हिन्दी', 'தமிழ்'];
  lab.type(`ECHO ${words.join('-')}-`);
  await lab.until(() => lab.pane('repl').some((row) => row.replaceAll(' ', '').includes(`>ECHO${words.join('-')}-`)));
  const client = await lab.connect();
  for (const word of words.map((text) => Buffer.from(text).toString('latin1'))) await client.call('SET', word, `${word}-`);
  await lab.until(() => {
    const rows = lab.pane('keyspace').map((row) => row.replaceAll(' ', ''));
    return words.every((word) => rows.some((row) => row.includes(`${word}string`) && row.endsWith(`"${word}-"`)));
  });
  expect(lab.bentRows()).toEqual([]);
});
