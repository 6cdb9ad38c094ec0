/**
 * Checkpoints: the states from which twins start, dense near now and sparser further back.
 *
 *   ●───────────●───────────●─────●──●──●──●    now
 *   oldest: the history begins here             spaced by work: how long it takes to replay what lies between two of them
 *
 * When tape and checkpoints exceed their budget, the oldest ones are thinned out first, as long as no gap becomes too long to be replayed quickly; then the
 * oldest one is dropped, and the tape before the next one with it.
 */
/** The end of a turn; the first one is the beginning of the recording. */
export interface Checkpoint {
  readonly turn: number;
  readonly unixMs: number;
  /** Commands executed so far. */
  readonly commands: number;
  readonly tapeOffset: number;
  /** How long it took to replay everything before it, in ms. */
  readonly workMs: number;
  /** The replay's state, serialized; null: the start of the recording. */
  readonly state: SharedArrayBuffer | null;
}

/** The distance of checkpoints at first, and the maximum once they are thinned out. */
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

  /** Memory used. */
  get bytes(): number {
    return this.all.reduce((sum, { state }) => sum + (state?.byteLength ?? 0), 0);
  }

  add(checkpoint: Checkpoint): void {
    this.all.push(checkpoint);
  }

  /** Returns the last checkpoint that ends before a turn begins; the oldest one if there is none. */
  before(turn: number): Checkpoint {
    return this.all.findLast((each) => each.turn < turn) ?? this.oldest;
  }

  /**
   * Drops checkpoints until they fit into a budget together with the tape from the oldest one on. False if not even the newest one does.
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

  /** True if its neighbours are close enough to drop it. */
  private isSpare(at: number): boolean {
    return at > 0 && at < this.all.length - 1 && this.all[at + 1]!.workMs - this.all[at - 1]!.workMs <= SPARSE_MS;
  }
}
