// Builds dist/: the library as modules, the command line and the loop's thread as one bundle each, the declarations of the library, and the licences of the bundled packages.
// Bundling is for start-up time: one file opens faster than a hundred. The packages that are used are part of it, so that they need not be installed.
//
//   node scripts/build.mjs [--out FOLDER] [--no-types]
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, cpSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { bundleInk, PRODUCTION } from './bundle-ink.mjs';
import { copyLessons } from './lessons.mjs';
import { licencesOf } from './licences.mjs';
import { parseOptions } from './usage.mjs';

const { values: options } = parseOptions(new URL(import.meta.url), { options: { out: { type: 'string', default: 'dist' }, 'no-types': { type: 'boolean', default: false } } });
const root = fileURLToPath(new URL('..', import.meta.url));
const { version, optionalDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));

/** The binary for each platform is installed with the package; which one is known only where it runs. */
const EXTERNAL = Object.keys(optionalDependencies);

/** Only its .wasm file is used. */
const LUA = 'wasmoon-lua5.1';
const LUA_FILE = 'liblua5.1.wasm';

// Built beside and then moved into place, so that a failed build leaves the last good one.
const fresh = `${options.out}.${process.pid}`;
process.on('exit', () => rmSync(`${root}${fresh}`, { recursive: true, force: true }));

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  external: EXTERNAL,
  legalComments: 'none',
  metafile: true,
  logLevel: 'warning',
};
const define = { __VERSION__: JSON.stringify(version), ...PRODUCTION };

/** Where a bundle finds the engine. */
const luaFrom = (folder) => ({ __LUA_ENGINE__: JSON.stringify(relative(folder, `server/thread/${LUA_FILE}`)) });

/** Which programs a bundle starts as threads. */
const threads = (loop, history) => ({ __LOOP_THREAD__: JSON.stringify(loop), __HISTORY_THREAD__: JSON.stringify(history) });
const LIBRARY_THREADS = threads('../server/thread/worker.js', '../server/history/worker.js');
const COMMAND_LINE_THREADS = threads('../cli/thread.js', '../cli/history-thread.js');

/** Where the lab finds its experiments. */
const EXPERIMENTS = 'learn/experiments/';
const experimentsFrom = (folder) => ({ __EXPERIMENTS__: JSON.stringify(`${relative(folder, EXPERIMENTS)}/`) });

/** A library is imported by programs: modules, with the parts that few programs use in chunks of their own. */
const library = await build({
  ...common,
  entryPoints: ['src/server/index.ts', 'src/testing/index.ts', 'src/poll/index.ts', 'src/poll/worker.ts', 'src/course/run.ts', 'src/course/peers-thread.ts', 'src/program/child/main.ts'],
  outbase: 'src',
  outdir: fresh,
  splitting: true,
  chunkNames: 'chunks/[name]-[hash]',
  format: 'esm',
  define: { ...define, ...luaFrom('chunks'), ...LIBRARY_THREADS },
});

/** The entry points of the lab are CommonJS: Node's module loader takes 5 ms in each thread, and the compiled code of CommonJS can be cached in every version of Node (src/cli/bundles.ts). */
async function bundle(entry, { outfile = entry, defines = {}, separate = {}, plugins = [], inject = [] } = {}) {
  const { metafile } = await build({
    ...common,
    entryPoints: [`src/${entry}.ts`],
    outfile: `${fresh}/${outfile}.js`,
    format: 'cjs',
    // A dynamic import becomes a require at the same place.
    supported: { 'dynamic-import': false },
    define: { ...define, ...(outfile.startsWith('cli/') ? COMMAND_LINE_THREADS : LIBRARY_THREADS), ...luaFrom(dirname(outfile)), ...experimentsFrom(dirname(outfile)), ...defines, 'import.meta.url': '__bundleUrl' },
    banner: { js: 'const __bundleUrl = require("node:url").pathToFileURL(__filename).href;' },
    plugins: [...plugins, leaveOut(separate)],
    inject,
  });
  toAscii(`${root}${fresh}/${outfile}.js`);
  return metafile;
}

/** Bundles are read as bytes. The non-ASCII characters that esbuild leaves are in comments and regular expressions, where an escape is equivalent. */
function toAscii(file) {
  const text = readFileSync(file, 'utf8');
  writeFileSync(file, text.replace(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`));
}

/** Bundles beside this one: a module imported by the first name is required by the second. */
function leaveOut(files) {
  const resolve = ({ path, kind }) => (kind !== 'entry-point' && Object.hasOwn(files, path) ? { path: files[path], external: true } : undefined);
  return { name: 'leave-out', setup: ({ onResolve }) => onResolve({ filter: /^\./ }, resolve) };
}

/** Bundles that are imported under their own names. */
const beside = (...names) => Object.fromEntries(names.map((name) => [`./${name}.js`, `./${name}.js`]));

/** The table of all commands includes the commands, a third of the size of the screen without it; it is loaded when the console first needs it. */
const REFERENCE = { './commands/reference.js': './command-reference.js' };

const metafiles = [
  library.metafile,
  await bundle('server/thread/loop-thread'),
  await bundle('server/thread/worker', { separate: beside('loop-thread') }),
  await bundle('server/history/history-thread'),
  await bundle('server/history/worker', { separate: beside('history-thread') }),
  await bundle('server/background/helper'),
  await bundle('server/herd/worker'),
  await bundle('server/engines/acceptor'),
  await bundle('server/engines/connection'),
  await bundle('cli/lab', { separate: beside('run', 'replay', 'learn', 'check', 'course', 'threads', 'compare') }),
  await bundle('cli/replay'),
  await bundle('cli/learn', { separate: REFERENCE }),
  await bundle('cli/check'),
  await bundle('cli/course'),
  await bundle('cli/threads'),
  await bundle('cli/compare'),
  await bundle('compare/load'),
  await bundle('cli/open-recording'),
  // Ink's layout engine would load all of Node's fetch to read itself out of a data: URL, and works without fetch if there is none.
  await bundle('cli/run', { separate: { ...beside('open-recording'), ...REFERENCE }, plugins: [bundleInk], defines: { fetch: 'undefined', 'Intl.Segmenter': 'LazySegmenter' }, inject: [`${root}src/tui/state/characters.ts`] }),
  await bundle('server/commands/reference', { outfile: 'cli/command-reference' }),
];
const buildId = createHash('sha256');
for (const file of ['server/thread/loop-thread.js', 'server/history/history-thread.js', 'cli/lab.js', 'cli/run.js', 'cli/replay.js', 'cli/learn.js', 'cli/check.js', 'cli/course.js', 'cli/threads.js', 'cli/compare.js', 'cli/command-reference.js']) buildId.update(readFileSync(`${root}${fresh}/${file}`));
const ofBuild = { defines: { __BUILD__: JSON.stringify(`${version}-${buildId.digest('hex').slice(0, 8)}`) } };
metafiles.push(await bundle('cli/main', ofBuild), await bundle('cli/thread', ofBuild), await bundle('cli/history-thread', ofBuild));

for (const folder of ['cli', 'server/thread', 'server/history', 'server/background', 'server/herd', 'server/engines', 'compare']) writeFileSync(`${root}${fresh}/${folder}/package.json`, '{ "type": "commonjs" }\n');
copyFileSync(`${root}node_modules/${LUA}/dist/${LUA_FILE}`, `${root}${fresh}/server/thread/${LUA_FILE}`);
copyLessons(`${root}src/course/lessons`, `${root}${fresh}/course/lessons`);
cpSync(`${root}src/course/docs`, `${root}${fresh}/course/docs`, { recursive: true });
cpSync(`${root}src/tui/learn/experiments`, `${root}${fresh}/${EXPERIMENTS}`, { recursive: true });
chmodSync(`${root}${fresh}/cli/main.js`, 0o755);
const outputs = Object.assign({}, ...metafiles.map(({ outputs }) => outputs));
writeFileSync(`${root}${fresh}/THIRD-PARTY-LICENSES.txt`, licencesOf(root, { outputs }, [LUA]));

if (!options['no-types']) {
  const tsc = [`${root}node_modules/typescript/bin/tsc`, '-p', `${root}tsconfig.types.json`, '--outDir', `${root}${fresh}/types`];
  if (spawnSync(process.execPath, tsc, { stdio: 'inherit' }).status !== 0) process.exit(1);
}

rmSync(`${root}${options.out}`, { recursive: true, force: true });
renameSync(`${root}${fresh}`, `${root}${options.out}`);
