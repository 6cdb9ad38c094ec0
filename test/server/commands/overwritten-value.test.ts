/** Values of 8 KB and more: SET copies their bytes to the value that is at the key, if it fits, and nothing else shows it. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { seededRandom } from '../../../src/shared/random.js';
import { ByteString, type Value } from '../../../src/server/keyspace/value.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { Replay } from '../../../src/server/recording/replay.js';
import { LENT_BYTES } from '../../../src/server/resp/lent-argument.js';
import { record } from '../recording/scenarios.js';
import { type Lab, request, ScriptedHelper, simulate } from '../simulation/harness.js';

const OK = '+OK\r\n';
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const ALL_BYTES = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('');
const VALUE = ALL_BYTES.repeat(64);
const OTHER = 'o'.repeat(VALUE.length);

const valueOf = (lab: Lab, key: string): Value | undefined => lab.server.keyspace.databases[0]!.peek(key);

function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'redis-lab-overwritten-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

test('the next value of a similar size takes the place of the one before', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'k', VALUE);
  const first = valueOf(lab, 'k');
  expect(first).toBeInstanceOf(ByteString);
  expect(client.ask('SET', 'k', OTHER.slice(100))).toBe(OK);
  expect(valueOf(lab, 'k')).toBe(first);
  expect(client.ask('GET', 'k') === bulk(OTHER.slice(100))).toBe(true);
  // What APPEND and SETBIT add behind the end is zero, whatever was there before.
  expect(client.ask('SETRANGE', 'k', String(VALUE.length - 50), 'x')).toBe(`:${VALUE.length - 49}\r\n`);
  expect(client.ask('GETRANGE', 'k', String(VALUE.length - 101), '-1')).toBe(bulk(`o${'\0'.repeat(50)}x`));
});

test.each([
  { what: 'is larger', next: `${VALUE}x` },
  { what: 'is much smaller', next: VALUE.slice(0, VALUE.length * 0.75) },
])('one that $what gets memory of its own', ({ next }) => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'k', VALUE);
  const first = valueOf(lab, 'k');
  expect(client.ask('SET', 'k', next)).toBe(OK);
  expect(valueOf(lab, 'k')).not.toBe(first);
  expect(client.ask('GET', 'k') === bulk(next)).toBe(true);
});

test('options of SET see the old value, or leave it', () => {
  using lab = simulate();
  const client = lab.connect();
  expect(client.ask('SET', 'k', VALUE, 'XX')).toBe('$-1\r\n');
  expect(client.ask('SET', 'k', VALUE, 'NX', 'EX', '100')).toBe(OK);
  const first = valueOf(lab, 'k');
  expect(client.ask('SET', 'k', OTHER, 'NX')).toBe('$-1\r\n');
  expect(client.ask('GET', 'k') === bulk(VALUE)).toBe(true);
  expect(client.ask('SET', 'k', OTHER, 'KEEPTTL', 'GET') === bulk(VALUE)).toBe(true);
  expect(client.ask('TTL', 'k')).toBe(':100\r\n');
  expect(client.ask('SET', 'k', VALUE, 'PX', '5000', 'GET') === bulk(OTHER)).toBe(true);
  expect(client.ask('PTTL', 'k')).toBe(':5000\r\n');
  expect(client.ask('SET', 'k', OTHER, 'EX', '0')).toBe("-ERR invalid expire time in 'set' command\r\n");
  expect(client.ask('GET', 'k') === bulk(VALUE)).toBe(true);
  expect(client.ask('SET', 'k', OTHER)).toBe(OK);
  expect(client.ask('TTL', 'k')).toBe(':-1\r\n');
  expect(valueOf(lab, 'k')).toBe(first);
  client.ask('SADD', 'set', 'member');
  expect(client.ask('SET', 'set', OTHER, 'GET')).toBe('-WRONGTYPE Operation against a key holding the wrong kind of value\r\n');
  expect(client.ask('SET', 'set', OTHER)).toBe(OK);
  expect(client.ask('GET', 'set') === bulk(OTHER)).toBe(true);
});

test('a copy, a reply that waits, and a value under a new name stay as they are', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'k', VALUE);
  client.ask('COPY', 'k', 'copy');
  client.ask('RENAME', 'k', 'renamed');
  client.ask('SET', 'k', OTHER);
  client.ask('COPY', 'renamed', 'k', 'REPLACE');
  client.send(request('GET', 'k') + request('SET', 'k', OTHER) + request('GET', 'k') + request('SET', 'k', VALUE) + request('GET', 'copy'));
  expect(client.receive() === `${bulk(VALUE)}${OK}${bulk(OTHER)}${OK}${bulk(VALUE)}`).toBe(true);
  expect(client.ask('GET', 'renamed') === bulk(VALUE)).toBe(true);
});

test('a transaction, a script, a pause and a reply that a fault delays keep what they have read', () => {
  using lab = simulate();
  const [client, other] = [lab.connect(), lab.connect()];
  client.ask('SET', 'k', VALUE);
  client.send(request('MULTI') + request('SET', 'k', OTHER) + request('GET', 'k'));
  client.receive();
  // Reads into the same buffer.
  other.ask('SET', 'other', VALUE);
  client.send(request('SET', 'k', VALUE) + request('EXEC'));
  expect(client.receive() === `+QUEUED\r\n*3\r\n${OK}${bulk(OTHER)}${OK}`).toBe(true);
  expect(client.ask('GET', 'k') === bulk(VALUE)).toBe(true);
  const script = "local v = redis.call('GET', 'k') redis.call('SET', 'k', ARGV[1]) return v";
  expect(client.ask('EVAL', script, '0', OTHER) === bulk(VALUE)).toBe(true);
  other.ask('CLIENT', 'PAUSE', '1000', 'WRITE');
  expect(client.ask('SET', 'k', VALUE)).toBe('');
  expect(other.ask('GET', 'k') === bulk(OTHER)).toBe(true);
  // Overwrites what was read.
  other.ask('ECHO', OTHER);
  lab.advance(2000);
  expect(client.receive()).toBe(OK);
  expect(client.ask('GET', 'k') === bulk(VALUE)).toBe(true);
  lab.faults.add('late-reply 30 next 1');
  expect(client.ask('GET', 'k')).toBe('');
  other.ask('SET', 'k', OTHER);
  lab.advance(100);
  expect(client.receive() === bulk(VALUE)).toBe(true);
});

test('WATCH, notifications and MONITOR show the change', () => {
  using lab = simulate({ settings: { 'notify-keyspace-events': 'KEA' } });
  const [client, other, subscriber, monitor] = [lab.connect(), lab.connect(), lab.connect(), lab.connect()];
  client.ask('SET', 'k', VALUE);
  subscriber.ask('SUBSCRIBE', '__keyspace@0__:k');
  monitor.ask('MONITOR');
  client.ask('WATCH', 'k');
  other.ask('SET', 'k', OTHER);
  expect(subscriber.receive()).toBe('*3\r\n$7\r\nmessage\r\n$16\r\n__keyspace@0__:k\r\n$3\r\nset\r\n');
  expect(monitor.receive().endsWith(`"SET" "k" "${OTHER}"\r\n`)).toBe(true);
  client.ask('MULTI');
  expect(client.ask('EXEC')).toBe('*-1\r\n');
});

test('the append-only file has the whole request, with an absolute time', () => {
  const dir = temporaryDirectory();
  using lab = simulate({ loads: true, settings: { dir, appendonly: true } });
  const client = lab.connect();
  client.send(request('SET', 'k', VALUE) + request('SET', 'k', OTHER) + request('SET', 'k', VALUE, 'PX', '5000'));
  expect(client.receive()).toBe(OK.repeat(3));
  const atMs = String(lab.clock.nowMs + 5000);
  client.ask('CONFIG', 'SET', 'appendonly', 'no');
  const file = readFileSync(join(dir, 'appendonlydir', 'appendonly.aof.1.incr.aof'), 'latin1');
  expect(file.endsWith(request('SET', 'k', VALUE) + request('SET', 'k', OTHER) + request('SET', 'k', VALUE, 'PXAT', atMs))).toBe(true);
});

test('a snapshot that is being written has the value of its moment', () => {
  const dir = temporaryDirectory();
  const helper = new ScriptedHelper();
  using lab = simulate({ helper, settings: { dir } });
  const client = lab.connect();
  client.ask('SET', 'k', VALUE);
  client.ask('BGSAVE');
  client.ask('SET', 'k', OTHER);
  while (helper.waiting.length > 0) {
    helper.finishAll();
    lab.settle();
  }
  using later = simulate({ settings: { dir } });
  later.server.load({ dir });
  expect(later.connect().ask('GET', 'k') === bulk(VALUE)).toBe(true);
  expect(client.ask('GET', 'k') === bulk(OTHER)).toBe(true);
});

test('a replay stores the same, also under a trace', () => {
  const { lab, head, tape } = record();
  const client = lab.connect();
  for (const value of [VALUE, OTHER, VALUE.slice(0, LENT_BYTES), OTHER]) client.ask('SET', 'k', value);
  client.ask('SET', 'k', VALUE, 'EX', '100');
  client.ask('GET', 'k');
  const replay = new Replay(head, tape());
  const frames: string[] = [];
  replay.server.tap.sink = { emit: (event) => void (event.kind === 'frame' && frames.push(event.argv[0]!)) };
  expect(replay.run()).toMatchObject({ commands: 6, divergence: null });
  expect(frames).toEqual(['SET', 'SET', 'SET', 'SET', 'SET', 'GET']);
  expect(digestOf(replay.server)).toBe(digestOf(lab.server));
  expect(replay.server.keyspace.usedBytes).toBe(lab.server.keyspace.usedBytes);
});

test('whatever is sent, in whatever pieces, by several clients: as if each value were new', () => {
  const random = seededRandom(13);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  using lab = simulate({ faults: { partial: 0.4 } });
  const clients = [lab.connect(), lab.connect(), lab.connect()];
  const model = new Map<string, string>();
  const size = (): number => pick([10, LENT_BYTES - 1, LENT_BYTES, 9000, 9500, 12_000, 70_000, 140_000]) + Math.floor(random() * 3);
  for (let round = 0; round < 150; round++) {
    const client = pick(clients);
    let sent = '';
    let expected = '';
    for (let left = 1 + Math.floor(random() * 6); left > 0; left--) {
      const [key, from] = [pick(['a', 'b', 'c']), pick(['a', 'b', 'c'])];
      const value = ALL_BYTES.slice(Math.floor(random() * 256)).repeat(600).slice(0, size());
      const old = model.get(key);
      const steps = {
        set: () => ask(['SET', key, value], OK, value),
        setFor: () => ask(['SET', key, value, 'EX', '1000'], OK, value),
        setGet: () => ask(['SET', key, value, 'GET'], old === undefined ? '$-1\r\n' : bulk(old), value),
        get: () => ask(['GET', key], old === undefined ? '$-1\r\n' : bulk(old), old),
        append: () => ask(['APPEND', key, 'x'], `:${(old ?? '').length + 1}\r\n`, `${old ?? ''}x`),
        write: () => ask(['SETRANGE', key, '3', 'yz'], `:${Math.max(5, (old ?? '').length)}\r\n`, `${(old ?? '').padEnd(3, '\0').slice(0, 3)}yz${(old ?? '').slice(5)}`),
        copy: () => ask(['COPY', from, key, 'REPLACE'], from !== key && model.has(from) ? ':1\r\n' : ':0\r\n', from === key ? old : (model.get(from) ?? old)),
        delete: () => ask(['DEL', key], old === undefined ? ':0\r\n' : ':1\r\n', undefined),
      };
      const ask = (argv: string[], reply: string, after: string | undefined): void => {
        sent += request(...argv);
        expected += reply;
        if (after === undefined) model.delete(key);
        else model.set(key, after);
      };
      const name = pick(['set', 'set', 'set', 'setFor', 'setGet', 'get', 'append', 'write', 'copy', 'delete'] as const);
      if (name === 'copy' && from === key) continue;
      steps[name]();
    }
    client.send(sent);
    expect(client.receive() === expected, `round ${round}`).toBe(true);
  }
  for (const [key, value] of model) expect(clients[0]!.ask('GET', key) === bulk(value)).toBe(true);
});
