import { expect, test } from 'vitest';
import { describeWithRedis, startRedisServer } from './redis-server.js';
import { parse, RespClient } from './resp-client.js';

describeWithRedis('the oracle', () => {
  test('is a live redis-server that ends with the test', async () => {
    let port: number;
    {
      await using redis = await startRedisServer();
      port = redis.port;
      await using client = await RespClient.connect(redis.port);
      expect(await client.call('SET', 'k', 'v')).toEqual({ simple: 'OK' });
      expect(await client.call('GET', 'none')).toBe(null);
      expect(await client.call('GET')).toEqual({ error: "ERR wrong number of arguments for 'get' command" });
    }
    await expect(RespClient.connect(port)).rejects.toThrow('ECONNREFUSED');
  });

  test('reports its last output when it cannot start', async () => {
    await expect(startRedisServer(['--maxmemory', 'much'])).rejects.toThrow('argument must be a memory value');
  });
});

test.each([
  ['%1\r\n+a\r\n:1\r\n', { map: [[{ simple: 'a' }, 1]] }],
  ['~2\r\n,1.5\r\n#t\r\n', { set: [{ double: '1.5' }, true] }],
  ['*3\r\n$-1\r\n*-1\r\n_\r\n', [null, { null: 'array' }, { null: 'resp3' }]],
  ['|1\r\n+k\r\n+v\r\n=5\r\ntxt:x\r\n', { attribute: [[{ simple: 'k' }, { simple: 'v' }]], reply: { verbatim: 'txt:x' } }],
])('the test client tells %j apart, and waits for the whole of it', (text, value) => {
  expect(parse(text, 0)).toEqual({ value, end: text.length });
  for (let cut = 0; cut < text.length; cut++) expect(parse(text.slice(0, cut), 0)).toBe(null);
});
