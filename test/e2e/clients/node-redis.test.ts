/** node-redis against the lab: in both protocols, and what only RESP3 has. */
import { BasicClientSideCache, createClient, RESP_TYPES, WatchError } from 'redis';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createServer, type RedisLabServer } from 'redis-lab';
import { ALL_BYTES, startLab, until, untilBlocked } from './lab.js';

function opened<Client extends { on(event: 'error', listener: () => void): unknown; isOpen: boolean; destroy(): void }>(client: Client): Client {
  client.on('error', () => {});
  onTestFinished(() => {
    if (client.isOpen) client.destroy();
  });
  return client;
}

describe.each([2, 3] as const)('node-redis in RESP%i', (RESP) => {
  function connect(server: RedisLabServer) {
    return opened(createClient({ url: server.url, RESP, socket: { reconnectStrategy: 10 } })).connect();
  }

  test('it identifies itself', async () => {
    const server = await startLab();
    const redis = await opened(createClient({ url: `${server.url}/2`, RESP, name: 'shop' })).connect();
    expect(await redis.ping()).toBe('PONG');
    expect((await server.snapshot()).clients).toMatchObject([{ name: 'shop', db: 2, resp: RESP }]);
  });

  test('a password is part of the url, and a wrong one is refused', async () => {
    const server = await startLab({ requirepass: 'secret' });
    const redis = await opened(createClient({ url: server.url.replace('//', '//:secret@'), RESP })).connect();
    expect(await redis.set('key', 'value')).toBe('OK');
    const stranger = opened(createClient({ url: server.url.replace('//', '//:wrong@'), RESP, socket: { reconnectStrategy: false } }));
    await expect(stranger.connect()).rejects.toThrow('WRONGPASS');
  });

  test('replies have the same shape in both protocols', async () => {
    const redis = await connect(await startLab());
    await redis.hSet('user:1', { name: 'Ada', year: 1815 });
    await redis.sAdd('tags', ['x', 'y', 'x']);
    await redis.zAdd('board', [{ score: 1.5, value: 'low' }, { score: 20, value: 'high' }, { score: Infinity, value: 'top' }]);
    expect({ ...(await redis.hGetAll('user:1')) }).toEqual({ name: 'Ada', year: '1815' });
    expect((await redis.sMembers('tags')).toSorted()).toEqual(['x', 'y']);
    expect(await redis.sIsMember('tags', 'x')).toBe(1);
    expect(await redis.zScore('board', 'low')).toBe(1.5);
    expect(await redis.zRangeWithScores('board', 0, -1)).toEqual([{ score: 1.5, value: 'low' }, { score: 20, value: 'high' }, { score: Infinity, value: 'top' }]);
    expect(await redis.mGet(['nothing', 'user:0'])).toEqual([null, null]);
    expect({ ...(await redis.configGet('maxmemory*')) }).toMatchObject({ maxmemory: '0', 'maxmemory-policy': 'noeviction' });
    expect(await redis.geoAdd('places', { member: 'Palermo', longitude: 13.361389, latitude: 38.115556 })).toBe(1);
    expect(await redis.geoSearch('places', { longitude: 13, latitude: 38 }, { radius: 100, unit: 'km' })).toEqual(['Palermo']);
  });

  test('10,000 commands sent at once are answered in order', async () => {
    const redis = await connect(await startLab());
    const replies = await Promise.all(Array.from({ length: 10_000 }, () => redis.incr('counter')));
    expect(replies).toEqual(Array.from({ length: 10_000 }, (_, i) => i + 1));
  });

  test('a transaction is given up if a watched key has changed', async () => {
    const server = await startLab();
    const [redis, other] = [await connect(server), await connect(server)];
    await redis.watch('balance');
    await other.set('balance', '5');
    await expect(redis.multi().set('balance', '0').exec()).rejects.toThrow(WatchError);
    expect(await redis.multi().incr('balance').get('balance').exec()).toEqual([6, '6']);
  });

  test('an error inside a transaction leaves the other commands alone', async () => {
    const redis = await connect(await startLab());
    const failed = redis.multi().set('text', 'abc').incr('text').set('after', '1').exec();
    await expect(failed).rejects.toMatchObject({ errorIndexes: [1], replies: ['OK', expect.objectContaining({ message: 'ERR value is not an integer or out of range' }), 'OK'] });
    expect(await redis.get('after')).toBe('1');
  });

  test('messages reach subscribers of the channel, of a pattern and of a shard channel', async () => {
    const server = await startLab();
    const [redis, subscriber] = [await connect(server), await connect(server)];
    const heard: unknown[] = [];
    const hear = (message: string, channel: string): void => void heard.push([channel, message]);
    await subscriber.subscribe('news', hear);
    await subscriber.pSubscribe('n?ws', hear);
    await subscriber.sSubscribe('room', hear);
    expect(await redis.publish('news', 'hello')).toBe(2);
    expect(await redis.sPublish('room', 'inside')).toBe(1);
    await until(async () => heard.length === 3);
    expect(heard).toEqual([['news', 'hello'], ['news', 'hello'], ['room', 'inside']]);
    expect(await redis.pubSubChannels()).toEqual(['news']);
    await subscriber.unsubscribe();
    await subscriber.pUnsubscribe();
    await subscriber.sUnsubscribe();
    expect(await subscriber.get('key')).toBe(null);
  });

  test('keyspace notifications tell when a key has expired', async () => {
    const server = await startLab();
    const [redis, subscriber] = [await connect(server), await connect(server)];
    await redis.configSet('notify-keyspace-events', 'Ex');
    const expired = new Promise<string>((resolve) => void subscriber.subscribe('__keyevent@0__:expired', resolve).then(() => redis.set('session', 'x', { PX: 20 })));
    expect(await expired).toBe('session');
    expect(await redis.exists('session')).toBe(0);
  });

  test('a worker that blocks gets its job when it comes', async () => {
    const server = await startLab();
    const [producer, worker] = [await connect(server), await connect(server)];
    const popped = worker.blPop(['urgent', 'jobs'], 0);
    await untilBlocked(server, 1);
    await producer.rPush('jobs', ['a', 'b']);
    expect(await popped).toMatchObject({ key: 'jobs', element: 'a' });
    const moved = worker.blMove('jobs', 'running', 'LEFT', 'RIGHT', 0);
    expect(await moved).toBe('b');
    expect(await worker.bzPopMin('nothing', 0.01)).toBe(null);
    expect(await worker.blPop('jobs', 0.01)).toBe(null);
  });

  test('iterators meet every key, field and member once', async () => {
    const redis = await connect(await startLab());
    await redis.mSet(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`user:${i}`, String(i)])));
    await redis.set('other', '');
    const keys: string[] = [];
    for await (const batch of redis.scanIterator({ MATCH: 'user:*', COUNT: 100 })) keys.push(...batch);
    expect(new Set(keys).size).toBe(2000);
    expect(keys).toHaveLength(2000);
    await redis.sAdd('set', keys);
    let members = 0;
    for await (const batch of redis.sScanIterator('set', { COUNT: 100 })) members += batch.length;
    expect(members).toBe(2000);
  });

  test('bytes stay as they are, and a value of 5 MB makes the round trip', async () => {
    const redis = (await connect(await startLab())).withTypeMapping({ [RESP_TYPES.BLOB_STRING]: Buffer });
    const value = Buffer.alloc(5 * 2 ** 20, ALL_BYTES);
    expect(await redis.set(ALL_BYTES, value)).toBe('OK');
    const read = (await redis.get(ALL_BYTES)) as unknown as Buffer;
    expect(read.equals(value)).toBe(true);
    expect(await redis.keys('*')).toEqual([ALL_BYTES]);
  });

  test('errors carry the text of the server', async () => {
    const redis = await connect(await startLab());
    await redis.rPush('list', 'a');
    await expect(redis.get('list')).rejects.toThrow('WRONGTYPE Operation against a key holding the wrong kind of value');
    await expect(redis.sendCommand(['NOSUCH', 'x'])).rejects.toThrow("ERR unknown command 'NOSUCH', with args beginning with: 'x'");
  });

  test('it comes back after the server was closed and started again on the same port', async () => {
    const first = await createServer({ port: 0 });
    const [redis, subscriber] = [await connect(first), await connect(first)];
    await redis.set('key', 'old');
    const heard: string[] = [];
    await subscriber.subscribe('news', (message) => void heard.push(message));
    const lost = new Promise<void>((resolve) => void redis.once('reconnecting', resolve));
    await first.close();
    await lost;
    const waiting = redis.get('key');
    await startLab({ port: first.port });
    expect(await waiting).toBe(null);
    await until(async () => (await redis.publish('news', 'again')) === 1);
    await until(async () => heard.length > 0);
    expect(heard).toEqual(['again']);
  });

  test('a stream with a group hands each entry to one consumer, and again until it is acknowledged', async () => {
    const redis = await connect(await startLab());
    await redis.xGroupCreate('orders', 'workers', '$', { MKSTREAM: true });
    const ids = [await redis.xAdd('orders', '*', { item: 'tea' }), await redis.xAdd('orders', '*', { item: 'milk' })];
    const read = async (consumer: string, id: string) => ((await redis.xReadGroup('workers', consumer, { key: 'orders', id }, { COUNT: 1 })) as { messages: { id: string; message: object }[] }[] | null)?.flatMap(({ messages }) => messages.map(({ id, message }) => [id, { ...message }]));
    expect(await read('ann', '>')).toEqual([[ids[0], { item: 'tea' }]]);
    expect(await read('bob', '>')).toEqual([[ids[1], { item: 'milk' }]]);
    expect(await redis.xAck('orders', 'workers', ids[0]!)).toBe(1);
    expect(await read('ann', '0')).toEqual([]);
    expect(await read('bob', '0')).toEqual([[ids[1], { item: 'milk' }]]);
    expect(await redis.xPending('orders', 'workers')).toMatchObject({ pending: 1, firstId: ids[1], lastId: ids[1] });
    expect(await redis.xLen('orders')).toBe(2);
  });

  test('a reader that blocks on a stream gets the entry that comes', async () => {
    const server = await startLab();
    const [writer, reader] = [await connect(server), await connect(server)];
    const read = reader.xRead({ key: 'orders', id: '$' }, { BLOCK: 0 });
    await untilBlocked(server, 1);
    const id = await writer.xAdd('orders', '*', { item: 'tea' });
    const [stream] = (await read) as unknown as { name: string; messages: { id: string; message: object }[] }[];
    expect(stream).toMatchObject({ name: 'orders', messages: [{ id, message: { item: 'tea' } }] });
  });
});

describe('node-redis in RESP3 alone', () => {
  test('a client-side cache answers by itself until another client changes the key', async () => {
    const server = await startLab();
    const cache = new BasicClientSideCache({ ttl: 0, maxEntries: 0, evictPolicy: 'LRU' });
    const redis = await opened(createClient({ url: server.url, RESP: 3, clientSideCache: cache })).connect();
    const other = await opened(createClient({ url: server.url, RESP: 3 })).connect();
    await other.set('key', 'old');
    expect(await redis.get('key')).toBe('old');
    const { commands } = (await server.snapshot()).stats;
    expect(await redis.get('key')).toBe('old');
    expect((await server.snapshot()).stats.commands).toBe(commands);
    expect(cache.stats()).toMatchObject({ hitCount: 1, missCount: 1 });
    await other.set('key', 'new');
    await until(async () => (await redis.get('key')) === 'new');
    expect(cache.stats().missCount).toBe(2);
  });

  test('a subscriber may go on to send commands', async () => {
    const redis = await opened(createClient({ url: (await startLab()).url, RESP: 3 })).connect();
    const heard = new Promise((resolve) => void redis.subscribe('news', resolve));
    await redis.set('key', 'value');
    expect(await redis.get('key')).toBe('value');
    await until(async () => (await redis.publish('news', 'hello')) === 1);
    expect(await heard).toBe('hello');
  });
});
