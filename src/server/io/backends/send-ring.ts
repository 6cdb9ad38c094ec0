/**
 * SendRing: the sends of several sockets in one system call, by io_uring.
 *
 *   add(stream, bytes) ─▶ staging [ reply │ reply │ … ] + an entry of the submission ring
 *   submit()           ─▶ io_uring_enter(2): the kernel does all of them inside of the call, in their order
 *   stream.sent        ◀─ the length, or the result in the completion ring, which lists only sends that were short or failed
 *
 * With MSG_DONTWAIT no send waits in the kernel, so staging is free again when the call returns. With MSG_WAITALL a short send counts as failed, so its result
 * is posted, while CQE_SKIP_SUCCESS suppresses all others. Readiness and reading do not use the ring.
 *
 * The traps: the rings are the kernel's memory, seen through ArrayBuffers that must be dropped before it is unmapped; entries that the kernel did not take are
 * withdrawn, and left to send(2).
 */
import { type Flushed, MAX_BATCH, NOTHING_FLUSHED } from '../poll.js';
import * as libc from './libc.js';
import { NOT_SENT, type QueuedSend, SENT_LATER } from './queued-send.js';

/** A power of two: the kernel would round it up. */
const ENTRIES = MAX_BATCH;
const STAGING_BYTES = 512 * 1024;
/** Below this many bytes a loop is faster than a call into the runtime. */
const COPIED_BY_LOOP = 48;

// From <linux/io_uring.h>; the numbers of these system calls are the same on every architecture.
const SYS_IO_URING_SETUP = 425;
const SYS_IO_URING_ENTER = 426;
const SETUP_SUBMIT_ALL = 1 << 7;
const FEAT_SINGLE_MMAP = 1 << 0;
const FEAT_CQE_SKIP = 1 << 11;
const OFF_SQ_RING = 0;
const OFF_SQES = 0x10000000;
const OP_SEND = 26;
const SQE_CQE_SKIP_SUCCESS = 1 << 6;
const MSG_WAITALL = 0x100;

/** struct io_uring_params, in 32-bit words. */
const PARAMS_WORDS = 30;
const PARAM = { sqEntries: 0, cqEntries: 1, flags: 2, features: 5, sqTail: 11, sqMask: 12, sqArray: 16, cqHead: 20, cqTail: 21, cqMask: 22, cqes: 25 } as const;

/** struct io_uring_sqe, in 32-bit words; the first holds opcode and flags. */
const SQE_WORDS = 16;
const SQE = { fd: 1, addressLow: 4, addressHigh: 5, length: 6, messageFlags: 7, userData: 8 } as const;
/** struct io_uring_cqe: user_data(2) res(1) flags(1). */
const CQE_WORDS = 4;
const CQE_RESULT = 2;

const PROT_READ_WRITE = 1 | 2;
const MAP_SHARED_POPULATE = 0x01 | 0x8000;
const MAP_FAILED = 0xffff_ffff_ffff_ffffn;
const WORD = 0x1_0000_0000;

const setup = libc.foreign('long syscall(long number, unsigned int entries, void *params)');
const enter = libc.foreign('long syscall(long number, unsigned int fd, unsigned int submit, unsigned int wait, unsigned int flags, void *set, size_t size)');
const mmap = libc.foreign<(address: null, bytes: number, protection: number, flags: number, fd: number, offset: number) => bigint>(
  'void *mmap(void *address, size_t bytes, int protection, int flags, int fd, int64_t offset)',
);
const munmap = libc.foreign<(address: bigint, bytes: number) => number>('int munmap(void *address, size_t bytes)');

const NOTHING: Int32Array = new Int32Array(0);

interface Mapping {
  readonly address: bigint;
  readonly bytes: number;
}

export class SendRing {
  private readonly fd: number;
  private readonly mappings: Mapping[] = [];
  /** The words of both rings, and of the submission entries: memory of the kernel. */
  private rings: Int32Array = NOTHING;
  private entries: Int32Array = NOTHING;
  private readonly sqTail: number;
  private readonly sqMask: number;
  private readonly cqHead: number;
  private readonly cqTail: number;
  private readonly cqMask: number;
  private readonly cqes: number;
  /** Where the next submission begins. */
  private tail = 0;
  private readonly staging = Buffer.allocUnsafeSlow(STAGING_BYTES);
  private readonly stagingAddress = libc.addressOf(this.staging);
  private staged = 0;
  private queued = 0;
  private readonly streams: QueuedSend[] = [];
  private readonly flushed = { sends: 0, bytes: 0, short: 0 };
  /** By entry of the submission ring. */
  private readonly results = new Int32Array(ENTRIES);

  /** Throws SystemError where it is not allowed, and Error where the kernel lacks something. */
  constructor() {
    const params = new Int32Array(PARAMS_WORDS);
    params[PARAM.flags] = SETUP_SUBMIT_ALL;
    this.fd = setup(SYS_IO_URING_SETUP, ENTRIES, params);
    if (this.fd === -1) throw libc.lastError('io_uring_setup', -1);
    const word = (at: number): number => params[at]! >> 2;
    this.sqTail = word(PARAM.sqTail);
    this.cqHead = word(PARAM.cqHead);
    this.cqTail = word(PARAM.cqTail);
    this.cqes = word(PARAM.cqes);
    try {
      const features = FEAT_SINGLE_MMAP | FEAT_CQE_SKIP;
      if ((params[PARAM.features]! & features) !== features) throw new Error('io_uring: this kernel cannot leave out completions');
      const sqBytes = params[PARAM.sqArray]! + params[PARAM.sqEntries]! * 4;
      const cqBytes = params[PARAM.cqes]! + params[PARAM.cqEntries]! * CQE_WORDS * 4;
      this.rings = this.map(Math.max(sqBytes, cqBytes), OFF_SQ_RING);
      this.entries = this.map(params[PARAM.sqEntries]! * SQE_WORDS * 4, OFF_SQES);
      this.sqMask = this.rings[word(PARAM.sqMask)]!;
      this.cqMask = this.rings[word(PARAM.cqMask)]!;
      if (this.sqMask !== ENTRIES - 1) throw new Error(`io_uring: ${this.sqMask + 1} entries instead of ${ENTRIES}`);
      this.prepare(word(PARAM.sqArray));
    } catch (error) {
      this.close();
      throw error;
    }
  }

  private map(bytes: number, offset: number): Int32Array {
    const address = mmap(null, bytes, PROT_READ_WRITE, MAP_SHARED_POPULATE, this.fd, offset);
    if (BigInt.asUintN(64, address) === MAP_FAILED) throw libc.lastError('mmap', this.fd);
    this.mappings.push({ address, bytes });
    return new Int32Array(libc.viewOf(address, bytes));
  }

  /** Fills in what is the same for every send. */
  private prepare(sqArray: number): void {
    const { rings, entries } = this;
    const opcode = new Int32Array(new Uint8Array([OP_SEND, SQE_CQE_SKIP_SUCCESS, 0, 0]).buffer)[0]!;
    for (let i = 0; i < ENTRIES; i++) {
      rings[sqArray + i] = i;
      entries[i * SQE_WORDS] = opcode;
      entries[i * SQE_WORDS + SQE.messageFlags] = libc.MSG_NOSIGNAL | libc.MSG_DONTWAIT | MSG_WAITALL;
      entries[i * SQE_WORDS + SQE.userData] = i;
    }
  }

  /** Queues a send. False if there is no room for it. */
  add(stream: QueuedSend, from: Buffer, start: number, end: number): boolean {
    const length = end - start;
    const at = this.staged;
    if (this.queued === ENTRIES || at + length > STAGING_BYTES || this.entries === NOTHING) return false;
    this.stage(from, start, end);
    const slot = (this.tail + this.queued) & this.sqMask;
    const entry = slot * SQE_WORDS;
    const { entries } = this;
    const address = this.stagingAddress + at;
    entries[entry + SQE.fd] = stream.fd;
    entries[entry + SQE.addressLow] = address | 0;
    entries[entry + SQE.addressHigh] = Math.floor(address / WORD);
    entries[entry + SQE.length] = length;
    this.results[slot] = length;
    stream.sent = SENT_LATER;
    this.streams[this.queued++] = stream;
    return true;
  }

  private stage(from: Buffer, start: number, end: number): void {
    const { staging } = this;
    let at = this.staged;
    this.staged += end - start;
    if (end - start > COPIED_BY_LOOP) from.copy(staging, at, start, end);
    else for (let i = start; i < end; i++) staging[at++] = from[i]!;
  }

  /** Hands all queued sends to the kernel and sets each stream's result. A single one is left to send(2). */
  submit(): Flushed {
    const { queued, streams, tail, flushed } = this;
    if (queued === 0) return NOTHING_FLUSHED;
    this.queued = 0;
    this.staged = 0;
    if (queued === 1) {
      streams[0]!.sent = NOT_SENT;
      return NOTHING_FLUSHED;
    }
    const taken = this.enter(queued);
    this.tail = (tail + taken) | 0;
    flushed.sends = taken;
    flushed.short = this.reap();
    let bytes = 0;
    for (let i = 0; i < taken; i++) {
      const sent = this.results[(tail + i) & this.sqMask]!;
      streams[i]!.sent = sent;
      if (sent > 0) bytes += sent;
    }
    flushed.bytes = bytes;
    for (let i = taken; i < queued; i++) streams[i]!.sent = NOT_SENT;
    return flushed;
  }

  /** Returns the number of entries that the kernel has taken: all, unless the call fails. */
  private enter(count: number): number {
    const { rings, sqTail, tail } = this;
    Atomics.store(rings, sqTail, (tail + count) | 0);
    let taken = 0;
    while (taken < count) {
      const more = enter(SYS_IO_URING_ENTER, this.fd, count - taken, 0, 0, null, 0);
      if (more > 0) taken += more;
      else if (more === 0 || libc.errno() !== libc.EINTR) break;
    }
    if (taken < count) Atomics.store(rings, sqTail, (tail + taken) | 0);
    return taken;
  }

  /** Returns the number of completions: of sends that were short or failed. */
  private reap(): number {
    const { rings, cqHead, cqMask, cqes, results } = this;
    const end = Atomics.load(rings, this.cqTail);
    const first = rings[cqHead]!;
    if (first === end) return 0;
    let head = first;
    for (; head !== end; head = (head + 1) | 0) {
      const cqe = cqes + (head & cqMask) * CQE_WORDS;
      results[rings[cqe]!] = rings[cqe + CQE_RESULT]!;
    }
    Atomics.store(rings, cqHead, head);
    return (head - first) | 0;
  }

  /** Queued sends are not sent. */
  close(): void {
    for (let i = 0; i < this.queued; i++) this.streams[i]!.sent = NOT_SENT;
    this.queued = 0;
    this.rings = NOTHING;
    this.entries = NOTHING;
    for (const { address, bytes } of this.mappings.splice(0)) munmap(address, bytes);
    libc.close(this.fd);
  }
}
