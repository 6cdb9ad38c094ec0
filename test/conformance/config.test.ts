import { describe, expect, test } from 'vitest';
import { Config, SETTINGS, type SettingName } from '../../src/server/config.js';
import { settingNames, settingOf } from '../../src/server/config/settings.js';
import { askRedis } from '../support/recordings.js';
import { RespClient, type Wire } from '../support/resp-client.js';

/** Different by intent; see docs/differences.md. */
const OWN_DEFAULTS = new Set(['bind', 'port', 'dir', 'enable-debug-command', 'save']);

const VALUES = ['abc', '', '-1', '0', '1', '50%', '101%', '1kb', '1GB', '1tb', '18446744073709551615', '-99999999999999', '007', 'yes', 'NO', ' 5', '5.0', 'a b', '1 2 3', '10 2', 'normal 1mb 2 3', 'now force'];
/** Setting these would cut the test off, or needs more of the system than a value. */
const UNTOUCHED = new Set(['requirepass', 'port', 'bind', 'maxclients', 'maxmemory', 'proto-max-bulk-len', 'maxmemory-clients', 'client-query-buffer-limit', 'oom-score-adj', 'oom-score-adj-values', 'appendonly', 'list-max-listpack-size', 'watchdog-period', 'client-output-buffer-limit', 'activedefrag']);

function setHere(name: string, value: string): string {
  const refusal = new Config().setAll([[name, value]], false);
  if (refusal === null) return 'OK';
  return refusal.isUnknown ? `ERR Unknown option or number of arguments for CONFIG SET - '${name}'` : `ERR CONFIG SET failed (possibly related to argument '${name}') - ${refusal.complaint}`;
}

function textOf(reply: Wire): string {
  if (typeof reply === 'object' && reply !== null && 'simple' in reply) return reply.simple;
  return (reply as { error: string }).error;
}

describe('the settings table, compared with redis-server', () => {
  test('names and defaults are the same', async () => {
    const theirs = await askRedis('settings', async (redis) => {
      await using client = await RespClient.connect(redis.port);
      const flat = (await client.call('CONFIG', 'GET', '*')) as string[];
      return Object.fromEntries(flat.flatMap((name, i) => (i % 2 === 0 && !name.startsWith('tls-') && !OWN_DEFAULTS.has(name) ? [[name, flat[i + 1]!]] : [])));
    });
    const config = new Config();
    const ours = Object.fromEntries([...settingNames()].filter(([, name]) => settingOf(name).hidden !== true).map(([name, setting]) => [name, config.text(setting)]));
    for (const name of OWN_DEFAULTS) delete ours[name];
    expect(ours).toEqual(theirs);
  });

  test('what CONFIG SET takes and refuses, and in which words, is the same', async () => {
    const names = [...(Object.keys(SETTINGS) as SettingName[]).filter((name) => !UNTOUCHED.has(name)), 'no-such-setting'];
    const replies = async (set: (name: string, value: string) => string | Promise<string>): Promise<{ [name: string]: { [value: string]: string } }> => {
      const all: { [name: string]: { [value: string]: string } } = {};
      for (const name of names) {
        all[name] = {};
        for (const value of VALUES) all[name][value] = await set(name, value);
      }
      return all;
    };
    const theirs = await askRedis('config-set', async (redis) => {
      await using client = await RespClient.connect(redis.port);
      return await replies(async (name, value) => textOf(await client.call('CONFIG', 'SET', name, value)));
    });
    expect(await replies(setHere)).toEqual(theirs);
  });
});
