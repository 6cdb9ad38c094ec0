/**
 * Checks experiments without a screen: the original scenario must be GREEN, the broken one RED, and of the repairs exactly the right one GREEN.
 */
import { availableParallelism } from 'node:os';
import type { Experiment, Judged, RunRecord, Verdict } from '../state/learn/experiment.js';
import { fill } from './fill.js';
import { judge } from './judge.js';
import { planBreak, planChoice, planRun, planTyped, saidOf, type Plan } from './plan.js';
import { Disturbed, NeedsEpoll, playUndisturbed, runScenario, ScenarioError } from './runner.js';
import { OwnStage, type OwnStageOptions } from './stage.js';

/** One run of the scenario. */
export interface CheckedStep {
  /** `run`, `break`, `mend 1`, `typed "…"`. */
  readonly step: string;
  /** The lines run before, which change the loop. */
  readonly lines: readonly string[];
  readonly wanted: 'green' | 'red';
  /** Null: it could not be run. */
  readonly judged: Judged | null;
  /** What is wrong; empty: nothing. */
  readonly problems: readonly string[];
}

export interface CheckedExperiment {
  readonly name: string;
  /** Empty if it was left out. */
  readonly steps: readonly CheckedStep[];
  readonly hasPassed: boolean;
  /** It shows what epoll does, and another poller is checked. */
  readonly isLeftOut: boolean;
}

interface Step {
  readonly step: string;
  readonly plan: Plan;
  readonly wanted: 'green' | 'red';
}

function stepsOf(experiment: Experiment): readonly Step[] {
  const { choices, typed } = experiment.mend;
  const typedStep = (wanted: Step['wanted']) => (text: string): Step => ({ step: `typed ${JSON.stringify(text)}`, plan: planTyped(experiment, text), wanted });
  return [
    { step: 'run', plan: planRun(experiment), wanted: 'green' },
    { step: 'break', plan: planBreak(experiment), wanted: 'red' },
    ...choices.map((choice, i): Step => ({ step: `mend ${i + 1}`, plan: planChoice(experiment, choice), wanted: choice.isRight ? 'green' : 'red' })),
    ...(typed === null ? [] : [...typed.solutions.map(typedStep('green')), ...typed.wrong.map(typedStep('red'))]),
  ];
}

export async function checkExperiment(experiment: Experiment, options: OwnStageOptions = {}): Promise<CheckedExperiment> {
  const { name } = experiment;
  const steps: CheckedStep[] = [];
  await using stages = new Stages(options);
  try {
    for (const step of stepsOf(experiment)) steps.push(await checkStep(experiment, step, stages));
  } catch (error) {
    if (error instanceof NeedsEpoll) return { name, steps: [], hasPassed: true, isLeftOut: true };
    throw error;
  }
  return { name, steps, hasPassed: steps.every(({ problems }) => problems.length === 0), isLeftOut: false };
}

/** One server for all runs of an experiment, as on the screen: starting one takes longer than most runs. */
class Stages implements AsyncDisposable {
  private stage: OwnStage | null = null;

  constructor(private readonly options: OwnStageOptions) {}

  /** Nothing has run on the stage that is next. */
  get isFresh(): boolean {
    return this.stage === null;
  }

  /** The result of `run` on a stage from which everything that has run before is removed. After a run that fails the next one gets a server of its own. */
  async on<T>(run: (stage: OwnStage) => Promise<T>): Promise<T> {
    if (this.stage === null) this.stage = await OwnStage.open(this.options);
    else await this.stage.reset();
    try {
      return await run(this.stage);
    } catch (error) {
      await this.end();
      throw error;
    }
  }

  async end(): Promise<void> {
    await this.stage?.[Symbol.asyncDispose]();
    this.stage = null;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.end();
  }
}

/** What is wrong is found twice, the second time on a server of its own: a timer that an earlier run has set may be due at another time than on a new one. */
async function checkStep(experiment: Experiment, step: Step, stages: Stages): Promise<CheckedStep> {
  const { isFresh } = stages;
  const checked = await checkOnce(experiment, step, stages);
  if (isFresh || checked.problems.length === 0) return checked;
  await stages.end();
  return checkOnce(experiment, step, stages);
}

async function checkOnce(experiment: Experiment, { step, plan, wanted }: Step, stages: Stages): Promise<CheckedStep> {
  const { lines } = plan;
  try {
    const record = await playUndisturbed(() => stages.on((stage) => runScenario(stage, experiment, plan)));
    const judged = judge(experiment, record);
    const wrong = problemOf(judged.verdict, wanted);
    const mistyped = wanted === 'green' ? mistypedIn(record) : [];
    return { step, lines, wanted, judged, problems: [...(wrong === null ? [] : [wrong]), ...missingIn(plan, judged.verdict, record), ...mistyped] };
  } catch (error) {
    if (error instanceof ScenarioError || error instanceof Disturbed) return { step, lines, wanted, judged: null, problems: [error.message] };
    throw error;
  }
}

function problemOf(verdict: Verdict, wanted: 'green' | 'red'): string | null {
  return verdict === wanted ? null : `must be ${wanted.toUpperCase()}, but is ${verdict === 'unjudged' ? 'not judged' : verdict.toUpperCase()}`;
}

function missingIn(plan: Plan, verdict: Verdict, record: RunRecord): readonly string[] {
  const missing = Object.values(saidOf(plan, verdict, record) ?? {}).flatMap((text) => fill(text, plan.bookmarks, record, 'en').missing);
  return [...new Set(missing)].map((source) => `the run has nothing for ${source}`);
}

/** An unknown word of the console goes to the server as a command. Unknown commands that a broken loop reports say nothing about the lines. */
const mistypedIn = ({ replies }: RunRecord): readonly string[] =>
  replies.flatMap(({ text }) => (text.startsWith('(error) ERR unknown command') ? [`a line of the scenario is not a command: ${text}`] : []));

/** Each has its own server, and scenarios wait more than they compute. */
const AT_ONCE = Math.max(2, availableParallelism());

/** Calls `checked` in the order of the experiments. Those that need the machine alone are run last. */
export async function checkAll(
  experiments: readonly Experiment[],
  checked: (one: CheckedExperiment) => void,
  options: OwnStageOptions = {},
): Promise<boolean> {
  const results = new Map<Experiment, CheckedExperiment>();
  let told = 0;
  const check = async (experiment: Experiment): Promise<void> => {
    results.set(experiment, await checkExperiment(experiment, options));
    for (; told < experiments.length && results.has(experiments[told]!); told++) checked(results.get(experiments[told]!)!);
  };
  const waiting = experiments.filter(({ runsAlone }) => !runsAlone);
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await check(next);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  for (const experiment of experiments) if (experiment.runsAlone) await check(experiment);
  return [...results.values()].every(({ hasPassed }) => hasPassed);
}
