/** Small sets of texts beside the table that they become: same members, positions and order of SSCAN. */
import { expect, test } from 'vitest';
import { ColumnReader, ColumnWriter } from '../../../../src/server/keyspace/columns.js';
import { SetDict } from '../../../../src/server/keyspace/dict.js';
import { Config } from '../../../../src/server/config.js';
import { HashSeed } from '../../../../src/server/keyspace/hash.js';
import { SetValue } from '../../../../src/server/keyspace/types/set.js';
import { Random } from '../../../fuzz/random.js';

const { values: settings } = new Config({});
const SEED = new HashSeed(1);

function restored(value: SetValue): SetValue {
  const to = new ColumnWriter();
  value.capture(to);
  const copy = new SetValue(SEED);
  copy.restore(new ColumnReader(to.finish()));
  return copy;
}

function scanned<T>(scan: (cursor: number, count: number, visit: (at: T) => void) => number, nameOf: (at: T) => string): string[] {
  const found: string[] = [];
  let cursor = 0;
  do {
    cursor = scan(cursor, 3, (at) => void found.push(nameOf(at)));
    found.push(`cursor ${cursor}`);
  } while (cursor !== 0);
  return found;
}

test('members have the positions of the slots of a table, through random changes and beyond the size of an array', () => {
  for (let round = 1; round <= 60; round++) {
    const random = new Random(round);
    const value = new SetValue(SEED);
    const table = new SetDict(SEED);
    value.add('first', settings);
    table.add('first', null);
    for (let left = 80; left > 0; left--) {
      const member = random.pick(['', String(random.below(9)), `member ${random.below(random.pick([8, 40]))}`]);
      if (random.chance(0.6)) {
        expect(value.add(member, settings)).toBe(!table.has(member));
        table.set(member, null);
      } else if (table.size > 1) {
        const slot = random.chance(0.5) ? table.find(member) : random.below(table.size);
        if (slot === -1) expect(value.delete(member)).toBe(false);
        else {
          expect(value.removeAt(slot)).toBe(table.keyAt(slot));
          table.removeSlot(slot);
        }
      }
      expect(value.members(), `seed ${round}`).toEqual(table.keysBetween(0, table.size));
    }
    for (const set of [value, value.clone(), restored(value), value.freeze().value as SetValue]) {
      const all = Array.from({ length: set.size }, (_, at) => set.memberAt(at));
      expect([all, set.encoding, set.intset, set.memoryBytes]).toEqual([table.keysBetween(0, table.size), 'hashtable', null, value.memoryBytes]);
    }
  }
});

test.each([1, 3, 8, 16, 17, 40])('SSCAN returns %i members in the order of a table of them', (size) => {
  const value = new SetValue(SEED);
  const table = new SetDict(SEED);
  for (let i = 0; i < size; i++) {
    value.add(`member ${i}`, settings);
    table.add(`member ${i}`, null);
  }
  const ofTable = scanned<number>((...step) => table.scan(...step), (slot) => table.keyAt(slot));
  expect(scanned<string>((...step) => value.scan(...step), String)).toEqual(ofTable);
  expect(value.chains).toEqual(table.chains());
});
