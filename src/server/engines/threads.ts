/**
 * The engine `threads`: one thread of the operating system per connection, blocking reads and writes, and one keyspace in shared memory behind a lock.
 *
 *   accepting thread                  main thread                    thread of a connection
 *   slot? ──▶ accept(2) ── descriptor ──▶ starts a thread ──▶ recv ──▶ decode ──▶ lock ─ keyspace ─ unlock ──▶ send ──▶ recv …
 *     ▲                                       │                                       │
 *     └────────────── slot ───────────────────┴── closes the descriptor ◀── its thread has ended
 *
 * The main thread owns the descriptors: none is closed, and none reused, while a thread may be in a system call with it. To end, it shuts all of them down,
 * which makes every system call return; only then may the process end its workers, since Node waits for a thread that is in one.
 */
import { Worker } from 'node:worker_threads';
import { type LockCounters, lockCounters } from '../arena/lock.js';
import { createMemory, DEFAULT_MEMORY_BYTES } from '../arena/shared-table.js';
import type { SettingValues } from '../config.js';
import { PROTECTED_MODE } from '../errors.js';
import { BlockingStream, closeSocket, isOver, isPeerGone, listenBlocking, shutDownSocket } from '../io/backends/blocking-sockets.js';
import { bindAddresses } from '../io/bind-addresses.js';
import { type Address, formatAddress, SystemError } from '../io/poll.js';
import type { LogLevel } from '../server.js';
import { NODE_FLAGS } from '../thread/start-thread.js';
import { StartError } from '../thread/start-error.js';
import type { THREADS_SETTINGS } from './settings.js';
import { createLanes, Lane, type LaneView, MOST_THREADS, viewLanes } from './lanes.js';
import type { AcceptorData, ConnectionData, FromAcceptor } from './protocol.js';
import { ReplyBytes } from './reply-bytes.js';
import { createSinks } from './sinks.js';
import { Slots } from './slots.js';

/** Every bundle that contains this file is one folder below dist; when run from source, tests use the built threads as well. */
const PROGRAMS = new URL(import.meta.url.endsWith('.ts') ? '../../../dist/server/engines/' : '../server/engines/', import.meta.url);

/** A thread that only answers requests makes little long-lived garbage: a small young generation keeps an isolate small. */
const THREAD_LIMITS = { maxYoungGenerationSizeMb: 2, stackSizeMb: 1 };

export interface ThreadsOptions extends Partial<Pick<SettingValues, (typeof THREADS_SETTINGS)[number]>> {
  readonly log?: (level: LogLevel, message: string) => void;
}

interface Listener {
  readonly fd: number;
  readonly local: Address;
}

export class ThreadsServer implements AsyncDisposable {
  /** Resolves when all threads have ended. Rejects if one ended by an error of its own: the keyspace may then be locked for ever. */
  readonly closed: Promise<void>;
  private readonly slots = Slots.create(MOST_THREADS);
  private readonly lanes = createLanes();
  private readonly sinks = createSinks();
  private readonly memory: SharedArrayBuffer;
  private readonly listeners: readonly Listener[];
  /** Lanes by descriptor. */
  private readonly connections = new Map<number, number>();
  private readonly startedAt = Math.floor(Date.now() / 1000);
  private running = 0;
  private isClosing = false;
  private nextId = 1;
  private finish!: () => void;
  private fail!: (error: Error) => void;

  /** Listens when it returns. Throws {@link StartError}. */
  constructor(private readonly options: ThreadsOptions = {}) {
    const { bind = '127.0.0.1 -::1', port = 6379, maxmemory = 0 } = options;
    this.closed = new Promise((resolve, reject) => {
      this.finish = resolve;
      this.fail = reject;
    });
    this.memory = memoryOf(maxmemory);
    this.listeners = listenOn(bind, port, options['tcp-backlog'] ?? 511);
    this.startAcceptor();
  }

  get addresses(): readonly Address[] {
    return this.listeners.map(({ local }) => local);
  }

  get port(): number {
    return (this.listeners[0]!.local as { readonly port: number }).port;
  }

  /** Returns what the threads are doing now. */
  view(): readonly LaneView[] {
    return viewLanes(this.lanes);
  }

  get lock(): LockCounters {
    return lockCounters(this.memory);
  }

  /** Makes every thread leave its system call, and resolves when all of them have ended. */
  async close(): Promise<void> {
    if (!this.isClosing) {
      this.isClosing = true;
      this.slots.close();
      for (const { fd } of this.listeners) shutDownSocket(fd);
      for (const fd of this.connections.values()) shutDownSocket(fd);
    }
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private startAcceptor(): void {
    const listeners = this.listeners.map(({ fd }) => fd);
    const worker = this.startThread('acceptor', { listeners, slots: this.slots.shared }, () => listeners.forEach(closeSocket));
    worker.once('error', (error) => this.failed(error));
    worker.on('message', (message: FromAcceptor) => {
      if (message.kind === 'accepted') this.accepted(message.fd, message.peer);
      else this.log(`Accepting client connection: ${message.message}`);
    });
  }

  private accepted(fd: number, peer: Address): void {
    const isRefused = this.options['protected-mode'] !== false && !isLocal(peer);
    if (isRefused) refuse(fd);
    // Connections that have waited for long may be gone: a thread for one would be useless.
    if (isRefused || this.isClosing || isOver(fd)) return this.closeConnection(fd);
    const lane = this.freeLane();
    const own = new Lane(this.lanes, lane);
    const { lanes, memory, sinks, port, startedAt } = this;
    own.begin(fd);
    this.connections.set(lane, fd);
    const data: ConnectionData = { id: this.nextId++, fd, peer: formatAddress(peer), lane, lanes, memory, sinks, port, startedAt };
    const worker = this.startThread('connection', data, () => {
      own.end();
      this.connections.delete(lane);
      this.closeConnection(fd);
    });
    // A thread that fails loses its connection; one that fails while it holds the lock blocks all others.
    worker.once('error', (error) => (own.view().state === 'holding the lock' ? this.failed(error) : this.log(`A thread has ended: ${error.message}`)));
  }

  private failed(error: Error): void {
    this.fail(error);
    void this.close().catch(() => {});
  }

  private closeConnection(fd: number): void {
    closeSocket(fd);
    this.slots.give();
  }

  /** There is a lane for each slot. */
  private freeLane(): number {
    for (let lane = 0; ; lane++) if (!this.connections.has(lane)) return lane;
  }

  /** @param ended called when the thread has ended */
  private startThread(program: 'acceptor' | 'connection', workerData: AcceptorData | ConnectionData, ended: () => void): Worker {
    const options = { workerData, trackUnmanagedFds: false, resourceLimits: THREAD_LIMITS, ...NODE_FLAGS };
    const worker = new Worker(new URL(`${program}.js`, PROGRAMS), options);
    this.running++;
    worker.once('exit', () => {
      this.running--;
      ended();
      if (this.running === 0) this.finish();
    });
    return worker;
  }

  private log(message: string): void {
    this.options.log?.('warning', message);
  }
}

function memoryOf(maxmemory: number): SharedArrayBuffer {
  try {
    return createMemory(maxmemory === 0 ? DEFAULT_MEMORY_BYTES : maxmemory);
  } catch (error) {
    throw refusal(`maxmemory: ${(error as Error).message}`);
  }
}

/** Opens the listeners. All addresses have one port: with port 0 the first one determines it. Throws {@link StartError}; then nothing stays bound. */
function listenOn(bind: string, port: number, backlog: number): readonly Listener[] {
  const listeners: Listener[] = [];
  try {
    for (const address of bindAddresses(bind, port)) {
      const local = listeners[0]?.local;
      const wanted = local !== undefined && 'port' in local ? { ...address, port: local.port } : address;
      listeners.push(listenBlocking(wanted, backlog));
    }
  } catch (error) {
    for (const { fd } of listeners) closeSocket(fd);
    if (error instanceof SystemError) throw new StartError({ message: error.message, code: error.code, address: error.address });
    throw error instanceof RangeError ? refusal(error.message) : error;
  }
  if (listeners.length === 0) throw refusal('configured to listen nowhere: bind names no address of this machine');
  return listeners;
}

const refusal = (message: string): StartError => new StartError({ message, code: null, address: null });

const isLocal = (peer: Address): boolean => 'path' in peer || peer.host === '127.0.0.1' || peer.host === '::1';

function refuse(fd: number): void {
  const bytes = new ReplyBytes();
  bytes.add(PROTECTED_MODE, 2);
  try {
    new BlockingStream(fd).write(bytes.buffer, 0, bytes.position);
  } catch (error) {
    if (!isPeerGone(error)) throw error;
  }
}
