/**
 * Sinks: clients that have sent MONITOR. Each command about keys is propagated to all of them, by the thread that has executed it, while that thread still
 * holds the lock: so every sink gets the commands in the order of execution, and more sinks make the lock be held longer.
 *
 *   thread with the lock ── copies the line ──▶ ring of sink 1 ──▶ thread of sink 1 ── send(2)
 *                        └─ copies the line ──▶ ring of sink 2 ──▶ thread of sink 2 ── send(2)
 *
 * A full ring means a sink that reads too slowly: it is disconnected, as Redis does with a client beyond its output limit.
 */
export const MOST_SINKS = 16;
/** The number that stands for no sink. */
export const NO_SINK = -1;

/** A power of two, so that counters may wrap around. */
const RING_BYTES = 256 * 1024;

/** Words: the number of sinks, and for each its state, and the bytes written to its ring and read from it. */
const COUNT = 0;
const WORDS = 3;
const STATE = 0;
const WRITTEN = 1;
const READ = 2;

const FREE = 0;
const TAKEN = 1;
const CUT = 2;

const HEADER_BYTES = 256;

export function createSinks(): SharedArrayBuffer {
  return new SharedArrayBuffer(HEADER_BYTES + MOST_SINKS * RING_BYTES);
}

export class Sinks {
  private readonly words: Int32Array;
  private readonly rings: readonly Buffer[];
  private line = Buffer.allocUnsafeSlow(1024);

  constructor(shared: SharedArrayBuffer) {
    this.words = new Int32Array(shared, 0, HEADER_BYTES / 4);
    this.rings = Array.from({ length: MOST_SINKS }, (_, sink) => Buffer.from(shared, HEADER_BYTES + sink * RING_BYTES, RING_BYTES));
  }

  /** Requires the lock. True if there is no sink. */
  get isEmpty(): boolean {
    return this.words[COUNT] === 0;
  }

  /** Requires the lock. Returns the number of a new sink; {@link NO_SINK} if the maximum is reached. */
  open(): number {
    const { words } = this;
    for (let sink = 0; sink < MOST_SINKS; sink++) {
      const at = wordOf(sink);
      if (words[at + STATE] !== FREE) continue;
      words[at + READ] = words[at + WRITTEN]!;
      words[at + STATE] = TAKEN;
      words[COUNT]!++;
      return sink;
    }
    return NO_SINK;
  }

  /** Requires the lock. */
  close(sink: number): void {
    const at = wordOf(sink);
    if (this.words[at + STATE] === TAKEN) this.words[COUNT]!--;
    this.words[at + STATE] = FREE;
  }

  /** Requires the lock. Sends a line of bytes to every sink. */
  propagate(text: string): void {
    if (this.line.length < text.length) this.line = Buffer.allocUnsafeSlow(2 * text.length);
    this.line.latin1Write(text, 0, text.length);
    for (let sink = 0; sink < MOST_SINKS; sink++) if (this.words[wordOf(sink) + STATE] === TAKEN) this.append(sink, text.length);
  }

  /**
   * Waits until there are bytes for a sink, and reads as many as `into` has room for; 0 if there are none within `timeoutMs`, -1 if it was disconnected. Must
   * be called by the thread of the sink, without the lock.
   */
  take(sink: number, into: Buffer, timeoutMs: number): number {
    const { words } = this;
    const at = wordOf(sink);
    const read = words[at + READ]!;
    if (Atomics.load(words, at + WRITTEN) === read) Atomics.wait(words, at + WRITTEN, read, timeoutMs);
    if (Atomics.load(words, at + STATE) === CUT) return -1;
    const count = Math.min((Atomics.load(words, at + WRITTEN) - read) | 0, into.length);
    const start = (read >>> 0) % RING_BYTES;
    const first = Math.min(count, RING_BYTES - start);
    this.rings[sink]!.copy(into, 0, start, start + first);
    this.rings[sink]!.copy(into, first, 0, count - first);
    Atomics.store(words, at + READ, (read + count) | 0);
    return count;
  }

  /** Appends the first `length` bytes of the line. */
  private append(sink: number, length: number): void {
    const { words, line } = this;
    const at = wordOf(sink);
    const written = words[at + WRITTEN]!;
    if (((written - Atomics.load(words, at + READ)) | 0) + length > RING_BYTES) {
      words[COUNT]!--;
      Atomics.store(words, at + STATE, CUT);
    } else {
      const start = (written >>> 0) % RING_BYTES;
      const first = Math.min(length, RING_BYTES - start);
      line.copy(this.rings[sink]!, start, 0, first);
      line.copy(this.rings[sink]!, 0, first, length);
      Atomics.store(words, at + WRITTEN, (written + length) | 0);
    }
    Atomics.notify(words, at + WRITTEN);
  }
}

const wordOf = (sink: number): number => 1 + sink * WORDS;
