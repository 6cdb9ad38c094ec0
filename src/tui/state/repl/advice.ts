/**
 * Advice on the line being typed: the hint after the cursor, the error, and completions. Pure; reads the table of commands.
 */
import {
  FAULT_NAMES, type FaultName, faultSyntax, formatSyntax, isSeam, SEAM_NAMES, seamOf, type CommandReference, type SettingReference,
} from '../../../server/index.js';
import { TYPED_WORDS } from '../learn/glossary/index.js';
import type { Text } from '../../../shared/language.js';
import { findLabWord, TYPED_LAB_WORDS, type LabWord } from './lab-words.js';
import { expectsKey, matchSyntax, optionWords } from './syntax-match.js';
import { splitLine, takeRepeat, type TypedLine, typeable, typedLine } from './words.js';

export interface FoundCommand {
  readonly command: CommandReference;
  /** Number of words of its name. */
  readonly words: number;
}

/** The command or subcommand with which words begin; null if there is none. */
export function findCommand(commands: readonly CommandReference[], words: readonly string[]): FoundCommand | null {
  const [name = '', second = ''] = words.slice(0, 2).map((word) => word.toUpperCase());
  const command = commands.find((each) => each.name === name);
  if (command === undefined) return null;
  const subcommand = command.subcommands.find((each) => each.name === `${name} ${second}`);
  return subcommand === undefined ? { command, words: 1 } : { command: subcommand, words: 2 };
}

/** The syntax still to be typed; it begins with a space if the line does not end with one. Empty if there is nothing to show. */
export function hintFor(commands: readonly CommandReference[], line: string): string {
  const typed = typedLine(line);
  if (typed === null || (typed.words.length === 0 && typed.current === '')) return '';
  const all = typed.current === '' ? typed.words : (splitLine(line)?.slice(typed.client === null ? 0 : 1) ?? null);
  if (all === null) return '';
  const rest = restOf(commands, repeated(all)) ?? (typed.current === '' ? '' : restOf(commands, repeated(typed.words))) ?? '';
  return rest === '' || line.endsWith(' ') ? rest : ` ${rest}`;
}

const isNumber = (word: string | undefined): boolean => /^\d+$/.test(word ?? '');

/** Without the repeat count. */
const repeated = (words: readonly string[]): readonly string[] => takeRepeat(words)?.words ?? words.slice(1);

/** Null if the words fit no syntax. */
function restOf(commands: readonly CommandReference[], words: readonly string[]): string | null {
  const lab = findLabWord(words[0]);
  if (lab !== null) return labRest(commands, lab, words);
  if (words.length === 1 && isNumber(words[0])) return 'command';
  const found = findCommand(commands, words);
  if (found === null) return null;
  if (found.words === 1 && found.command.subcommands.length > 0) {
    if (words.length !== 1) return null;
    return isContainer(found.command) ? 'subcommand' : '[subcommand]';
  }
  const match = matchSyntax(found.command.arguments, words.slice(found.words));
  return match.surplus > 0 ? null : match.rest.join(' ');
}

function labRest(commands: readonly CommandReference[], lab: LabWord, words: readonly string[]): string {
  if (lab.name === 'slice' && words.length > 2) return restOf(commands, words.slice(2)) ?? '';
  if (lab.name === 'fault') return faultRest(words.slice(1));
  if (lab.name === 'rule' && words.length > 1) return ruleRest(words.slice(1));
  return lab.arguments.split(' ').slice(Math.min(words.length - 1, 2)).join(' ');
}

/** What may follow the name of a fault: its value, then its limits. */
function faultRest([name, ...given]: readonly string[]): string {
  if (name === undefined) return 'name [value] [on target] [next number] | off [number]';
  if (name === 'off') return given.length === 0 ? '[number]' : '';
  if (!isFault(name)) return '';
  return faultSyntax(name).slice(1 + given.length).join(' ');
}

/** After the name of a seam: the textbook's expression. */
const ruleRest = ([seam = '', ...given]: readonly string[]): string => (given.length === 0 && isSeam(seam) ? seamOf(seam).textbook : '');

const isFault = (name: string): name is FaultName => (FAULT_NAMES as readonly string[]).includes(name);

const OPEN_QUOTE: Text = {
  en: 'a quote is open, or something follows it without a space',
  ko: '따옴표가 닫히지 않았거나 따옴표 뒤에 공백이 없습니다',
};
const noSuchSubcommand = (name: string): Text => ({ en: `${name} has no such subcommand`, ko: `${name}: 그런 하위 명령이 없습니다` });

/** Why Enter would not work; null if no error is known. A name that is still being typed is not checked. */
export function errorFor(commands: readonly CommandReference[], line: string): Text | null {
  const all = splitLine(line);
  if (all === null) return OPEN_QUOTE;
  const repeat = takeRepeat(all[0]?.startsWith('@') === true ? all.slice(1) : all);
  if (repeat === null) return { en: 'the repeat count must be 1 or more', ko: '반복 횟수는 1 이상이어야 합니다' };
  const { words } = repeat;
  const [name] = words;
  if (name === undefined || findLabWord(name) !== null || commands.length === 0) return null;
  if (words.length === 1 && isNumber(name)) return null;
  const isNameTyped = words.length > 1 || /\s$/.test(line);
  const found = findCommand(commands, words);
  if (found === null) return isNameTyped ? { en: `there is no command ${name.toUpperCase()}`, ko: `${name.toUpperCase()}: 그런 명령이 없습니다` } : null;
  return isNameTyped ? arityError(found, words.length) : null;
}

function arityError({ command, words }: FoundCommand, count: number): Text | null {
  const { arity, name } = command;
  if (words === 1 && isContainer(command)) return count > 1 ? noSuchSubcommand(name) : { en: `${name} needs a subcommand`, ko: `${name}에는 하위 명령이 필요합니다` };
  if (arity < 0 ? count >= -arity : count === arity) return null;
  const syntax = formatSyntax(command.arguments);
  const wanted = Math.abs(arity) - words;
  if (wanted === 0 && arity > 0) return { en: `${name} takes no arguments`, ko: `${name}: 인자를 받지 않습니다` };
  return {
    en: `${name} takes ${arity < 0 ? 'at least ' : ''}${wanted} argument${wanted === 1 ? '' : 's'}: ${syntax}`,
    ko: `${name}: 인자 ${wanted}개${arity < 0 ? ' 이상' : ''} 필요: ${syntax}`,
  };
}

/** CONFIG alone does nothing; COMMAND does something, and also has subcommands. */
const isContainer = ({ arity, subcommands }: CommandReference): boolean => subcommands.length > 0 && arity === -2;

export interface Completions {
  /** Where the word to be replaced begins. */
  readonly from: number;
  readonly candidates: readonly string[];
}

/** What can be completed. */
export interface Known {
  readonly commands: readonly CommandReference[];
  readonly settings: readonly SettingReference[];
  /** Byte strings. */
  readonly keys: readonly string[];
  /** Names of other clients. */
  readonly clients: readonly string[];
}

/** What Tab can insert instead of the word before the cursor, best first. */
export function completionsFor(known: Known, line: string): Completions {
  const typed = typedLine(line);
  if (typed === null) return { from: line.length, candidates: [] };
  const unquoted = typed.current.replace(/^["']/, '').toLowerCase();
  const candidates = candidatesFor(known, typed).filter((candidate) => candidate.replace(/^"/, '').toLowerCase().startsWith(unquoted));
  return { from: typed.from, candidates: [...new Set(candidates)] };
}

function candidatesFor(known: Known, typed: TypedLine): readonly string[] {
  const { commands, keys, clients } = known;
  const { words: all, current } = typed;
  const words = isNumber(all[0]) ? all.slice(1) : all;
  const inCase = (word: string): string => (/^[a-z]/.test(current) ? word.toLowerCase() : word);
  if (words.length === 0 && typed.client === null && current.startsWith('@')) return clients.map((name) => `@${name}`);
  if (words.length === 0) return [...commands.map(({ name }) => inCase(name)), ...TYPED_LAB_WORDS.map(({ name }) => name)];
  const lab = findLabWord(words[0]);
  if (lab?.name === 'help') {
    const topics = [...groupsOf(commands), ...commands.map(({ name }) => inCase(name)), ...TYPED_WORDS];
    return words.length === 1 ? ['lab', 'fault', 'rule', ...topics] : [];
  }
  if (lab?.name === 'fault') return faultWords(known, words.slice(1));
  if (lab?.name === 'rule') return ruleWords(words.slice(1));
  if (lab?.name === 'slice' && words.length > 1) return candidatesFor(known, { ...typed, words: words.slice(2) });
  if (lab !== null) return [];
  const found = findCommand(commands, words);
  if (found === null) return [];
  const { command } = found;
  if (found.words === 1 && words.length === 1 && command.subcommands.length > 0) {
    return command.subcommands.map(({ name }) => inCase(name.slice(command.name.length + 1)));
  }
  const given = words.slice(found.words);
  if (command.name === 'CONFIG GET') return settingNames(known.settings, given);
  if (command.name === 'CONFIG SET') {
    if (given.length % 2 !== 0) return valuesOf(known.settings, given.at(-1)!);
    return settingNames(known.settings.filter(({ mutable }) => mutable), given);
  }
  const match = matchSyntax(command.arguments, given);
  if (match.surplus > 0) return [];
  const options = match.next.flatMap(optionWords).map(inCase);
  // A thousand keys for an empty word are useless if options can be typed; keys come first where they are required.
  return match.next.some(expectsKey) ? [...keys.map(typeable), ...options] : options;
}

function faultWords({ commands }: Known, given: readonly string[]): readonly string[] {
  if (given.length === 0) return [...FAULT_NAMES, 'off'];
  if (given[0] === 'off') return [];
  const last = given.at(-1)!;
  if (last === 'on') return ['key', 'client', ...commands.map(({ name }) => name)];
  return ['on', 'next'].filter((word) => !given.includes(word));
}

function ruleWords([seam, ...given]: readonly string[]): readonly string[] {
  if (seam === undefined) return SEAM_NAMES;
  if (!isSeam(seam)) return [];
  const { parameters } = seamOf(seam);
  return given.length === 0 ? [...Object.keys(parameters), 'off', 'on'] : Object.keys(parameters);
}

/** Those that have not been given already. */
function settingNames(settings: readonly SettingReference[], given: readonly string[]): readonly string[] {
  const taken = new Set(given.map((word) => word.toLowerCase()));
  return settings.map(({ name }) => name).filter((name) => !taken.has(name));
}

function valuesOf(settings: readonly SettingReference[], name: string): readonly string[] {
  return settings.find((setting) => setting.name === name.toLowerCase())?.values ?? [];
}

export function groupsOf(commands: readonly CommandReference[]): readonly string[] {
  return [...new Set(commands.map(({ group }) => `@${group}`))].sort();
}
