/**
 * A thread's handle on the helper thread that it has started: a queue of its own, and links for loops. It keeps the process alive only while jobs are pending.
 */
import { MessageChannel, Worker } from 'node:worker_threads';
import type { Job } from '../background/job.js';
import { type JobListener, JobQueue } from '../background/job-queue.js';
import { createWakerWord, endHelper, type WakerWord } from '../background/loop-waker.js';
import type { FromHelper, LoopLink, ToHelper } from '../background/protocol.js';
import { NODE_FLAGS } from './start-thread.js';

/** Every bundle that contains this file is one folder below dist; when run from source, tests use the built thread as well. */
const PROGRAM = import.meta.url.endsWith('.ts') ? '../../../dist/server/background/helper.js' : '../server/background/helper.js';
export const HELPER_URL = new URL(PROGRAM, import.meta.url);

export class HelperThread {
  readonly jobs: JobQueue;
  private readonly worker: Worker;
  /** Those of all loops that were linked. */
  private readonly words: WakerWord[] = [];
  private hasEnded = false;

  constructor() {
    // Descriptors are passed between threads: Node must not close those that this one has opened.
    this.worker = new Worker(HELPER_URL, { trackUnmanagedFds: false, ...NODE_FLAGS });
    this.worker.unref();
    this.jobs = new ReferencedJobs(this.worker);
    this.worker.on('message', (message: FromHelper) => this.jobs.receive(message));
    this.worker.on('error', ({ message }) => this.ended(`the helper thread has ended: ${message}`));
    this.worker.on('exit', () => this.ended('the helper thread has ended'));
  }

  private ended(reason: string): void {
    this.hasEnded = true;
    this.jobs.fail(reason);
    for (const word of this.words) endHelper(word, reason);
  }

  /** Returns a link for a loop's thread, to which it is transferred. Null: the helper has ended. */
  link(): LoopLink | null {
    if (this.hasEnded) return null;
    const { port1, port2 } = new MessageChannel();
    this.worker.postMessage({ kind: 'client', port: port2 } satisfies ToHelper, [port2]);
    const word = createWakerWord();
    this.words.push(word);
    return { port: port1, word };
  }

  /** Ends the thread, whatever it is doing: unfinished jobs fail. */
  async close(): Promise<void> {
    await this.worker.terminate();
  }
}

/** While jobs are pending, the helper keeps the process alive. */
class ReferencedJobs extends JobQueue {
  constructor(private readonly worker: Worker) {
    super((message, transferred) => worker.postMessage(message, transferred));
  }

  override submit(job: Job, done: JobListener): void {
    this.worker.ref();
    super.submit(job, (result) => {
      if (this.length === 0) this.worker.unref();
      done(result);
    });
  }
}
