/**
 * Ghosts: the clients of a captured server, in one that was restored without their sockets.
 */
import { deserialize, serialize } from 'node:v8';
import { expect, test } from 'vitest';
import type { ServerState } from '../../../src/server/server-state.js';
import { type Lab, simulate } from '../simulation/harness.js';

/** A server that starts from the state of another one, as if read from a file. */
function restored(lab: Lab, isVirtual = false): Lab {
  return simulate({ from: deserialize(serialize(lab.server.capture())) as ServerState, isVirtual });
}

const rowOf = (list: string, id: number): string => list.split('\n').find((line) => line.includes(`id=${id} `)) ?? '';

test('CLIENT LIST shows them unchanged, except for their descriptors', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('CLIENT', 'SETNAME', 'somebody');
  client.ask('SELECT', '3');
  client.ask('HELLO', '3');
  client.ask('SUBSCRIBE', 'news');
  const watcher = lab.connect();
  watcher.ask('WATCH', 'k');
  watcher.ask('MULTI');
  watcher.ask('INCR', 'k');
  const before = lab.connect().ask('CLIENT', 'LIST');
  using other = restored(lab);
  const after = other.connect().ask('CLIENT', 'LIST');
  for (const id of [2, 3]) expect(rowOf(after, id)).toBe(rowOf(before, id).replace(/ fd=\d+ /, ' fd=-1 '));
});

test('one that waits for a key gets it in order of arrival, or times out', () => {
  using lab = simulate();
  lab.connect().ask('BLPOP', 'queue', '0');
  lab.connect().ask('BLPOP', 'queue', '0.5');
  lab.advance(200);
  using other = restored(lab);
  const client = other.connect();
  expect(client.ask('RPUSH', 'queue', 'a')).toBe(':1\r\n');
  expect(client.ask('LLEN', 'queue')).toBe(':0\r\n');
  expect(client.ask('INFO', 'clients')).toContain('blocked_clients:1\r\n');
  other.advance(299);
  expect(client.ask('INFO', 'clients')).toContain('blocked_clients:1\r\n');
  other.advance(1);
  expect(client.ask('INFO', 'clients')).toContain('blocked_clients:0\r\n');
});

test('their subscriptions and tracked keys count, and what they are sent is discarded', () => {
  using lab = simulate();
  lab.connect().ask('SUBSCRIBE', 'news');
  const tracker = lab.connect();
  tracker.ask('HELLO', '3');
  tracker.ask('CLIENT', 'TRACKING', 'ON');
  tracker.ask('GET', 'k');
  using other = restored(lab);
  const client = other.connect();
  expect(client.ask('PUBLISH', 'news', 'x'.repeat(100_000))).toBe(':1\r\n');
  client.ask('SET', 'k', 'v');
  expect(client.ask('INFO', 'stats')).toContain('tracking_total_keys:0\r\n');
  expect(client.ask('CLIENT', 'LIST')).not.toMatch(/omem=[1-9]/);
});

test('CLIENT KILL ends them, and so does the end of the server, with every descriptor closed', () => {
  using lab = simulate();
  const writer = lab.connect();
  writer.ask('SET', 'big', 'x'.repeat(500_000));
  const slow = lab.connect();
  slow.peer.window = 1000;
  slow.sendCommand('GET', 'big');
  lab.turn(3);
  using other = restored(lab);
  expect(other.server.sessions.size).toBe(2);
  const client = other.connect();
  expect(client.ask('CLIENT', 'KILL', 'ID', '2')).toBe(':1\r\n');
  expect([...other.server.sessions.keys()]).toEqual([3, 4]);
  other.close();
});

test('a command that was called before CONFIG RESETSTAT and has failed since is counted as it was', () => {
  using lab = simulate();
  const waiter = lab.connect();
  waiter.ask('BLPOP', 'k', '0');
  const client = lab.connect();
  client.ask('CONFIG', 'RESETSTAT');
  client.ask('CLIENT', 'UNBLOCK', '2', 'ERROR');
  using other = restored(lab);
  expect(other.connect().ask('INFO', 'commandstats')).toMatch(/cmdstat_blpop:calls=0,.*,failed_calls=1/);
});

test('new clients get ids that were never used', () => {
  using lab = simulate();
  lab.connect();
  lab.connect().close();
  lab.settle();
  using other = restored(lab);
  expect(other.connect().ask('CLIENT', 'ID')).toBe(':4\r\n');
});

test('the two servers share nothing', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('RPUSH', 'list', 'a', 'b');
  client.ask('HSET', 'hash', 'f', 'v');
  using other = restored(lab);
  const stranger = other.connect();
  stranger.ask('RPUSH', 'list', 'c');
  stranger.ask('HSET', 'hash', 'f', 'w');
  stranger.ask('CONFIG', 'SET', 'maxclients', '77');
  expect([client.ask('LLEN', 'list'), client.ask('HGET', 'hash', 'f')]).toEqual([':2\r\n', '$1\r\nv\r\n']);
  expect(client.ask('CONFIG', 'GET', 'maxclients')).toContain('10000');
});

test('keys expire by themselves also if the clock is of another kind', () => {
  for (const isVirtual of [true, false]) {
    using lab = simulate({ isVirtual });
    lab.connect().ask('SET', 'k', 'v', 'PX', '500');
    using other = restored(lab, !isVirtual);
    other.advance(1000);
    expect(other.server.keyspace.databases[0]!.stored('k')).toBeUndefined();
  }
});
