/** The path of bytes: half frames, their trace, and every way in which a connection ends. */
import { describe, expect, test, vi } from 'vitest';
import { request, simulate } from '../simulation/harness.js';

const PIPELINE = request('SET', 'key', 'value') + 'PING\r\n' + request('ECHO', 'a\r\nb') + request('GET', 'key');
const REPLIES = '+OK\r\n+PONG\r\n$4\r\na\r\nb\r\n$5\r\nvalue\r\n';

describe('half frames', () => {
  test('a pipeline has the same result wherever it is cut', () => {
    using lab = simulate();
    for (let cut = 1; cut < PIPELINE.length; cut++) {
      const client = lab.connect();
      client.send(PIPELINE.slice(0, cut));
      const first = client.receive();
      client.send(PIPELINE.slice(cut));
      expect(first + client.receive(), `cut at ${cut}`).toBe(REPLIES);
      client.close();
    }
  });

  test('a pipeline has the same result byte by byte, with faults and edge-triggered', () => {
    using lab = simulate({ edgeTriggered: true, faults: { partial: 0.3, wouldBlock: 0.2, spurious: 0.2, interrupt: 0.1 }, seed: 11 });
    const client = lab.connect();
    let received = '';
    for (const byte of PIPELINE) {
      client.send(byte);
      received += client.receive();
    }
    expect(received).toBe(REPLIES);
  });

  test('a huge announced length takes no memory before its bytes arrive', () => {
    using lab = simulate();
    const client = lab.connect();
    client.send('*2\r\n$4\r\nECHO\r\n$500000000\r\nab');
    client.receive();
    const [session] = lab.server.sessions.values();
    expect(session!.transport.queryCapacity).toBeLessThan(128 * 1024);
    expect(session!.transport.queryBytes).toBe(2);
  });

  test('an argument larger than any read arrives whole', () => {
    using lab = simulate();
    const client = lab.connect();
    const big = 'x'.repeat(1_000_000);
    expect(client.ask('SET', 'big', big)).toBe('+OK\r\n');
    expect(client.ask('STRLEN', 'big')).toBe(':1000000\r\n');
    const [session] = lab.server.sessions.values();
    expect(session!.transport.queryCapacity).toBe(0);
  });
});

describe('the trace', () => {
  test('the event of a frame that came in several reads has its bytes', () => {
    using lab = simulate();
    const client = lab.connect();
    const events = lab.record();
    const frame = request('SET', 'key', 'value');
    for (const byte of frame) {
      client.send(byte);
      client.receive();
    }
    expect(events.filter(({ kind }) => kind === 'frame')).toEqual([{ kind: 'frame', token: expect.any(Number), frame: 1, bytes: frame.length, argv: ['SET', 'key', 'value'], raw: frame }]);
  });

  test('the event of each frame of a pipeline has its own bytes and number, and so have execution and reply', () => {
    using lab = simulate();
    const client = lab.connect();
    const events = lab.record();
    client.send(PIPELINE);
    client.receive();
    const frames = events.filter((event) => event.kind === 'frame');
    expect(frames.map(({ raw }) => raw).join('')).toBe(PIPELINE);
    expect(frames.map(({ frame }) => frame)).toEqual([1, 2, 3, 4]);
    expect(events.flatMap((event) => (event.kind === 'execute' ? [event.frame] : []))).toEqual([1, 2, 3, 4]);
    expect(events.flatMap((event) => (event.kind === 'reply' ? [event.raw] : [])).join('')).toBe(REPLIES);
  });

  test('no more than the first 512 bytes of a frame are traced', () => {
    using lab = simulate();
    const client = lab.connect();
    const events = lab.record();
    const frame = request('SET', 'key', 'v'.repeat(200_000));
    client.send(frame);
    client.receive();
    expect(events.flatMap((event) => (event.kind === 'frame' ? [event.raw] : []))).toEqual([frame.slice(0, 512)]);
  });

  test('a half frame has one event for each read that adds to it, with what has arrived and what is missing', () => {
    using lab = simulate();
    const client = lab.connect();
    const events = lab.record();
    for (const piece of ['*2\r\n$4\r\nECHO\r\n', '$5\r\nhe', 'll', 'o\r\nPING']) {
      client.send(piece);
      client.receive();
    }
    const partial = events.flatMap((event) => (event.kind === 'frame-partial' ? [[event.have, event.need]] : []));
    expect(partial).toEqual([[14, 15], [20, 25], [22, 25], [4, 5]]);
  });

  test('the event of a reply that spans chunks of output has its first bytes', () => {
    using lab = simulate();
    const client = lab.connect();
    const value = 'abc'.repeat(10_000);
    client.ask('SET', 'key', value);
    const events = lab.record();
    client.send(request('ECHO', 'x'.repeat(16_000)) + request('GET', 'key'));
    client.receive();
    const replies = events.flatMap((event) => (event.kind === 'reply' ? [event] : []));
    expect(replies[1]!.raw).toBe(`$30000\r\n${value}`.slice(0, 512));
  });
});

describe('the end of a connection', () => {
  test('after a protocol error: the reply, the log line, and nothing that follows is executed', () => {
    using lab = simulate({ settings: { loglevel: 'verbose' } });
    const client = lab.connect();
    client.send('PING\r\n*1\r\n$x\r\nSET a 1\r\n');
    expect(client.receive()).toBe('+PONG\r\n-ERR Protocol error: invalid bulk length\r\n');
    expect(client.isClosedByServer).toBe(true);
    expect(lab.log.at(-1)).toMatch(/^verbose: Protocol error \(invalid bulk length\) from client: id=\d+ .*\. Query buffer during protocol error: '\$x\.\.SET a 1\.\.'$/);
  });

  test('QUIT is answered, and what follows it is not', () => {
    using lab = simulate();
    const client = lab.connect();
    client.send('QUIT\r\nPING\r\n');
    expect(client.receive()).toBe('+OK\r\n');
    expect(client.isClosedByServer).toBe(true);
  });

  test('QUIT closes also when replies are off', () => {
    using lab = simulate();
    const client = lab.connect();
    client.send('CLIENT REPLY OFF\r\nQUIT\r\n');
    expect(client.receive()).toBe('');
    expect(client.isClosedByServer).toBe(true);
  });

  test('a request that grows beyond client-query-buffer-limit', () => {
    using lab = simulate({ settings: { 'client-query-buffer-limit': 1024 * 1024 } });
    const client = lab.connect();
    client.send(`*2\r\n$4\r\nECHO\r\n$3000000\r\n${'x'.repeat(1024 * 1024 + 1)}`);
    expect(client.receive()).toBe('');
    expect(client.isClosedByServer).toBe(true);
    expect(lab.log.at(-1)).toMatch(/^warning: Closing client that reached max query buffer length: id=.* \(qbuf initial bytes: "x{64}"\)$/);
  });

  test('a transaction that grows beyond client-query-buffer-limit', () => {
    using lab = simulate({ settings: { 'client-query-buffer-limit': 1024 * 1024 } });
    const client = lab.connect();
    client.ask('MULTI');
    for (let i = 0; i < 9; i++) client.ask('SET', 'a', 'x'.repeat(120_000));
    expect(client.isClosedByServer).toBe(true);
  });

  test.for([false, true])('what a parked client has sent before it left is read in the turn that reports its end (edge-triggered: %s)', (edgeTriggered) => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    client.ask('BLPOP', 'k', '0');
    client.send('PING\r\n'.repeat(700_000));
    client.close();
    lab.turn();
    expect(lab.server.sessions.size).toBe(0);
    expect(lab.server.stats.bytesRead).toBeGreaterThan(4_200_000);
  });

  test('what arrives while a client is parked is moved only a few times, and answered when it resumes', () => {
    using lab = simulate();
    const client = lab.connect();
    const other = lab.connect();
    client.ask('BLPOP', 'k', '0');
    const copy = vi.spyOn(Buffer.prototype, 'copy');
    client.send('PING\r\n'.repeat(700_000));
    lab.settle();
    const moved = copy.mock.results.reduce((sum, { value }) => sum + (value as number), 0);
    copy.mockRestore();
    expect(moved).toBeLessThan(4 * 4_200_000);
    other.ask('RPUSH', 'k', 'v');
    expect(client.receive()).toBe('*2\r\n$1\r\nk\r\n$1\r\nv\r\n' + '+PONG\r\n'.repeat(700_000));
  });

  test('a parked client that sends more than client-query-buffer-limit', () => {
    using lab = simulate({ settings: { 'client-query-buffer-limit': 1024 * 1024 } });
    const client = lab.connect();
    client.ask('BLPOP', 'k', '0');
    const events = lab.record();
    client.send('PING\r\n'.repeat(700_000));
    lab.settle();
    expect(client.isClosedByServer).toBe(true);
    const read = events.reduce((sum, event) => (event.kind === 'read' && typeof event.result === 'number' ? sum + event.result : sum), 0);
    expect(read).toBe(1024 * 1024 + 1);
  });

  test('everything that arrives while a client is parked counts, and its end is noticed', () => {
    using lab = simulate();
    const client = lab.connect();
    const other = lab.connect();
    client.ask('CLIENT', 'PAUSE', '1000');
    expect(other.ask('PING')).toBe('');
    expect(lab.server.sessions.size).toBe(2);
    other.close();
    lab.settle();
    expect(lab.server.sessions.size).toBe(1);
    lab.advance(1000);
    expect(client.ask('PING')).toBe('+PONG\r\n');
  });
});
