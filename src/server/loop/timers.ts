/**
 * Timers: what the loop has to do later. The nearest one decides how long the loop may sleep.
 *
 * A binary heap with the earliest timer at its root:
 *
 *            due 5            A timer knows its index, so cancelling is O(log n) as well.
 *           /     \           Timers that are due at the same moment run in the order they were set.
 *       due 7     due 6
 *       /
 *    due 9
 */

import type { TimerState } from '../../shared/timer-state.js';

export interface Timer extends TimerState {
  /** Shown in the trace, and on the screen as the reason for a timeout. */
  readonly name: string;
}

class HeapTimer implements Timer {
  index = -1;
  constructor(
    readonly name: string,
    readonly dueUs: number,
    readonly order: number,
    readonly run: () => void,
  ) {}
}

export class Timers {
  private readonly heap: HeapTimer[] = [];
  /** How many timers were ever scheduled. */
  count = 0;

  get size(): number {
    return this.heap.length;
  }

  /** Returns the timer that is due first, or null. */
  nearest(): Timer | null {
    return this.heap[0] ?? null;
  }

  /** Schedules `run` to run once, in the first turn that ends at or after `dueUs`. */
  schedule(name: string, dueUs: number, run: () => void): Timer {
    return this.add(new HeapTimer(name, dueUs, this.count++, run));
  }

  /** Schedules a timer again with the due time and order it had in another server. Timers scheduled from now on come after it. */
  restore(name: string, { dueUs, order }: TimerState, run: () => void): Timer {
    this.count = Math.max(this.count, order + 1);
    return this.add(new HeapTimer(name, dueUs, order, run));
  }

  /** Cancels a timer. Does nothing if it has already run or was cancelled. */
  cancel(timer: TimerState): void {
    const { index } = timer as HeapTimer;
    if (index >= 0) this.removeAt(index);
  }

  /** Returns a mark: {@link takeDue} leaves timers set from now on to the next turn. */
  mark(): number {
    return this.count;
  }

  /** Removes and returns the first timer that was due at `nowUs` and set before `mark`, or null. The caller runs it. */
  takeDue(nowUs: number, mark: number): { readonly name: string; readonly dueUs: number; readonly run: () => void } | null {
    const first = this.heap[0];
    if (first === undefined || first.dueUs > nowUs || first.order >= mark) return null;
    this.removeAt(0);
    return first;
  }

  private add(timer: HeapTimer): Timer {
    timer.index = this.heap.length;
    this.heap.push(timer);
    this.siftUp(timer);
    return timer;
  }

  private removeAt(index: number): void {
    const removed = this.heap[index]!;
    const last = this.heap.pop()!;
    removed.index = -1;
    if (last === removed) return;
    this.place(last, index);
    this.siftUp(last);
    this.siftDown(last);
  }

  private siftUp(timer: HeapTimer): void {
    while (timer.index > 0) {
      const parent = this.heap[(timer.index - 1) >> 1]!;
      if (!isBefore(timer, parent)) return;
      this.swap(timer, parent);
    }
  }

  private siftDown(timer: HeapTimer): void {
    for (;;) {
      const left = this.heap[timer.index * 2 + 1];
      const right = this.heap[timer.index * 2 + 2];
      const child = right !== undefined && isBefore(right, left!) ? right : left;
      if (child === undefined || !isBefore(child, timer)) return;
      this.swap(child, timer);
    }
  }

  private swap(a: HeapTimer, b: HeapTimer): void {
    const { index } = a;
    this.place(a, b.index);
    this.place(b, index);
  }

  private place(timer: HeapTimer, index: number): void {
    this.heap[index] = timer;
    timer.index = index;
  }
}

function isBefore(a: HeapTimer, b: HeapTimer): boolean {
  return a.dueUs < b.dueUs || (a.dueUs === b.dueUs && a.order < b.order);
}
