/**
 * Slots: a semaphore that counts how many threads may still be started. A thread that accepts connections takes one before each, and waits while there is
 * none; so connections beyond the limit wait in the kernel's backlog.
 */
const FREE = 0;
const IS_CLOSED = 1;

export class Slots {
  constructor(private readonly words: Int32Array) {}

  static create(count: number): Slots {
    const slots = new Slots(new Int32Array(new SharedArrayBuffer(8)));
    slots.words[FREE] = count;
    return slots;
  }

  /** For passing it to another thread. */
  get shared(): Int32Array {
    return this.words;
  }

  /** Waits for a slot. False: closed, there will be no more. */
  take(): boolean {
    const { words } = this;
    while (Atomics.load(words, IS_CLOSED) === 0) {
      const free = Atomics.load(words, FREE);
      if (free === 0) Atomics.wait(words, FREE, 0);
      else if (Atomics.compareExchange(words, FREE, free, free - 1) === free) return true;
    }
    return false;
  }

  give(): void {
    Atomics.add(this.words, FREE, 1);
    Atomics.notify(this.words, FREE);
  }

  close(): void {
    Atomics.store(this.words, IS_CLOSED, 1);
    this.give();
  }
}
