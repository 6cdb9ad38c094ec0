/**
 * Interfaces for passing a dataset from persistence/, which makes it, to replication/, which sends it; the two do not import each other.
 */

/** Receives a dataset in pieces, which it owns from then on. */
export interface DatasetReceiver {
  /** True: it has enough for now. */
  readonly isFull: boolean;
  take(piece: Buffer): void;
  /** There are no more pieces. */
  end(): void;
}

/** A dataset that is produced in steps, between which keys may change. */
export interface DatasetSource {
  /** The receiver may have room again. */
  resume(): void;
  /** The dataset is no longer wanted. */
  stop(): void;
}
