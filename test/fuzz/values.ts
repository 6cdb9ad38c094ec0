/**
 * What stands for each argument name: small alphabets, so that keys collide and members meet again, with a few odd values.
 *
 * The names are those that family tables use and those of COMMAND DOCS; a name that is not here goes by its type.
 * Nothing here asks for a reply or a value of gigabytes, nor for a time that comes while the fuzzer runs.
 */
import type { ArgumentType } from '../../src/server/command/syntax.js';
import type { Random } from './random.js';
import { brokenDumpOf, dumpOf, FUNCTIONS, idOf } from './stand-ins.js';

/** Clients a, b and c send commands, d and e also listen to channels and to invalidations. */
export const FIGHTERS = 3;
export const CLIENTS = 5;

/** Stand where a number of keys, a script, … is to come, until generate.ts puts it there. */
export const NUMKEYS = '\0numkeys\0';
export const SCRIPT = '\0script\0';
export const LIBRARY = '\0library\0';
export const KNOWN_SCRIPT = '\0known script\0';
export const KNOWN_SHA = '\0known sha\0';
/** The key that damaged payloads are restored to, in a database of its own. */
export const DAMAGED = 'damaged';
export const COMMAND = '\0command\0';

/** Keys by family. Every family mostly uses its own, and sometimes those of another, so that types collide. */
export const KEYS: { readonly [family: string]: readonly string[] } = {
  strings: ['s1', 's2', 's3'],
  bitmaps: ['b1', 'b2', 's1'],
  lists: ['l1', 'l2', 'l3'],
  hashes: ['h1', 'h2', 'h3'],
  sets: ['t1', 't2', 't3', 't4'],
  zsets: ['z1', 'z2', 'z3'],
  streams: ['x1', 'x2'],
  hyperloglog: ['p1', 'p2', 'p3'],
  sort: ['l1', 't1', 'z1', 's1', 'h1'],
};
/**
 * Keys that other families leave alone. Lexicographic ranges are defined only for sorted sets whose scores are all equal; and a score
 * that is no geohash, infinity for example, is converted by geo commands in ways that C leaves open.
 */
const OWN_KEYS: { readonly [family: string]: readonly string[] } = { lex: ['y1', 'y2', 'y3'], geo: ['g1', 'g2', 'g3'] };
const ALL_KEYS = [...new Set([...Object.values(KEYS).flat(), 'none', '', 'k\x00\xff'])];
export const STATE_KEYS = [...ALL_KEYS, ...Object.values(OWN_KEYS).flat()];

const SMALL = ['0', '1', '2', '3', '5', '-1', '-2', '-3', '10', '100'];
const ODD_INTEGERS = ['9223372036854775807', '-9223372036854775808', '9223372036854775808', '4294967296', '-2147483649', '', 'abc', '1.0', ' 1', '1 ', '+1', '-0', '01', '1e3', '0x10', '99999999999999999999'];
const DOUBLES = ['0', '1', '-1', '2', '3.5', '-2.25', '0.1', '1e3', '1.5e-7', '3.0', '17', '0.30000000000000004', 'inf', '-inf', '+inf'];
const ODD_DOUBLES = ['nan', 'abc', '', '1e400', '-1e400', ' 1', '1 ', '0x10', '1.2.3', '(1', '1e', 'infinity', '+5', '-0', '.5', '5.', '1e-400'];
const TEXTS = ['a', 'b', 'c', '', 'abc', 'hello world', '1', '-5', '10', '3.5', '\x00\xff\r\n', 'A', '9223372036854775807', 'x'.repeat(44), 'y'.repeat(45), 'z'.repeat(70), 'foobar'];
const MEMBERS = ['a', 'b', 'c', 'd', 'e', 'f', '1', '2', '3', '-7', '100000', '5000000000', '', '\x00', 'm'.repeat(65), 'B', 'aa', 'ab'];
const JUNK = ['', 'abc', 'NX', 'XX', 'COUNT', '-1', '0', '9223372036854775808', '*', '\x00', '(1', 'WITHSCORES', 'LIMIT'];

/** Settings at which an encoding changes. Not stream-node-max-bytes: Redis 7.0.15 ends with a failed assertion at an XADD after it was lowered. */
export const THRESHOLD_SETTINGS = ['hash-max-listpack-entries', 'hash-max-listpack-value', 'zset-max-listpack-entries', 'zset-max-listpack-value', 'set-max-intset-entries', 'list-max-listpack-size', 'stream-node-max-entries', 'hll-sparse-max-bytes'] as const;

type Generator = (random: Random) => string;

const mostly = (usual: readonly string[], odd: readonly string[], oddShare = 0.08): Generator => (random) => random.pick(random.chance(oddShare) ? odd : usual);
const range = (least: number, most: number, odd: readonly string[] = ODD_INTEGERS): Generator => (random) => (random.chance(0.05) ? random.pick(odd) : String(random.between(least, most)));

const integer = mostly(SMALL, ODD_INTEGERS);
const double = mostly(DOUBLES, ODD_DOUBLES);
const member = mostly(MEMBERS, TEXTS);
const text = mostly(TEXTS, ODD_INTEGERS);
const index = range(-7, 7);
/** Never negative without bounds: SRANDMEMBER and its like repeat members as often as asked. */
const count = range(-4, 12, ['9223372036854775807', 'abc', '', '1.5', '-0', '99999999999999999999']);
const scoreBound = mostly([...DOUBLES, '(1', '(2', '(-1', '(3.5', '-inf', '+inf'], ODD_DOUBLES);
const lexBound = mostly(['-', '+', '[a', '[c', '(a', '(c', '[', '(', '[ab', '[B'], ['a', '', '*', '[\xff']);
const farSeconds = mostly(['1000', '5000', '100000', '33177117'], ['0', '-1', '-1000', '9223372036854775807', '-9223372036854775808', '9223372036854776', 'abc', '1.5', '']);
const farUnixTime = mostly(['33177117420', '33177117421', '44177117420'], ['1', '0', '-1', '9223372036854775807', '9223372036854776', 'abc', '']);
const farUnixTimeMs = mostly(['33177117420000', '33177117421500', '44177117420123'], ['1', '0', '-1', '9223372036854775807', 'abc', '']);
const streamId = mostly(['1-1', '1-2', '2-0', '3-3', '5-1', '5-5', '7-0', '9-*', '0-0', '10', '3'], ['abc', '1-', '-1', '18446744073709551615-18446744073709551615', '18446744073709551616', '1-1-1', '', '5-abc']);

export const GENERATORS: { readonly [name: string]: Generator } = {
  value: text,
  message: text,
  element: member,
  member,
  field: member,
  pivot: member,
  increment: integer,
  decrement: integer,
  double,
  score: mostly([...DOUBLES, '100000000000000000'], ODD_DOUBLES),
  weight: double,
  min: scoreBound,
  max: scoreBound,
  'lex-min': lexBound,
  'lex-max': lexBound,
  index,
  start: index,
  stop: index,
  end: index,
  rank: range(-3, 3),
  len: range(0, 5),
  limit: range(-1, 5),
  skip: range(-2, 4),
  count,
  // Long enough to cross encodings, too short to fill memory; past the limits there are errors to compare.
  'byte-offset': range(0, 90, ['-1', 'abc', '536870912', '9223372036854775807', '-9223372036854775808', '']),
  'bit-offset': range(0, 400, ['-1', 'abc', '4294967296', '9223372036854775807', '#1', '']),
  bit: mostly(['0', '1'], ['2', '-1', 'abc', '']),
  encoding: mostly(['u1', 'u8', 'i8', 'i5', 'u63', 'i64', 'u32', 'i16'], ['u64', 'i65', 'u0', 'x8', '8', '']),
  'field-offset': mostly(['0', '1', '7', '8', '63', '100', '#0', '#1', '#3'], ['-1', '#-1', 'abc', '4294967296', '#', '']),
  'field-value': mostly([...SMALL, '127', '128', '255', '-128', '-129', '65535'], ODD_INTEGERS),
  seconds: farSeconds,
  milliseconds: mostly(['1000000', '5000500', '100000000'], ['0', '-1', '9223372036854775807', 'abc', '']),
  'unix-time-seconds': farUnixTime,
  'unix-time-milliseconds': farUnixTimeMs,
  // What they make of the elements 1, 2 and 3 are keys of strings and hashes. A constant would leave sets in the order of their hash table.
  'by-pattern': mostly(['s*', 'h*->a', 'h*->b'], ['*', '*->', 'none*']),
  'get-pattern': mostly(['#', 's*', 'h*->a', 'h*->b'], ['*', 'none', 's*->', '']),
  pattern: mostly(['*', 'a*', '?', '[a-c]', '[^a]', '*1*', 's?', 'z[12]'], ['', '[', '\\', '**', 'none', '[a', 'a\\']),
  database: mostly(['0', '0', '0', '1'], ['2', '-1', '16', 'abc']),
  type: mostly(['string', 'list', 'set', 'zset', 'hash', 'stream'], ['foo', 'STRING']),
  name: mostly(['a', 'b', 'client'], ['a b', '', '\x00']),
  id: streamId,
  'stream-start': mostly(['-', '0', '1-1', '(1-1', '2', '(2', '5'], ['+', 'abc', '(', '']),
  'stream-end': mostly(['+', '5', '3-3', '(3-3', '9-1', '2'], ['-', 'abc', '(+', '']),
  group: mostly(['g1', 'g2'], ['none', '']),
  consumer: mostly(['c1', 'c2'], ['none', '']),
  threshold: mostly(['0', '1', '3', '5', '5-0', '2-1'], ['abc', '-1']),
  'min-idle-time': mostly(['0'], ['-1', 'abc', '9223372036854775807']),
  // Hardly ever the same place twice: which of two at the same distance comes first, Redis leaves open.
  longitude: (random) => (random.chance(0.03) ? random.pick(['180.1', 'abc', '-181', 'nan', '0', '180']) : (random.next() * 360 - 180).toFixed(6)),
  latitude: (random) => (random.chance(0.03) ? random.pick(['85.06', 'abc', '-86', 'inf', '0', '-85']) : (random.next() * 170 - 85).toFixed(6)),
  'plain-key': (random) => random.pick(KEYS.zsets!),
  numkeys: () => NUMKEYS,
  script: (random) => (random.chance(0.9) ? SCRIPT : KNOWN_SCRIPT),
  'known-script': () => KNOWN_SCRIPT,
  sha1: (random) => (random.chance(0.9) ? KNOWN_SHA : random.pick(['', 'abc', 'f'.repeat(40)])),
  library: () => LIBRARY,
  command: () => COMMAND,
  arg: mostly([...TEXTS, ...MEMBERS], ODD_INTEGERS),
  function: mostly(['f1', 'f2', 'f3', 'f1a', 'F1'], ['', 'f9', 'lib1']),
  'library-name': mostly(['lib1', 'lib2', 'lib3'], ['', 'lib*', 'none']),
  channel: mostly(['c1', 'c2', 'news', '__redis__:invalidate', '__keyevent@0__:set', '__keyspace@0__:s1', '__keyevent@0__:del'], ['', 'c\x00\r\n']),
  'channel-pattern': mostly(['c*', '*', 'c?', '__key*__:*', '__keyevent@0__:*', 'n[ae]ws'], ['', '[', 'c1']),
  'fighter-id': (random) => (random.chance(0.95) ? idOf(random.below(FIGHTERS)) : random.pick(['0', '-1', 'abc'])),
  'listener-id': (random) => (random.chance(0.95) ? idOf(random.between(FIGHTERS, CLIENTS - 1)) : random.pick(['0', '-1', 'abc', '9999999999'])),
  prefix: mostly(['s', 'l', 'h', 't1'], ['', 'z1x']),
  ttl: mostly(['0', '0', '1000000', '5000500'], ['-1', 'abc', '9223372036854775807', '']),
  // Long past; and without ABSTTL far enough away.
  'absolute-ttl': mostly(['0', '33177117420000', '1000000'], ['-1', 'abc']),
  payload: (random) => (random.chance(0.97) ? dumpOf(random.pick(STATE_KEYS)) : random.pick(['', 'abc', '\x00\x03abc\x0a\x00\x01\x02\x03\x04\x05\x06\x07\x08'])),
  damaged: () => DAMAGED,
  'broken-payload': (random) => brokenDumpOf(random.pick(STATE_KEYS), random.below(1_000_000)),
  'functions-payload': (random) => (random.chance(0.9) ? FUNCTIONS : random.pick(['', 'abc'])),
  'idle-seconds': mostly(['0', '1000', '100000'], ['-1', 'abc']),
  frequency: mostly(['0', '5', '200', '255'], ['-1', '256', 'abc']),
  'threshold-setting': mostly(THRESHOLD_SETTINGS, ['zset-max-*-entries', 'none', '']),
  // Not those of commands that are not there.
  category: mostly(['string', 'bitmap', 'hyperloglog', 'geo', 'stream', 'hash', 'list', 'set', 'sortedset', 'transaction', 'scripting', 'pubsub'], ['none', '']),
  user: mostly(['default'], ['none', '', '0', '99999999']),
  entries: mostly(['0', '2', '5', '128'], ['-1', 'abc', '']),
  radius: mostly(['0', '100', '200', '5000', '20000', '0.5'], ['-1', 'abc', '']),
};

const BY_TYPE: { readonly [type in ArgumentType]?: Generator } = { integer, double, pattern: GENERATORS.pattern!, 'unix-time': farUnixTime, string: text };

export function randomKey(random: Random, family: string): string {
  const apart = OWN_KEYS[family];
  if (apart !== undefined) return random.pick(apart);
  const own = KEYS[family];
  return own !== undefined && random.chance(0.8) ? random.pick(own) : random.pick(ALL_KEYS);
}

export function randomValue(random: Random, name: string, type: ArgumentType, family: string): string {
  if (type === 'key' || /^(key|newkey|destkey|destination|source)$/.test(name)) return randomKey(random, family);
  // A number in a syntax stands for itself: SCAN 0 COUNT 1000.
  if (/^\d+$/.test(name)) return name;
  const generate = GENERATORS[name] ?? BY_TYPE[type];
  if (generate === undefined) throw new Error(`no values for '${name}' of type ${type}`);
  return generate(random);
}

export function randomJunk(random: Random): string {
  return random.pick(random.chance(0.5) ? JUNK : ODD_INTEGERS);
}
