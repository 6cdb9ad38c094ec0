/** Bytes of a keyboard as text, at every boundary. */
import { expect, test } from 'vitest';
import { TextReader } from '../../../src/tui/terminal/text-reader.js';

test.each(['SET ключ 👋 日本', 'caf\udce9 au lait', '\udcff\udc80'])('%j, wherever it is cut', (text) => {
  const bytes = Buffer.from(text === 'caf\udce9 au lait' ? [0x63, 0x61, 0x66, 0xe9, ...Buffer.from(' au lait')] : text === '\udcff\udc80' ? [0xff, 0x80] : Buffer.from(text));
  for (let at = 0; at <= bytes.length; at++) {
    const reader = new TextReader();
    expect(reader.read(bytes.subarray(0, at)) + reader.read(bytes.subarray(at)) + reader.flush(), `cut at ${at}`).toBe(text);
  }
});

test('the beginning of a character waits, and is a byte once nothing follows', () => {
  const reader = new TextReader();
  expect(reader.read(Buffer.from([0x66, 0xe9]))).toBe('f');
  expect(reader.isPending).toBe(true);
  expect(reader.flush()).toBe('\udce9');
  expect(reader.isPending).toBe(false);
});
