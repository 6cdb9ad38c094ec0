/** Requests that are copied from the input: the same bytes as those that the encoder writes. */
import { describe, expect, test } from 'vitest';
import { RequestBuffer } from '../../../src/server/persistence/aof/request-buffer.js';
import { Backlog } from '../../../src/server/replication/backlog.js';
import { COMPLETE, RequestDecoder } from '../../../src/server/resp/request-decoder.js';
import { encodeRequest } from '../../../src/server/resp/request-encoder.js';
import { seededRandom } from '../../../src/shared/random.js';
import { simulate } from '../simulation/harness.js';

const contentOf = (backlog: Backlog): string => Buffer.concat(backlog.capture().blocks.map(({ bytes }) => bytes)).latin1Slice();
const targets = { backlog: () => new Backlog(1), 'buffer of the append-only file': () => new RequestBuffer() };

/** A request as a client may send it. Bytes that the decoder skips unchecked are sometimes others than CR and LF. */
function spelled(argv: readonly string[], random: () => number): string {
  const kind = random();
  if (kind < 0.1 && argv.every((word) => /^[a-z]+$/i.test(word))) return `${argv.join(' ')}\r\n`;
  const text = encodeRequest(argv);
  if (kind > 0.2) return text;
  const at = random() < 0.5 ? text.indexOf('\r') + 1 : text.length - (random() < 0.5 ? 1 : 2);
  return `${text.slice(0, at)}x${text.slice(at + 1)}`;
}

describe.each(Object.entries(targets))('%s', (_name, create) => {
  test.each([1, 2, 3, 4])('any requests, in reads of any size, some of which are left out (%i)', (seed) => {
    const random = seededRandom(seed);
    const below = (limit: number): number => Math.floor(random() * limit);
    const decoder = new RequestDecoder();
    const target = create();
    let sent = '';
    for (let i = 0; i < 600; i++) {
      const argv = Array.from({ length: 1 + below(i % 50 === 0 ? 20 : 4) }, () => 'v'.repeat(below(20) === 0 ? below(5) * 997 : 1 + below(12)));
      sent += spelled(argv, random);
    }
    let [wanted, waiting] = ['', Buffer.alloc(0)];
    for (let at = 0; at < sent.length;) {
      const size = 1 + below(3000);
      const input = Buffer.concat([waiting, Buffer.from(sent.slice(at, at + size), 'latin1')]);
      at += size;
      decoder.feed(input, 0, input.length);
      while (decoder.next() === COMPLETE) {
        if (below(4) === 0) continue;
        // What has no bytes in the input comes between.
        if (below(8) === 0) {
          wanted += encodeRequest(['PING']);
          target.append(['PING']);
        }
        wanted += encodeRequest(decoder.argv);
        target.append(decoder.argv, below(8) === 0 ? null : decoder);
      }
      waiting = Buffer.from(input.subarray(decoder.position));
      target.settle();
      input.fill(0);
    }
    const content = target instanceof Backlog ? contentOf(target) : Buffer.from(target.take()).latin1Slice();
    expect(content.length).toBe(wanted.length);
    expect(content === wanted).toBe(true);
  });

  test('the length counts what is still in the input', () => {
    const decoder = new RequestDecoder();
    const input = Buffer.from(encodeRequest(['SET', 'a', '1']));
    decoder.feed(input, 0, input.length);
    decoder.next();
    const target = create();
    target.append(decoder.argv, decoder);
    expect([target.runBytes, target.length]).toEqual([input.length, input.length]);
    target.settle();
    expect([target.runBytes, target.length]).toEqual([0, input.length]);
  });
});

/** The stream to a replica for these requests, sent in one read or one by one. */
function streamOf(requests: readonly string[], isTogether: boolean): string {
  using lab = simulate();
  const { replicas } = lab.server;
  replicas.createBacklog();
  const client = lab.connect();
  for (const bytes of isTogether ? [requests.join('')] : requests) {
    client.send(bytes);
    lab.settle();
  }
  client.receive();
  expect(lab.server.replication.offset).toBe(replicas.backlog!.length);
  return contentOf(replicas.backlog!);
}

test('a server sends its replicas the same, whether requests arrive together or alone', () => {
  const of = (...argv: string[]): string => encodeRequest(argv);
  const requests = [
    of('SET', 'a', '1'), of('INCR', 'a'), of('GET', 'a'), 'SET b 2\r\n', of('SADD', 's', 'x'), of('SPOP', 's'), of('MULTI'), of('SET', 'c', '3'), of('SET', 'c', '4'),
    of('EXEC'), of('SELECT', '2'), of('SET', 'd', '5'), of('EVAL', "redis.call('set', 'e', '6') return redis.call('incr', 'e')", '0'), of('SET', 'f', 'x'.repeat(300)),
    of('EXPIRE', 'f', '100'), of('SET', 'g', '7').replace('\r\n', '\r '), of('LPUSH', 'l', '8'), of('SET', 'g', '8'), of('SET', 'h', '9'),
  ];
  const stream = streamOf(requests, true);
  expect(stream).toContain(`${of('SET', 'a', '1')}${of('INCR', 'a')}${of('SET', 'b', '2')}`);
  expect(stream.endsWith(`${of('SET', 'g', '7')}${of('LPUSH', 'l', '8')}${of('SET', 'g', '8')}${of('SET', 'h', '9')}`)).toBe(true);
  expect(stream).toBe(streamOf(requests, false));
});

test.each([1, 2, 3])('requests of many clients that are read in one turn reach both targets whole and in order (%i)', (seed) => {
  const random = seededRandom(seed);
  const below = (limit: number): number => Math.floor(random() * limit);
  using lab = simulate({ settings: { 'repl-backlog-size': 2 ** 30 } });
  const { propagation, replicas, replication } = lab.server;
  const file = new RequestBuffer();
  propagation.toFile({ feed: (_db, argv, read) => file.append(argv, read), readEnded: (canKeep) => file.readEnded(canKeep) });
  replicas.createBacklog();
  const events = lab.record();
  const clients = Array.from({ length: 12 }, () => ({ client: lab.connect(), rest: '' }));
  for (let round = 0; round < 150; round++) {
    for (const each of clients) {
      if (below(3) === 0) continue;
      const sizes = Array.from({ length: 1 + below(3) }, () => (below(60) === 0 ? below(40_000) : below(50)));
      const bytes = each.rest + sizes.map((size, at) => (below(6) === 0 ? encodeRequest(['GET', 'k']) : encodeRequest(['SET', `k${at}`, `${round}`.padEnd(size, 'v')]))).join('');
      const end = below(5) === 0 ? below(bytes.length) : bytes.length;
      each.client.send(bytes.slice(0, end));
      each.rest = bytes.slice(end);
    }
    if (below(4) === 0) lab.settle();
    else lab.turn();
    for (const { client } of clients) client.receive();
    expect(replication.offset).toBe(replicas.backlog!.length);
  }
  const wanted = events.flatMap((event) => (event.kind === 'replicate' ? [encodeRequest(event.argv)] : [])).join('');
  expect(wanted.length).toBeGreaterThan(100_000);
  expect(Buffer.from(file.take()).latin1Slice() === wanted).toBe(true);
  expect(contentOf(replicas.backlog!) === `${encodeRequest(['SELECT', '0'])}${wanted}`).toBe(true);
});
