/**
 * What clients receive, in every situation in which a reply is still to be sent: the same bytes whether each send is a call of its own or those of a turn are one.
 * In each test several clients are served in one turn, so that there are batches.
 */
import { describe, expect, test } from 'vitest';
import { SETTINGS } from '../../../src/server/config/settings.js';
import { MAX_BATCH } from '../../../src/server/io/poll.js';
import { temporaryDirectory } from '../../support/headless.js';
import { type Lab, type LabClient, request, ScriptedHelper, simulate, type SimulationOptions } from './harness.js';

const LIMITS = SETTINGS['client-output-buffer-limit'].default;
const OK = '+OK\r\n';
const bulk = (text: string): string => `$${text.length}\r\n${text}\r\n`;
const message = (text: string): string => `*3\r\n${bulk('message')}${bulk('news')}${bulk(text)}`;

const connectAll = (lab: Lab, count: number): LabClient[] => Array.from({ length: count }, () => lab.connect());
const takeAll = (clients: readonly LabClient[]): string[] => clients.map((client) => client.take());
const addressOf = ({ peer: { address } }: LabClient): string => ('host' in address ? `${address.host}:${address.port}` : address.path);
const idOf = (client: LabClient): string => client.ask('CLIENT', 'ID').slice(1, -2);

function subscribeAll(clients: readonly LabClient[]): void {
  for (const client of clients) client.sendCommand('SUBSCRIBE', 'news');
  for (const client of clients) client.receive();
}

/** Something that happens when the server has queued a number of sends, before it hands them over. Only where there are batches. */
function afterQueued(lab: Lab, count: number, act: () => void): void {
  const { poll } = lab;
  const queue = poll.queue.bind(poll);
  let queued = 0;
  poll.queue = (...send) => {
    const isQueued = queue(...send);
    if (isQueued && ++queued === count) act();
    return isQueued;
  };
}

describe.each([['direct', false], ['batched', true]] as const)('%s sends', (_, batchesSends) => {
  const open = (options: SimulationOptions = {}): Lab => simulate({ ...options, batchesSends });

  /** The number of batches that a part of the test takes; none where sends are direct. */
  function expectBatches(lab: Lab, count: number, act: () => void): void {
    const before = lab.poll.batches;
    act();
    expect(lab.poll.batches - before).toBe(batchesSends ? count : 0);
  }

  test('a client beyond maxclients receives its error and is closed; the replies of that turn arrive', () => {
    using lab = open({ settings: { maxclients: 3 } });
    const clients = connectAll(lab, 3);
    for (const client of clients) client.sendCommand('PING');
    const refused = [lab.connectLater(), lab.connectLater()];
    refused[0]!.sendCommand('PING');
    expectBatches(lab, 1, () => lab.settle());
    expect(takeAll(clients)).toEqual(Array(3).fill('+PONG\r\n'));
    for (const client of refused) expect([client.take(), client.isClosedByServer]).toEqual(['-ERR max number of clients reached\r\n', true]);
  });

  test('CLIENT KILL of oneself: all replies, its own included, and then the end', () => {
    using lab = open();
    const clients = connectAll(lab, 4);
    const [self] = clients as [LabClient];
    const id = idOf(self);
    for (const client of clients) client.sendCommand('ECHO', 'before');
    self.send(request('CLIENT', 'KILL', 'ID', id, 'SKIPME', 'no') + request('ECHO', 'never'));
    expectBatches(lab, 1, () => lab.settle());
    expect(takeAll(clients)).toEqual([`${bulk('before')}:1\r\n`, ...Array<string>(3).fill(bulk('before'))]);
    expect(clients.map(({ isClosedByServer }) => isClosedByServer)).toEqual([true, false, false, false]);
  });

  test('CLIENT KILL of another: the killer has its reply, the replies of turns before have arrived, and those of the same turn are dropped with the client', () => {
    using lab = open();
    const clients = connectAll(lab, 4);
    const [victim, killer] = clients as [LabClient, LabClient];
    for (const client of clients) client.sendCommand('ECHO', 'before');
    lab.turn();
    for (const client of clients) client.sendCommand(...(client === killer ? ['CLIENT', 'KILL', addressOf(victim)] : ['ECHO', 'same turn']));
    expectBatches(lab, 2, () => lab.turn(2));
    expect(takeAll(clients)).toEqual([bulk('before'), bulk('before') + OK, bulk('before') + bulk('same turn'), bulk('before') + bulk('same turn')]);
    expect(victim.isClosedByServer).toBe(true);
  });

  test.each([
    ['hard', { hard: 3000, soft: 0, softSeconds: 0 }, 0],
    ['soft', { hard: 0, soft: 3000, softSeconds: 2 }, 4000],
  ])('output that a client has not taken counts for the %s limit', (_name, pubsub, afterMs) => {
    using lab = open({ settings: { 'client-output-buffer-limit': { ...LIMITS, pubsub } } });
    const subscribers = connectAll(lab, 5);
    subscribeAll(subscribers);
    const publisher = lab.connect();
    const text = 'x'.repeat(16_000);
    const [slow] = subscribers as [LabClient];
    // It takes the first message but for 40 bytes.
    slow.peer.setWindow(message(text).length - 40);
    publisher.ask('PUBLISH', 'news', text);
    lab.advance(4000);
    expect(slow.isClosedByServer).toBe(false);
    for (let i = 0; i < 3; i++) publisher.ask('PUBLISH', 'news', 'y'.repeat(2000));
    // The limit is checked when the output takes a second chunk.
    publisher.ask('PUBLISH', 'news', text);
    expect(slow.isClosedByServer).toBe(afterMs === 0);
    lab.advance(afterMs);
    expect(slow.isClosedByServer).toBe(true);
    expect(slow.take()).toBe(message(text).slice(0, -40));
    for (const client of subscribers.slice(1)) expect(client.take()).toBe(message(text) + message('y'.repeat(2000)).repeat(3) + message(text));
  });

  test('replicas receive the stream, and those that MONITOR each command, in the order of execution', () => {
    using lab = open({ settings: { 'repl-diskless-sync': false, 'repl-ping-replica-period': 1000 } });
    const replicas = connectAll(lab, 3);
    for (const replica of replicas) replica.ask('PSYNC', '?', '-1');
    const watchers = connectAll(lab, 3);
    for (const watcher of watchers) watcher.ask('MONITOR');
    const writers = connectAll(lab, 4);
    for (const replica of replicas) replica.receive();
    for (const [index, writer] of writers.entries()) writer.sendCommand('SET', `k${index}`, 'v'.repeat(index * 40));
    // Writers and those that watch in one, the replicas, who share their output, each by itself.
    expectBatches(lab, 1, () => lab.settle());
    expect(takeAll(writers)).toEqual(Array(4).fill(OK));
    const commands = writers.map((_writer, index) => request('SET', `k${index}`, 'v'.repeat(index * 40))).join('');
    expect(takeAll(replicas)).toEqual(Array(3).fill(request('SELECT', '0') + commands));
    const lines = takeAll(watchers);
    expect(new Set(lines).size).toBe(1);
    expect([...lines[0]!.matchAll(/"SET" "(k\d)"/g)].map(([, key]) => key)).toEqual(['k0', 'k1', 'k2', 'k3']);
  });

  test('with appendfsync always, replies are sent once their change is on the disk, together', () => {
    const helper = new ScriptedHelper();
    using lab = open({ helper, loads: true, settings: { dir: temporaryDirectory(), appendonly: true, appendfsync: 'always' } });
    const clients = connectAll(lab, 6);
    const finish = (): void => {
      helper.finish();
      lab.settle();
    };
    for (const [index, client] of clients.entries()) client.sendCommand(...(index % 2 === 0 ? ['INCR', 'n'] : ['GET', 'n']));
    expectBatches(lab, 0, () => lab.settle());
    expect(takeAll(clients)).toEqual(Array(6).fill(''));
    // While the first change is being written, all further ones are made: of each client's output a part waits for longer.
    for (const client of clients) client.sendCommand('INCR', 'n');
    lab.settle();
    expectBatches(lab, 1, finish);
    expect(takeAll(clients)).toEqual([':1\r\n', bulk('1'), ':2\r\n', bulk('2'), ':3\r\n', bulk('3')]);
    expectBatches(lab, 1, finish);
    expect(takeAll(clients)).toEqual([4, 5, 6, 7, 8, 9].map((n) => `:${n}\r\n`));
    expect(helper.waiting).toEqual([]);
  });

  test('SHUTDOWN: replies of the turns before have arrived, replicas have the whole stream', () => {
    using lab = open({ settings: { 'repl-diskless-sync': false, 'repl-ping-replica-period': 1000, 'shutdown-timeout': 0 } });
    const replicas = connectAll(lab, 2);
    for (const replica of replicas) replica.ask('PSYNC', '?', '-1');
    const clients = connectAll(lab, 4);
    for (const replica of replicas) replica.receive();
    for (const client of clients) client.sendCommand('INCR', 'n');
    lab.turn();
    for (const [index, client] of clients.entries()) client.sendCommand(...(index === 3 ? ['SHUTDOWN', 'NOSAVE'] : ['INCR', 'n']));
    lab.turn();
    expect(lab.server.loop.isStopped).toBe(true);
    lab.close();
    expect(clients.map((client) => client.take().slice(0, 4))).toEqual([':1\r\n', ':2\r\n', ':3\r\n', ':4\r\n']);
    expect(takeAll(replicas)).toEqual(Array(2).fill(request('SELECT', '0') + request('INCR', 'n').repeat(7)));
    for (const client of [...clients, ...replicas]) expect(client.isClosedByServer).toBe(true);
  });

  test('CLIENT PAUSE: what waited is executed and answered in the turn in which the pause ends', () => {
    using lab = open();
    const clients = connectAll(lab, 5);
    expect(clients[0]!.ask('CLIENT', 'PAUSE', '1000', 'WRITE')).toBe(OK);
    for (const client of clients) client.send(request('GET', 'n') + request('INCR', 'n') + request('PING'));
    lab.settle();
    expect(takeAll(clients)).toEqual(Array(5).fill('$-1\r\n'));
    expectBatches(lab, 1, () => lab.advance(1001));
    expect(takeAll(clients)).toEqual([1, 2, 3, 4, 5].map((n) => `:${n}\r\n+PONG\r\n`));
  });

  test('CLIENT REPLY OFF and SKIP: nothing for these clients, everything for the others', () => {
    using lab = open();
    const clients = connectAll(lab, 4);
    clients[0]!.send(request('CLIENT', 'REPLY', 'OFF') + request('PING'));
    clients[1]!.send(request('CLIENT', 'REPLY', 'SKIP') + request('PING') + request('ECHO', 'heard'));
    for (const client of clients.slice(2)) client.sendCommand('PING');
    expectBatches(lab, 1, () => lab.settle());
    expect(takeAll(clients)).toEqual(['', bulk('heard'), '+PONG\r\n', '+PONG\r\n']);
    clients[0]!.send(request('PING') + request('CLIENT', 'REPLY', 'ON') + request('PING'));
    for (const client of clients.slice(1)) client.sendCommand('PING');
    lab.settle();
    expect(takeAll(clients)).toEqual([`${OK}+PONG\r\n`, ...Array<string>(3).fill('+PONG\r\n')]);
  });

  test('500 subscribers in one turn are more sends than a batch has: all receive everything, the slow, the closed and the reset ones of them what is theirs', () => {
    using lab = open();
    const subscribers = connectAll(lab, 500);
    subscribeAll(subscribers);
    const publisher = lab.connect();
    subscribers[7]!.peer.setWindow(3);
    subscribers[MAX_BATCH]!.peer.setWindow(0);
    publisher.send(request('PUBLISH', 'news', 'one') + request('PUBLISH', 'news', 'two'));
    lab.turn();
    subscribers[300]!.close();
    subscribers[400]!.reset();
    expectBatches(lab, 4, () => lab.turn());
    expect(publisher.take()).toBe(':500\r\n:500\r\n');
    const both = message('one') + message('two');
    const early = takeAll(subscribers);
    expect(early.map((text, index) => [index, text]).filter(([, text]) => text !== both)).toEqual([[7, '*3\r'], [MAX_BATCH, ''], [300, ''], [400, '']]);
    subscribers[MAX_BATCH]!.peer.setWindow(1000);
    expect(subscribers[7]!.receive()).toBe(both.slice(3));
    expect(subscribers[MAX_BATCH]!.receive()).toBe(both);
    expect(publisher.ask('PUBLISH', 'news', 'three')).toBe(':498\r\n');
  });

  test.each(['close', 'reset', 'shutdown'] as const)('a client that does %s between its request and the send disturbs no other', (way) => {
    using lab = open();
    const clients = connectAll(lab, 5);
    for (const client of clients) client.sendCommand('INCR', 'n');
    lab.turn();
    clients[2]![way]();
    lab.turn();
    // The one that has only shut down its sending side still receives what the server had to say to it.
    expect(takeAll(clients)).toEqual([':1\r\n', ':2\r\n', way === 'shutdown' ? ':3\r\n' : '', ':4\r\n', ':5\r\n']);
    for (const client of clients) if (client !== clients[2]) client.sendCommand('PING');
    lab.settle();
    expect(takeAll(clients)).toEqual(clients.map((client) => (client === clients[2] ? '' : '+PONG\r\n')));
    expect(clients.map(({ isClosedByServer }) => isClosedByServer)).toEqual([false, false, true, false, false]);
    expect(lab.server.sessions.size).toBe(4);
  });

  test('clients of a unix socket and of TCP in one turn', () => {
    using lab = open({ settings: { unixsocket: '/run/redis.sock' } });
    const clients = ([0, 1, 0, 1] as const).map((at) => lab.connect(lab.addresses[at]));
    for (const client of clients) client.sendCommand('INCR', 'n');
    expectBatches(lab, 1, () => lab.settle());
    expect(takeAll(clients)).toEqual([':1\r\n', ':2\r\n', ':3\r\n', ':4\r\n']);
    expect(clients.map((client) => client.peer.server)).toEqual([...lab.addresses, ...lab.addresses]);
  });

  test('with maxmemory-clients, output that waits counts, and the client that holds most goes', () => {
    using lab = open({ settings: { 'maxmemory-clients': 200_000 } });
    const clients = connectAll(lab, 4);
    const [greedy] = clients as [LabClient];
    greedy.ask('SET', 'long', 'x'.repeat(100_000));
    greedy.peer.setWindow(10);
    for (const client of clients) client.send(client === greedy ? request('GET', 'long').repeat(4) : request('PING'));
    lab.settle();
    for (const client of clients.slice(1)) client.sendCommand('PING');
    lab.settle();
    expect(greedy.isClosedByServer).toBe(true);
    for (const client of clients.slice(1)) expect(client.take()).toBe('+PONG\r\n+PONG\r\n');
  });
});

describe('between queue and flush', () => {
  test.each([['close', ''], ['reset', ''], ['shutdown', ':3\r\n']] as const)('a client that does %s takes no more than its own reply with it', (way, received) => {
    using lab = simulate({ batchesSends: true });
    const clients = connectAll(lab, 5);
    const events = lab.record();
    afterQueued(lab, 4, () => clients[2]![way]());
    for (const client of clients) client.sendCommand('INCR', 'n');
    lab.settle();
    expect(takeAll(clients)).toEqual([':1\r\n', ':2\r\n', received, ':4\r\n', ':5\r\n']);
    expect(clients.map(({ isClosedByServer }) => isClosedByServer)).toEqual([false, false, true, false, false]);
    // What the kernel has taken, even if it came too late for its receiver, is told as taken; a reset as an error.
    const writes = events.filter((event) => event.kind === 'write').map(({ result }) => result);
    expect(writes).toEqual([4, 4, way === 'reset' ? 'ECONNRESET' : 4, 4, 4]);
    expect(events.filter((event) => event.kind === 'flush')).toMatchObject([{ bytes: way === 'reset' ? 16 : 20, short: way === 'reset' ? 1 : 0 }]);
  });

  test.each([
    ['queued', 'afterQueued', false],
    ['queued', 'afterQueued', true],
    ['taken', 'afterFlush', false],
    ['taken', 'afterFlush', true],
  ] as const)('output that is added once a send is %s follows it (%s, edge-triggered: %s)', (_when, where, edgeTriggered) => {
    using lab = simulate({ batchesSends: true, edgeTriggered });
    const clients = connectAll(lab, 3);
    const late = ['short', 'x'.repeat(30_000), 'behind it'];
    const act = (): void => {
      for (const { transport } of lab.server.sessions.values()) for (const text of late) transport.send(text, 2);
    };
    if (where === 'afterQueued') afterQueued(lab, 3, act);
    else lab.server.tap.sink = { emit: ({ kind }) => void (kind === 'flush' && lab.server.stats.commandsProcessed === 3 && act()) };
    // The first takes less than what was queued.
    clients[0]!.peer.setWindow(5);
    for (const client of clients) client.sendCommand('ECHO', 'first');
    lab.settle();
    lab.server.tap.sink = null;
    for (const client of clients) expect(client.receive()).toBe(bulk('first') + late.map(bulk).join(''));
  });

  test('a send that the kernel refuses, one that it does not reach and one for which there is no room are sent all the same, in order', () => {
    using lab = simulate({ batchesSends: true, seed: 3 });
    const clients = connectAll(lab, 40);
    const { poll } = lab;
    poll.faults = { ...poll.faults, cutBatch: 0.5, notQueued: 0.3, wouldBlock: 0.3 };
    for (let round = 0; round < 20; round++) {
      for (const client of clients) client.send(request('ECHO', `first of ${round}`) + request('ECHO', 'second'));
      for (const client of clients) expect(client.receive()).toBe(bulk(`first of ${round}`) + bulk('second'));
    }
    expect(poll.leftOut).toBeGreaterThan(20);
  });
});
