// Runs a program of test/ outside of vitest: bundled into one file first, since Node 20 does not read TypeScript. Needs a build.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { printIfAsked, refuse } from './usage.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** @param {string} entry from the root, such as test/fuzz/main.ts */
export async function runTestProgram(entry) {
  printIfAsked(`${root}${entry}`);
  // In a folder as deep as test/support, so that its relative paths are found.
  const outfile = `${root}node_modules/.cache/redis-lab-${process.pid}.mjs`;
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    external: ['vitest', 'bullmq'],
    // The built package, by its path: from within node_modules it could not be resolved by name.
    plugins: [{ name: 'redis-lab', setup: ({ onResolve }) => onResolve({ filter: /^redis-lab$/ }, () => ({ path: pathToFileURL(`${root}dist/server/index.js`).href, external: true })) }],
    logLevel: 'warning',
  });
  await import(pathToFileURL(outfile).href).catch((error) => refuse(`${root}${entry}`, error));
}
