/**
 * The main thread's handle on a thread of a history. It never keeps the process alive.
 */
import { Worker } from 'node:worker_threads';
import { createControl, notifyHeldLoop } from '../thread/control.js';
import { startThread } from '../thread/start-thread.js';
import type { CallOf, FromThread, HistoryThreadData, ToThread } from './protocol.js';

/** As in start-thread.ts. */
const threadUrl = (): URL => new URL(import.meta.url.endsWith('.ts') ? '../../../dist/cli/history-thread.js' : __HISTORY_THREAD__, import.meta.url);

interface PendingCall {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

type CallsOf<C> = { readonly [M in keyof C]: { argument: unknown; result: unknown } };

export class HistoryThread<C extends CallsOf<C>> {
  /** Set by the owner of the thread: receives what the thread sends unasked, and that it has ended by an error. */
  onMessage: (message: FromThread) => void = () => {};
  onFailure: (error: Error) => void = () => {};
  private readonly control = createControl();
  private readonly worker: Worker;
  private readonly calls = new Map<number, PendingCall>();
  private nextCall = 1;
  private end: Error | null = null;

  constructor(role: HistoryThreadData['role']) {
    this.worker = startThread(threadUrl(), { role, control: this.control } satisfies HistoryThreadData);
    this.worker.unref();
    this.worker.on('message', (message: FromThread) => this.receive(message));
    this.worker.on('error', (error) => {
      this.ended(error);
      this.onFailure(error);
    });
    this.worker.on('exit', () => this.ended(new Error('the history has ended')));
  }

  call<M extends keyof C & string>(method: M, argument: C[M]['argument']): Promise<C[M]['result']> {
    if (this.end !== null) return Promise.reject(this.end);
    return new Promise((resolve, reject) => {
      const id = this.nextCall++;
      this.calls.set(id, { resolve, reject });
      // While a call waits for its answer, the thread keeps the process alive.
      this.worker.ref();
      this.post({ kind: 'call', id, method, argument } satisfies CallOf<C>);
    });
  }

  post(message: ToThread<C>, transferred: readonly ArrayBuffer[] = []): void {
    this.worker.postMessage(message, transferred);
    notifyHeldLoop(this.control);
  }

  /** Resolves when the thread has ended. */
  async close(): Promise<void> {
    this.post({ kind: 'close' });
    await this.worker.terminate();
  }

  private receive(message: FromThread): void {
    if (message.kind === 'result') this.settle(message.id)?.resolve(message.value as never);
    else if (message.kind === 'error') this.settle(message.id)?.reject(new Error(message.message));
    else this.onMessage(message);
  }

  private settle(id: number): PendingCall | undefined {
    const call = this.calls.get(id);
    this.calls.delete(id);
    if (this.calls.size === 0) this.worker.unref();
    return call;
  }

  private ended(error: Error): void {
    this.end ??= error;
    for (const { reject } of this.calls.values()) reject(this.end);
    this.calls.clear();
  }
}
