/**
 * Gather: a send of bytes that are in several places, by sendmsg(2), which reads them where they are.
 *
 *   header [ iovec, number of them ] ─▶ iovecs [ address, length │ address, length │ … ]
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

// struct msghdr: name, its length, iovecs, their number, control data, its length, flags. struct iovec: address, length.
const MESSAGE_FIELDS = 7;
const IOVECS = 2 * FIELD;
const IOVEC_COUNT = 3 * FIELD;
const IOVEC_WORDS = 2 * FIELD;

/** Up to this many bytes are copied. */
const SMALL_BYTES = 64;

export class Gather {
  private readonly message = new Int32Array(MESSAGE_FIELDS * FIELD);
  /** The same memory: koffi passes a Buffer in half the time of an Int32Array. */
  private readonly messageBytes = Buffer.from(this.message.buffer);
  private readonly iovecs = new Int32Array(MAX_PIECES * IOVEC_WORDS);
  private readonly small = Buffer.allocUnsafeSlow(MAX_PIECES * SMALL_BYTES);
  private readonly smallAddress = libc.addressOf(this.small);

  constructor() {
    this.setAddress(this.message, IOVECS, libc.addressOf(this.iovecs));
  }

  /** What send(2) of `bytes` bytes of these pieces would return; -1 leaves errno to the caller. */
  send(fd: number, pieces: readonly Piece[], bytes: number, flags: number): number {
    const { iovecs } = this;
    let left = bytes;
    let count = 0;
    let lastBuffer: Buffer | null = null;
    let lastAddress = 0;
    for (; count < pieces.length && left > 0; count++) {
      const { buffer, start, end } = pieces[count]!;
      const length = Math.min(end - start, left);
      let address = this.smallAddress + count * SMALL_BYTES;
      if (length <= SMALL_BYTES) copyBytes(buffer, start, start + length, this.small, count * SMALL_BYTES);
      else {
        if (buffer !== lastBuffer) lastAddress = libc.addressOf(buffer);
        lastBuffer = buffer;
        address = lastAddress + start;
      }
      this.setAddress(iovecs, count * IOVEC_WORDS, address);
      iovecs[count * IOVEC_WORDS + FIELD] = length;
      left -= length;
    }
    this.message[IOVEC_COUNT] = count;
    return sendmsg(fd, this.messageBytes, flags);
  }

  private setAddress(words: Int32Array, at: number, address: number): void {
    words[at] = address | 0;
    if (FIELD === 2) words[at + 1] = Math.floor(address / WORD);
  }
}
