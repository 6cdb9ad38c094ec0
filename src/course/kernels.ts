/**
 * The kernels on which the tests of a lesson run.
 */
import { Poll, simulateKernel } from '../poll/index.js';
import type { Kernel, KernelFaults } from './kernel.js';
import { Peers } from './peers.js';
import { RealKernel } from './real-kernel.js';

/** The simulated kernel, or a real poller of this machine. */
export type KernelName = 'simulated' | 'epoll' | 'portable';

export interface KernelOptions {
  readonly seed: number;
  readonly faults: Partial<KernelFaults>;
}

/** Makes a kernel for each test. */
export type Kernels = (options: KernelOptions) => Kernel;

/** @throws Error if that poller does not exist here */
export function kernelsOf(name: KernelName): Kernels {
  if (name === 'simulated') return (options) => simulateKernel(options);
  const { backend } = new Poll({ poller: name });
  const peers = new Peers();
  let last: RealKernel | null = null;
  return ({ seed, faults }) => {
    last?.dispose();
    last = new RealKernel(backend, peers, seed, faults);
    return last;
  };
}
