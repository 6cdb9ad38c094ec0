/**
 * Lessons in lines, for screen readers and programs: plain questions, and the result of each run. The same experiments, runs and judgements as on the screen;
 * each run has its own server.
 */
import { type Disturbance, inLanguage, type Experiment, type Judged, type Localized, type RunRecord } from '../state/learn/experiment.js';
import type { Language } from '../../shared/language.js';
import { takesNumbers } from '../state/learn/lesson.js';
import { LESSON_TEXTS } from '../state/learn/lesson-texts.js';
import { escapeBytes } from '../escape.js';
import { toBytes } from '../state/typed-text.js';
import { fill, plain } from './fill.js';
import { judge, marksOf } from './judge.js';
import { bundledExperiments, whyUnknown } from './library.js';
import { planBreak, planChoice, planRun, planTyped, saidOf, type Plan } from './plan.js';
import { doneExperiments } from './progress.js';
import { Disturbed, NeedsEpoll, playUndisturbed, runScenario, ScenarioError } from './runner.js';
import { OwnStage, type OwnStageOptions } from './stage.js';
import { whyNotPlayed } from './why-not-played.js';

export interface LinePorts {
  readonly language: Language;
  /** The poller of the servers in which scenarios run. */
  readonly poller: NonNullable<OwnStageOptions['poller']>;
  /** The next line of input; null: there is none. */
  ask(): Promise<string | null>;
  /** @param text safe to print */
  say(text: string): void;
  /** An experiment is done. */
  done(name: string): void;
}

/** The input has ended. */
class InputEnded extends Error {}

/** Resolves when the lesson is over, or left. @param experiment null: lists the experiments, to choose from until the list is left */
export async function teachInLines(experiment: Experiment | null, ports: LinePorts): Promise<void> {
  if (experiment === null) await teachFromList(ports);
  else await teachOne(experiment, ports);
}

async function teachOne(experiment: Experiment, ports: LinePorts): Promise<void> {
  try {
    await new LessonInLines(experiment, ports).teach();
  } catch (error) {
    if (!(error instanceof InputEnded)) throw error;
  }
}

async function teachFromList(ports: LinePorts): Promise<void> {
  const { language, say, ask } = ports;
  const texts = LESSON_TEXTS[language];
  const experiments = bundledExperiments();
  for (;;) {
    const done = doneExperiments();
    for (const { number, name, title } of experiments) say(`${number}  ${name}  ${inLanguage(title, language)}${done.has(name) ? `  ${texts.done}` : ''}`);
    say(texts.askName);
    const wanted = (await ask())?.trim() ?? '';
    if (wanted === '' || leaves(wanted)) return;
    const found = experiments.find(({ name, number }) => name === wanted || String(number) === wanted);
    if (found !== undefined) await teachOne(found, ports);
    else say(escapeBytes(toBytes(whyUnknown(wanted, experiments.map(({ name }) => name))[language])));
  }
}

const leaves = (line: string): boolean => /^(?:q|quit|exit)$/.test(line);

class LessonInLines {
  constructor(
    private readonly experiment: Experiment,
    private readonly ports: LinePorts,
  ) {}

  async teach(): Promise<void> {
    const { title, question, answers, sources, name } = this.experiment;
    this.say(title);
    this.say(question);
    const answer = await this.choose(answers.map(({ text }) => text));
    const right = answers.find(({ isRight }) => isRight)!;
    if ((await this.run(planRun(this.experiment))) === null) return;
    this.ports.say(this.texts.youSaid(this.in(answers[answer]!.text)));
    this.ports.say(answers[answer]!.isRight ? this.texts.asItIs : `${this.texts.notAsItIs} ${this.in(right.text)}.`);
    await this.goOn();
    this.ports.say(this.texts.breakIt);
    if ((await this.run(planBreak(this.experiment))) === null) return;
    await this.goOn();
    await this.mend();
    this.ports.done(name);
    this.ports.say(`${this.texts.finished} ${this.texts.sources}`);
    for (const { text, where } of sources) this.ports.say(`- ${text} (${where})`);
  }

  private async mend(): Promise<void> {
    const { question, choices, typed } = this.experiment.mend;
    for (;;) {
      this.say(question);
      if (typed !== null) this.ports.say(`${this.texts.orType} ${typed.line.replace('{typed}', '')}: ${this.in(typed.prompt)}`);
      const shown = choices.map(({ shows, lines, scenario }) => shows ?? { en: [...lines, ...(scenario ?? [])].flat().join('; ') });
      const plan = await this.choosePlan(shown);
      if ((await this.run(plan))?.verdict === 'green') return;
    }
  }

  private async choosePlan(shown: readonly Localized[]): Promise<Plan> {
    const { choices, typed } = this.experiment.mend;
    this.number(shown);
    for (;;) {
      this.ports.say(this.texts.askNumber(choices.length));
      const line = (await this.ask()).trim();
      const choice = choices[Number(line) - 1];
      if (choice !== undefined) return planChoice(this.experiment, choice);
      const isTyped = line !== '' && (takesNumbers(this.experiment) || !/^\d+$/.test(line));
      if (typed !== null && isTyped) return planTyped(this.experiment, line.replace(typed.line.replace('{typed}', ''), ''));
    }
  }

  /** Null: it could not be run to its end. */
  private async run(plan: Plan): Promise<Judged | null> {
    const { bookmarks } = plan;
    try {
      const onceMore = (disturbance: Disturbance): void => this.ports.say(`${this.texts.disturbed[disturbance]} ${this.texts.onceMore}`);
      const record = await playUndisturbed(() => this.play(plan), onceMore);
      const judged = judge(this.experiment, record);
      const marks = marksOf(bookmarks, record);
      for (const { name, says: moment } of bookmarks) {
        const mark = marks.get(name);
        if (mark !== undefined) this.ports.say(this.texts.momentIn(mark.turn, this.in(moment)));
      }
      this.ports.say(this.texts.verdicts[judged.verdict]);
      for (const goal of judged.goals) this.ports.say(`- ${this.texts.verdicts[goal.verdict]} ${this.in(goal.says)}: ${goal.seen[this.ports.language]}`);
      const says = saidOf(plan, judged.verdict, record);
      if (says !== null) this.ports.say(escapeBytes(toBytes(plain(fill(this.in(says), bookmarks, record, this.ports.language)))));
      return judged;
    } catch (error) {
      if (![ScenarioError, Disturbed, NeedsEpoll].some((known) => error instanceof known)) throw error;
      this.ports.say(`${this.texts.failed} ${escapeBytes(toBytes(whyNotPlayed(error, this.ports.language)))}`);
      return null;
    }
  }

  private async play({ lines, scenario }: Plan): Promise<RunRecord> {
    await using stage = await OwnStage.open({ poller: this.ports.poller });
    const stopListening = stage.listen((said) => {
      for (const { kind, client, text } of said) this.ports.say(`${kind === 'in' ? '> ' : client === '' ? '' : `@${client} `}${escapeBytes(toBytes(text))}`);
    });
    try {
      return await runScenario(stage, this.experiment, { lines, scenario });
    } finally {
      stopListening();
    }
  }

  private async choose(texts: readonly Localized[]): Promise<number> {
    this.number(texts);
    for (;;) {
      this.ports.say(this.texts.askNumber(texts.length));
      const index = Number((await this.ask()).trim()) - 1;
      if (texts[index] !== undefined) return index;
    }
  }

  private number(texts: readonly Localized[]): void {
    for (const [i, text] of texts.entries()) this.ports.say(`${i + 1}  ${this.in(text)}`);
  }

  private async goOn(): Promise<void> {
    this.ports.say(this.texts.askEnter);
    await this.ask();
  }

  private async ask(): Promise<string> {
    const line = await this.ports.ask();
    if (line === null || leaves(line.trim())) throw new InputEnded();
    return line;
  }

  private say(text: Localized): void {
    this.ports.say(this.in(text));
  }

  private in(text: Localized): string {
    return inLanguage(text, this.ports.language);
  }

  private get texts(): (typeof LESSON_TEXTS)[Language] {
    return LESSON_TEXTS[this.ports.language];
  }
}
