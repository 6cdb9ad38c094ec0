/** Host names of masters and of the servers that keys migrate to: looked up by the helper thread, and connected to when it has answered. */
import { describe, expect, test } from 'vitest';
import type { SettingValues } from '../../../src/server/config.js';
import { type Lab, request, ScriptedHelper, simulate } from '../simulation/harness.js';

const IP = '192.0.2.1';

interface Named extends Disposable {
  readonly lab: Lab;
  readonly helper: ScriptedHelper;
  /** What the other server has been sent; null: there is no connection. */
  heard(): string | null;
}

function named(settings: Partial<SettingValues> = {}): Named {
  const helper = new ScriptedHelper();
  const lab = simulate({ helper, settings });
  const remote = lab.poll.addRemote({ host: IP, port: 7002 });
  const heard = (): string | null => {
    lab.settle();
    const peer = remote.accept();
    lab.settle();
    return peer === undefined ? null : peer.receive();
  };
  return { lab, helper, heard, [Symbol.dispose]: () => lab[Symbol.dispose]() };
}

const FOUND = { value: 0, text: IP, error: null };
const NOT_FOUND = { value: 0, error: { code: 'ENOTFOUND', message: 'getaddrinfo ENOTFOUND db.example' } };

describe('a master with a name', () => {
  test('is connected to at the address that was found; while the lookup lasts, no second one begins', () => {
    using all = named({ replicaof: 'db.example 7002' });
    const { lab, helper } = all;
    for (let seconds = 0; seconds < 3; seconds++) lab.advance(1000);
    expect(helper.waiting).toEqual([{ kind: 'lookup', host: 'db.example' }]);
    expect(all.heard()).toBeNull();
    helper.finish(FOUND);
    expect(all.heard()).toBe(request('PING'));
    expect(lab.connect().ask('INFO', 'replication')).toContain('master_host:db.example\r\n');
  });

  test('that has no address is looked up again a second later, and the log says so', () => {
    using all = named({ replicaof: 'db.example 7002' });
    const { lab, helper } = all;
    lab.advance(1000);
    helper.finish(NOT_FOUND);
    lab.settle();
    expect(lab.log.at(-1)).toContain('Unable to connect to MASTER: the name db.example cannot be resolved (ENOTFOUND)');
    expect(helper.waiting).toEqual([]);
    lab.advance(1000);
    expect(helper.waiting).toEqual([{ kind: 'lookup', host: 'db.example' }]);
    helper.finish(FOUND);
    expect(all.heard()).toBe(request('PING'));
  });

  test('is forgotten when another one is named meanwhile', () => {
    using all = named();
    const { lab, helper } = all;
    const client = lab.connect();
    expect(client.ask('REPLICAOF', 'db.example', '7002')).toBe('+OK\r\n');
    expect(client.ask('REPLICAOF', 'other.example', '7002')).toBe('+OK\r\n');
    helper.finish(FOUND);
    expect(all.heard()).toBeNull();
    helper.finish(FOUND);
    expect(all.heard()).toBe(request('PING'));
  });

  test('is not looked up if it is localhost', () => {
    using all = named({ replicaof: 'LocalHost 7002' });
    all.lab.advance(1000);
    expect(all.helper.waiting).toEqual([]);
  });
});

describe('MIGRATE to a name', () => {
  test('goes to the address that was found', () => {
    using all = named();
    const { lab, helper } = all;
    const client = lab.connect();
    client.ask('SET', 'k', 'v');
    expect(client.ask('MIGRATE', 'db.example', '7002', 'k', '0', '1000')).toBe('');
    helper.finish(FOUND);
    expect(all.heard()).toContain(request('SELECT', '0'));
  });

  test.each(['cannot be resolved', 'is not answered in time'])('that %s ends with the error of a failed connection, and the key stays', (what) => {
    using all = named();
    const { lab, helper } = all;
    const client = lab.connect();
    client.ask('SET', 'k', 'v');
    client.ask('MIGRATE', 'db.example', '7002', 'k', '0', '500');
    if (what === 'cannot be resolved') {
      helper.finish(NOT_FOUND);
      lab.settle();
      expect(lab.log.at(-1)).toContain('MIGRATE: the name db.example cannot be resolved (ENOTFOUND)');
    } else lab.advance(500);
    expect(client.receive()).toBe('-IOERR error or timeout connecting to the client\r\n');
    if (what !== 'cannot be resolved') helper.finish(FOUND);
    expect(all.heard()).toBeNull();
    expect(client.ask('GET', 'k')).toBe('$1\r\nv\r\n');
  });
});
