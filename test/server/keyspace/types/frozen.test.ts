/** Values that a snapshot reads as they were, while they go on changing, and without being copied as a whole. */
import { expect, test, vi } from 'vitest';
import { Config } from '../../../../src/server/config.js';
import { HashSeed } from '../../../../src/server/keyspace/hash.js';
import { dump } from '../../../../src/server/keyspace/rdb/encoder.js';
import { HashValue } from '../../../../src/server/keyspace/types/hash.js';
import { List } from '../../../../src/server/keyspace/types/list.js';
import { SetValue } from '../../../../src/server/keyspace/types/set.js';
import { SortedSetValue } from '../../../../src/server/keyspace/types/sorted-set.js';
import { Group } from '../../../../src/server/keyspace/types/stream-group.js';
import { StreamValue } from '../../../../src/server/keyspace/types/stream.js';
import { Random } from '../../../fuzz/random.js';

const { values: limits } = new Config({});
const seed = new HashSeed(1);

function changeList(list: List, random: Random): void {
  const value = `new ${random.below(50)}`;
  const at = list.size === 0 ? 0 : random.below(list.size);
  switch (random.below(list.size === 0 ? 2 : 9)) {
    case 0: return list.pushHead(value);
    case 1: return list.pushTail(value);
    case 2: return void list.popHead();
    case 3: return void list.popTail();
    case 4: return list.set(at, value);
    case 5: return void list.insert(list.get(at), value, random.chance(0.5));
    case 6: return void list.remove(list.get(at), random.pick([0, 1, -1, 3]));
    case 7: return list.dropHead(Math.min(list.size, random.below(200)));
    default: return list.dropTail(Math.min(list.size, random.below(200)));
  }
}

test('a list, under all its changes, read in pieces and twice', () => {
  const copies = vi.spyOn(List.prototype, 'clone');
  for (let round = 1; round <= 150; round++) {
    const random = new Random(round);
    const list = new List();
    for (let left = random.pick([1, 5, 130, 2000]); left > 0; left--) list.pushTail(`e${random.below(300)}`);
    for (let left = random.below(50); left > 0 && list.size > 1; left--) changeList(list, random);
    const before = [...list];
    if (before.length === 0) continue;
    const { value, thaw } = list.freeze();
    for (let pass = 0; pass < 2; pass++) {
      const seen: string[] = [];
      while (seen.length < before.length) {
        for (let changes = random.below(20); changes > 0; changes--) changeList(list, random);
        seen.push(...(value as List).slice(seen.length, Math.min(random.between(1, 100), before.length - seen.length)));
      }
      expect(seen, `seed ${round}, pass ${pass}`).toEqual(before);
    }
    expect(value.size).toBe(before.length);
    thaw();
    if (list.size > 0) expect(list.freeze().value.size).toBe(list.size);
  }
  expect(copies).not.toHaveBeenCalled();
  copies.mockRestore();
});

test('sets, hashes and sorted sets, also where more is removed than was there, and added again', () => {
  for (let round = 1; round <= 60; round++) {
    const random = new Random(round);
    const [set, hash, sorted] = [new SetValue(seed), new HashValue(seed), new SortedSetValue(seed)];
    const change = (): void => {
      const member = `m${random.below(4000)}`;
      if (random.chance(0.5)) {
        set.delete(member);
        hash.delete(member);
        sorted.delete(member);
        return;
      }
      set.add(member, limits);
      hash.set(member, `v${random.below(100)}`, limits);
      sorted.set(member, random.below(100), limits);
    };
    for (let left = 6000; left > 0; left--) change();
    const positions = Array.from({ length: set.size }, (_, at) => at);
    const read = (s: SetValue, h: HashValue): unknown => [positions.map((at) => s.memberAt(at)), positions.map((at) => [h.fieldAt(at), h.valueAt(at)])];
    const scores = (z: SortedSetValue): unknown[] => {
      const all: unknown[] = [];
      z.visit(z.size - 1, z.size, true, (member, score) => void all.push(`${member} ${score}`));
      return all.toSorted();
    };
    const before = [read(set, hash), scores(sorted)];
    const frozen = [set.freeze(), hash.freeze(), sorted.freeze(false)] as const;
    const copy = sorted.freeze(true).value;
    for (let left = random.pick([1, 100, 8000]); left > 0; left--) change();
    if (round % 3 === 0) while (set.size > 0) set.removeAt(0);
    const [s, h, z] = frozen.map(({ value }) => value) as [SetValue, HashValue, SortedSetValue];
    expect([[s.size, h.size, z.size, copy.size], [read(s, h), scores(z)]], `seed ${round}`).toEqual([
      Array.from({ length: 4 }, () => positions.length),
      before,
    ]);
    for (const { thaw } of frozen) thaw();
  }
});

const streamLimits = { ...limits, 'stream-node-max-entries': 5 };

function changeStream(stream: StreamValue, random: Random): void {
  const id = { ms: random.between(1, stream.lastId.ms as number), seq: 0 };
  const group = random.pick([...stream.groups.values()]);
  const consumer = random.pick([...group.consumers.values()]);
  const pending = group.pending.atOrAfter(id);
  switch (random.below(pending === undefined ? 4 : 8)) {
    case 0: return stream.append({ ms: (stream.lastId.ms as number) + 1, seq: 0 }, ['field', `new ${random.below(50)}`], 0, streamLimits);
    case 1: return void (stream.delete(id) && stream.updateFirst());
    case 2: return void stream.trim({ keep: { from: { ms: random.below(20), seq: 0 } }, isApproximate: random.chance(0.5), limit: 0 }, streamLimits);
    case 3: return void (group.pending.get(id) ?? group.addPending(id, consumer, 2, 1));
    case 4: return void group.deletePending(pending!);
    case 5: return void (group.consumers.size > 2 && group.deleteConsumer(consumer));
    case 6: return addGroup(stream, `new ${random.below(9)}`, [`c${random.below(9)}`]);
    default: return void group.deliver(pending!, consumer, 3, 7);
  }
}

function addGroup(stream: StreamValue, name: string, consumers: readonly string[]): void {
  const group = new Group(name, stream.lastId, 7);
  const all = consumers.map((name) => group.addConsumer(name, 1));
  for (let ms = 1; ms < 400; ms++) group.addPending({ ms, seq: 0 }, all[ms % all.length]!, 1, 1);
  stream.groups.set(name, group);
}

function streamWithGroups(): StreamValue {
  const stream = new StreamValue();
  for (let ms = 1; ms <= 1300; ms++) stream.append({ ms, seq: 0 }, ['field', `value ${ms}`], 0, streamLimits);
  for (const name of ['g0', 'g1']) addGroup(stream, name, ['c0', 'c1', 'c2']);
  return stream;
}

test('a stream with its groups, in two snapshots at once, and after them', () => {
  const copies = vi.spyOn(StreamValue.prototype, 'clone');
  const written = (stream: StreamValue): string => dump(stream, limits);
  for (let round = 1; round <= 4; round++) {
    const random = new Random(round);
    const stream = streamWithGroups();
    const change = (): void => {
      for (let left = random.pick([1, 30, 300]); left > 0; left--) changeStream(stream, random);
    };
    const instants: { before: string; bytes: number; value: StreamValue; thaw(): void }[] = [];
    for (let snapshots = 3; snapshots > 0; snapshots--) {
      const { value, thaw } = stream.freeze();
      instants.push({ before: written(stream), bytes: stream.memoryBytes, value: value as StreamValue, thaw });
      change();
      for (const { before, bytes, value } of instants) {
        expect(written(value) === before, `seed ${round}`).toBe(true);
        expect(value.memoryBytes).toBe(bytes);
      }
      if (random.chance(0.4)) instants.shift()!.thaw();
    }
    for (const { thaw } of instants) thaw();
    change();
    const bytes = stream.memoryBytes;
    expect(stream.clone().memoryBytes).toBe(bytes);
    for (const { pending, consumers } of stream.groups.values()) {
      expect([...consumers.values()].flatMap((consumer) => [...consumer.pending].filter((one) => one.consumer === consumer && pending.get(one) === one))).toHaveLength(pending.size);
    }
  }
  expect(copies).toHaveBeenCalledTimes(4);
  copies.mockRestore();
});

test('a stream shares with a snapshot what does not change, and changes in place when the snapshot is written', () => {
  const stream = streamWithGroups();
  const { value, thaw } = stream.freeze() as { value: StreamValue; thaw(): void };
  const group = stream.groups.get('g0')!;
  stream.delete({ ms: 700, seq: 0 });
  stream.append({ ms: 3000, seq: 0 }, ['field', 'value'], 0, streamLimits);
  group.deliver(group.pending.get({ ms: 10, seq: 0 })!, group.consumers.get('c2')!, 3, 7);
  const nodes = new Set(stream.nodes);
  expect([...value.nodes].filter((node) => !nodes.has(node))).toHaveLength(1);
  const pending = new Set(group.pending);
  expect([...value.groups.get('g0')!.pending].filter((one) => !pending.has(one))).toHaveLength(1);
  thaw();
  const [first] = stream.nodes;
  stream.delete({ ms: 1, seq: 0 });
  expect(stream.nodes.first).toBe(first);
});
