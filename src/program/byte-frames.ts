/**
 * ByteFrames: finds the boundaries of requests, or replies, in the bytes of one direction of a connection. Bytes that are not RESP are one frame per call.
 */
import { ReplyDecoder } from '../server/resp/reply-decoder.js';
import { COMPLETE, INCOMPLETE, RequestDecoder } from '../server/resp/request-decoder.js';

export interface ByteFrame {
  readonly raw: Buffer;
  /** The number of its bytes. */
  readonly size: number;
}

/** Bytes kept of an incomplete frame. A longer one is not parsed. */
const MOST_KEPT = 1024 * 1024;

export class ByteFrames {
  /** Bytes of an incomplete frame. */
  pending = 0;
  /** The minimum number of bytes that it still needs. */
  missing = 0;
  private kept: Buffer = EMPTY;
  /** False: something else has come, and each call is a frame. */
  isResp = true;

  constructor(private readonly direction: 'request' | 'reply') {}

  /** The frames that are complete now. @param size number of bytes moved, of which `bytes` may be only the beginning */
  take(bytes: Buffer, size: number): readonly ByteFrame[] {
    if (!this.isResp) return [{ raw: bytes, size }];
    const all = this.kept.length === 0 ? bytes : Buffer.concat([this.kept, bytes]);
    if (bytes.length < size || all.length > MOST_KEPT || (this.direction === 'reply' && !beginsReply(all))) return this.giveUp(all, this.kept.length + size);
    return this.split(all);
  }

  private split(all: Buffer): readonly ByteFrame[] {
    const decoder = this.direction === 'request' ? new RequestDecoder() : new ReplyDecoder();
    decoder.feed(all, 0, all.length);
    const frames: ByteFrame[] = [];
    let start = 0;
    let status = decoder.next();
    for (; status === COMPLETE; status = decoder.next()) {
      frames.push({ raw: all.subarray(start, decoder.position), size: decoder.position - start });
      start = decoder.position;
    }
    const rest = all.subarray(start);
    if (status !== INCOMPLETE) return [...frames, ...this.giveUp(rest, rest.length)];
    this.kept = rest;
    this.pending = rest.length;
    this.missing = rest.length === 0 ? 0 : decoder.missing;
    return frames;
  }

  /** The other direction is not RESP, so this one is not either. Returns what has been kept of a frame, if anything. */
  stop(): readonly ByteFrame[] {
    const { kept } = this;
    const last = this.giveUp(kept, kept.length);
    return kept.length === 0 ? [] : last;
  }

  /** From here on each call is a frame. */
  private giveUp(raw: Buffer, size: number): readonly ByteFrame[] {
    this.isResp = false;
    this.kept = EMPTY;
    this.pending = 0;
    return [{ raw, size }];
  }
}

const EMPTY = Buffer.alloc(0);

/** The types of RESP2 and RESP3. */
const beginsReply = (bytes: Buffer): boolean => bytes.length === 0 || '+-:$*_#,(!=%~>|'.includes(String.fromCharCode(bytes[0]!));
