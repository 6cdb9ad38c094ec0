/**
 * FullSync: sends the dataset to replicas that cannot resynchronize partially.
 *
 *   waiting replicas ─▶ begin ─▶ each piece of the dataset ─▶ all of them ─▶ end ─▶ bulk ─▶ online
 *
 *   with a mark   $EOF:mark  piece piece …  mark     as they are written; the stream follows once the replica has acknowledged
 *   with a length $123456    piece piece …           everything is kept until its length is known; the stream follows at once
 *
 * Redis sends the second form from a file that the forked child has written. Changes meanwhile wait in the backlog, after the offset that the replicas got at
 * the beginning.
 */
import type { DatasetReceiver, DatasetSource } from '../../shared/dataset-stream.js';
import type { Backlog } from './backlog.js';
import type { Replica } from './replica.js';

/** What the dataset is written for. */
export interface DatasetRequest {
  /** Libraries only. */
  readonly leavesKeysOut: boolean;
  /** The database that the stream has selected; -1: it selects one before it needs it. */
  readonly streamDb: number;
}

/** Writes the current dataset. Returns null if it was written completely. */
export type WriteDataset = (request: DatasetRequest, receiver: DatasetReceiver) => DatasetSource | null;

interface Surroundings {
  /** Returns 40 characters that do not occur in the dataset. */
  makeMark(): string;
  readonly write: WriteDataset;
}

/** The replicas of one dataset. */
interface Transfer {
  readonly mark: string;
  readonly leavesKeysOut: boolean;
  replicas: Replica[];
  /** Kept for replicas that need the length first. */
  readonly kept: Buffer[];
  source: DatasetSource | null;
}

/** When this many bytes wait to be sent to one of the replicas, all of them wait for it, as in Redis. */
const MOST_UNDER_WAY = 2 ** 20;

export class FullSync {
  private transfer: Transfer | null = null;

  constructor(private readonly server: Surroundings) {}

  get isRunning(): boolean {
    return this.transfer !== null;
  }

  /** Sends the dataset to replicas that are at the end of the backlog, and need the same form of it. */
  begin(replicas: readonly Replica[], backlog: Backlog, streamDb: number): void {
    const mark = this.server.makeMark();
    const { leavesKeysOut } = replicas[0]!;
    this.transfer = { mark, leavesKeysOut, replicas: [...replicas], kept: [], source: null };
    for (const replica of replicas) {
      replica.phase = 'transfer';
      replica.stand(backlog, backlog.end);
      if (!replica.isSized) replica.put(Buffer.from(`$EOF:${mark}\r\n`));
    }
    const source = this.server.write({ leavesKeysOut, streamDb }, this);
    if (this.transfer !== null) this.transfer.source = source;
  }

  get isFull(): boolean {
    return this.transfer !== null && this.transfer.replicas.some((replica) => !replica.isSized && replica.pieceBytes >= MOST_UNDER_WAY);
  }

  /** Called when a replica has been sent something. */
  sent(): void {
    if (this.transfer?.source != null && !this.isFull) this.transfer.source.resume();
  }

  take(piece: Buffer): void {
    const { transfer } = this;
    if (transfer === null) return;
    for (const replica of transfer.replicas) {
      if (replica.isSized) continue;
      replica.put(piece);
      replica.client.transport.sharedGrew();
    }
    if (transfer.replicas.some(({ isSized }) => isSized)) transfer.kept.push(piece);
  }

  end(): void {
    const { transfer } = this;
    if (transfer === null) return;
    this.transfer = null;
    const bytes = transfer.kept.reduce((sum, { length }) => sum + length, 0);
    for (const replica of transfer.replicas) {
      replica.phase = 'bulk';
      if (replica.isSized) {
        replica.put(Buffer.from(`$${bytes}\r\n`));
        for (const piece of transfer.kept) replica.put(piece);
      } else replica.put(Buffer.from(transfer.mark));
      replica.client.transport.sharedGrew();
    }
  }

  /** Called when the replica is gone. Without any replica the dataset is not completed. */
  forget(replica: Replica): void {
    const { transfer } = this;
    if (transfer === null) return;
    transfer.replicas = transfer.replicas.filter((each) => each !== replica);
    if (transfer.replicas.length > 0) return this.sent();
    this.transfer = null;
    transfer.source?.stop();
  }
}
