/** The gates and their hooks; error texts of redis-server are compared in test/conformance/transcripts/gates.txt. */
import { describe, expect, test } from 'vitest';
import { ErrorReply } from '../../../src/server/resp/reply.js';
import { simulate } from '../simulation/harness.js';

describe('maxmemory', () => {
  test('commands that take memory are refused while nothing can be evicted, others are not', () => {
    using lab = simulate();
    lab.server.hooks.makeRoom = () => false;
    const client = lab.connect();
    expect(client.ask('SET', 'a', '1')).toBe("-OOM command not allowed when used memory > 'maxmemory'.\r\n");
    expect(client.ask('GET', 'a')).toBe('$-1\r\n');
    expect(client.ask('DEL', 'a')).toBe(':0\r\n');
  });

  test('in a transaction nothing more is queued, and EXEC is aborted if it would take memory', () => {
    using lab = simulate();
    const client = lab.connect();
    client.ask('MULTI');
    client.ask('SET', 'a', '1');
    lab.server.hooks.makeRoom = () => false;
    expect(client.ask('EXEC')).toBe("-EXECABORT Transaction discarded because of: OOM command not allowed when used memory > 'maxmemory'.\r\n");
    expect(client.ask('EXEC')).toBe('-ERR EXEC without MULTI\r\n');
    client.ask('MULTI');
    expect(client.ask('GET', 'a')).toMatch(/^-OOM/);
    expect(client.ask('DISCARD')).toBe('+OK\r\n');
  });
});

test('while a script runs too long only commands that allow it are executed', () => {
  using lab = simulate();
  const client = lab.connect();
  lab.server.hooks.busy = new ErrorReply('BUSY test');
  expect(client.ask('PING')).toBe('-BUSY test\r\n');
  expect(client.ask('MULTI')).toBe('+OK\r\n');
  expect(client.ask('RESET')).toBe('+RESET\r\n');
});

test('passwords are removed from what monitors and the slow log get', () => {
  using lab = simulate({ settings: { requirepass: 'secret' } });
  const client = lab.connect();
  const seen: string[] = [];
  lab.server.hooks.monitor = (_session, argv) => void seen.push(argv.join(' '));
  client.ask('AUTH', 'secret');
  client.ask('AUTH', 'default', 'wrong');
  client.ask('HELLO', '3', 'SETNAME', 'me', 'AUTH', 'default', 'secret');
  client.ask('PING');
  client.ask('CLIENT', 'LIST');
  expect(seen).toEqual(['AUTH (redacted)', 'AUTH (redacted) (redacted)', 'HELLO 3 SETNAME me AUTH (redacted) (redacted)', 'PING']);
});

test('a command that is refused is counted as rejected, one that fails as failed', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('GET');
  client.ask('SELECT', 'x');
  const { commands, stats } = lab.server;
  expect([commands.get('get')!.stats.rejected, commands.get('get')!.stats.calls]).toEqual([1, 0]);
  expect([commands.get('select')!.stats.failed, commands.get('select')!.stats.calls]).toEqual([1, 1]);
  expect(stats.errors.get('ERR')).toBe(2);
});

test('a client that is connected when a password is set stays authenticated; a new one must authenticate', () => {
  using lab = simulate();
  const old = lab.connect();
  old.ask('CONFIG', 'SET', 'requirepass', 'secret');
  expect(old.ask('PING')).toBe('+PONG\r\n');
  const young = lab.connect();
  expect(young.ask('PING')).toBe('-NOAUTH Authentication required.\r\n');
  old.ask('CONFIG', 'SET', 'requirepass', '');
  expect(young.ask('PING')).toBe('+PONG\r\n');
});

test('an HTTP request is not answered, and the log has the reason', () => {
  using lab = simulate();
  const client = lab.connect();
  client.send('POST / HTTP/1.1\r\nHost: example\r\n\r\nSET a 1\r\n');
  expect(client.receive()).toBe('');
  expect(client.isClosedByServer).toBe(true);
  expect(lab.log.at(-1)).toContain('Possible SECURITY ATTACK detected');
});
