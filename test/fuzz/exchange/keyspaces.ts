/**
 * Random keyspaces, as the commands that make them: values of every type and encoding, of sizes around the limits at which encodings change, with and without
 * a time to live, and what random commands leave of them.
 */
import { SCRIPTABLE } from '../families.js';
import { familyTemplates, generate } from '../generate.js';
import type { Random } from '../random.js';

type Words = string[];

/** Keys that expire within BRIEF_MS. */
const BRIEF_KEYS = ['brief1', 'brief2'];
export const BRIEF_MS = 30;

/** Reach beyond their own keyspace. */
const FAR_REACHING = /^(FLUSHALL|FLUSHDB|SWAPDB|MOVE|COPY)$/;

const SMALL_SIZES = [1, 2, 3, 4, 5, 6, 17, 30];
const LARGE_SIZES = [64, 127, 128, 129, 200, 512, 513, 700];
const INTEGERS = [
  '0', '1', '-1', '12', '13', '127', '128', '-128', '-129', '255', '256', '4095', '-4096', '4096', '32767', '-32768', '32768',
  '8388607', '-8388608', '8388608', '2147483647', '-2147483648', '2147483648', '-2147483649', '9007199254740993',
  '9223372036854775807', '-9223372036854775808', '9223372036854775808', '00', '-0', '+1', ' 1',
];
const SCORES = [
  '0', '-0', '1', '-1', '1.5', '0.1', '1e300', '-1e300', '1e-310', '5e-324', '1.7976931348623157e308', 'inf', '-inf', '17179869184', '9007199254740993', '3.0',
];

/** One keyspace of the database that is selected. @param isBrief some of its keys expire within BRIEF_MS */
export function* keyspace(random: Random, isBrief: boolean): Generator<Words> {
  for (let left = random.between(1, 6); left > 0; left--) yield* random.pick(KINDS)(random, keyName(random));
  const templates = SCRIPTABLE.flatMap(familyTemplates).filter(({ name }) => !FAR_REACHING.test(name));
  for (let left = random.pick([0, 0, 5, 20, 40]); left > 0; left--) yield [...generate(random, random.pick(templates)).argv];
  if (isBrief) for (const key of BRIEF_KEYS) yield* [...random.pick(KINDS)(random, key), ['PEXPIRE', key, String(random.between(1, BRIEF_MS))]];
}

/** A library of functions. */
export function library(random: Random, name: string): Words {
  const functions = Array.from(
    { length: random.between(1, 3) },
    (_, i) => `redis.register_function('${name}_${i}', function(keys, args) return ${random.below(1000)} end)`,
  );
  const filling = random.chance(0.5) ? `-- ${text(random, random.pick([10, 100, 5000]), 'ascii')}\n` : '';
  return ['FUNCTION', 'LOAD', 'REPLACE', `#!lua name=${name}\n${filling}${functions.join('\n')}`];
}

type Kind = (random: Random, key: string) => Generator<Words>;

const KINDS: readonly Kind[] = [
  function* string(random, key) {
    yield ['SET', key, random.chance(0.3) ? random.pick(INTEGERS) : element(random)];
    if (random.chance(0.3)) yield random.pick([['APPEND', key, 'x'], ['SETRANGE', key, '5', 'yz'], ['SETBIT', key, '70', '1'], ['INCRBYFLOAT', key, '0.5']]);
    yield* expiry(random, key);
  },
  function* largeString(random, key) {
    yield ['SET', key, text(random, random.pick([20, 21, 63, 64, 4096, 4096, 16_383, 16_384, 70_000]))];
    yield* expiry(random, key);
  },
  function* list(random, key) {
    yield* inPieces(['RPUSH', key], elements(random, 1));
    if (random.chance(0.3)) yield ['LTRIM', key, String(random.below(20)), String(random.between(-20, -1))];
    yield* expiry(random, key);
  },
  function* set(random, key) {
    yield* inPieces(['SADD', key], random.chance(0.4) ? integers(random, size(random)) : elements(random, 1));
    if (random.chance(0.2)) yield ['SREM', key, ...integers(random, 5)];
    yield* expiry(random, key);
  },
  function* hash(random, key) {
    yield* inPieces(['HSET', key], elements(random, 2), 2);
    if (random.chance(0.2)) yield ['HDEL', key, ...integers(random, 5)];
    yield* expiry(random, key);
  },
  function* sortedSet(random, key) {
    const members = random.chance(0.3) ? integers(random, size(random)) : elements(random, 1);
    const score = (): string => (random.chance(0.3) ? random.pick(SCORES) : String(random.between(-1000, 1000) / 4));
    yield* inPieces(['ZADD', key], members.flatMap((member) => [score(), member]), 2);
    if (random.chance(0.3)) yield ['ZPOPMIN', key, String(random.below(10))];
    yield* expiry(random, key);
  },
  stream,
  function* hyperLogLog(random, key) {
    yield* inPieces(['PFADD', key], Array.from({ length: random.pick([1, 5, 20, 700]) }, () => String(random.below(1e9))));
    yield* expiry(random, key);
  },
];

function* stream(random: Random, key: string): Generator<Words> {
  const fields = Array.from({ length: random.between(1, 4) }, () => [element(random).slice(0, 200), '']);
  const length = random.pick([0, 1, 2, 3, 4, 7, 10, 30, 99, 100, 101, 250]);
  for (let i = 1; i <= length; i++) {
    const pairs = random.chance(0.7) ? fields.flatMap(([name]) => [name!, String(random.below(100_000))]) : [element(random).slice(0, 300), 'v'];
    yield ['XADD', key, `${random.chance(0.1) ? i * 1000 : 5}-*`, ...pairs];
  }
  for (let i = random.below(length); i > 0 && random.chance(0.5); i -= 7) yield ['XDEL', key, `5-${i}`];
  for (const group of ['g1', 'g\r\n2'].slice(0, random.below(3))) {
    yield ['XGROUP', 'CREATE', key, group, random.pick(['0', '$', '5-3', '9999999999-7']), 'MKSTREAM'];
    for (const consumer of ['alice', 'bob', ''].slice(0, random.below(4))) {
      yield ['XGROUP', 'CREATECONSUMER', key, group, consumer];
      yield ['XREADGROUP', 'GROUP', group, consumer, 'COUNT', String(random.between(1, 60)), ...(random.chance(0.2) ? ['NOACK'] : []), 'STREAMS', key, '>'];
      if (random.chance(0.4)) yield ['XACK', key, group, ...Array.from({ length: 10 }, () => `5-${random.between(1, 60)}`)];
      if (random.chance(0.3)) yield ['XCLAIM', key, group, 'carol', '0', '5-1', '5-2', '5-3', 'RETRYCOUNT', '7', 'FORCE', 'TIME', '1600000000123'];
    }
    if (random.chance(0.1)) yield ['XGROUP', 'DELCONSUMER', key, group, 'alice'];
    if (random.chance(0.2)) yield ['XGROUP', 'SETID', key, group, '5-2', 'ENTRIESREAD', '2'];
  }
  if (random.chance(0.3)) yield ['XTRIM', key, 'MAXLEN', ...random.pick([['~'], []]), String(random.below(150))];
  if (random.chance(0.2)) yield ['XSETID', key, '99999999999999-1', 'ENTRIESADDED', '1000', 'MAXDELETEDID', '5-9'];
  yield* expiry(random, key);
}

function* expiry(random: Random, key: string): Generator<Words> {
  const words = random.pick([
    null, null, null, ['EXPIRE', key, '1000'], ['PEXPIRE', key, '5000123'], ['EXPIREAT', key, '33177117420'],
    ['PEXPIREAT', key, '33177117421500'], ['PEXPIREAT', key, '9007199254740993'], ['PEXPIREAT', key, '9223372036854775807'],
  ]);
  if (words !== null) yield words;
}

function* inPieces(command: Words, words: readonly string[], unit = 1): Generator<Words> {
  const piece = 100 * unit;
  for (let at = 0; at < words.length; at += piece) yield [...command, ...words.slice(at, at + piece)];
}

function size(random: Random): number {
  return random.pick(random.chance(0.15) ? LARGE_SIZES : SMALL_SIZES);
}

function keyName(random: Random): string {
  const name = `k${random.below(1000)}`;
  return random.chance(0.9) ? name : random.pick([`${name}\x00\xff\r\n`, name.repeat(30), `${name}${'x'.repeat(20_000)}`, '']);
}

/** As many as `size` says, times `perEntry`, with an index in most, so that members are not the same. */
function elements(random: Random, perEntry: number): string[] {
  const length = size(random);
  // All short, or a few long ones among them, or all long.
  const isLong = random.pick([() => false, () => false, () => random.chance(0.02), () => length < 70]);
  return Array.from({ length: length * perEntry }, (_, i) => {
    if (random.chance(0.1)) return random.pick(INTEGERS);
    return isLong() ? `${text(random, random.pick([63, 64, 65, 300, 5000, 9000]))}${i}` : `e${i}`;
  });
}

function integers(random: Random, length: number): string[] {
  const factor = random.pick([1, 1, 300, 70_000, 5_000_000_000]);
  return Array.from({ length }, (_, i) => String((random.chance(0.5) ? i : -i) * factor));
}

function element(random: Random): string {
  return random.chance(0.5) ? text(random, random.pick([0, 1, 5, 19, 20, 21, 43, 44, 45, 63, 64, 65, 300])) : random.pick(INTEGERS);
}

/** Compressible or not. */
function text(random: Random, length: number, kind = random.pick(['ascii', 'same', 'bytes', 'words'])): string {
  if (kind === 'same') return 'a'.repeat(length);
  const unit = kind === 'words' ? ['lorem ', 'ipsum ', 'dolor ', 'sit '] : null;
  let made = '';
  while (made.length < length) made += unit === null ? String.fromCharCode(kind === 'ascii' ? random.between(97, 122) : random.below(256)) : random.pick(unit);
  return made.slice(0, length);
}
