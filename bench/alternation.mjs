// Measures a row: redis-benchmark loads two or more servers by turns, in the same run, since the machine is shared and noisy.
//
// The figure is the CPU time per request of the server's process; requests per second and latencies depend on the other load of the machine. Each round consists of two
// runs: one in which each client sends a single pipeline, and one with as many requests more as are measured. What the first costs, the median of all so far, is subtracted
// from the second, so that the figure contains neither connecting nor disconnecting, nor the requests of redis-benchmark's own at its start.
import { compare, median, width } from './statistics.mjs';
import { cpuSeconds, redisBenchmark, request } from './processes.mjs';

/** The first run of a row, from which the number of requests is estimated: this number, or a few for each client. */
const FIRST = 1_000;
const FOR_EACH_CLIENT = 4;
/** Up to how many times the number of requests is estimated. */
const ESTIMATES = 4;

/**
 * A row with its servers and what has been measured so far: `samples` has for each server one figure per round.
 * The requests of a round are as many as the fastest of the servers handles in `seconds`, the same for all.
 */
export class Alternation {
  samples;
  requests = null;
  /** For each server the CPU seconds of the runs that only connect. */
  connecting;

  /** @param samples to continue with */
  constructor(row, names, samples = Object.fromEntries(names.map((name) => [name, []]))) {
    this.row = row;
    this.names = names;
    this.samples = samples;
    this.connecting = Object.fromEntries(names.map((name) => [name, []]));
  }

  get rounds() {
    return this.samples[this.names[0]].length;
  }

  /** Unmeasured: V8 compiles what is called often, and the number of requests is found. */
  async warmUp(servers, seconds) {
    const { clients, pipeline } = this.row.label;
    let requests = Math.max(FIRST, FOR_EACH_CLIENT * clients * pipeline);
    const least = requests;
    for (let run = 0; run < ESTIMATES; run++) {
      const rates = [];
      for (const server of servers) rates.push((await this.measure(server, multiple(requests, pipeline))).rps);
      const enough = Math.max(least, Math.max(...rates) * seconds);
      const isEnough = requests > enough / 3;
      requests = enough;
      if (isEnough) break;
    }
    this.requests = multiple(requests, pipeline);
  }

  /** Measures the given number of further rounds; every second one has the servers in reverse order. Returns the samples. */
  async play(servers, rounds) {
    const played = Object.fromEntries(this.names.map((name) => [name, []]));
    for (let round = 0; round < rounds; round++) {
      const isReversed = (this.rounds + round) % 2 === 1;
      for (const server of isReversed ? servers.toReversed() : servers) played[server.name].push(await this.measure(server, this.requests));
    }
    for (const name of this.names) this.samples[name].push(...played[name]);
    return played;
  }

  async measure(server, requests) {
    const { row } = this;
    const connecting = row.label.clients * row.label.pipeline;
    await prepare(server, row, connecting + requests);
    const costs = this.connecting[server.name];
    costs.push((await run(server, row, connecting)).cpu);
    const { cpu, rps, p50, p99 } = await run(server, row, connecting + requests);
    return { cpuUs: ((cpu - median(costs)) * 1e6) / requests, rps, p50, p99 };
  }

  /** The CPU time of one server beside another's. */
  cpu(first, second) {
    return compare(this.samples[first].map(({ cpuUs }) => cpuUs), this.samples[second].map(({ cpuUs }) => cpuUs));
  }

  /** How far the rounds differ: the widest interval of all servers beside the last one, relative to its ratio. */
  get width() {
    const last = this.names.at(-1);
    return Math.max(...this.names.slice(0, -1).map((name) => width(this.cpu(name, last))));
  }
}

/** Measures a row until its rounds differ by no more than the margin, in steps of `rounds`; no round is discarded. */
export async function measureRow(row, servers, { rounds, mostRounds, margin, seconds }) {
  const alternation = new Alternation(row, servers.map(({ name }) => name));
  await alternation.warmUp(servers, seconds);
  while (alternation.rounds === 0 || (alternation.rounds < mostRounds && alternation.width > margin)) {
    await alternation.play(servers, Math.min(rounds, mostRounds - alternation.rounds));
  }
  return alternation;
}

const multiple = (requests, pipeline) => Math.ceil(requests / pipeline) * pipeline;

/** CPU seconds, and what redis-benchmark says. */
async function run({ pid, port }, { args }, requests) {
  const before = cpuSeconds(pid);
  const said = redisBenchmark(port, ['-n', requests, ...args]);
  // By the time of the reply the server knows that the clients have gone.
  await request(port, ['PING']);
  return { ...said, cpu: cpuSeconds(pid) - before };
}

/** An empty server, and the data of the row. */
async function prepare(server, row, requests) {
  if (row.isSteady && server.preparedFor === row) return;
  await request(server.port, ['FLUSHALL']);
  for (const argv of row.requests) await request(server.port, argv);
  const filling = row.fill(requests);
  if (filling.length > 0) redisBenchmark(server.port, filling);
  server.preparedFor = row;
}
