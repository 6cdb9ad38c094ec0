// npm run bench [-- throughput collections growth scripts memory idle startup activity history fork recording loading bgsave durability]
//   [--rounds N] [--scale X] [--tests a,b] [--pipelines 1,16] [--keyspace N] [--poller portable] [--sends batched]
//
// Compares the built server with redis-server, both started here and measured in alternation. Prints markdown, which docs/performance.md
// quotes together with the machine it ran on.
import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { parseOptions } from '../scripts/usage.mjs';
import { activity } from './activity.mjs';
import { fork } from './fork.mjs';
import { growth } from './growth.mjs';
import { history } from './history.mjs';
import { idle } from './idle.mjs';
import { loading } from './loading.mjs';
import { memory } from './memory.mjs';
import { startLab, startRedis } from './processes.mjs';
import { recording } from './recording.mjs';
import { bgsave, durability } from './saving.mjs';
import { scripts } from './scripts.mjs';
import { startup } from './startup.mjs';
import { throughput } from './throughput.mjs';
import { COLLECTION_SET, DEFAULT_SET } from './workloads.mjs';

const { values, positionals } = parseOptions(new URL(import.meta.url), {
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    tests: { type: 'string' },
    pipelines: { type: 'string', default: '1,16' },
    // As redis-benchmark's -r: random keys out of this number; 0, its default, is one key.
    keyspace: { type: 'string', default: '0' },
    poller: { type: 'string', default: 'auto' },
    sends: { type: 'string' },
    'edge-triggered': { type: 'boolean', default: false },
  },
});

for (const tool of ['redis-server', 'redis-benchmark']) {
  if (spawnSync(tool, ['--version']).error) {
    console.error(`npm run bench needs ${tool}: install redis-server and redis-tools`);
    process.exit(1);
  }
}

const labFlags = [
  ...(values.poller === 'auto' ? [] : ['--poller', values.poller]),
  ...(values.sends === undefined ? [] : ['--sends', values.sends]),
  ...(values['edge-triggered'] ? ['--edge-triggered'] : []),
];
const parts = positionals.length > 0 ? positionals : [
  'throughput', 'collections', 'growth', 'scripts', 'memory', 'idle', 'startup', 'activity', 'history', 'fork', 'recording', 'loading', 'bgsave', 'durability',
];
const wanted = values.tests?.split(',');
const selected = (tests) => (wanted === undefined ? tests : tests.filter(({ name }) => wanted.includes(name)));
const load = {
  rounds: Number(values.rounds),
  scale: Number(values.scale),
  pipelines: values.pipelines.split(',').map(Number),
  keyspace: Number(values.keyspace),
};

const sends = values.sends === undefined ? '' : `, ${values.sends} sends`;
const triggering = values['edge-triggered'] ? ', edge-triggered' : '';
console.log(`Node ${process.version}, ${cpus().length} × ${cpus()[0].model}, poller ${values.poller}${sends}${triggering}\n`);
for (const part of parts) {
  const alone = { startup, growth, activity, history, fork }[part];
  if (alone !== undefined) {
    console.log(`${await alone(labFlags)}\n`);
    continue;
  }
  if (part === 'loading') {
    console.log(`${await loading(labFlags, { ...load, tests: wanted ?? null })}\n`);
    continue;
  }
  const ofLoad = { recording, bgsave, durability }[part];
  if (ofLoad !== undefined) {
    console.log(`${await ofLoad(load)}\n`);
    continue;
  }
  const lab = await startLab([...labFlags, '--maxclients', '20000'].slice(0, labFlags.length + (part === 'idle' ? 2 : 0)));
  const redis = await startRedis(part === 'idle' ? ['--maxclients', '20000'] : []);
  try {
    console.log(`${await run(part, lab, redis)}\n`);
  } finally {
    await Promise.all([lab.stop(), redis.stop()]);
  }
}

function run(part, lab, redis) {
  switch (part) {
    case 'throughput':
      return throughput(lab, redis, selected(DEFAULT_SET), load);
    case 'collections':
      return throughput(lab, redis, selected(COLLECTION_SET), load);
    case 'scripts':
      return scripts(lab, redis, { ...load, tests: wanted ?? null });
    case 'memory':
      return memory(lab, redis);
    case 'idle':
      return idle(lab, redis);
    default:
      throw new Error(
        `no bench called ${part}: throughput, collections, growth, scripts, memory, idle, startup, ` +
          'activity, history, fork, recording, loading, bgsave, durability',
      );
  }
}
