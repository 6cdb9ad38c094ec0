import { build } from 'esbuild';
import { expect, test } from 'vitest';
// @ts-expect-error A script has no declarations.
import { bundleInk } from '../../scripts/bundle-ink.mjs';

test('a bundle in which the tokenizer of Ink was not replaced fails', async () => {
  const withoutInk = build({ stdin: { contents: 'export default 1;', resolveDir: '.' }, bundle: true, write: false, plugins: [bundleInk], logLevel: 'silent' });
  await expect(withoutInk).rejects.toThrow('its tokenizer was not replaced');
});
