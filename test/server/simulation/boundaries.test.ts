/** Bytes that arrive and are sent in parts: every split of a request, pipelines, slow readers, ends and resets in the middle. */
import { describe, expect, test } from 'vitest';
import { request, simulate } from './harness.js';

const MODES = [
  { mode: 'level-triggered', edgeTriggered: false },
  { mode: 'edge-triggered', edgeTriggered: true },
];

describe.each(MODES)('$mode', ({ edgeTriggered }) => {
  const WIRE = request('SET', 'key', 'value\r\n*2') + 'PING\r\n' + request('GET', 'key') + '*0\r\n' + request('ECHO', '');
  const REPLIES = '+OK\r\n+PONG\r\n$9\r\nvalue\r\n*2\r\n$0\r\n\r\n';

  test('a pipeline split in two at every byte gets the same replies', () => {
    using lab = simulate({ edgeTriggered });
    for (let split = 0; split <= WIRE.length; split++) {
      const client = lab.connect();
      client.send(WIRE.slice(0, split));
      const early = client.receive();
      client.send(WIRE.slice(split));
      expect(early + client.receive(), `split at ${split}`).toBe(REPLIES);
      client.close();
    }
  });

  test('a client that has sent its last byte before the server looks gets all replies', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    client.send(WIRE);
    client.shutdown();
    expect(client.receive()).toBe(REPLIES);
    expect(client.isClosedByServer).toBe(true);
  });

  test('a pipeline that arrives byte by byte gets the same replies', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    let received = '';
    for (const byte of WIRE) {
      client.send(byte);
      received += client.receive();
    }
    expect(received).toBe(REPLIES);
  });

  test('a pipeline that is read byte by byte gets the same replies', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    client.peer.readSizes.push(...new Array<number>(WIRE.length).fill(1));
    client.send(WIRE);
    expect(client.receive()).toBe(REPLIES);
  });

  test('WouldBlock between any two bytes costs only turns', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    client.peer.readSizes.push(...Array.from(WIRE, () => [0, 1]).flat());
    client.peer.writeSizes.push(...Array.from(REPLIES, () => [0, 1]).flat());
    client.send(WIRE);
    expect(client.receive()).toBe(REPLIES);
  });

  test('a pipeline larger than a read is executed in order', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    const numbers = Array.from({ length: 20_000 }, (_, number) => String(number));
    client.send(numbers.map((number) => request('ECHO', number)).join(''));
    expect(client.receive()).toBe(numbers.map((number) => `$${number.length}\r\n${number}\r\n`).join(''));
  });

  test('WRITABLE is requested while a slow reader has not taken everything, and dropped afterwards', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    client.ask('SET', 'key', 'x'.repeat(1000));
    client.peer.setWindow(100);
    const events = lab.record();
    client.sendCommand('GET', 'key');
    lab.settle();
    const edge = edgeTriggered ? 4 : 0;
    expect(events.filter(({ kind }) => kind === 'interest')).toMatchObject([{ before: 1 | edge, after: 3 | edge }]);
    expect(client.take()).toBe(`$1000\r\n${'x'.repeat(93)}`);
    lab.settle();
    expect(client.take()).toBe('x'.repeat(100));
    expect(client.receive()).toBe(`${'x'.repeat(807)}\r\n`);
    expect(events.filter(({ kind }) => kind === 'interest')).toMatchObject([{ after: 3 | edge }, { before: 3 | edge, after: 1 | edge }]);
  });

  test('a reader that takes nothing costs no turns', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    client.peer.setWindow(0);
    client.send('PING\r\n');
    lab.settle();
    expect(lab.settle()).toBe(1);
    client.peer.setWindow(7);
    expect(client.receive()).toBe('+PONG\r\n');
  });

  test('a reply larger than one turn may write is sent in several', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    const value = 'v'.repeat(5 * 1024 * 1024);
    client.ask('SET', 'big', value);
    client.peer.setWindow(Infinity);
    expect(client.ask('GET', 'big') === `$${value.length}\r\n${value}\r\n`).toBe(true);
  });

  test('a client that never stops sending does not keep others from being served', () => {
    using lab = simulate({ edgeTriggered });
    const [greedy, modest] = [lab.connect(), lab.connect()];
    greedy.send(request('ECHO', 'g').repeat(500_000));
    modest.send('PING\r\n');
    lab.turn(2);
    expect(modest.take()).toBe('+PONG\r\n');
    expect(greedy.receive()).toBe('$1\r\ng\r\n'.repeat(500_000));
  });

  test.each([
    { end: 'EOF', leave: 'shutdown' as const },
    { end: 'a reset', leave: 'reset' as const },
    { end: 'both halves closed', leave: 'close' as const },
  ])('$end in the middle of a frame ends the connection and nothing else', ({ leave }) => {
    using lab = simulate({ edgeTriggered });
    const [leaving, staying] = [lab.connect(), lab.connect()];
    leaving.send(request('SET', 'key', 'value').slice(0, -4));
    lab.settle();
    leaving[leave]();
    lab.settle();
    expect(leaving.isClosedByServer).toBe(true);
    expect(lab.server.sessions.size).toBe(1);
    expect(staying.ask('GET', 'key')).toBe('$-1\r\n');
  });

  test('requests that arrived whole before the end are executed', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    client.send(request('SET', 'key', 'value') + request('GET', 'key').slice(0, 9));
    client.reset();
    lab.settle();
    expect(lab.connect().ask('GET', 'key')).toBe('$5\r\nvalue\r\n');
  });

  test('a client that resets while replies are waiting is forgotten', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    client.peer.setWindow(10);
    client.send('PING\r\n'.repeat(100));
    lab.settle();
    client.reset();
    lab.settle();
    expect(lab.server.sessions.size).toBe(0);
    expect(lab.poll.descriptors).toBe(1);
  });

  test('a spurious readiness does nothing', () => {
    using lab = simulate({ edgeTriggered, faults: { spurious: 0.9 }, seed: 3 });
    const client = lab.connect();
    lab.turn(50);
    expect(client.ask('PING')).toBe('+PONG\r\n');
  });

  test('a connection that a read closes is not registered again, whichever read of its turn it is', () => {
    using lab = simulate({ edgeTriggered, settings: { 'client-query-buffer-limit': 1024 * 1024 } });
    for (let before = 0; before <= 32; before++) {
      const client = lab.connect();
      // Reads of a byte first, and then some that bring more than may wait.
      client.peer.readSizes.push(...new Array<number>(before).fill(1));
      client.send(`*1\r\n$2000000\r\n${'x'.repeat(1_900_000)}`);
      lab.settle();
      expect(client.isClosedByServer, `${before} reads before`).toBe(true);
    }
  });

  test('bytes after a protocol error are not executed', () => {
    using lab = simulate({ edgeTriggered });
    const client = lab.connect();
    client.send(`*1\r\n+oops\r\n${request('SET', 'key', 'value')}`);
    expect(client.receive()).toBe("-ERR Protocol error: expected '$', got '+'\r\n");
    expect(client.isClosedByServer).toBe(true);
    expect(lab.connect().ask('GET', 'key')).toBe('$-1\r\n');
  });
});
