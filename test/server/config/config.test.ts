import { expect, test } from 'vitest';
import { Config, ConfigError, SETTINGS, type SettingName } from '../../../src/server/config.js';
import { formatSetting, parseSetting } from '../../../src/server/config/setting.js';
import { settingOf } from '../../../src/server/config/settings.js';
import { matchesGlob as stringMatch } from '../../../src/server/keyspace/glob.js';

function set(config: Config, ...words: string[]): void {
  const refusal = config.setAll(pairs(words), false);
  if (refusal !== null) throw refusal;
}

function pairs(words: string[]): [string, string][] {
  return Array.from({ length: words.length / 2 }, (_, i) => [words[2 * i]!, words[2 * i + 1]!]);
}

test.each(Object.keys(SETTINGS) as SettingName[])('%s: the default is an allowed value, and its text reads back as the same', (name) => {
  const setting = settingOf(name);
  if (name === 'replicaof' || name === 'dir') return expect(setting.default).toBeTypeOf('string');
  const text = formatSetting(setting, setting.default);
  expect(formatSetting(setting, parseSetting(setting, [text]))).toBe(text);
});

test.each([
  ['maxmemory', '1gb', 1073741824],
  ['maxmemory', '1g', 1000000000],
  ['maxmemory', '100', 100],
  ['maxmemory-clients', '5%', -5],
  ['appendonly', 'YES', true],
  ['loglevel', 'DEBUG', 'debug'],
  ['hz', '100000', 500],
  ['notify-keyspace-events', 'KEA', 'AKE'],
  ['notify-keyspace-events', 'xgK', 'gxK'],
  ['save', '900 1 300 10', '900 1 300 10'],
  ['latency-tracking-info-percentiles', '50 99.123 0', [50, 99.123, 0]],
  ['lua-time-limit', '99', 99],
] as const)('%s %s is kept as %j', (name, text, value) => {
  const config = new Config();
  set(config, name, text);
  const current = config.values[name === 'lua-time-limit' ? 'busy-reply-threshold' : name];
  expect(current).toEqual(value);
});

test('classes of client-output-buffer-limit that are not named keep their limits', () => {
  const config = new Config();
  set(config, 'client-output-buffer-limit', 'pubsub 1mb 2 3');
  expect(config.text('client-output-buffer-limit')).toBe('normal 0 0 0 slave 268435456 67108864 60 pubsub 1048576 2 3');
});

test('CONFIG SET of several is all or nothing', () => {
  const config = new Config();
  expect(() => set(config, 'maxmemory', '100', 'hz', 'often')).toThrow(ConfigError);
  expect(config.values.maxmemory).toBe(0);
});

test('a listener that refuses reverts everything, and listeners called before are called again', () => {
  const config = new Config();
  const told: number[] = [];
  config.onChange('maxmemory', (value) => void told.push(value));
  config.onChange('maxclients', () => 'no more descriptors');
  expect(() => set(config, 'maxmemory', '100', 'maxclients', '5')).toThrow('maxclients: no more descriptors');
  expect(told).toEqual([100, 0]);
  expect(config.values.maxmemory).toBe(0);
});

test('values set by a program are checked as well', () => {
  expect(() => new Config({ port: 99999 })).toThrow('port: argument must be between 0 and 65535 inclusive');
  expect(() => new Config({ port: '1' as never })).toThrow('port: must be a number');
  expect(() => new Config({ prot: 1 } as never)).toThrow('prot: there is no such setting');
});

test('patterns match names and former names, but not hidden settings', () => {
  const config = new Config();
  expect(config.find('hash-max-*-entries', stringMatch).map(([name]) => name)).toEqual(['hash-max-listpack-entries', 'hash-max-ziplist-entries']);
  expect(config.find('watchdog*', stringMatch)).toEqual([]);
  expect(config.find('watchdog-period', stringMatch)).toEqual([['watchdog-period', '0']]);
  expect(config.find('MAXMEMORY', stringMatch)).toEqual([['MAXMEMORY', '0']]);
});
