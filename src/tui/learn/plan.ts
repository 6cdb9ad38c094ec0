/**
 * The runs of an experiment: what is done to the loop before each, the scenario, and the explanation.
 */
import type { Bookmark, Choice, Experiment, Lines, Localized, RunRecord, Verdict } from '../state/learn/experiment.js';
import { lineOf } from './judge.js';

export interface Plan {
  /** Lines that change the loop before the scenario. */
  readonly lines: readonly string[];
  readonly scenario: Lines;
  /** The bookmarks to which texts about this run may refer. */
  readonly bookmarks: readonly Bookmark[];
  /** Filled from this run; null: no explanation. */
  readonly says: Localized | null;
  /** The explanation is valid only for a GREEN run. */
  readonly isSaidOfGreen: boolean;
  /** Replaces the explanation if a line matches; null: never. */
  readonly saysIf: Experiment['explainIf'];
}

/** The explanation of a run with this verdict; null: none. */
export function saidOf({ says, isSaidOfGreen, saysIf }: Plan, verdict: Verdict, record: RunRecord): Localized | null {
  if (saysIf !== null && lineOf({ line: saysIf.line, isLast: false }, record) !== undefined) return saysIf.says;
  return isSaidOfGreen && verdict !== 'green' ? null : says;
}

/** The original scenario. */
export function planRun({ scenario, bookmarks, explain, explainIf }: Experiment): Plan {
  return { lines: [], scenario, bookmarks, says: explain, isSaidOfGreen: false, saysIf: explainIf };
}

export function planBreak({ scenario, bookmarks, break: broken }: Experiment): Plan {
  const { lines, says } = broken;
  return { lines, scenario: broken.scenario ?? scenario, bookmarks: [...bookmarks, ...broken.bookmarks], says, isSaidOfGreen: false, saysIf: null };
}

/** Broken, and repaired by a choice. */
export function planChoice(experiment: Experiment, choice: Choice): Plan {
  const broken = planBreak(experiment);
  return { ...broken, lines: [...broken.lines, ...choice.lines], scenario: choice.scenario ?? broken.scenario, says: choice.says };
}

/** Broken, and repaired by the typed text: if that succeeds, the explanation is that of the right choice. The experiment must have a typed repair. */
export function planTyped(experiment: Experiment, typed: string): Plan {
  const broken = planBreak(experiment);
  const says = experiment.mend.choices.find(({ isRight }) => isRight)?.says ?? null;
  return { ...broken, lines: [...broken.lines, completed(experiment.mend.typed!.line, typed)], says, isSaidOfGreen: true };
}

/** The line with the typed text filled in. */
const completed = (line: string, typed: string): string => line.split('{typed}').join(typed);
