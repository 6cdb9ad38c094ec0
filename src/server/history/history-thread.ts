/**
 * The threads of a history: the follower plays along with the live loop, the twin visits moments of its past.
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

/** Runs the thread that `workerData` names, to its end. @param beforeRun called when everything is loaded */
export function runHistoryThread(beforeRun: () => void = () => {}): void {
  const { role, control } = workerData as HistoryThreadData;
  beforeRun();
  if (role === 'follower') {
    standBack();
    new FollowerThread(parentPort!, control).run();
  } else {
    new TwinThread(parentPort!, control).run();
  }
}
