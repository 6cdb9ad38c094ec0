/**
 * The runs of an experiment: what is done to the loop before each, what is played, and what is then said.
 */
import type { Bookmark, Choice, Experiment, Lines, Localized, RunRecord, Verdict } from '../state/learn/experiment.js';
import { lineOf } from './judge.js';

export interface Plan {
  /** Done to the loop before the scenario. */
  readonly lines: readonly string[];
  readonly scenario: Lines;
  /** What texts about this run may point at. */
  readonly bookmarks: readonly Bookmark[];
  /** Filled from this run; null: nothing is said. */
  readonly says: Localized | null;
  /** It is true of a run that is GREEN only. */
  readonly isSaidOfGreen: boolean;
  /** Said in its place if there was a line like this; null: never. */
  readonly saysIf: Experiment['explainIf'];
}

/** What is said of a run that has come to this verdict; null: nothing. */
export function saidOf({ says, isSaidOfGreen, saysIf }: Plan, verdict: Verdict, record: RunRecord): Localized | null {
  if (saysIf !== null && lineOf({ line: saysIf.line, isLast: false }, record) !== undefined) return saysIf.says;
  return isSaidOfGreen && verdict !== 'green' ? null : says;
}

/** As it is. */
export function planRun({ scenario, bookmarks, explain, explainIf }: Experiment): Plan {
  return { lines: [], scenario, bookmarks, says: explain, isSaidOfGreen: false, saysIf: explainIf };
}

export function planBreak({ scenario, bookmarks, break: broken }: Experiment): Plan {
  const { lines, says } = broken;
  return { lines, scenario: broken.scenario ?? scenario, bookmarks: [...bookmarks, ...broken.bookmarks], says, isSaidOfGreen: false, saysIf: null };
}

/** Broken, and mended by a choice. */
export function planChoice(experiment: Experiment, choice: Choice): Plan {
  const broken = planBreak(experiment);
  return { ...broken, lines: [...broken.lines, ...choice.lines], scenario: choice.scenario ?? broken.scenario, says: choice.says };
}

/** Broken, and mended by what was typed: if that mends it, what is said is what the right choice says. The experiment asks for something to be typed. */
export function planTyped(experiment: Experiment, typed: string): Plan {
  const broken = planBreak(experiment);
  const says = experiment.mend.choices.find(({ isRight }) => isRight)?.says ?? null;
  return { ...broken, lines: [...broken.lines, completed(experiment.mend.typed!.line, typed)], says, isSaidOfGreen: true };
}

/** A line with what was typed in its place. */
const completed = (line: string, typed: string): string => line.split('{typed}').join(typed);
