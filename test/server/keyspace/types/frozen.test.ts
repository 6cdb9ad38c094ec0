/** Values that a snapshot reads as they were, while they go on changing, and without being copied as a whole. */
import { expect, test, vi } from 'vitest';
import { Config } from '../../../../src/server/config.js';
import { HashSeed } from '../../../../src/server/keyspace/hash.js';
import { HashValue } from '../../../../src/server/keyspace/types/hash.js';
import { List } from '../../../../src/server/keyspace/types/list.js';
import { SetValue } from '../../../../src/server/keyspace/types/set.js';
import { SortedSetValue } from '../../../../src/server/keyspace/types/sorted-set.js';
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
