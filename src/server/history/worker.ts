/**
 * The program of both threads of a history.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { FollowerThread } from './follower-thread.js';
import type { HistoryThreadData } from './protocol.js';
import { TwinThread } from './twin-thread.js';

const { role, control } = workerData as HistoryThreadData;
const Thread = role === 'follower' ? FollowerThread : TwinThread;
new Thread(parentPort!, control).run();
