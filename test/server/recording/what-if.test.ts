/** Recordings run again with one thing changed: which reply is the first that differs, and that none does where nothing could. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseChange } from '../../../src/server/recording/what-if/change.js';
import { whatIf, type WhatIfResult } from '../../../src/server/recording/what-if/what-if.js';
import { Replay } from '../../../src/server/recording/replay.js';
import { Random } from '../../fuzz/random.js';
import { temporaryDirectory } from '../../support/headless.js';
import { request } from '../simulation/harness.js';
import { live, record, type Recorded, recordScenario } from './scenarios.js';

function changed({ head, tape }: Recorded, bytes = tape()): (...changes: string[]) => WhatIfResult {
  return (...changes) => whatIf(new Replay(head, bytes), head, changes.map(parseChange));
}

/** Two clients, one of which follows the other; a blocked client, a subscriber, a transaction, a key with a time to live, half requests and pipelines. */
function recorded(isVirtual: boolean): Recorded {
  const recording = record({ isVirtual });
  const { lab } = recording;
  const [writer, reader, waiter, subscriber] = [lab.connect(), lab.connect(), lab.connect(), lab.connect()];
  for (let i = 0; i < 20; i++) {
    writer.ask('SET', `key:${i}`, `value ${i}`);
    lab.advance(10);
    reader.ask('GET', `key:${i}`);
    lab.advance(10);
  }
  subscriber.ask('SUBSCRIBE', 'news');
  waiter.ask('BLPOP', 'queue', '1');
  lab.advance(10);
  writer.send(request('PUBLISH', 'news', 'hello') + request('RPUSH', 'queue', 'job').slice(0, 9));
  lab.settle();
  writer.send(request('RPUSH', 'queue', 'job').slice(9));
  writer.receive();
  lab.advance(10);
  waiter.ask('BLPOP', 'queue', '0.3');
  lab.advance(500);
  waiter.receive();
  writer.ask('SET', 'short', 'x', 'PX', '50');
  lab.advance(60);
  reader.ask('GET', 'short');
  lab.advance(10);
  writer.send(request('MULTI') + request('INCR', 'n') + request('INCR', 'n') + request('EXEC'));
  writer.receive();
  writer.ask('SADD', 's', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h');
  writer.ask('SPOP', 's');
  reader.close();
  lab.settle();
  writer.ask('PING');
  return recording;
}

/** For the subscriber: the confirmation, and a message. */
const REPLIES = 20 + 20 + 2 + 1 + 1 + 1 + 1 + 1 + 1 + 4 + 1 + 1 + 1;

describe.each([false, true])('of the same recording, on a virtual clock: %s', (isVirtual) => {
  const what = changed(recorded(isVirtual));

  test.each(['level-triggered', 'edge-triggered', 'seed=1', 'slice 1', 'slice 7 on #3', 'latency 5ms', 'would-block 2', 'bandwidth 20kb', 'drop=frame:4', 'delay=token:3:2ms', 'maxmemory=100mb', 'hz=100'])(
    '%s: no reply differs',
    (change) => {
      const compared = change.startsWith('drop') ? REPLIES - 1 : REPLIES;
      expect(what(change)).toEqual({ first: null, differing: 0, compared, unstable: 0 });
    },
  );

  test('drop: later requests are compared with themselves, and reads miss what was dropped', () => {
    expect(what('drop=frame:5')).toMatchObject({
      differing: 1,
      compared: REPLIES - 1,
      first: { token: 3, request: 3, argv: ['GET', 'key:2'], recorded: { shown: '$7\r\nvalue 2\r\n', bytes: 13 }, changed: { shown: '$-1\r\n', bytes: 5 } },
    });
    expect(what('drop=frame:2:1').first).toMatchObject({ token: 3, request: 1, argv: ['GET', 'key:0'] });
    // One that had arrived in two parts: the client that waited for it is answered later, with another job or none.
    expect(what('drop=frame:2:22').first).toMatchObject({ token: 4, argv: ['BLPOP', 'queue', '1'], recorded: { shown: '*2\r\n$5\r\nqueue\r\n$3\r\njob\r\n' }, changed: { shown: '*-1\r\n' } });
  });

  test('messages are compared one by one', () => {
    expect(what('error on PUBLISH')).toMatchObject({ differing: 2, first: { token: 2, message: 0, argv: ['PUBLISH', 'news', 'hello'] } });
    expect(what('drop=frame:2:21')).toMatchObject({ differing: 1, first: { token: 5, request: 1, message: 1, argv: ['SUBSCRIBE', 'news'], changed: null } });
  });

  test('delay: a request that arrives later finds another state', () => {
    expect(what('delay=token:2:15ms')).toMatchObject({ first: { token: 3, request: 1, argv: ['GET', 'key:0'], changed: { shown: '$-1\r\n' } } });
    expect(what('delay=token:4:1h').first).toBe(null);
  });

  test('settings, the seed and faults', () => {
    expect(what('maxmemory=1').first).toMatchObject({ token: 2, request: 1, recorded: { shown: '+OK\r\n' }, changed: { shown: expect.stringMatching(/^-OOM/) as string } });
    const { first, differing } = what('seed=3');
    expect({ argv: first!.argv, differing }).toEqual({ argv: ['SPOP', 's'], differing: 1 });
    expect(what('error LOADING on GET key:7')).toMatchObject({ differing: 1, first: { token: 3, request: 8, changed: { shown: '-LOADING\r\n' } } });
    expect(what('no-reply on MULTI')).toMatchObject({ first: { argv: ['MULTI'], changed: null } });
    expect(what('reset 500 on #2').first).toMatchObject({ token: 2, changed: null });
    expect(what('maxclients=3').first).toMatchObject({ token: 5, argv: ['SUBSCRIBE', 'news'], changed: null });
    expect(what('requirepass=x').first).toMatchObject({ changed: { shown: '-NOAUTH Authentication required.\r\n' } });
  });

  test('several changes at once', () => {
    expect(what('edge-triggered', 'slice 1', 'drop=frame:5')).toMatchObject({ differing: 1, first: { argv: ['GET', 'key:2'] } });
  });

  test.each([
    ['nonsense', /^there is no change nonsense; there are edge-triggered, level-triggered, seed=number, drop=frame:number, delay=token:number:time, setting=value, and the faults slice, /],
    ['foo=1', /^there is no change foo; /],
    ['seed=-1', /^seed: must be a number from 0/],
    ['drop=17', /^drop: must be frame:number/],
    ['drop=frame:0', /^drop: must be frame:number/],
    ['drop=frame:999', new RegExp(`^there is no request 999; there are ${REPLIES - 1}$`)],
    ['drop=frame:4:9', /^there is no request 9 of token 4; there are 2$/],
    ['drop=frame:9:1', /^there is no token 9 in the recording; there are 2, 3, 4, 5$/],
    ['delay=token:9:1s', /^there is no token 9 in the recording; there are 2, 3, 4, 5$/],
    ['delay=token:3:-1s', /^delay: time does not go backwards/],
    ['delay=token:3:soon', /^delay: .* is not a duration/],
    ['maxmemory=lots', /^argument must be a memory value$/],
    ['slice 1 on #9', /^there is no token 9 in the recording; there are 2, 3, 4, 5$/],
    ['slice 0', /^slice: bytes must be a whole number from 1$/],
    ['error on GETT', /^there is no command GETT$/],
  ])('%s is refused', (change, complaint) => {
    expect(() => what(change)).toThrow(complaint);
  });

  test('two dropped requests are refused', () => {
    expect(() => what('drop=frame:1', 'drop=frame:2')).toThrow('one request can be dropped, and not several');
  });
});

test('recorded faults of requests happen again, at their time', () => {
  const recording = record();
  const { lab } = recording;
  const client = lab.connect();
  client.ask('SET', 'k', 'v');
  lab.advance(10);
  lab.faults.add('error LOADING on GET');
  lab.advance(10);
  client.ask('GET', 'k');
  lab.advance(10);
  lab.faults.clear();
  lab.advance(10);
  client.ask('GET', 'k');
  const what = changed(recording);
  expect(what('edge-triggered')).toEqual({ first: null, differing: 0, compared: 3, unstable: 0 });
  expect(what('error OOM on SET')).toMatchObject({ differing: 2, first: { argv: ['SET', 'k', 'v'] } });
});

test('a server that started from a state starts from it again', () => {
  const before = record();
  const client = before.lab.connect();
  client.ask('SET', 'k', 'v', 'PX', '400');
  const recording = record({ from: before.lab.server.capture(), nowMs: before.lab.clock.nowMs });
  const later = recording.lab.connect();
  later.ask('GET', 'k');
  recording.lab.advance(300);
  later.ask('GET', 'k');
  const what = changed(recording);
  expect(what('edge-triggered')).toEqual({ first: null, differing: 0, compared: 2, unstable: 0 });
  const { token } = what('drop=frame:1', 'error').first!;
  expect(what(`delay=token:${token}:150ms`)).toMatchObject({ differing: 1, first: { request: 2, recorded: { shown: '$1\r\nv\r\n' }, changed: { shown: '$-1\r\n' } } });
});

test('turns caused by faults of the wire do not count as spinning', () => {
  const recording = record();
  const client = recording.lab.connect();
  client.ask('SETRANGE', 'big', '69999', 'x');
  client.ask('GET', 'big');
  expect(changed(recording)('slice 1', 'would-block 15')).toMatchObject({ first: null, differing: 0, compared: 2 });
});

test('what depends on more than what clients do is left out: it differs even without a change', () => {
  const recording = record();
  const client = recording.lab.connect();
  client.ask('INFO', 'memory');
  client.ask('SET', 'k', 'v');
  expect(changed(recording)('edge-triggered')).toEqual({ first: null, differing: 0, compared: 1, unstable: 1 });
});

test('a recording that cannot be changed is refused', () => {
  const recording = record();
  recording.lab.connect().ask('PING');
  const { head } = recording;
  const tape = recording.tape();
  const refused = (other: Partial<typeof head>) => (): unknown => whatIf(new Replay({ ...head, ...other }, tape), { ...head, ...other }, [parseChange('seed=2')]);
  expect(refused({ settings: { requirepass: 'x' } })).toThrow('its replay diverges even without a change: replayed write of');
});

/** One for each of the changes; `node scripts/campaign.mjs WHAT_IFS` tries more. */
const SCENARIOS = Number(process.env.WHAT_IFS ?? 7);

test(`${SCENARIOS} random scenarios with faults: the same change gives the same result, and no change gives none`, { timeout: 3_600_000 }, () => {
  for (let seed = 1; seed <= SCENARIOS; seed++) {
    const recording = recordScenario(seed);
    live(recording, new Random(seed), 40);
    const what = changed(recording);
    const change = ['edge-triggered', 'slice 3', 'latency 10ms', 'maxmemory=200kb', 'drop=frame:9', 'delay=token:3:20ms', 'error on SET'][seed % 7]!;
    expect({ seed, ...what(change) }).toEqual({ seed, ...what(change) });
    expect({ seed, ...what(recording.head.poll.edgeTriggered ? 'edge-triggered' : 'level-triggered') }).toMatchObject({ seed, first: null, differing: 0 });
    recording.lab.close();
  }
});

test('the ACL file is read from the recording', () => {
  const file = join(temporaryDirectory(), 'users.acl');
  writeFileSync(file, 'user alice on >secret +@all -del ~*\n');
  const recording = record({ settings: { aclfile: file } });
  const client = recording.lab.connect();
  client.ask('AUTH', 'alice', 'secret');
  client.ask('SET', 'k', 'v');
  client.ask('DEL', 'k');
  writeFileSync(file, 'user alice on >secret +@all ~*\n');
  const what = changed(recording);
  expect(what('seed=2')).toEqual({ first: null, differing: 0, compared: 3, unstable: 0 });
  expect(what('drop=frame:1').first).toMatchObject({ argv: ['DEL', 'k'], recorded: { shown: expect.stringContaining('NOPERM') as string }, changed: { shown: ':1\r\n' } });
});
