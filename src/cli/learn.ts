/**
 * `redis-lab learn` without a screen: --list, --check, --template, --reset, and experiments in plain questions and lines.
 */
import { createInterface, type Interface } from 'node:readline';
import { escapeBytes } from '../tui/escape.js';
import {
  bundledExperiments, checkAll, doneExperiments, ExperimentError, experimentTemplate, inLanguage, LANGUAGES, languageOf, loadExperiment, UnknownExperimentError,
  forgetDone, LESSON_TEXTS, rememberDone, teachInLines, type LinePorts,
  type CheckedExperiment, type CheckedStep, type Experiment, type Language, type Verdict,
} from '../tui/learn/index.js';
import { toBytes, toText } from '../server/config/bytes.js';
import { complain } from './complain.js';
import { explain } from './explain.js';
import { POLLERS, type Poller } from './flags.js';

/** Exit codes. */
const PASSED = 0;
const FAILED = 1;

const USAGE = 'usage: redis-lab learn [NAME|FILE] | --list | --check [NAME...|FILE] [--poller POLLER] | --template | --reset';

interface Wish {
  readonly what: '--list' | '--check' | '--template' | '--reset';
  readonly names: readonly string[];
  readonly language: Language;
  /** Of checks. */
  readonly poller: Poller;
}

/** @param args byte strings, behind `learn`. Resolves with the exit code */
export async function learnInLines(args: readonly string[]): Promise<number> {
  const wish = readWish(args);
  if (typeof wish === 'string') {
    complain(wish);
    return FAILED;
  }
  const { what, names, language, poller } = wish;
  try {
    if (what === '--template') return print(experimentTemplate());
    if (what === '--reset') forgetDone();
    if (what === '--reset') return print('no experiment is done\n');
    if (what === '--list') return print(bundledExperiments().map(({ name, title }) => `${name}\t${inLanguage(title, language)}\n`).join(''));
    return await check(names.length === 0 ? bundledExperiments() : names.map((name) => loadExperiment(toText(name))), poller);
  } catch (error) {
    complain(isOfExperiment(error) ? toBytes((error as Error).message) : explain(error));
    return FAILED;
  }
}

/** Experiments in plain questions and lines. @param wanted a name or a file, as a byte string; null: they are listed first. Resolves with the exit code */
export async function teach(wanted: string | null, language: Language | null): Promise<number> {
  const input = new LineReader(process.stdin);
  const ports: LinePorts = {
    language: language ?? languageOf(process.env),
    ask: () => input.next(),
    say: (text) => void process.stdout.write(`${text}\n`),
    done: rememberDone,
  };
  try {
    if (wanted !== null) await teachInLines(loadExperiment(toText(wanted)), ports);
    else await teachFromList(ports);
    return PASSED;
  } catch (error) {
    complain(isOfExperiment(error) ? toBytes((error as Error).message) : explain(error));
    return FAILED;
  } finally {
    input.close();
  }
}

async function teachFromList(ports: LinePorts): Promise<void> {
  const experiments = bundledExperiments();
  for (;;) {
    const done = doneExperiments();
    for (const { number, name, title } of experiments) {
      ports.say(`${number}  ${name}  ${inLanguage(title, ports.language)}${done.has(name) ? `  ${LESSON_TEXTS[ports.language].done}` : ''}`);
    }
    ports.say(LESSON_TEXTS[ports.language].askName);
    const wanted = (await ports.ask())?.trim() ?? '';
    if (wanted === '' || /^(?:q|quit|exit)$/.test(wanted)) return;
    const found = experiments.find(({ name, number }) => name === wanted || String(number) === wanted);
    if (found !== undefined) await teachInLines(found, ports);
    else ports.say(whyUnknown(wanted));
  }
}

function whyUnknown(wanted: string): string {
  try {
    loadExperiment(wanted);
    return '';
  } catch (error) {
    return escapeBytes(toBytes((error as Error).message));
  }
}

/** Lines as they come, kept until they are asked for. */
class LineReader {
  private readonly lines: string[] = [];
  private hasEnded = false;
  private waiting: ((line: string | null) => void) | null = null;
  private readonly reader: Interface;

  constructor(input: NodeJS.ReadStream) {
    this.reader = createInterface({ input, terminal: false });
    this.reader.on('line', (line) => this.lines.push(line) && this.tell());
    this.reader.on('close', () => {
      this.hasEnded = true;
      this.tell();
    });
  }

  /** Null: there will be no more. */
  next(): Promise<string | null> {
    return new Promise((resolve) => {
      this.waiting = resolve;
      this.tell();
    });
  }

  close(): void {
    this.reader.close();
  }

  private tell(): void {
    const { waiting } = this;
    if (waiting === null || (this.lines.length === 0 && !this.hasEnded)) return;
    this.waiting = null;
    waiting(this.lines.shift() ?? null);
  }
}

const isOfExperiment = (error: unknown): boolean => error instanceof UnknownExperimentError || error instanceof ExperimentError;

/** What is asked for, or what is wrong with how it is asked. */
function readWish(args: readonly string[]): Wish | string {
  const { value: lang, others: behindLanguage } = takeValue('--lang', args);
  const { value: poller = 'auto', others } = takeValue('--poller', behindLanguage);
  const switches = others.filter((arg) => arg.startsWith('-'));
  const names = others.filter((arg) => !arg.startsWith('-'));
  const unknown = switches.find((arg) => !isKnown(arg));
  if (unknown !== undefined) return `unknown option '${unknown}'; ${USAGE}`;
  const [what, ...more] = switches as Wish['what'][];
  if (!isPoller(poller)) return `--poller '${poller}': must be one of ${POLLERS.join(', ')}`;
  if (what === undefined || more.length > 0 || (what !== '--check' && names.length > 0)) return USAGE;
  return { what, names, language: LANGUAGES.find((language) => language === lang) ?? languageOf(process.env), poller };
}

const isKnown = (arg: string): boolean => ['--list', '--check', '--template', '--reset'].includes(arg);

const isPoller = (word: string): word is Poller => (POLLERS as readonly string[]).includes(word);

/** The word behind an option, and all words but these two. */
function takeValue(option: string, args: readonly string[]): { readonly value: string | undefined; readonly others: readonly string[] } {
  const at = args.indexOf(option);
  return at === -1 ? { value: undefined, others: args } : { value: args[at + 1], others: args.filter((_, i) => i !== at && i !== at + 1) };
}

function print(text: string): number {
  process.stdout.write(text);
  return PASSED;
}

async function check(experiments: readonly Experiment[], poller: Poller): Promise<number> {
  let failed = 0;
  await checkAll(experiments, (one) => {
    if (!one.hasPassed) failed++;
    print(`${describe(one).join('\n')}\n`);
  }, { poller });
  const { length } = experiments;
  const passed = length === 1 ? '1 experiment passes' : `all ${length} experiments pass`;
  print(`${failed === 0 ? passed : `${failed} of ${length} experiments ${failed === 1 ? 'fails' : 'fail'}`}\n`);
  return failed === 0 ? PASSED : FAILED;
}

function describe({ name, steps, hasPassed }: CheckedExperiment): readonly string[] {
  return [`${name}: ${hasPassed ? 'passes' : 'FAILS'}`, ...steps.flatMap(describeStep)];
}

function describeStep({ step, lines, wanted, judged, problems }: CheckedStep): readonly string[] {
  const isWrong = problems.length > 0;
  return [
    `  ${step}: ${verdictText(judged?.verdict)}${isWrong ? `, must be ${wanted.toUpperCase()}` : ''}${lines.length === 0 ? '' : ` (${lines.join('; ')})`}`,
    ...(judged?.goals ?? []).map(({ verdict, says, seen }) => `    ${verdictText(verdict)} ${inLanguage(says, 'en')}: ${seen}`),
    ...problems.map((problem) => `    ! ${problem}`),
  ];
}

function verdictText(verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'not run';
  return verdict === 'unjudged' ? 'not judged' : verdict.toUpperCase();
}
