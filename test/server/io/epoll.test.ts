/** EpollPoll: the contract, on the kernel itself, and what only this backend promises. */
import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { describe } from 'vitest';
import { EpollPoll } from '../../../src/server/io/backends/epoll.js';
import { describePoll, type World } from './contract.js';
import { connectSocket, openSocketRemote } from './net-world.js';

/** Writes to the eventfd from another thread, once this one has said that it goes to wait. */
const WAKE_FROM_THREAD = `
  const { workerData, parentPort } = require('node:worker_threads');
  parentPort.postMessage('up');
  Atomics.wait(workerData.flag, 0, 0);
  require('node:fs').writeSync(workerData.fd, new BigUint64Array([1n]));
`;

function open(edgeTriggered: boolean): World {
  const poll = new EpollPoll(edgeTriggered);
  let worker: Worker | null = null;
  return {
    poll,
    connect: connectSocket,
    openRemote: openSocketRemote,
    nowMs: () => performance.now(),
    async wakeDuringWait() {
      const flag = new Int32Array(new SharedArrayBuffer(4));
      worker = new Worker(WAKE_FROM_THREAD, { eval: true, workerData: { flag, fd: poll.waker.fd } });
      await once(worker, 'message');
      Atomics.store(flag, 0, 1);
      Atomics.notify(flag, 0);
    },
    hasFiles: true,
    async close() {
      await worker?.terminate();
      poll.close();
      poll.waker.close();
    },
  };
}

describe.runIf(process.platform === 'linux')('on Linux', () => describePoll('EpollPoll', open));
