/**
 * WireFault: what one fault of the wire does to the reads and writes of a connection. faulty-poll.ts asks it before each, and tells it after.
 */
import type { Fault } from './fault.js';
import type { FaultyStream } from './faulty-poll.js';

export type Way = 'read' | 'write';

export abstract class WireFault {
  constructor(
    readonly id: number,
    readonly fault: Fault,
  ) {}

  concerns(stream: FaultyStream): boolean {
    return this.fault.token === undefined || this.fault.token === stream.token;
  }

  /** How many bytes a read or write of up to `bytes` may move: from 1 to `bytes`, END_OF_FILE or WOULD_BLOCK. May throw a SystemError. */
  abstract allow(stream: FaultyStream, way: Way, bytes: number): number;
}

class Slice extends WireFault {
  constructor(
    id: number,
    fault: Fault,
    private readonly bytes: number,
  ) {
    super(id, fault);
  }

  allow(_stream: FaultyStream, _way: Way, bytes: number): number {
    return Math.min(bytes, this.bytes);
  }
}

/** What does a fault of the wire. */
export function wireFault(id: number, fault: Fault): WireFault {
  switch (fault.name) {
    case 'slice':
      return new Slice(id, fault, fault.bytes);
    default:
      throw new Error(`${fault.name} is no fault of the wire`);
  }
}
