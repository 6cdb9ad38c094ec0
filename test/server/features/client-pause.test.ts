import { expect, test } from 'vitest';
import { request, simulate } from '../simulation/harness.js';

test('what was held back is executed in order after the pause', () => {
  using lab = simulate();
  const client = lab.connect();
  const other = lab.connect();
  expect(client.ask('CLIENT', 'PAUSE', '100')).toBe('+OK\r\n');
  client.send(request('INCR', 'n') + request('INCR', 'n') + request('GET', 'n'));
  expect(client.receive()).toBe('');
  expect(other.ask('INCR', 'n')).toBe('');
  lab.advance(99);
  expect(client.receive()).toBe('');
  lab.advance(1);
  expect(client.receive()).toBe(':1\r\n:2\r\n$1\r\n2\r\n');
  expect(other.receive()).toBe(':3\r\n');
});

test('CLIENT UNPAUSE ends a pause of writes at once', () => {
  using lab = simulate();
  const client = lab.connect();
  const writer = lab.connect();
  client.ask('CLIENT', 'PAUSE', '100000', 'WRITE');
  expect(writer.ask('SET', 'a', '1')).toBe('');
  expect(client.ask('GET', 'a')).toBe('$-1\r\n');
  expect(client.ask('CLIENT', 'LIST')).toContain(' flags=b ');
  expect(client.ask('INFO', 'clients')).toContain('\r\nblocked_clients:1\r\n');
  expect(client.ask('CLIENT', 'UNPAUSE')).toBe('+OK\r\n');
  expect(writer.receive()).toBe('+OK\r\n');
  expect(client.ask('INFO', 'clients')).toContain('\r\nblocked_clients:0\r\n');
  expect(lab.server.loop.timers.nearest()).toBe(null);
});

test('a second pause makes the first neither shorter nor weaker', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('CLIENT', 'PAUSE', '100', 'WRITE');
  client.ask('CLIENT', 'PAUSE', '50', 'ALL');
  expect(client.ask('PING')).toBe('');
  lab.advance(60);
  expect(client.receive()).toBe('');
  lab.advance(40);
  expect(client.receive()).toBe('+PONG\r\n');
});

test('EXEC of a transaction that writes is held, one that only reads is not', () => {
  using lab = simulate();
  const reader = lab.connect();
  const writer = lab.connect();
  for (const [client, command] of [[reader, ['GET', 'a']], [writer, ['SET', 'a', '1']]] as const) {
    client.ask('MULTI');
    client.ask(...command);
  }
  lab.connect().ask('CLIENT', 'PAUSE', '100', 'WRITE');
  expect(reader.ask('EXEC')).toBe('*1\r\n$-1\r\n');
  expect(writer.ask('EXEC')).toBe('');
  lab.advance(100);
  expect(writer.receive()).toBe('*1\r\n+OK\r\n');
});

test('a paused client can be closed, and a partial frame after the held request is kept', () => {
  using lab = simulate();
  const killer = lab.connect();
  const [kept, killed] = [lab.connect(), lab.connect()];
  killer.ask('CLIENT', 'PAUSE', '100', 'WRITE');
  const rest = request('ECHO', 'hello');
  kept!.send(request('SET', 'a', '1') + rest.slice(0, 9));
  killed!.sendCommand('SET', 'a', '2');
  lab.settle();
  expect(killer.ask('CLIENT', 'KILL', 'ID', String([...lab.server.sessions.keys()].at(-1)))).toBe(':1\r\n');
  expect(killed!.isClosedByServer).toBe(true);
  kept!.send(rest.slice(9));
  lab.advance(100);
  expect(kept!.receive()).toBe('+OK\r\n$5\r\nhello\r\n');
  expect(killer.ask('GET', 'a')).toBe('$1\r\n1\r\n');
});

test('a paused request has the number of its frame in the trace, once', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('CLIENT', 'PAUSE', '100');
  const events = lab.record();
  client.ask('PING');
  lab.advance(100);
  expect(events.flatMap((event) => (event.kind === 'frame' || event.kind === 'execute' ? [`${event.kind} ${event.frame}`] : []))).toEqual(['frame 2', 'execute 2']);
});

test('an expired key is hidden while clients are paused, and deleted afterwards', () => {
  using lab = simulate();
  const client = lab.connect();
  const expired = (): string => /\r\nexpired_keys:(\d+)/.exec(client.ask('INFO', 'stats'))![1]!;
  client.ask('SET', 'k', 'v', 'PX', '10');
  client.ask('SELECT', '1');
  client.ask('SET', 'k', 'other');
  client.ask('CLIENT', 'PAUSE', '100000', 'WRITE');
  lab.advance(1000);
  client.ask('SELECT', '0');
  expect([client.ask('GET', 'k'), client.ask('EXISTS', 'k'), client.ask('DBSIZE'), expired()]).toEqual(['$-1\r\n', ':0\r\n', ':1\r\n', '0']);
  client.ask('CLIENT', 'UNPAUSE');
  expect([client.ask('GET', 'k'), client.ask('DBSIZE'), expired()]).toEqual(['$-1\r\n', ':0\r\n', '1']);
});

test('a key that is written replaces a hidden one', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'k', 'v', 'PX', '10');
  client.ask('SELECT', '1');
  client.ask('SET', 'k', 'moved');
  client.ask('CLIENT', 'PAUSE', '100000', 'WRITE');
  lab.advance(1000);
  client.ask('CLIENT', 'UNPAUSE');
  // Within one transaction a pause does not hold what follows.
  client.ask('SET', 'gone', 'v', 'PX', '10');
  client.ask('SELECT', '0');
  client.ask('SET', 'gone', 'v', 'PX', '10');
  lab.server.keyspace.configure({ activeExpire: false });
  lab.advance(1000);
  client.ask('MULTI');
  client.ask('CLIENT', 'PAUSE', '100000', 'WRITE');
  for (const words of [['SETNX', 'gone', 'new'], ['SELECT', '1'], ['MOVE', 'k', '0'], ['SELECT', '0']]) client.ask(...words);
  expect(client.ask('EXEC')).toContain(':1\r\n');
  expect([client.ask('GET', 'gone'), client.ask('GET', 'k'), client.ask('DBSIZE')]).toEqual(['$3\r\nnew\r\n', '$5\r\nmoved\r\n', ':2\r\n']);
});

test('what was held back is measured when it is executed, and not with the next request', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('CLIENT', 'PAUSE', '100');
  client.ask('GET', 'k');
  lab.advance(100);
  expect(client.receive()).toBe('$-1\r\n');
  expect(lab.server.commands.get('get')!.stats.calls).toBe(1);
});
