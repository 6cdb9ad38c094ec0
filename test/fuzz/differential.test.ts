import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer, type RedisLabServer } from 'redis-lab';
import { describeWithRedis, type RedisServerProcess, startRedisServer } from '../support/redis-server.js';
import { ALL_FAMILIES, fuzz, summarize } from './differential.js';
import { Duel } from './duel.js';
import { FAMILIES } from './families.js';
import { familyTemplates, generate } from './generate.js';
import { Random } from './random.js';

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
    const summary = await fuzz({ labPort: lab.port, redisPort: redis.port, seed: 20_000, seconds: 10, families: ALL_FAMILIES, maxDifferences: 3, log: (line) => reports.push(line) });
    if (summary.differences.length > 0) expect.fail(`${reports.join('\n')}\n${summarize(summary)}`);
    expect(summary.commands).toBeGreaterThan(10_000);
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

describe('the grammar', () => {
  test.each(ALL_FAMILIES)('makes commands of every line of %s', (family) => {
    const random = new Random(1);
    for (const template of familyTemplates(family)) {
      for (let i = 0; i < 50; i++) expect(generate(random, template).argv.every((word) => typeof word === 'string' && !word.includes('\0numkeys'))).toBe(true);
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
