/** Propagation by itself: what is propagated to which target, and when. The form of each command is compared with redis-server in test/conformance. */
import { describe, expect, test } from 'vitest';
import { type Lab, simulate } from '../simulation/harness.js';

/** Collects what the two sinks get, as lines. */
function follow(lab: Lab): { readonly file: string[]; readonly replicas: string[] } {
  const told = { file: [] as string[], replicas: [] as string[] };
  lab.server.propagation.toFile({ feed: (db, argv) => void told.file.push(`${db} ${argv.join(' ')}`), readEnded: () => false });
  lab.server.propagation.toReplicas({ feed: (db, argv) => void told.replicas.push(`${db} ${argv.join(' ')}`), readEnded: () => false });
  return told;
}

/** Runs commands, and returns what both sinks got, which must be equal. */
function told(commands: readonly string[]): string[] {
  using lab = simulate({ nowMs: 1000 });
  const client = lab.connect();
  const { file, replicas } = follow(lab);
  for (const command of commands) client.ask(...command.split(' '));
  lab.advance(300);
  expect(file).toEqual(replicas);
  return file;
}

test('a command that changes nothing, and one that only reads, is not propagated', () => {
  expect(told(['GET k', 'DEL k', 'SADD s a', 'SADD s a', 'SETNX s b', 'LPUSH s x'])).toEqual(['0 SADD s a']);
});

test('several effects are put between MULTI and EXEC, a single one is not', () => {
  expect(told(['MULTI', 'SET a 1', 'EXEC', 'MULTI', 'SET a 2', 'GET a', 'SELECT 3', 'SET b 1', 'EXEC'])).toEqual(['0 SET a 1', '0 MULTI', '0 SET a 2', '3 SET b 1', '3 EXEC']);
});

test.each([
  ['SET k v PXAT 9223372036854775807', 'SET k v PXAT 9223372036854775807'],
  ['SET k v EXAT 9223372036854775', 'SET k v PXAT 9223372036854775000'],
  ['GETEX old PXAT 9223372036854775807', 'PEXPIREAT old 9223372036854775807'],
  ['EXPIREAT old 9223372036854775', 'PEXPIREAT old 9223372036854775000'],
  ['PEXPIREAT old 9223372036854775807', 'PEXPIREAT old 9223372036854775807'],
  ['PEXPIRE old 9223372036854774000', 'PEXPIREAT old 9223372036854775000'],
])('a time beyond exact numbers stays an integer of 64 bits: %s', (command, propagated) => {
  expect(told(['SET old v', command])).toEqual(['0 SET old v', `0 ${propagated}`]);
});

describe('keys that no command deletes', () => {
  test('are deleted one by one when they expire', () => {
    expect(told(['SET a 1 PX 50', 'SET b 1 PX 50'])).toEqual(['0 SET a 1 PXAT 1050', '0 SET b 1 PXAT 1050', expect.stringMatching(/^0 DEL [ab]$/), expect.stringMatching(/^0 DEL [ab]$/)]);
  });

  test('are deleted before the command that has found them, in one transaction with it', () => {
    using lab = simulate({ nowMs: 1000, settings: { 'enable-debug-command': 'yes', 'lazyfree-lazy-expire': true } });
    const client = lab.connect();
    client.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    client.ask('SET', 'a', '1', 'PX', '50');
    const { replicas } = follow(lab);
    lab.advance(100);
    client.ask('INCR', 'a');
    expect(replicas).toEqual(['0 MULTI', '0 UNLINK a', '0 INCR a', '0 EXEC']);
  });

  test.each([['SCAN', '0'], ['RANDOMKEY']])('are deleted one by one by %s, which comes across keys that have nothing to do with each other', (...argv) => {
    using lab = simulate({ nowMs: 1000, settings: { 'enable-debug-command': 'yes' } });
    const client = lab.connect();
    client.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    for (const key of ['a', 'b']) client.ask('SET', key, '1', 'PX', '50');
    const { replicas } = follow(lab);
    lab.advance(100);
    client.ask(...(argv as [string]));
    expect(replicas.toSorted()).toEqual(['0 DEL a', '0 DEL b']);
    client.ask('SET', 'a', '1', 'PX', '50');
    client.ask('SET', 'b', '1', 'PX', '50');
    lab.advance(100);
    replicas.length = 0;
    for (const command of [['MULTI'], argv, ['EXEC']]) client.ask(...(command as [string]));
    expect(replicas).toEqual(['0 MULTI', expect.stringMatching(/^0 DEL/), expect.stringMatching(/^0 DEL/), '0 EXEC']);
  });

  test('are deleted after the SWAPDB that has brought them to a waiting client', () => {
    using lab = simulate({ nowMs: 1000, settings: { 'enable-debug-command': 'yes' } });
    const [client, waits] = [lab.connect(), lab.connect()];
    client.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    waits.ask('SELECT', '9');
    waits.ask('BLPOP', 'k', '0');
    client.ask('RPUSH', 'k', 'v');
    client.ask('PEXPIRE', 'k', '50');
    const { replicas } = follow(lab);
    lab.advance(100);
    expect(client.ask('SWAPDB', '0', '9')).toBe('+OK\r\n');
    expect(replicas).toEqual(['0 SWAPDB 0 9', '9 DEL k']);
  });

  test('are deleted before the command that needs their memory', () => {
    using lab = simulate({ settings: { 'maxmemory-policy': 'allkeys-random' } });
    const client = lab.connect();
    const { replicas: lines } = follow(lab);
    client.ask('CONFIG', 'SET', 'maxmemory', String(lab.server.keyspace.usedBytes + 15_000));
    for (let i = 0; i < 30; i++) client.ask('SET', `k${i}`, 'x'.repeat(1000));
    const deleted = lines.filter((line) => line.startsWith('0 DEL'));
    expect(deleted.length).toBeGreaterThan(5);
    expect(lines.length - deleted.length).toBe(30);
    expect(lines).not.toContain('0 MULTI');
  });
});

test('serving a parked client is propagated after the command that has served it', () => {
  using lab = simulate();
  const { replicas } = follow(lab);
  const [waits, pushes] = [lab.connect(), lab.connect()];
  waits.ask('BLPOP', 'l', 'm', '0');
  pushes.ask('RPUSH', 'm', 'x');
  expect(replicas).toEqual(['0 RPUSH m x', '0 LPOP m']);
});

test('a script is propagated by its commands, to the targets that it selects', () => {
  using lab = simulate();
  const { file, replicas } = follow(lab);
  const client = lab.connect();
  client.ask('EVAL', "redis.call('SET', 'a', '1') redis.set_repl(redis.REPL_AOF) redis.call('SET', 'b', '1') redis.set_repl(redis.REPL_NONE) redis.call('SET', 'c', '1')", '0');
  client.ask('EVAL', "return redis.call('GET', 'a')", '0');
  expect(file).toEqual(['0 MULTI', '0 SET a 1', '0 SET b 1', '0 EXEC']);
  expect(replicas).toEqual(['0 MULTI', '0 SET a 1', '0 EXEC']);
});

test('PUBLISH is propagated to replicas only', () => {
  using lab = simulate();
  const { file, replicas } = follow(lab);
  lab.connect().ask('PUBLISH', 'news', 'x');
  expect([file, replicas]).toEqual([[], ['0 PUBLISH news x']]);
});

test('the trace shows what was propagated, and of which client; without a sink nothing', () => {
  using lab = simulate();
  const client = lab.connect();
  const events = lab.record();
  client.ask('SET', 'k', 'v', 'GET');
  expect(events.filter(({ kind }) => kind === 'replicate')).toEqual([]);
  follow(lab);
  client.ask('SET', 'k', 'w', 'GET');
  expect(events.filter(({ kind }) => kind === 'replicate')).toEqual([{ kind: 'replicate', token: 2, db: 0, argv: ['SET', 'k', 'w'] }]);
});
