/**
 * The main thread's handle on the loop thread: starts it, calls into it, wakes it, and makes sure that it ends.
 *
 * A call is a message and a byte: the message waits in the port, the byte in the eventfd brings the loop out of the kernel to
 * fetch it. `worker.terminate()` alone would wait for a thread that sleeps in epoll_wait until something else woke it.
 */
import { closeSync, writeSync } from 'node:fs';
import { isMainThread, type Worker } from 'node:worker_threads';
import type { LogLevel } from '../server.js';
import type { Snapshot } from '../snapshot.js';
import type { TraceEvent } from '../trace/events.js';
import type { TraceBatch } from '../trace/recorder.js';
import { type ActivityWords, createActivityWords } from '../loop/activity.js';
import { closeWaker } from '../background/loop-waker.js';
import type { LoopLink } from '../background/protocol.js';
import { ActivityWatch } from './activity-watch.js';
import { createControl, isLoopHeld, notifyHeldLoop, takeBatch, type ControlWords } from './control.js';
import { giveBackSoon } from './give-back.js';
import { HELPER_URL } from './helper-thread.js';
import { StartError } from './start-error.js';
import { HEAP_LIMITS, startThread } from './start-thread.js';
import type { CallMessage, LoopCalls, LoopMessage, LoopMethod, LoopThreadOptions } from './protocol.js';

export type ReadyMessage = Extract<LoopMessage, { kind: 'ready' }>;

export interface LoopEvents {
  readonly log: (level: LogLevel, message: string) => void;
  readonly trace: (batch: TraceBatch, snapshot: Snapshot | null) => void;
  /** Called when the loop is held at this event, or resumes (null). */
  readonly held: (event: TraceEvent | null) => void;
}

const ONE = Buffer.from(new BigUint64Array([1n]).buffer);

/** Closes a descriptor that Node has not opened: in a worker, `closeSync` would print a warning. */
function closeForeign(fd: number): void {
  if (isMainThread) closeSync(fd);
  else void import('../io/backends/libc.js').then(({ close }) => close(fd));
}

/** The thread reached the limit of V8's heap, and its data is lost. Has no stack: what it was doing at that moment explains nothing. */
export class OutOfMemoryError extends Error {
  override readonly name = 'OutOfMemoryError';
  readonly code = 'ERR_WORKER_OUT_OF_MEMORY';

  constructor(limitMb: number) {
    super(
      `the server has ended, and its data is gone: the heap of the loop's thread reached its limit of ${limitMb} MB. ` +
        'maxmemory makes a server evict keys or refuse writes before; NODE_OPTIONS=--max-old-space-size=<megabytes> sets another limit',
    );
    this.stack = this.message;
  }
}

function explained(error: Error): Error {
  return (error as NodeJS.ErrnoException).code === 'ERR_WORKER_OUT_OF_MEMORY' ? new OutOfMemoryError(HEAP_LIMITS.v8Mb) : error;
}

/** Options of a loop; the others are made here. */
type LoopStart = Omit<LoopThreadOptions, 'control' | 'activity' | 'heapLimitMb' | 'isNested' | 'helperProgram'>;

interface PendingCall {
  readonly resolve: (value: never) => void;
  readonly reject: (error: Error) => void;
}

/** All servers of this thread. They share one listener: with one each, Node would warn of a leak from the eleventh on. */
const openHandles = new Set<LoopHandle>();

/**
 * Asks every loop to end when the process exits. Node then ends its workers, and waits for them, so one that sleeps in the kernel must be
 * woken. If it were only woken, the loop might be asleep again before Node ends it, and the process would wait for ever.
 */
function closeAll(): void {
  for (const handle of openHandles) handle.call('close', null).catch(() => {});
}

export class LoopHandle {
  /** Resolves when the loop thread has ended; rejects if it ended by an error of its own. */
  readonly closed: Promise<void>;
  /** Resolves when all of the dataset is there that the server begins with. Rejects if it ends before: with {@link StartError}, or as {@link closed} does. */
  readonly loaded: Promise<void>;
  private tellLoaded!: () => void;
  /** Why it has ended although it was listening already. */
  private failure: StartError | null = null;
  private readonly calls = new Map<number, PendingCall>();
  private nextCall = 1;
  readonly activity: ActivityWatch;
  /** What the loop has last reported. */
  private isHeld = false;
  private isOver = false;

  private constructor(
    private readonly worker: Worker,
    private readonly control: ControlWords,
    activity: ActivityWords,
    readonly ready: ReadyMessage,
    private readonly events: LoopEvents,
    private readonly helper: LoopLink | null,
  ) {
    // The loop reports a hold a moment before it begins, and its end a moment after; in slow motion it reports nothing, and only the control word shows it.
    this.activity = new ActivityWatch(activity, () => this.isHeld || isLoopHeld(control), ready.commandNames);
    this.closed = new Promise((resolve, reject) => {
      worker.once('error', (error) => reject(explained(error)));
      worker.once('exit', () => {
        this.ended();
        if (this.failure === null) resolve();
        else reject(this.failure);
      });
    });
    this.loaded = new Promise((resolve, reject) => {
      this.tellLoaded = resolve;
      this.closed.then(() => reject(new StartError({ message: 'the server has ended before its data was loaded', code: null, address: null })), reject);
    });
    // Not every caller awaits it.
    this.loaded.catch(() => {});
    worker.on('message', (message: LoopMessage) => this.receive(message));
    openHandles.add(this);
    if (openHandles.size === 1) process.on('exit', closeAll);
  }

  /** Starts a loop. Resolves once the server listens. Rejects with {@link StartError}. @param worker waits for its options */
  static start(options: LoopStart, events: LoopEvents, worker = startThread()): Promise<LoopHandle> {
    const control = createControl();
    const activity = createActivityWords();
    const { helper } = options;
    const made = { control, activity, heapLimitMb: HEAP_LIMITS.dataMb, isNested: !isMainThread, helperProgram: HELPER_URL.href };
    const all = { ...options, ...made } satisfies LoopThreadOptions;
    worker.postMessage(all, helper === null ? [] : [helper.port]);
    return new Promise((resolve, reject) => {
      const ended = (): void => reject(new StartError({ message: 'the loop thread ended before it was ready', code: null, address: null }));
      const first = (message: LoopMessage): void => {
        if (message.kind === 'log') return events.log(message.level, message.message);
        if (message.kind === 'failed') return reject(new StartError(message));
        if (message.kind !== 'ready') return;
        worker.off('error', reject).off('exit', ended).off('message', first);
        resolve(new LoopHandle(worker, control, activity, message, events, helper));
      };
      worker.on('error', reject).on('exit', ended).on('message', first);
    });
  }

  /** Calls the loop. Rejects if the loop thread ends before it has answered. */
  call<M extends LoopMethod>(method: M, argument: LoopCalls[M]['argument']): Promise<LoopCalls[M]['result']> {
    if (this.isOver) return Promise.reject(new Error('the loop thread has ended'));
    return new Promise((resolve, reject) => {
      const id = this.nextCall++;
      this.calls.set(id, { resolve, reject });
      this.worker.postMessage({ id, method, argument } satisfies CallMessage);
      this.wake();
    });
  }

  private wake(): void {
    const isHeld = notifyHeldLoop(this.control);
    if (!isHeld && this.ready.wakeFd !== -1) writeSync(this.ready.wakeFd, ONE);
  }

  /** True if the loop thread has ended. */
  get hasEnded(): boolean {
    return this.isOver;
  }

  private ended(): void {
    this.isOver = true;
    this.activity.end();
    openHandles.delete(this);
    if (openHandles.size === 0) process.off('exit', closeAll);
    if (this.helper !== null) closeWaker(this.helper.word);
    // Not earlier: as long as its thread ran, the number could have been reused for another file.
    if (this.ready.wakeFd !== -1) closeForeign(this.ready.wakeFd);
    for (const { reject } of this.calls.values()) reject(new Error('the loop thread has ended'));
    this.calls.clear();
  }

  private receive(message: LoopMessage): void {
    switch (message.kind) {
      case 'result':
        return this.settle(message.id)?.resolve(message.value as never);
      case 'error':
        return this.settle(message.id)?.reject(new Error(message.message));
      case 'log':
        return this.events.log(message.level, message.message);
      case 'trace':
        try {
          return this.events.trace(message.batch, message.snapshot);
        } finally {
          // Also when a listener has thrown, which does not concern the next batch.
          takeBatch(this.control);
        }
      case 'loaded':
        return this.tellLoaded();
      case 'collected':
        return giveBackSoon();
      case 'failed':
        this.failure = new StartError(message);
        // Where it was made explains nothing.
        this.failure.stack = this.failure.message;
        return;
      case 'held':
        this.isHeld = message.event !== null;
        return this.events.held(message.event);
    }
  }

  private settle(id: number): PendingCall | undefined {
    const call = this.calls.get(id);
    this.calls.delete(id);
    return call;
  }
}
