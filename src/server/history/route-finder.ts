/**
 * RouteFinder: maps a destination to a goal, and to the turn from which events must be traced to find it.
 */
import type { RecordingHead } from '../recording/replay.js';
import type { Checkpoints } from './checkpoints.js';
import type { Condition, Goal } from './goal.js';
import type { Destination, HistoryRange, Moment } from './moment.js';
import type { TapeStore } from './tape-store.js';
import type { TurnIndex } from './turn-index.js';
import type { Route } from './twin.js';

/** Number of turns before the goal whose events are traced as well. */
export const TURNS_SEEN = 40;

export const NO_SUCH_MOMENT = 'there is no such moment in the history';

type Step = Extract<Destination, { by: unknown }>;

export class RouteFinder {
  constructor(
    private readonly head: RecordingHead,
    private readonly tape: TapeStore,
    private readonly index: TurnIndex,
    private readonly checkpoints: Checkpoints,
    private readonly range: HistoryRange,
  ) {}

  /** Null: there is no such event. @param before it was not found from this turn on. Throws an Error that says why there is no such moment. */
  find(to: Destination, before: number | null): Route | null {
    if ('from' in to) this.expectTurn(to.from.turn);
    if ('by' in to) return to.direction === 'forward' ? this.first(to.from, { unit: to.by }, to.from.turn) : this.stepBack(to, before);
    if ('request' in to) return this.first(to.from, { request: to.request }, to.from.turn);
    if ('changeOf' in to) return this.lastChange(before === null ? to.from : { turn: before, event: 0 }, to.changeOf);
    if ('unixMs' in to) return this.atTime(to.unixMs);
    if ('command' in to) return this.atCommand(to.command);
    return this.at('event' in to ? to : { turn: to.turn, event: 1 });
  }

  /** Returns the route to an event. */
  at(moment: Moment): Route {
    this.expectTurn(moment.turn);
    return this.route({ kind: 'at', moment }, moment.turn);
  }

  /** It is not known where the key was changed last: stretch after stretch is searched, backwards from checkpoint to checkpoint. */
  private lastChange(before: Moment, where: { readonly db: number; readonly key: string }): Route | null {
    const lastTurn = before.event === 0 ? before.turn - 1 : before.turn;
    if (lastTurn < this.range.oldest.turn) return null;
    const from = this.checkpoints.before(lastTurn).turn + 1;
    return this.route({ kind: 'last', before, where }, from, from);
  }

  private stepBack({ from, by }: Step, before: number | null): Route | null {
    const { turn, event } = from;
    if (by === 'event' && event > 1) return this.at({ turn, event: event - 1 });
    if (by === 'turn' && event > 1) return this.at({ turn, event: 1 });
    if (turn <= this.range.oldest.turn && (by === 'event' || by === 'turn')) return null;
    if (by === 'event') return this.at({ turn: turn - 1, event: Infinity });
    if (by === 'turn') return this.at({ turn: turn - 1, event: 1 });
    if (by === 'phase') return before === null ? this.last(from, { unit: by }, turn - 1) : null;
    return this.lastCommand(before === null ? from : { turn: before, event: 0 });
  }

  /** The last turn before which fewer commands had been executed is between two marks; the search begins at the earlier one. */
  private lastCommand(before: Moment): Route | null {
    if (before.turn <= this.range.oldest.turn && before.event === 0) return null;
    const near = this.index.lastWhere(({ turn }) => turn < before.turn);
    const start = before.event === 0 ? this.index.lastWhere(({ turn, commands }) => turn < before.turn && commands < near.commands) : near;
    return this.last(before, { unit: 'command' }, start.turn);
  }

  private atTime(unixMs: number): Route {
    const { oldestMs } = this.range;
    if (!(unixMs >= oldestMs)) throw new Error(`the history begins at ${new Date(oldestMs).toISOString()}`);
    const mark = this.index.lastWhere((each) => each.unixMs <= unixMs);
    return this.last({ turn: Infinity, event: 0 }, { unixMs }, mark.turn);
  }

  private atCommand(command: number): Route {
    const { oldestCommand, newestCommand } = this.range;
    if (!(command >= oldestCommand && command <= newestCommand)) {
      throw new Error(`command ${command} is not in the history: it has the commands ${oldestCommand} to ${newestCommand}`);
    }
    const mark = this.index.lastWhere((each) => each.commands < command);
    return this.first({ turn: 0, event: 0 }, { commands: command }, mark.turn);
  }

  private first(after: Moment, where: Condition, from: number): Route {
    return this.route({ kind: 'first', after, where }, from);
  }

  private last(before: Moment, where: Condition, from: number): Route {
    return this.route({ kind: 'last', before, where }, from);
  }

  /** @param from the first turn that may contain the goal */
  private route(goal: Goal, from: number, seenFrom = from - TURNS_SEEN): Route {
    const { turn, tapeOffset, state } = this.checkpoints.before(seenFrom);
    const { from: origin, ...head } = this.head;
    // The state that the server itself started from may be large, and is needed only there.
    const ownHead = state === null && origin !== undefined ? this.head : head;
    return { head: ownHead, base: { turn, state }, tape: this.tape.share(tapeOffset), searchedFrom: from, seenFrom, goal };
  }

  private expectTurn(turn: number): void {
    const { oldest, newest } = this.range;
    if (turn >= oldest.turn && turn <= newest.turn) return;
    throw new Error(`turn ${turn} is not in the history: it has the turns ${oldest.turn} to ${newest.turn}`);
  }
}
