/** Which members the decoder interns and prefetches, in which pipelines; and that a table is the same afterwards. */
import { describe, expect, test } from 'vitest';
import { commandTable } from '../../../src/server/commands/index.js';
import { ColumnWriter } from '../../../src/server/keyspace/columns.js';
import { HashDict, ScoreDict, SetDict } from '../../../src/server/keyspace/dict.js';
import { HashSeed } from '../../../src/server/keyspace/hash.js';
import { MEMBER_PLACES, type MemberTable } from '../../../src/server/resp/member-table.js';
import { COMPLETE, RequestDecoder } from '../../../src/server/resp/request-decoder.js';

const encode = (argv: readonly string[]): string => `*${argv.length}\r\n${argv.map((word) => `$${word.length}\r\n${word}\r\n`).join('')}`;
const member = (i: number): string => `member:${String(i).padStart(6, '0')}`;
const members = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => member(from + i));

/**
 * Decodes requests in one range; returns the groups that were prefetched from the collection `large`.
 * @param exist whether the members do
 * @param removals gets, for each group, whether its members are to be removed
 */
function prefetched(requests: readonly (readonly string[])[], exist = true, hasCollections = true, removals: boolean[] = []): string[][] {
  const groups: string[][] = [];
  const decoder = new RequestDecoder();
  const large: MemberTable = {
    isLarge: true,
    intern: (bytes, start, length) => bytes.latin1Slice(start, start + length),
    prefetch(bytes: Uint8Array, start: number, step: number, count: number, length: number, areRemoved: boolean): number {
      removals.push(areRemoved);
      groups.push(Array.from({ length: count }, (_, i) => Buffer.from(bytes.subarray(start + i * step, start + i * step + length)).toString('latin1')));
      return exist ? count : 0;
    },
  };
  decoder.keys = {
    intern: (bytes, start, length) => bytes.latin1Slice(start, start + length),
    wasInterned: false,
    hasCollections,
    membersOf: (key) => (key === 'large' ? large : key === 'small' ? { ...large, isLarge: false } : null),
  };
  const bytes = Buffer.from(requests.map(encode).join(''), 'latin1');
  decoder.feed(bytes, 0, bytes.length);
  for (const request of requests) {
    expect(decoder.next()).toBe(COMPLETE);
    expect(decoder.argv).toEqual(request);
  }
  return groups;
}

describe('members of the next requests', () => {
  const asked = (count: number): string[][] => members(0, count).map((name) => ['SISMEMBER', 'large', name]);

  test('are prefetched 16 at a time, each once', () => {
    expect(prefetched(asked(40))).toEqual([members(1, 17), members(17, 33), members(33, 40)]);
  });

  test('also before arguments of equal length', () => {
    expect(prefetched(members(0, 3).map((name, i) => ['hset', 'large', name, `value ${i}`, 'f', 'v']))).toEqual([members(1, 3)]);
  });

  test('as members to be removed, by commands that remove them', () => {
    const names = ['SREM', 'sismember', 'srem', 'HDEL', 'HGET', 'ZREM', 'zscore', 'zrem', 'hdel', 'SADD'];
    const removals: boolean[] = [];
    prefetched(names.flatMap((name) => members(0, 2).map((one) => [name, 'large', one])), true, true, removals);
    expect(names.filter((_, i) => removals[i])).toEqual(['SREM', 'srem', 'HDEL', 'ZREM', 'zrem', 'hdel']);
    expect(removals).toHaveLength(names.length);
  });

  test('up to a request that differs in more than the member', () => {
    const other = [['GET', 'large'], ['SISMEMBER', 'other', member(0)], ['SISMEMBER', 'large', 'a longer member'], ['HGET', 'large', member(9)]];
    for (const request of other) expect(prefetched([...asked(3), request, ...asked(2)])).toEqual([members(1, 3), members(1, 2)]);
  });

  test('are left alone where the first group does not exist', () => {
    expect(prefetched(asked(40), false)).toEqual([members(1, 17)]);
  });

  test.each([
    { name: 'one request', requests: asked(1) },
    { name: 'another command', requests: members(0, 9).map((name) => ['SETNX', 'large', name]) },
    { name: 'a small collection', requests: members(0, 9).map((name) => ['SISMEMBER', 'small', name]) },
    { name: 'short members', requests: members(0, 9).map((_, i) => ['SISMEMBER', 'large', `m:${i}`]) },
    { name: 'arguments of a hundred bytes', requests: members(0, 9).map((name) => ['HMGET', 'large', name, 'f'.repeat(100)]) },
  ])('$name: none', ({ requests }) => {
    expect(prefetched(requests)).toEqual([]);
  });

  test('without collections none', () => {
    expect(prefetched(asked(9), true, false)).toEqual([]);
  });
});

test('every command with a member has one key, before it', () => {
  const commands = commandTable();
  for (const name of Object.values(MEMBER_PLACES).flat()) expect([name, commands.get(name)?.keys.length]).toEqual([name, 1]);
});

test('a key without a table of members is asked for one once in each range', () => {
  const asked: string[] = [];
  const decoder = new RequestDecoder();
  decoder.keys = {
    intern: (bytes, start, length) => bytes.latin1Slice(start, start + length),
    wasInterned: true,
    hasCollections: true,
    membersOf(key) {
      asked.push(key);
      return null;
    },
  };
  const requests = ['one', 'one', 'two', 'two', 'one'].map((key, i) => ['SADD', key, member(i)]);
  const bytes = Buffer.from(requests.map(encode).join(''), 'latin1');
  for (let range = 0; range < 2; range++) {
    decoder.feed(bytes, 0, bytes.length);
    for (const request of requests) {
      expect(decoder.next()).toBe(COMPLETE);
      expect(decoder.argv).toEqual(request);
    }
  }
  expect(asked).toEqual(['one', 'two', 'one', 'one', 'two', 'one']);
});

describe('members that exist', () => {
  /** Decodes a request; returns its arguments that were looked for in the collection `set`, after another request. */
  function asked(request: readonly string[]): string[] {
    const found: string[] = [];
    const decoder = new RequestDecoder();
    const table: MemberTable = {
      isLarge: false,
      intern(bytes, start, length) {
        const text = bytes.latin1Slice(start, start + length);
        found.push(text);
        return text;
      },
      prefetch: () => 0,
    };
    decoder.keys = {
      intern: (bytes, start, length) => bytes.latin1Slice(start, start + length),
      wasInterned: true,
      hasCollections: true,
      membersOf: (key) => (key === 'set' ? table : null),
    };
    const bytes = Buffer.from(encode(['ECHO', 'a text']) + encode(request), 'latin1');
    decoder.feed(bytes, 0, bytes.length);
    for (const expected of [['ECHO', 'a text'], request]) {
      expect(decoder.next()).toBe(COMPLETE);
      expect(decoder.argv).toEqual(expected);
    }
    return found;
  }

  test.each([
    { request: ['SISMEMBER', 'set', member(1)], interned: [member(1)] },
    { request: ['sadd', 'set', member(1), member(2)], interned: [member(1)] },
    { request: ['HSET', 'set', member(1), 'a value of some length'], interned: [member(1)] },
    { request: ['ZADD', 'set', '123456789.5', member(1)], interned: [member(1)] },
    { request: ['ZADD', 'other', '123456789.5', member(1)], interned: [] },
    { request: ['SETRANGE', 'set', '123456789', member(1)], interned: [] },
    { request: ['SISMEMBER', 'set', 'short'], interned: [] },
    { request: ['SISMEMBER', 'set', 'l'.repeat(65)], interned: [] },
  ])('$request: interned are $interned', ({ request, interned }) => {
    expect(asked(request)).toEqual(interned);
  });
});

test.each([
  { name: 'set', dict: new SetDict(new HashSeed(1)), value: null },
  { name: 'hash', dict: new HashDict(new HashSeed(1)), value: 'value' },
  { name: 'sorted set', dict: new ScoreDict(new HashSeed(1)), value: 0.5 },
])('a table of a $name counts those that it has, and stays as it is', ({ dict, value }) => {
  const captured = (): unknown => {
    const to = new ColumnWriter();
    dict.capture(to);
    return to.finish();
  };
  for (let i = 0; i < 3000; i++) (dict as { add(key: string, value: unknown): number }).add(member(i * 2), value);
  const before = captured();
  const bytes = Buffer.from(members(100, 116).join('\r\n'), 'latin1');
  for (const areRemoved of [false, true]) expect(dict.prefetch(bytes, 0, member(0).length + 2, 16, member(0).length, areRemoved)).toBe(8);
  expect(captured()).toEqual(before);
  expect(dict.isLarge).toBe(false);
});
