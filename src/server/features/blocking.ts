/**
 * Blocking: clients that wait for a key. A blocking command that finds nothing parks its client instead of answering.
 *
 *   BLPOP a b 5 ──▶ handler finds nothing ──▶ return blocking.park(session, argv, request)  reply: none, now
 *                                                │
 *        queues   a → [ client 7, client 9 ]     │ parked: its connection executes nothing; input waits in its buffer
 *                 b → [ client 7 ]            ◀──┘ a timer is set, unless the timeout is 0
 *
 *   LPUSH a x ────▶ a is a new key ──▶ signal: queue a is ready
 *                │
 *                └▶ the command, transaction or script has finished ──▶ serveReady()
 *                      ready: [ a ]   for each queue, for each client in the order of parking:
 *                                     reply = request.serve(key, db, session)
 *                                       undefined: nothing for this client, it stays parked
 *                                       a reply:   sent; the client leaves all its queues, its timer is cancelled
 *                      serving may make further keys ready (BLMOVE → BLMOVE): they are served in the next round
 *
 *   before the loop sleeps ──▶ those clients continue with what they have sent meanwhile
 *
 * For other types: a handler checks the key first and, if there is nothing, returns `park(…)` with its argv and a request of its type, which the command can
 * compute again from the argv (CommandDeclaration.waitFor): so a park is data. `serve` is then called only while the key holds that type. It takes what it
 * needs from the keyspace, calls `db.changed`, and returns the reply. As in Redis 7.0, a client is served from the key that became ready, without checking all
 * its keys again.
 */
import type { Database } from '../keyspace/database.js';
import type { Effects } from '../keyspace/effects.js';
import type { EventClass, KeyspaceListener } from '../keyspace/keyspace.js';
import { type KeyspaceListeners, LISTENER_RANKS } from '../keyspace/listeners.js';
import { LinkedMap } from '../../shared/linked-map.js';
import { typeOf, type TypeName, type Value } from '../keyspace/value.js';
import { ErrorReply, NO_REPLY, type Reply } from '../resp/reply.js';
import * as errors from '../errors.js';
import type { Tap } from '../trace/tap.js';
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import type { RunningCommand, Scheduler } from './surroundings.js';

/** What blocking needs of a client. */
export interface BlockingClient {
  readonly id: number;
  readonly db: Database;
  /** True inside EXEC and scripts, where no client may block. */
  readonly deniesBlocking: boolean;
  parked: boolean;
  waiting: Parked | null;
  /** The command that has parked the client. */
  suspended: object | null;
  answer(reply: Reply): void;
  readonly transport: { resume(): void };
}

interface Surroundings {
  /** What to do when a command finds nothing. */
  readonly policy: { readonly current: { onBlock(token: number, timeoutMs: number, keys: number): 'park' | 'sleep' } };
  readonly host: { sleep(ms: number): void };
  readonly clock: { readonly nowMs: number; readUs(): number };
  readonly tap: Tap;
  readonly scheduler: Scheduler;
  readonly keyspace: { actingToken: number; readonly effects: Effects | null };
  readonly dispatcher: RunningCommand;
  /** Called for each reply except at timeouts, with the duration of serving it, and whether it counts as a failure. */
  answered(session: BlockingClient, reply: Reply, elapsedUs: number, hasFailed: boolean): void;
}

/** What a blocking command waits for. */
export interface ParkRequest {
  readonly keys: readonly string[];
  /** A key that holds another type is not ready. */
  readonly type: TypeName;
  /** 0: for ever. */
  readonly timeoutMs: number;
  /** The reply at the timeout. */
  readonly timedOut: Reply;
  /** The reply inside EXEC and scripts, where no client may block; `timedOut` if left out. */
  readonly denied?: Reply;
  /** The reply when a key is deleted or becomes another type (XREADGROUP); without it the client continues to wait. */
  readonly lost?: Reply;
  /** Called when the key holds the type: takes from the key and returns the reply, or undefined to continue waiting. May throw an ErrorReply. */
  serve(key: string, db: Database): Reply | undefined;
}

/** Maximum time that a rule makes the loop sleep instead of parking a client. */
const LONGEST_SLEEP_MS = 1000;

/** The name of a park's timer. */
const TIMER = 'blocked client';

/** Why a client is no longer parked; shown in the trace. */
export type UnparkReason = 'ready' | 'timeout' | 'unblocked' | 'disconnect';

/** A client in its queues. */
export interface Parked {
  readonly session: BlockingClient;
  readonly db: Database;
  /** What {@link request} was computed from. */
  readonly argv: readonly string[];
  readonly request: ParkRequest;
  /** Unix time in ms, 0 for none. */
  readonly deadlineMs: number;
  readonly timer: TimerState | null;
}

/** All parks between two turns; clients by token, databases by number. */
export interface BlockingState {
  readonly parked: readonly ParkedState[];
  /** For each key the clients in their order; the keys in the order of their first clients. */
  readonly queues: readonly (readonly [db: number, key: string, tokens: readonly number[]])[];
  /** The keys to be served next. */
  readonly ready: readonly (readonly [db: number, key: string])[];
}

interface ParkedState {
  readonly token: number;
  readonly db: number;
  readonly argv: readonly string[];
  readonly deadlineMs: number;
  readonly timer: TimerState | null;
}

/** The clients that wait for one key, first come, first served. */
class Queue {
  readonly waiting = new LinkedMap<BlockingClient, Parked>();
  /** True while it is in the list of queues to be served. */
  isReady = false;
  /** How many of them also get a reply when the key is lost (ParkRequest.lost). */
  lossWaiters = 0;

  constructor(
    readonly db: Database,
    readonly key: string,
  ) {}

  add(parked: Parked): void {
    // A command may name a key twice.
    if (this.waiting.get(parked.session) !== undefined) return;
    this.waiting.add(parked.session, parked);
    if (parked.request.lost !== undefined) this.lossWaiters++;
  }

  delete(parked: Parked): void {
    if (this.waiting.delete(parked.session) && parked.request.lost !== undefined) this.lossWaiters--;
  }

  /** True if a client here could be served from the key's current value, or gets a reply because the key is lost. */
  wants(): boolean {
    if (this.lossWaiters > 0) return true;
    // An expired key is deleted by this lookup, not by the running command: SWAPDB.
    const value = this.db.stored(this.key);
    if (value === undefined) return false;
    const type = typeOf(value);
    for (const parked of this.waiting.values()) if (parked.request.type === type) return true;
    return false;
  }
}

/** What restoring parks requires. */
interface Restoration {
  readonly sessions: ReadonlyMap<number, BlockingClient>;
  readonly databases: readonly Database[];
  /** Computes the request of a client again, from its argv. */
  requestOf(session: BlockingClient, argv: readonly string[]): ParkRequest;
}

export class Blocking implements KeyspaceListener {
  /** Queues to be served once the running command has finished. */
  private ready: Queue[] = [];
  private readonly queues = new Map<Database, Map<string, Queue>>();
  private count = 0;

  constructor(
    private readonly server: Surroundings,
    private readonly listeners: KeyspaceListeners,
  ) {}

  /** @param sessions all clients, in their order */
  capture(sessions: Iterable<BlockingClient>): BlockingState {
    const parked = Array.from(sessions).flatMap(({ waiting }) => (waiting === null ? [] : [captureParked(waiting)]));
    const queues = [...this.queues.values()].flatMap((byKey) => [...byKey.values()]);
    return {
      parked,
      queues: queues.map(({ db, key, waiting }) => [db.index, key, Array.from(waiting.values(), ({ session }) => session.id)]),
      // Serving a queue without clients has no effect.
      ready: this.ready.filter((queue) => queue.waiting.size > 0).map(({ db, key }) => [db.index, key]),
    };
  }

  restore({ parked, queues, ready }: BlockingState, around: Restoration): void {
    for (const state of parked) this.restoreParked(state, around);
    for (const [db, key, tokens] of queues) {
      const queue = this.queueOf(around.databases[db]!, key);
      for (const token of tokens) queue.add(around.sessions.get(token)!.waiting!);
    }
    for (const [db, key] of ready) this.enqueue(this.queueOf(around.databases[db]!, key));
    if (parked.length > 0) this.listeners.join(this, LISTENER_RANKS.blocking);
  }

  private restoreParked({ token, db, argv, deadlineMs, timer }: ParkedState, { sessions, databases, requestOf }: Restoration): void {
    const session = sessions.get(token)!;
    const restored = timer === null ? null : this.server.scheduler.restore(TIMER, timer, () => this.timedOut(session));
    session.waiting = { session, db: databases[db]!, argv, request: requestOf(session, argv), deadlineMs, timer: restored };
    this.count++;
  }

  /** Number of parked clients, for INFO. */
  get size(): number {
    return this.count;
  }

  /** Parks the client of a session; returns the reply for the handler to return. @param argv from which the command can compute the request again */
  park(session: BlockingClient, argv: readonly string[], request: ParkRequest): Reply {
    if (session.deniesBlocking) return request.denied === undefined ? request.timedOut : request.denied;
    const { clock, tap, policy } = this.server;
    if (policy.current.onBlock(session.id, request.timeoutMs, request.keys.length) === 'sleep') return this.sleep(request);
    const deadlineMs = request.timeoutMs === 0 ? 0 : clock.nowMs + request.timeoutMs;
    const parked: Parked = { session, db: session.db, argv, request, deadlineMs, timer: this.setTimer(session, request.timeoutMs) };
    for (const key of request.keys) this.queueOf(session.db, key).add(parked);
    session.parked = true;
    session.waiting = parked;
    this.count++;
    this.listeners.join(this, LISTENER_RANKS.blocking);
    if (tap.sink !== null) tap.sink.emit({ kind: 'park', token: session.id, keys: [...request.keys], deadlineMs });
    return NO_REPLY;
  }

  /** Sleeps as a server without parking would, but not for ever. */
  private sleep({ timeoutMs, timedOut }: ParkRequest): Reply {
    this.server.host.sleep(timeoutMs === 0 ? LONGEST_SLEEP_MS : Math.min(timeoutMs, LONGEST_SLEEP_MS));
    return timedOut;
  }

  /** CLIENT UNBLOCK: the client gets the reply of its timeout, or an error. False if it is not parked. */
  unblock(session: BlockingClient, how: 'timeout' | 'error'): boolean {
    const parked = session.waiting;
    if (parked === null) return false;
    const reply = how === 'error' ? errors.UNBLOCKED : parked.request.timedOut;
    this.release(parked, reply, 'unblocked');
    // A failed call in either case, as in Redis; an error only if it is one.
    this.server.answered(session, reply, 0, true);
    return true;
  }

  /** Answers a client that waits for something other than a key. */
  answer(session: BlockingClient, reply: Reply): void {
    if (session.waiting === null) return;
    this.release(session.waiting, reply, 'ready');
    this.server.answered(session, reply, 0, false);
  }

  /** Sends all waiting clients this reply, and disconnects them after it. @param sessions all clients */
  unblockAll(sessions: Iterable<BlockingClient & { readonly transport: { closeAfterReply(): void } }>, reply: Reply): void {
    for (const session of sessions) {
      if (session.waiting === null) continue;
      this.release(session.waiting, reply, 'unblocked');
      this.server.answered(session, reply, 0, true);
      session.transport.closeAfterReply();
    }
  }

  /** Called when the connection is gone. */
  forget(session: BlockingClient): void {
    if (session.waiting !== null) this.leave(session.waiting, 'disconnect');
  }

  /** Called when something was added to a key of this type. Needed only for new keys: an existing list or sorted set had something to take already. */
  signal(db: Database, key: string): void {
    const queue = this.queues.get(db)?.get(key);
    if (queue !== undefined) this.check(queue);
  }

  /** Clients with a reply for a lost key are served when it is deleted, or has another type. */
  keyModified(db: Database, key: string): void {
    const queue = this.queues.get(db)?.get(key);
    if (queue === undefined || queue.lossWaiters === 0) return;
    const value = db.stored(key);
    if (value === undefined || typeOf(value) !== 'stream') this.check(queue);
  }

  notify(db: Database, _eventClass: EventClass, event: string, key: string): void {
    if (event === 'new') this.signal(db, key);
  }

  flushing(): void {}

  /** After SWAPDB any key may exist, after a flush any may be deleted. */
  flushed(db: Database): void {
    const queues = this.queues.get(db);
    if (queues !== undefined) for (const queue of queues.values()) this.check(queue);
  }

  /** Serves clients until no more keys are ready. Runs when a command, transaction or script has been answered. */
  private readonly serveReady = (): void => {
    while (this.ready.length > 0) {
      const round = this.ready;
      this.ready = [];
      for (const queue of round) this.serve(queue);
    }
  };

  private check(queue: Queue): void {
    if (!queue.isReady && queue.wants()) this.enqueue(queue);
  }

  private enqueue(queue: Queue): void {
    queue.isReady = true;
    if (this.ready.length === 0) this.server.dispatcher.whenReplied(this.serveReady);
    this.ready.push(queue);
  }

  private serve(queue: Queue): void {
    // Reset first, so that serving can make the key ready again.
    queue.isReady = false;
    for (const parked of queue.waiting.values()) {
      const value = queue.db.peek(queue.key);
      // The clients before have emptied it: the others stay, without being checked.
      if (value === undefined && queue.lossWaiters === 0) return;
      this.serveOne(parked, queue, value);
    }
  }

  private serveOne(parked: Parked, queue: Queue, value: Value | undefined): void {
    const { clock } = this.server;
    const startUs = clock.readUs();
    const { session, request } = parked;
    const reply = value !== undefined && typeOf(value) === request.type ? this.take(parked, queue) : request.lost;
    if (reply === undefined) return;
    const elapsedUs = clock.readUs() - startUs;
    this.release(parked, reply, 'ready', elapsedUs);
    this.server.answered(session, reply, elapsedUs, reply instanceof ErrorReply);
  }

  private take({ request, session, argv }: Parked, { key, db }: Queue): Reply | undefined {
    const { keyspace } = this.server;
    const { effects } = keyspace;
    keyspace.actingToken = session.id;
    if (effects !== null) effects.begin();
    try {
      return request.serve(key, db);
    } catch (error) {
      if (error instanceof ErrorReply) return error;
      throw error;
    } finally {
      if (effects !== null) effects.end(db, argv);
      keyspace.actingToken = 0;
    }
  }

  private release(parked: Parked, reply: Reply, why: UnparkReason, elapsedUs = 0): void {
    const { session } = parked;
    this.leave(parked, why, elapsedUs);
    session.answer(reply);
    session.transport.resume();
  }

  /** @param elapsedUs duration of serving it */
  private leave(parked: Parked, why: UnparkReason, elapsedUs = 0): void {
    const { session, request } = parked;
    const { tap } = this.server;
    for (const key of request.keys) this.dequeue(parked, key);
    if (parked.timer !== null) this.server.scheduler.cancel(parked.timer);
    session.parked = false;
    session.waiting = null;
    this.count--;
    if (this.count === 0) this.listeners.leave(this);
    if (tap.sink !== null) tap.sink.emit({ kind: 'unpark', token: session.id, keys: [...request.keys], why, elapsedUs });
  }

  private setTimer(session: BlockingClient, timeoutMs: number): TimerState | null {
    return timeoutMs === 0 ? null : this.server.scheduler.after(TIMER, timeoutMs, () => this.timedOut(session));
  }

  private timedOut(session: BlockingClient): void {
    const { waiting } = session;
    session.suspended = null;
    if (waiting !== null) this.release(waiting, waiting.request.timedOut, 'timeout');
  }

  private queueOf(db: Database, key: string): Queue {
    let queues = this.queues.get(db);
    if (queues === undefined) this.queues.set(db, (queues = new Map()));
    let queue = queues.get(key);
    if (queue === undefined) queues.set(key, (queue = new Queue(db, key)));
    return queue;
  }

  private dequeue(parked: Parked, key: string): void {
    const queues = this.queues.get(parked.db);
    const queue = queues?.get(key);
    // A key that was named twice is already removed.
    if (queues === undefined || queue === undefined) return;
    queue.delete(parked);
    if (queue.waiting.size > 0) return;
    queues.delete(key);
    if (queues.size === 0) this.queues.delete(parked.db);
  }
}

function captureParked({ session, db, argv, deadlineMs, timer }: Parked): ParkedState {
  return { token: session.id, db: db.index, argv, deadlineMs, timer: captureTimer(timer) };
}
