/**
 * The program of both threads of a history.
 */
import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { parentPort, workerData } from 'node:worker_threads';
import { FollowerThread } from './follower-thread.js';
import type { HistoryThreadData } from './protocol.js';
import { TwinThread } from './twin-thread.js';

/** The follower's priority: on a busy machine it gets a third of the live loop's time. */
const FOLLOWER_PRIORITY = 5;

/** Lowers the priority of this thread. On Linux each thread has its own; elsewhere nothing is changed. */
function standBack(): void {
  try {
    const [, thread] = /(\d+)$/.exec(readlinkSync('/proc/thread-self'))!;
    setPriority(Number(thread), FOLLOWER_PRIORITY);
  } catch {
    // There is no such file, or no permission.
  }
}

const { role, control } = workerData as HistoryThreadData;
if (role === 'follower') {
  standBack();
  new FollowerThread(parentPort!, control).run();
} else {
  new TwinThread(parentPort!, control).run();
}
