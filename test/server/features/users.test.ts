/** Users: the permission check, and everything that uses it. Compared with a redis-server in test/fuzz/users.test.ts. */
import { describe, expect, test } from 'vitest';
import { type Lab, type LabClient, simulate } from '../simulation/harness.js';

const OK = '+OK\r\n';

function as(lab: Lab, name: string, ...rules: string[]): LabClient {
  const client = lab.connect();
  expect(client.ask('ACL', 'SETUSER', name, 'on', 'nopass', ...rules)).toBe(OK);
  expect(client.ask('AUTH', name, 'x')).toBe(OK);
  return client;
}

const denials = (lab: Lab): unknown[] => lab.server.aclLog.newest(9).map(({ reason, context, object, username }) => [reason, context, object, username].join(' '));

describe('one check', () => {
  test('commands and keys', () => {
    using lab = simulate();
    const alice = as(lab, 'alice', '+get', '+set', '+mget', '~a:*', '%R~b:*');
    expect(alice.ask('SET', 'a:1', 'x')).toBe(OK);
    expect(alice.ask('MGET', 'a:1', 'b:1')).toBe('*2\r\n$1\r\nx\r\n$-1\r\n');
    expect(alice.ask('SET', 'b:1', 'x')).toBe('-NOPERM this user has no permissions to access one of the keys used as arguments\r\n');
    expect(alice.ask('DEL', 'a:1')).toBe("-NOPERM this user has no permissions to run the 'del' command\r\n");
    expect(denials(lab)).toEqual(['command toplevel del alice', 'key toplevel b:1 alice']);
  });

  test('the children of EXEC', () => {
    using lab = simulate();
    const admin = lab.connect();
    const alice = as(lab, 'alice', '+multi', '+exec', '+set', '+ping', '~*');
    for (const request of [['MULTI'], ['SET', 'k', 'v'], ['PING']]) alice.ask(...request);
    expect(admin.ask('ACL', 'SETUSER', 'alice', '-set')).toBe(OK);
    expect(alice.ask('EXEC')).toBe(
      '*2\r\n-NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the ' +
        'following reason: no permission to execute the command or subcommand\r\n+PONG\r\n',
    );
    expect(admin.ask('EXISTS', 'k')).toBe(':0\r\n');
    expect(denials(lab)).toEqual(['command multi set alice']);
  });

  test('scripts', () => {
    using lab = simulate();
    const alice = as(lab, 'alice', '+eval', '+get', '~a');
    expect(alice.ask('EVAL', "return tostring(redis.acl_check_cmd('get', 'a')) .. tostring(redis.acl_check_cmd('get', 'b'))", '0')).toBe('$9\r\ntruefalse\r\n');
    expect(alice.ask('EVAL', "return redis.call('get', 'b')", '0')).toMatch(
      /^-ERR The user executing the script can't access at least one of the keys mentioned in the command arguments script: /,
    );
    expect(denials(lab)).toEqual(['key lua b alice']);
  });

  test('channels', () => {
    using lab = simulate();
    const alice = as(lab, 'alice', '+@pubsub', '&news:*');
    expect(alice.ask('PUBLISH', 'news:1', 'x')).toBe(':0\r\n');
    expect(alice.ask('PUBLISH', 'other', 'x')).toBe('-NOPERM this user has no permissions to access one of the channels used as arguments\r\n');
    expect(alice.ask('PSUBSCRIBE', 'news:1*')).toMatch(/^-NOPERM/);
    expect(alice.ask('PSUBSCRIBE', 'news:*')).toMatch(/^\*3/);
    expect(denials(lab)).toEqual(['channel toplevel news:1* alice', 'channel toplevel other alice']);
  });
});

test('the connections of deleted users end, and those of subscribers that have lost a channel', () => {
  using lab = simulate();
  const admin = lab.connect();
  const alice = as(lab, 'alice', '+@all', '&*');
  const bob = as(lab, 'bob', '+@all', '&a', '&b');
  bob.ask('SUBSCRIBE', 'b');
  expect(admin.ask('ACL', 'SETUSER', 'bob', 'resetchannels', '&b')).toBe(OK);
  expect(bob.isClosedByServer).toBe(false);
  expect(admin.ask('ACL', 'SETUSER', 'bob', 'resetchannels', '&a')).toBe(OK);
  expect(bob.isClosedByServer).toBe(true);
  expect(admin.ask('ACL', 'DELUSER', 'alice', 'nobody')).toBe(':1\r\n');
  expect(alice.isClosedByServer).toBe(true);
});

test('requirepass sets the password of the user default', () => {
  using lab = simulate({ settings: { requirepass: 'one' } });
  const client = lab.connect();
  expect(client.ask('PING')).toMatch(/^-NOAUTH/);
  expect(client.ask('AUTH', 'one')).toBe(OK);
  expect(client.ask('CONFIG', 'SET', 'requirepass', 'two')).toBe(OK);
  expect(lab.connect().ask('AUTH', 'one')).toMatch(/^-WRONGPASS/);
  expect(lab.connect().ask('AUTH', 'default', 'two')).toBe(OK);
  expect(client.ask('ACL', 'SETUSER', 'default', 'nopass')).toBe(OK);
  expect(lab.connect().ask('PING')).toBe('+PONG\r\n');
});
