/** BlockingPoll: the contract, over a portable poll on another thread. */
import { Worker } from 'node:worker_threads';
import { BlockingPoll } from '../../../src/server/io/backends/blocking/poll.js';
import { describePoll } from './contract.js';
import { connectSocket, openSocketRemote } from './net-world.js';

/** Wakes by the waker's channel when this thread has begun to wait, or shortly before. */
const WAKE_FROM_THREAD = `
  const { BroadcastChannel, workerData } = require('node:worker_threads');
  const channel = new BroadcastChannel(workerData);
  channel.postMessage(null);
  channel.close();
`;

describePoll('BlockingPoll', (edgeTriggered) => {
  const poll = new BlockingPoll(edgeTriggered);
  return {
    poll,
    connect: connectSocket,
    openRemote: openSocketRemote,
    nowMs: () => performance.now(),
    wakeDuringWait: () => void new Worker(WAKE_FROM_THREAD, { eval: true, workerData: poll.waker.channel }),
    hasFiles: true,
    close: async () => poll.close(),
  };
});
