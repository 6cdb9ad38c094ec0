// Writes the documents that derive from the sources: docs/commands.md, docs/configuration.md, docs/trace-events.md and the flags in README.md. See render-docs.ts.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { printIfAsked } from './usage.mjs';

printIfAsked(new URL(import.meta.url));
const root = fileURLToPath(new URL('..', import.meta.url));
const read = (path) => readFileSync(join(root, path), 'utf8');
const EXPERIMENTS = 'src/tui/learn/experiments';
const folder = mkdtempSync(join(root, 'node_modules', '.docs-'));
try {
  const outfile = join(folder, 'render-docs.mjs');
  await build({ absWorkingDir: root, entryPoints: ['scripts/render-docs.ts'], outfile, bundle: true, format: 'esm', platform: 'node', packages: 'external', define: { __VERSION__: '""' } });
  const { renderDocs } = await import(pathToFileURL(outfile).href);
  const pictures = Object.fromEntries(readdirSync(join(root, 'test/tui/goldens')).map((name) => [name.replace('.txt', ''), read(`test/tui/goldens/${name}`)]));
  const experiments = readdirSync(join(root, EXPERIMENTS)).filter((name) => /^\d/.test(name)).map((name) => JSON.parse(read(`${EXPERIMENTS}/${name}`)));
  for (const [path, text] of Object.entries(renderDocs(read('README.md'), pictures, experiments))) {
    if (read(path) !== text) {
      writeFileSync(join(root, path), text);
      console.log(`${path} is written anew`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
