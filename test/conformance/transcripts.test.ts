/**
 * Every transcript in transcripts/: the built lab beside a live redis-server, and beside what was recorded of one where there is none.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createServer, type RedisLabServer } from 'redis-lab';
import { isRecording, readRecording, writeRecording } from '../support/recordings.js';
import { missingRedis, type RedisServerProcess, startRedisServer } from '../support/redis-server.js';
import { differences, Recorded, Recorder, type Recording, type Side, Stage } from './run-transcript.js';
import { parseTranscript, type Scenario } from './transcript.js';

const FOLDER = fileURLToPath(new URL('./transcripts/', import.meta.url));
const files = readdirSync(FOLDER).filter((name) => name.endsWith('.txt'));

type Recordings = { [title: string]: Recording };

describe('the lab and redis-server answer alike', () => {
  let lab: RedisLabServer;
  let redis: RedisServerProcess | null = null;

  beforeAll(async () => {
    if (missingRedis !== null && process.env.CI === 'true') expect.fail(missingRedis);
    lab = await createServer({ port: 0, 'enable-debug-command': 'yes', 'enable-module-command': 'yes' });
    if (missingRedis === null) redis = await startRedisServer(['--enable-module-command', 'yes']);
  });

  afterAll(async () => {
    await Promise.all([lab.close(), redis?.close()]);
  });

  describe.each(files)('%s', (file) => {
    const scenarios = parseTranscript(readFileSync(`${FOLDER}${file}`, 'latin1'));
    const name = file.replace('.txt', '');
    const recorded = readRecording<Recordings>(name) ?? {};
    const fresh: Recordings = {};

    afterAll(() => {
      if (isRecording) writeRecording(name, fresh);
    });

    test.each(scenarios)('$title', { timeout: 120_000 }, async (scenario) => {
      const { title } = scenario;
      const recording = recorded[title];
      if (redis === null) {
        expect(recording, 'no redis-server, and nothing was recorded').toBeDefined();
        return expectAlike(scenario, await Stage.open(lab.port), new Recorded(recording!));
      }
      const recorder = new Recorder(await Stage.open(redis.port));
      await expectAlike(scenario, await Stage.open(lab.port), recorder);
      fresh[title] = recorder.recording;
      if (isRecording) return;
      // A recording that is not of this transcript would be found out only where it is needed: on machines without a redis-server.
      expect(recording?.length, 'recorded lines: RECORD=1 npx vitest run test/conformance').toBe(scenario.lines.length);
      await expectAlike(scenario, new Recorded(recorder.recording), new Recorded(recording!));
    });
  });

  test('titles tell the scenarios of a transcript apart', () => {
    for (const file of files) {
      const titles = parseTranscript(readFileSync(`${FOLDER}${file}`, 'latin1')).map(({ title }) => title);
      expect(titles.filter((title, i) => titles.indexOf(title) !== i)).toEqual([]);
    }
  });
});

async function expectAlike(scenario: Scenario, lab: Side, redis: Side): Promise<void> {
  const found = await differences(scenario, lab, redis);
  if (found.length > 0) expect.fail(`${found.length} of ${scenario.lines.length} lines differ\n  ${found.join('\n  ')}`);
  expect(scenario.lines.length).toBeGreaterThan(0);
}

test('a transcript is parsed as specified', () => {
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
