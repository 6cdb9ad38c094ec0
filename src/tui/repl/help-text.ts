/**
 * `help`, `help SET`, `help @string`, `help lab`, `help WouldBlock`: from the command table, the console's words and the glossary. Commands are formatted as by
 * redis-cli.
 */
import {
  FAULT_NAMES, FAULTS, faultSyntax, formatResults, formatSyntax, SEAM_NAMES, seamOf, type CommandReference, type FaultName,
  type SeamName,
} from '../../server/index.js';
import { lookUp, meaningOf, nearestWords } from '../state/learn/glossary/index.js';
import type { InLanguages, Language } from '../../shared/language.js';
import { groupsOf } from '../state/repl/advice.js';
import { findLabWord, LAB_WORDS, TYPED_LAB_WORDS, type LabWord } from '../state/repl/lab-words.js';
import { fromBytes } from '../state/typed-text.js';
import { FAULTS_IN_KOREAN, formatResultsInKorean, SEAMS_IN_KOREAN } from './table-texts.js';

const ENGLISH = {
  general: [
    'help SET         what a command does, and its syntax',
    'help @string     the commands of a group; Tab shows the groups',
    'help WouldBlock  what a word of the screen means: the glossary',
    'help lab         more clients, and bytes by hand',
    'help fault       the faults that can be injected',
    'help rule        the decisions of the loop, and the rules that can replace them',
    '',
    'Tab completes commands, options and keys; the dim text is the rest of the syntax.',
    'Up and Down move through the history, Ctrl-R searches it. Ctrl-C ends a wait, quit ends the lab.',
  ],
  noGroup: (group: string, groups: string) => `There is no group ${group}. Groups: ${groups}`,
  nothing: (name: string) => `There is no command and no word ${name}. Tab after help lists them.`,
  expression: 'expression',
  knows: 'values',
  comesTo: 'results',
  textbook: 'textbook',
  nearest: (words: string) => `Similar names: ${words}`,
};

const KOREAN: typeof ENGLISH = {
  general: [
    'help SET         명령이 하는 일과 쓰는 방법',
    'help @string     그룹의 명령 목록 (그룹은 Tab으로 표시)',
    'help WouldBlock  화면에 나오는 단어의 뜻 (용어집)',
    'help lab         클라이언트 추가, 바이트 직접 전송',
    'help fault       일부러 일으킬 수 있는 장애',
    'help rule        루프가 내리는 결정과 그 자리에 넣을 수 있는 식',
    '',
    'Tab은 명령, 옵션, 키를 자동 완성하고, 흐린 글자는 아직 입력할 부분입니다.',
    '↑ ↓로 입력 기록을 이동하고 Ctrl-R로 검색합니다. Ctrl-C는 대기에서 빠져나오고 quit은 lab을 종료합니다.',
  ],
  noGroup: (group, groups) => `${group} 그룹은 없습니다. 그룹: ${groups}`,
  nothing: (name) => `${name}: 그런 명령이나 단어가 없습니다. help 뒤에서 Tab을 누르면 목록을 볼 수 있습니다.`,
  expression: '식',
  knows: '쓸 수 있는 값',
  comesTo: '결과',
  textbook: '원래의 식',
  nearest: (words) => `비슷한 이름: ${words}`,
};

const TEXTS: InLanguages<typeof ENGLISH> = { en: ENGLISH, ko: KOREAN };

/** @param words the words after `help` */
export function helpText(commands: readonly CommandReference[], words: readonly string[], language: Language): readonly string[] {
  const [first] = words;
  if (first === undefined) return TEXTS[language].general;
  if (first.toLowerCase() === 'lab') return LAB_WORDS.flatMap((word) => ofLabWord(word, language));
  if (first.startsWith('@')) return ofGroup(commands, first.toLowerCase(), language);
  const name = words.join(' ');
  const found = [...ofGlossary(fromBytes(name), language), ...ofTable(name, language), ...ofLab(name, language), ...ofCommand(commands, name.toUpperCase())];
  return found.length === 0 ? nothing(commands, name, language) : found;
}

/** A word of several panes is explained for each of them. */
export function ofGlossary(word: string, language: Language): readonly string[] {
  const found = lookUp(word);
  return found.flatMap(({ section, entry }) => [found.length === 1 ? entry.term : `${entry.term} (${section})`, `    ${meaningOf(entry, language)}`]);
}

/** The tables of some console words, instead of their entries in the list. */
function ofTable(name: string, language: Language): readonly string[] {
  switch (name.toLowerCase()) {
    case 'fault':
      return FAULT_NAMES.flatMap((fault) => ofFault(fault, language));
    case 'rule':
      return SEAM_NAMES.flatMap((seam) => describeSeam(seam, language));
    default:
      return FAULT_NAMES.filter((fault) => fault === name.toLowerCase()).flatMap((fault) => ofFault(fault, language));
  }
}

const ofFault = (name: FaultName, language: Language): readonly string[] => [
  `fault ${faultSyntax(name).join(' ')}`,
  `    ${language === 'ko' ? FAULTS_IN_KOREAN[name] : FAULTS[name].meaning}`,
];

const HAVE_TABLES: readonly string[] = ['fault', 'rule'];

function ofLab(name: string, language: Language): readonly string[] {
  const word = HAVE_TABLES.includes(name.toLowerCase()) ? null : findLabWord(name);
  return word === null ? [] : ofLabWord(word, language);
}

const ofLabWord = ({ name, arguments: syntax, summary }: LabWord, language: Language): readonly string[] => [
  `${name} ${syntax}`.trimEnd(),
  `    ${summary[language]}`,
];

function ofGroup(commands: readonly CommandReference[], group: string, language: Language): readonly string[] {
  const found = everyCommand(commands).filter((command) => `@${command.group}` === group.replace('_', '-'));
  if (found.length === 0) return [TEXTS[language].noGroup(group, groupsOf(commands).join(' '))];
  return found.flatMap(describe);
}

function ofCommand(commands: readonly CommandReference[], name: string): readonly string[] {
  return everyCommand(commands).filter((command) => command.name === name || command.name.startsWith(`${name} `)).flatMap(describe);
}

function nothing(commands: readonly CommandReference[], name: string, language: Language): readonly string[] {
  const others = [...everyCommand(commands), ...TYPED_LAB_WORDS].map((each) => each.name);
  const close = nearestWords(fromBytes(name), others);
  return [TEXTS[language].nothing(name), ...(close.length === 0 ? [] : [TEXTS[language].nearest(close.join(', '))])];
}

function describe(command: CommandReference): readonly string[] {
  const { name, summary, since, group, complexity, arguments: syntax } = command;
  return ['', `  ${name} ${formatSyntax(syntax)}`.trimEnd(), `  summary: ${summary}`, `  since: ${since}`, `  group: ${group}`, `  complexity: ${complexity}`];
}

function describeSeam(name: SeamName, language: Language): readonly string[] {
  const texts = TEXTS[language];
  const seam = seamOf(name);
  const told = language === 'ko' ? SEAMS_IN_KOREAN[name] : seam;
  const listed = (all: { readonly [each: string]: string }, quote: string): string[] =>
    Object.entries(all).map(([each, means]) => `    ${quote}${each}${quote}  ${means}`);
  const allowed = language === 'ko' ? formatResultsInKorean(name) : formatResults(name);
  const comesTo = 'number' in told.results ? [`    ${allowed}: ${told.results.number}`] : listed(told.results as { readonly [result: string]: string }, "'");
  const head = [`rule ${name} ${texts.expression}`, `  ${told.meaning}`, `  ${texts.knows}`, ...listed(told.parameters, ''), `  ${texts.comesTo}`, ...comesTo];
  return [...head, `  ${texts.textbook}: ${seam.textbook}`, `  ${seam.places}`];
}

const everyCommand = (commands: readonly CommandReference[]): readonly CommandReference[] => commands.flatMap((command) => [command, ...command.subcommands]);
