import { expect, test } from 'vitest';
import { giveBack } from '../../../src/server/thread/give-back.js';

test('memory that malloc holds free is given back where the C library is glibc', async () => {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  expect(await giveBack()).toBe(header.glibcVersionRuntime !== undefined);
});
