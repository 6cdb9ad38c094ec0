import { build } from 'esbuild';
import { expect, test } from 'vitest';
// @ts-expect-error A script has no declarations.
import { bundleInk } from '../../scripts/bundle-ink.mjs';

test.each(['@alcalzone/ansi-tokenize', 'string-width'])('a bundle in which %s was not replaced under Ink fails', async (name) => {
  const withoutInk = build({ stdin: { contents: 'export default 1;', resolveDir: '.' }, bundle: true, write: false, plugins: [bundleInk], logLevel: 'silent' });
  await expect(withoutInk).rejects.toThrow(`no longer imports ${name}, so it was not replaced`);
});
