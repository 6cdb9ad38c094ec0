/**
 * Gather: sends of bytes that are in several places, by sendmsg(2), which reads them where they are.
 *
 *   header [ iovecs, number of them ] ─▶ iovecs [ address, length │ address, length │ … ]
 *                                                   └▶ small        └▶ the value itself
 *
 * Small pieces are copied to memory whose address is known: asking for that of another buffer takes longer than the copy.
 */
import { MAX_PIECES, type Piece } from '../poll.js';
import { copyBytes } from './copy-bytes.js';
import * as libc from './libc.js';

const sendmsg = libc.foreign('int sendmsg(int fd, void *message, int flags)');

/** Words in each field of struct msghdr and struct iovec, padding included. */
const FIELD = libc.LONG_WORDS;
const WORD = 0x1_0000_0000;
const WORD_BYTES = 4;

// struct msghdr: name, its length, iovecs, their number, control data, its length, flags. struct iovec: address, length.
const HEADER_WORDS = 7 * FIELD;
const IOVECS = 2 * FIELD;
const IOVEC_COUNT = 3 * FIELD;
const IOVEC_WORDS = 2 * FIELD;

/** Up to this many bytes are copied. */
const SMALL_BYTES = 64;

export class Gather {
  private readonly headers: Int32Array;
  /** The same memory: koffi passes a Buffer in half the time of an Int32Array. */
  private readonly headerBytes: Buffer;
  private readonly headersAddress: number;
  private readonly iovecs: Int32Array;
  private readonly iovecsAddress: number;
  private readonly small: Buffer;
  private readonly smallAddress: number;
  private messages = 0;
  private pieces = 0;

  /**
   * @param mostMessages number of sends that can be described at the same time
   * @param mostPieces number of pieces of all of them together
   */
  constructor(
    private readonly mostMessages = 1,
    private readonly mostPieces = MAX_PIECES,
  ) {
    this.headers = new Int32Array(mostMessages * HEADER_WORDS);
    this.headerBytes = Buffer.from(this.headers.buffer);
    this.headersAddress = libc.addressOf(this.headers);
    this.iovecs = new Int32Array(mostPieces * IOVEC_WORDS);
    this.iovecsAddress = libc.addressOf(this.iovecs);
    this.small = Buffer.allocUnsafeSlow(mostPieces * SMALL_BYTES);
    this.smallAddress = libc.addressOf(this.small);
  }

  /** What send(2) of `bytes` bytes of these pieces would return; -1 leaves errno to the caller. */
  send(fd: number, pieces: readonly Piece[], bytes: number, flags: number): number {
    this.clear();
    this.describe(pieces, bytes);
    return sendmsg(fd, this.headerBytes, flags);
  }

  /**
   * Describes a send of `bytes` bytes of these pieces, which must stay as they are until it is done. Returns the address of its struct msghdr; 0: there is no
   * room for it.
   */
  describe(pieces: readonly Piece[], bytes: number): number {
    if (this.messages === this.mostMessages || this.pieces + pieces.length > this.mostPieces) return 0;
    const { headers } = this;
    const header = this.messages++ * HEADER_WORDS;
    setAddress(headers, header + IOVECS, this.iovecsAddress + this.pieces * IOVEC_WORDS * WORD_BYTES);
    headers[header + IOVEC_COUNT] = this.addPieces(pieces, bytes);
    return this.headersAddress + header * WORD_BYTES;
  }

  /** Returns how many pieces have at least one of the bytes. */
  private addPieces(pieces: readonly Piece[], bytes: number): number {
    const { iovecs } = this;
    const first = this.pieces;
    let left = bytes;
    let lastBuffer: Buffer | null = null;
    let lastAddress = 0;
    for (let i = 0; i < pieces.length && left > 0; i++) {
      const { buffer, start, end } = pieces[i]!;
      const length = Math.min(end - start, left);
      const at = this.pieces++;
      let address = this.smallAddress + at * SMALL_BYTES;
      if (length <= SMALL_BYTES) copyBytes(buffer, start, start + length, this.small, at * SMALL_BYTES);
      else {
        if (buffer !== lastBuffer) lastAddress = libc.addressOf(buffer);
        lastBuffer = buffer;
        address = lastAddress + start;
      }
      setAddress(iovecs, at * IOVEC_WORDS, address);
      iovecs[at * IOVEC_WORDS + FIELD] = length;
      left -= length;
    }
    return this.pieces - first;
  }

  /** What has been described is no longer needed. */
  clear(): void {
    this.messages = 0;
    this.pieces = 0;
  }
}

function setAddress(words: Int32Array, at: number, address: number): void {
  words[at] = address | 0;
  if (FIELD === 2) words[at + 1] = Math.floor(address / WORD);
}
