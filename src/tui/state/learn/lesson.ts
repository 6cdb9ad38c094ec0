/**
 * A lesson: an experiment on the screen, step by step, as data; or the list of them. The effects are in learn/lesson-guide.ts.
 *
 *   list ──Enter──▶ predict ──1 2 3──▶ (runs) ──▶ step ──Enter──▶ explain ──Enter──▶ break ──Enter──▶ (runs) ──▶ broken
 *    ▲                                                                                                             │ Enter
 *    └── Enter ─── sources ◀── Enter ── done ◀── GREEN ── (runs) ◀── 1 2 3, or a line ── mend ◀────────────────────┘
 *                                                            └── RED ──▶ missed ── Enter ──▲
 */
import { isNumberResult, isSeam, seamOf } from '../../../server/index.js';
import type { Experiment, FilledPart, Judged, Localized, SeenEvent } from './experiment.js';

export type Lesson = LessonList | OpenLesson;

export interface LessonList {
  readonly type: 'list';
  readonly entries: readonly LessonEntry[];
  readonly selected: number;
}

export interface LessonEntry {
  readonly name: string;
  readonly number: number | null;
  readonly title: Localized;
  readonly isDone: boolean;
}

export interface OpenLesson {
  readonly type: 'open';
  readonly experiment: Experiment;
  readonly step: LessonStep;
  /** The chosen answer; null: none yet. */
  readonly predicted: number | null;
  /** The moments of the newest finished run. */
  readonly moments: readonly Moment[];
  /** The explanation, filled from the run. */
  readonly explanation: readonly FilledPart[];
}

/** A decisive moment of a run: an event, which the panes can show, or a line of the transcript. */
export interface Moment {
  readonly says: Localized;
  readonly at: SeenEvent | string;
}

/** The result of a run, and its explanation. */
export interface Outcome {
  readonly judged: Judged;
  readonly says: readonly FilledPart[];
}

export type LessonStep =
  | { readonly at: 'predict' }
  | { readonly at: 'running'; readonly what: 'run' | 'break' | 'mend' }
  /** @property shown which of the moments is requested; null: the present. `isThere`: the panes show it */
  | { readonly at: 'step'; readonly shown: number | null; readonly isThere: boolean }
  /** @property selected which of the parts that lead to an event; null: none. `isShown`: the panes show that event */
  | { readonly at: 'explain'; readonly selected: number | null; readonly isShown: boolean }
  | { readonly at: 'break' }
  | { readonly at: 'broken'; readonly outcome: Outcome }
  | { readonly at: 'mend' }
  /** The choice did not repair the loop. */
  | { readonly at: 'missed'; readonly tried: Tried }
  | { readonly at: 'done'; readonly tried: Tried }
  | { readonly at: 'sources' }
  /** A run could not be finished; Enter leads to `again`. */
  | { readonly at: 'failed'; readonly why: string; readonly again: LessonStep };

export interface Tried {
  /** As it was typed, or as the choice is shown. */
  readonly text: string;
  readonly outcome: Outcome;
}

export function openLesson(experiment: Experiment): OpenLesson {
  return { type: 'open', experiment, step: { at: 'predict' }, predicted: null, moments: [], explanation: [] };
}

/** True if the typed text may be a number: then a digit alone does not choose. */
export function takesNumbers({ mend: { typed } }: Experiment): boolean {
  const seam = /^rule (\S+) /.exec(typed?.line ?? '')?.[1];
  return seam !== undefined && isSeam(seam) && isNumberResult(seamOf(seam).results);
}

/** The parts of a text that lead to an event. */
export const leading = (parts: readonly FilledPart[]): readonly (FilledPart & { readonly event: SeenEvent })[] =>
  parts.flatMap((part) => (part.event === null ? [] : [{ ...part, event: part.event }]));

/** The next or previous of `count` positions; null beyond the ends. */
export function walked(from: number | null, by: 1 | -1, count: number): number | null {
  if (count === 0) return null;
  const to = from === null ? (by === 1 ? 0 : count - 1) : from + by;
  return to < 0 || to >= count ? null : to;
}
