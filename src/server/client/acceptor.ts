/**
 * Acceptor: what runs when a listener is ready: accept until WouldBlock.
 *
 *             no descriptors left (EMFILE, ENFILE), no memory
 *   listening ───────────────────────────────────────────────▶ resting     interest: none
 *             ◀─────────────────────────────────────────────── after 100 ms, interest: READABLE
 *
 * A listener whose backlog can not be emptied stays READABLE, and a level-triggered loop would do nothing but fail to accept.
 * Redis does just that, and logs each failure; here the backlog waits in the kernel, and one line is logged for each rest.
 */
import { type Interest, READABLE } from '../io/interest.js';
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import { type Address, formatAddress, SystemError, type TcpListener, type TcpStream, WOULD_BLOCK, type WouldBlock } from '../io/poll.js';
import type { Token } from '../io/token.js';
import { ACCEPTING } from '../loop/activity.js';
import type { EventHandler, EventLoop } from '../loop/event-loop.js';
import type { Timer } from '../loop/timers.js';
import type { Tap } from '../trace/tap.js';
import { toldInterest } from './registration.js';

/** Connections taken in one turn, so that a flood of them does not keep the clients waiting (MAX_ACCEPTS_PER_CALL). */
const ACCEPTS_PER_TURN = 1000;

/** Short enough for a client to wait, long enough to cost nothing. */
const REST_MS = 100;

/** The process, the system or the kernel has run out of something; the next attempt would only fail again. All others concern one connection. */
const OUT_OF_RESOURCES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** A listener as data. */
export interface AcceptorState {
  readonly token: Token;
  readonly fd: number;
  readonly local: Address;
  /** When it takes up accepting again; null while it does not rest. */
  readonly rest: TimerState | null;
  readonly triggering: Interest;
}

/** The name of the timer that ends a rest. */
const TIMER = 'accept-again';

export class Acceptor implements EventHandler {
  private rest: Timer | null = null;

  constructor(
    readonly token: Token,
    readonly listener: TcpListener,
    private readonly loop: EventLoop,
    private readonly tap: Tap,
    /** Takes the connection over and returns its token, or says why it was refused. */
    private readonly connect: (stream: TcpStream) => Token | string,
    /** accept(2) failed, for want of file descriptors for one. */
    private readonly failed: (error: SystemError) => void,
    /** EDGE, LEVEL, or 0 for as the poll does it. */
    private triggering: Interest,
  ) {
    loop.register(listener, token, this.registeredInterest, this);
  }

  /** As the trace says it. */
  get interest(): Interest {
    return toldInterest(this.registeredInterest, this.loop.poll.edgeTriggered);
  }

  private get registeredInterest(): Interest {
    return READABLE | this.triggering;
  }

  /** What is ready is reported so from now on; a listener that rests says nothing until it has rested. */
  trigger(triggering: Interest): void {
    const { tap, token, interest: before } = this;
    this.triggering = triggering;
    if (tap.sink !== null) tap.sink.emit({ kind: 'interest', token, before, after: this.interest });
    if (this.rest === null) this.loop.poll.reregister(this.listener, token, this.registeredInterest);
  }

  capture(): AcceptorState {
    const { token, listener, rest, triggering } = this;
    return { token, fd: listener.fd, local: listener.local, rest: captureTimer(rest), triggering };
  }

  restore({ rest, triggering }: AcceptorState): void {
    if (triggering !== this.triggering) this.trigger(triggering);
    if (rest === null) return;
    this.loop.poll.reregister(this.listener, this.token, 0);
    this.rest = this.loop.timers.restore(TIMER, rest, () => this.endRest());
  }

  ready(): void {
    this.loop.activity.is(ACCEPTING);
    for (let i = 0; i < ACCEPTS_PER_TURN; i++) {
      if (!this.acceptOne()) return;
    }
    // The rest of the backlog is for the next turn. Where readiness is edge-triggered, only registering anew makes it news.
    this.loop.poll.reregister(this.listener, this.token, this.registeredInterest);
  }

  /** Stops listening, whether it rests or not. */
  close(): void {
    if (this.rest !== null) this.loop.timers.cancel(this.rest);
    this.loop.deregister(this.listener, this.token);
    this.listener.close();
  }

  get address(): string {
    return formatAddress(this.listener.local);
  }

  /** False if there is nothing more to accept now. */
  private acceptOne(): boolean {
    const stream = this.tryAccept();
    if (stream === null) return this.rest === null;
    this.trace(stream === WOULD_BLOCK ? 'WouldBlock' : this.connect(stream));
    return stream !== WOULD_BLOCK;
  }

  /** Null if accept(2) failed. */
  private tryAccept(): TcpStream | WouldBlock | null {
    try {
      return this.listener.accept();
    } catch (error) {
      if (!(error instanceof SystemError)) throw error;
      this.trace(error.code);
      this.failed(error);
      if (OUT_OF_RESOURCES.has(error.code)) this.takeRest();
      return null;
    }
  }

  private takeRest(): void {
    const { loop, listener, token } = this;
    loop.poll.reregister(listener, token, 0);
    this.rest = loop.timers.schedule(TIMER, loop.clock.nowUs + REST_MS * 1000, () => this.endRest());
  }

  private endRest(): void {
    this.rest = null;
    this.loop.poll.reregister(this.listener, this.token, this.registeredInterest);
  }

  private trace(client: Token | string): void {
    if (this.tap.sink !== null) this.tap.sink.emit({ kind: 'accept', token: this.token, client });
  }
}
