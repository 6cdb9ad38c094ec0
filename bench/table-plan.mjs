// The tables of docs/performance.md that `npm run bench -- tables` measures: their rows, and the servers that take turns in each, of which the last is redis-server.
//
//   labs       the variants of the lab by name; of the others than direct epoll only those that this machine has are measured
//   headings   for each lab, the heading of its table beside redis-server
//   between    pairs of labs that are compared with each other, with the heading
import { COLLECTION_SET, DEFAULT_SET, named, rowsOf } from './workloads.mjs';

const DIRECT = { sends: 'direct' };
const BATCHED = { sends: 'batched' };
const rows = (tests, load) => rowsOf(named(DEFAULT_SET, tests), load);
const PIPELINES = [1, 16, 64];
/** Those of redis-benchmark's set that have no row in the first table, nor among the random keys. */
const OTHERS = DEFAULT_SET.filter(({ name }) => !['ping_mbulk', 'set', 'get', 'incr', 'mset', 'set_random', 'get_random'].includes(name));

export const TABLES = [
  {
    name: 'epoll',
    labs: { direct: DIRECT, batched: BATCHED },
    headings: { direct: 'Throughput, epoll, direct sends', batched: 'Throughput, epoll, batched sends' },
    between: [['batched', 'direct', 'Batched sends beside direct ones']],
    rows: () => [
      ...rows(['ping_mbulk', 'set', 'get', 'incr', 'mset'], { pipelines: PIPELINES }),
      ...rows(['set', 'get'], { pipelines: PIPELINES, clients: [1, 10, 500] }),
    ],
  },
  {
    name: 'random',
    labs: { direct: DIRECT, batched: BATCHED },
    headings: { direct: 'Random keys, direct sends', batched: 'Random keys, batched sends' },
    between: [],
    rows: () => rows(['set', 'get'], { pipelines: PIPELINES, keyspace: 100_000 }),
  },
  {
    name: 'values',
    labs: { direct: DIRECT, batched: BATCHED },
    headings: { direct: 'Sizes of values, direct sends', batched: 'Sizes of values, batched sends' },
    between: [],
    rows: () => rows(['set', 'get'], { pipelines: [1, 16], valueSizes: [1, 1024, 16_384, 65_536] }),
  },
  {
    name: 'edge',
    labs: { level: { ...DIRECT, trigger: 'level' }, edge: { ...DIRECT, trigger: 'edge' }, 'batched edge': { ...BATCHED, trigger: 'edge' } },
    headings: { level: 'Level-triggered, direct sends', edge: 'Edge-triggered, direct sends', 'batched edge': 'Edge-triggered, batched sends' },
    between: [['edge', 'level', 'Edge-triggered beside level-triggered, direct sends']],
    rows: () => rows(['set', 'get'], { pipelines: PIPELINES }),
  },
  {
    name: 'portable',
    labs: { portable: { poller: 'portable' } },
    headings: { portable: 'Throughput, portable poller' },
    between: [],
    rows: () => rows(['ping_mbulk', 'set', 'get'], { pipelines: PIPELINES }),
  },
  {
    name: 'commands',
    labs: { lab: {} },
    headings: { lab: 'Other commands' },
    between: [],
    rows: () => rowsOf(OTHERS, { pipelines: [1, 16] }),
  },
  {
    name: 'members',
    labs: { lab: {} },
    headings: { lab: 'Collections of 100,000 members' },
    between: [],
    rows: () => rowsOf(COLLECTION_SET, { pipelines: [1, 16] }),
  },
];
