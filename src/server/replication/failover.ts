/**
 * Failover: FAILOVER: this master passes its role to one of its replicas, without losing changes.
 *
 *   no-failover ─▶ waiting-for-sync ─▶ failover-in-progress ─▶ no-failover
 *                  writes are held      it is now a replica of the target,
 *                  until a replica      and asks it with PSYNC … FAILOVER
 *                  has everything       to be the master
 *
 * At the timeout it is aborted, or, with FORCE, the target takes over as it is.
 */
import { captureTimer, type Scheduler, type TimerState } from '../../shared/timer-state.js';

/** Named as in INFO. */
export type FailoverPhase = 'no-failover' | 'waiting-for-sync' | 'failover-in-progress';

export interface FailoverTarget {
  readonly host: string;
  readonly port: number;
}

export interface FailoverOptions {
  /** Null: the first replica that has all changes. */
  readonly target: FailoverTarget | null;
  /** 0: no timeout. */
  readonly timeoutMs: number;
  readonly isForced: boolean;
}

export interface FailoverState extends FailoverOptions {
  readonly phase: FailoverPhase;
  readonly timer: TimerState | null;
}

/** What a failover needs to know of a replica. */
interface Candidate {
  readonly phase: string;
  readonly address: string | null;
  readonly listeningPort: number;
  readonly ackOffset: number;
}

interface Surroundings {
  readonly replication: { readonly offset: number };
  readonly scheduler: Scheduler;
  readonly replicas: { readonly list: readonly Candidate[]; asksForAck: boolean; find(target: FailoverTarget): Candidate | undefined };
  /** Sets whether writes are held. */
  hold(isOn: boolean): void;
  /** Makes this server a replica of the target. */
  follow(target: FailoverTarget): void;
  /** Makes it a master again. */
  promote(): void;
  log(level: 'notice' | 'warning', message: string): void;
}

const TIMER = 'failover';

const NOTHING: FailoverOptions = { target: null, timeoutMs: 0, isForced: false };

export class Failover {
  phase: FailoverPhase = 'no-failover';
  private options = NOTHING;
  private timer: TimerState | null = null;

  constructor(private readonly server: Surroundings) {}

  capture(): FailoverState {
    return { ...this.options, phase: this.phase, timer: captureTimer(this.timer) };
  }

  /** @param isAnother the server starts from the state of another one, without the replicas of this failover */
  restore({ phase, timer, ...options }: FailoverState, isAnother: boolean): void {
    if (isAnother) {
      if (phase !== 'no-failover') this.server.hold(false);
      return;
    }
    this.phase = phase;
    this.options = options;
    if (timer !== null) this.timer = this.server.scheduler.restore(TIMER, timer, () => this.timedOut());
  }

  begin(options: FailoverOptions): void {
    const { server } = this;
    this.options = options;
    this.phase = 'waiting-for-sync';
    if (options.timeoutMs > 0) this.timer = server.scheduler.after(TIMER, options.timeoutMs, () => this.timedOut());
    server.hold(true);
    server.log('notice', `FAILOVER requested${options.target === null ? '' : ` to ${nameOf(options.target)}`}.`);
    server.replicas.asksForAck = true;
    this.look();
  }

  /** Called when a replica has acknowledged something. */
  look(): void {
    if (this.phase !== 'waiting-for-sync') return;
    const { replication, replicas, log } = this.server;
    const { target } = this.options;
    const isReady = ({ phase, address, ackOffset }: Candidate): boolean => phase === 'online' && address !== null && ackOffset === replication.offset;
    const ready = target === null ? replicas.list.find(isReady) : replicas.find(target);
    if (ready === undefined || !isReady(ready)) return;
    log('notice', 'Failover target is synced, failing over.');
    this.handOver({ host: ready.address!, port: ready.listeningPort });
  }

  /** Called when the target has taken over: this server has what it needs to follow it. */
  end(): void {
    if (this.phase !== 'failover-in-progress') return;
    this.clear();
  }

  /** Does nothing if there is none. */
  abort(why: string): void {
    const { phase, server } = this;
    if (phase === 'no-failover') return;
    const { target } = this.options;
    server.log('notice', `Aborting failover${target === null ? '' : ` to ${nameOf(target)}`} while ${phase}: ${why}`);
    if (phase === 'failover-in-progress') server.promote();
    this.clear();
  }

  private handOver(target: FailoverTarget): void {
    this.cancelTimer();
    this.options = { ...this.options, target };
    this.phase = 'failover-in-progress';
    this.server.follow(target);
  }

  private timedOut(): void {
    this.timer = null;
    const { isForced, target } = this.options;
    if (!isForced || target === null) return this.abort('Replica never caught up before timeout');
    this.server.log('notice', `Failover to ${nameOf(target)} time out exceeded, failing over.`);
    this.handOver(target);
  }

  private clear(): void {
    this.cancelTimer();
    this.phase = 'no-failover';
    this.options = NOTHING;
    this.server.hold(false);
  }

  private cancelTimer(): void {
    if (this.timer !== null) this.server.scheduler.cancel(this.timer);
    this.timer = null;
  }
}

const nameOf = ({ host, port }: FailoverTarget): string => `${host}:${port}`;
