/**
 * ReplicaFile: a snapshot being sent to replicas, which read it as it arrives: see replication/full-sync.ts.
 */
import type { DatasetReceiver } from '../../shared/dataset-stream.js';
import { Crc64 } from '../keyspace/rdb/crc64.js';
import { NO_CHECKSUM } from './snapshot-writer.js';
import type { WalkSink } from './walk-sink.js';

export class ReplicaFile implements WalkSink {
  readonly compresses = false;
  private readonly checksum: Crc64 | null;

  constructor(
    private readonly receiver: DatasetReceiver,
    hasChecksum: boolean,
  ) {
    this.checksum = hasChecksum ? new Crc64() : null;
  }

  get isFull(): boolean {
    return this.receiver.isFull;
  }

  write(bytes: Buffer): void {
    this.checksum?.add(bytes);
    this.receiver.take(Buffer.from(bytes));
  }

  end(): void {
    this.receiver.take(Buffer.from(this.checksum?.value ?? NO_CHECKSUM, 'latin1'));
    this.receiver.end();
  }
}
