/**
 * Replica: a replica of this server, as its master sees it.
 *
 *   handshake ──PSYNC, SYNC──▶ waiting ─▶ transfer ─▶ bulk ─▶ online      full: the dataset, then the stream
 *        └──────PSYNC──────────────────────────────────────▶ online      partial: the stream from where it stopped
 *
 *   sent:   [ replies, newlines, dataset: chunks that several replicas share ] [ stream: blocks of the backlog, from `next` on ]
 *
 * Its connection sends both after its own output; see SharedOutput.
 */
import { Fifo } from '../../shared/fifo.js';
import type { Backlog, Block } from './backlog.js';

/** What a connection sends besides its own output, from memory shared with others. */
export interface SharedOutput {
  /** Bytes that can be sent now. */
  readonly length: number;
  /** Waiting bytes of the stream, even if they cannot be sent yet: what client-output-buffer-limit counts. */
  readonly waiting: number;
  /** Number of blocks that contain the waiting stream, from the current one on. */
  readonly blocks: number;
  /** How many bytes the next {@link writeTo} offers; at least one while there is a {@link length}. */
  readonly offered: number;
  /** Does one write of this many bytes, which stay here. Returns the result of the stream. */
  writeTo(stream: { write(from: Buffer, start: number, end: number): number }, bytes: number): number;
  /** Drops sent bytes, at most those that were offered. */
  drop(bytes: number): void;
}

/** What a replica needs of its connection; a Session (command/session.ts) satisfies it. */
export interface ReplicaClient {
  readonly id: number;
  /** The number of its running request, for the trace. */
  readonly frame: number;
  replica: Replica | null;
  /** Set for a replica: its commands may not use the keyspace. */
  isSpectator: boolean;
  readonly transport: {
    readonly peer: string;
    readonly peerAddress: { readonly host: string; readonly port: number } | { readonly path: string };
    /** From now on it sends this output after its own. */
    follow(output: SharedOutput): void;
    /** Called when there is more of it to send. */
    sharedGrew(): void;
    /** Sets TCP_NODELAY: off, the kernel may collect small writes. */
    setNoDelay(isOn: boolean): void;
    /** Hands what waits to the kernel now. */
    flush(): void;
    close(why: 'full resynchronization' | 'replication timeout' | 'replication ended'): void;
  };
}

/**
 * handshake: it has sent REPLCONF, and is otherwise an ordinary client; waiting: for its full synchronization to begin; transfer: the dataset is being written;
 * bulk: it is sent the rest of it; online: it is sent the stream; transmitted: it wanted only the dataset, and has it.
 */
export type ReplicaPhase = 'handshake' | 'waiting' | 'transfer' | 'bulk' | 'online' | 'transmitted';

export interface ReplicaState {
  readonly token: number;
  readonly fields: Pick<Replica, (typeof PLAIN_FIELDS)[number]>;
  readonly pieces: readonly Uint8Array[];
  readonly head: number;
}

/** The fields that are captured as they are. */
const PLAIN_FIELDS = [
  'phase', 'listeningPort', 'announcedAddress', 'knowsEofMark', 'knowsSecondId', 'wantsDatasetOnly', 'leavesKeysOut', 'isOld', 'isSized', 'streams',
  'startsOnAck', 'next', 'ackOffset', 'ackMs', 'sinceMs', 'lastWriteMs',
] as const satisfies readonly (keyof Replica)[];

export class Replica implements SharedOutput {
  phase: ReplicaPhase = 'handshake';
  // What it has told about itself.
  listeningPort = 0;
  announcedAddress = '';
  /** It finds the end of a dataset by a mark, so that its length need not be known in advance. */
  knowsEofMark = false;
  /** It understands that the ID of its history changes. */
  knowsSecondId = false;
  wantsDatasetOnly = false;
  /** REPLCONF rdb-filter-only: it wants at most the libraries of the dataset. */
  leavesKeysOut = false;
  /** It has sent SYNC: it acknowledges nothing. */
  isOld = false;
  /** Its dataset follows its length. */
  isSized = false;
  /** It is sent the stream. */
  streams = false;
  /** It is sent the stream once it has acknowledged the dataset, whose end it finds by a mark. */
  startsOnAck = false;
  /** The offset of the first byte of the stream that it has not been sent. */
  next = 0;
  /** What it has acknowledged, and when. */
  ackOffset = 0;
  ackMs = 0;
  /** Since when it waits. */
  sinceMs = 0;
  lastWriteMs = 0;
  private readonly pieces = new Fifo<Buffer>();
  /** Sent bytes of the first chunk. */
  private head = 0;
  /** Bytes to be sent before the stream. */
  pieceBytes = 0;
  private block: Block | null = null;
  private backlog: Backlog | null = null;

  constructor(
    readonly client: ReplicaClient,
    private readonly server: {
      readonly clock: { readonly nowMs: number };
      /** Called when a chunk has been sent. */
      pieceSent(): void;
      /** Called when all chunks have been sent. */
      piecesSent(replica: Replica): void;
    },
  ) {}

  capture(): ReplicaState {
    return {
      token: this.client.id,
      fields: Object.fromEntries(PLAIN_FIELDS.map((name) => [name, this[name]])) as ReplicaState['fields'],
      pieces: Array.from(this.pieces, (piece) => Buffer.from(piece)),
      head: this.head,
    };
  }

  restore({ fields, pieces, head }: ReplicaState, backlog: Backlog | null): void {
    Object.assign(this, fields);
    for (const piece of pieces) this.put(Buffer.from(piece));
    this.head = head;
    this.pieceBytes -= head;
    if (backlog !== null && this.isSynchronizing) this.stand(backlog, this.next);
  }

  /** True if it has a place in the stream, from which it needs everything. */
  get isSynchronizing(): boolean {
    return this.phase === 'transfer' || this.phase === 'bulk' || this.phase === 'online';
  }

  /** The name of its phase in INFO; null if there is none. */
  get stateName(): 'wait_bgsave' | 'send_bulk' | 'online' | null {
    if (this.phase === 'waiting' || this.phase === 'transfer') return 'wait_bgsave';
    if (this.phase === 'bulk') return this.isSized ? 'send_bulk' : 'wait_bgsave';
    return this.phase === 'online' ? 'online' : null;
  }

  /** Its address for clients, as far as this server knows; null: unknown. */
  get address(): string | null {
    if (this.announcedAddress !== '') return this.announcedAddress;
    const { peerAddress } = this.client.transport;
    return 'host' in peerAddress ? peerAddress.host : null;
  }

  /** Its name in the log: `127.0.0.1:7001`. */
  get name(): string {
    if (this.address === null) return this.client.transport.peer;
    return this.listeningPort > 0 ? `${this.address}:${this.listeningPort}` : `${this.address}:<unknown-replica-port>`;
  }

  /** Sends it the stream from this offset on, which must be in the backlog. */
  stand(backlog: Backlog, next: number): void {
    this.backlog = backlog;
    this.next = next;
    this.block = backlog.find(next);
    if (this.block === null) throw new Error(`offset ${next} is not in the backlog, which has ${backlog.firstOffset} to ${backlog.end}`);
  }

  /** Adds bytes to be sent before the stream; other replicas may share them. */
  put(piece: Buffer): void {
    if (piece.length === 0) return;
    this.pieces.push(piece);
    this.pieceBytes += piece.length;
  }

  get length(): number {
    return this.pieceBytes + (this.streams ? this.waiting : 0);
  }

  get waiting(): number {
    return this.backlog === null ? 0 : this.backlog.end - this.next;
  }

  get blocks(): number {
    let count = 0;
    for (let block = this.block; block !== null; block = block.next) count++;
    return count;
  }

  get offered(): number {
    const piece = this.pieces.first;
    if (piece !== undefined) return piece.length - this.head;
    this.backlog!.settle();
    const block = this.currentBlock();
    return block.start + block.used - this.next;
  }

  writeTo(stream: { write(from: Buffer, start: number, end: number): number }, bytes: number): number {
    const piece = this.pieces.first;
    if (piece !== undefined) return stream.write(piece, this.head, this.head + bytes);
    const { buffer, start } = this.currentBlock();
    return stream.write(buffer, this.next - start, this.next - start + bytes);
  }

  drop(bytes: number): void {
    this.lastWriteMs = this.server.clock.nowMs;
    if (this.pieces.length === 0) this.next += bytes;
    else this.dropOfPieces(bytes);
  }

  private dropOfPieces(bytes: number): void {
    this.head += bytes;
    this.pieceBytes -= bytes;
    if (this.head < this.pieces.first!.length) return;
    this.pieces.shift();
    this.head = 0;
    this.server.pieceSent();
    if (this.pieces.length === 0) this.server.piecesSent(this);
  }

  /** Returns the block of the next byte. One that was sent to its end is followed by another as soon as there is one. */
  private currentBlock(): Block {
    let block = this.block!;
    while (this.next >= block.start + block.used && block.next !== null) block = block.next;
    return (this.block = block);
  }
}
