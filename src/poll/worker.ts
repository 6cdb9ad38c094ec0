/** The program of the thread beneath a portable poll. */
import { workerData } from 'node:worker_threads';
import { BlockingThread } from '../server/io/backends/blocking/thread.js';
import type { BlockingThreadData } from '../server/io/backends/blocking/protocol.js';

new BlockingThread(workerData as BlockingThreadData).run();
