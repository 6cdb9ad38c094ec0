/** Users: the permission check, and everything that asks it. */
import { expect, test } from 'vitest';
import { User } from '../../../src/server/features/users/user.js';
import { simulate } from '../simulation/harness.js';

test('commands, the children of EXEC and scripts ask one permission check', () => {
  using lab = simulate();
  const client = lab.connect();
  const [session] = lab.server.sessions.values();
  const nobody = new User('nobody');
  nobody.isUnrestricted = false;
  client.ask('MULTI');
  client.ask('SET', 'a', '1');
  session!.user = nobody;
  expect(client.ask('GET', 'a')).toBe("-NOPERM this user has no permissions to run the 'get' command\r\n");
  session!.user = lab.server.users.default;
  expect(client.ask('DISCARD')).toBe('+OK\r\n');
  expect(lab.server.aclLog.newest(9).map(({ context, object, username }) => [context, object, username])).toEqual([['multi', 'get', 'nobody']]);
  lab.server.aclLog.reset();

  const mayRun = ['EVAL', "local ok, err = pcall(redis.call, 'set', 'a', '1') return {tostring(redis.acl_check_cmd('get', 'a')), err}", '0'];
  const { call } = lab.server.dispatcher;
  lab.server.dispatcher.call = function (asker, command, argv) {
    if (command.name === 'eval') asker.user = nobody;
    return call.call(this, asker, command, argv);
  };
  expect(client.ask(...mayRun)).toContain("The user executing the script can't run this command or subcommand");
  expect(lab.server.aclLog.newest(9).map(({ context, object }) => [context, object])).toEqual([['lua', 'set']]);
});
