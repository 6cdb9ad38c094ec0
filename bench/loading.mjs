// Loading at the start: from starting the process to the first PONG, which is sent when the dataset is complete, in time and in CPU time; and the peak of
// memory, beside the memory at the end.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { request, residentBytes, startLab, startRedis, table } from './processes.mjs';
import { median } from './statistics.mjs';

const ROUNDS = 3;

/** The commands sent to redis-server before it saves. `scale` multiplies the number of keys. */
const DATASETS = [
  { name: '1 million strings', fill: (scale) => [['DEBUG', 'POPULATE', 1_000_000 * scale, 'key', 10]] },
  { name: '100,000 hashes of 10 fields', fill: (scale) => many(100_000 * scale, 'hset', 10, `'field'..j, 'value'..i`) },
  { name: '100,000 sorted sets of 10 members', fill: (scale) => many(100_000 * scale, 'zadd', 10, `j, 'member'..i..':'..j`) },
  { name: 'a set of 1 million members', fill: (scale) => oneOf('sadd', 1_000_000 * scale, `'member:'..i`) },
  { name: 'a list of 1 million times 1,000 bytes', fill: (scale) => [['EVAL', LONG_LIST, 0, 1_000_000 * scale]], config: ['rdbcompression', 'no'] },
];

/** The elements may be compressible: only their number of bytes matters. */
const LONG_LIST = `local text = string.rep('0123456789abcdef', 62) for i = 1, ARGV[1] do redis.call('rpush', 'list', text .. string.format('%08d', i)) end`;

const many = (keys, command, members, each) => [
  [
    'EVAL',
    `for i = 1, ARGV[1] do local all = {} for j = 1, ${members} do for _, v in ipairs({${each}}) do all[#all + 1] = v end end ` +
      `redis.call('${command}', 'key:'..i, unpack(all)) end`,
    0,
    keys,
  ],
];
const oneOf = (command, members, each) => [['EVAL', `for i = 1, ARGV[1] do redis.call('${command}', 'key', ${each}) end`, 0, members]];

export async function loading(labFlags, { rounds = ROUNDS, scale = 1, tests = null } = {}) {
  const rows = [];
  for (const dataset of DATASETS.filter(({ name }) => tests === null || tests.some((test) => name.includes(test)))) {
    const dir = mkdtempSync(join(tmpdir(), 'redis-lab-loading-'));
    try {
      await write(dataset, scale, dir);
      rows.push(await measure(dataset.name, dir, labFlags, rounds));
    } finally {
      rmSync(dir, { recursive: true });
    }
  }
  return table([
    'process start to all of it loaded', 'file MB', 'lab ms', 'redis ms', 'ratio', 'lab CPU ms', 'redis CPU ms', 'ratio',
    'lab most MB', 'at the end MB', 'ratio', 'redis MB',
  ], rows);
}

async function write({ fill, config }, scale, dir) {
  const redis = await startRedis(['--dir', dir, '--enable-debug-command', 'yes', ...(config === undefined ? [] : [`--${config[0]}`, config[1]])]);
  for (const argv of fill(scale)) await request(redis.port, argv);
  await request(redis.port, ['SAVE']);
  await redis.stop();
}

async function measure(name, dir, labFlags, rounds) {
  const figures = { lab: { ms: [], cpu: [], most: [], end: [] }, redis: { ms: [], cpu: [], most: [], end: [] } };
  for (let round = 0; round < rounds; round++) {
    for (const [who, start] of [['lab', () => startLab([...labFlags, '--dir', dir])], ['redis', () => startRedis(['--dir', dir])]]) {
      const server = await start();
      const { ms, cpu, most, end } = figures[who];
      ms.push(server.startMs);
      cpu.push(server.startCpuMs);
      most.push(mostBytes(server.pid));
      end.push(await settled(server.pid));
      await server.stop();
    }
  }
  const of = (who, what) => median(figures[who][what]);
  const ratio = (a, b) => (a / b).toFixed(2);
  const mb = (bytes) => (bytes / 2 ** 20).toFixed(0);
  return [
    name, mb(statSync(join(dir, 'dump.rdb')).size), of('lab', 'ms').toFixed(0), of('redis', 'ms').toFixed(0), ratio(of('lab', 'ms'), of('redis', 'ms')),
    of('lab', 'cpu').toFixed(0), of('redis', 'cpu').toFixed(0), ratio(of('lab', 'cpu'), of('redis', 'cpu')),
    mb(of('lab', 'most')), mb(of('lab', 'end')), ratio(of('lab', 'most'), of('lab', 'end')), mb(of('redis', 'end')),
  ];
}

/** The peak of resident memory so far. */
const mostBytes = (pid) => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;

/** Garbage is collected some time later. */
async function settled(pid) {
  await new Promise((resolve) => setTimeout(resolve, 3000));
  return residentBytes(pid);
}
