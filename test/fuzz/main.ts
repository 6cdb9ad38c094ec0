/**
 * npm run fuzz -- --seconds 60 --seed 1 --families strings,keys [--epoch SEED] [--lab PORT] [--max 20]
 *
 * npm run fuzz -- exchange | recordings | replication [--help]
 *
 * Starts both servers (or uses a lab that runs already), prints every difference and, last, one line for the record.
 * Exit code 1 if there was a difference.
 */
import { parseArgs } from 'node:util';
import { createServer } from 'redis-lab';
import { startRedisServer } from '../support/redis-server.js';
import { ALL_FAMILIES, fuzz, summarize } from './differential.js';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    families: { type: 'string', default: ALL_FAMILIES.join(',') },
    max: { type: 'string', default: '20' },
    lab: { type: 'string' },
    epoch: { type: 'string' },
  },
});

const families = values.families.split(',');
const strange = families.filter((family) => !ALL_FAMILIES.includes(family));
if (strange.length > 0) {
  console.error(`no such family: ${strange.join(', ')}; there are ${ALL_FAMILIES.join(', ')}`);
  process.exit(1);
}
console.log(`fuzz: seed ${values.seed}`);
const lab = values.lab === undefined ? await createServer({ port: 0, 'enable-debug-command': 'yes', log: (level, message) => void (level === 'warning' && console.error(message)) }) : null;
const redis = await startRedisServer();
const summary = await fuzz({
  labPort: lab?.port ?? Number(values.lab),
  redisPort: redis.port,
  seed: Number(values.seed),
  seconds: Number(values.seconds),
  families,
  ...(values.epoch === undefined ? {} : { epochSeed: Number(values.epoch) }),
  maxDifferences: Number(values.max),
  log: console.log,
});
console.log(summarize(summary));
await redis.close();
await lab?.close();
process.exit(summary.differences.length > 0 ? 1 : 0);
