/**
 * LoopHelper: connects the loop thread to a helper thread: one that main has already started, for the file of a recording, or else one that is started with the
 * first job. Completions are handled in {@link LoopHelper.drain}, in the turn that the helper has woken.
 */
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { JobQueue } from '../background/job-queue.js';
import { awaitDone, createWakerWord, type WakerWord } from '../background/loop-waker.js';
import type { FromHelper, LoopLink, ToHelper } from '../background/protocol.js';
import type { Waker } from '../io/poll.js';
import { NODE_FLAGS } from './start-thread.js';

/** How long a server that ends waits for its jobs. */
const SETTLE_MS = 10_000;

export class LoopHelper {
  readonly jobs = new JobQueue((message, transferred) => this.connected().postMessage(message, transferred));
  private port: MessagePort | null = null;
  private word: WakerWord | null = null;
  private readonly arrived: FromHelper[] = [];

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
    if (this.port === null) return;
    for (let received = receiveMessageOnPort(this.port); received !== undefined; received = receiveMessageOnPort(this.port)) {
      this.jobs.receive(received.message as FromHelper);
    }
  }

  /** Blocks until all submitted jobs are done; their results are handled by the next {@link drain}. False: that takes too long. */
  settle(): boolean {
    return this.word === null || awaitDone(this.word, this.jobs.submitted, SETTLE_MS);
  }

  close(): void {
    this.port?.close();
  }

  private connected(): MessagePort {
    return this.port ?? this.connect(this.start());
  }

  /** The thread ends with this one; until then no other thread closes the waker. */
  private start(): LoopLink {
    const { port1, port2 } = new MessageChannel();
    // Descriptors are passed between threads: Node must not close those that a thread has opened.
    const worker = new Worker(new URL(this.program), { trackUnmanagedFds: false, ...NODE_FLAGS });
    worker.unref();
    worker.postMessage({ kind: 'client', port: port2 } satisfies ToHelper, [port2]);
    return { port: port1, word: createWakerWord() };
  }

  private connect({ port, word }: LoopLink): MessagePort {
    const { waker } = this;
    port.postMessage({ kind: 'loop', word, wakeFd: waker.fd } satisfies ToHelper);
    // A loop that never sleeps in the kernel receives messages as events.
    if (waker.fd === -1) {
      port.on('message', (message: FromHelper) => {
        this.arrived.push(message);
        waker.wake();
      });
    }
    this.word = word;
    return (this.port = port);
  }
}
