// Scripts: EVAL and EVALSHA of typical Lua scripts, against both servers in alternation, as throughput.mjs does for plain commands.
import { cpuSeconds, median, redisBenchmark, request, table } from './processes.mjs';

/** A kilobyte of JSON, as an application would store it. */
const DOCUMENT = JSON.stringify({
  id: 4711, name: 'a "quoted" name', active: true, score: 0.75, missing: null, tags: ['red', 'green', 'blue'], path: 'a/b/c',
  items: Array.from({ length: 12 }, (_, i) => ({ sku: `sku-${1000 + i}`, count: i, price: i * 1.25, note: 'twenty-four plain bytes' })),
});

const READ_GET = `return redis.call('GET', KEYS[1])`;
const RATE_LIMIT = `local n = redis.call('INCR', KEYS[1]) if n == 1 then redis.call('EXPIRE', KEYS[1], ARGV[1]) end return n`;
const RELEASE_LOCK = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end`;
const HUNDRED_CALLS = `local sum = 0 for i = 1, 100 do sum = sum + redis.call('INCR', KEYS[1]) end return sum`;
const DECODE = `return #cjson.decode(ARGV[1]).items`;
const ENCODE = `local t = cjson.decode(ARGV[1]) for i = 1, 10 do cjson.encode(t) end return 1`;
const PACK = `local t = cjson.decode(ARGV[1]) for i = 1, 5 do cmsgpack.unpack(cmsgpack.pack(t)) end return 1`;
const STRINGS = `local t = {} for word in ARGV[1]:gmatch('%w+') do t[#t + 1] = word:upper():sub(1, 4) .. #word end return #table.concat(t, ',')`;
const NUMBERS = `local a, b = 0, 1 for i = 1, 1000 do a, b = b, (a + b) % 1000007 end return a`;

/** Name, script, keys and arguments, and its cost relative to the shortest one: longer ones run less often. */
const SCRIPTS = [
  ['return 1', 'return 1', [], [], 1],
  ['GET', READ_GET, ['bench:text'], [], 1],
  ['rate limiter', RATE_LIMIT, ['bench:limit'], ['1000'], 1.5],
  ['release lock', RELEASE_LOCK, ['bench:text'], ['somebody else'], 1],
  ['100 calls', HUNDRED_CALLS, ['bench:count'], [], 30],
  ['cjson.decode, 1 kB', DECODE, [], [DOCUMENT], 10],
  ['cjson.encode ×10', ENCODE, [], [DOCUMENT], 60],
  ['cmsgpack ×5', PACK, [], [DOCUMENT], 60],
  ['strings', STRINGS, [], [DOCUMENT], 40],
  ['plain Lua', NUMBERS, [], [], 8],
];
const REQUESTS = { 1: 60_000, 16: 300_000 };
const FEWEST = 4_000;

export async function scripts(lab, redis, { rounds = 3, scale = 1, tests = null, pipelines = [1, 16] } = {}) {
  for (const server of [lab, redis]) await request(server.port, ['SET', 'bench:text', 'some text']);
  const rows = [];
  for (const pipeline of pipelines) {
    for (const [name, script, keys, args, weight] of SCRIPTS) {
      if (tests !== null && !tests.includes(name)) continue;
      const shas = [];
      for (const server of [lab, redis]) shas.push((await request(server.port, ['SCRIPT', 'LOAD', script])).split('\r\n')[1]);
      const n = Math.round(Math.max(FEWEST, (REQUESTS[pipeline] ?? REQUESTS[16]) / weight) * scale);
      for (const command of [['EVAL', script], ['EVALSHA', shas[0]]]) {
        for (const server of [lab, redis]) await request(server.port, [...command, keys.length, ...keys, ...args]);
        rows.push([name, command[0], pipeline, ...compare(lab, redis, [...command, keys.length, ...keys, ...args], pipeline, n, rounds)]);
        process.stderr.write(`${rows.at(-1).join('  ')}\n`);
      }
    }
  }
  return table(['script', 'by', 'pipeline', 'lab µs', 'redis µs', 'ratio', 'lab req/s', 'redis req/s'], rows);
}

/** Medians of both, and the ratio of their CPU time per request. */
function compare(lab, redis, command, pipeline, n, rounds) {
  const samples = { [lab.name]: [], [redis.name]: [] };
  for (const server of [lab, redis]) measure(server, command, pipeline, Math.round(n / 4));
  for (let round = 0; round < rounds; round++) {
    for (const server of round % 2 === 0 ? [lab, redis] : [redis, lab]) samples[server.name].push(measure(server, command, pipeline, n));
  }
  const [labUs, redisUs] = [lab, redis].map(({ name }) => median(samples[name].map(({ cpuUs }) => cpuUs)));
  const [labRate, redisRate] = [lab, redis].map(({ name }) => Math.round(median(samples[name].map(({ rps }) => rps))));
  return [labUs.toFixed(2), redisUs.toFixed(2), (labUs / redisUs).toFixed(2), labRate, redisRate];
}

function measure(server, command, pipeline, n) {
  const before = cpuSeconds(server.pid);
  const result = redisBenchmark(server.port, ['-c', 50, '-P', pipeline, '-n', n, ...command]);
  return { ...result, cpuUs: ((cpuSeconds(server.pid) - before) * 1e6) / n };
}
