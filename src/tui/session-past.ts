/**
 * SessionPast: the past of a session as requested by its console and keys, and the text about a moment.
 */
import type { HistoryRange, Moment, PastAnswer, Visit } from '../server/index.js';
import { APP_TEXTS } from './app-texts.js';
import type { LabSession } from './lab-session.js';
import type { ReplPast } from './repl/past.js';
import { clockText } from './state/date-text.js';
import { parseGoTo, type GoTo, type TimeRange } from './state/goto.js';
import { toBytes } from './state/typed-text.js';
import { NOWHERE } from './time-travel.js';
import { sentence } from './view/parts/sentence.js';
import { wordingOf } from './view/parts/wording.js';
import type { Theme } from './view/theme.js';

export class SessionPast implements ReplPast {
  constructor(
    private readonly session: LabSession,
    private readonly theme: () => Theme,
    /** How to return to the present, as a sentence. */
    readonly wayBack: string,
  ) {}

  get isShown(): boolean {
    return this.session.state.control.mode === 'history';
  }

  get moment(): Moment | null {
    return this.session.state.control.moment;
  }

  ask(argv: readonly string[], protocol: 2 | 3, db: number): Promise<PastAnswer> {
    return this.session.askPast(argv, protocol, db);
  }

  async goTo(words: readonly string[], db: number): Promise<readonly string[]> {
    const { past } = this.session;
    if (typeof past === 'string') throw new Error(past);
    const way = parseGoTo(words, this.timesOf(past.range), db);
    if (typeof way === 'object' && 'error' in way) throw new Error(this.theme().visible(toBytes(way.error[this.session.state.ui.language])));
    const isTime = typeof way === 'object' && 'to' in way && typeof way.to === 'object' && 'unixMs' in way.to;
    return [await this.travel(isTime ? { to: { unixMs: this.session.wall.loopOf(way.to.unixMs) } } : way)];
  }

  /** As the screen shows them. For a loop with virtual or recorded time the newest moment is the present. */
  private timesOf({ oldestMs, newestMs, isWhole }: HistoryRange): TimeRange {
    const { wall, state } = this.session;
    const newest = wall.wallOf(newestMs);
    const hasOwnTime = isWhole || state.server.hasVirtualClock === true;
    return { oldestMs: wall.wallOf(oldestMs), newestMs: newest, nowMs: hasOwnTime ? newest : Math.max(newest, Date.now()) };
  }

  /** Resolves with the text about the moment that is then shown; rejects with why there is none. */
  async travel(way: GoTo): Promise<string> {
    const { session } = this;
    if (way === 'now') session.showLive();
    else {
      const outcome = await session.goTo(way);
      if (outcome !== null) throw new Error(outcome === NOWHERE ? this.whyNowhere(way) : outcome);
    }
    const { visited } = session;
    return visited === null ? this.texts.isNow : this.told(visited);
  }

  private told({ moment: { turn, event }, unixMs, events, writer }: Visit): string {
    const theme = this.theme();
    const what = sentence(events.at(-1)!, wordingOf(this.session.state, theme));
    const by = writer === null ? '' : this.texts.changedBy(theme.visible(writer.command.toUpperCase()), named(writer, theme));
    return `${this.texts.momentIs(turn, event, clockText(this.session.wall.wallOf(unixMs)), what)}${by}`;
  }

  private whyNowhere(way: Exclude<GoTo, 'now'>): string {
    if ('changeOf' in way) return this.texts.notChangedBefore(this.theme().visible(way.changeOf.key));
    if (typeof way.to === 'object' && 'event' in way.to) return this.texts.noSuchEvent(way.to.turn, way.to.event);
    return NOWHERE;
  }

  private get texts(): (typeof APP_TEXTS)['en'] {
    return APP_TEXTS[this.session.state.ui.language];
  }
}

const named = ({ token, name }: NonNullable<Visit['writer']>, theme: Theme): string => `#${token}${name === '' ? '' : ` ${theme.visible(name)}`}`;
