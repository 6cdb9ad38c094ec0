/**
 * Every transcript in transcripts/, against the built lab and a live redis-server.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer, type RedisLabServer } from 'redis-lab';
import { describeWithRedis, type RedisServerProcess, startRedisServer } from '../support/redis-server.js';
import { differences } from './run-transcript.js';
import { parseTranscript } from './transcript.js';

const FOLDER = fileURLToPath(new URL('./transcripts/', import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

describeWithRedis('the lab and redis-server answer alike', () => {
  let lab: RedisLabServer;
  let redis: RedisServerProcess;

  beforeAll(async () => {
    [lab, redis] = await Promise.all([createServer({ port: 0, 'enable-debug-command': 'yes' }), startRedisServer()]);
  });

  afterAll(async () => {
    await Promise.all([lab.close(), redis.close()]);
  });

  describe.each(files)('%s', (file) => {
    const scenarios = parseTranscript(readFileSync(`${FOLDER}${file}`, 'latin1'));
    test.each(scenarios)('$title', { timeout: 120_000 }, async (scenario) => {
      const found = await differences(scenario, lab.port, redis.port);
      if (found.length > 0) expect.fail(`${found.length} of ${scenario.lines.length} lines differ\n  ${found.join('\n  ')}`);
      expect(scenario.lines.length).toBeGreaterThan(0);
    });
  });
});

test('a transcript is read as it is meant', () => {
  const [scenario] = parseTranscript('# Title\nSET k "a b"\n~ a> SMEMBERS s\na<\n? b>> BLPOP l 0\n<<\n! "PING\\r\\n"\n');
  expect(scenario!.title).toBe('Title');
  expect(scenario!.lines.map(({ client, action, argv, likeness }) => [client, action, argv, likeness])).toEqual([
    ['main', 'call', ['SET', 'k', 'a b'], 'exact'],
    ['a', 'call', ['SMEMBERS', 's'], 'unordered'],
    ['a', 'receive', [], 'exact'],
    ['b', 'send', ['BLPOP', 'l', '0'], 'shape'],
    ['main', 'closed', [], 'exact'],
    ['main', 'raw', ['PING\r\n'], 'exact'],
  ]);
  expect(() => parseTranscript('SET "k')).toThrow('line 1');
});
