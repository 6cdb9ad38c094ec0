/**
 * The main thread's handle on the loop thread: starts it, calls into it, wakes it, and sees to it that it ends.
 *
 * A call is a message and a byte: the message waits in the port, the byte in the eventfd brings the loop out of the kernel to
 * fetch it. `worker.terminate()` alone would wait for a thread that sleeps in epoll_wait until something else woke it.
 */
import { writeSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { LogLevel } from '../server.js';
import type { LoopCalls, LoopMessage, LoopThreadOptions } from './protocol.js';

export type ReadyMessage = Extract<LoopMessage, { kind: 'ready' }>;

export interface LoopEvents {
  readonly log: (level: LogLevel, message: string) => void;
}

/** The loop thread could not start: its address is taken, its poller can not be had. */
export class StartError extends Error {
  override readonly name = 'StartError';
  constructor(
    message: string,
    /** The errno name, if a system call failed. */
    readonly code: string | null,
  ) {
    super(message);
  }
}

/** Every bundle that contains this file lies one folder below dist; from the sources, tests use the built thread as well. */
const THREAD_URL = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/server/thread/loop-thread.js' : '../server/thread/loop-thread.js', import.meta.url);

const ONE = Buffer.from(new BigUint64Array([1n]).buffer);

export class LoopHandle {
  private readonly calls = new Map<number, { resolve: (value: never) => void; reject: (error: Error) => void }>();
  private nextCall = 1;
  private ended = false;
  /** Resolves when the loop thread is gone, for whatever reason. */
  readonly closed: Promise<void>;

  private constructor(
    private readonly worker: Worker,
    readonly ready: ReadyMessage,
    private readonly events: LoopEvents,
  ) {
    this.closed = new Promise((resolve) => {
      worker.once('exit', () => {
        this.ended = true;
        for (const { reject } of this.calls.values()) reject(new Error('the loop thread has ended'));
        this.calls.clear();
        resolve();
      });
    });
    worker.on('message', (message: LoopMessage) => this.receive(message));
    process.once('exit', this.wakeAtExit);
    void this.closed.then(() => process.off('exit', this.wakeAtExit));
  }

  /** Resolves once the server listens. Rejects with {@link StartError}. */
  static start(options: LoopThreadOptions, events: LoopEvents): Promise<LoopHandle> {
    const worker = new Worker(THREAD_URL, { workerData: options });
    return new Promise((resolve, reject) => {
      worker.once('error', reject);
      worker.once('exit', () => reject(new StartError('the loop thread ended before it was ready', null)));
      worker.on('message', function first(message: LoopMessage) {
        if (message.kind === 'log') return events.log(message.level, message.message);
        if (message.kind === 'failed') return reject(new StartError(message.message, message.code));
        if (message.kind !== 'ready') return;
        worker.removeAllListeners('exit');
        worker.off('message', first);
        resolve(new LoopHandle(worker, message, events));
      });
    });
  }

  call<M extends keyof LoopCalls>(method: M, argument: LoopCalls[M]['argument']): Promise<LoopCalls[M]['result']> {
    if (this.ended) return Promise.reject(new Error('the loop thread has ended'));
    return new Promise((resolve, reject) => {
      const id = this.nextCall++;
      this.calls.set(id, { resolve: resolve as (value: never) => void, reject });
      this.worker.postMessage({ kind: 'call', id, method, argument });
      this.wake();
    });
  }

  private wake(): void {
    if (this.ready.wakeFd !== -1) writeSync(this.ready.wakeFd, ONE);
  }

  /** Node ends its workers when the process exits, and waits for them: one that sleeps in the kernel must be woken for that. */
  private readonly wakeAtExit = (): void => {
    if (!this.ended) this.wake();
  };

  private receive(message: LoopMessage): void {
    switch (message.kind) {
      case 'result':
        this.calls.get(message.id)?.resolve(message.value as never);
        this.calls.delete(message.id);
        return;
      case 'error':
        this.calls.get(message.id)?.reject(new Error(message.message));
        this.calls.delete(message.id);
        return;
      case 'log':
        return this.events.log(message.level, message.message);
    }
  }
}
