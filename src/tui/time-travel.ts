/**
 * TimeTravel: moves the twin of the server through its past, one visit after another.
 *
 *   go(way) ──▶ waiting ways ──▶ history.visit ──▶ arrived(visit)
 *                                     └── leave(): visits in progress are dropped
 *
 * Ways requested during a visit wait for its end; waiting steps back are combined into one visit, so that a key that is held down moves as fast as it repeats.
 */
import { NO_SUCH_MOMENT, type Destination, type HistoryRange, type Moment, type Past, type SnapshotRequest, type Visit } from '../server/index.js';
import type { Language, Text } from '../shared/language.js';
import type { History } from './state/history.js';
import type { Goal } from './state/state.js';

/** From the shown moment, or from the present. */
export type Way =
  | { readonly back: 'event' | 'turn' }
  | { readonly forward: Goal }
  | { readonly to: 'oldest' | Exclude<Destination, { from: Moment }> }
  /** To the last change of a key. */
  | { readonly changeOf: { readonly db: number; readonly key: string } };

/** The result of a way: null if it has led to another moment, or was cancelled; otherwise a sentence that says why it has not. */
export type Outcome = string | null;

/** There is no moment in that direction. */
export const NOWHERE = NO_SUCH_MOMENT;

/** A visit that takes longer is shown as in progress. */
const SLOW_MS = 150;

export interface TravelHost {
  /** Null: there is no history. */
  readonly past: Past | null;
  /** The message in that case. */
  readonly noHistory: string;
  readonly language: Language;
  /** The screen's own record. */
  readonly recorded: History;
  /** The contents of a visit's snapshot. */
  request(): SnapshotRequest;
  /** The twin is at another moment, or other windows of it have arrived. @param request the request of the visit's snapshot */
  arrived(visit: Visit, request: SnapshotRequest): void;
  /** A way is in progress, and takes noticeable time; null: none is. */
  underWay(how: 'brief' | 'slow' | null): void;
}

interface Request {
  readonly way: Way;
  readonly resolve: (outcome: Outcome) => void;
}

export class TimeTravel {
  private here: Visit | null = null;
  private readonly waiting: Request[] = [];
  private isMoving = false;
  /** A search without result has moved the twin away from the shown moment. */
  private isAstray = false;
  /** Number of times that the past was left. */
  private departures = 0;
  /** Ends a wait for the follower. */
  private wake: () => void = () => {};

  constructor(private readonly host: TravelHost) {}

  /** The shown moment; null: the present is shown, or no moment yet. */
  get visited(): Visit | null {
    return this.here;
  }

  /** Why there is no history; null if there is one. */
  get off(): string | null {
    const { past, noHistory } = this.host;
    return past === null ? noHistory : past.range.off;
  }

  go(way: Way): Promise<Outcome> {
    if (this.off !== null) return Promise.resolve(this.off);
    return new Promise((resolve) => {
      this.waiting.push({ way, resolve });
      // Also if a visit in progress was cancelled before: from here on no key is for the live loop.
      if (this.here === null) this.host.underWay('brief');
      if (!this.isMoving) void this.moveOn();
    });
  }

  /** Returns to the present. */
  leave(): void {
    this.departures++;
    this.wake();
    for (const { resolve } of this.waiting.splice(0)) resolve(null);
    if (this.here === null && !this.isMoving) return;
    this.here = null;
    this.host.underWay(null);
    void this.host.past?.leave().catch(() => {});
  }

  /** Requests other windows of the shown moment. */
  async look(request: SnapshotRequest): Promise<void> {
    const { here, host } = this;
    if (here === null || this.isMoving) return;
    const snapshot = await (this.isAstray ? this.comeBack(here.moment, request) : host.past!.look(request)).catch(() => null);
    if (snapshot === null || this.here !== here) return;
    this.here = { ...here, snapshot };
    host.arrived(this.here, request);
  }

  private async comeBack(moment: Moment, request: SnapshotRequest): Promise<Visit['snapshot']> {
    const { snapshot } = await this.host.past!.visit(moment, request);
    this.isAstray = false;
    return snapshot;
  }

  private async moveOn(): Promise<void> {
    this.isMoving = true;
    while (this.waiting.length > 0) {
      const requests = this.takeAlike();
      const { departures } = this;
      // While a key is held down, each visit may take a moment.
      this.host.underWay('brief');
      const slow = setTimeout(() => departures === this.departures && this.host.underWay('slow'), SLOW_MS);
      const outcome = await this.follow(requests[0]!.way, requests.length).catch((error: Error & { readonly text?: Text }) =>
        error.text?.[this.host.language] ?? error.message);
      clearTimeout(slow);
      for (const { resolve } of requests) resolve(departures === this.departures ? outcome : null);
    }
    this.isMoving = false;
    this.host.underWay(null);
  }

  /** The next way, together with the following ones if they are steps back of the same kind. */
  private takeAlike(): readonly Request[] {
    const { way } = this.waiting[0]!;
    const isAlike = (other: Way): boolean => 'back' in way && 'back' in other && other.back === way.back;
    const end = this.waiting.findIndex((request) => !isAlike(request.way));
    return this.waiting.splice(0, end === -1 ? this.waiting.length : Math.max(1, end));
  }

  private async follow(way: Way, count: number): Promise<Outcome> {
    const { departures } = this;
    // The beginning of the history is known once it has started.
    await this.followerReaches(1);
    if (departures !== this.departures) return null;
    if ('back' in way) return way.back === 'event' ? this.goBackEvents(count) : this.goBackTurns(count);
    if ('forward' in way) return this.here === null ? NOWHERE : this.visit(forwardFrom(this.here.moment, way.forward));
    if ('changeOf' in way) return this.visit({ from: this.here?.moment ?? this.end, changeOf: way.changeOf });
    return this.visit(way.to === 'oldest' ? this.range.oldest : way.to);
  }

  /** Goes back over the events that a visit has seen, and further back by another visit. */
  private async goBackEvents(count: number): Promise<Outcome> {
    const { departures } = this;
    for (let left = count; left > 0 && departures === this.departures; ) {
      const { to, by } = this.eventsBack(left);
      const outcome = await this.visit(to);
      if (outcome !== null) return left < count ? null : outcome;
      left -= by;
    }
    return null;
  }

  private eventsBack(most: number): { readonly to: Destination; readonly by: number } {
    const { here, host } = this;
    if (here !== null) {
      const by = Math.min(most, here.events.length - 1);
      return by === 0 ? { to: { from: here.moment, by: 'event', direction: 'back' }, by: 1 } : { to: here.events.at(-1 - by)!.moment, by };
    }
    if (this.range.isWhole) return { to: this.lastCommand, by: most };
    const to = host.recorded.momentBefore(most);
    // If too much happened last to be recorded, only the twin knows it.
    return to === null ? { to: this.end, by: 0 } : { to, by: most };
  }

  private async goBackTurns(count: number): Promise<Outcome> {
    if (this.here === null && this.range.isWhole) return this.visit(this.lastCommand);
    const { turn, event } = this.here?.moment ?? this.host.recorded.momentBefore(0) ?? this.end;
    const { oldest } = this.range;
    const wanted = Math.max(oldest.turn, turn - (event > 1 ? count - 1 : count));
    return wanted === turn && event <= 1 ? NOWHERE : this.visit({ turn: wanted });
  }

  private async visit(to: Destination): Promise<Outcome> {
    const { host, departures } = this;
    await this.followerReaches('from' in to ? to.from.turn : 'turn' in to ? to.turn : Infinity);
    if (departures !== this.departures) return null;
    const request = host.request();
    const visit = await host.past!.visit(to, request).catch((error: Error) => {
      this.isAstray = true;
      throw error;
    });
    if (departures !== this.departures) return null;
    this.isAstray = false;
    this.here = visit;
    host.arrived(visit, request);
    return null;
  }

  /** The follower is behind the loop: an event is in its past a moment later. Returns at once if the past is left. */
  private async followerReaches(wanted: number): Promise<void> {
    const { departures } = this;
    const past = this.host.past!;
    const turn = Math.min(wanted, Math.max(1, this.newestTurn));
    while (past.range.newest.turn < turn && !past.range.isWhole && past.range.off === null && departures === this.departures) {
      await new Promise<void>((resolve) => {
        const stop = past.onGrow(() => this.wake());
        this.wake = () => {
          stop();
          resolve();
        };
      });
    }
  }

  /** The newest turn that the screen knows. */
  private get newestTurn(): number {
    return this.host.recorded.newest.rates.turn;
  }

  /** The newest moment, whichever event it is. */
  private get end(): Moment {
    const { isWhole, newest } = this.range;
    return { turn: isWhole ? newest.turn : Math.max(this.newestTurn, newest.turn), event: Infinity };
  }

  /** For a recording, whose server continues by itself: the destination of going back from the present. */
  private get lastCommand(): Destination {
    const { newest, newestCommand } = this.range;
    return newestCommand === 0 ? { turn: newest.turn } : { command: newestCommand };
  }

  private get range(): HistoryRange {
    return this.host.past!.range;
  }
}

function forwardFrom(from: Moment, goal: Goal): Destination {
  if (typeof goal === 'string') return { from, by: goal, direction: 'forward' };
  const { command, token } = goal;
  return { from, request: { ...(command === undefined ? {} : { command }), ...(token === undefined ? {} : { token }) } };
}
