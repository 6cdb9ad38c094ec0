/**
 * Starts a loop thread that waits for its options, which are the first message it gets. So it can be started before they are known: Node
 * takes some 30 ms to start a thread.
 */
import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Every bundle that contains this file lies one folder below dist; from the sources, tests use the built thread as well. */
const THREAD_URL = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/server/thread/worker.js' : '../server/thread/worker.js', import.meta.url);

/** Of what the machine has, this much is left for the main thread, for buffers, and for V8 itself. */
const RESERVED_SHARE = 0.1;
const RESERVED_MB = 64;

/** A flag of Node that names the limit is obeyed. */
const NAMED_LIMIT = /--max[-_]old[-_]space[-_]size[= ](\d+)/;

/**
 * How much old generation a loop thread may have: the keyspace may fill the machine's memory, as Redis's may, or what its container is
 * allowed. V8's own limit is a fraction of it.
 */
export function heapLimitMb(totalBytes: number, constrainedBytes: number, nodeFlags: string): number {
  const named = NAMED_LIMIT.exec(nodeFlags)?.[1];
  if (named !== undefined) return Number(named);
  const mb = (constrainedBytes > 0 ? Math.min(totalBytes, constrainedBytes) : totalBytes) / 2 ** 20;
  return Math.floor(Math.max(mb / 2, mb - Math.max(RESERVED_MB, mb * RESERVED_SHARE)));
}

export const HEAP_LIMIT_MB = heapLimitMb(totalmem(), process.constrainedMemory?.() ?? 0, [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' '));

/**
 * The young generation is V8's default, named because a worker gets less on small machines: each SET leaves a string behind that lives
 * long, and a small nursery would be emptied all the time.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: HEAP_LIMIT_MB, maxYoungGenerationSizeMb: 48 };

/** A worker has the flags of its process; one that is a file refuses that of a program given as `--input-type=module -e …`. */
export const NODE_FLAGS = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {};

/** @param entry the program of the thread. @param workerData for that program */
export function startThread(entry: URL | string = THREAD_URL, workerData: unknown = null): Worker {
  return new Worker(entry, { workerData, resourceLimits: RESOURCE_LIMITS, ...NODE_FLAGS });
}

/** What a thread that loads slowly may delay the end of a process by. */
const END_MS = 5000;

/**
 * Ends a thread that has been started in vain. It is told to, and ends when it has loaded what it is loading: a process that exits while one of its threads
 * loads native code (koffi) may abort.
 */
export async function endUnused(thread: Worker): Promise<void> {
  const ended = new Promise((resolve) => thread.once('exit', resolve).once('error', resolve));
  thread.postMessage(null);
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, END_MS).unref())]);
}
