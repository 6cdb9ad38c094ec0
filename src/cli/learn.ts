/**
 * `redis-lab learn` without a screen: --list, --check, --template, --reset, and experiments in plain questions and lines.
 */
import { createInterface, type Interface } from 'node:readline';
import {
  bundledExperiments, checkAll, ExperimentFileError, experimentTemplate, forgetDone, inLanguage, languageOf, loadExperiment, rememberDone, teachInLines,
  type LinePorts,
  type CheckedExperiment, type CheckedStep, type Experiment, type Language, type Verdict,
} from '../tui/learn/index.js';
import { toBytes, toText } from '../server/config/bytes.js';
import { complain } from './complain.js';
import { explain } from './explain.js';
import { POLLERS, type Poller } from './flags.js';
import { parseWords, readLanguage, UsageError } from './words.js';

/** Exit codes. */
const PASSED = 0;
const FAILED = 1;

const USAGE = 'usage: redis-lab learn [NAME|FILE] | --list [--lang en|ko] | --check [NAME...|FILE] [--poller POLLER] | --template | --reset';

interface Wish {
  readonly what: 'list' | 'check' | 'template' | 'reset';
  readonly names: readonly string[];
  readonly language: Language;
  /** Of checks. */
  readonly poller: Poller;
}

/** @param args after `learn`. Resolves with the exit code */
export async function learnInLines(args: readonly string[]): Promise<number> {
  let language = languageOf(process.env);
  try {
    const { what, names, poller, ...wish } = readWish(args);
    ({ language } = wish);
    if (what === 'template') return print(experimentTemplate());
    if (what === 'reset') forgetDone();
    if (what === 'reset') return print('no experiment is done\n');
    if (what === 'list') return print(bundledExperiments().map(({ name, title }) => `${name}\t${inLanguage(title, language)}\n`).join(''));
    return await check(names.length === 0 ? bundledExperiments() : names.map(loadExperiment), poller);
  } catch (error) {
    if (error instanceof UsageError) complain(toBytes(error.message));
    else complain(error instanceof ExperimentFileError ? toBytes(error.text[language]) : explain(error, language));
    return FAILED;
  }
}

/** Experiments in plain questions and lines. @param wanted a name or a file, as a byte string; null: they are listed first. Resolves with the exit code */
export async function teach(wanted: string | null, language: Language | null, poller: Poller): Promise<number> {
  const input = new LineReader(process.stdin);
  const ports: LinePorts = {
    language: language ?? languageOf(process.env),
    poller,
    ask: () => input.next(),
    say: (text) => void process.stdout.write(`${text}\n`),
    done: rememberDone,
  };
  try {
    await teachInLines(wanted === null ? null : loadExperiment(toText(wanted)), ports);
    return PASSED;
  } catch (error) {
    complain(error instanceof ExperimentFileError ? toBytes(error.text[ports.language]) : explain(error, ports.language));
    return FAILED;
  } finally {
    input.close();
  }
}

/** Input lines, kept until they are requested. */
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

  /** Resolves with the next line; null: the input has ended. */
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

/** Throws {@link UsageError}. */
function readWish(args: readonly string[]): Wish {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { list: flag, check: flag, template: flag, reset: flag, lang: text, poller: text };
  const { values, positionals: names } = parseWords({ args: [...args], allowPositionals: true, options }, USAGE);
  const [what, ...more] = (['list', 'check', 'template', 'reset'] as const).filter((each) => values[each] === true);
  const poller = POLLERS.find((each) => each === (values.poller ?? 'auto'));
  if (poller === undefined) throw new UsageError(`--poller '${values.poller}': must be one of ${POLLERS.join(', ')}`);
  if (what === undefined || more.length > 0 || (what !== 'check' && names.length > 0)) throw new UsageError(USAGE);
  return { what, names, language: readLanguage(values.lang), poller };
}

function print(text: string): number {
  process.stdout.write(text);
  return PASSED;
}

async function check(experiments: readonly Experiment[], poller: Poller): Promise<number> {
  let failed = 0;
  let length = 0;
  await checkAll(experiments, (one) => {
    if (!one.hasPassed) failed++;
    if (!one.isLeftOut) length++;
    print(`${describe(one).join('\n')}\n`);
  }, { poller });
  const passed = length === 1 ? '1 experiment passes' : `all ${length} experiments pass`;
  print(`${failed === 0 ? passed : `${failed} of ${length} experiments ${failed === 1 ? 'fails' : 'fail'}`}\n`);
  return failed === 0 ? PASSED : FAILED;
}

function describe({ name, steps, hasPassed, isLeftOut }: CheckedExperiment): readonly string[] {
  if (isLeftOut) return [`${name}: needs epoll, left out`];
  return [`${name}: ${hasPassed ? 'passes' : 'FAILS'}`, ...steps.flatMap(describeStep)];
}

function describeStep({ step, lines, wanted, judged, problems }: CheckedStep): readonly string[] {
  const isWrong = problems.length > 0;
  return [
    `  ${step}: ${verdictText(judged?.verdict)}${isWrong ? `, must be ${wanted.toUpperCase()}` : ''}${lines.length === 0 ? '' : ` (${lines.join('; ')})`}`,
    ...(judged?.goals ?? []).map(({ verdict, says, seen }) => `    ${verdictText(verdict)} ${inLanguage(says, 'en')}: ${seen.en}`),
    ...problems.map((problem) => `    ! ${problem}`),
  ];
}

function verdictText(verdict: Verdict | undefined): string {
  if (verdict === undefined) return 'not run';
  return verdict === 'unjudged' ? 'not judged' : verdict.toUpperCase();
}
