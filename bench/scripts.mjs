// Scripts: EVAL and EVALSHA of typical Lua scripts, as rows for throughput.mjs.
import { createHash } from 'node:crypto';

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

/** Name, script, keys and arguments. */
const SCRIPTS = [
  ['return 1', 'return 1', [], []],
  ['GET', READ_GET, ['bench:text'], []],
  ['rate limiter', RATE_LIMIT, ['bench:limit'], ['1000']],
  ['release lock', RELEASE_LOCK, ['bench:text'], ['another owner']],
  ['100 calls', HUNDRED_CALLS, ['bench:count'], []],
  ['cjson.decode 1 kB', DECODE, [], [DOCUMENT]],
  ['cjson.encode ×10', ENCODE, [], [DOCUMENT]],
  ['cmsgpack ×5', PACK, [], [DOCUMENT]],
  ['strings', STRINGS, [], [DOCUMENT]],
  ['plain Lua', NUMBERS, [], []],
];

const sha1 = (text) => createHash('sha1').update(text).digest('hex');

/** Rows as those of workloads.mjs. @param names of scripts, as in `GET` or `GET by EVALSHA`; null for all */
export function scriptRows(names, { pipelines, clients }) {
  const rows = [];
  for (const pipeline of pipelines) {
    for (const count of clients) {
      for (const [name, script, keys, args] of SCRIPTS) {
        for (const command of [['EVAL', script], ['EVALSHA', sha1(script)]]) rows.push(rowOf(name, script, [...command, keys.length, ...keys, ...args], pipeline, count));
      }
    }
  }
  return rows.filter(({ label: { script, test } }) => names === null || names.includes(script) || names.includes(test));
}

function rowOf(name, script, command, pipeline, clients) {
  return {
    label: { test: `${name} by ${command[0]}`, script: name, pipeline, clients },
    args: ['-c', clients, '-P', pipeline, ...command],
    fill: () => [],
    isSteady: true,
    requests: [['SET', 'bench:text', 'some text'], ['SCRIPT', 'LOAD', script]],
  };
}
