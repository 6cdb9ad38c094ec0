/**
 * A simulated kernel made of plain objects, for tests of a loop: waiting takes no real time, and the same seed gives the same run.
 *
 *     const kernel = simulateKernel({ seed: 7, faults: { partial: 0.2 } });
 *     const poll = new Poll({ backend: kernel.backend });
 *     const listener = TcpListener.bind(poll, '127.0.0.1:7000');
 *     const peer = kernel.connect();                          // a client, moved by the test
 *     peer.send('PING\r\n');
 */
import { type Faults, ScriptedPoll, type ScriptedPeer } from '../server/io/backends/scripted.js';
import { parseAddress } from './address.js';

export type { Faults as SimulatedFaults, ScriptedPeer as SimulatedPeer } from '../server/io/backends/scripted.js';

export interface SimulatedKernelOptions {
  /** 32 bits; 0 by default. */
  readonly seed?: number;
  readonly trigger?: 'edge' | 'level';
  /** The probability of each fault at each opportunity; 0 by default. */
  readonly faults?: Partial<Faults>;
}

export interface SimulatedKernel {
  /** For `new Poll({ backend })`. */
  readonly backend: ScriptedPoll;
  /** Connects a client to an address that is listened to; the only one by default. Bytes are latin1. */
  connect(address?: string): ScriptedPeer;
  /** Milliseconds that polls have waited. */
  readonly nowMs: number;
}

export function simulateKernel({ seed = 0, trigger = 'edge', faults = {} }: SimulatedKernelOptions = {}): SimulatedKernel {
  let nowMs = 0;
  const clock = { advance: (ms: number): void => void (nowMs += ms) };
  const backend = new ScriptedPoll({ clock, seed, faults, edgeTriggered: trigger === 'edge' });
  return {
    backend,
    connect: (address) => backend.connectClient(address === undefined ? undefined : parseAddress(address)),
    get nowMs() {
      return nowMs;
    },
  };
}
