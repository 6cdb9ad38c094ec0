// Builds dist/: one bundle per door (the command line, the library, the loop thread) with the chunks they share,
// the declarations of the library, and the licences of what is bundled. Bundling is for start-up time: one file opens faster than a hundred.
// What package.json names as a dependency stays outside; the screen's packages become part of it, so that nobody has to install them.
//
//   node scripts/build.mjs [--out FOLDER] [--no-types]
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build } from 'esbuild';
import { bundleInk, PRODUCTION } from './bundle-ink.mjs';
import { licencesOf } from './licences.mjs';

const { values: options } = parseArgs({ options: { out: { type: 'string', default: 'dist' }, 'no-types': { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('..', import.meta.url));
const { version, dependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

// Built beside and then moved into place, so that a failed build leaves the last good one.
const fresh = `${options.out}.${process.pid}`;
process.on('exit', () => rmSync(`${root}${fresh}`, { recursive: true, force: true }));

const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts', 'src/server/index.ts', 'src/server/thread/loop-thread.ts'],
  outbase: 'src',
  outdir: fresh,
  bundle: true,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  external: Object.keys(dependencies),
  define: { __VERSION__: JSON.stringify(version), ...PRODUCTION },
  plugins: [bundleInk],
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
});
chmodSync(`${root}${fresh}/cli/main.js`, 0o755);
writeFileSync(`${root}${fresh}/THIRD-PARTY-LICENSES.txt`, licencesOf(root, metafile));

if (!options['no-types']) {
  const tsc = [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.types.json`, '--outDir', `${root}${fresh}/types`];
  if (spawnSync(process.execPath, tsc, { stdio: 'inherit' }).status !== 0) process.exit(1);
}

rmSync(`${root}${options.out}`, { recursive: true, force: true });
renameSync(`${root}${fresh}`, `${root}${options.out}`);
