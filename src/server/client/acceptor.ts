/**
 * Acceptor: what runs when a listener is ready: accept until WouldBlock, or until others should have their turn (the seam `after-accept`).
 *
 *             no descriptors left (EMFILE, ENFILE), no memory
 *   listening ───────────────────────────────────────────────▶ resting     interest: none
 *             ◀─────────────────────────────────────────────── after 100 ms, interest: READABLE
 *
 * A listener whose backlog can not be emptied stays READABLE, and a level-triggered loop would do nothing but fail to accept.
 * Redis does just that, and logs each failure; here the backlog waits in the kernel, and one line is logged for each rest.
 */
import { type Interest, isEdgeTriggered, READABLE } from '../io/interest.js';
import { captureTimer, type TimerState } from '../../shared/timer-state.js';
import { type Address, formatAddress, SystemError, type TcpListener, type TcpStream, WOULD_BLOCK, type WouldBlock } from '../io/poll.js';
import type { Token } from '../io/token.js';
import { ACCEPTING } from '../loop/activity.js';
import type { EventHandler } from '../loop/event-loop.js';
import type { Timer } from '../loop/timers.js';
import type { ResultOf } from '../rules/seams.js';
import type { ConnectionEnvironment } from './environment.js';
import { toldInterest } from './registration.js';

/** The most for one event, whatever a rule says: a loop that only accepts would not hear that the rule is taken away. */
const MOST_ACCEPTS = 10_000;

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
    private readonly env: Pick<ConnectionEnvironment, 'loop' | 'tap' | 'policy'>,
    /** Takes the connection over and returns its token, or says why it was refused. */
    private readonly connect: (stream: TcpStream) => Token | string,
    /** accept(2) failed, for want of file descriptors for one. */
    private readonly failed: (error: SystemError) => void,
    /** EDGE, LEVEL, or 0 for as the poll does it. */
    private triggering: Interest,
  ) {
    env.loop.register(listener, token, this.registeredInterest, this);
  }

  /** As the trace says it. */
  get interest(): Interest {
    return toldInterest(this.registeredInterest, this.env.loop.poll.edgeTriggered);
  }

  private get isEdgeTriggered(): boolean {
    return isEdgeTriggered(this.registeredInterest, this.env.loop.poll.edgeTriggered);
  }

  private get registeredInterest(): Interest {
    return READABLE | this.triggering;
  }

  /** What is ready is reported so from now on; a listener that rests says nothing until it has rested. */
  trigger(triggering: Interest): void {
    const { token, interest: before } = this;
    const { tap, loop } = this.env;
    this.triggering = triggering;
    if (tap.sink !== null) tap.sink.emit({ kind: 'interest', token, before, after: this.interest });
    if (this.rest === null) loop.poll.reregister(this.listener, token, this.registeredInterest);
  }

  capture(): AcceptorState {
    const { token, listener, rest, triggering } = this;
    return { token, fd: listener.fd, local: listener.local, rest: captureTimer(rest), triggering };
  }

  restore({ rest, triggering }: AcceptorState): void {
    if (triggering !== this.triggering) this.trigger(triggering);
    if (rest === null) return;
    this.env.loop.poll.reregister(this.listener, this.token, 0);
    this.rest = this.env.loop.timers.restore(TIMER, rest, () => this.endRest());
  }

  ready(): void {
    this.env.loop.activity.is(ACCEPTING);
    const { current } = this.env.policy;
    let next: ResultOf<'after-accept'> = 'accept again';
    for (let accepted = 1; next === 'accept again'; accepted++) {
      if (!this.acceptOne()) return;
      next = accepted < MOST_ACCEPTS ? current.afterAccept(this.token, accepted, this.isEdgeTriggered) : 'yield';
    }
    if (next === 'wait') return;
    // The rest of the backlog is for the next turn. Where readiness is edge-triggered, only registering anew makes it news.
    this.env.loop.poll.reregister(this.listener, this.token, this.registeredInterest);
  }

  /** Stops listening, whether it rests or not. */
  close(): void {
    if (this.rest !== null) this.env.loop.timers.cancel(this.rest);
    this.env.loop.deregister(this.listener, this.token);
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
    const { listener, token } = this;
    const { loop } = this.env;
    loop.poll.reregister(listener, token, 0);
    this.rest = loop.timers.schedule(TIMER, loop.clock.nowUs + REST_MS * 1000, () => this.endRest());
  }

  private endRest(): void {
    this.rest = null;
    this.env.loop.poll.reregister(this.listener, this.token, this.registeredInterest);
  }

  private trace(client: Token | string): void {
    if (this.env.tap.sink !== null) this.env.tap.sink.emit({ kind: 'accept', token: this.token, client });
  }
}
