/**
 * The interface of the kernels for a lesson's tests, simulated or real, and of clients that the test controls. kernels.ts makes them.
 */
import type { Poll, SimulatedFaults, SimulatedPeer } from '../poll/index.js';

export type KernelFaults = Pick<SimulatedFaults, 'partial' | 'wouldBlock' | 'spurious'>;

/** A client. Bytes are latin1. */
export interface Peer extends Pick<SimulatedPeer, 'send' | 'shutdown' | 'close' | 'reset' | 'setWindow' | 'isClosedByServer' | 'fd' | 'readSizes'> {
  /** Bytes on their way to the server. */
  readonly inbound: { readonly length: number };
  /** Bytes that the server has written and the test has not yet received. */
  readonly outbound: { readonly length: number };
  /** Takes everything that the server has written. */
  receive(): string;
}

export interface Kernel {
  readonly backend: Poll['backend'];
  /** Milliseconds that polls have waited. */
  readonly nowMs: number;
  connect(address: string): Peer;
}
