/**
 * HeldOutput: the part of a connection's output that must not be sent yet: its newest bytes, each with the offset up to which the append-only file must be on
 * the disk first.
 *
 *   output    [ may be sent │ waits for 1200 │ waits for 1750 ]
 */

interface Mark {
  bytes: number;
  readonly offset: number;
}

export type HeldOutputState = readonly Readonly<Mark>[];

export class HeldOutput {
  /** Number of waiting bytes. */
  bytes = 0;
  /** Oldest first, with ascending offsets. */
  private readonly marks: Mark[] = [];

  capture(): HeldOutputState {
    return this.marks.map((mark) => ({ ...mark }));
  }

  restore(marks: HeldOutputState): void {
    for (const { bytes, offset } of marks) this.hold(bytes, offset);
  }

  /** Adds output, after what already waits. */
  hold(bytes: number, offset: number): void {
    const last = this.marks.at(-1);
    if (last?.offset === offset) last.bytes += bytes;
    else this.marks.push({ bytes, offset });
    this.bytes += bytes;
  }

  /** Releases what waited for offsets up to this one. */
  release(safeOffset: number): void {
    while (this.marks.length > 0 && this.marks[0]!.offset <= safeOffset) this.bytes -= this.marks.shift()!.bytes;
  }

  /** The offset that all of it waits for. */
  get offset(): number {
    return this.marks.at(-1)?.offset ?? 0;
  }
}
