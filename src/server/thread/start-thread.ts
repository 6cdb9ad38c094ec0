/**
 * Starts a loop thread that waits for its options, the first message. So it can be started before they are known: Node
 * takes some 30 ms to start a thread.
 */
import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';

/**
 * Returns the program of a loop thread: the library's, or that of the command line, which uses cached compiled code. Every bundle that starts one is one folder
 * below dist; when run from source, tests use the built thread as well.
 */
const threadUrl = (): URL => new URL(import.meta.url.endsWith('.ts') ? '../../../dist/cli/thread.js' : __LOOP_THREAD__, import.meta.url);

/** Share of the machine's memory that is left for the main thread, for buffers, and for V8 itself. */
const RESERVED_SHARE = 0.1;
const RESERVED_MB = 64;

/**
 * V8's limit is higher than what the data may take. V8 counts whole pages, also where most of a page is free, needs room for a young generation that survives,
 * and ends the thread from 80 % of its limit on if several collections in a row free little. Also, a growing table exists twice for a moment.
 */
const V8_SHARE = 1.25;
const V8_ROOM_MB = 32;

/** Node's flag for V8's limit overrides a thread's own limits. */
const NAMED_LIMIT = /--max[-_]old[-_]space[-_]size[= ](\d+)/;

export interface HeapLimits {
  /** Maximum size of the data of a loop thread: beyond it the heap watch refuses writes. */
  readonly dataMb: number;
  /** The limit at which V8 ends the thread. */
  readonly v8Mb: number;
}

/**
 * Returns the limits of a loop thread's heap: the keyspace may fill the machine's memory, as Redis's may, or what its container is
 * allowed. V8's own default is a fraction of it.
 */
export function heapLimits(totalBytes: number, constrainedBytes: number, nodeFlags: string): HeapLimits {
  const named = NAMED_LIMIT.exec(nodeFlags)?.[1];
  if (named !== undefined) {
    const v8Mb = Number(named);
    return { dataMb: Math.floor(Math.max(v8Mb / 2, Math.min(v8Mb / V8_SHARE, v8Mb - V8_ROOM_MB))), v8Mb };
  }
  const mb = (constrainedBytes > 0 ? Math.min(totalBytes, constrainedBytes) : totalBytes) / 2 ** 20;
  const dataMb = Math.floor(Math.max(mb / 2, mb - Math.max(RESERVED_MB, mb * RESERVED_SHARE)));
  return { dataMb, v8Mb: Math.ceil(Math.max(dataMb * V8_SHARE, dataMb + V8_ROOM_MB)) };
}

export const HEAP_LIMITS = heapLimits(totalmem(), process.constrainedMemory?.() ?? 0, [...process.execArgv, process.env.NODE_OPTIONS ?? ''].join(' '));

/**
 * Two halves of 4 MB for new objects, of which one is in use at a time; V8's default is 16 MB each. What a request allocates is garbage as soon as it is
 * answered, and what it stores is copied twice whatever their size, so larger halves save only the fixed cost of a collection, 0.5 % of a SET with 4 MB.
 * They cost the page faults of their first use, 24 MB of memory, and misses in the processor's caches, through which new objects wander.
 */
const RESOURCE_LIMITS = { maxOldGenerationSizeMb: HEAP_LIMITS.v8Mb, maxYoungGenerationSizeMb: 12 };

/** A worker inherits the flags of its process; one that is run from a file rejects that of a program given as `--input-type=module -e …`. */
export const NODE_FLAGS = process.execArgv.some((flag) => flag.startsWith('--input-type')) ? { execArgv: [] } : {};

/** @param entry the program of the thread. @param workerData for that program */
export function startThread(entry: URL | string = threadUrl(), workerData: unknown = null): Worker {
  return new Worker(entry, { workerData, resourceLimits: RESOURCE_LIMITS, ...NODE_FLAGS });
}

/** Maximum delay of the end of a process by a thread that loads slowly. */
const END_MS = 5000;

/**
 * Ends a thread that is not needed. It is told to end, and does so after it has loaded: a process that exits while one of its threads
 * loads native code (koffi) may abort.
 */
export async function endUnused(thread: Worker): Promise<void> {
  const ended = new Promise((resolve) => thread.once('exit', resolve).once('error', resolve));
  thread.postMessage(null);
  await Promise.race([ended, new Promise((resolve) => setTimeout(resolve, END_MS).unref())]);
}
