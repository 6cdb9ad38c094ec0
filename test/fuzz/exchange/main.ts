/**
 * npm run fuzz -- exchange --from 1 --keyspaces 10000 [--per-file 25] [--writer lab|redis] [--for SECONDS]
 *
 * The lab and redis-server load each other's snapshots and append-only files: see exchange.ts. Prints each difference with the seed of its file, and last
 * one line for the record. Exit code 1 if there was a difference. `--from` goes on behind the seeds that were there before.
 */
import { parseArgs } from 'node:util';
import { exchange, type Kind } from './exchange.js';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '1' },
    keyspaces: { type: 'string', default: '500' },
    'per-file': { type: 'string', default: '25' },
    writer: { type: 'string' },
    for: { type: 'string', default: 'Infinity' },
  },
});
const perFile = Number(values['per-file']);
const writers: readonly Kind[] = values.writer === undefined ? ['lab', 'redis'] : [values.writer === 'redis' ? 'redis' : 'lab'];
const endMs = Date.now() + Number(values.for) * 1000;

let [seed, keyspaces, keys, differences] = [Number(values.from), 0, 0, 0];
for (; keyspaces < Number(values.keyspaces) && Date.now() < endMs; seed++, keyspaces += perFile) {
  for (const writer of writers) {
    const exchanged = await exchange({ writer, seed, keyspaces: perFile });
    keys += exchanged.keys;
    differences += exchanged.differences.length;
    for (const line of exchanged.differences) console.log(line);
  }
  console.log(`seed ${seed}: ${keyspaces + perFile} keyspaces of each writer`);
}
console.log(
  `${keyspaces} keyspaces of ${writers.join(' and of ')}, seeds ${values.from} to ${seed - 1}, ${keys} keys, ` +
    `each in 3 files that both loaded: ${differences} differences`,
);
process.exit(differences > 0 ? 1 : 0);
