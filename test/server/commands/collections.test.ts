/**
 * Sets, hashes, sorted sets and places through a whole server. Expected replies are those of redis-server 7.0.15.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

let lab: Lab;
let client: LabClient;

beforeEach(() => {
  lab = simulate();
  client = lab.connect();
});
afterEach(() => lab.close());

/** A request as words; the reply without lengths, on one line. */
function ask(words: string, from = client): string {
  return from.ask(...words.split(' ')).replace(/\$\d+\r\n/g, '').trim().replaceAll('\r\n', ' ');
}

describe.each([
  ['sets', [
    ['SADD s 3 1 2 1', ':3'], ['SMEMBERS s', '*3 1 2 3'], ['SISMEMBER s 2', ':1'], ['SMISMEMBER s 1 x', '*2 :1 :0'],
    ['SADD t 2 3 4', ':3'], ['SINTER s t', '*2 2 3'], ['SUNION s t', '*4 1 2 3 4'], ['SDIFF s t', '*1 1'],
    ['SINTERCARD 2 s t LIMIT 1', ':1'], ['SINTERCARD 0 s', '-ERR numkeys should be greater than 0'], ['SINTERSTORE d s t', ':2'], ['SDIFFSTORE d s s', ':0'],
    ['EXISTS d', ':0'], ['SMOVE s t 1', ':1'], ['SCARD s', ':2'], ['SPOP s 5', '*2 2 3'], ['EXISTS s', ':0'], ['SPOP s', '-1'.replace('-1', '$-1')],
    ['SRANDMEMBER t 9', '*4 1 2 3 4'], ['SPOP t -1', '-ERR value is out of range, must be positive'], ['SSCAN t 0', '*2 0 *4 1 2 3 4'],
    ['SSCAN t x', '-ERR invalid cursor'], ['SET k v', '+OK'], ['SADD k 1', '-WRONGTYPE Operation against a key holding the wrong kind of value'],
    ['SINTER nothing k', '-WRONGTYPE Operation against a key holding the wrong kind of value'],
  ]],
  ['hashes', [
    ['HSET h b 1 a 2 b 3', ':2'], ['HGETALL h', '*4 b 3 a 2'], ['HSET h a', "-ERR wrong number of arguments for 'hset' command"], ['HGET h b', '3'],
    ['HMGET h a x', '*2 2 $-1'], ['HSETNX h a 9', ':0'], ['HINCRBY h a 40', ':42'], ['HINCRBYFLOAT h a 0.1', '42.1'], ['HINCRBY h a 1', '-ERR hash value is not an integer'],
    ['HINCRBYFLOAT h a inf', '-ERR value is NaN or Infinity'], ['HSTRLEN h a', ':4'], ['HRANDFIELD h 5 WITHVALUES', '*4 b 3 a 42.1'], ['HKEYS h', '*2 b a'],
    ['HVALS h', '*2 3 42.1'], ['HSCAN h 0 MATCH b', '*2 0 *2 b 3'], ['HDEL h a b x', ':2'], ['EXISTS h', ':0'], ['HLEN h', ':0'],
  ]],
  ['sorted sets', [
    ['ZADD z 1 a 2 b 3 c', ':3'], ['ZADD z XX CH 5 a 9 new', ':1'], ['ZADD z GT 4 a', ':0'], ['ZADD z NX XX 1 a', '-ERR XX and NX options at the same time are not compatible'],
    ['ZADD z INCR 0.1 b', '2.1000000000000001'], ['ZRANGE z 0 -1 WITHSCORES', '*6 b 2.1000000000000001 c 3 a 5'], ['ZRANK z a', ':2'], ['ZREVRANK z a', ':0'],
    ['ZRANGE z (2.1 +inf BYSCORE', '*2 c a'], ['ZRANGE z 5 3 BYSCORE REV LIMIT 1 1', '*1 c'], ['ZRANGE z 0 1 LIMIT 0 1', '-ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX'],
    ['ZCOUNT z 3 5', ':2'], ['ZMSCORE z a x', '*2 5 $-1'], ['ZADD l 0 a 0 b 0 c', ':3'], ['ZRANGEBYLEX l [b +', '*2 b c'], ['ZLEXCOUNT l - (c', ':2'],
    ['ZUNION 2 z l WEIGHTS 1 2 AGGREGATE MAX', '*3 b c a'], ['ZINTERSTORE d 2 z l', ':3'], ['ZDIFF 2 z l', '*0'], ['ZINTERCARD 2 z l LIMIT 2', ':2'],
    ['ZRANGESTORE d z 0 0', ':1'], ['ZPOPMIN d', '*2 b 2.1000000000000001'], ['EXISTS d', ':0'], ['ZPOPMAX z 2', '*4 a 5 c 3'], ['ZMPOP 2 d l MIN COUNT 2', '*2 l *2 *2 a 0 *2 b 0'],
    ['ZREMRANGEBYRANK l 0 -1', ':1'], ['EXISTS l', ':0'], ['ZADD z inf i', ':1'], ['ZINCRBY z -inf i', '-ERR resulting score is not a number (NaN)'],
  ]],
  ['places', [
    ['GEOADD g 13.361389 38.115556 Palermo 15.087269 37.502669 Catania', ':2'], ['GEODIST g Palermo Catania', '166274.1516'], ['GEODIST g Palermo Catania km', '166.2742'],
    ['GEOHASH g Palermo Catania', '*2 sqc8b49rny0 sqdtr74hyu0'], ['GEOPOS g Palermo x', '*2 *2 13.36138933897018433 38.11555639549629859 *-1'],
    ['GEORADIUS g 15 37 200 km WITHDIST DESC', '*2 *2 Palermo 190.4424 *2 Catania 56.4413'], ['GEOSEARCH g FROMMEMBER Palermo BYBOX 400 400 km ASC COUNT 1', '*1 Palermo'],
    ['GEOSEARCHSTORE d g FROMLONLAT 15 37 BYRADIUS 200 km STOREDIST', ':2'], ['ZSCORE d Catania', '56.441257870158204'], ['ZSCORE g Palermo', '3479099956230698'],
    ['GEOADD g 181 0 x', '-ERR invalid longitude,latitude pair 181.000000,0.000000'], ['GEODIST g Palermo Catania x', '-ERR unsupported unit provided. please use M, KM, FT, MI'],
  ]],
] as const)('%s', (_family, requests) => {
  test('reply as Redis does', () => {
    for (const [words, reply] of requests) expect(`${words} → ${ask(words)}`).toBe(`${words} → ${reply}`);
  });
});

test('RESP3 has sets, maps, doubles and pairs', () => {
  ask('SADD s 1');
  ask('HSET h f v');
  ask('ZADD z 1.5 a');
  ask('HELLO 3');
  expect(ask('SMEMBERS s')).toBe('~1 1');
  expect(ask('HGETALL h')).toBe('%1 f v');
  expect(ask('ZSCORE z a')).toBe(',1.5');
  expect(ask('ZRANGE z 0 -1 WITHSCORES')).toBe('*1 *2 a ,1.5');
  expect(ask('HRANDFIELD h 1 WITHVALUES')).toBe('*1 *2 f v');
  expect(ask('ZPOPMIN z')).toBe('*2 a ,1.5');
  expect(ask('ZSCORE z a')).toBe('_');
});

describe('a client that waits for a sorted set', () => {
  test('is served in order by every command that fills it', () => {
    const first = lab.connect();
    const second = lab.connect();
    expect(ask('BZPOPMIN z 0', first)).toBe('');
    expect(ask('BZMPOP 0 1 z MAX COUNT 2', second)).toBe('');
    expect(ask('ZADD z 1 a 2 b 3 c')).toBe(':3');
    expect(first.receive()).toBe('*3\r\n$1\r\nz\r\n$1\r\na\r\n$1\r\n1\r\n');
    expect(second.receive()).toBe('*2\r\n$1\r\nz\r\n*2\r\n*2\r\n$1\r\nc\r\n$1\r\n3\r\n*2\r\n$1\r\nb\r\n$1\r\n2\r\n');
    expect(ask('EXISTS z')).toBe(':0');
  });

  test('gets nil at its timeout, and is not woken by another type', () => {
    const waiting = lab.connect();
    ask('BZPOPMAX z 0.1', waiting);
    ask('SADD z 1');
    expect(waiting.receive()).toBe('');
    lab.advance(101);
    expect(waiting.receive()).toBe('*-1\r\n');
  });
});

test('a hash and a sorted set that a transaction has read are those of their moment', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('HSET', 'h', 'a', '1');
  client.ask('ZADD', 'z', '1', 'a', '2', 'b');
  client.ask('MULTI');
  for (const request of [['HGETALL', 'h'], ['ZRANGE', 'z', '0', '-1'], ['HSET', 'h', 'a', '2'], ['ZREM', 'z', 'a']]) client.ask(...request);
  expect(client.ask('EXEC')).toBe('*4\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n:0\r\n:1\r\n');
  expect(client.ask('HGETALL', 'h')).toBe('*2\r\n$1\r\na\r\n$1\r\n2\r\n');
  expect(client.ask('HVALS', 'h')).toBe('*1\r\n$1\r\n2\r\n');
  expect(client.ask('ZRANGE', 'z', '0', '-1')).toBe('*1\r\n$1\r\nb\r\n');
});
