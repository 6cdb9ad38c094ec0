/**
 * Shutdown: SHUTDOWN, SIGINT and SIGTERM: waits until lagging replicas have received everything, while writes are held; then ends the server.
 *
 *   begin ─▶ no replica lags, NOW, shutdown-timeout 0 ────────────▶ end of the server, or an error
 *        └─▶ waits ─▶ all have caught up · timeout ────────────────▶ the same
 *               └───▶ SHUTDOWN ABORT ─▶ the server continues, and the clients that have sent SHUTDOWN get an error
 */
import type { EndingSignal } from '../../shared/ending-signal.js';
import { captureTimer, type Scheduler, type TimerState } from '../../shared/timer-state.js';
import { isStillParked, type ParkableClient, type ParkedClient, parkedClient } from './parked-client.js';
import type { Replica } from './replica.js';

export interface ShutdownOptions {
  /** Whether to save a snapshot; null: according to the save points. */
  readonly saves: boolean | null;
  /** Does not wait for replicas. */
  readonly isNow: boolean;
  /** Ends the server even if it cannot save. */
  readonly isForced: boolean;
}

export interface ShutdownState {
  readonly options: ShutdownOptions | null;
  readonly deadlineMs: number;
  readonly timer: TimerState | null;
  readonly clients: readonly number[];
}

interface SignalSettings {
  readonly 'shutdown-on-sigint': string;
  readonly 'shutdown-on-sigterm': string;
}

/** Returns how a signal shuts the server down; SIGHUP has no setting. */
export function optionsFor(signal: EndingSignal, settings: SignalSettings): ShutdownOptions {
  const text = signal === 'SIGINT' ? settings['shutdown-on-sigint'] : signal === 'SIGTERM' ? settings['shutdown-on-sigterm'] : '';
  const words = new Set(text.split(' '));
  return { saves: words.has('save') ? true : words.has('nosave') ? false : null, isNow: words.has('now'), isForced: words.has('force') };
}

interface Surroundings {
  readonly settings: { readonly 'shutdown-timeout': number };
  readonly replication: { readonly offset: number };
  readonly replicas: { readonly list: readonly Replica[]; asksForAck: boolean };
  readonly clock: { readonly nowMs: number };
  readonly scheduler: Scheduler;
  /** Sets whether writes are held. */
  hold(isOn: boolean): void;
  /** Saves, and ends the server. False: it could not save. */
  end(options: ShutdownOptions): boolean;
  /** Tells a waiting client that the server continues. */
  answer(client: ParkableClient): void;
  log(level: 'notice' | 'warning', message: string): void;
}

const TIMER = 'shutdown';

export class Shutdown {
  /** Until when replicas are waited for, in unix time; 0: there is no shutdown. */
  deadlineMs = 0;
  private options: ShutdownOptions | null = null;
  private timer: TimerState | null = null;
  private clients: ParkedClient[] = [];
  /** Called when a shutdown is over: the server ends, or goes on because it could not save, or the shutdown was aborted. */
  over: (ends: boolean) => void = () => {};

  constructor(private readonly server: Surroundings) {}

  capture(): ShutdownState {
    const { options, deadlineMs, timer, clients } = this;
    return { options, deadlineMs, timer: captureTimer(timer), clients: clients.filter(isStillParked).map(({ client }) => client.id) };
  }

  /** @param isAnother the server starts from the state of another one, which was to end: this one is not */
  restore({ options, deadlineMs, timer, clients }: ShutdownState, sessions: ReadonlyMap<number, ParkableClient>, isAnother: boolean): void {
    if (options === null) return;
    this.options = options;
    this.deadlineMs = deadlineMs;
    this.clients = clients.map((token) => parkedClient(sessions.get(token)!));
    if (timer !== null) this.timer = this.server.scheduler.restore(TIMER, timer, () => this.timedOut());
    if (isAnother) this.abort();
  }

  get isUnderWay(): boolean {
    return this.options !== null;
  }

  /** Ends the server: `ended`; waits for replicas; or cannot save. A shutdown in progress is not begun again. */
  begin(options: ShutdownOptions): 'ended' | 'waits' | 'failed' {
    const { settings, replicas, clock, scheduler, log } = this.server;
    if (this.isUnderWay) return 'waits';
    log('warning', 'User requested shutdown...');
    const timeoutMs = settings['shutdown-timeout'] * 1000;
    if (options.isNow || timeoutMs === 0 || this.isReady) {
      const hasEnded = this.end(options);
      this.over(hasEnded);
      return hasEnded ? 'ended' : 'failed';
    }
    this.options = options;
    this.deadlineMs = clock.nowMs + timeoutMs;
    this.timer = scheduler.after(TIMER, timeoutMs, () => this.timedOut());
    this.server.hold(true);
    replicas.asksForAck = true;
    log('notice', 'Waiting for replicas before shutting down.');
    return 'waits';
  }

  /** Adds a client that has sent SHUTDOWN, and is parked until the end. */
  await(client: ParkableClient): void {
    this.clients.push(parkedClient(client));
  }

  /** Called when a replica has acknowledged something, or is gone. */
  look(): void {
    if (this.isUnderWay && this.isReady) this.finish();
  }

  /** Aborts the shutdown. False: there is none. */
  abort(): boolean {
    if (!this.isUnderWay) return false;
    this.server.log('notice', 'Shutdown manually aborted.');
    this.goOn();
    return true;
  }

  private get isReady(): boolean {
    return this.lagging().length === 0;
  }

  private lagging(): Replica[] {
    const { replicas, replication } = this.server;
    return replicas.list.filter(({ phase, ackOffset }) => phase === 'online' && ackOffset !== replication.offset);
  }

  private timedOut(): void {
    this.timer = null;
    this.finish();
  }

  private tellPositions(): void {
    const { replication, replicas, clock, log } = this.server;
    if (replicas.list.length === 0) return;
    const lagging = this.lagging();
    for (const { name, ackOffset, ackMs, stateName } of lagging) {
      const [behind, seconds] = [replication.offset - ackOffset, Math.floor((clock.nowMs - ackMs) / 1000)];
      log('notice', `Lagging replica ${name} reported offset ${behind} behind master, lag=${seconds}, state=${stateName}.`);
    }
    log('notice', `${replicas.list.length - lagging.length} of ${replicas.list.length} replicas are in sync when shutting down.`);
  }

  private finish(): void {
    if (this.end(this.options!)) this.over(true);
    else this.goOn();
  }

  private end(options: ShutdownOptions): boolean {
    this.tellPositions();
    const hasEnded = this.server.end(options);
    if (!hasEnded) this.server.log('warning', 'Errors trying to shut down the server. Check the logs for more information.');
    return hasEnded;
  }

  /** The clients that have sent SHUTDOWN get an error. */
  private goOn(): void {
    const { clients, timer, server } = this;
    if (timer !== null) server.scheduler.cancel(timer);
    this.timer = null;
    this.options = null;
    this.deadlineMs = 0;
    this.clients = [];
    server.hold(false);
    for (const each of clients) if (isStillParked(each)) server.answer(each.client);
    this.over(false);
  }
}
