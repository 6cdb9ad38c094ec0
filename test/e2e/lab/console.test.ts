/**
 * The console in a real terminal: what it says of lines that cannot be answered, and long replies opened whole. One lab for the whole file.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../support/lab.js';

let lab: Lab;

beforeAll(async () => {
  lab = await new Lab().ready();
});
afterAll(() => lab.close());

const transcript = (): string => lab.pane('repl').join('\n');

test('lines after a waiting one are listed when Ctrl-C leaves it', async () => {
  lab.type('BLPOP q 0\r');
  await lab.until(() => transcript().includes('BLPOP waits'));
  lab.type('PING\r');
  await lab.until(() => transcript().includes('1 more behind it') || transcript().includes('1 behind it'));
  lab.type('\x03');
  await lab.until(() => /sent after it\s+and not answered: PING/.test(transcript()));
});

test('a line right after halfclose is sent over the next connection', async () => {
  lab.type('halfclose\rSET wave 👋\rGET wave\r');
  await lab.until(() => transcript().includes('"👋'));
});

test('a long reply is opened whole, and left again', async () => {
  lab.type('COMMAND DOCS\r');
  await lab.until(() => transcript().includes('Ctrl-O shows all of it'));
  lab.type('\x0f');
  await lab.until(() => /COMMAND DOCS · lines 1-\d+ of [\d,]+/.test(lab.screen));
  lab.type('/complexity\r');
  await lab.until(() => !/lines 1-/.test(lab.screen));
  lab.type('\x1b');
  await lab.until(() => lab.screen.includes('Tokens'));
});

test('while the loop is paused, a waiting line shows that, and the keys that continue', async () => {
  await lab.toPanes();
  lab.type(' ');
  await lab.until(() => lab.header.includes('PAUSED'));
  lab.type('6');
  await lab.until(() => transcript().includes('paused'));
  lab.type('PING\r');
  await lab.until(() => /PING waits: .*paused.*Esc, then e/.test(transcript()));
  await lab.toPanes();
  await lab.resume();
  await lab.until(() => transcript().includes('PONG'));
  expect(transcript()).not.toContain('paused');
});
