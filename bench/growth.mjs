// How cost grows: collections of a thousand, ten thousand, a hundred thousand and a million members, in both servers.
//
// An O(log N) operation should cost little more with each step, and an O(N) operation ten times as much. Each collection is built in a pair of fresh servers;
// then each operation is sent to both by turns, a hundred requests at a time, and its changes are undone unmeasured. A round is the median of some of these batches; at a
// million members an operation whose rounds differ by more than the margin is measured again, unless its batches use members up. All of this is done once before it
// is measured, because V8 compiles functions that are called often, and the smallest collection should not include that time. The time of garbage collections
// is part of building a collection, but, since medians are shown, not of the single operations.
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { cpuSeconds, residentBytes, startLab, startRedis, table } from './processes.mjs';
import { ahead, compare, median, width } from './statistics.mjs';

const SIZES = [1_000, 10_000, 100_000, 1_000_000];
const LARGEST = SIZES.at(-1);
const BATCH = 100;
const BATCHES = 300;
/** Number of rounds into which the batches are divided, and maximum number of measurements. */
const ROUNDS = 15;
const REPEATS = 3;

/** Different numbers below `size`, far apart, for i = 0, 1, 2 …: the factor has no divisor in common with a power of ten. */
const scattered = (i, size) => (i * 618_033) % size;
const member = (i) => `member:${String(i).padStart(9, '0')}`;
const score = (i) => scattered(i, LARGEST);

/**
 * The measurements of each collection.
 *   build       the request that adds member i
 *   operations  `request` is the i-th one on a collection of a size; `undo` takes the same two and restores the collection;
 *               `batches` is how many batches are sent, if fewer than usual; `isRepeatable` is false if they use members up
 */
const COLLECTIONS = [
  {
    name: 'sorted set',
    build: (i) => ['ZADD', 'key', score(i), member(i)],
    operations: [
      { name: 'ZADD, another score', request: (i, size) => ['ZADD', 'key', scattered(i + 1, LARGEST) + 0.5, member(scattered(i, size))] },
      { name: 'ZSCORE', request: (i, size) => ['ZSCORE', 'key', member(scattered(i, size))] },
      { name: 'ZRANK', request: (i, size) => ['ZRANK', 'key', member(scattered(i, size))] },
      { name: 'ZRANGE, 10 in the middle', request: (_, size) => ['ZRANGE', 'key', size / 2, size / 2 + 9] },
      { name: 'ZRANGEBYSCORE, 10', request: (i) => ['ZRANGEBYSCORE', 'key', score(i), '+inf', 'LIMIT', 0, 10] },
      { name: 'ZREM', request: (i, size) => ['ZREM', 'key', member(scattered(i, size))], undo: (i, size) => ['ZADD', 'key', score(scattered(i, size)), member(scattered(i, size))] },
    ],
  },
  {
    name: 'list',
    build: (i) => ['RPUSH', 'key', member(i)],
    operations: [
      { name: 'LPUSH', request: (i) => ['LPUSH', 'key', member(i)], undo: () => ['LPOP', 'key'] },
      { name: 'LPOP', request: () => ['LPOP', 'key'], undo: (i) => ['LPUSH', 'key', member(i)] },
      { name: 'LINDEX, middle: O(N)', request: (_, size) => ['LINDEX', 'key', size / 2], batches: 20 },
      { name: 'LRANGE, 10 in the middle: O(N)', request: (_, size) => ['LRANGE', 'key', size / 2, size / 2 + 9], batches: 20 },
      { name: 'LINSERT, middle: O(N)', request: (_, size) => ['LINSERT', 'key', 'BEFORE', member(size / 2), 'inserted'], undo: () => ['LREM', 'key', 1, 'inserted'], batches: 2 },
    ],
  },
  {
    name: 'stream',
    build: (i) => ['XADD', 'key', `${i + 1}-0`, 'field', member(i)],
    operations: [
      { name: 'XADD', request: (i, size) => ['XADD', 'key', `${size}-${i + 1}`, 'field', member(i)], undo: (i, size) => ['XDEL', 'key', `${size}-${i + 1}`] },
      { name: 'XLEN', request: () => ['XLEN', 'key'] },
      { name: 'XRANGE, 10 in the middle', request: (i, size) => ['XRANGE', 'key', `${scattered(i, size) + 1}-0`, '+', 'COUNT', 10] },
      { name: 'XREAD, 10 in the middle', request: (i, size) => ['XREAD', 'COUNT', 10, 'STREAMS', 'key', `${scattered(i, size) + 1}-0`] },
      // Entries cannot be put back, so only a few of a thousand can be deleted.
      { name: 'XDEL', request: (i, size) => ['XDEL', 'key', `${scattered(i, size) + 1}-0`], batches: 5, isRepeatable: false },
    ],
  },
  {
    name: 'set',
    build: (i) => ['SADD', 'key', member(i)],
    operations: [
      { name: 'SISMEMBER', request: (i, size) => ['SISMEMBER', 'key', member(scattered(i, size))] },
      { name: 'SREM', request: (i, size) => ['SREM', 'key', member(scattered(i, size))], undo: (i, size) => ['SADD', 'key', member(scattered(i, size))] },
    ],
  },
  {
    name: 'hash',
    build: (i) => ['HSET', 'key', member(i), i],
    operations: [
      { name: 'HGET', request: (i, size) => ['HGET', 'key', member(scattered(i, size))] },
      { name: 'HSET', request: (i, size) => ['HSET', 'key', member(scattered(i, size)), i] },
    ],
  },
];

/** Two tables: the cost of building a million, and CPU time per request at each size. @param names of collections; null for all @param margin of options.mjs */
export async function growth(labFlags, names, margin) {
  const built = [];
  const grown = [];
  for (const collection of COLLECTIONS.filter(({ name }) => names === null || names.includes(name))) {
    const servers = [await startLab(labFlags), await startRedis()];
    try {
      const { cpu, memory, requests } = await grow(collection, servers, margin);
      built.push([`${collection.name} of 1,000,000`, ...pair(cpu, 2, 1), ...pair(memory, 0, 1e6)]);
      grown.push(...requests);
    } finally {
      await Promise.all(servers.map((server) => server.stop()));
    }
    process.stderr.write(`${built.at(-1).join('  ')}\n`);
  }
  const sizes = SIZES.map((size) => `${size / 1000}k`);
  return [
    table(['building one member after the other', 'lab CPU s', 'redis CPU s', 'ratio', 'lab MB', 'redis MB', 'ratio'], built),
    table(['CPU µs a request, median', ...sizes.map((size) => `lab ${size}`), ...sizes.map((size) => `redis ${size}`), `ratio ${sizes.at(-1)}`, 'interval', 'ahead', 'rounds'], grown),
  ].join('\n\n');
}

const pair = ([lab, redis], digits, unit) => [(lab / unit).toFixed(digits), (redis / unit).toFixed(digits), (lab / redis).toFixed(2)];

async function grow({ build, operations }, servers, margin) {
  const clients = await Promise.all(servers.map(Client.connect));
  await warmUp(build, operations, clients);
  const memoryBefore = servers.map(({ pid }) => residentBytes(pid));
  const cpu = [0, 0];
  let memory = [];
  const costs = operations.map(() => []);
  let built = 0;
  for (const size of SIZES) {
    for (const [at, client] of clients.entries()) cpu[at] += await client.measureAll(build, built, size);
    built = size;
    if (size === LARGEST) memory = servers.map(({ pid }, at) => residentBytes(pid) - memoryBefore[at]);
    for (const [number, operation] of operations.entries()) {
      costs[number].push(await measure(operation, size, clients, size === LARGEST ? margin : Infinity));
    }
  }
  for (const client of clients) client.close();
  return { cpu, memory, requests: operations.map(({ name }, number) => row(name, costs[number], margin)) };
}

async function warmUp(build, operations, clients) {
  for (const client of clients) await client.measureAll(build, 0, LARGEST / 20);
  for (const operation of operations) await measure(operation, LARGEST / 20, clients, Infinity);
  for (const client of clients) await client.send(encode(['DEL', 'key']));
}

/** @param compared for each size the comparison of both servers */
function row(name, compared, margin) {
  const last = compared.at(-1);
  return [
    name, ...compared.map(({ first }) => micros(first)), ...compared.map(({ second }) => micros(second)),
    last.ratio.toFixed(2), `${last.low.toFixed(2)} to ${last.high.toFixed(2)}`, ahead(last, 'lab', 'redis'), `${last.rounds}${width(last) > margin ? ', wide' : ''}`,
  ];
}

const micros = (seconds) => (seconds * 1e6).toFixed(seconds < 1e-4 ? 2 : 0);

/** CPU seconds per request of both clients' servers, by turns: a comparison of rounds. Measured up to three times, until the rounds differ by no more than the margin. */
async function measure(operation, size, clients, margin) {
  const { batches = BATCHES, isRepeatable = true } = operation;
  const inRound = Math.max(1, Math.floor(batches / ROUNDS));
  const rounds = [[], []];
  let compared;
  for (let time = 0; time < (isRepeatable ? REPEATS : 1); time++) {
    for (let batch = 0; batch < batches; batch += inRound) {
      const seconds = await measureRound(operation, size, clients, time * batches + batch, inRound);
      seconds.forEach((one, at) => rounds[at].push(one));
    }
    compared = compare(...rounds);
    if (width(compared) <= margin) break;
  }
  return compared;
}

/** The median of the given number of batches from one on, for each client's server. */
async function measureRound({ request, undo }, size, clients, from, batches) {
  const used = clients.map(() => []);
  for (let batch = from; batch < from + batches; batch++) {
    const order = batch % 2 === 0 ? [0, 1] : [1, 0];
    for (const at of order) {
      used[at].push(await clients[at].measure(batchOf(request, size, batch)));
      if (undo !== undefined) await clients[at].send(batchOf(undo, size, batch));
    }
  }
  return used.map((seconds) => median(seconds) / BATCH);
}

const batchOf = (request, size, batch) => Array.from({ length: BATCH }, (_, i) => encode(request(batch * BATCH + i, size))).join('');
const encode = (words) => `*${words.length}\r\n${words.map((word) => `$${String(word).length}\r\n${word}\r\n`).join('')}`;

/** A connection that sends batches and waits for their replies, without parsing them: an ECHO comes last. */
class Client {
  static END = encode(['ECHO', 'the end']);
  static LAST_REPLY = '$7\r\nthe end\r\n';

  static async connect({ pid, port }) {
    const socket = createConnection(port, '127.0.0.1').setEncoding('latin1');
    await once(socket, 'connect');
    return new Client(pid, socket);
  }

  constructor(pid, socket) {
    this.pid = pid;
    this.socket = socket;
  }

  async send(requests) {
    this.socket.write(requests + Client.END);
    let replies = '';
    while (!replies.endsWith(Client.LAST_REPLY)) replies += (await once(this.socket, 'data'))[0];
    const error = /^-.*$/m.exec(replies);
    if (error !== null) throw new Error(`a request of the bench was refused: ${error[0]}`);
  }

  /** The server's CPU seconds. */
  async measure(requests) {
    const before = cpuSeconds(this.pid);
    await this.send(requests);
    return cpuSeconds(this.pid) - before;
  }

  /** The same for the requests number `from` to `to`. */
  async measureAll(request, from, to) {
    const before = cpuSeconds(this.pid);
    for (let at = from; at < to; at += BATCH) await this.send(batchOf((i) => request(at + i), to, 0));
    return cpuSeconds(this.pid) - before;
  }

  close() {
    this.socket.destroy();
  }
}
