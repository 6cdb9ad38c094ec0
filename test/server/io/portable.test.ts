/** PortablePoll: the contract, and what only this backend guarantees. */
import { PortablePoll } from '../../../src/server/io/backends/portable.js';
import { describePoll } from './contract.js';
import { connectSocket, openSocketRemote } from './net-world.js';

describePoll('PortablePoll', (edgeTriggered) => {
  const poll = new PortablePoll(edgeTriggered);
  return {
    poll,
    connect: connectSocket,
    openRemote: openSocketRemote,
    nowMs: () => performance.now(),
    wakeDuringWait: () => void setImmediate(() => poll.waker.wake()),
    hasFiles: true,
    close: async () => {
      poll.close();
      poll.waker.close();
    },
  };
});
