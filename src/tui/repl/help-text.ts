/**
 * `help`, `help SET`, `help @string`, `help lab`: from the command table and the console's own words. The layout is that of redis-cli.
 */
import {
  FAULT_NAMES, FAULTS, faultSyntax, formatResults, formatSyntax, isNumberResult, SEAM_NAMES, seamOf, type CommandReference, type SeamName,
} from '../../server/index.js';
import { groupsOf } from '../state/repl/advice.js';
import { LAB_WORDS } from '../state/repl/lab-words.js';

const GENERAL: readonly string[] = [
  'help SET         what a command does, and how it is written',
  'help @string     the commands of a group; Tab shows the groups',
  'help lab         more clients, and bytes by hand',
  'help fault       what can be spoiled on purpose',
  'help rule        the decisions of the loop, and what may stand in their place',
  '',
  'Tab completes commands, options and keys; the dim text is what is still to type.',
  'Up and Down walk through the history, Ctrl-R searches it. Ctrl-C leaves what waits, quit leaves the lab.',
];

/** @param words what follows `help` */
export function helpText(commands: readonly CommandReference[], words: readonly string[]): readonly string[] {
  const [first] = words;
  if (first === undefined) return GENERAL;
  if (first.toLowerCase() === 'lab') return LAB_WORDS.flatMap(({ name, arguments: syntax, summary }) => [`${name} ${syntax}`.trimEnd(), `    ${summary}`]);
  if (first.toLowerCase() === 'fault') return FAULT_NAMES.flatMap((name) => [`fault ${faultSyntax(name).join(' ')}`, `    ${FAULTS[name].meaning}`]);
  if (first.toLowerCase() === 'rule') return SEAM_NAMES.flatMap(describeSeam);
  if (first.startsWith('@')) return ofGroup(commands, first.toLowerCase());
  return ofCommand(commands, words.join(' ').toUpperCase());
}

function ofGroup(commands: readonly CommandReference[], group: string): readonly string[] {
  const found = everyCommand(commands).filter((command) => `@${command.group}` === group.replace('_', '-'));
  if (found.length === 0) return [`There is no group ${group}. Groups: ${groupsOf(commands).join(' ')}`];
  return found.flatMap(describe);
}

function ofCommand(commands: readonly CommandReference[], name: string): readonly string[] {
  const all = everyCommand(commands);
  const found = all.filter((command) => command.name === name || command.name.startsWith(`${name} `));
  return found.length === 0 ? [`There is no command ${name}. Tab behind help shows what there is.`] : found.flatMap(describe);
}

function describe(command: CommandReference): readonly string[] {
  const { name, summary, since, group, complexity, arguments: syntax } = command;
  return ['', `  ${name} ${formatSyntax(syntax)}`.trimEnd(), `  summary: ${summary}`, `  since: ${since}`, `  group: ${group}`, `  complexity: ${complexity}`];
}

function describeSeam(name: SeamName): readonly string[] {
  const { meaning, parameters, results, textbook, places } = seamOf(name);
  const listed = (all: { readonly [each: string]: string }, quote: string): string[] =>
    Object.entries(all).map(([each, means]) => `    ${quote}${each}${quote}  ${means}`);
  const comesTo = isNumberResult(results) ? [`    ${formatResults(name)}: ${results.number}`] : listed(results, "'");
  const head = [`rule ${name} expression`, `  ${meaning}`, '  it knows', ...listed(parameters, ''), '  it comes to', ...comesTo];
  return [...head, `  textbook: ${textbook}`, `  ${places}`];
}

const everyCommand = (commands: readonly CommandReference[]): readonly CommandReference[] => commands.flatMap((command) => [command, ...command.subcommands]);
