import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ColumnReader, type ColumnsState, ColumnWriter } from '../../../../src/server/keyspace/columns.js';
import { List } from '../../../../src/server/keyspace/types/list.js';
import { packElements } from '../../../../src/server/keyspace/types/listpack-text.js';

function listOf(values: Iterable<string>): List {
  const list = new List();
  for (const value of values) list.pushTail(value);
  return list;
}

const other = listOf(['x'.repeat(100)]);

/** Changes a list that is too long to be copied each time without further ado, which packs the one that was changed before. */
function changeAnother(): void {
  other.set(0, 'y'.repeat(100));
}

function captured(list: List): ColumnsState {
  const writer = new ColumnWriter();
  list.capture(writer);
  return writer.finish();
}

const numbers = (count: number): string[] => Array.from({ length: count }, (_, i) => String(i));

describe('a list of many chunks', () => {
  const values = numbers(1000);

  test('gives back every index, from either end', () => {
    const list = listOf(values);
    expect(values.map((_, index) => list.get(index))).toEqual(values);
  });

  test.each([
    [0, 1],
    [0, 1000],
    [127, 2],
    [500, 300],
    [999, 1],
    [3, 0],
  ])('slices %i, %i', (start, count) => {
    expect(listOf(values).slice(start, count)).toEqual(values.slice(start, start + count));
  });

  test('built from the front it is the same', () => {
    const list = new List();
    for (const value of values.toReversed()) list.pushHead(value);
    expect([...list]).toEqual(values);
  });

  test('a copy shares nothing with the original', () => {
    const list = listOf(values);
    const copy = list.clone();
    list.set(0, 'changed');
    list.popTail();
    expect([...copy]).toEqual(values);
    expect(copy.memoryBytes).toBe(listOf(values).memoryBytes);
  });

  test('memory returns to what it was once everything is popped', () => {
    const list = new List();
    const empty = list.memoryBytes;
    for (const value of values) list.pushTail(value);
    expect(list.memoryBytes).toBeGreaterThan(empty);
    while (list.size > 0) list.popHead();
    expect(list.memoryBytes).toBe(empty);
  });
});

describe('an index far from both ends', () => {
  const COUNT = 12_000;
  const changes: [string, (list: List, array: string[]) => void][] = [
    ['pushing at the front', (list, array) => [...numbers(500)].forEach((value) => (list.pushHead(value), array.unshift(value)))],
    ['pushing at the back', (list, array) => [...numbers(500)].forEach((value) => (list.pushTail(value), array.push(value)))],
    ['popping at the front', (list, array) => void numbers(100).forEach(() => expect(list.popHead()).toBe(array.shift()))],
    ['popping whole chunks at the front', (list, array) => void numbers(700).forEach(() => expect(list.popHead()).toBe(array.shift()))],
    ['popping whole chunks at the back', (list, array) => void numbers(700).forEach(() => expect(list.popTail()).toBe(array.pop()))],
    ['inserting between', (list, array) => {
      list.insert('5000', 'new', false);
      array.splice(array.indexOf('5000'), 0, 'new');
    }],
    ['removing between', (list, array) => {
      list.remove('6000', 1);
      array.splice(array.indexOf('6000'), 1);
    }],
    ['replacing', (list, array) => {
      list.set(6000, 'other');
      array[6000] = 'other';
    }],
  ];

  test.each(changes)('is right before and after %s', (_name, change) => {
    const array = numbers(COUNT);
    const list = listOf(array);
    const check = (): void => {
      for (let index = 4000; index < array.length - 4000; index += 7) expect(list.get(index)).toBe(array[index]);
    };
    check();
    change(list, array);
    check();
    expect(list.slice(5000, 1000)).toEqual(array.slice(5000, 6000));
  });
});

describe('the chunks between the ends are packed', () => {
  const values = numbers(2000);
  const perElement = (list: List): number => list.memoryBytes / list.size;

  test('and take two bytes for each element in addition to its text', () => {
    const text = values.reduce((sum, value) => sum + value.length, 0) / values.length;
    expect(perElement(listOf(values.slice(0, 100))) - 2).toBeGreaterThan(30);
    expect(perElement(listOf(numbers(100_000))) - 4.9).toBeLessThan(2.6);
    expect(perElement(listOf(values)) - text).toBeLessThan(12);
  });

  test('unless their elements are long', () => {
    const long = listOf(values.map((value) => value.padEnd(200)));
    expect(long.memoryBytes).toBe(192 + 2000 * (200 + 32));
    expect(long.slice(600, 3)).toEqual(['600', '601', '602'].map((value) => value.padEnd(200)));
  });

  test('an element may become longer than fits, and shorter again', () => {
    const list = listOf(values);
    const before = list.memoryBytes;
    for (const length of [300, 20_000, 70_000, 4]) {
      list.set(1000, 'x'.repeat(length));
      expect(list.slice(999, 3)).toEqual(['999', 'x'.repeat(length), '1001']);
    }
    expect(list.memoryBytes).toBeLessThan(before + 4000);
    while (list.size > 0) list.popTail();
    expect(list.memoryBytes).toBe(new List().memoryBytes);
  });
});

describe('a short list is one text of the bytes of its listpack', () => {
  test('which changes of it return', () => {
    const list = new List();
    list.push(['RPUSH', 'key', 'b', '12', 'c'.repeat(70)], 2, false);
    list.push(['LPUSH', 'key', 'a', '-5000'], 2, true);
    expect(list.packed).toBe(packElements(['-5000', 'a', 'b', '12', 'c'.repeat(70)]));
    expect([list.popTail(), list.popHead()]).toEqual(['c'.repeat(70), '-5000']);
    expect(list.packed).toBe(packElements(['a', 'b', '12']));
    expect([list.insert('b', 'new', true), list.insert('none', 'new', true)]).toEqual([true, false]);
    list.set(0, 'd'.repeat(200));
    expect(list.packed).toBe(packElements(['d'.repeat(200), 'b', 'new', '12']));
    list.dropHead(2);
    list.dropTail(1);
    expect(list.packed).toBe(packElements(['new']));
  });

  test('unless it is changed again and again, until another one is changed; nothing but the form depends on that', () => {
    const text = 'element of a list';
    const list = new List();
    const once = new List();
    for (let count = 1; count <= 20; count++) list.pushHead(text + (count % 8));
    once.push(Array.from({ length: 20 }, (_, i) => text + ((i + 1) % 8)), 0, true);
    expect([list.packed, once.packed]).toEqual([null, packElements([...list])]);
    expect(list.memoryBytes).toBe(once.memoryBytes);
    expect(captured(list)).toEqual(captured(once));
    expect(list.clone().packed).toBe(once.packed);
    changeAnother();
    expect(list.packed).toBe(once.packed);
    expect(list.size).toBe(20);
  });

  test('until it has too many elements or bytes, and again when it has few', () => {
    for (const [fits, more] of [[numbers(64), 'x'], [numbers(10), 'x'.repeat(2000)]] as const) {
      const list = new List();
      list.push(fits, 0, false);
      expect(list.packed).toBe(packElements(fits));
      const { memoryBytes } = list;
      list.pushTail(more);
      changeAnother();
      expect(list.packed).toBeNull();
      expect(list.memoryBytes - memoryBytes - more.length).toBeGreaterThan(128);
      list.popTail();
      expect(list.memoryBytes).toBe(memoryBytes);
      changeAnother();
      expect(list.packed).toBe(packElements(fits));
    }
  });

  test('a long list that is cut to a short one is packed when another one is changed', () => {
    const list = listOf(numbers(5000));
    list.trim(2000, 10);
    expect(list.packed).toBeNull();
    changeAnother();
    expect(list.packed).toBe(packElements(numbers(2010).slice(2000)));
  });

  test('finds its last element behind elements of any length', () => {
    for (const length of [0, 1, 63, 64, 125, 126, 127, 128, 900]) {
      const list = new List();
      list.push(['7', 'x'.repeat(length)], 0, false);
      expect(list.packed).not.toBeNull();
      expect([list.popTail().length, list.popTail(), list.size]).toEqual([length, '7', 0]);
    }
  });
});

describe('a list behaves like an array', () => {
  const value = fc.constantFrom('', 'a', 'b', 'cc', '700', 'long'.repeat(5000));
  const operation = fc.oneof(
    fc.record({ kind: fc.constant('pushHead' as const), value }),
    fc.record({ kind: fc.constant('pushTail' as const), value }),
    fc.record({ kind: fc.constant('pushMany' as const), count: fc.integer({ min: 1, max: 200 }) }),
    fc.record({ kind: fc.constantFrom('popHead' as const, 'popTail' as const) }),
    fc.record({ kind: fc.constant('set' as const), index: fc.nat(), value }),
    fc.record({ kind: fc.constant('insert' as const), pivot: value, value, after: fc.boolean() }),
    fc.record({ kind: fc.constant('remove' as const), value, count: fc.integer({ min: -3, max: 3 }) }),
    fc.record({ kind: fc.constant('trim' as const), start: fc.nat(), count: fc.nat() }),
    fc.record({ kind: fc.constant('indexesOf' as const), value, skip: fc.nat(3), limit: fc.integer({ min: 1, max: 5 }), depth: fc.nat(300), fromBack: fc.boolean() }),
  );
  type Operation = typeof operation extends fc.Arbitrary<infer T> ? T : never;

  function removeFrom(array: string[], wanted: string, count: number): number {
    let removed = 0;
    const limit = count === 0 ? Infinity : Math.abs(count);
    while (removed < limit) {
      const at = count < 0 ? array.lastIndexOf(wanted) : array.indexOf(wanted);
      if (at === -1) break;
      array.splice(at, 1);
      removed++;
    }
    return removed;
  }

  function insertInto(array: string[], pivot: string, inserted: string, after: boolean): boolean {
    const at = array.indexOf(pivot);
    if (at !== -1) array.splice(after ? at + 1 : at, 0, inserted);
    return at !== -1;
  }

  function indexesIn(array: readonly string[], { value: wanted, skip, limit, depth, fromBack }: Extract<Operation, { kind: 'indexesOf' }>): number[] {
    const order = array.map((_, index) => index);
    if (fromBack) order.reverse();
    return order.slice(0, depth).filter((index) => array[index] === wanted).slice(skip, skip + limit);
  }

  /** Applies an operation to both; returns the results of each. */
  function apply(list: List, array: string[], operation: Operation): [unknown, unknown] {
    switch (operation.kind) {
      case 'pushHead':
        return [list.pushHead(operation.value), void array.unshift(operation.value)];
      case 'pushTail':
        return [list.pushTail(operation.value), void array.push(operation.value)];
      case 'pushMany':
        for (const each of numbers(operation.count)) list.pushTail(each);
        return [undefined, void array.push(...numbers(operation.count))];
      case 'popHead':
        return array.length === 0 ? [0, 0] : [list.popHead(), array.shift()];
      case 'popTail':
        return array.length === 0 ? [0, 0] : [list.popTail(), array.pop()];
      case 'set': {
        if (array.length === 0) return [0, 0];
        const index = operation.index % array.length;
        array[index] = operation.value;
        return [list.set(index, operation.value), undefined];
      }
      case 'insert':
        return [list.insert(operation.pivot, operation.value, operation.after), insertInto(array, operation.pivot, operation.value, operation.after)];
      case 'remove':
        return [list.remove(operation.value, operation.count), removeFrom(array, operation.value, operation.count)];
      case 'trim': {
        const start = operation.start % (array.length + 1);
        const count = operation.count % (array.length - start + 1);
        array.splice(0, array.length, ...array.slice(start, start + count));
        return [list.trim(start, count), undefined];
      }
      case 'indexesOf':
        return [list.indexesOf(operation.value, operation.skip, operation.limit, operation.depth, operation.fromBack), indexesIn(array, operation)];
    }
  }

  test('under any sequence of operations', () => {
    fc.assert(
      fc.property(fc.constantFrom(0, 1500), fc.array(operation, { maxLength: 80 }), (size, operations) => {
        const array = numbers(size);
        const list = listOf(array);
        for (const each of operations) {
          const [answer, expected] = apply(list, array, each);
          expect(answer).toEqual(expected);
          expect(list.size).toBe(array.length);
          if (array.length % 3 === 0) changeAnother();
        }
        expect(list.slice(0, list.size)).toEqual(array);
        expect([...list]).toEqual(array);
        expect(array.map((_, index) => list.get(index))).toEqual(array);

        const restored = new List();
        restored.restore(new ColumnReader(captured(list)));
        for (const copy of [list.clone(), restored]) {
          expect([copy.size, copy.memoryBytes]).toEqual([list.size, list.memoryBytes]);
          expect([...copy]).toEqual(array);
          while (copy.size > 0) copy.popHead();
          expect(copy.memoryBytes).toBe(new List().memoryBytes);
        }
      }),
      { numRuns: 300 },
    );
  });
});
