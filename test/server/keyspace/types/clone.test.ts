/** A copy of a value is the same, including what only a scan would show, and later changes to one do not affect the other. */
import { expect, test } from 'vitest';
import { dump } from '../../../../src/server/keyspace/rdb/encoder.js';
import { ColumnWriter } from '../../../../src/server/keyspace/columns.js';
import type { Collection } from '../../../../src/server/keyspace/value.js';
import { Config } from '../../../../src/server/config.js';
import { type LabClient, simulate } from '../../simulation/harness.js';

const { values: settings } = new Config({});

function captured(value: Collection): unknown {
  const writer = new ColumnWriter();
  value.capture(writer);
  return writer.finish();
}

const many = (count: number, of: (i: number) => string[]): string[] => Array.from({ length: count }, (_, i) => of(i)).flat();

/** How a value with a given number of members is made, and how it is changed. */
const TYPES: { readonly [type: string]: readonly [fill: (client: LabClient, count: number) => void, ...changes: readonly string[]] } = {
  list: [(client, count) => client.ask('RPUSH', 'k', ...many(count, (i) => [`e${i}`])), 'LPUSH k new', 'LSET k 1 changed', 'LREM k 1 e3', 'LINSERT k AFTER e2 new', 'RPOP k'],
  hash: [(client, count) => client.ask('HSET', 'k', ...many(count, (i) => [`f${i}`, `v${i}`])), 'HSET k f1 changed', 'HSET k new v', 'HDEL k f2'],
  set: [(client, count) => client.ask('SADD', 'k', ...many(count, (i) => [`m${i}`])), 'SADD k new', 'SREM k m1'],
  intset: [(client, count) => client.ask('SADD', 'k', ...many(count, (i) => [String(i * 3)])), 'SADD k 1', 'SREM k 3', 'SADD k text'],
  zset: [(client, count) => client.ask('ZADD', 'k', ...many(count, (i) => [String((i * 7) % 100), `m${i}`])), 'ZADD k 5000 m1', 'ZADD k 1 new', 'ZREM k m2', 'ZPOPMAX k 3'],
  stream: [
    (client, count) => {
      for (let i = 1; i <= count; i++) client.ask('XADD', 'k', `${i}-1`, 'f', String(i));
      client.ask('XGROUP', 'CREATE', 'k', 'g', '0');
      client.ask('XREADGROUP', 'GROUP', 'g', 'c', 'COUNT', '5', 'STREAMS', 'k', '>');
    },
    'XADD k 9999-1 f v', 'XDEL k 2-1', 'XACK k g 1-1', 'XREADGROUP GROUP g d STREAMS k >', 'XTRIM k MAXLEN 2',
  ],
};

test.each(Object.entries(TYPES).flatMap(([type, all]) => [5, 400, 1500].map((count) => [type, count, all] as const)))('%s of %i members', (_, count, [fill, ...changes]) => {
  using lab = simulate();
  const client = lab.connect();
  const [db] = lab.server.keyspace.databases;
  fill(client, count);
  const value = db!.peek('k') as Collection;
  const copy = value.clone();
  const before = captured(value);
  const shown = dump(value, settings);
  expect([captured(copy), dump(copy, settings), copy.memoryBytes, copy.size]).toEqual([before, shown, value.memoryBytes, value.size]);
  for (const change of changes) client.ask(...(change.split(' ') as [string]));
  expect(dump(value, settings)).not.toBe(shown);
  expect(captured(copy)).toEqual(before);
  // The other way round: the copy is changed.
  const changed = captured(db!.peek('k') as Collection);
  db!.set('copy', copy);
  for (const change of changes) client.ask(...(change.split(' ').map((word) => (word === 'k' ? 'copy' : word)) as [string]));
  expect(captured(db!.peek('k') as Collection)).toEqual(changed);
  expect(captured(db!.peek('copy') as Collection)).toEqual(changed);
});
