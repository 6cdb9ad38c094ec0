/**
 * LessonGuide: the effects of a lesson. It runs scenarios in the lab's own server and console, judges them, and shows their moments.
 *
 *   keys ──▶ guide ──▶ lesson (state/learn/lesson.ts)
 *              └─ play ──▶ reset lab ──▶ runner ──▶ judge ──▶ the next step
 */
import type { TraceEvent } from '../../server/index.js';
import { inLanguage, type Bookmark, type Experiment, type RunRecord } from '../state/learn/experiment.js';
import type { Language } from '../../shared/language.js';
import { leading, openLesson, takesNumbers, walked, type Lesson, type LessonStep, type Moment, type OpenLesson, type Outcome } from '../state/learn/lesson.js';
import { fill } from './fill.js';
import { judge, lineOf, marksOf } from './judge.js';
import { planBreak, planChoice, planRun, planTyped, saidOf, type Plan } from './plan.js';
import { GivenUp, playUndisturbed, runScenario } from './runner.js';
import type { Stage } from './stage.js';
import { whyNotPlayed } from './why-not-played.js';

export interface LessonHost {
  readonly language: Language;
  /** For a projector: predictions are said aloud, and the key for going on goes from moment to moment. */
  readonly isPresenting: boolean;
  lesson(): Lesson | null;
  show(lesson: Lesson | null): void;
  /** The list, with the experiments done so far. */
  list(): Lesson;
  load(name: string): Experiment;
  /** An experiment is done. */
  done(name: string): void;
  /** The entry before all experiments was chosen. */
  startFirstMinute(): void;
  /** A stage for one run, without remains of an earlier one: the loop runs, and the present is shown. */
  prepare(): Promise<Stage>;
  /** The loop has been repaired: its defect, and the rule that replaced it, are removed. */
  mended(): Promise<void>;
  /** The run is over: later events, in a loop that may still be broken, are not part of it. */
  release(): Promise<void>;
  /** Undoes everything that the runs have set. */
  cleanUp(): Promise<void>;
  /** Shows the moment after an event of the trace; false if it is not stored. */
  visit(event: TraceEvent): Promise<boolean>;
  showLive(): void;
}

/** The name of the entry before all experiments. */
export const FIRST_MINUTE_NAME = 'first-minute';

export class LessonGuide {
  /** Counts starts and ends, so that late results are recognised. */
  private begun = 0;
  private playing: Promise<void> = Promise.resolve();
  private hasPlayed = false;

  constructor(private readonly host: LessonHost) {}

  showList(): void {
    this.leave();
    this.host.show(this.host.list());
  }

  open(experiment: Experiment): void {
    this.leave();
    this.host.show(openLesson(experiment));
  }

  /** Goes from an experiment to the list, and from the list back. */
  close(): void {
    const lesson = this.host.lesson();
    this.leave();
    this.host.show(lesson?.type === 'open' ? this.host.list() : null);
  }

  move(by: 1 | -1): void {
    const lesson = this.host.lesson();
    if (lesson?.type !== 'list') return;
    const selected = Math.max(0, Math.min(lesson.selected + by, lesson.entries.length - 1));
    this.host.show({ ...lesson, selected });
  }

  /** A digit: an answer, a choice. */
  choose(index: number): void {
    const lesson = this.openLesson();
    if (lesson === null) return;
    const { experiment, step } = lesson;
    if (step.at === 'predict' && experiment.answers[index] !== undefined) return this.predict({ ...lesson, predicted: index });
    const choice = experiment.mend.choices[index];
    if (!isToMend(step) || choice === undefined) return;
    const text = choice.shows === null ? [...choice.lines, ...(choice.scenario ?? [])].flat().join('; ') : inLanguage(choice.shows, this.host.language);
    this.mend(lesson, planChoice(experiment, choice), text);
  }

  /** Handles text typed after the beginning of a line. False if no text is expected now. */
  type(typed: string): boolean {
    const lesson = this.openLesson();
    const line = lesson?.experiment.mend.typed?.line ?? null;
    if (lesson === null || !isToMend(lesson.step) || line === null) return false;
    if (takesNumbers(lesson.experiment) && lesson.experiment.mend.choices[Number(typed) - 1] !== undefined) {
      this.choose(Number(typed) - 1);
      return true;
    }
    const begin = line.slice(0, line.indexOf('{typed}'));
    const text = typed.startsWith(begin) ? typed.slice(begin.length) : typed;
    this.mend(lesson, planTyped(lesson.experiment, text), `${begin}${text}`);
    return true;
  }

  /** Enter. */
  goOn(): void {
    const lesson = this.host.lesson();
    if (lesson === null) return;
    if (lesson.type === 'list') return this.openEntry(lesson.entries[lesson.selected]?.name);
    const { step } = lesson;
    switch (step.at) {
      case 'predict':
        return this.host.isPresenting ? this.predict({ ...lesson, predicted: null }) : undefined;
      case 'step':
        if (this.host.isPresenting && (step.shown ?? -1) < lesson.moments.length - 1) return this.walk(1);
        return this.to(lesson, { at: 'explain', selected: null, isShown: false });
      case 'explain':
        return this.explained(lesson, step);
      case 'break':
        return this.break(lesson);
      case 'broken':
      case 'missed':
        return this.to(lesson, { at: 'mend' });
      case 'done':
        return this.to(lesson, { at: 'sources' });
      case 'sources':
        return this.close();
      case 'failed':
        return this.to(lesson, step.again);
      default:
    }
  }

  /** Left and right. */
  walk(by: 1 | -1): void {
    const lesson = this.openLesson();
    if (lesson === null) return;
    const { step, moments, explanation } = lesson;
    if (step.at === 'step') {
      const shown = walked(step.shown, by, moments.length);
      const asked: OpenLesson = { ...lesson, step: { at: 'step', shown, isThere: false } };
      this.host.show(asked);
      const at = shown === null ? null : moments[shown]!.at;
      void this.visit(at === null || typeof at === 'string' ? null : at.event).then(() => {
        if (this.host.lesson() === asked) this.host.show({ ...asked, step: { at: 'step', shown, isThere: true } });
      });
    } else if (step.at === 'explain') {
      this.host.show({ ...lesson, step: { at: 'explain', selected: walked(step.selected, by, leading(explanation).length), isShown: false } });
    }
  }

  private openLesson(): OpenLesson | null {
    const lesson = this.host.lesson();
    return lesson?.type === 'open' ? lesson : null;
  }

  private openEntry(name: string | undefined): void {
    if (name === undefined) return;
    if (name !== FIRST_MINUTE_NAME) return this.open(this.host.load(name));
    this.leave();
    this.host.show(null);
    this.host.startFirstMinute();
  }

  private explained(lesson: OpenLesson, step: LessonStep & { readonly at: 'explain' }): void {
    const part = step.selected === null || step.isShown ? undefined : leading(lesson.explanation)[step.selected];
    if (part === undefined) return this.to(lesson, { at: 'break' });
    this.host.show({ ...lesson, step: { ...step, isShown: true } });
    void this.visit(part.event.event);
  }

  private to(lesson: OpenLesson, step: LessonStep): void {
    this.host.showLive();
    this.host.show({ ...lesson, step });
  }

  private async visit(event: TraceEvent | null): Promise<void> {
    if (event === null) this.host.showLive();
    else await this.host.visit(event);
  }

  private predict(lesson: OpenLesson): void {
    const plan = planRun(lesson.experiment);
    this.play(lesson, plan, 'run', { at: 'predict' }, (record, outcome) => ({
      ...lesson, step: { at: 'step', shown: null, isThere: true }, moments: momentsOf(plan.bookmarks, record), explanation: outcome.says,
    }));
  }

  private break(lesson: OpenLesson): void {
    const plan = planBreak(lesson.experiment);
    this.play(lesson, plan, 'break', { at: 'break' }, (_, outcome) => ({ ...lesson, step: { at: 'broken', outcome } }));
  }

  private mend(lesson: OpenLesson, plan: Plan, text: string): void {
    this.play(lesson, plan, 'mend', { at: 'mend' }, (_, outcome) => {
      const isMended = outcome.judged.verdict === 'green';
      if (isMended) this.host.done(lesson.experiment.name);
      return { ...lesson, step: { at: isMended ? 'done' : 'missed', tried: { text, outcome } } };
    });
  }

  /** @param again the lesson after a run that fails. @param next the lesson after the run */
  private play(
    lesson: OpenLesson,
    plan: Plan,
    what: (LessonStep & { readonly at: 'running' })['what'],
    again: LessonStep,
    next: (record: RunRecord, outcome: Outcome) => Lesson,
  ): void {
    const { host } = this;
    const number = ++this.begun;
    const isOver = (): boolean => number !== this.begun;
    host.show({ ...lesson, step: { at: 'running', what } });
    this.hasPlayed = true;
    this.playing = this.playing.then(async () => {
      try {
        if (isOver()) return;
        const record = await playUndisturbed(async () => runScenario(await host.prepare(), lesson.experiment, plan, isOver)).finally(() => host.release());
        const outcome = this.outcomeOf(lesson.experiment, plan, record);
        if (what === 'mend' && outcome.judged.verdict === 'green') await host.mended();
        if (!isOver()) host.show(next(record, outcome));
      } catch (error) {
        if (isOver() || error instanceof GivenUp) return;
        host.show({ ...lesson, step: { at: 'failed', why: whyNotPlayed(error, host.language), again } });
      }
    });
  }

  private outcomeOf(experiment: Experiment, plan: Plan, record: RunRecord): Outcome {
    const judged = judge(experiment, record);
    const says = saidOf(plan, judged.verdict, record);
    const text = says === null ? '' : inLanguage(says, this.host.language);
    return { judged, says: fill(text, plan.bookmarks, record, this.host.language).parts };
  }

  /** Cancels the run, and undoes what it has set. */
  private leave(): void {
    this.begun++;
    this.host.showLive();
    if (!this.hasPlayed) return;
    this.hasPlayed = false;
    this.playing = this.playing.then(() => this.host.cleanUp());
  }
}

const isToMend = ({ at }: LessonStep): boolean => at === 'mend' || at === 'missed';

/** Events in the order of the run, and after them lines. */
function momentsOf(bookmarks: readonly Bookmark[], record: RunRecord): readonly Moment[] {
  const marks = marksOf(bookmarks, record);
  const moments = bookmarks.flatMap((bookmark) => {
    const at = bookmark.type === 'line' ? lineOf(bookmark, record) : marks.get(bookmark.name);
    return at === undefined ? [] : [{ says: bookmark.says, at }];
  });
  const placeOf = ({ at }: Moment): number => (typeof at === 'string' ? Infinity : at.event.seq);
  return moments.toSorted((a, b) => (placeOf(a) === placeOf(b) ? 0 : placeOf(a) - placeOf(b)));
}
