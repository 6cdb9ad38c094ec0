// The cost per command of recording the loop's activity (loop/activity.ts): the same server on in-memory sockets, with and without it in alternation.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { table } from './processes.mjs';
import { median } from './statistics.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const ROUNDS = 21;
const PIPELINES = [1, 64];

/** The same class, of which every method does nothing. */
const WITHOUT = {
  name: 'without-activity',
  setup({ onLoad }) {
    onLoad({ filter: /loop\/activity\.ts$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const methods = ['beginsTurn', 'handles', 'is', 'executes', 'entersTurnWithin', 'leavesTurnWithin'].map((name) => `${name}() {}`).join(' ');
      return { contents: `${source.slice(0, source.indexOf('export class Activity'))} export class Activity { ${methods} }`, loader: 'ts' };
    });
  },
};

async function bundle(folder, name, plugins) {
  const outfile = join(folder, `${name}.mjs`);
  await build({ absWorkingDir: ROOT, entryPoints: ['bench/activity-harness.ts'], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20.19', packages: 'external', plugins, logLevel: 'warning' });
  return outfile;
}

/** Nanoseconds of CPU time per command. Each round is a process of its own: within one process, the module loaded first is always the faster. */
function measure(file, pipeline) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [file, String(pipeline)], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return Number(stdout);
}

/** Markdown: medians of 21 rounds, and the median of their differences. */
export async function activity() {
  const folder = mkdtempSync(join(ROOT, 'node_modules', '.bench-'));
  try {
    const files = [await bundle(folder, 'with', []), await bundle(folder, 'without', [WITHOUT])];
    const rows = PIPELINES.map((pipeline) => {
      const rounds = Array.from({ length: ROUNDS }, (_, round) => {
        const times = [];
        for (const i of round % 2 === 0 ? [0, 1] : [1, 0]) times[i] = measure(files[i], pipeline);
        return times;
      });
      const [withIt, without] = [0, 1].map((i) => median(rounds.map((times) => times[i])));
      return ['GET', pipeline, withIt.toFixed(1), without.toFixed(1), median(rounds.map(([a, b]) => a - b)).toFixed(1)];
    });
    return table(['command', 'pipeline', 'with ns', 'without ns', 'difference ns'], rows);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
