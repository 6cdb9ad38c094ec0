/**
 * Poll: waits until one of many sources is ready. The event loop of a program is a call of {@link Poll.poll} and what follows from its events.
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
 * The meaning is that of mio (docs/poll.md has the table): readiness is a hint, WouldBlock is a value, and readiness is edge-triggered unless asked
 * otherwise, so a source has to be read until WouldBlock before it is reported again.
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
  /** What the backend knows it by. */
  readonly raw: RawSource;
}

export interface PollOptions {
  /** `auto`: epoll on Linux, else the portable one: node:net on a thread of its own. */
  readonly poller?: 'auto' | 'epoll' | 'portable';
  /** `edge`, as in mio: a source is reported once for each change. `level`: for as long as it is ready. */
  readonly trigger?: 'edge' | 'level';
  /** Gets every event of the trace as it happens: wait, poll, ready, accept, connect, read, write, interest, disconnect; see docs/trace-events.md. */
  readonly trace?: (event: TraceEvent) => void;
  /** In place of a kernel, for tests: a simulated one (`redis-lab/testing`). */
  readonly backend?: Backend;
}

/** Tokens of a program follow those that the backend uses itself. */
const toRaw = (token: Token): RawToken => token + FIRST_FREE;

/** What accept returns may be WouldBlock, which is the first thing that is registered by mistake. Throws a TypeError. */
function checkSource(source: unknown): void {
  if (typeof source === 'object' && source !== null && 'raw' in source) return;
  throw new TypeError(`a source is a TcpListener or a TcpStream, and not ${typeof source === 'object' ? JSON.stringify(source) : String(source)}`);
}

export class Poll {
  /** For the sources of this poll. */
  readonly backend: Backend;
  private readonly trace: ((event: TraceEvent) => void) | null;
  /** The lab, if this process runs in it. */
  private readonly observer: PollObserver | null;
  private readonly tokens = new Map<number, Token>();
  private readonly interests = new Map<number, Interest>();
  /** Of the waker, if there is one. */
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

  /** From now on events say under `token` that the source is ready. Throws {@link SystemError}: EEXIST if it is registered. */
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

  /** With another token or interest. What is ready already is reported again, also edge-triggered. Throws {@link SystemError}: ENOENT. */
  reregister(source: Source, token: Token, interest: Interest): void {
    checkInterest(interest);
    this.backend.reregister(source.raw, toRaw(Token(token)), interest);
    const before = this.interests.get(source.fd) ?? 0;
    this.tokens.set(source.fd, token);
    this.interests.set(source.fd, interest);
    this.observer?.registered(this, source.fd, token, interest);
    if (before !== interest) this.tell({ kind: 'interest', token, before, after: interest });
  }

  /** Its readiness is reported no more. Throws {@link SystemError}: ENOENT. */
  deregister(source: Source): void {
    this.backend.deregister(source.raw);
    this.forget(source.fd);
    this.observer?.deregistered(this, source.fd);
  }

  /**
   * Waits until something is ready, or the time is over, and fills `events`; they are empty after that time, or after a signal. Blocks the thread.
   *
   * @param timeoutMs milliseconds; null: no limit; 0: look and return
   */
  poll(events: Events, timeoutMs: number | null = null): void {
    if (timeoutMs !== null && !(timeoutMs >= 0)) throw new RangeError(`a timeout is a number of milliseconds from 0 on, or null, and not ${String(timeoutMs)}`);
    const timeout = timeoutMs === null || timeoutMs === Infinity ? -1 : timeoutMs;
    this.tell({ kind: 'wait', timeoutMs: timeout, why: timeout === -1 ? 'no timer' : 'timeout' });
    // To tell may take long: the program may be held there.
    const startMs = performance.now();
    const { raw } = events;
    this.backend.wait(raw, timeout);
    for (let i = 0; i < raw.length; i++) raw.tokens[i] = this.fromRaw(raw.tokens[i]!);
    if (!this.isWatched) return;
    this.tell({ kind: 'poll', waitedUs: Math.round((performance.now() - startMs) * 1000), ready: raw.length, emulated: this.backend.emulated });
    for (let i = 0; i < raw.length; i++) this.tell({ kind: 'ready', token: raw.tokens[i]!, readiness: raw.readiness[i]! });
  }

  /** Closes the poll itself; listeners and streams are closed by the program that made them. */
  close(): void {
    this.backend.close();
    this.backend.waker.close();
  }

  /**
   * For the sources of this poll: something has happened.
   *
   * @param fd of the source that it has happened to; -1: none
   * @param buffer whose first `moved` bytes were read or written; null: none
   */
  tell(body: TraceBody, fd = -1, buffer: Buffer | null = null, moved: unknown = 0): void {
    if (this.trace !== null) this.trace({ ...body, seq: ++this.seq, atUs: Math.round(performance.now() * 1000) });
    if (this.observer === null) return;
    this.observer.happened(this, body, fd, buffer !== null && typeof moved === 'number' && moved > 0 ? buffer.subarray(0, moved) : null);
  }

  /** An observer is told what happens. */
  get isWatched(): boolean {
    return this.trace !== null || this.observer !== null;
  }

  /** For the sources of this poll: a listener is bound. */
  tellBound(fd: number, address: string): void {
    this.observer?.bound(this, fd, address);
  }

  /** -1: it is not registered. */
  tokenOf(source: { readonly fd: number }): Token | -1 {
    return this.tokens.get(source.fd) ?? -1;
  }

  /** A source is registered no more. */
  forget(fd: number): void {
    this.tokens.delete(fd);
    this.interests.delete(fd);
  }

  /** A source is closed. */
  closed(fd: number): void {
    this.forget(fd);
    this.observer?.closed(this, fd);
  }

  /** @returns the backend's waker, which events report under this token from now on */
  takeWaker(token: Token): Backend['waker'] {
    if (this.wakerToken !== null) throw new Error('the poll has a waker already');
    this.wakerToken = Token(token);
    return this.backend.waker;
  }

  private fromRaw(raw: RawToken): Token {
    if (raw !== WAKER) return raw - FIRST_FREE;
    // Its next wake is another event.
    this.backend.waker.acknowledge();
    return this.wakerToken ?? -1;
  }
}
