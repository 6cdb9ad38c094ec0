/**
 * History: the main thread's side of a server's history. It passes the tape to the follower, asks it for routes, and sends the twin.
 *
 *   Recording ──tape──▶ follower's thread ──route──▶ here ──▶ twin's thread, from the first visit on, until `leave`
 *
 * The timer functions come from Node's module, and not from the globals, which a test may replace with fake timers.
 */
import { clearTimeout, setTimeout } from 'node:timers';
import type { RecordingHead } from '../recording/replay.js';
import type { Snapshot, SnapshotRequest } from '../snapshot.js';
import type { TapeListener } from '../thread/recording.js';
import { STEP_UNITS, type StepUnit } from '../trace/stepping.js';
import type { ForkState } from './fork-state.js';
import type { Destination, HistoryRange, Moment, Past, PastAnswer, Visit } from './moment.js';
import type { Arrival, FollowerCalls, HeldTurn, TwinCalls } from './protocol.js';
import { NO_SUCH_MOMENT } from './route-finder.js';
import { HistoryThread } from './thread-handle.js';

/** A delay, because a starting server has more urgent things to do than to start a thread for its history. */
const START_MS = 500;

const NOTHING_YET: Moment = { turn: 0, event: 0 };

export class History implements Past, TapeListener {
  range: HistoryRange = {
    oldest: NOTHING_YET, newest: NOTHING_YET, oldestMs: 0, newestMs: 0, oldestCommand: 1, newestCommand: 0, bytes: 0, isWhole: false, off: null,
  };
  /** Set by the owner of the recording: hands over what has been recorded. */
  flush: () => void = () => {};
  private head: RecordingHead | null = null;
  private startTimer: NodeJS.Timeout | null = null;
  /** Recorded before the follower was started. */
  private untold: Buffer[] = [];
  private follower: HistoryThread<FollowerCalls> | null = null;
  private twin: HistoryThread<TwinCalls> | null = null;
  private visited: Arrival | null = null;
  private readonly listeners = new Set<(range: HistoryRange) => void>();
  /** The end of the calls so far: each begins when the one before has been answered. */
  private queue: Promise<unknown> = Promise.resolve();

  /** @param budget maximum size of tape and checkpoints, in bytes */
  constructor(private readonly budget: number) {}

  begin(head: RecordingHead): void {
    this.head = head;
    this.startTimer = setTimeout(() => this.start(head), START_MS).unref();
  }

  take(bytes: Buffer): void {
    if (this.follower === null) this.untold.push(bytes);
    else this.tell(this.follower, bytes);
  }

  /**
   * Opens the history of a finished recording. Resolves when it has been replayed: with null, or with where and how the replay differs from the recording.
   * Rejects if it cannot be visited.
   */
  open(head: RecordingHead, tape: Buffer): Promise<string | null> {
    this.head = head;
    return new Promise((resolve, reject) => {
      this.listeners.add(({ off }) => off !== null && reject(new Error(off)));
      this.untold = [tape];
      this.start(head, resolve);
    });
  }

  lost(message: string): void {
    this.turnOff(message);
  }

  onGrow(listener: (range: HistoryRange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  visit(to: Destination, request: SnapshotRequest): Promise<Visit> {
    return this.inTurn(async () => {
      checkDestination(to);
      this.flush();
      const twin = (this.twin ??= new HistoryThread<TwinCalls>('twin'));
      for (let before: number | null = null; ; ) {
        const route = await this.expectFollower().call('route', { to, before });
        if (route === null) throw new Error(NO_SUCH_MOMENT);
        const arrival = await twin.call('go', { route, request });
        if (arrival !== null) return this.arrived(arrival, 'changeOf' in to);
        before = Math.max(1, route.searchedFrom);
      }
    });
  }

  look(request: SnapshotRequest): Promise<Snapshot> {
    return this.inTurn(() => this.expectTwin().call('look', request));
  }

  ask(argv: readonly string[], protocol: 2 | 3 = 2, db = 0): Promise<PastAnswer> {
    return this.inTurn(async () => {
      if (!Array.isArray(argv) || argv.length === 0 || !argv.every((word) => typeof word === 'string')) throw new TypeError('a command is a list of strings');
      this.expectTwin();
      const { border } = this.visited!;
      const reply = await this.expectFollower().call('ask', { at: border, argv, protocol, db });
      return { reply: Buffer.from(reply), asOf: border };
    });
  }

  /** Returns the server's state at the last moment between two commands, at or before the visited one. */
  protected stateThen(): Promise<ForkState> {
    return this.inTurn(() => {
      this.expectTwin();
      return this.expectFollower().call('stateAt', this.visited!.border);
    });
  }

  /** The same within the turn in which the loop is held. */
  stateHeld(held: HeldTurn): Promise<ForkState> {
    return this.inTurn(async () => {
      this.flush();
      await this.reach(held.turn);
      const follower = this.expectFollower();
      return follower.call('stateAt', await follower.call('lastBorder', held));
    });
  }

  /** Returns the server's state at the latest moment between two turns. */
  protected newestState(): Promise<ForkState> {
    return this.inTurn(() => this.expectFollower().call('stateBefore', this.range.newest.turn));
  }

  /** The follower is behind the loop. Resolves when it has reached this turn, which has begun; rejects if it never will. */
  private async reach(turn: number): Promise<void> {
    this.expectFollower();
    while (this.range.newest.turn < turn) {
      await new Promise<void>((resolve) => {
        const stop = this.onGrow(() => {
          stop();
          resolve();
        });
      });
      if (this.range.off !== null) throw new Error(this.range.off);
    }
  }

  digest(): Promise<string> {
    return this.inTurn(() => this.expectTwin().call('digest', null));
  }

  leave(): Promise<void> {
    return this.inTurn(() => this.endTwin());
  }

  /** Called when the server has ended; its history ends with it. */
  async close(): Promise<void> {
    const { follower } = this;
    if (this.startTimer !== null) clearTimeout(this.startTimer);
    this.head = null;
    this.follower = null;
    this.untold = [];
    await Promise.all([this.endTwin(), follower?.close()]);
  }

  private async endTwin(): Promise<void> {
    const { twin } = this;
    this.twin = null;
    this.visited = null;
    await twin?.close();
  }

  private inTurn<T>(call: () => T | Promise<T>): Promise<T> {
    const result = this.queue.then(() => {
      if (this.range.off !== null) throw new Error(this.range.off);
      return call();
    });
    this.queue = result.catch(() => {});
    return result;
  }

  private arrived(arrival: Arrival, asksForWriter: boolean): Visit {
    this.visited = arrival;
    const { moment, unixMs, events, snapshot, writer } = arrival;
    return { moment, unixMs, events, snapshot, writer: asksForWriter ? writer : null };
  }

  private expectFollower(): HistoryThread<FollowerCalls> {
    if (this.head === null) throw new Error('the server has ended, and its history with it');
    return this.follower ?? this.start(this.head);
  }

  /** @param followed the tape is complete: called when it has been replayed */
  private start(head: RecordingHead, followed: ((divergence: string | null) => void) | null = null): HistoryThread<FollowerCalls> {
    if (this.startTimer !== null) clearTimeout(this.startTimer);
    const follower = (this.follower = new HistoryThread('follower'));
    follower.onMessage = (message) => {
      if (message.kind === 'followed') return followed?.(message.divergence);
      if (message.kind !== 'range') return;
      this.grow(message.range);
      if (message.range.off !== null) void this.close();
    };
    follower.onFailure = ({ message }) => this.turnOff(`its thread has ended (${message})`);
    for (const bytes of this.untold.splice(0)) this.tell(follower, bytes);
    follower.post({ kind: 'begin', head, budget: this.budget, isWhole: followed !== null });
    return follower;
  }

  private tell(follower: HistoryThread<FollowerCalls>, bytes: Buffer): void {
    const own = new Uint8Array(bytes);
    follower.post({ kind: 'tape', bytes: own }, [own.buffer]);
  }

  private expectTwin(): HistoryThread<TwinCalls> {
    if (this.twin === null || this.visited === null) throw new Error('no moment is visited');
    return this.twin;
  }

  private grow(range: HistoryRange): void {
    this.range = range;
    for (const listener of this.listeners) listener(range);
  }

  private turnOff(why: string): void {
    this.grow({ ...this.range, off: `going back is off: ${why}` });
    void this.close();
  }
}

const SHAPES =
  'a destination is { turn, event }, { turn }, { unixMs }, { command }, { from: { turn, event }, by, direction }, { from, request } ' +
  'or { from, changeOf: { db, key } }';

/** Throws a TypeError for invalid destinations of untyped programs. */
function checkDestination(to: unknown): asserts to is Destination {
  if (!isDestination(to)) throw new TypeError(SHAPES);
}

/** Checks like the finder of routes: which properties exist, and not which have a value. */
function isDestination(to: unknown): boolean {
  if (!isObject(to)) return false;
  if ('from' in to) return isMoment(to.from) && isWayFrom(to);
  if ('unixMs' in to) return isNumber(to.unixMs);
  if ('command' in to) return isNumber(to.command);
  return 'event' in to ? isMoment(to) : isNumber(to.turn);
}

function isWayFrom(to: Properties): boolean {
  if ('by' in to) return STEP_UNITS.includes(to.by as StepUnit) && (to.direction === 'back' || to.direction === 'forward');
  if ('request' in to) return isObject(to.request);
  return isObject(to.changeOf) && isNumber(to.changeOf.db) && typeof to.changeOf.key === 'string';
}

interface Properties {
  readonly [name: string]: unknown;
}

const isObject = (value: unknown): value is Properties => typeof value === 'object' && value !== null;

const isNumber = (value: unknown): boolean => typeof value === 'number' && !Number.isNaN(value);

const isMoment = (value: unknown): boolean => isObject(value) && isNumber(value.turn) && isNumber(value.event);
