import { describe, expect, test, vi } from 'vitest';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

const OK = '+OK\r\n';
const QUEUED = '+QUEUED\r\n';
const NIL_ARRAY = '*-1\r\n';

function twoClients(lab: Lab): [LabClient, LabClient] {
  return [lab.connect(), lab.connect()];
}

describe('MULTI and EXEC', () => {
  test('commands are queued and answered together', () => {
    using lab = simulate();
    const client = lab.connect();
    expect(client.ask('MULTI')).toBe(OK);
    expect(client.ask('SET', 'k', 'v')).toBe(QUEUED);
    expect(client.ask('GET', 'k')).toBe(QUEUED);
    expect(client.ask('EXEC')).toBe('*2\r\n+OK\r\n$1\r\nv\r\n');
    expect(client.ask('GET', 'k')).toBe('$1\r\nv\r\n');
  });

  test('nothing happens before EXEC, and nothing after DISCARD', () => {
    using lab = simulate();
    const [a, b] = twoClients(lab);
    a.ask('MULTI');
    a.ask('SET', 'k', 'v');
    expect(b.ask('GET', 'k')).toBe('$-1\r\n');
    expect(a.ask('DISCARD')).toBe(OK);
    expect(b.ask('GET', 'k')).toBe('$-1\r\n');
    expect(a.ask('EXEC')).toBe('-ERR EXEC without MULTI\r\n');
  });

  test('an empty transaction is an empty array', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('MULTI');
    expect(client.ask('EXEC')).toBe('*0\r\n');
  });

  test('an error during execution is one of the replies and stops nothing', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('RPUSH', 'list', 'a');
    client.ask('MULTI');
    client.ask('GET', 'list');
    client.ask('SET', 'k', 'v');
    expect(client.ask('EXEC')).toBe('*2\r\n-WRONGTYPE Operation against a key holding the wrong kind of value\r\n+OK\r\n');
  });

  test.each([
    [['NOSUCH', 'x'], "-ERR unknown command 'NOSUCH', with args beginning with: 'x' \r\n"],
    [['GET'], "-ERR wrong number of arguments for 'get' command\r\n"],
  ])('%j is refused while queueing, and EXEC aborts', (argv, error) => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('MULTI');
    expect(client.ask(...argv)).toBe(error);
    expect(client.ask('SET', 'k', 'v')).toBe(QUEUED);
    expect(client.ask('EXEC')).toBe('-EXECABORT Transaction discarded because of previous errors.\r\n');
    expect(client.ask('GET', 'k')).toBe('$-1\r\n');
  });

  test('a nested MULTI and a WATCH inside are errors that do not doom the transaction', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('MULTI');
    expect(client.ask('MULTI')).toBe('-ERR MULTI calls can not be nested\r\n');
    expect(client.ask('WATCH', 'k')).toBe('-ERR WATCH inside MULTI is not allowed\r\n');
    client.ask('PING');
    expect(client.ask('EXEC')).toBe('*1\r\n+PONG\r\n');
  });

  test('HELLO inside changes the version of what follows it', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('MULTI');
    client.ask('GET', 'none');
    client.ask('HELLO', '3');
    client.ask('GET', 'none');
    expect(client.ask('EXEC')).toMatch(/^\*3\r\n\$-1\r\n%7\r\n[^]*\r\n_\r\n$/);
  });

  test('EXEC and DISCARD need a MULTI', () => {
    using lab = simulate();
    const client = lab.connect();
    expect(client.ask('EXEC')).toBe('-ERR EXEC without MULTI\r\n');
    expect(client.ask('DISCARD')).toBe('-ERR DISCARD without MULTI\r\n');
  });
});

describe('WATCH', () => {
  const outcome = (lab: Lab, between: (watcher: LabClient, other: LabClient) => void): string => {
    const [watcher, other] = twoClients(lab);
    watcher.ask('WATCH', 'k');
    between(watcher, other);
    watcher.ask('MULTI');
    watcher.ask('PING');
    return watcher.ask('EXEC');
  };
  const EXECUTED = '*1\r\n+PONG\r\n';

  test.each<[string, (watcher: LabClient, other: LabClient) => void, string]>([
    ['nothing happened', () => {}, EXECUTED],
    ['another client sets the key', (_, other) => other.ask('SET', 'k', '1'), NIL_ARRAY],
    ['another client sets another key', (_, other) => other.ask('SET', 'other', '1'), EXECUTED],
    ['another client reads the key', (_, other) => other.ask('GET', 'k'), EXECUTED],
    ['the client itself sets the key', (watcher) => watcher.ask('SET', 'k', '1'), NIL_ARRAY],
    ['the key changes, and then UNWATCH', (watcher, other) => [other.ask('SET', 'k', '1'), watcher.ask('UNWATCH')], EXECUTED],
    ['the key changes, and then a DISCARD', (watcher, other) => [other.ask('SET', 'k', '1'), watcher.ask('MULTI'), watcher.ask('DISCARD')], EXECUTED],
    ['the key is watched twice and changes once', (watcher, other) => [watcher.ask('WATCH', 'k', 'k'), other.ask('SET', 'k', '1')], NIL_ARRAY],
  ])('when %s', (_name, between, expected) => {
    using lab = simulate();
    expect(outcome(lab, between)).toBe(expected);
  });

  test.each<[string, string[][], string]>([
    ['FLUSHALL takes a watched key', [['SET', 'k', '1'], ['WATCH', 'k'], ['FLUSHALL']], NIL_ARRAY],
    ['FLUSHDB takes a watched key', [['SET', 'k', '1'], ['WATCH', 'k'], ['FLUSHDB']], NIL_ARRAY],
    ['FLUSHALL finds no watched key', [['SET', 'other', '1'], ['WATCH', 'k'], ['FLUSHALL']], EXECUTED],
    ['SWAPDB takes a watched key away', [['SET', 'k', '1'], ['WATCH', 'k'], ['SWAPDB', '0', '1']], NIL_ARRAY],
    ['SWAPDB brings a watched key', [['SELECT', '1'], ['SET', 'k', '1'], ['SELECT', '0'], ['WATCH', 'k'], ['SWAPDB', '1', '0']], NIL_ARRAY],
    ['SWAPDB of other databases', [['SET', 'k', '1'], ['WATCH', 'k'], ['SWAPDB', '2', '1']], EXECUTED],
    ['RENAME takes a watched key away', [['SET', 'k', '1'], ['WATCH', 'k'], ['RENAME', 'k', 'l']], NIL_ARRAY],
    ['EXPIRE changes a watched key', [['SET', 'k', '1'], ['WATCH', 'k'], ['EXPIRE', 'k', '100']], NIL_ARRAY],
    ['a key of the same name changes in another database', [['WATCH', 'k'], ['SELECT', '1'], ['SET', 'k', '1']], EXECUTED],
  ])('when %s', (_name, requests, expected) => {
    using lab = simulate();
    const client = lab.connect();
    for (const request of requests) client.ask(...request);
    client.ask('MULTI');
    client.ask('PING');
    expect(client.ask('EXEC')).toBe(expected);
  });

  test('a change within the same transaction does not break it', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('WATCH', 'k');
    client.ask('MULTI');
    client.ask('SET', 'k', '1');
    expect(client.ask('EXEC')).toBe('*1\r\n+OK\r\n');
  });

  test('EXEC ends the watch, whether it failed or not', () => {
    using lab = simulate();
    const [watcher, other] = twoClients(lab);
    watcher.ask('WATCH', 'k');
    other.ask('SET', 'k', '1');
    watcher.ask('MULTI');
    expect(watcher.ask('EXEC')).toBe(NIL_ARRAY);
    other.ask('SET', 'k', '2');
    watcher.ask('MULTI');
    expect(watcher.ask('EXEC')).toBe('*0\r\n');
  });

  test('the keyspace has no listener while no key is watched', () => {
    using lab = simulate();
    const client = lab.connect();
    expect(lab.server.keyspace.listener).toBeNull();
    client.ask('WATCH', 'k');
    expect(lab.server.keyspace.listener).not.toBeNull();
    client.ask('UNWATCH');
    expect(lab.server.keyspace.listener).toBeNull();
  });

  test('the watches of a client end with its connection', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('WATCH', 'a', 'b');
    client.close();
    lab.settle();
    expect(lab.server.keyspace.listener).toBeNull();
  });

  describe('and expiry', () => {
    const db = (lab: Lab) => lab.server.keyspace.databases[0]!;

    test('a watched key that expires breaks the transaction, also before it is deleted', () => {
      using lab = simulate();
      const client = lab.connect();
      client.ask('SET', 'k', 'v');
      db(lab).setExpire('k', lab.clock.nowMs + 10);
      client.ask('WATCH', 'k');
      lab.clock.advance(11);
      client.ask('MULTI');
      expect(client.ask('EXEC')).toBe(NIL_ARRAY);
    });

    test.each([
      ['stays as it is', '', '*0\r\n'],
      ['is deleted by a lookup', 'GET', '*0\r\n'],
      ['is set anew', 'SET', NIL_ARRAY],
    ])('a key that was over at WATCH already and %s', (_name, command, expected) => {
      using lab = simulate();
      const client = lab.connect();
      client.ask('SET', 'k', 'v');
      db(lab).setExpire('k', lab.clock.nowMs + 10);
      lab.clock.advance(11);
      client.ask('WATCH', 'k');
      if (command === 'GET') client.ask('GET', 'k');
      if (command === 'SET') client.ask('SET', 'k', 'w');
      client.ask('MULTI');
      expect(client.ask('EXEC')).toBe(expected);
    });
  });
});

test('WATCH of many keys looks each up once, and searches no list for those named before', () => {
  using lab = simulate();
  const [a, b] = twoClients(lab);
  const keys = Array.from({ length: 5000 }, (_, i) => `k${i}`);
  const some = vi.spyOn(Array.prototype, 'some');
  expect(a.ask('WATCH', ...keys, ...keys)).toBe(OK);
  const searched = some.mock.contexts.filter((list) => (list as unknown[]).length > 100);
  some.mockRestore();
  expect(searched.length).toBe(0);
  expect([...lab.server.sessions.values()][0]!.watched).toHaveLength(5000);
  b.ask('SET', 'k4999', 'v');
  a.ask('MULTI');
  expect(a.ask('EXEC')).toBe(NIL_ARRAY);
});
