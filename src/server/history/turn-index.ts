/**
 * TurnIndex: where on the tape which turn begins, when that was, and how many commands had been executed; of every 64th turn.
 */
const TURNS_BETWEEN = 64;

/** The end of a turn. */
export interface TurnMark {
  readonly turn: number;
  readonly unixMs: number;
  /** Executed so far. */
  readonly commands: number;
}

export class TurnIndex {
  private readonly marks: TurnMark[] = [];

  /** After each turn; most are left out. */
  add(mark: TurnMark): void {
    const newest = this.marks.at(-1);
    if (newest === undefined || mark.turn - newest.turn >= TURNS_BETWEEN) this.marks.push(mark);
  }

  /** The last mark of which `isBefore` is true; it must be true of all up to some place, and of none from there on. The oldest if it is true of none. */
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

  /** Forgets all but the last mark at or before this turn, and what comes after it. */
  forgetBefore(turn: number): void {
    const kept = this.marks.findIndex((mark) => mark.turn > turn);
    this.marks.splice(0, Math.max(0, (kept === -1 ? this.marks.length : kept) - 1));
  }
}
