/**
 * Checkpoints: the states from which twins set out, dense near now and sparser further back.
 *
 *   ●───────────●───────────●─────●──●──●──●    now
 *   oldest: the history begins here             apart by work: how long it takes to live through what lies between two of them
 *
 * Where tape and checkpoints take more than their budget, the oldest ones are thinned out first, as long as no gap becomes too long to be lived through
 * quickly; then the oldest one is forgotten, and the tape before the next one with it.
 */
/** The end of a turn; the first one is the beginning of the recording. */
export interface Checkpoint {
  readonly turn: number;
  readonly unixMs: number;
  /** Executed so far. */
  readonly commands: number;
  readonly tapeOffset: number;
  /** How long it has taken to live through all that came before, in ms. */
  readonly workMs: number;
  /** The replay's state, serialized; null: there is nothing to it yet. */
  readonly state: SharedArrayBuffer | null;
}

/** How far apart they are at first, and at most once they are thinned out. */
export const DENSE_MS = 100;
const SPARSE_MS = 250;

export class Checkpoints {
  private readonly all: Checkpoint[];

  constructor(beginning: Checkpoint) {
    this.all = [beginning];
  }

  get oldest(): Checkpoint {
    return this.all[0]!;
  }

  get newest(): Checkpoint {
    return this.all.at(-1)!;
  }

  get count(): number {
    return this.all.length;
  }

  /** Memory taken. */
  get bytes(): number {
    return this.all.reduce((sum, { state }) => sum + (state?.byteLength ?? 0), 0);
  }

  add(checkpoint: Checkpoint): void {
    this.all.push(checkpoint);
  }

  /** The last one that is over before a turn begins; the oldest one if there is none. */
  before(turn: number): Checkpoint {
    return this.all.findLast((each) => each.turn < turn) ?? this.oldest;
  }

  /**
   * Lets go of checkpoints until they fit into a budget together with the tape from the oldest one on. False if not even the newest one does.
   * @param tapeEnd up to where the tape counts
   */
  fit(budget: number, tapeEnd: number): boolean {
    while (this.bytes + tapeEnd - this.oldest.tapeOffset > budget) {
      const spare = this.all.findIndex((_, at) => this.isSpare(at));
      if (spare === -1 && this.all.length === 1) return false;
      this.all.splice(Math.max(0, spare), 1);
    }
    return true;
  }

  /** Neighbours are near enough to do without it. */
  private isSpare(at: number): boolean {
    return at > 0 && at < this.all.length - 1 && this.all[at + 1]!.workMs - this.all[at - 1]!.workMs <= SPARSE_MS;
  }
}
