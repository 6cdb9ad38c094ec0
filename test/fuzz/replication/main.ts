/**
 * npm run fuzz -- replication --pair redis-lab --commands 1000000 [--seed 1] [--progress FILE]
 *
 * A pair is a master and its replica, each `redis` or `lab`; all four if none is named. Prints a line for each pair, and for a difference the commands since
 * the last equal state. With --progress the rounds that were equal are noted in a file, and a further run with the same seed goes on behind them. Exit code 1
 * if there was a difference.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Kind } from './pair.js';
import { fuzzReplication, type ReplicationFuzzOptions, summarizeReplication } from './replication.js';

const { values } = parseArgs({
  options: {
    pair: { type: 'string', multiple: true, default: ['redis-redis', 'redis-lab', 'lab-redis', 'lab-lab'] },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    commands: { type: 'string', default: '20000' },
    progress: { type: 'string' },
  },
});

interface Done {
  rounds: number;
  commands: number;
}

/** What of a difference is printed; the file of progress has all of it. */
const SHOWN_COMMANDS = 60;

const progress: { [run: string]: Done } = values.progress !== undefined && existsSync(values.progress) ? JSON.parse(readFileSync(values.progress, 'utf8')) : {};
const note = (name: string, what: unknown): void => void (values.progress !== undefined && writeFileSync(name, JSON.stringify(what, null, 1)));

console.log(`fuzz: replication, seed ${values.seed}`);
let isDifferent = false;
for (const name of values.pair) {
  const [master, replica, ...rest] = name.split('-');
  if (rest.length > 0 || ![master, replica].every((kind) => kind === 'lab' || kind === 'redis')) {
    throw new Error(`no pair: ${name}; a master and a replica, each redis or lab: redis-lab`);
  }
  const done = (progress[`${name} ${values.seed}`] ??= { rounds: 0, commands: 0 });
  const options: ReplicationFuzzOptions = {
    master: master as Kind,
    replica: replica as Kind,
    seed: Number(values.seed),
    commands: Number(values.commands) - done.commands,
    skippedRounds: done.rounds,
    log: console.log,
    roundDone({ number, commands }) {
      Object.assign(done, { rounds: number, commands: done.commands + commands });
      note(values.progress!, progress);
    },
  };
  const before = done.commands === 0 ? '' : ` (behind ${done.commands} commands of earlier runs)`;
  const summary = await fuzzReplication(options);
  console.log(`${summarizeReplication(options, summary)}${before}`);
  const { difference } = summary;
  if (difference === null) continue;
  isDifferent = true;
  const { round, what, commands, trouble } = difference;
  note(`${values.progress}.${name}.${values.seed}.${round}`, difference);
  console.log(`DIFFERENCE in round ${round}:\n${what}\ntrouble:\n${trouble.join('\n')}\nthe last commands:\n${commands.slice(-SHOWN_COMMANDS).join('\n')}`);
}
process.exit(isDifferent ? 1 : 0);
