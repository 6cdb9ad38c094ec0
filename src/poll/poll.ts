/**
 * Poll: waits until one of many sources is ready. A program's event loop calls {@link Poll.poll} and handles the events.
 *
 *     const poll = new Poll();
 *     const listener = TcpListener.bind(poll, '127.0.0.1:7000');
 *     poll.register(listener, Token(0), Interest.READABLE);
 *     const events = new Events();
 *     for (;;) {
 *       poll.poll(events);
 *       for (const event of events) …
 *     }
 *
 * The semantics are those of mio (docs/poll.md has the table): readiness is a hint, WouldBlock is a value, and readiness is edge-triggered by default, so a
 * source must be read until WouldBlock before it is reported again.
 */
import type { Poll as Backend, Source as RawSource } from '../server/io/poll.js';
import { FIRST_FREE, type Token as RawToken, WAKER } from '../server/io/token.js';
import type { TraceBody, TraceEvent } from '../server/trace/events.js';
import { openBackend } from './backend.js';
import type { Events } from './events.js';
import { checkInterest, type Interest } from './interest.js';
import { observerOfProcess, type PollObserver } from './observer.js';
import { Token } from './token.js';

/** What can be registered: a listener or a stream. */
export interface Source {
  /** Its descriptor, or a number that stands for one. */
  readonly fd: number;
  /** The key by which the backend knows it. */
  readonly raw: RawSource;
}

export interface PollOptions {
  /** `auto`: epoll on Linux, otherwise the portable backend: node:net on a separate thread. */
  readonly poller?: 'auto' | 'epoll' | 'portable';
  /** `edge`, as in mio: a source is reported once per change. `level`: as long as it is ready. */
  readonly trigger?: 'edge' | 'level';
  /** Receives every event of the trace as it happens: wait, poll, ready, accept, connect, read, write, interest, disconnect; see docs/trace-events.md. */
  readonly trace?: (event: TraceEvent) => void;
  /** A simulated kernel for tests, instead of a real one (`redis-lab/testing`). */
  readonly backend?: Backend;
}

/** Offset of a program's tokens: they follow those that the backend uses itself. */
const toRaw = (token: Token): RawToken => token + FIRST_FREE;

/** Checks that a source can be registered: WouldBlock, returned by accept, is often passed by mistake. Throws a TypeError. */
function checkSource(source: unknown): void {
  if (typeof source === 'object' && source !== null && 'raw' in source) return;
  throw new TypeError(`a source is a TcpListener or a TcpStream, and not ${typeof source === 'object' ? JSON.stringify(source) : String(source)}`);
}

export class Poll {
  /** Used by the sources of this poll. */
  readonly backend: Backend;
  private readonly trace: ((event: TraceEvent) => void) | null;
  /** The lab's observer, if this process runs in the lab. */
  private readonly observer: PollObserver | null;
  private readonly tokens = new Map<number, Token>();
  private readonly interests = new Map<number, Interest>();
  /** The token of the waker, if there is one. */
  private wakerToken: Token | null = null;
  private seq = 0;

  constructor({ poller = 'auto', trigger = 'edge', trace, backend }: PollOptions = {}) {
    if (trigger !== 'edge' && trigger !== 'level') throw new TypeError(`trigger: edge or level, and not ${String(trigger)}`);
    const open = (): Backend => backend ?? openBackend(poller, trigger === 'edge');
    this.trace = trace ?? null;
    this.observer = observerOfProcess();
    this.backend = this.observer?.opened(this, open) ?? open();
  }

  /** `epoll`, `portable` or `scripted`. */
  get poller(): Backend['name'] {
    return this.backend.name;
  }

  /** Registers a source: from now on events with `token` report that it is ready. Throws {@link SystemError}: EEXIST if it is registered. */
  register(source: Source, token: Token, interest: Interest): void {
    checkSource(source);
    checkInterest(interest);
    this.backend.register(source.raw, toRaw(Token(token)), interest);
    this.tokens.set(source.fd, token);
    this.interests.set(source.fd, interest);
    this.observer?.registered(this, source.fd, token, interest);
    const { peer, local } = source as { peer?: string; local?: string };
    if (peer !== undefined) this.tell({ kind: 'connect', token, fd: source.fd, peer, local: local ?? '' }, source.fd);
  }

  /** Changes token or interest. Existing readiness is reported again, even edge-triggered. Throws {@link SystemError}: ENOENT. */
  reregister(source: Source, token: Token, interest: Interest): void {
    checkInterest(interest);
    this.backend.reregister(source.raw, toRaw(Token(token)), interest);
    const before = this.interests.get(source.fd) ?? 0;
    this.tokens.set(source.fd, token);
    this.interests.set(source.fd, interest);
    this.observer?.registered(this, source.fd, token, interest);
    if (before !== interest) this.tell({ kind: 'interest', token, before, after: interest });
  }

  /** Deregisters a source: its readiness is no longer reported. Throws {@link SystemError}: ENOENT. */
  deregister(source: Source): void {
    this.backend.deregister(source.raw);
    this.forget(source.fd);
    this.observer?.deregistered(this, source.fd);
  }

  /**
   * Blocks the thread until something is ready, or the timeout has passed, and fills `events`; after a timeout or a signal they are empty.
   *
   * @param timeoutMs milliseconds; null: no limit; 0: does not sleep
   */
  poll(events: Events, timeoutMs: number | null = null): void {
    if (timeoutMs !== null && !(timeoutMs >= 0)) throw new RangeError(`a timeout is a number of milliseconds from 0 on, or null, and not ${String(timeoutMs)}`);
    const timeout = timeoutMs === null || timeoutMs === Infinity ? -1 : timeoutMs;
    this.tell({ kind: 'wait', timeoutMs: timeout, why: timeout === -1 ? 'no timer' : 'timeout' });
    // Reporting may take long: the program may be held there.
    const startMs = performance.now();
    const { raw } = events;
    this.backend.wait(raw, timeout);
    for (let i = 0; i < raw.length; i++) raw.tokens[i] = this.fromRaw(raw.tokens[i]!);
    if (!this.isWatched) return;
    this.tell({ kind: 'poll', waitedUs: Math.round((performance.now() - startMs) * 1000), ready: raw.length, emulated: this.backend.emulated });
    for (let i = 0; i < raw.length; i++) this.tell({ kind: 'ready', token: raw.tokens[i]!, readiness: raw.readiness[i]! });
  }

  /** Closes the poll; listeners and streams are closed by the program that made them. */
  close(): void {
    this.backend.close();
    this.backend.waker.close();
  }

  /**
   * Reports an event of a source; called by the sources of this poll.
   *
   * @param fd of that source; -1: none
   * @param buffer whose first `moved` bytes were read or written; null: none
   */
  tell(body: TraceBody, fd = -1, buffer: Buffer | null = null, moved: unknown = 0): void {
    if (this.trace !== null) this.trace({ ...body, seq: ++this.seq, atUs: Math.round(performance.now() * 1000) });
    if (this.observer === null) return;
    this.observer.happened(this, body, fd, buffer !== null && typeof moved === 'number' && moved > 0 ? buffer.subarray(0, moved) : null);
  }

  /** True if the calls are reported to an observer. */
  get isWatched(): boolean {
    return this.trace !== null || this.observer !== null;
  }

  /** Reports that a listener is bound; called by the sources of this poll. */
  tellBound(fd: number, address: string): void {
    this.observer?.bound(this, fd, address);
  }

  /** The token of a source; -1: it is not registered. */
  tokenOf(source: { readonly fd: number }): Token | -1 {
    return this.tokens.get(source.fd) ?? -1;
  }

  /** Forgets the registration of a source. */
  forget(fd: number): void {
    this.tokens.delete(fd);
    this.interests.delete(fd);
  }

  /** Reports that a source is closed. */
  closed(fd: number): void {
    this.forget(fd);
    this.observer?.closed(this, fd);
  }

  /** @returns the backend's waker, whose wakes are reported under this token from now on */
  takeWaker(token: Token): Backend['waker'] {
    if (this.wakerToken !== null) throw new Error('the poll has a waker already');
    this.wakerToken = Token(token);
    return this.backend.waker;
  }

  private fromRaw(raw: RawToken): Token {
    if (raw !== WAKER) return raw - FIRST_FREE;
    // After this, its next wake is a new event.
    this.backend.waker.acknowledge();
    return this.wakerToken ?? -1;
  }
}
