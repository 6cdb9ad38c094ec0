/** SHUTDOWN of a master whose replica has not got everything. */
import { deserialize, serialize } from 'node:v8';
import { describe, expect, test } from 'vitest';
import type { SettingValues } from '../../../src/server/config.js';
import { type Lab, type LabClient, request, simulate } from '../simulation/harness.js';

const FAILED = '-ERR Errors trying to SHUTDOWN. Check logs.\r\n';

interface Lagging extends Disposable {
  readonly lab: Lab;
  readonly client: LabClient;
  readonly replica: LabClient;
}

/** A master with a replica that is online and has acknowledged nothing of the stream. */
function lagging(settings: Partial<SettingValues> = {}): Lagging {
  const lab = simulate({ settings: { 'repl-diskless-sync': false, 'repl-ping-replica-period': 1000, ...settings } });
  const replica = lab.connect();
  replica.ask('REPLCONF', 'listening-port', '7001', 'capa', 'psync2');
  replica.ask('PSYNC', '?', '-1');
  const client = lab.connect();
  client.ask('SET', 'k', 'v');
  replica.receive();
  return { lab, client, replica, [Symbol.dispose]: () => lab[Symbol.dispose]() };
}

function acknowledge({ lab, replica }: Lagging): void {
  replica.sendCommand('REPLCONF', 'ACK', String(lab.server.replication.offset));
  lab.settle();
}

const millisecondsLeft = (client: LabClient): string | undefined => /shutdown_in_milliseconds:(\d+)/.exec(client.ask('INFO', 'server'))?.[1];

describe('SHUTDOWN', () => {
  test('asks a replica that lags for its offset, holds writes, and ends the server once the replica has everything', () => {
    using all = lagging();
    const { lab, client, replica } = all;
    expect(client.ask('SHUTDOWN')).toBe('');
    expect(replica.receive()).toBe(request('REPLCONF', 'GETACK', '*'));
    const other = lab.connect();
    expect(millisecondsLeft(other)).toBe('10000');
    expect(other.ask('GET', 'k')).toBe('$1\r\nv\r\n');
    const writer = lab.connect();
    expect(writer.ask('SET', 'k', 'w')).toBe('');
    expect(other.ask('CLIENT', 'UNPAUSE')).toBe('+OK\r\n');
    expect(writer.receive()).toBe('');
    replica.sendCommand('REPLCONF', 'ACK', '5');
    lab.settle();
    expect(lab.server.loop.isStopped).toBe(false);
    acknowledge(all);
    expect(lab.server.loop.isStopped).toBe(true);
  });

  test('waits no longer than shutdown-timeout', () => {
    using all = lagging({ 'shutdown-timeout': 3 });
    const { lab, client } = all;
    client.ask('SHUTDOWN');
    lab.advance(2900);
    expect(lab.server.loop.isStopped).toBe(false);
    lab.advance(100);
    expect(lab.server.loop.isStopped).toBe(true);
    expect(lab.log.join('\n')).toMatch(/Lagging replica 127\.0\.0\.1:7001 reported offset \d+ behind master, lag=3, state=online\.\n[^]*0 of 1 replicas are in sync when shutting down\./);
  });

  test.each([
    ['NOW', {}, ['NOW']],
    ['a timeout of 0', { 'shutdown-timeout': 0 }, []],
  ])('does not wait with %s', (_what, settings, options) => {
    using all = lagging(settings);
    all.client.ask('SHUTDOWN', ...options);
    expect(all.lab.server.loop.isStopped).toBe(true);
  });

  test('does not wait for a replica that has everything', () => {
    using all = lagging();
    acknowledge(all);
    expect(all.lab.server.loop.isStopped).toBe(false);
    all.client.ask('SHUTDOWN');
    expect(all.lab.server.loop.isStopped).toBe(true);
  });

  test('ABORT lets the server go on: who has asked for its end gets an error, and writes are executed', () => {
    using all = lagging();
    const { lab, client } = all;
    const second = lab.connect();
    expect(client.ask('SHUTDOWN')).toBe('');
    expect(second.ask('SHUTDOWN', 'NOW')).toBe('');
    const writer = lab.connect();
    expect(writer.ask('SET', 'k', 'w')).toBe('');
    const other = lab.connect();
    expect(other.ask('SHUTDOWN', 'ABORT')).toBe('+OK\r\n');
    expect([client.receive(), second.receive(), writer.receive()]).toEqual([FAILED, FAILED, '+OK\r\n']);
    expect(other.ask('SHUTDOWN', 'ABORT')).toBe('-ERR No shutdown in progress.\r\n');
    expect(millisecondsLeft(other)).toBeUndefined();
    lab.advance(20_000);
    expect(lab.server.loop.isStopped).toBe(false);
  });

  test('ABORT leaves a client alone that was unblocked, and waits for something else', () => {
    using all = lagging();
    const { lab, client } = all;
    const other = lab.connect();
    const id = /:(\d+)/.exec(client.ask('CLIENT', 'ID'))![1]!;
    expect(client.ask('SHUTDOWN')).toBe('');
    expect(other.ask('CLIENT', 'UNBLOCK', id)).toBe(':1\r\n');
    expect(client.receive()).toBe(FAILED);
    expect(client.ask('WAIT', '2', '5000')).toBe('');
    expect(other.ask('SHUTDOWN', 'ABORT')).toBe('+OK\r\n');
    expect(client.receive()).toBe('');
    lab.advance(5000);
    expect(client.receive()).toBe(':0\r\n');
  });

  test('is over without a wait when the replica that lags is gone', () => {
    using all = lagging();
    all.client.ask('SHUTDOWN');
    all.replica.close();
    all.lab.settle();
    expect(all.lab.server.loop.isStopped).toBe(true);
  });

  test('that can not save in the end answers with an error, and the server goes on, unless it is told to FORCE', () => {
    for (const isForced of [false, true]) {
      using all = lagging({ dir: '/proc', dbfilename: 'self' });
      const { lab, client } = all;
      expect(client.ask('SHUTDOWN', 'SAVE', ...(isForced ? ['FORCE'] : []))).toBe('');
      const writer = lab.connect();
      writer.ask('SET', 'k', 'w');
      acknowledge(all);
      expect(lab.server.loop.isStopped).toBe(isForced);
      if (isForced) continue;
      expect(client.receive()).toBe(FAILED);
      expect(writer.receive()).toBe('+OK\r\n');
    }
  });

  test('that waits is a part of the state; a server that goes on from it as another one does not end', () => {
    using all = lagging();
    const { lab, client } = all;
    client.ask('SHUTDOWN');
    const state = deserialize(serialize(lab.server.capture())) as ReturnType<typeof lab.server.capture>;
    expect(state.shutdown).toMatchObject({ options: { saves: null, isNow: false, isForced: false }, clients: [expect.any(Number)] });
    using other = simulate({ from: state });
    const there = other.connect();
    expect(there.ask('SET', 'k', 'w')).toBe('+OK\r\n');
    other.advance(20_000);
    expect(other.server.loop.isStopped).toBe(false);
    expect(millisecondsLeft(there)).toBeUndefined();
  });
});

describe('a signal', () => {
  test('ends the server once the replica has everything, and holds writes until then', () => {
    using all = lagging();
    const { lab, client, replica } = all;
    lab.server.endForSignal('SIGTERM');
    lab.settle();
    expect(replica.receive()).toBe(request('REPLCONF', 'GETACK', '*'));
    expect(client.ask('SET', 'k', 'w')).toBe('');
    expect(lab.server.loop.isStopped).toBe(false);
    acknowledge(all);
    expect(lab.server.loop.isStopped).toBe(true);
  });

  test('is aborted by SHUTDOWN ABORT, and so is one that cannot save; a later one is as the first', () => {
    using all = lagging({ dir: '/proc', dbfilename: 'self', 'shutdown-on-sigint': 'save' });
    const { lab, client } = all;
    let times = 0;
    lab.server.shutdown.over = (ends) => void (times += ends ? 10 : 1);
    lab.server.endForSignal('SIGTERM');
    expect(client.ask('SHUTDOWN', 'ABORT')).toBe('+OK\r\n');
    expect(times).toBe(1);
    lab.server.endForSignal('SIGINT');
    lab.settle();
    acknowledge(all);
    expect(times).toBe(2);
    expect(lab.log.at(-1)).toContain('Errors trying to shut down the server.');
    lab.server.endForSignal('SIGINT');
    expect([times, lab.server.loop.isStopped]).toEqual([3, false]);
    lab.server.endForSignal('SIGTERM');
    expect(lab.server.loop.isStopped).toBe(true);
  });

  test.each([
    ['SIGTERM', { 'shutdown-on-sigterm': 'nosave now' }, true],
    ['SIGTERM', { 'shutdown-on-sigint': 'now' }, false],
    ['SIGINT', { 'shutdown-on-sigint': 'now force save', dir: '/proc', dbfilename: 'self' }, true],
    ['SIGHUP', { 'shutdown-on-sigint': 'now', 'shutdown-on-sigterm': 'now' }, false],
  ] as const)('%s with %j ends the server at once: %j', (signal, settings, isStopped) => {
    using all = lagging(settings);
    all.lab.server.endForSignal(signal);
    expect(all.lab.server.loop.isStopped).toBe(isStopped);
  });
});

test('what else is ready when the server ends is not handled: it might take long', () => {
  using lab = simulate();
  const [first, second] = [lab.connect(), lab.connect()];
  first.send(request('SHUTDOWN', 'NOSAVE'));
  second.send(request('SET', 'k', 'v'));
  lab.turn();
  expect([lab.server.loop.isStopped, lab.server.keyspace.databases[0]!.size]).toEqual([true, 0]);
});
