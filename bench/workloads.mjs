// The tests of redis-benchmark's default set, in its order, and XADD, which redis-benchmark 7.0 does not have.
//
// redis-benchmark runs its whole set on one server, so that LPOP finds the elements of LPUSH. Here each test has its own server, which has just
// been emptied, and `fill` creates the data that it would have found.
//
//   args      the command that redis-benchmark sends
//   fill      the commands that it sends before, unmeasured: a function of the number of requests that follow, and of the keyspace (-r), 0 for one key
//   isSteady  the data is the same after a run, so it is created once for all rounds

const NONE = [];

const test = (name, { fill = () => NONE, args = ['-t', name], isSteady = false } = {}) => ({ name, fill, args, isSteady });
const steady = (name, options) => test(name, { ...options, isSteady: true });

/** Of that many draws, all but one in twenty of the keys have been drawn. */
const DRAWS = 3;
const random = (name, keyspace) => ['-n', DRAWS * keyspace, '-P', 16, '-r', keyspace, '-t', name];

/** What a test finds that reads or changes keys or members that exist. */
const existing = (name, one = NONE) => (_, keyspace) => (keyspace > 0 ? random(name, keyspace) : one);
const before = (name) => (requests) => ['-n', requests, '-P', 16, '-t', name];

const lrange = (count) =>
  // Not as `-t lrange_…`, which pushes the elements that it reads in the same run.
  steady(`lrange_${count}`, { args: ['LRANGE', 'mylist', '0', count - 1], fill: () => ['-n', 1000, '-P', 16, '-t', 'lpush'] });

/** The number of keys or members of the tests that draw them without being told to. */
export const MEMBERS = 100_000;
const randomKeys = (name) => ({ ...steady(name, { args: ['-r', MEMBERS, '-t', name], fill: () => random('set', MEMBERS) }), name: `${name}_random` });

/** One key, and one member in a set: the default of redis-benchmark. So SPOP and ZPOPMIN find nothing from the second call on. */
export const DEFAULT_SET = [
  steady('ping_inline'),
  steady('ping_mbulk'),
  steady('set', { fill: existing('set') }),
  steady('get', { fill: existing('set', ['-n', 1, '-t', 'set']) }),
  randomKeys('set'),
  randomKeys('get'),
  steady('incr', { fill: existing('incr') }),
  test('lpush'),
  test('rpush'),
  test('lpop', { fill: before('lpush') }),
  test('rpop', { fill: before('rpush') }),
  steady('sadd', { fill: existing('sadd') }),
  steady('hset', { fill: existing('hset') }),
  test('spop', { fill: before('sadd') }),
  steady('zadd', { fill: existing('zadd') }),
  test('zpopmin', { fill: before('zadd') }),
  lrange(100),
  lrange(300),
  lrange(500),
  lrange(600),
  steady('mset', { fill: existing('set') }),
  test('xadd', { args: ['XADD', 'mystream', '*', 'myfield', 'xxx'] }),
];

/** More than any run consumes. */
const MANY = 1_000_000_000;
const distinct = (name) => (requests) => ['-n', requests, '-P', 16, '-r', MANY, '-t', name];

/** Members drawn from {@link MEMBERS}; commands that pop get sets with as many members as there are pops. */
const drawn = (name) => steady(name, { args: ['-r', MEMBERS, '-t', name], fill: () => random(name, MEMBERS) });

export const COLLECTION_SET = [
  drawn('sadd'),
  drawn('hset'),
  drawn('zadd'),
  test('spop', { fill: distinct('sadd') }),
  test('zpopmin', { fill: distinct('zadd') }),
];

/** The tests that are named, all if none is. */
export function named(tests, names) {
  return names === null ? tests : tests.filter(({ name }) => names.includes(name));
}

/**
 * The rows of a table: each test with each pipeline, number of clients and size of values.
 * `args` and `fill` are all arguments of redis-benchmark but -p and -n; `label` is what identifies the row in tables and in the file of results.
 * @param load { pipelines, clients, keyspace, valueSizes } of options.mjs
 */
export function rowsOf(tests, { pipelines = [1], clients = [50], keyspace = 0, valueSizes = [null] }) {
  const rows = [];
  for (const pipeline of pipelines) {
    for (const count of clients) {
      for (const valueSize of valueSizes) {
        for (const one of tests) rows.push(rowOf(one, { pipeline, clients: count, keyspace, valueSize }));
      }
    }
  }
  return rows;
}

function rowOf({ name, args, fill, isSteady }, { pipeline, clients, keyspace, valueSize }) {
  const size = valueSize === null ? [] : ['-d', valueSize];
  return {
    label: { test: name, pipeline, clients, ...(keyspace > 0 ? { keyspace } : {}), ...(valueSize === null ? {} : { valueSize }) },
    args: ['-c', clients, '-P', pipeline, ...(keyspace > 0 ? ['-r', keyspace] : []), ...size, ...args],
    fill: (requests) => withSize(fill(requests, keyspace), size),
    isSteady,
    requests: [],
  };
}

const withSize = (filling, size) => (filling.length === 0 ? filling : [...size, ...filling]);
