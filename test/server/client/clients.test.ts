/** Which clients are admitted, and which are disconnected. */
import { describe, expect, test } from 'vitest';
import { Clients } from '../../../src/server/client/clients.js';
import { PROTECTED_MODE } from '../../../src/server/errors.js';
import type { Address, TcpStream } from '../../../src/server/io/poll.js';
import { simulate } from '../simulation/harness.js';

describe('maxclients', () => {
  test('one client too many gets an error and is closed; a free place can be used again', () => {
    using lab = simulate({ settings: { maxclients: 2 } });
    const [first] = [lab.connect(), lab.connect()];
    const third = lab.connect();
    expect(third.receive()).toBe('-ERR max number of clients reached\r\n');
    expect(third.isClosedByServer).toBe(true);
    expect(lab.server.stats.connectionsRejected).toBe(1);
    first!.close();
    lab.settle();
    expect(lab.connect().ask('PING')).toBe('+PONG\r\n');
  });
});

describe('protected mode', () => {
  function connectFrom(peer: Address, settings = {}): { written: string; result: number | string } {
    using lab = simulate({ settings });
    let written = '';
    const stream = { fd: 99, peer, local: peer, write: (from: Buffer, start: number, end: number) => ((written += from.latin1Slice(start, end)), end - start), close: () => {}, setKeepAlive: () => {}, setNoDelay: () => {}, read: () => -1 } as TcpStream;
    const clients = (lab.server as unknown as { clients: Clients }).clients;
    // Registering an invented stream with the simulated kernel is not needed here.
    lab.server.loop.register = () => {};
    lab.server.loop.deregister = () => {};
    const result = clients.connect(stream);
    return { written, result };
  }

  test.each([
    ['127.0.0.1', {}, true],
    ['::1', {}, true],
    ['127.0.0.2', {}, false],
    ['192.168.1.7', {}, false],
    ['192.168.1.7', { requirepass: 'secret' }, true],
    ['192.168.1.7', { 'protected-mode': false }, true],
  ])('a client from %s with %o: let in %s', (host, settings, isLetIn) => {
    const { written, result } = connectFrom({ host, port: 5 }, settings);
    expect(typeof result === 'number').toBe(isLetIn);
    expect(written).toBe(isLetIn ? '' : `-${PROTECTED_MODE.text}\r\n`);
  });

  test('a unix socket is always local', () => {
    expect(typeof connectFrom({ path: '/run/redis.sock' }).result).toBe('number');
  });
});

describe('timeout', () => {
  test('a client that is idle for longer is closed; an active one stays', () => {
    using lab = simulate({ settings: { timeout: 10, loglevel: 'verbose' }, nowMs: 1_700_000_000_000 });
    const silent = lab.connect();
    const busy = lab.connect();
    lab.advance(6000);
    busy.ask('PING');
    lab.advance(4999);
    expect(silent.isClosedByServer).toBe(false);
    lab.advance(1);
    expect([silent.isClosedByServer, busy.isClosedByServer]).toEqual([true, false]);
    expect(lab.log).toContain('verbose: Closing idle client');
    lab.advance(6000);
    expect(busy.isClosedByServer).toBe(true);
  });

  test('subscribers and paused clients may be idle', () => {
    using lab = simulate({ settings: { timeout: 10 } });
    const subscriber = lab.connect();
    subscriber.ask('SUBSCRIBE', 'ch');
    lab.advance(60_000);
    expect(subscriber.isClosedByServer).toBe(false);
    subscriber.ask('UNSUBSCRIBE');
    lab.advance(25_000);
    expect(subscriber.isClosedByServer).toBe(true);
  });

  test('with a timeout of 0 nothing wakes the loop; a change of the setting takes effect at once', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('PING');
    expect(lab.server.loop.timers.nearest()).toBe(null);
    expect(client.ask('CONFIG', 'SET', 'timeout', '5')).toBe('+OK\r\n');
    expect(lab.server.loop.timers.nearest()?.name).toBe('idle-clients');
    lab.advance(6000);
    expect(client.isClosedByServer).toBe(true);
    expect(lab.server.loop.timers.nearest()).toBe(null);
  });
});

describe('client-output-buffer-limit', () => {
  const VALUE = 'x'.repeat(50_000);
  const limits = (hard: number, soft: number, softSeconds: number) => ({
    'client-output-buffer-limit': { normal: { hard, soft, softSeconds }, slave: { hard: 0, soft: 0, softSeconds: 0 }, pubsub: { hard: 100_000, soft: 0, softSeconds: 0 } },
  });

  test('a client that never reads is disconnected at the hard limit, with a line in the log', () => {
    using lab = simulate({ settings: limits(200_000, 0, 0) });
    const writer = lab.connect();
    writer.ask('SET', 'key', VALUE);
    const client = lab.connect();
    client.peer.setWindow(0);
    for (let i = 0; i < 3; i++) client.sendCommand('GET', 'key');
    lab.settle();
    expect(client.isClosedByServer).toBe(false);
    for (let i = 0; i < 3; i++) client.sendCommand('GET', 'key');
    lab.settle();
    expect(client.isClosedByServer).toBe(true);
    expect(lab.log.at(-1)).toMatch(/^warning: Client id=.* scheduled to be closed ASAP for overcoming of output buffer limits\.$/);
    expect(lab.server.sessions.size).toBe(1);
  });

  test('the soft limit must be exceeded for some time, and is reset when the client reads', () => {
    using lab = simulate({ settings: limits(0, 100_000, 3) });
    const client = lab.connect();
    client.ask('SET', 'key', VALUE);
    client.peer.setWindow(0);
    const fill = (): void => {
      for (let i = 0; i < 3; i++) client.sendCommand('GET', 'key');
      lab.settle();
    };
    fill();
    lab.advance(3000);
    expect(client.isClosedByServer).toBe(false);
    client.peer.setWindow(1_000_000);
    client.receive();
    client.peer.setWindow(0);
    fill();
    lab.advance(3000);
    expect(client.isClosedByServer).toBe(false);
    lab.advance(2000);
    expect(client.isClosedByServer).toBe(true);
  });

  test('a subscriber has limits of its own, and the publisher continues', () => {
    using lab = simulate({ settings: limits(0, 0, 0) });
    const subscriber = lab.connect();
    subscriber.ask('SUBSCRIBE', 'ch');
    subscriber.peer.setWindow(0);
    const publisher = lab.connect();
    for (let i = 0; i < 3; i++) publisher.ask('PUBLISH', 'ch', VALUE);
    expect(subscriber.isClosedByServer).toBe(true);
    expect(publisher.ask('PUBLISH', 'ch', VALUE)).toBe(':0\r\n');
  });
});
