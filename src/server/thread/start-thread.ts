/**
 * Starts a loop thread that waits for its options: they are the first message it gets. So it can be started before anybody knows them: a thread takes Node some 30 ms.
 */
import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Every bundle that contains this file lies one folder below dist; from the sources, tests use the built thread as well. */
const THREAD_URL = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/server/thread/worker.js' : '../server/thread/worker.js', import.meta.url);

/**
 * The keyspace may fill the machine's memory, as Redis's may; V8's own limit is a fraction of it. The young generation is V8's default, named because a
 * worker gets less on small machines: each SET leaves a string behind that lives long, and a small nursery would be emptied all the time.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: Math.floor(totalmem() / 2 ** 20), maxYoungGenerationSizeMb: 48 };

/** A worker has the flags of its process; one that is a file refuses that of a program given as `--input-type=module -e …`. */
const NODE_FLAGS = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {};

/** @param entry the program of the thread. @param workerData for that program */
export function startThread(entry: URL | string = THREAD_URL, workerData: unknown = null): Worker {
  return new Worker(entry, { workerData, resourceLimits: RESOURCE_LIMITS, ...NODE_FLAGS });
}
