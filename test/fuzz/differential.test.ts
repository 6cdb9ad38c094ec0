import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer, type RedisLabServer } from 'redis-lab';
import { isIntact } from '../../src/server/keyspace/rdb/decoder.js';
import { crc64 } from '../../src/server/keyspace/rdb/crc64.js';
import { ReplyDecoder } from '../../src/server/resp/reply-decoder.js';
import { COMPLETE } from '../../src/server/resp/request-decoder.js';
import type { RawReply } from '../support/raw-client.js';
import { describeWithRedis, type RedisServerProcess, startRedisServer } from '../support/redis-server.js';
import { ALL_FAMILIES, fuzz, summarize } from './differential.js';
import { Duel } from './duel.js';
import { FAMILIES } from './families.js';
import { familyTemplates, generate } from './generate.js';
import { sortOut } from './listener.js';
import { Random } from './random.js';
import { damaged } from './stand-ins.js';

describeWithRedis('random commands', () => {
  let lab: RedisLabServer;
  let redis: RedisServerProcess;

  beforeAll(async () => {
    [lab, redis] = await Promise.all([createServer({ port: 0, 'enable-debug-command': 'yes' }), startRedisServer()]);
  });

  afterAll(async () => {
    await Promise.all([lab.close(), redis.close()]);
  });

  test('have the same replies and leave the same state in the lab and in redis-server', { timeout: 120_000 }, async () => {
    const reports: string[] = [];
    const summary = await fuzz({ labPort: lab.port, redisPort: redis.port, seed: 20_000, seconds: 100, commands: 20_000, families: ALL_FAMILIES, maxDifferences: 3, log: (line) => reports.push(line) });
    if (summary.differences.length > 0) expect.fail(`${reports.join('\n')}\n${summarize(summary)}`);
    expect(summary.commands).toBeGreaterThanOrEqual(20_000);
  });

  test('that are answered differently are found, and shown', async () => {
    const duel = await Duel.begin(lab.port, redis.port);
    const difference = await duel.run([
      { client: 0, argv: ['SET', 's1', 'same'], likeness: 'exact', blocks: false },
      { client: 1, argv: ['INFO', 'server'], likeness: 'exact', blocks: false },
    ]);
    duel.end();
    expect(difference).toMatchObject({ command: 'INFO server', taken: 2 });
  });
});

describe('what a listener was sent', () => {
  const received = (...bytes: string[]): ReturnType<typeof sortOut> => {
    const replies: RawReply[] = [];
    const decoder = new ReplyDecoder();
    for (const each of bytes) {
      const buffer = Buffer.from(each, 'latin1');
      decoder.feed(buffer, 0, buffer.length);
      expect(decoder.next()).toBe(COMPLETE);
      replies.push({ bytes: each, value: decoder.reply });
    }
    return sortOut(replies);
  };
  const list = (mark: '*' | '>', ...words: string[]): string => `${mark}${words.length}\r\n${words.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;

  test('is the same whatever patterns come first, but not whatever messages do', () => {
    const [first, second] = [list('*', 'pmessage', 'a*', 'ab', '1'), list('*', 'pmessage', '*b', 'ab', '1')];
    expect(received(first, second)).toEqual(received(second, first));
    const [one, two] = [list('*', 'message', 'ab', '1'), list('*', 'message', 'ab', '2')];
    expect(received(one, two)).not.toEqual(received(two, one));
    expect(received(one)).not.toEqual(received(list('>', 'message', 'ab', '1')));
  });

  test('names each invalidated key once, in whatever message it comes', () => {
    const separate = received(...['b', 'a', 'b'].map((key) => `>2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\n${key}\r\n`));
    expect(separate).toEqual({ replies: [], messages: [], invalidated: ['"a"', '"b"'] });
    expect(received('>2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n')).toEqual(separate);
    expect(received('>2\r\n$10\r\ninvalidate\r\n_\r\n').invalidated).toEqual(['"(all)"']);
  });
});

describe('damage', () => {
  test('changes a dump, and mostly gives it a right checksum again', () => {
    const dump = '\x00\x03abc\x0a\x00' + crc64('\x00\x03abc\x0a\x00');
    expect(isIntact(dump)).toBe(true);
    const seeds = Array.from({ length: 200 }, (_, seed) => seed);
    expect(seeds.filter((seed) => damaged(dump, seed) !== dump).length).toBeGreaterThan(180);
    expect(seeds.filter((seed) => isIntact(damaged(dump, seed))).length).toBeGreaterThan(170);
    expect(damaged(dump, 5)).toBe(damaged(dump, 5));
  });
});

describe('the grammar', () => {
  test.each(ALL_FAMILIES)('makes commands of every line of %s', (family) => {
    const random = new Random(1);
    for (const template of familyTemplates(family)) {
      for (let i = 0; i < 50; i++) expect(generate(random, template).argv.every((word) => typeof word === 'string' && !/\0(numkeys|script|library|known|command)/.test(word))).toBe(true);
    }
    expect(FAMILIES[family]!.length).toBeGreaterThan(3);
  });

  test('makes the same commands from the same seed', () => {
    const run = (): unknown => {
      const random = new Random(42);
      return familyTemplates('zsets').map((template) => generate(random, template));
    };
    expect(run()).toEqual(run());
  });
});
