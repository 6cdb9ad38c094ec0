/**
 * The kernels on which the tests of a lesson run.
 */
import { Poll, simulateKernel } from '../poll/index.js';
import type { Kernel, KernelFaults } from './kernel.js';
import { Peers } from './peers.js';
import { RealKernel } from './real-kernel.js';

/** On which the tests run: the simulated kernel, or a real poller of this machine. */
export type KernelName = 'simulated' | 'epoll' | 'portable';

export interface KernelOptions {
  readonly seed: number;
  readonly faults: Partial<KernelFaults>;
}

/** Gives each test a kernel of its own. */
export type Kernels = (options: KernelOptions) => Kernel;

/** @throws Error if there is no such poller here */
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
