import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Timers } from '../../../src/server/loop/timers.js';

function takeAll(timers: Timers, nowUs: number): string[] {
  const names: string[] = [];
  const mark = timers.mark();
  for (let timer = timers.takeDue(nowUs, mark); timer !== null; timer = timers.takeDue(nowUs, mark)) {
    names.push(timer.name);
    timer.run();
  }
  return names;
}

const nothing = (): void => {};

describe('timers', () => {
  test('the nearest is the one that is due first, whatever the order they were set in', () => {
    const timers = new Timers();
    timers.schedule('late', 30, nothing);
    timers.schedule('early', 10, nothing);
    timers.schedule('middle', 20, nothing);
    expect(timers.nearest()?.name).toBe('early');
    expect(takeAll(timers, 20)).toEqual(['early', 'middle']);
    expect(timers.nearest()?.name).toBe('late');
  });

  test('timers that are due at the same moment run in the order they were set', () => {
    const timers = new Timers();
    for (const name of ['a', 'b', 'c', 'd', 'e']) timers.schedule(name, 7, nothing);
    expect(takeAll(timers, 7)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('a cancelled timer never runs, and cancelling twice or too late does nothing', () => {
    const timers = new Timers();
    const timer = timers.schedule('cancelled', 5, nothing);
    const ran = timers.schedule('ran', 5, nothing);
    timers.cancel(timer);
    timers.cancel(timer);
    expect(takeAll(timers, 5)).toEqual(['ran']);
    timers.cancel(ran);
    expect(timers.size).toBe(0);
  });

  test('a timer that sets itself again for now waits for the next turn', () => {
    const timers = new Timers();
    const again = (): void => void timers.schedule('again', 0, again);
    again();
    expect(takeAll(timers, 100)).toEqual(['again']);
    expect(takeAll(timers, 100)).toEqual(['again']);
  });

  test('a restored timer keeps its place among those due at the same moment, and comes before new ones', () => {
    const [old, restored] = [new Timers(), new Timers()];
    const [first, second] = [old.schedule('first', 7, nothing), old.schedule('second', 7, nothing)];
    restored.restore('second', second, nothing);
    restored.restore('first', first, nothing);
    restored.schedule('new', 7, nothing);
    expect(takeAll(restored, 7)).toEqual(['first', 'second', 'new']);
  });

  test('any mixture of setting and cancelling leaves them in the order of their due times', () => {
    const operation = fc.record({ dueUs: fc.nat(50), cancel: fc.boolean() });
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
        const timers = new Timers();
        const expected: { dueUs: number; name: string }[] = [];
        operations.forEach(({ dueUs, cancel }, order) => {
          const timer = timers.schedule(String(order), dueUs, nothing);
          if (cancel) timers.cancel(timer);
          else expected.push({ dueUs, name: timer.name });
        });
        // Array.sort is stable, as the order of equal timers has to be.
        expected.sort((a, b) => a.dueUs - b.dueUs);
        expect(takeAll(timers, 1000)).toEqual(expected.map(({ name }) => name));
      }),
    );
  });
});
