/**
 * Ring: io_uring as far as the epoll backend uses it: sends or reads of many sockets, in one system call that does all of them and never waits.
 *
 *   add(operation, fd, address, bytes)   fills in the next entry of the batch
 *   submit()                             io_uring_enter(2): the kernel performs the operations inside of the call, in their order
 *   result(i)                            what recv(2) or send(2) would have returned for the i-th, or an errno below 0
 *
 * One ring serves both: a thread that enters another ring than last time makes the kernel look it up, which took 1 % of the CPU time of a request.
 *
 * The traps: the rings are the kernel's memory, seen through ArrayBuffers that must be dropped before it is unmapped; entries that the kernel did not take are
 * withdrawn.
 */
import { MAX_BATCH } from '../poll.js';
import * as libc from './libc.js';

/** A power of two: the kernel would round it up. */
const ENTRIES = MAX_BATCH;

// From <linux/io_uring.h>; the numbers of these system calls are the same on every architecture.
const SYS_IO_URING_SETUP = 425;
const SYS_IO_URING_ENTER = 426;
const SETUP_SUBMIT_ALL = 1 << 7;
const FEAT_SINGLE_MMAP = 1 << 0;
const FEAT_CQE_SKIP = 1 << 11;
const OFF_SQ_RING = 0;
const OFF_SQES = 0x10000000;
const SQE_CQE_SKIP_SUCCESS = 1 << 6;
const OP_SENDMSG = 9;
const OP_SEND = 26;
const OP_RECV = 27;
const MSG_WAITALL = 0x100;
const SEND_FLAGS = libc.MSG_NOSIGNAL | libc.MSG_DONTWAIT | MSG_WAITALL;

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
// It returns a number of entries, or -1.
const enter = libc.foreign('int syscall(long number, unsigned int fd, unsigned int submit, unsigned int wait, unsigned int flags, void *set, size_t size)');
const mmap = libc.foreign<(address: null, bytes: number, protection: number, flags: number, fd: number, offset: number) => bigint>(
  'void *mmap(void *address, size_t bytes, int protection, int flags, int fd, int64_t offset)',
);
const munmap = libc.foreign<(address: bigint, bytes: number) => number>('int munmap(void *address, size_t bytes)');

const NOTHING: Int32Array = new Int32Array(0);

interface Mapping {
  readonly address: bigint;
  readonly bytes: number;
}

/** An operation that the kernel is to perform: what is the same for every socket. */
export interface Operation {
  /** The first word of its entry: opcode and flags. */
  readonly word: number;
  readonly messageFlags: number;
}

function operation(opcode: number, flags: number, messageFlags: number): Operation {
  return { word: new Int32Array(new Uint8Array([opcode, flags, 0, 0]).buffer)[0]!, messageFlags };
}

/** A recv(2) that never waits. */
export const READ = operation(OP_RECV, 0, libc.MSG_DONTWAIT);
/** A send(2) that never waits. No completion is posted for one that succeeds; {@link Ring.result} is then the number of bytes that were asked for. */
export const SEND = operation(OP_SEND, SQE_CQE_SKIP_SUCCESS, SEND_FLAGS);
/** The same of a sendmsg(2): its address is that of a struct msghdr. */
export const SEND_MESSAGE = operation(OP_SENDMSG, SQE_CQE_SKIP_SUCCESS, SEND_FLAGS);

export class Ring {
  /** Number of entries of the batch so far. */
  pending = 0;
  /** Number of the completions that the last {@link submit} has found. */
  completed = 0;
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
  /** Where the last batch began, and the next one begins. */
  private first = 0;
  private tail = 0;
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

  /** Fills in what never changes. */
  private prepare(sqArray: number): void {
    const { rings, entries } = this;
    for (let i = 0; i < ENTRIES; i++) {
      rings[sqArray + i] = i;
      entries[i * SQE_WORDS + SQE.userData] = i;
    }
  }

  get isClosed(): boolean {
    return this.entries === NOTHING;
  }

  /** Adds an operation of `bytes` bytes to the batch. There is room for {@link MAX_BATCH}. @param length what its entry says: bytes, or 1 message */
  add({ word, messageFlags }: Operation, fd: number, address: number, bytes: number, length = bytes): void {
    const slot = (this.tail + this.pending++) & this.sqMask;
    const entry = slot * SQE_WORDS;
    const { entries } = this;
    entries[entry] = word;
    entries[entry + SQE.messageFlags] = messageFlags;
    entries[entry + SQE.fd] = fd;
    entries[entry + SQE.addressLow] = address | 0;
    entries[entry + SQE.addressHigh] = Math.floor(address / WORD);
    entries[entry + SQE.length] = length;
    this.results[slot] = bytes;
  }

  /** Performs the operations of the batch. Returns how many the kernel has taken: all, unless the call fails. */
  submit(): number {
    this.first = this.tail;
    const taken = this.enter(this.pending);
    this.pending = 0;
    this.tail = (this.tail + taken) | 0;
    this.completed = this.reap();
    return taken;
  }

  /** Of the last {@link submit}: the result of an operation that the kernel has taken. */
  result(index: number): number {
    return this.results[(this.first + index) & this.sqMask]!;
  }

  /** Forgets the operations of the batch. */
  drop(): void {
    this.pending = 0;
  }

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

  close(): void {
    this.rings = NOTHING;
    this.entries = NOTHING;
    for (const { address, bytes } of this.mappings.splice(0)) munmap(address, bytes);
    libc.close(this.fd);
  }
}
