/**
 * `redis-lab/poll`: the poll of the lab for your own loops, with mio's semantics. docs/poll.md describes it.
 */
export { Event, Events } from './events.js';
export { Interest } from './interest.js';
export { TcpListener, TcpStream, WouldBlock } from './net.js';
export { Poll, type PollOptions, type Source } from './poll.js';
export { simulateKernel, type SimulatedFaults, type SimulatedKernel, type SimulatedKernelOptions, type SimulatedPeer } from './simulated.js';
export { Token } from './token.js';
export { Waker, type WakerHandle } from './waker.js';
export { SystemError } from '../server/io/poll.js';
export type { TraceEvent } from '../server/trace/events.js';
