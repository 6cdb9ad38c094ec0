// npm run bench [-- throughput collections growth scripts memory idle startup activity history fork recording loading bgsave durability pipelines]
//   [--row get,set] [--pipeline 1,16] [--clients 50] [-r 100000] [--value-size 1,1024] [--rounds 5] [--margin 0.05] [--most-rounds 15] [--seconds 0.6]
//   [--sends direct|batched] [--trigger level|edge] [--coalesce off] [--poller portable] [--against sends=direct|PATH] [--goal] [--calls] [--json FILE] [--scale 1]
// npm run bench -- tables [--table epoll,random] [--row get] [--seconds 0.6] [--json FILE [--minutes 20] [--anew]]
// npm run bench -- report FILE
//
// Compares the built server with redis-server, both started here and measured by turns. Prints Markdown, which docs/performance.md
// quotes together with the machine it ran on. One row in less than a minute:
//
//   npm run bench -- throughput --row get --pipeline 1 --clients 50 --rounds 15 --most-rounds 15 --seconds 1.2
//
//   --row          tests of throughput, collections or growth, scripts, datasets of loading or memory; all by default
//   -r, --keyspace random keys out of this number, as redis-benchmark's -r; by default one key
//   --value-size   bytes, as redis-benchmark's -d
//   --rounds       how often both servers are measured, by turns
//   --margin       a row whose interval is wider, relative to the ratio, is measured again, and no round discarded,
//   --most-rounds  up to this number of rounds; by default three times --rounds
//   --seconds      how long the faster server takes for one round, once its clients are connected; CPU time is counted in nanoseconds, so it limits the noise, not the
//                  resolution
//   --against      what the lab is compared with: redis (default), another variant (`sends=direct,trigger=level,coalesce=off,poller=portable`), or another build's folder
//   --goal         marks the rows that miss the goal, and sums up. CPU: at most 1.0 times redis-server's with batched sends, 0.95 without pipelining with 10 clients or
//                  more for plain commands, 1.03 with direct sends; 99th percentile of latency: at most 1.25 times
//   --calls        also counts system calls per request, with perf
//   --json         a file to which all results are added, one JSON object per line, as they come
//   --scale        multiplies the number of keys of loading, memory and bgsave, and the requests of durability
//
// memory loads each dataset into one server after the other, and reads resident sizes: after MEMORY PURGE and ten seconds, after all of it has been read back, and after
// FLUSHALL. Ten million keys: --row keys --scale 10; a list of 20 million: --row list --scale 20; both servers need that much memory, one after the other.
//
// tables measures all that docs/performance.md shows, in passes of 5 rounds, and then the rows again whose rounds differ most. It says at its start how long that takes (about 75
// minutes for all), and with --json FILE it continues where it was interrupted or where --minutes has ended it, as long as the build is the same; --anew begins a new run in the
// file. report prints the tables of the last run in a file.
import { spawnSync } from 'node:child_process';
import { printIfAsked, refuse } from '../scripts/usage.mjs';
import { benchOptions } from './options.mjs';
import { runParts } from './parts.mjs';
import { whyNoCalls } from './system-calls.mjs';

const FILE = new URL(import.meta.url);

printIfAsked(FILE);
const options = readOptions();
const missing = options.calls ? whyNoCalls() : null;
if (missing !== null) fail(`--calls: ${missing}`);
for (const tool of ['redis-server', 'redis-benchmark']) {
  if (spawnSync(tool, ['--version']).error) fail(`npm run bench needs ${tool}: install redis-server and redis-tools`);
}
try {
  await runParts(options);
} catch (error) {
  refuse(FILE, error);
}

function readOptions() {
  try {
    return benchOptions(process.argv.slice(2));
  } catch (error) {
    return refuse(FILE, error);
  }
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
