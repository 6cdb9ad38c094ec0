/** Non-ASCII bytes are readable, or escaped as redis-cli does it: the same in the console, the frames and the keyspace. */
import { expect, test } from 'vitest';
import { AppOnScreen } from '../app-on-screen.js';

test('a key of the panes leads from text to \\xHH and back, in all panes at once', async () => {
  await using screen = await AppOnScreen.start({ width: 200, height: 60 });
  screen.type('SET g 👋\r');
  await screen.until('OK');
  screen.type('GET g\r');
  // The reply in the console and in the frames, and the value; the cell behind a wide character is empty.
  const isReadable = (text: string): boolean => (text.match(/"👋 *"/g) ?? []).length === 3 && !text.includes('\\xf0');
  await screen.until(isReadable);
  screen.type('\x1b', '\\');
  const isEscaped = (text: string): boolean => (text.match(/"\\xf0/g) ?? []).length === 3 && text.includes('SET g \\xf0\\x9f\\x91\\x8b');
  const escaped = await screen.until((text) => isEscaped(text) && text.includes('as in redis-cli'));
  expect(escaped).toContain('> SET g 👋');
  screen.type('\\');
  await screen.until(isReadable);
});
