// Runs the tests that draw random servers, commands and faults with many more seeds than `npm test` does. Needs a build.
//
//   node scripts/campaign.mjs [--times 1] [CHECKPOINTS REPLAYS ...]
//
// By default all of them, one after the other; --times multiplies the number of seeds. The names: CAPTURES, CHECKPOINTS, FORKS, REPLAYS, STORMS, WHAT_IFS.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseOptions, usageOf } from './usage.mjs';

/** The variable that a test reads its number of seeds from: how many are tried here, and where. */
const CAMPAIGNS = {
  CAPTURES: { seeds: 40, files: ['test/server/keyspace/capture.test.ts', 'test/server/scripting/capture.test.ts'] },
  CHECKPOINTS: { seeds: 120, files: ['test/server/recording/checkpoint.test.ts'] },
  FORKS: { seeds: 30, files: ['test/server/history/fork-state.test.ts'] },
  REPLAYS: { seeds: 120, files: ['test/server/recording/replay.test.ts'] },
  STORMS: { seeds: 30, files: ['test/server/simulation/faults.test.ts'] },
  WHAT_IFS: { seeds: 70, files: ['test/server/recording/what-if.test.ts'] },
};

const { values, positionals } = parseOptions(new URL(import.meta.url), { options: { times: { type: 'string', default: '1' } }, allowPositionals: true });
const times = Number(values.times);
const unknown = positionals.find((name) => !Object.hasOwn(CAMPAIGNS, name));
if (unknown !== undefined || !Number.isInteger(times) || times < 1) {
  const wrong = unknown === undefined ? `--times '${values.times}' must be a whole number from 1 on` : `There is no campaign '${unknown}'`;
  console.error(`${wrong}\n\n${usageOf(new URL(import.meta.url))}`);
  process.exit(2);
}

const root = fileURLToPath(new URL('..', import.meta.url));
for (const name of positionals.length > 0 ? positionals : Object.keys(CAMPAIGNS)) {
  const { seeds, files } = CAMPAIGNS[name];
  const args = [`${root}node_modules/vitest/vitest.mjs`, 'run', '--testTimeout=3600000', ...files];
  const { status } = spawnSync(process.execPath, args, { cwd: root, env: { ...process.env, [name]: String(seeds * times) }, stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
