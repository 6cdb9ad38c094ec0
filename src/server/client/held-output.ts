/**
 * HeldOutput: what of a connection's output must not leave yet: its newest bytes, each with the offset up to which the append-only file has to be on the disk
 * before a client may know of it.
 *
 *   output    [ may leave │ waits for 1200 │ waits for 1750 ]
 */

/** With `appendfsync always`: what is said from now on, and what may be said. Offsets count the bytes of the append-only file. */
export interface OutputGate {
  /** Output of this moment may tell of all that is before this offset. */
  readonly offset: number;
  /** All before this offset is on the disk. */
  readonly safeOffset: number;
}

interface Mark {
  bytes: number;
  readonly offset: number;
}

export type HeldOutputState = readonly Readonly<Mark>[];

export class HeldOutput {
  /** All that waits. */
  bytes = 0;
  /** Oldest first, with offsets that rise. */
  private readonly marks: Mark[] = [];

  capture(): HeldOutputState {
    return this.marks.map((mark) => ({ ...mark }));
  }

  restore(marks: HeldOutputState): void {
    for (const { bytes, offset } of marks) this.hold(bytes, offset);
  }

  /** More output, behind what waits already. */
  hold(bytes: number, offset: number): void {
    const last = this.marks.at(-1);
    if (last?.offset === offset) last.bytes += bytes;
    else this.marks.push({ bytes, offset });
    this.bytes += bytes;
  }

  /** What waited for an offset up to this one waits no more. */
  release(safeOffset: number): void {
    while (this.marks.length > 0 && this.marks[0]!.offset <= safeOffset) this.bytes -= this.marks.shift()!.bytes;
  }

  /** That all of it waits for. */
  get offset(): number {
    return this.marks.at(-1)?.offset ?? 0;
  }
}
