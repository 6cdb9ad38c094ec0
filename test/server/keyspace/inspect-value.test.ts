import { expect, test } from 'vitest';
import { inspectKeys } from '../../../src/server/keyspace/inspect.js';
import { inspectValue, STRING_ROW_BYTES, type ValueView } from '../../../src/server/keyspace/inspect-value.js';
import { simulate, type Lab } from '../simulation/harness.js';

const page = (lab: Lab, key: string, offset = 0, limit = 3): ValueView | null => inspectValue(lab.server.keyspace, { db: 0, key, offset, limit });
const items = (view: ValueView | null): string[][] | undefined => view?.items.map(({ label, text }) => [label, text]);
const numbers = Array.from({ length: 10 }, (_, i) => String(i));

test('a string is shown in rows of bytes', () => {
  using lab = simulate();
  lab.connect().ask('SET', 'k', 'ab'.repeat(STRING_ROW_BYTES));
  expect(page(lab, 'k')).toMatchObject({ type: 'string', encoding: 'raw', count: 2 });
  expect(items(page(lab, 'k', 1))).toEqual([['64', 'ab'.repeat(32)]]);
});

test.each([['SET', 'k', '42'], ['APPEND', 'k', '42'], ['SETRANGE', 'k', '0', '42']])('a string is shown whatever its form: %s', (...command) => {
  using lab = simulate();
  lab.connect().ask(...command);
  expect(items(page(lab, 'k'))).toEqual([['0', '42']]);
});

test('a list is shown from both ends', () => {
  using lab = simulate();
  lab.connect().ask('RPUSH', 'k', ...numbers);
  const view = page(lab, 'k', 2);
  expect(items(view)).toEqual([['2', '2'], ['3', '3'], ['4', '4']]);
  expect(view!.tail.map(({ label, text }) => [label, text])).toEqual([['7', '7'], ['8', '8'], ['9', '9']]);
});

test('the end of a list is not shown twice', () => {
  using lab = simulate();
  lab.connect().ask('RPUSH', 'k', ...numbers);
  expect([page(lab, 'k', 0, 8)!.tail.map(({ text }) => text), page(lab, 'k', 0, 10)!.tail]).toEqual([['8', '9'], []]);
});

test('a hash is shown as fields and values, a set as members, a sorted set by score', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('HSET', 'h', 'f', 'v', 'g', 'w');
  client.ask('SADD', 'i', '3', '1', '2');
  client.ask('SADD', 's', 'x');
  client.ask('ZADD', 'z', '2.5', 'b', '-1', 'a', 'inf', 'c', '-inf', 'd');
  expect(items(page(lab, 'h'))).toEqual([['f', 'v'], ['g', 'w']]);
  expect(items(page(lab, 'i'))).toEqual([['', '1'], ['', '2'], ['', '3']]);
  expect(items(page(lab, 's'))).toEqual([['', 'x']]);
  expect(items(page(lab, 'z', 0, 9))).toEqual([['-inf', 'd'], ['-1', 'a'], ['2.5', 'b'], ['inf', 'c']]);
});

test('a stream is shown as entries with their IDs, without deleted ones, and with its groups', () => {
  using lab = simulate({ settings: { 'stream-node-max-entries': 4 } });
  const client = lab.connect();
  for (let i = 1; i <= 12; i++) client.ask('XADD', 'x', `${i}-0`, 'n', String(i), 'm', 'y');
  client.ask('XDEL', 'x', '2-0');
  client.ask('XGROUP', 'CREATE', 'x', 'readers', '0');
  client.ask('XREADGROUP', 'GROUP', 'readers', 'ada', 'COUNT', '3', 'STREAMS', 'x', '>');
  expect(page(lab, 'x')).toMatchObject({ type: 'stream', count: 11, groups: [{ label: 'readers', text: 'consumers 1, pending 3, last delivered 4-0' }] });
  expect(items(page(lab, 'x', 1, 4))).toEqual([3, 4, 5, 6].map((n) => [`${n}-0`, `n=${n} m=y`]));
  expect(items(page(lab, 'x', 10, 4))).toEqual([['12-0', 'n=12 m=y']]);
});

test('large collections are shown from the requested offset', () => {
  using lab = simulate();
  const many = Array.from({ length: 1000 }, (_, i) => String(i).padStart(4, '0'));
  const client = lab.connect();
  client.ask('ZADD', 'z', ...many.flatMap((name, i) => [String(i), name]));
  client.ask('HSET', 'h', ...many.flatMap((name) => [name, name]));
  client.ask('SADD', 's', ...many.map((name) => `m${name}`));
  expect(items(page(lab, 'z', 500, 2))).toEqual([['500', '0500'], ['501', '0501']]);
  expect([page(lab, 'h', 998, 9)!.items.length, page(lab, 's', 998, 9)!.items.length]).toEqual([2, 2]);
});

test('after the end there is nothing, and long items are cut', () => {
  using lab = simulate();
  lab.connect().ask('RPUSH', 'k', 'x'.repeat(1000));
  expect(page(lab, 'k', 5)).toMatchObject({ count: 1, items: [] });
  expect(page(lab, 'k')!.items[0]).toMatchObject({ text: 'x'.repeat(256), bytes: 1000 });
});

test('a missing key and a missing database give null', () => {
  using lab = simulate();
  expect([page(lab, 'k'), inspectValue(lab.server.keyspace, { db: 99, key: 'k', offset: 0, limit: 1 })]).toEqual([null, null]);
});

test('inspecting touches nothing: a key that is due still exists, and its idle time runs on', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', 'due', 'v', 'PX', '1');
  client.ask('SET', 'k', 'v');
  lab.clock.advance(5000);
  expect(items(page(lab, 'due'))).toEqual([['0', 'v']]);
  page(lab, 'k');
  expect(lab.server.keyspace.stats.expired).toBe(0);
  expect(inspectKeys(lab.server.keyspace, { db: 0, limit: 9, order: 'name' }).map(({ key, idleMs }) => [key, idleMs])).toEqual([['due', 5000], ['k', 5000]]);
});

test('keys can be listed by their last use', () => {
  using lab = simulate();
  const client = lab.connect();
  for (const key of ['a', 'b', 'c']) {
    client.ask('SET', key, 'v');
    lab.clock.advance(2000);
  }
  client.ask('GET', 'a');
  expect(inspectKeys(lab.server.keyspace, { db: 0, limit: 2, order: 'recent' }).map(({ key }) => key)).toEqual(['a', 'c']);
});

test('a preview is the beginning of a value', () => {
  using lab = simulate();
  const client = lab.connect();
  client.ask('SET', '1 string', 'x'.repeat(200));
  client.ask('APPEND', '2 raw', 'abc');
  client.ask('RPUSH', '3 list', ...numbers);
  client.ask('HSET', '4 hash', 'name', 'Ada', 'mail', 'ada@example.org');
  client.ask('ZADD', '5 zset', '2', 'b', '1', 'a');
  client.ask('SADD', '6 set', '1', '2');
  client.ask('XADD', '7 stream', '1-1', 'n', '1');
  client.ask('RPUSH', '8 long', 'y'.repeat(200));
  const rows = inspectKeys(lab.server.keyspace, { db: 0, limit: 9, order: 'name' });
  expect(rows.map(({ preview }) => preview)).toEqual(['x'.repeat(128), 'abc', '0, 1, 2, 3, ...', 'name=Ada, mail=ada@example.org', 'a=1, b=2', '1, 2', '1-1 n=1', `${'y'.repeat(128)}...`]);
});
