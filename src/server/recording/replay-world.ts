/**
 * ReplayWorld: the poll and the clock of a server that replays a recording: every question is answered from the tape, and only from it.
 *
 * The server must ask the same questions in the same order, and write the same bytes: the first time it does not, a {@link Divergence} says where. At the end
 * of the tape, a {@link TapeEnd} ends the replay.
 */
import type { EndingSignal } from '../../shared/ending-signal.js';
import { type Events } from '../io/event.js';
import type { Interest } from '../io/interest.js';
import {
  type Address, END_OF_FILE, type Flushed, NOTHING_FLUSHED, type Poll, type Source, type TcpListener, type TcpStream, type Waker, WOULD_BLOCK,
  type WouldBlock,
} from '../io/poll.js';
import { systemError } from '../io/backends/ready-list.js';
import type { Token } from '../io/token.js';
import type { AcceptorState } from '../client/acceptor.js';
import type { ConnectionState } from '../client/connection.js';
import type { JobResult } from '../background/job.js';
import type { FaultCall } from '../faults/loop-faults.js';
import type { Clock } from '../loop/clock.js';
import type { RestoredSockets } from '../server-state.js';
import { quote } from '../resp/quote.js';
import * as inputs from './inputs.js';
import { hashOf, INPUT_NAMES, takeAddress, takeError, takeFlushed, takeJobDone } from './inputs.js';
import { type TapeCursor, TapeEnd } from './tape.js';

/** The replayed server did something other than the recorded one. */
export class Divergence extends Error {
  override readonly name = 'Divergence';

  constructor(
    /** The client's token; 0 if it did not concern one. */
    readonly token: Token,
    /** The question that was asked, or the bytes that were written. */
    readonly replayed: string,
    readonly recorded: string,
    /** How many bytes the client had been sent before. */
    readonly sentBytes = 0,
  ) {
    super(`replayed ${replayed}, recorded ${recorded}`);
  }
}

/** A detached server has exceeded its time limit. */
export class OutOfTime extends Error {
  override readonly name = 'OutOfTime';

  constructor() {
    super('it takes too long');
  }
}

/** The server's end of a connection, as an observer sees it. */
export type ReplayedStream = Pick<TcpStream, 'fd' | 'peer'>;

/** Receives what clients do in a replay, and what they get. Bytes are valid only during the call. */
export interface WorldObserver {
  /** The server has begun to connect to another one. */
  connected(): void;
  /** @param local address of the listener */
  accepted(stream: ReplayedStream, local: Address): void;
  received(stream: ReplayedStream, bytes: Buffer): void;
  /** The client has sent its last byte. */
  ended(stream: ReplayedStream): void;
  /** Reading or writing has failed. */
  broke(stream: ReplayedStream): void;
  sent(stream: ReplayedStream, bytes: Buffer): void;
  /** A fault of the loop is set or removed, or readiness is reported differently from here on. */
  called(call: FaultCall): void;
}

export interface RecordedPoll {
  readonly name: Poll['name'];
  readonly emulated: boolean;
  readonly edgeTriggered: boolean;
  /** Each turn was run from a callback: see `Drive`. */
  readonly isDriven: boolean;
  /** The sends of a turn were handed to the kernel in batches; left out: they were not, or nothing about the batches was recorded. */
  readonly batchesSends?: boolean;
  /** The descriptor of its waker; left out: -1, there was none. */
  readonly wakerFd?: number;
}

/** The world between two turns as plain data, without the tape. */
export interface ReplayWorldState {
  readonly clock: ReplayClockState;
  readonly wasWatched: boolean;
  /** How many bytes each client was sent, by token. */
  readonly sentBytes: readonly (readonly [token: Token, bytes: number])[];
}

interface ReplayClockState {
  readonly nowMs: number;
  readonly nowUs: number;
  readonly targetUs: number | null;
  /** The last reading; the next one is recorded as a difference to it. */
  readonly lastNs: number;
}

export class ReplayWorld implements Poll, RestoredSockets {
  readonly name: Poll['name'];
  readonly emulated: boolean;
  readonly edgeTriggered: boolean;
  readonly batchesSends: boolean;
  readonly waker: Waker;
  readonly drive?: (turn: () => number | null) => Promise<void>;
  readonly clock: ReplayClock;
  /** The tape was read up to its end mark. */
  isOver = false;
  /** Nothing more is read from the tape: see {@link detach}. */
  isDetached = false;
  /** The deadline of a detached server, on the clock of `performance.now()`. */
  private endsAtMs = Infinity;
  private wasWatched = false;
  /** What has ended the replay: every further question throws it again. */
  private ending: Error | null = null;
  private readonly streams = new Map<Token, ReplayStream>();
  private readonly sentBefore: ReadonlyMap<Token, number>;
  /** Set by the replay: ends its server. */
  onShutdown: () => void = () => {};
  onFault: (call: FaultCall) => void = () => {};
  onSignal: (signal: EndingSignal) => void = () => {};
  /** Called when a job has ended. False: the server never submitted one with this number. */
  onJobDone: (id: number, result: JobResult) => boolean = () => false;
  observer: WorldObserver | null = null;

  constructor(
    readonly tape: TapeCursor,
    poll: RecordedPoll,
    hasVirtualClock = false,
    state: ReplayWorldState | null = null,
  ) {
    this.name = poll.name;
    this.batchesSends = poll.batchesSends ?? false;
    this.emulated = poll.emulated;
    this.edgeTriggered = poll.edgeTriggered;
    this.waker = { fd: poll.wakerFd ?? -1, wake: () => {}, acknowledge: () => {}, close: () => {} };
    if (poll.isDriven) this.drive = drive;
    this.wasWatched = state?.wasWatched ?? false;
    this.sentBefore = new Map(state?.sentBytes);
    this.clock = new ReplayClock(this, hasVirtualClock, state?.clock ?? null);
  }

  capture(): ReplayWorldState {
    return { clock: this.clock.capture(), wasWatched: this.wasWatched, sentBytes: Array.from(this.streams, ([token, { sentBytes }]) => [token, sentBytes]) };
  }

  streamOf({ token, fd, peer, local }: Pick<ConnectionState, 'token' | 'fd' | 'peer' | 'local'>): TcpStream {
    return new ReplayStream(this, fd, peer, local, this.sentBefore.get(token));
  }

  listenerOf({ fd, local }: AcceptorState): TcpListener {
    return new ReplayListener(this, fd, local);
  }

  listen(): TcpListener {
    this.expectOrFail(inputs.LISTEN, 'listen');
    return new ReplayListener(this, this.tape.number(), takeAddress(this.tape));
  }

  connect(peer: Address): TcpStream {
    if (this.isDetached) throw systemError('connect', 'ENETUNREACH', -1);
    this.expectOrFail(inputs.CONNECT, 'connect');
    this.observer?.connected();
    return new ReplayStream(this, this.tape.number(), peer, takeAddress(this.tape));
  }

  register(source: Source, token: Token, _interest: Interest): void {
    if (!(source instanceof ReplayStream)) return;
    source.token = token;
    this.streams.set(token, source);
  }

  reregister(): void {}

  deregister(source: Source): void {
    if (source instanceof ReplayStream) this.streams.delete(source.token);
  }

  wait(events: Events): void {
    events.clear();
    if (this.isDetached) return;
    this.expectOrFail(inputs.WAIT, 'poll.wait');
    const count = this.tape.number();
    for (let i = 0; i < count; i++) events.push(this.tape.number(), this.tape.byte());
  }

  /** Asked only where sends were batched. */
  queue(): boolean {
    if (this.isDetached) return false;
    const tag = this.next();
    if (tag !== inputs.QUEUED && tag !== inputs.NOT_QUEUED) this.divergeAt(tag, 'poll.queue');
    return tag === inputs.QUEUED;
  }

  flush(): Flushed {
    if (this.isDetached) return NOTHING_FLUSHED;
    this.expect(inputs.FLUSH, 'poll.flush');
    return takeFlushed(this.tape);
  }

  close(): void {}

  /** Consumes the tag of an answer of this kind. */
  expect(tag: number, asked: string): void {
    const found = this.next();
    if (found !== tag) this.divergeAt(found, asked);
  }

  /** For a question that may fail: throws the SystemError, if that was the answer. */
  private expectOrFail(tag: number, asked: string): void {
    const found = this.next();
    if (found === inputs.FAILED) throw takeError(this.tape);
    if (found !== tag) this.divergeAt(found, asked);
  }

  private divergeAt(found: number, asked: string): never {
    return this.diverge(0, asked, INPUT_NAMES[found] ?? `unknown input ${found}`);
  }

  /** Returns whether the recorded server was watched. Asked at the same places as then; only changes are on the tape. */
  readonly isWatched = (): boolean => {
    if (this.isDetached) return this.wasWatched;
    // Waits for more of the tape, since the server is about to read its clock, which is recorded.
    const tag = this.tape.peek(true);
    if (tag === inputs.WATCHED || tag === inputs.UNWATCHED) this.wasWatched = this.tape.byte() === inputs.WATCHED;
    return this.wasWatched;
  };

  /**
   * Applies calls of another thread that were recorded at this place, and ends of jobs. Called where messages of other threads are handled, and
   * before each answer: they may come while the loop is held.
   */
  obeyCalls(): void {
    for (let tag = this.tape.peek(false); isCall(tag); tag = this.tape.peek(false)) {
      this.tape.byte();
      if (tag === inputs.SHUTDOWN) this.onShutdown();
      else if (tag === inputs.ADVANCE) this.clock.advance(this.tape.number());
      else if (tag === inputs.JOB_DONE) this.finishJob();
      else if (tag === inputs.SIGNAL) this.onSignal(this.tape.text() as EndingSignal);
      else this.obeyFault(this.tape.text());
    }
  }

  private finishJob(): void {
    const [id, result] = takeJobDone(this.tape);
    if (!this.onJobDone(id, result)) this.diverge(0, 'no job of this number', `the end of job ${id}`);
  }

  private obeyFault(text: string): void {
    try {
      const call = JSON.parse(text) as FaultCall;
      this.observer?.called(call);
      this.onFault(call);
    } catch {
      this.diverge(0, 'a call of another thread', 'a call that is none');
    }
  }

  diverge(...about: ConstructorParameters<typeof Divergence>): never {
    return this.end(new Divergence(...about));
  }

  /** Ends the replay, once: a command that catches errors must not hide the cause behind its consequences. */
  end(reason: Error): never {
    this.ending ??= reason;
    throw this.ending;
  }

  /**
   * Detaches the server from the tape: the clock stands still, no token is ready, and the host repeats its last answers.
   * @param limitMs how long it may run, in real time: a later look at the clock ends the replay
   */
  detach(limitMs: number): void {
    this.isDetached = true;
    this.endsAtMs = performance.now() + limitMs;
  }

  /** Checks the time limit when a detached server reads its clock. */
  expectTime(): void {
    if (performance.now() > this.endsAtMs) this.end(new OutOfTime());
  }

  /** Throws what has ended the replay, if a command has caught it. */
  expectRunning(): void {
    if (this.ending !== null) throw this.ending;
  }

  /** Reads the tag of the next answer. Throws TapeEnd at the end mark. */
  next(): number {
    this.expectRunning();
    this.tape.peek(true);
    this.obeyCalls();
    const tag = this.tape.byte();
    if (tag !== inputs.END) return tag;
    this.isOver = true;
    throw new TapeEnd();
  }
}

/** True for a call of another thread, or the end of a job. */
const isCall = (tag: number): boolean => CALLS.has(tag);

const CALLS: ReadonlySet<number> = new Set([inputs.SHUTDOWN, inputs.FAULT, inputs.ADVANCE, inputs.JOB_DONE, inputs.SIGNAL]);

/** Runs turn after turn, without waiting. */
async function drive(turn: () => number | null): Promise<void> {
  while (turn() !== null);
}

class ReplayClock implements Clock {
  nowMs = 0;
  nowUs = 0;
  /** Unix time after which nothing is replayed. */
  endMs = Infinity;
  isOver = false;
  targetUs: number | null;
  private lastNs = 0;

  constructor(
    private readonly world: ReplayWorld,
    isVirtual: boolean,
    state: ReplayClockState | null,
  ) {
    this.targetUs = isVirtual ? 0 : null;
    if (state !== null) Object.assign(this, state);
    else this.refresh();
    // A clock that continues from a captured state begins later than at zero.
    if (state === null && isVirtual) this.targetUs = this.nowUs;
  }

  capture(): ReplayClockState {
    return { nowMs: this.nowMs, nowUs: this.nowUs, targetUs: this.targetUs, lastNs: this.lastNs };
  }

  /** The virtual clock was advanced by `us` µs. */
  advance(us: number): void {
    this.targetUs! += us;
  }

  get refreshedUs(): number {
    return this.lastNs / 1000;
  }

  refresh(): void {
    if (this.world.isDetached) return;
    this.world.expect(inputs.REFRESH, 'clock.refresh');
    const nowMs = this.nowMs + this.world.tape.signed();
    if (nowMs > this.endMs) {
      this.isOver = true;
      this.world.tape.cut();
    }
    this.nowMs = nowMs;
    this.nowUs = this.targetUs === null ? this.reading() : this.nowUs + this.world.tape.signed();
  }

  readUs(): number {
    if (this.world.isDetached) {
      this.world.expectTime();
      return this.measureUs();
    }
    this.world.expect(inputs.READ_US, 'clock.readUs');
    return this.reading();
  }

  /** Durations are not measured in a replay: returns the last reading. */
  measureUs(): number {
    return this.lastNs / 1000;
  }

  hold(): void {}
  release(): void {}

  private reading(): number {
    this.lastNs += this.world.tape.signed();
    return this.lastNs / 1000;
  }
}

class ReplayListener implements TcpListener {
  constructor(
    private readonly world: ReplayWorld,
    readonly fd: number,
    readonly local: Address,
  ) {}

  accept(): TcpStream | WouldBlock {
    const { world } = this;
    if (world.isDetached) return WOULD_BLOCK;
    const tag = world.next();
    switch (tag) {
      case inputs.ACCEPT: {
        const stream = new ReplayStream(world, world.tape.number(), takeAddress(world.tape), takeAddress(world.tape));
        world.observer?.accepted(stream, this.local);
        return stream;
      }
      case inputs.ACCEPT_NOT_NOW:
        return WOULD_BLOCK;
      case inputs.FAILED:
        throw takeError(world.tape);
      default:
        return world.diverge(0, 'accept', INPUT_NAMES[tag] ?? `unknown input ${tag}`);
    }
  }

  close(): void {}
}

class ReplayStream implements TcpStream {
  /** Set once it is registered. */
  token: Token = 0;

  constructor(
    private readonly world: ReplayWorld,
    readonly fd: number,
    readonly peer: Address,
    readonly local: Address,
    public sentBytes = 0,
  ) {}

  read(into: Buffer, start: number, end: number): number {
    const { tape } = this.world;
    if (this.world.isDetached) return WOULD_BLOCK;
    const tag = this.world.next();
    switch (tag) {
      case inputs.READ:
      case inputs.READ_OF_SERVER: {
        const token = tape.number();
        if (token !== this.token) return this.world.diverge(this.token, 'read', `read of token ${token}`, this.sentBytes);
        const count = tape.number();
        if (count > end - start) return this.world.diverge(this.token, `read of at most ${end - start} bytes`, `${count} bytes`, this.sentBytes);
        tape.bytes(into, start, count);
        this.world.observer?.received(this, into.subarray(start, start + count));
        return count;
      }
      case inputs.READ_NOT_NOW:
        return WOULD_BLOCK;
      case inputs.READ_END:
        this.world.observer?.ended(this);
        return END_OF_FILE;
      case inputs.FAILED:
        return this.fail();
      default:
        return this.world.diverge(this.token, 'read', INPUT_NAMES[tag] ?? `unknown input ${tag}`, this.sentBytes);
    }
  }

  write(from: Buffer, start: number, end: number): number {
    const { tape } = this.world;
    if (this.world.isDetached) return end - start;
    const tag = this.world.next();
    switch (tag) {
      case inputs.WRITE_ALL:
        return this.compare(from, start, end);
      case inputs.WRITE:
      case inputs.WRITE_UNHASHED: {
        const count = tape.number();
        if (count > end - start) return this.world.diverge(this.token, shownWrite(from, start, end), `write of at least ${count} bytes`, this.sentBytes);
        return tag === inputs.WRITE ? this.compare(from, start, start + count) : this.sent(from, start, start + count);
      }
      case inputs.WRITE_NOT_NOW:
        return WOULD_BLOCK;
      case inputs.FAILED:
        return this.fail();
      default:
        return this.world.diverge(this.token, shownWrite(from, start, end), INPUT_NAMES[tag] ?? `unknown input ${tag}`, this.sentBytes);
    }
  }

  setKeepAlive(): void {}
  setNoDelay(): void {}
  close(): void {}

  /** Only a hash of what was written is on the tape. */
  private compare(from: Buffer, start: number, end: number): number {
    const recorded = this.world.tape.word();
    const replayed = hashOf(from, start, end);
    if (replayed !== recorded) {
      const replayedWrite = `${shownWrite(from, start, end)} (hash ${hex(replayed)})`;
      return this.world.diverge(this.token, replayedWrite, `a write of other bytes (hash ${hex(recorded)})`, this.sentBytes);
    }
    return this.sent(from, start, end);
  }

  private sent(from: Buffer, start: number, end: number): number {
    this.sentBytes += end - start;
    this.world.observer?.sent(this, from.subarray(start, end));
    return end - start;
  }

  private fail(): never {
    this.world.observer?.broke(this);
    throw takeError(this.world.tape);
  }
}

/** Returns `write of 5 bytes "+OK\\r\\n"`; of long ones only the beginning. */
function shownWrite(from: Buffer, start: number, end: number): string {
  const text = quote(from.latin1Slice(start, Math.min(end, start + 60)));
  return `write of ${end - start} bytes ${text}${end - start > 60 ? '…' : ''}`;
}

const hex = (word: number): string => word.toString(16).padStart(8, '0');
