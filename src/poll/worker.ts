/** The program of the thread that runs the portable backend. */
import { workerData } from 'node:worker_threads';
import { BlockingThread } from '../server/io/backends/blocking/thread.js';
import type { BlockingThreadData } from '../server/io/backends/blocking/protocol.js';

new BlockingThread(workerData as BlockingThreadData).run();
