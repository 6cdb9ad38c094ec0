/**
 * Acceptor: accepts connections when a listener is ready, until WouldBlock, or until it should yield to others (the seam `after-accept`).
 *
 *             no descriptors left (EMFILE, ENFILE), no memory
 *   listening ───────────────────────────────────────────────▶ resting     interest: none
 *             ◀─────────────────────────────────────────────── after 100 ms, interest: READABLE
 *
 * A listener whose backlog cannot be emptied stays READABLE, and a level-triggered loop would do nothing but fail to accept. Redis does so, and logs each
 * failure; here the backlog waits in the kernel, and one line is logged for each rest.
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
import { tracedInterest } from './registration.js';

/** Maximum number of accepts per event, whatever a rule says: a loop that only accepts would never learn that the rule was removed. */
const MOST_ACCEPTS = 10_000;

/** Short enough for a client to wait, long enough to cost nothing. */
const REST_MS = 100;

/** The process, the system or the kernel has run out of a resource; the next attempt would fail as well. All other errors concern one connection. */
const OUT_OF_RESOURCES: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** The state of a listener, as plain data. */
export interface AcceptorState {
  readonly token: Token;
  readonly fd: number;
  readonly local: Address;
  /** When it begins to accept again; null while it is not resting. */
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
    /** Called when accept(2) has failed, for example for want of file descriptors. */
    private readonly failed: (error: SystemError) => void,
    /** EDGE, LEVEL, or 0 for the poll's default. */
    private triggering: Interest,
  ) {
    env.loop.register(listener, token, this.registeredInterest, this);
  }

  /** As shown in the trace. */
  get interest(): Interest {
    return tracedInterest(this.registeredInterest, this.env.loop.poll.edgeTriggered);
  }

  private get isEdgeTriggered(): boolean {
    return isEdgeTriggered(this.registeredInterest, this.env.loop.poll.edgeTriggered);
  }

  private get registeredInterest(): Interest {
    return READABLE | this.triggering;
  }

  /** Sets how readiness is reported from now on; a resting listener reports none until its rest is over. */
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
    // The rest of the backlog is left to the next turn. Edge-triggered: re-registering reports readiness that was not drained.
    this.env.loop.poll.reregister(this.listener, this.token, this.registeredInterest);
  }

  /** Stops listening, resting or not. */
  close(): void {
    if (this.rest !== null) this.env.loop.timers.cancel(this.rest);
    this.env.loop.deregister(this.listener, this.token);
    this.listener.close();
  }

  get address(): string {
    return formatAddress(this.listener.local);
  }

  /** Accepts one connection. False if there is nothing more to accept now. */
  private acceptOne(): boolean {
    const stream = this.tryAccept();
    if (stream === null) return this.rest === null;
    this.trace(stream === WOULD_BLOCK ? 'WouldBlock' : this.connect(stream));
    return stream !== WOULD_BLOCK;
  }

  /** Returns null if accept(2) failed. */
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
