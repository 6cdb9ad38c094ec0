/** Values of a megabyte and more: SET adopts the buffer that they were received in, and nothing else shows it. Smaller ones: overwritten-value.test.ts. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { ByteString, type Value } from '../../../src/server/keyspace/value.js';
import { digestOf } from '../../../src/server/recording/digest.js';
import { Replay } from '../../../src/server/recording/replay.js';
import { LARGE_BYTES, LENT_BYTES, type LentArgument } from '../../../src/server/resp/lent-argument.js';
import { COMPLETE, INCOMPLETE, RequestDecoder } from '../../../src/server/resp/request-decoder.js';
import { record } from '../recording/scenarios.js';
import { type Lab, request, simulate } from '../simulation/harness.js';

const OK = '+OK\r\n';
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const VALUE = Array.from({ length: 256 }, (_, code) => String.fromCharCode(code)).join('').repeat(5000);
const OTHER = 'o'.repeat(1_200_000);

const valueOf = (lab: Lab, key: string): Value | undefined => lab.server.keyspace.databases[0]!.peek(key);
const isAdopted = (lab: Lab, key: string): boolean => valueOf(lab, key) instanceof ByteString;

test('SET adopts the bytes, and every other command finds the same value as ever', () => {
  using lab = simulate();
  const client = lab.connect();
  expect(client.ask('SET', 'k', VALUE)).toBe(OK);
  expect(isAdopted(lab, 'k')).toBe(true);
  expect(client.ask('GET', 'k') === bulk(VALUE)).toBe(true);
  expect(client.ask('INCR', 'k')).toBe('-ERR value is not an integer or out of range\r\n');
  expect(client.ask('INCRBYFLOAT', 'k', '1')).toBe('-ERR value is not a valid float\r\n');
  expect(client.ask('COPY', 'k', 'copy')).toBe(':1\r\n');
  expect(client.ask('APPEND', 'k', 'tail')).toBe(`:${VALUE.length + 4}\r\n`);
  expect(client.ask('SETRANGE', 'k', '0', 'head')).toBe(`:${VALUE.length + 4}\r\n`);
  expect(client.ask('GET', 'k') === bulk(`head${VALUE.slice(4)}tail`)).toBe(true);
  expect(client.ask('GET', 'copy') === bulk(VALUE)).toBe(true);
  expect(client.ask('OBJECT', 'ENCODING', 'k')).toBe(bulk('raw'));
});

test('a buffer that was adopted is not used for what comes later', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'a', VALUE);
  client.ask('SET', 'b', OTHER);
  client.ask('SET', 'c', VALUE.slice(1), 'KEEPTTL');
  expect(client.ask('GET', 'a') === bulk(VALUE)).toBe(true);
  expect(client.ask('GET', 'b') === bulk(OTHER)).toBe(true);
  expect(client.ask('GET', 'c') === bulk(VALUE.slice(1))).toBe(true);
});

test('whatever is sent behind it, and in whatever pieces', () => {
  using lab = simulate({ faults: { partial: 0.3 } });
  const client = lab.connect();
  client.send(request('SET', 'a', VALUE) + request('SET', 'b', OTHER) + request('APPEND', 'a', 'x') + request('GET', 'a'));
  expect(client.receive() === `${OK}${OK}:${VALUE.length + 1}\r\n${bulk(`${VALUE}x`)}`).toBe(true);
  expect(client.ask('GET', 'b') === bulk(OTHER)).toBe(true);
});

test('in a transaction and in a script a reply of GET is what the value was then', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'k', VALUE);
  client.ask('MULTI');
  client.ask('GET', 'k');
  client.ask('SETRANGE', 'k', '0', 'changed');
  expect(client.ask('EXEC') === `*2\r\n${bulk(VALUE)}:${VALUE.length}\r\n`).toBe(true);
  client.ask('MULTI');
  expect(client.ask('SET', 'k', VALUE)).toBe('+QUEUED\r\n');
  client.ask('APPEND', 'k', 'x');
  expect(client.ask('EXEC')).toBe(`*2\r\n${OK}:${VALUE.length + 1}\r\n`);
  client.ask('SET', 'k', VALUE);
  const script = "local v = redis.call('GET', 'k') redis.call('SETRANGE', 'k', 0, 'changed') return v";
  expect(client.ask('EVAL', script, '0') === bulk(VALUE)).toBe(true);
});

test('a reply that a fault delays is what the value was when it was read', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'k', VALUE);
  lab.faults.add('late-reply 30 next 1');
  expect(client.ask('GET', 'k')).toBe('');
  lab.connect().ask('SETRANGE', 'k', '0', 'changed');
  lab.advance(100);
  expect(client.receive() === bulk(VALUE)).toBe(true);
});

test('a paused SET is executed later, with the same value', () => {
  using lab = simulate();
  const client = lab.connect();
  const other = lab.connect();
  other.ask('CLIENT', 'PAUSE', '1000', 'WRITE');
  expect(client.ask('SET', 'k', VALUE)).toBe('');
  lab.advance(2000);
  expect(client.receive()).toBe(OK);
  expect({ isAdopted: isAdopted(lab, 'k'), isSame: client.ask('GET', 'k') === bulk(VALUE) }).toEqual({ isAdopted: false, isSame: true });
});

test('MONITOR and the append-only file get the whole request', () => {
  const dir = mkdtempSync(join(tmpdir(), 'redis-lab-large-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  using lab = simulate({ loads: true, settings: { dir, appendonly: true } });
  const monitor = lab.connect();
  monitor.ask('MONITOR');
  const client = lab.connect();
  client.ask('SET', 'k', OTHER);
  client.ask('APPEND', 'k', 'tail');
  expect(monitor.receive().includes(`"SET" "k" "${OTHER}"\r\n`)).toBe(true);
  expect(isAdopted(lab, 'k')).toBe(true);
  client.ask('CONFIG', 'SET', 'appendonly', 'no');
  const file = readFileSync(join(dir, 'appendonlydir', 'appendonly.aof.1.incr.aof'), 'latin1');
  expect(file.endsWith(request('SET', 'k', OTHER) + request('APPEND', 'k', 'tail'))).toBe(true);
});

test('a replay adopts the same, also under a trace', () => {
  const { lab, head, tape } = record();
  const client = lab.connect();
  client.ask('SET', 'k', VALUE);
  client.ask('APPEND', 'k', 'x');
  client.ask('SET', 'other', OTHER);
  client.ask('GET', 'other');
  const digest = digestOf(lab.server);
  const replay = new Replay(head, tape());
  const frames: unknown[] = [];
  replay.server.tap.sink = { emit: (event) => void (event.kind === 'frame' && frames.push(event.argv[0])) };
  expect(replay.run()).toMatchObject({ commands: 4, divergence: null });
  expect(frames).toEqual(['SET', 'APPEND', 'SET', 'GET']);
  expect(digestOf(replay.server)).toBe(digest);
  expect(replay.server.keyspace.databases[0]!.peek('other')).toBeInstanceOf(ByteString);
  expect(replay.server.keyspace.usedBytes).toBe(lab.server.keyspace.usedBytes);
});

const large = 'v'.repeat(LARGE_BYTES);
const lentLarge = 'v'.repeat(LENT_BYTES);
test.each([
  { what: 'the value of SET', sent: request('set', 'k', large), how: 'adopted' },
  { what: 'one with something behind it', sent: `${request('SET', 'k', large)}*`, how: 'lent' },
  { what: 'one that is a byte too short', sent: request('SET', 'k', large.slice(1)), how: 'lent' },
  { what: 'one in a buffer that is much larger', sent: request('SET', 'k', large), room: LARGE_BYTES, how: 'lent' },
  { what: 'an argument of another command', sent: request('SETNX', 'k', large), how: 'a string' },
  { what: 'an argument of a command with a name of three letters', sent: request('GET', 'k', large), how: 'a string' },
  { what: 'an argument that is not the last', sent: request('SET', 'k', large, 'XX'), how: 'lent' },
  { what: 'the smallest that is lent', sent: request('SET', 'k', lentLarge), how: 'lent' },
  { what: 'one that is smaller', sent: request('SET', 'k', lentLarge.slice(1)), how: 'a string' },
  { what: 'an option of SET', sent: request('SET', 'k', 'v', large), how: 'a string' },
])('$what is $how', ({ sent, room = 0, how }) => {
  const decoder = new RequestDecoder();
  const borrower: { lent: LentArgument | null } = { lent: null };
  decoder.borrower = borrower;
  const bytes = Buffer.concat([Buffer.from(sent, 'latin1'), Buffer.alloc(room)]);
  decoder.feed(bytes, 0, 100);
  expect(decoder.next()).toBe(INCOMPLETE);
  decoder.feed(bytes, decoder.position, sent.length);
  expect(decoder.next()).toBe(COMPLETE);
  const { lent } = borrower;
  expect(lent === null ? 'a string' : lent.mayAdopt ? 'adopted' : 'lent').toBe(how);
  const whole = { buffer: Buffer.from(sent, 'latin1') };
  if (lent !== null) {
    expect(lent.argv).toBe(decoder.argv);
    expect(whole.buffer.includes(lent.bytes)).toBe(true);
  }
  expect(sent.startsWith(request(...decoder.argv))).toBe(true);
  // Once it has been read, it is an array like any other.
  expect(Object.keys(decoder.argv)).toEqual(Object.keys([...decoder.argv]));
  expect(Object.getPrototypeOf(decoder.argv)).toBe(Array.prototype);
});

test('an option that arrives later ends the loan: the bytes of the value are overwritten by then', () => {
  const decoder = new RequestDecoder();
  const borrower: { lent: LentArgument | null } = { lent: null };
  decoder.borrower = borrower;
  const sent = request('SET', 'k', lentLarge, 'XX');
  const bytes = Buffer.from(sent, 'latin1');
  const first = sent.length - 3;
  decoder.feed(bytes, 0, first);
  expect(decoder.next()).toBe(INCOMPLETE);
  expect(borrower.lent).toBe(null);
  const rest = Buffer.from(bytes.subarray(decoder.position));
  bytes.fill(0);
  decoder.feed(rest, 0, rest.length);
  expect(decoder.next()).toBe(COMPLETE);
  expect(decoder.argv).toEqual(['SET', 'k', lentLarge, 'XX']);
});

/** Whether the bytes of a request can be copied as they are is found without making a string of the value. */
test('the length of a lent argument is known', () => {
  const decoder = new RequestDecoder();
  decoder.borrower = { lent: null };
  const bytes = Buffer.from(request('SET', 'k', lentLarge), 'latin1');
  decoder.feed(bytes, 0, bytes.length);
  expect(decoder.next()).toBe(COMPLETE);
  expect(decoder.exactStart).toBe(0);
  expect(Object.keys(decoder.argv)).not.toContain('2');
});
