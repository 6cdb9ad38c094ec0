/**
 * LoopHelper: connects the loop thread to a helper thread: one that main has already started, for the file of a recording, or else one that is started with the
 * first job. Completions are handled in {@link LoopHelper.drain}, in the turn that the helper has woken.
 *
 * If the thread cannot be started, or ends, the unfinished jobs fail in the next turn, and the next job starts another one.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { JobQueue } from '../background/job-queue.js';
import { awaitDone, createWakerWord, endOfHelper, HELPER_STARTER, setWakeFd, type WakerWord } from '../background/loop-waker.js';
import type { FromHelper, LoopLink, ToHelper } from '../background/protocol.js';
import type { Waker } from '../io/poll.js';
import { NODE_FLAGS } from './start-thread.js';

/** How long a server that ends waits for its jobs. */
const SETTLE_MS = 10_000;
/** Number of helpers that may end. Threads that have ended are kept until the loop's own ends, so they are not to become many. */
const MOST_ENDS = 10;

export class LoopHelper {
  readonly jobs = new JobQueue((message, transferred) => this.post(message, transferred));
  private port: MessagePort | null = null;
  private word: WakerWord | null = null;
  private readonly arrived: FromHelper[] = [];
  /** Why there is no helper; null: there is one, or none is needed yet. */
  private complaint: string | null = null;
  private ends = 0;

  /** @param link null: there is no thread yet. @param program URL of the helper thread's program */
  constructor(
    link: LoopLink | null,
    private readonly program: string,
    private readonly waker: Waker,
  ) {
    if (link !== null) this.connect(link);
  }

  drain(): void {
    for (const message of this.arrived.splice(0)) this.jobs.receive(message);
    const complaint = this.complaint ?? (this.word === null ? null : endOfHelper(this.word));
    // Not where messages arrive as events: asking a port that has been closed from its other end is a crash of Node.
    if (this.port !== null && this.waker.fd !== -1) {
      for (let received = receiveMessageOnPort(this.port); received !== undefined; received = receiveMessageOnPort(this.port)) {
        this.jobs.receive(received.message as FromHelper);
      }
    }
    if (complaint !== null) this.ended(complaint);
  }

  /** Blocks until all submitted jobs are done; their results are handled by the next {@link drain}. False: that takes too long. */
  settle(): boolean {
    return this.word === null || awaitDone(this.word, this.jobs.submitted, SETTLE_MS);
  }

  close(): void {
    this.forget()?.close();
  }

  private post(message: ToHelper, transferred: readonly ArrayBuffer[]): void {
    if (this.port === null && this.complaint === null && this.ends < MOST_ENDS) this.start();
    if (this.port !== null) {
      this.port.postMessage(message, transferred);
      if (endOfHelper(this.word!) === null) return;
    } else this.complaint ??= 'it has ended several times';
    // The job fails in a turn of its own, as any other.
    this.waker.wake();
  }

  /** The thread ends with this one; until then no other thread closes the waker. */
  private start(): void {
    const { port1, port2 } = new MessageChannel();
    const word = createWakerWord();
    try {
      // Descriptors are passed between threads: Node must not close those that a thread has opened.
      const worker = new Worker(HELPER_STARTER, { eval: true, workerData: { word, program: this.program }, trackUnmanagedFds: false, ...NODE_FLAGS });
      // It has said so itself.
      worker.on('error', () => {});
      worker.unref();
      worker.postMessage({ kind: 'client', port: port2 } satisfies ToHelper, [port2]);
    } catch (error) {
      port1.close();
      this.complaint = (error as Error).message;
      return;
    }
    this.connect({ port: port1, word });
    this.jobs.tellFaults();
  }

  private connect({ port, word }: LoopLink): void {
    const { waker } = this;
    setWakeFd(word, waker.fd);
    port.postMessage({ kind: 'loop', word, wakeFd: waker.fd } satisfies ToHelper);
    // A loop that never sleeps in the kernel receives messages as events.
    if (waker.fd === -1) {
      port.on('message', (message: FromHelper) => {
        this.arrived.push(message);
        waker.wake();
      });
      port.on('close', () => {
        if (this.port !== port) return;
        this.complaint = endOfHelper(word) ?? 'it has ended';
        waker.wake();
      });
    }
    this.word = word;
    this.port = port;
  }

  private ended(complaint: string): void {
    if (this.port !== null) this.ends++;
    this.forget()?.close();
    this.jobs.restart(`there is no helper thread: ${complaint}`);
  }

  /** Returns the port, if there is one. */
  private forget(): MessagePort | null {
    const { port } = this;
    this.port = null;
    this.word = null;
    this.complaint = null;
    return port;
  }
}
