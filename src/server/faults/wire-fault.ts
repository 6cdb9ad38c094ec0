/**
 * WireFault: what one fault of the wire does to a connection. Called by faulty-poll.ts before and after each read and write.
 *
 *   allow(bytes) ──▶ 1 to bytes: that number may be moved ──▶ moved(count)
 *                 └▶ WOULD_BLOCK · END_OF_FILE · BROKEN      the result of the call, which does not reach the kernel
 */
import { END_OF_FILE, WOULD_BLOCK } from '../io/poll.js';
import type { Fault } from './fault.js';
import type { FaultyStream } from './faulty-poll.js';
import { FAULTS } from './table.js';

export type Way = 'read' | 'write';

/** The connection is broken; see {@link WireFault.allow}. */
export const BROKEN = -2;

/** How much unused bandwidth a connection may save up: what it moves at once is this part of a second. */
const BURST_SECONDS = 0.05;

export abstract class WireFault {
  /** By how many ms later than the kernel the poll reports a connection ready. */
  readonly delayMs: number = 0;
  /** True if a read or write that it cuts short is an injection; else the cut only prepares one. */
  readonly countsCuts: boolean = true;

  constructor(
    readonly id: number,
    readonly fault: Fault,
  ) {}

  concerns(stream: FaultyStream): boolean {
    return this.fault.token === undefined || this.fault.token === stream.token;
  }

  /** Returns the result of a read or write of up to `bytes`; see above. */
  allow(_stream: FaultyStream, _way: Way, bytes: number): number {
    return bytes;
  }

  /** Called after `count` bytes have been moved. */
  moved(_stream: FaultyStream, _way: Way, _count: number): void {}

  /** True if the next read has a result that the kernel does not know of. */
  isDue(_stream: FaultyStream): boolean {
    return false;
  }
}

class Slice extends WireFault {
  constructor(
    id: number,
    fault: Fault,
    private readonly bytes: number,
  ) {
    super(id, fault);
  }

  override allow(_stream: FaultyStream, _way: Way, bytes: number): number {
    return Math.min(bytes, this.bytes);
  }
}

class Latency extends WireFault {
  constructor(
    id: number,
    fault: Fault,
    override readonly delayMs: number,
  ) {
    super(id, fault);
  }
}

class Bandwidth extends WireFault {
  /** When the next byte of a direction may be moved, on the loop's monotonic clock. */
  private readonly free = { read: new WeakMap<FaultyStream, number>(), write: new WeakMap<FaultyStream, number>() };

  constructor(
    id: number,
    fault: Fault,
    private readonly bytesPerSecond: number,
  ) {
    super(id, fault);
  }

  override allow(stream: FaultyStream, way: Way, bytes: number): number {
    const freeUs = this.free[way].get(stream) ?? 0;
    if (freeUs <= stream.nowUs) return Math.min(bytes, Math.max(1, Math.floor(this.bytesPerSecond * BURST_SECONDS)));
    stream.holdUntil(freeUs);
    return WOULD_BLOCK;
  }

  override moved(stream: FaultyStream, way: Way, count: number): void {
    this.free[way].set(stream, stream.nowUs + (count / this.bytesPerSecond) * 1e6);
  }
}

class WouldBlockBurst extends WireFault {
  /** Number of refusals before something may be moved again. */
  private readonly left = { read: new WeakMap<FaultyStream, number>(), write: new WeakMap<FaultyStream, number>() };

  constructor(
    id: number,
    fault: Fault,
    private readonly times: number,
  ) {
    super(id, fault);
  }

  override allow(stream: FaultyStream, way: Way, bytes: number): number {
    const left = this.left[way].get(stream) ?? this.times;
    this.left[way].set(stream, left === 0 ? this.times : left - 1);
    return left === 0 ? bytes : WOULD_BLOCK;
  }
}

/** After a given number of bytes something happens to the connection. */
abstract class Countdown extends WireFault {
  override readonly countsCuts = false;
  private readonly left = new WeakMap<FaultyStream, number>();

  constructor(
    id: number,
    fault: Fault,
    private readonly afterBytes: number,
    /** The result of a call after it has happened. */
    private readonly outcome: typeof BROKEN | typeof END_OF_FILE,
  ) {
    super(id, fault);
  }

  protected abstract counts(way: Way): boolean;

  override allow(stream: FaultyStream, way: Way, bytes: number): number {
    if (!this.counts(way)) return bytes;
    const left = this.leftOf(stream);
    return left === 0 ? this.outcome : Math.min(bytes, left);
  }

  override moved(stream: FaultyStream, way: Way, count: number): void {
    if (this.counts(way)) this.left.set(stream, this.leftOf(stream) - count);
  }

  override isDue(stream: FaultyStream): boolean {
    return this.leftOf(stream) === 0;
  }

  private leftOf(stream: FaultyStream): number {
    return this.left.get(stream) ?? this.afterBytes;
  }
}

class Reset extends Countdown {
  constructor(id: number, fault: Fault, afterBytes: number) {
    super(id, fault, afterBytes, BROKEN);
  }

  protected counts(): boolean {
    return true;
  }
}

class HalfClose extends Countdown {
  constructor(id: number, fault: Fault, afterBytes: number) {
    super(id, fault, afterBytes, END_OF_FILE);
  }

  protected counts(way: Way): boolean {
    return way === 'read';
  }
}

/** Makes accept fail with an error. */
export class AcceptFailure extends WireFault {
  constructor(
    id: number,
    fault: Fault,
    readonly code: string,
  ) {
    super(id, fault);
  }

  override concerns(): boolean {
    return false;
  }
}

/** Creates the object that implements a fault of the wire. */
export function wireFault(id: number, fault: Fault): WireFault {
  switch (fault.name) {
    case 'slice':
      return new Slice(id, fault, fault.bytes);
    case 'latency':
      return new Latency(id, fault, fault.ms);
    case 'bandwidth':
      return new Bandwidth(id, fault, fault.bytesPerSecond);
    case 'would-block':
      return new WouldBlockBurst(id, fault, fault.times);
    case 'reset':
      return new Reset(id, fault, fault.afterBytes ?? FAULTS.reset.parameter.default);
    case 'half-close':
      return new HalfClose(id, fault, fault.afterBytes ?? FAULTS['half-close'].parameter.default);
    case 'accept':
      return new AcceptFailure(id, fault, fault.code ?? FAULTS.accept.parameter.default);
    default:
      throw new Error(`${fault.name} is no fault of the wire`);
  }
}
