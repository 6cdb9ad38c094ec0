import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { Config, ConfigReader, SETTINGS, type SettingValues } from '../../../src/server/config.js';
import { rewriteText, splitWords } from '../../../src/server/config/file.js';

function read(text: string): Partial<SettingValues> {
  const reader = new ConfigReader();
  reader.text(text, 'redis.conf');
  return reader.values;
}

test.each([
  ['port 7000', ['port', '7000']],
  ['  port\t7000  ', ['port', '7000']],
  ['# port 7000', []],
  ['', []],
  ['requirepass "a b"', ['requirepass', 'a b']],
  [String.raw`requirepass "a\"\x41\n"`, ['requirepass', 'a"A\n']],
  [String.raw`requirepass 'a\'b\n'`, ['requirepass', String.raw`a'b\n`]],
  ['save ""', ['save', '']],
  ['requirepass "a', null],
  ['requirepass "a"b', null],
])('%j has the words %j', (line, words) => {
  expect(splitWords(line)).toEqual(words);
});

test('a redis.conf is parsed into typed values, with names in any case and former names', () => {
  expect(read('PORT 7000\nlua-time-limit 99\nappendonly yes\nmaxmemory 1gb\nclient-output-buffer-limit replica 0 0 0\n')).toMatchObject({
    port: 7000,
    'busy-reply-threshold': 99,
    appendonly: true,
    maxmemory: 1073741824,
    'client-output-buffer-limit': { slave: { hard: 0 }, pubsub: { hard: 33554432 } },
  });
});

test('save lines add up, and an empty one clears them', () => {
  expect(read('save 900 1\nsave 300 10').save).toBe('900 1 300 10');
  expect(read('save 900 1\nsave ""').save).toBe('');
});

test.each([
  ['prot 7000', "redis.conf:2: 'prot 7000': Bad directive or wrong number of arguments"],
  ['port many', "redis.conf:2: 'port many': argument couldn't be parsed into an integer"],
  ['port', "redis.conf:2: 'port': wrong number of arguments"],
  ['port 1 2', "redis.conf:2: 'port 1 2': wrong number of arguments"],
  ['requirepass "a', "redis.conf:2: 'requirepass \"a': unbalanced quotes"],
  ['rename-command GET ""', "redis.conf:2: 'rename-command GET \"\"': not supported"],
  ['dir /no/such/place', "redis.conf:2: 'dir /no/such/place': No such file or directory"],
])('%j is refused with its place', (line, message) => {
  expect(() => read(`# first\n${line}\n`)).toThrow(message);
});

const directories: string[] = [];
afterEach(() => directories.splice(0).forEach((directory) => rmSync(directory, { recursive: true })));

function directory(): string {
  const path = mkdtempSync(join(tmpdir(), 'redis-lab-conf-'));
  directories.push(path);
  return path;
}

test('include reads another file at that place, relative to its own folder, and errors name the file', () => {
  const path = directory();
  writeFileSync(join(path, 'main.conf'), 'port 1\ninclude other.conf\n');
  writeFileSync(join(path, 'other.conf'), 'port 2\n');
  const reader = new ConfigReader();
  reader.file(join(path, 'main.conf'));
  const { values } = reader;
  expect(values.port).toBe(2);
  writeFileSync(join(path, 'other.conf'), '\nport x\n');
  expect(() => new ConfigReader().file(join(path, 'main.conf'))).toThrow('other.conf:2:');
  writeFileSync(join(path, 'other.conf'), 'include main.conf\n');
  expect(() => new ConfigReader().file(join(path, 'main.conf'))).toThrow('include each other');
  expect(() => new ConfigReader().file(join(path, 'none.conf'))).toThrow('no such file or directory');
});

test('include takes a pattern: reads matching files in order, or none', () => {
  const path = directory();
  for (const [name, text] of Object.entries({ 'b.conf': 'port 2\n', 'a.conf': 'port 1\nhz 11\n', '.c.conf': 'port 3\n', 'd.txt': 'port 4\n' })) writeFileSync(join(path, name), text);
  const include = (pattern: string): Partial<SettingValues> => {
    const reader = new ConfigReader();
    reader.text(`include ${pattern}`, 'redis.conf');
    return reader.values;
  };
  expect(include(join(path, '*.conf'))).toEqual({ port: 2, hz: 11 });
  expect(include(join(path, '[!b].conf'))).toEqual({ port: 1, hz: 11 });
  expect(include(join(path, '?.tx[a-z]'))).toEqual({ port: 4 });
  expect(include(join(path, '.?.conf'))).toEqual({ port: 3 });
  expect(include(join(path.replace(/redis-lab-conf-/, 'redis-lab-c*-'), 'b.conf'))).toEqual({ port: 2 });
  expect(include(join(path, 'none*.conf'))).toEqual({});
  expect(include(join(path, '[z-a].conf'))).toEqual({});
  expect(include(join(path, 'a.conf', '*'))).toEqual({});
});

test.each([
  ['save', { save: '' }],
  ['save 1 1\nsave', { save: '' }],
  ['bind', { bind: '' }],
  ['latency-tracking-info-percentiles', { 'latency-tracking-info-percentiles': [] }],
  ['client-output-buffer-limit', { 'client-output-buffer-limit': SETTINGS['client-output-buffer-limit'].default }],
])('%j needs no value', (text, values) => {
  expect(read(text)).toEqual(values);
});

test.each(['shutdown-on-sigint', 'notify-keyspace-events', 'requirepass', 'maxmemory-policy'])('%s needs one', (name) => {
  expect(() => read(name)).toThrow('wrong number of arguments');
});

test('rewriting keeps comments, order and unchanged lines, and reads back as the same', () => {
  const file = '# mine\nPORT 7000\n\nmaxmemory 1kb\nsave 900 1\nsave 300 10\n';
  const config = new Config(read(file));
  config.setAll([['maxmemory', '2kb'], ['requirepass', 'a "b"'], ['hz', '20']], false);
  const rewritten = rewriteText(file, config.values);
  expect(rewritten).toBe('# mine\nPORT 7000\n\nmaxmemory 2048\nsave 900 1 300 10\n\n# Written by CONFIG REWRITE\nhz 20\nrequirepass "a \\"b\\""\n');
  expect(new Config(read(rewritten)).values).toEqual(config.values);
  expect(rewriteText(rewritten, config.values)).toBe(rewritten);
});

test('rewrite replaces the file that was read', () => {
  const path = join(directory(), 'redis.conf');
  writeFileSync(path, 'port 7000\n');
  const config = new Config({ port: 7000 }, path);
  config.set('hz', 50);
  config.rewrite([]);
  expect(readFileSync(path, 'latin1')).toContain('hz 50');
});

test('any bytes of a text survive rewriting and reading', () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 255 })).map((codes) => String.fromCharCode(...codes));
  fc.assert(
    fc.property(bytes, (requirepass) => {
      const rewritten = rewriteText('', new Config({ requirepass }).values);
      expect(read(rewritten).requirepass ?? '').toBe(requirepass);
    }),
  );
});

test('any file is read or refused, without other errors', () => {
  const line = fc.tuple(fc.constantFrom('port', 'save', 'bind', 'client-output-buffer-limit', 'notify-keyspace-events', 'maxmemory', 'x'), fc.string()).map(([name, rest]) => `${name} ${rest}`);
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      try {
        read(lines.join('\n'));
      } catch (error) {
        expect((error as Error).name).toBe('ConfigFileError');
      }
    }),
  );
});

test('a configuration without end is refused', () => {
  expect(() => new ConfigReader().file('/dev/zero')).toThrow("cannot read the configuration file '/dev/zero': it has more than 16 MiB");
});
