/**
 * TurnIndex: where on the tape turns begin, when that was, and how many commands had been executed; for every 64th turn.
 */
const TURNS_BETWEEN = 64;

/** The end of a turn. */
export interface TurnMark {
  readonly turn: number;
  readonly unixMs: number;
  /** Commands executed so far. */
  readonly commands: number;
}

export class TurnIndex {
  private readonly marks: TurnMark[] = [];

  /** Called after each turn; most are left out. */
  add(mark: TurnMark): void {
    const newest = this.marks.at(-1);
    if (newest === undefined || mark.turn - newest.turn >= TURNS_BETWEEN) this.marks.push(mark);
  }

  /** Returns the last mark for which `isBefore` is true; it must be true up to some mark, and false from there on. The oldest if it is true for none. */
  lastWhere(isBefore: (mark: TurnMark) => boolean): TurnMark {
    let low = 0;
    let high = this.marks.length;
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (isBefore(this.marks[middle]!)) low = middle;
      else high = middle;
    }
    return this.marks[low]!;
  }

  /** Drops the marks before the last one at or before this turn. */
  forgetBefore(turn: number): void {
    const kept = this.marks.findIndex((mark) => mark.turn > turn);
    this.marks.splice(0, Math.max(0, (kept === -1 ? this.marks.length : kept) - 1));
  }
}
