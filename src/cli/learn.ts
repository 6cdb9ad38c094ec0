/**
 * `redis-lab learn` with something to be done without a screen: --list, --check, --template.
 */
import {
  bundledExperiments, checkAll, ExperimentError, experimentTemplate, inLanguage, LANGUAGES, languageOf, loadExperiment, UnknownExperimentError,
  type CheckedExperiment, type CheckedStep, type Experiment, type Language, type Verdict,
} from '../tui/learn/index.js';
import { toBytes, toText } from '../server/config/bytes.js';
import { complain } from './complain.js';
import { explain } from './explain.js';

/** Exit codes. */
const PASSED = 0;
const FAILED = 1;

const USAGE = 'usage: redis-lab learn --list | --check [NAME...|FILE] | --template';

interface Wish {
  readonly what: '--list' | '--check' | '--template';
  readonly names: readonly string[];
  readonly language: Language;
}

/** @param args byte strings, behind `learn`. Resolves with the exit code */
export async function learnInLines(args: readonly string[]): Promise<number> {
  const wish = readWish(args);
  if (typeof wish === 'string') {
    complain(wish);
    return FAILED;
  }
  const { what, names, language } = wish;
  try {
    if (what === '--template') return print(experimentTemplate());
    if (what === '--list') return print(bundledExperiments().map(({ name, title }) => `${name}\t${inLanguage(title, language)}\n`).join(''));
    return await check(names.length === 0 ? bundledExperiments() : names.map((name) => loadExperiment(toText(name))));
  } catch (error) {
    complain(error instanceof UnknownExperimentError || error instanceof ExperimentError ? toBytes(error.message) : explain(error));
    return FAILED;
  }
}

/** What is asked for, or what is wrong with how it is asked. */
function readWish(args: readonly string[]): Wish | string {
  const { lang, others } = takeLanguage(args);
  const switches = others.filter((arg) => arg.startsWith('-'));
  const names = others.filter((arg) => !arg.startsWith('-'));
  const unknown = switches.find((arg) => !isKnown(arg));
  if (unknown !== undefined) return `unknown option '${unknown}'; ${USAGE}`;
  const [what, ...more] = switches as Wish['what'][];
  if (what === undefined || more.length > 0 || (what !== '--check' && names.length > 0)) return USAGE;
  return { what, names, language: LANGUAGES.find((language) => language === lang) ?? languageOf(process.env) };
}

const isKnown = (arg: string): boolean => ['--list', '--check', '--template'].includes(arg);

function takeLanguage(args: readonly string[]): { readonly lang: string | null; readonly others: readonly string[] } {
  const at = args.indexOf('--lang');
  return at === -1 ? { lang: null, others: args } : { lang: args[at + 1] ?? null, others: args.filter((_, i) => i !== at && i !== at + 1) };
}

function print(text: string): number {
  process.stdout.write(text);
  return PASSED;
}

async function check(experiments: readonly Experiment[]): Promise<number> {
  let failed = 0;
  await checkAll(experiments, (one) => {
    if (!one.hasPassed) failed++;
    print(`${describe(one).join('\n')}\n`);
  });
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
