import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderDocs } from '../scripts/render-docs.js';

test.each(Object.entries(renderDocs()))('%s says what the sources say; `npm run docs` writes it anew', (path, text) => {
  expect(readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')).toBe(text);
});
