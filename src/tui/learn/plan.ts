/**
 * The runs of an experiment: what is done to the loop before each, what is played, and what is then said.
 */
import type { Bookmark, Choice, Experiment, Lines, Localized } from '../state/learn/experiment.js';

export interface Plan {
  /** Done to the loop before the scenario. */
  readonly lines: readonly string[];
  readonly scenario: Lines;
  /** What texts about this run may point at. */
  readonly bookmarks: readonly Bookmark[];
  /** Filled from this run; null: nothing is said. */
  readonly says: Localized | null;
}

/** As it is. */
export const planRun = ({ scenario, bookmarks, explain }: Experiment): Plan => ({ lines: [], scenario, bookmarks, says: explain });

export function planBreak({ scenario, bookmarks, break: broken }: Experiment): Plan {
  return { lines: broken.lines, scenario: broken.scenario ?? scenario, bookmarks: [...bookmarks, ...broken.bookmarks], says: broken.says };
}

/** Broken, and mended by a choice. */
export function planChoice(experiment: Experiment, choice: Choice): Plan {
  const broken = planBreak(experiment);
  return { ...broken, lines: [...broken.lines, ...choice.lines], scenario: choice.scenario ?? broken.scenario, says: choice.says };
}

/** Broken, and mended by what was typed. The experiment asks for something to be typed. */
export function planTyped(experiment: Experiment, typed: string): Plan {
  const broken = planBreak(experiment);
  return { ...broken, lines: [...broken.lines, completed(experiment.mend.typed!.line, typed)], says: null };
}

/** A line with what was typed in its place. */
const completed = (line: string, typed: string): string => line.split('{typed}').join(typed);
