// Runs test/fuzz/main.ts, or with `recordings` as its first word test/fuzz/recordings.ts: bundled into one file first, since Node 20 does not read TypeScript. Needs a build and redis-server 7.0.
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const program = process.argv[2] === 'recordings' ? process.argv.splice(2, 1)[0] : 'main';
const outfile = `${root}node_modules/.cache/redis-lab/fuzz-${process.pid}.mjs`;

await build({
  absWorkingDir: root,
  entryPoints: [`test/fuzz/${program}.ts`],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: ['vitest', 'bullmq'],
  // The built package, by its address: from within node_modules it could not be found by its name.
  plugins: [{ name: 'redis-lab', setup: ({ onResolve }) => onResolve({ filter: /^redis-lab$/ }, () => ({ path: pathToFileURL(`${root}dist/server/index.js`).href, external: true })) }],
  logLevel: 'warning',
});
await import(pathToFileURL(outfile).href);
