/** ioredis against the lab, in both protocols that it speaks. */
import { once } from 'node:events';
import { Redis, type RedisOptions } from 'ioredis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createServer, type RedisLabServer } from 'redis-lab';
import { ALL_BYTES, startLab, until, untilBlocked } from './lab.js';

describe.each([2, 3] as const)('ioredis in RESP%i', (protocol) => {
  function connect(server: RedisLabServer, options: RedisOptions = {}): Redis {
    const redis = new Redis({ ...options, port: server.port, protocol, replyMapping: 'legacy' });
    // Without a listener ioredis writes each failed attempt to connect to the console.
    redis.on('error', () => {});
    onTestFinished(() => redis.disconnect());
    return redis;
  }

  test('it becomes ready, and identifies itself', async () => {
    const server = await startLab();
    const redis = connect(server, { connectionName: 'shop', db: 3 });
    await once(redis, 'ready');
    expect(await redis.ping()).toBe('PONG');
    expect((await server.snapshot()).clients).toMatchObject([{ name: 'shop', db: 3, resp: protocol }]);
  });

  test('a password is asked for', async () => {
    const server = await startLab({ requirepass: 'secret' });
    expect(await connect(server, { password: 'secret' }).set('key', 'value')).toBe('OK');
    const stranger = connect(server, { retryStrategy: () => null, enableReadyCheck: false });
    await expect(stranger.get('key')).rejects.toThrow(/^NOAUTH /);
  });

  test('every type of value makes the round trip', async () => {
    const redis = connect(await startLab());
    await redis.hset('user:1', { name: 'Ada', year: 1815 });
    await redis.rpush('jobs', 'a', 'b', 'c');
    await redis.sadd('tags', 'x', 'y', 'x');
    await redis.zadd('board', '1.5', 'low', '20', 'high', '+inf', 'top');
    expect(await redis.hgetall('user:1')).toEqual({ name: 'Ada', year: '1815' });
    expect(await redis.lrange('jobs', 0, -1)).toEqual(['a', 'b', 'c']);
    expect((await redis.smembers('tags')).toSorted()).toEqual(['x', 'y']);
    expect(await redis.zrange('board', '0', '-1', 'WITHSCORES')).toEqual(['low', '1.5', 'high', '20', 'top', 'inf']);
    expect(await redis.mget('nothing', 'nowhere')).toEqual([null, null]);
    expect(await redis.incrbyfloat('price', '0.1')).toBe('0.1');
    expect(await redis.type('board')).toBe('zset');
  });

  test('a pipeline of 10,000 commands is answered in order', async () => {
    const redis = connect(await startLab());
    const pipeline = redis.pipeline();
    for (let i = 0; i < 5000; i++) pipeline.set(`key:${i}`, i).incr(`key:${i}`);
    const results = await pipeline.exec();
    expect(results).toHaveLength(10_000);
    expect(results!.filter((_, at) => at % 2 === 1).map(([error, value]) => error ?? value)).toEqual(Array.from({ length: 5000 }, (_, i) => i + 1));
    expect(await redis.dbsize()).toBe(5000);
  });

  test('an error in a pipeline belongs to its command alone', async () => {
    const redis = connect(await startLab());
    const results = await redis.pipeline().set('text', 'abc').incr('text').get('text').exec();
    expect(results!.map(([error, value]) => error?.message ?? value)).toEqual(['OK', 'ERR value is not an integer or out of range', 'abc']);
  });

  test('commands of the same tick can travel together', async () => {
    const redis = connect(await startLab(), { enableAutoPipelining: true });
    const replies = await Promise.all(Array.from({ length: 100 }, (_, i) => redis.set(`key:${i}`, i)));
    expect(new Set(replies)).toEqual(new Set(['OK']));
    expect(await Promise.all(Array.from({ length: 100 }, (_, i) => redis.get(`key:${i}`)))).toEqual(Array.from({ length: 100 }, (_, i) => String(i)));
  });

  test('a transaction is given up if a watched key has changed', async () => {
    const server = await startLab();
    const [redis, other] = [connect(server), connect(server)];
    await redis.set('balance', 10);
    await redis.watch('balance');
    await other.incrby('balance', 5);
    expect(await redis.multi().set('balance', 0).exec()).toBe(null);
    await redis.watch('balance');
    expect(await redis.multi().incrby('balance', 1).get('balance').exec()).toEqual([[null, 16], [null, '16']]);
  });

  test('a transaction with a command that does not exist is refused as a whole', async () => {
    const redis = connect(await startLab());
    const transaction = redis.multi().set('key', 1);
    transaction.call('NOSUCH');
    await expect(transaction.exec()).rejects.toThrow('EXECABORT Transaction discarded because of previous errors.');
    expect(await redis.exists('key')).toBe(0);
  });

  test('messages reach subscribers of the channel and of a pattern', async () => {
    const server = await startLab();
    const [redis, subscriber] = [connect(server), connect(server)];
    const heard: unknown[] = [];
    subscriber.on('message', (...message) => heard.push(message));
    subscriber.on('pmessage', (...message) => heard.push(message));
    expect(await subscriber.subscribe('news', 'weather')).toBe(2);
    expect(await subscriber.psubscribe('n?ws')).toBe(3);
    expect(await redis.publish('news', 'hello')).toBe(2);
    expect(await redis.publish('weather', 'rain')).toBe(1);
    await until(async () => heard.length === 3);
    expect(heard).toEqual([['news', 'hello'], ['n?ws', 'news', 'hello'], ['weather', 'rain']]);
    await subscriber.unsubscribe('news', 'weather');
    await subscriber.punsubscribe('n?ws');
    expect(await subscriber.get('key')).toBe(null);
  });

  test('shard channels are separate', async () => {
    const server = await startLab();
    const [redis, subscriber] = [connect(server), connect(server)];
    const heard = once(subscriber, 'smessage');
    await subscriber.ssubscribe('room');
    expect(await redis.publish('room', 'no')).toBe(0);
    expect(await redis.spublish('room', 'yes')).toBe(1);
    expect(await heard).toEqual(['room', 'yes']);
  });

  test('keyspace notifications tell of changes and of the end of a key', async () => {
    const server = await startLab({ 'notify-keyspace-events': 'KEA' });
    const [redis, subscriber] = [connect(server), connect(server)];
    const heard: string[] = [];
    subscriber.on('pmessage', (_pattern, channel: string, message: string) => heard.push(`${channel} ${message}`));
    await subscriber.psubscribe('__key*__:*');
    await redis.set('session', 'x', 'PX', 20);
    await until(async () => heard.includes('__keyevent@0__:expired session'));
    expect(heard).toEqual([
      '__keyspace@0__:session set', '__keyevent@0__:set session',
      '__keyspace@0__:session expire', '__keyevent@0__:expire session',
      '__keyspace@0__:session expired', '__keyevent@0__:expired session',
    ]);
    expect(await redis.get('session')).toBe(null);
  });

  test('expiry is set, read and taken away', async () => {
    const redis = connect(await startLab());
    await redis.set('key', 'value', 'EX', 100, 'NX');
    expect(await redis.set('key', 'other', 'EX', 100, 'NX')).toBe(null);
    expect(await redis.ttl('key')).toBeGreaterThan(90);
    expect(await redis.getex('key', 'PERSIST')).toBe('value');
    expect(await redis.ttl('key')).toBe(-1);
    expect(await redis.pexpireat('key', 4_102_444_800_000)).toBe(1);
    expect(await redis.pexpiretime('key')).toBe(4_102_444_800_000);
  });

  test('a worker that waits with BLPOP gets each job as it comes, in order', async () => {
    const server = await startLab();
    const [producer, worker] = [connect(server), connect(server)];
    const done: string[] = [];
    const working = (async () => {
      while (done.at(-1) !== 'stop') done.push((await worker.blpop('urgent', 'jobs', 0))![1]);
    })();
    await untilBlocked(server, 1);
    for (const job of ['a', 'b', 'c']) await producer.rpush('jobs', job);
    await producer.rpush('urgent', 'now');
    await producer.rpush('jobs', 'stop');
    await working;
    expect(done.toSorted()).toEqual(['a', 'b', 'c', 'now', 'stop']);
    expect(done.filter((job) => job !== 'now')).toEqual(['a', 'b', 'c', 'stop']);
  });

  test('a reliable queue moves a job to its own list while it waits, and a timeout is null', async () => {
    const server = await startLab();
    const [producer, worker] = [connect(server), connect(server)];
    const job = worker.blmove('jobs', 'running', 'LEFT', 'RIGHT', 0);
    await untilBlocked(server, 1);
    await producer.rpush('jobs', 'a');
    expect(await job).toBe('a');
    expect(await producer.lrange('running', 0, -1)).toEqual(['a']);
    expect(await worker.bzpopmin('nothing', 0.01)).toBe(null);
    expect(await worker.blmpop(0.01, 1, 'jobs', 'LEFT')).toBe(null);
  });

  test('the client that has waited longest is served first', async () => {
    const server = await startLab();
    const [first, second, producer] = [connect(server), connect(server), connect(server)];
    const served = [first.brpop('jobs', 0)];
    await untilBlocked(server, 1);
    served.push(second.brpop('jobs', 0));
    await untilBlocked(server, 2);
    await producer.lpush('jobs', 'a', 'b');
    expect(await Promise.all(served)).toEqual([['jobs', 'a'], ['jobs', 'b']]);
  });

  test('SCAN as a stream meets every key once, and its filters hold', async () => {
    const redis = connect(await startLab());
    await redis.mset(Object.fromEntries(Array.from({ length: 3000 }, (_, i) => [`${i % 3 === 0 ? 'user' : 'item'}:${i}`, i])));
    const keys: string[] = [];
    for await (const batch of redis.scanStream({ match: 'user:*', count: 100 })) keys.push(...(batch as string[]));
    expect(keys.toSorted()).toEqual(Array.from({ length: 1000 }, (_, i) => `user:${i * 3}`).toSorted());
    await redis.hset('hash', Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`field:${i}`, i])));
    let fields = 0;
    for await (const batch of redis.hscanStream('hash', { count: 100 })) fields += (batch as string[]).length / 2;
    expect(fields).toBe(1000);
  });

  test('bytes stay as they are, in keys, fields and values', async () => {
    const redis = connect(await startLab());
    await redis.hset(ALL_BYTES, ALL_BYTES, ALL_BYTES);
    expect(await redis.hgetallBuffer(ALL_BYTES)).toBeTruthy();
    expect(await redis.hgetBuffer(ALL_BYTES, ALL_BYTES)).toEqual(ALL_BYTES);
    await redis.set('größe', '5 µm 🎈');
    expect(await redis.get('größe')).toBe('5 µm 🎈');
    expect(await redis.strlen('größe')).toBe(Buffer.byteLength('5 µm 🎈'));
  });

  test('a value of 5 MB makes the round trip', async () => {
    const redis = connect(await startLab());
    const value = Buffer.alloc(5 * 2 ** 20, ALL_BYTES);
    expect(await redis.set('big', value)).toBe('OK');
    expect((await redis.getBuffer('big'))!.equals(value)).toBe(true);
    expect(await redis.strlen('big')).toBe(value.length);
  });

  test('errors carry the text of the server', async () => {
    const redis = connect(await startLab());
    await redis.rpush('list', 'a');
    await expect(redis.get('list')).rejects.toThrow('WRONGTYPE Operation against a key holding the wrong kind of value');
    await expect(redis.call('NOSUCH', 'x')).rejects.toThrow("ERR unknown command 'NOSUCH', with args beginning with: 'x'");
    await expect(redis.call('GET')).rejects.toThrow("ERR wrong number of arguments for 'get' command");
    expect(await redis.get('nothing')).toBe(null);
  });

  test('a script of its own is sent once, then called by its hash', async () => {
    const server = await startLab();
    const redis = connect(server, { scripts: { take: { numberOfKeys: 1, lua: "local left = redis.call('DECRBY', KEYS[1], ARGV[1]) if left < 0 then return redis.error_reply('ERR sold out') end return {left, ARGV[1]}" } } });
    const take = (count: number): Promise<unknown> => (redis as Redis & { take(key: string, count: number): Promise<unknown> }).take('stock', count);
    await redis.set('stock', 5);
    expect(await take(2)).toEqual([3, '2']);
    expect(await take(3)).toEqual([0, '3']);
    await expect(take(1)).rejects.toThrow('ERR sold out');
    await redis.script('FLUSH');
    await redis.set('stock', 1);
    expect(await take(1)).toEqual([0, '1']);
  });

  test('MONITOR shows what the others do', async () => {
    const server = await startLab();
    const redis = connect(server);
    const monitor = await connect(server).monitor();
    onTestFinished(() => monitor.disconnect());
    const seen = once(monitor, 'monitor');
    await redis.set('key', 'value');
    expect((await seen)[1]).toEqual(['set', 'key', 'value']);
  });

  test('it comes back after the server was closed and started again on the same port', async () => {
    const first = await createServer({ port: 0 });
    const redis = connect(first, { retryStrategy: () => 10, maxRetriesPerRequest: null });
    const subscriber = connect(first, { retryStrategy: () => 10 });
    await redis.set('key', 'old');
    await subscriber.subscribe('news');
    const lost = once(redis, 'close');
    await first.close();
    await lost;
    const waiting = redis.get('key');
    await startLab({ port: first.port });
    expect(await waiting).toBe(null);
    const heard = once(subscriber, 'message');
    // It subscribes again by itself, some time after it is connected.
    await until(async () => (await redis.publish('news', 'again')) === 1);
    expect(await heard).toEqual(['news', 'again']);
  });

  test('what is sent while the loop is held is answered when it goes on', async () => {
    const server = await startLab();
    const redis = connect(server);
    await redis.set('counter', 0);
    await server.pause();
    const counted = Promise.all(Array.from({ length: 50 }, () => redis.incr('counter')));
    await server.resume();
    expect(await counted).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });
});
