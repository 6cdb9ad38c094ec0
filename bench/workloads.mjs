// The tests of redis-benchmark's default set, in its order, and XADD, which redis-benchmark 7.0 does not have.
//
// redis-benchmark runs its whole set on one server, so that LPOP finds the elements of LPUSH. Here each test has its own server, which has just
// been emptied, and `fill` creates the data that it would have found.
//
//   args    the command that redis-benchmark sends
//   fill    the command that it sends before, unmeasured: a function of the number of requests that follow
//   weight  the cost of a request relative to PING: the number of requests is divided by it

const test = (name, { weight = 1, fill = [], args = ['-t', name] } = {}) => ({ name, weight, fill: typeof fill === 'function' ? fill : () => fill, args });

const lrange = (count) =>
  // Not as `-t lrange_…`, which pushes the elements that it reads in the same run.
  test(`lrange_${count}`, { weight: count / 20, args: ['LRANGE', 'mylist', '0', count - 1], fill: ['-n', 1000, '-P', 16, '-t', 'lpush'] });

const before = (name) => (requests) => ['-n', requests, '-P', 16, '-t', name];

/** The number of keys or members, for redis-benchmark's -r. */
export const MEMBERS = 100_000;
const randomKeys = (name) => ({
  ...test(name, { args: ['-r', MEMBERS, '-t', name], fill: ['-n', 3 * MEMBERS, '-P', 16, '-r', MEMBERS, '-t', 'set'] }),
  name: `${name}_random`,
});

/** One key, and one member in a set: the default of redis-benchmark. So SPOP and ZPOPMIN find nothing from the second call on. */
export const DEFAULT_SET = [
  test('ping_inline'),
  test('ping_mbulk'),
  test('set'),
  test('get', { fill: ['-n', 1, '-t', 'set'] }),
  randomKeys('set'),
  randomKeys('get'),
  test('incr'),
  test('lpush'),
  test('rpush'),
  test('lpop', { fill: before('lpush') }),
  test('rpop', { fill: before('rpush') }),
  test('sadd'),
  test('hset'),
  test('spop', { fill: before('sadd') }),
  test('zadd'),
  test('zpopmin', { fill: before('zadd') }),
  lrange(100),
  lrange(300),
  lrange(500),
  lrange(600),
  test('mset', { weight: 3 }),
  test('xadd', { args: ['XADD', 'mystream', '*', 'myfield', 'xxx'] }),
];

/** More than any run consumes. */
const MANY = 1_000_000_000;
const distinct = (name) => (requests) => ['-n', requests, '-P', 16, '-r', MANY, '-t', name];

/** Members drawn from {@link MEMBERS}; commands that pop get sets with as many members as there are pops. */
const drawn = (name) => test(name, { args: ['-r', MEMBERS, '-t', name], fill: ['-n', MEMBERS, '-P', 16, '-r', MEMBERS, '-t', name] });

export const COLLECTION_SET = [
  drawn('sadd'),
  drawn('hset'),
  drawn('zadd'),
  test('spop', { fill: distinct('sadd') }),
  test('zpopmin', { fill: distinct('zadd') }),
];
