import { describe, expect, test } from 'vitest';
import { simulate } from '../simulation/harness.js';

describe('SHUTDOWN', () => {
  test.each([[[]], [['NOSAVE']], [['NOW', 'FORCE']]])('%j ends the loop without an answer', (options) => {
    using lab = simulate();
    const client = lab.connect();
    expect(client.ask('SHUTDOWN', ...options)).toBe('');
    expect(lab.server.loop.isStopped).toBe(true);
  });

  test('SAVE is refused where nothing can be written, unless FORCE is given', () => {
    // The name of a folder, which cannot be used for a file.
    using lab = simulate({ settings: { dir: '/proc', dbfilename: 'self' } });
    const client = lab.connect();
    expect(client.ask('SHUTDOWN', 'SAVE')).toBe('-ERR Errors trying to SHUTDOWN. Check logs.\r\n');
    expect(lab.server.loop.isStopped).toBe(false);
    expect(client.ask('SHUTDOWN', 'SAVE', 'FORCE')).toBe('');
    expect(lab.server.loop.isStopped).toBe(true);
  });
});

describe('DEBUG', () => {
  test('is refused unless the setting allows it', () => {
    using lab = simulate();
    expect(lab.connect().ask('DEBUG', 'SLEEP', '0')).toMatch(/^-ERR DEBUG command not allowed\. /);
  });

  test('… and so is MODULE LOAD, both before permissions are checked', () => {
    using lab = simulate({ settings: { requirepass: 'secret' } });
    const client = lab.connect();
    expect(client.ask('DEBUG', 'SLEEP', '0')).toMatch(/^-ERR DEBUG command not allowed\. If the enable-debug-command option /);
    expect(client.ask('MODULE', 'LOAD', 'x')).toMatch(/^-ERR MODULE command not allowed\. If the enable-module-command option /);
    expect(client.ask('MODULE', 'LIST')).toBe('-NOAUTH Authentication required.\r\n');
  });

  test('HTSTATS counts all keys, in small and in large tables', () => {
    using lab = simulate({ settings: { 'enable-debug-command': 'yes', 'hash-max-listpack-entries': 2 } });
    const client = lab.connect();
    expect(client.ask('DEBUG', 'HTSTATS', '0')).toContain('No stats available for empty dictionaries');
    expect(client.ask('DEBUG', 'HTSTATS', '16')).toBe('-ERR Out of range database\r\n');
    for (const count of ['100', '40000']) {
      client.ask('DEBUG', 'POPULATE', count);
      const stats = client.ask('DEBUG', 'HTSTATS', '0');
      expect(stats).toContain(` number of elements: ${count}\n`);
      const chains = [...stats.matchAll(/^ {3}(\d+): (\d+) \(/gm)].map(([, length, positions]) => [Number(length), Number(positions)] as const);
      expect(chains.reduce((sum, [length, positions]) => sum + length * positions, 0)).toBe(Number(count));
      expect(chains.reduce((sum, [, positions]) => sum + positions, 0)).toBe(Number(/table size: (\d+)/.exec(stats)![1]));
    }
    client.ask('HSET', 'h', 'a', '1', 'b', '2');
    expect(client.ask('DEBUG', 'HTSTATS-KEY', 'h')).toBe('-ERR The value stored at the specified key is not represented using an hash table\r\n');
    client.ask('HSET', 'h', 'c', '3');
    expect(client.ask('DEBUG', 'HTSTATS-KEY', 'h')).toContain(' number of elements: 3\n');
    expect(client.ask('DEBUG', 'HTSTATS-KEY', 'key:1')).toContain('not represented using an hash table');
  });

  test('STRINGMATCH-TEST comes to an end', () => {
    using lab = simulate({ settings: { 'enable-debug-command': 'yes' } });
    expect(lab.connect().ask('DEBUG', 'STRINGMATCH-TEST')).toBe('+Apparently Redis did not crash: test passed\r\n');
  });

  test('OBJECT finds an expired key that has not been deleted yet', () => {
    using lab = simulate({ settings: { 'enable-debug-command': 'yes' } });
    const client = lab.connect();
    client.ask('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    client.ask('SET', 'k', 'v', 'PX', '1');
    lab.advance(10);
    expect(client.ask('DEBUG', 'OBJECT', 'k')).toContain('encoding:embstr');
    expect(client.ask('DEBUG', 'SDSLEN', 'k')).toContain('val_sds_len:1');
    expect(client.ask('GET', 'k')).toBe('$-1\r\n');
    expect(client.ask('DEBUG', 'OBJECT', 'k')).toBe('-ERR no such key\r\n');
  });

  test('local allows clients of this machine', () => {
    using lab = simulate({ settings: { 'enable-debug-command': 'local' } });
    expect(lab.connect().ask('DEBUG', 'SLEEP', '0')).toBe('+OK\r\n');
  });
});

describe('CONFIG SET', () => {
  test('protected settings need enable-protected-configs', () => {
    using lab = simulate({ settings: { 'enable-protected-configs': 'local' } });
    const client = lab.connect();
    expect(client.ask('CONFIG', 'SET', 'dbfilename', 'a.rdb')).toBe('+OK\r\n');
    expect(client.ask('CONFIG', 'SET', 'dbfilename', 'a/b')).toBe("-ERR CONFIG SET failed (possibly related to argument 'dbfilename') - dbfilename can't be a path, just a filename\r\n");
  });

  test('loglevel takes effect at once', () => {
    using lab = simulate({ settings: { 'enable-debug-command': 'yes' } });
    const client = lab.connect();
    lab.server.log('verbose', 'one');
    client.ask('CONFIG', 'SET', 'loglevel', 'verbose');
    lab.server.log('verbose', 'two');
    expect(lab.log).toEqual(['verbose: two']);
  });
});

test('FLUSHALL empties all databases, and each key counts as a change', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'a', '1');
  client.ask('SELECT', '3');
  client.ask('SET', 'b', '1');
  const { dirty } = lab.server.keyspace;
  expect(client.ask('FLUSHALL')).toBe('+OK\r\n');
  expect(lab.server.keyspace.databases.every((db) => db.size === 0)).toBe(true);
  expect(lab.server.keyspace.dirty).toBe(dirty + 2);
});

test('LOLWUT draws the same picture from the same seed', () => {
  const picture = (seed: number): string => {
    using lab = simulate({ seed });
    return lab.connect().ask('LOLWUT', 'VERSION', '6', '40', '8');
  };
  expect(picture(7)).toBe(picture(7));
  expect(picture(7)).not.toBe(picture(8));
  expect(picture(7)).toContain('Redis ver. 7.0.15');
});
