/** PortablePoll: the contract, and what only this backend guarantees. */
import { PortablePoll } from '../../../src/server/io/backends/portable.js';
import { describePoll } from './contract.js';
import { worldOf } from './net-world.js';

describePoll('PortablePoll', (edgeTriggered) => {
  const poll = new PortablePoll(edgeTriggered);
  return { ...worldOf(poll), wakeDuringWait: () => void setImmediate(() => poll.waker.wake()) };
});
