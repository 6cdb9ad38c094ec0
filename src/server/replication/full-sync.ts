/**
 * FullSync: the dataset on its way to replicas that have nothing to go on from.
 *
 *   waiting replicas ─▶ begin ─▶ each piece of the dataset ─▶ all of them ─▶ end ─▶ bulk ─▶ online
 *
 *   with a mark   $EOF:mark  piece piece …  mark     as they are written; the stream follows once the replica has acknowledged
 *   with a length $123456    piece piece …           all of it is kept until its length is known; the stream follows at once
 *
 * Redis writes the second form from a file that the forked child has left. What changes meanwhile waits in the backlog, behind the offset that the
 * replicas were told at the beginning.
 */
import type { Backlog } from './backlog.js';
import type { Replica } from './replica.js';

/** What the dataset is written for. */
export interface DatasetRequest {
  /** Libraries only. */
  readonly leavesKeysOut: boolean;
}

/** Takes the dataset in pieces, which belong to it from then on. */
export interface DatasetReceiver {
  take(piece: Buffer): void;
  /** There is nothing more. */
  end(): void;
  fail(complaint: string): void;
}

/** Writes the dataset as it is now; at once, or in steps between which it may change. */
export type WriteDataset = (request: DatasetRequest, receiver: DatasetReceiver) => void;

interface Surroundings {
  /** 40 characters that are not in the dataset. */
  makeMark(): string;
  readonly write: WriteDataset;
  /** The dataset cannot be written: these replicas have to ask again. */
  failed(replicas: readonly Replica[], complaint: string): void;
}

/** The replicas of one dataset. */
interface Transfer {
  readonly mark: string;
  readonly leavesKeysOut: boolean;
  replicas: Replica[];
  /** For those that are told the length first. */
  readonly kept: Buffer[];
}

export class FullSync {
  private transfer: Transfer | null = null;

  constructor(private readonly server: Surroundings) {}

  get isRunning(): boolean {
    return this.transfer !== null;
  }

  /** Sends the dataset to replicas that stand at the end of the backlog, and wish the same of it. */
  begin(replicas: readonly Replica[], backlog: Backlog): void {
    const mark = this.server.makeMark();
    const { leavesKeysOut } = replicas[0]!;
    this.transfer = { mark, leavesKeysOut, replicas: [...replicas], kept: [] };
    for (const replica of replicas) {
      replica.phase = 'transfer';
      replica.stand(backlog, backlog.end);
      if (!replica.isSized) replica.put(Buffer.from(`$EOF:${mark}\r\n`));
    }
    this.server.write({ leavesKeysOut }, this);
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

  fail(complaint: string): void {
    const { transfer } = this;
    this.transfer = null;
    if (transfer !== null) this.server.failed(transfer.replicas, complaint);
  }

  /** The replica has gone. */
  forget(replica: Replica): void {
    const { transfer } = this;
    if (transfer !== null) transfer.replicas = transfer.replicas.filter((each) => each !== replica);
  }
}
