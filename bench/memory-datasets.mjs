// The datasets of the part memory: what is loaded, and how it is read back.
//
//   name    of the row; `--row list` names one
//   count   keys, or members of one collection, at scale 1
//   each    what is counted: the heading of the row says so
//   most    the goal: at most this multiple of redis-server's memory
//   bytes   about what one of them takes in the larger of both servers, to see beforehand whether it fits
//   load    the requests that add number i, each with its reply
//   read    the requests that read numbers `from` to `to`, each with its reply. Their order does not depend on the encoding

const number = (i, digits) => String(i).padStart(digits, '0');
const bulk = (text) => `$${text.length}\r\n${text}\r\n`;
const array = (texts) => `*${texts.length}\r\n${texts.join('')}`;
const range = (from, to, each) => Array.from({ length: to - from }, (_, i) => each(from + i));
const OK = '+OK\r\n';
const ADDED = ':1\r\n';

const keyOf = (i) => `key:${number(i, 12)}`;
const valueOf = (i) => `value${number(i, 11)}`;
const memberOf = (i) => `member:${number(i, 9)}`;
/** Different numbers below a million, far apart; further ones repeat them. */
const scoreOf = (i) => (i * 618_033) % 1_000_000;
/** Stream IDs of one's own begin at 1. */
const idOf = (i) => `${i + 1}-0`;
const entryOf = (id, text) => array([bulk(id), array([bulk('field'), bulk(text)])]);

const LARGE = { count: 1_000_000, each: 'members', most: 1.5 };

const ONE = [
  {
    name: 'keys', count: 1_000_000, each: 'keys of 16 bytes, values of 16', most: 1.2, bytes: 200,
    load: (i) => [[['SET', keyOf(i), valueOf(i)], OK]],
    read: (from, to) => [[['MGET', ...range(from, to, keyOf)], array(range(from, to, (i) => bulk(valueOf(i))))]],
  },
  {
    ...LARGE, name: 'list', bytes: 80,
    load: (i) => [[['RPUSH', 'key', memberOf(i)], `:${i + 1}\r\n`]],
    read: (from, to) => [[['LRANGE', 'key', from, to - 1], array(range(from, to, (i) => bulk(memberOf(i))))]],
  },
  {
    ...LARGE, name: 'set', bytes: 130,
    load: (i) => [[['SADD', 'key', memberOf(i)], ADDED]],
    read: (from, to) => [[['SMISMEMBER', 'key', ...range(from, to, memberOf)], array(range(from, to, () => ADDED))]],
  },
  {
    ...LARGE, name: 'hash', bytes: 160,
    load: (i) => [[['HSET', 'key', memberOf(i), i], ADDED]],
    read: (from, to) => [[['HMGET', 'key', ...range(from, to, memberOf)], array(range(from, to, (i) => bulk(String(i))))]],
  },
  {
    ...LARGE, name: 'zset', bytes: 180,
    load: (i) => [[['ZADD', 'key', scoreOf(i), memberOf(i)], ADDED]],
    read: (from, to) => [[['ZMSCORE', 'key', ...range(from, to, memberOf)], array(range(from, to, (i) => bulk(String(scoreOf(i)))))]],
  },
  {
    ...LARGE, name: 'stream', bytes: 120,
    load: (i) => [[['XADD', 'key', idOf(i), 'field', memberOf(i)], bulk(idOf(i))]],
    read: (from, to) => [[['XRANGE', 'key', idOf(from), idOf(to - 1)], array(range(from, to, (i) => entryOf(idOf(i), memberOf(i))))]],
  },
];

/** Elements of a small collection. */
const FEW = [0, 1, 2, 3, 4];
const SMALL = { count: 200_000, each: `keys with ${FEW.length} elements`, most: 1.5, bytes: 800 };
const textOf = (i, at) => `element:${number(i, 6)}:${at}`;
const fieldOf = (at) => `field${at}`;
const integerOf = (i, at) => String((i % 10_000) * 10 + at);
const ALL_ADDED = `:${FEW.length}\r\n`;
const ofEach = (read) => (from, to) => range(from, to, read);

const MANY = [
  {
    ...SMALL, name: 'small hashes',
    load: (i) => [[['HSET', keyOf(i), ...FEW.flatMap((at) => [fieldOf(at), textOf(i, at)])], ALL_ADDED]],
    read: ofEach((i) => [['HMGET', keyOf(i), ...FEW.map(fieldOf)], array(FEW.map((at) => bulk(textOf(i, at))))]),
  },
  {
    ...SMALL, name: 'small sets',
    load: (i) => [[['SADD', keyOf(i), ...FEW.map((at) => textOf(i, at))], ALL_ADDED]],
    read: ofEach((i) => [['SMISMEMBER', keyOf(i), ...FEW.map((at) => textOf(i, at))], array(FEW.map(() => ADDED))]),
  },
  {
    ...SMALL, name: 'small intsets',
    load: (i) => [[['SADD', keyOf(i), ...FEW.map((at) => integerOf(i, at))], ALL_ADDED]],
    read: ofEach((i) => [['SMEMBERS', keyOf(i)], array(FEW.map((at) => bulk(integerOf(i, at))))]),
  },
  {
    ...SMALL, name: 'small zsets',
    load: (i) => [[['ZADD', keyOf(i), ...FEW.flatMap((at) => [at, textOf(i, at)])], ALL_ADDED]],
    read: ofEach((i) => [['ZRANGE', keyOf(i), 0, -1], array(FEW.map((at) => bulk(textOf(i, at))))]),
  },
  {
    ...SMALL, name: 'small lists',
    load: (i) => [[['RPUSH', keyOf(i), ...FEW.map((at) => textOf(i, at))], ALL_ADDED]],
    read: ofEach((i) => [['LRANGE', keyOf(i), 0, -1], array(FEW.map((at) => bulk(textOf(i, at))))]),
  },
  {
    ...SMALL, name: 'small streams', bytes: 2000,
    load: (i) => FEW.map((at) => [['XADD', keyOf(i), idOf(at), 'field', textOf(i, at)], bulk(idOf(at))]),
    read: ofEach((i) => [['XRANGE', keyOf(i), '-', '+'], array(FEW.map((at) => entryOf(idOf(at), textOf(i, at))))]),
  },
];

export const DATASETS = [...ONE, ...MANY];
