/**
 * The documents that derive from tables: docs/commands.md from the declarations, docs/configuration.md from the settings, docs/trace-events.md
 * from the events, docs/faults.md from the table of faults, docs/keys.md from the table of keys; in README.md the
 * flags come from --help, the experiments from their files, and the pictures from the goldens of the screen's tests.
 *
 * `npm run docs` writes them (scripts/docs.mjs); test/docs.test.ts compares them with the files.
 */
import { formatHelp, formatMore } from '../src/cli/help.js';
import { commandTable } from '../src/server/commands/index.js';
import { describeValues, formatSetting, SETTINGS, settingOf, type SettingName } from '../src/server/config.js';
import { categoriesOf, flagNames } from '../src/server/command/command-facts.js';
import type { Command } from '../src/server/command/command.js';
import { formatSyntax } from '../src/server/command/syntax.js';
import { DEFECTS } from '../src/server/rules/defects.js';
import { formatResults, isNumber, SEAM_NAMES, seamOf } from '../src/server/rules/seams.js';
import { CLIENT_FAULTS, FAULT_NAMES, faultOf, faultSyntax } from '../src/server/faults/table.js';
import { TRACE_EVENTS } from '../src/server/trace/events.js';
import { KEYMAP, type Binding, type Context, type Group } from '../src/tui/keymap.js';
import { LINE_KEYS } from '../src/tui/state/repl/line-keys.js';

const NOTE = '<!-- Written by `npm run docs` from the sources. Do not edit. -->';

/** The fields of an experiment that the README shows, from its file. */
export interface ListedExperiment {
  readonly number: number;
  readonly name: string;
  readonly question: { readonly en: string };
}

/** Paths from the package's root, and their contents. `readme` is the present README, of which only the list of flags, the experiments and the pictures are generated. */
export function renderDocs(readme: string, pictures: { readonly [name: string]: string }, experiments: readonly ListedExperiment[]): { readonly [path: string]: string } {
  return { 'README.md': withPictures(withExperiments(withFlags(readme), experiments), pictures), 'docs/commands.md': commands(), 'docs/configuration.md': configuration(), 'docs/trace-events.md': traceEvents(), 'docs/faults.md': faults(), 'docs/keys.md': keys() };
}

/** The lab's own flags, as --help shows them. */
function withFlags(readme: string): string {
  const flags = `${formatHelp()}\n${formatMore()}`.trimEnd();
  return readme.replace(/(<!-- help:[^\n]*\n).*?(<!-- \/help -->)/s, (_, open: string, close: string) => `${open}\`\`\`\n${flags}\n\`\`\`\n${close}`);
}

/** The experiments with their questions. */
function withExperiments(readme: string, experiments: readonly ListedExperiment[]): string {
  const rows = experiments.toSorted((a, b) => a.number - b.number).map(({ number, name, question }) => [String(number), code(name), question.en]);
  const list = table('', ['', '`redis-lab learn …`', 'What is asked'], rows).trim();
  return readme.replace(/(<!-- experiments:[^\n]*\n).*?(<!-- \/experiments -->)/s, (_, open: string, close: string) => `${open}${list}\n${close}`);
}

/** Screens that test/tui/view/screen.test.tsx draws and compares. */
function withPictures(readme: string, pictures: { readonly [name: string]: string }): string {
  return readme.replace(/(<!-- picture (\S+):[^\n]*\n).*?(<!-- \/picture -->)/gs, (_, open: string, name: string, close: string) => `${open}\`\`\`\n${pictures[name]}\`\`\`\n${close}`);
}

function commands(): string {
  const all = [...commandTable().values()];
  const groups = [...new Set(all.map(({ declaration }) => declaration.group))].toSorted();
  const sections = groups.map((group) => {
    const rows = all.filter(({ declaration }) => declaration.group === group).toSorted(byName).flatMap((command) => [command, ...[...(command.subcommands?.values() ?? [])].toSorted(byName)]);
    return table(`## ${group}`, ['Command', 'What it does', 'Since', 'Complexity', 'Flags', 'ACL categories'], rows.map(commandRow));
  });
  const count = all.length;
  const head = `# Commands\n\n${NOTE}\n\n${count} commands, as COMMAND and COMMAND DOCS report them. *Since* is the first version of Redis that had the command.`;
  return `${[head, ...sections].join('\n\n')}\n`;
}

function commandRow(command: Command): string[] {
  const { summary, since, complexity } = command.declaration;
  const name = command.fullName.replace('|', ' ').toUpperCase();
  const usage = formatSyntax(command.arguments);
  return [code(usage === '' ? name : `${name} ${usage}`), summary, since, complexity, flagNames(command).join(' '), categoriesOf(command).map((category) => `@${category}`).join(' ')];
}

function configuration(): string {
  const names = Object.keys(SETTINGS) as SettingName[];
  const groups = [...new Set(names.map((name) => settingOf(name).group))];
  const effective = names.filter((name) => settingOf(name).effect === 'yes');
  const idle = names.filter((name) => settingOf(name).effect === 'none');
  const head = [
    '# Configuration',
    NOTE,
    'Every setting is a flag (`--maxmemory 100mb`), a line of a configuration file in the format of redis.conf (`maxmemory 100mb`), and an argument of CONFIG GET and, unless it is fixed at the start, of CONFIG SET. ' +
      'Names, limits and defaults are those of redis-server 7.0.15. Sizes are bytes, or a number with `k`, `kb`, `m`, `mb`, `g` or `gb` (`kb` is 1024, `k` is 1000).',
  ].join('\n\n');
  const sections = groups.flatMap((group) => {
    const rows = effective.filter((name) => settingOf(name).group === group).map(settingRow);
    return rows.length === 0 ? [] : [table(`## ${group}`, ['Setting', 'What it does', 'Values', 'Default', 'CONFIG SET'], rows)];
  });
  const rest = table(
    '## Without effect so far',
    ['Setting', 'What it would do', 'Values', 'Default', 'CONFIG SET'],
    idle.map(settingRow),
    'Accepted, checked and reported, so that clients and files that name them work; nothing here depends on them yet.',
  );
  return `${[head, ...sections, rest].join('\n\n')}\n`;
}

function settingRow(name: SettingName): string[] {
  const setting = settingOf(name);
  const value = formatSetting(setting, setting.default);
  const alias = setting.alias === undefined ? '' : ` (once ${code(setting.alias)})`;
  const change = setting.mutable ? (setting.protected === true ? 'with enable-protected-configs' : 'yes') : 'no, only at the start';
  return [`${code(name)}${alias}`, setting.summary, describeValues(setting), value === '' ? 'empty' : code(value), change];
}

function traceEvents(): string {
  const head = [
    '# Trace events',
    NOTE,
    'The events of the loop: `server.trace()` gets one object per event, the file of `--trace` one line of JSON. They are built only while they are observed.',
    'The rows are in the order of a turn. Besides its own fields every event has `seq`, which increases from event to event, ' +
      'and `atUs`, the microseconds of the loop\'s own clock, which stands still while the loop is held. ' +
      'Arguments, keys and other bytes are strings in which one character is one byte. `step(\'phase\')` stops where a phase begins.',
    'Two more kinds of lines are only in the file: `{"kind":"dropped","turns":…,"commands":…}` where the trace has left something out, ' +
      'and `{"kind":"lost","lines":…}` where that many lines could not be written.',
  ].join('\n\n');
  const rows = Object.entries(TRACE_EVENTS).map(([kind, { category, phase, meaning, fields }]) => [code(kind), meaning, fields, category, phase]);
  return `${head}\n\n${table('## Events', ['Event', 'What it means', 'Fields', 'Category', 'Phase'], rows)}\n`;
}

function faults(): string {
  const head = [
    '# Faults',
    NOTE,
    'Faults that can be injected, to see how a server and its clients handle them. They are set in the REPL and in lines (`fault slice 1 on #3`), ' +
      'by a flag (`--fault \'slice 1 on #3\'`, may be repeated), and in programs:',
    "```js\nconst fault = await server.faults.add({ name: 'slice', bytes: 1, token: 3 });    // or as it is typed: add('slice 1 on #3')\nawait fault.remove();\n```",
    '`server.faults.list()` returns the active faults, with how often each was injected, and `server.faults.clear()` removes all of them; ' +
      'in the REPL these are `faults` and `fault off`. Each injection is an event of the trace, `fault`, and a badge in the tokens pane. ' +
      'A fault or a rule `on #3` is removed with that connection.',
    'Faults of the wire are injected between the kernel and the server, below the recorder: a recording contains their effects on reads and writes, ' +
      'and is replayed without them. Faults of the loop are above it, so setting or removing one is recorded; ' +
      'it takes effect after the next wait of the loop.',
  ].join('\n\n');
  const rows = FAULT_NAMES.map((name) => [code(faultSyntax(name).join(' ')), faultOf(name).side, faultOf(name).meaning, code(faultOf(name).example)]);
  const limits = [
    ['`#3`', 'the connection with this token; the first accepted one has #2'],
    ['`GET`', 'requests of this command; `CONFIG` means all of its subcommands'],
    ['`key user:*`', 'requests with a matching key; after a command the pattern alone is enough'],
    ['`client app*`', 'requests of clients with such a name (CLIENT SETNAME)'],
    ['`next 3`', 'this number of times; then the fault is removed'],
  ];
  const defects = Object.entries(DEFECTS).map(([name, { seam, expression }]) => [code(name), code(seam), code(expression)]);
  const client = CLIENT_FAULTS.map((word) => [code(`${word.name} ${word.arguments}`.trimEnd()), word.summary]);
  const sections = [
    table('## The faults', ['Fault', 'Side', 'What it does', 'Example'], rows),
    table('## Limits', ['Limit', 'Meaning'], limits, 'All given limits must hold; without limits a fault applies to everything.'),
    rules(),
    table(
      '## Defects',
      ['Defect', 'Seam', 'Expression'],
      defects,
      'Common mistakes in event loops. Each is a rule at one seam, and set by its name: `fault ignore-eof`.',
    ),
    table(
      '## By hand',
      ['Word', 'What it does'],
      client,
      'What the REPL\'s own connections can do to the server: words of the REPL, on the side of the client.',
    ),
  ];
  return `${[head, ...sections].join('\n\n')}\n`;
}

/** The seams, in a section each. */
function rules(): string {
  const intro =
    'A rule replaces one decision of the loop by a JavaScript expression: ' +
    'in the REPL `rule after-read result === \'WouldBlock\' ? \'close\' : \'read again\'`, ' +
    'or `server.faults.add({ name: \'rule\', seam: \'after-read\', expression })`. ' +
    'An expression consists of the values of its seam, numbers, texts in quotes, operators, and `Math.abs`, `ceil`, `floor`, `max`, `min` and `round`. ' +
    'Of several rules at one seam the newest one for the connection is used. ' +
    'A rule with a result that its seam does not allow, or that throws, is removed, which the trace reports (`fault`, with the effect `ended: …`). ' +
    'Without a rule, the loop does what the textbook expression says.';
  const seams = SEAM_NAMES.map((name) => {
    const { meaning, parameters, results, textbook, places } = seamOf(name);
    const values = Object.entries(parameters).map(([each, means]) => `\`${each}\` (${means})`).join(', ');
    const outcomes = isNumber(results) ? `${formatResults(name)} (${results.number})` : Object.entries(results).map(([each, means]) => `\`'${each}'\` (${means})`).join(', ');
    const facts = [`- Values: ${values}.`, `- Results: ${outcomes}.`, `- Textbook: \`${textbook}\``, `- ${places}`].join('\n');
    return [`### \`${name}\``, meaning, facts].join('\n\n');
  });
  const triggering =
    'Level- or edge-triggered is not a decision of the loop, but a property of the registration. It can be changed while the server runs, ' +
    'for one token or for all: `trigger edge on #3`, `trigger level`, `trigger default` in the REPL, or `server.trigger(\'edge\', 3)`. ' +
    'The Tokens pane shows an `e` beside the interest, and the trace an `interest` event. ' +
    'As with rules, this is recorded, and takes effect after the next wait.';
  return ['## Rules', intro, triggering, ...seams].join('\n\n');
}

function table(heading: string, columns: readonly string[], rows: readonly (readonly string[])[], text?: string): string {
  const lines = [columns, columns.map(() => '---'), ...rows.map((row) => row.map(cell))].map((cells) => `| ${cells.join(' | ')} |`);
  return [heading, ...(text === undefined ? [] : [text]), lines.join('\n')].join('\n\n');
}

const GROUPS: { readonly [group in Group]: string } = {
  Time:
    'Control of the loop itself. While the history is shown, these keys control the history instead. ' +
    'Steps need a held loop: while it runs, their keys only show a message.',
  History: 'Moving through the past. Nothing here moves the loop, and no key goes beyond the newest event: only End returns to the present.',
  Panes: 'Choosing the focused pane.',
  'This pane': 'For panes with rows, something to open, a filter, a sort order, or databases.',
  Experiment: 'While an experiment is open and the line of the REPL is empty; and in the list of experiments.',
  Lab: 'The last row of the screen says what a key has changed, and it can be undone.',
};

const PLACES: { readonly [context in Context]: string } = {
  panes: 'panes', console: 'REPL', prompt: 'filter, breakpoint', help: 'help', reply: 'long reply', question: 'question', lesson: 'experiment', 'lesson-list': 'list of experiments',
};

function keys(): string {
  const head = [
    '# Keys',
    NOTE,
    'The keys of the screen; the same table is used for the last row of the screen and the help of `?`. ' +
      'The first line that has a key and applies at the moment is used. Letters are keys everywhere but in the REPL. ' +
      'The name of a command that is typed in the panes, for example after an accidental Esc, is moved to the REPL, ' +
      'and the changes made by its letters are undone.',
  ].join('\n\n');
  const sections = (Object.keys(GROUPS) as Group[]).map((group) => table(`## ${group}`, ['Keys', 'Where', 'What they do'], KEYMAP.filter((binding) => binding.group === group).map(keyRow), GROUPS[group]));
  const line = table('## The line of the REPL', ['Keys', 'What they do'], LINE_KEYS.map(({ shown, label }) => [shown, label.en]));
  return `${[head, ...sections, line].join('\n\n')}\n`;
}

function keyRow({ shown, keys: all, contexts, label, meaning }: Binding): string[] {
  const names = all.includes('escape') && shown !== 'Esc' && shown !== 'n' ? `${shown} Esc` : shown;
  return [names, contexts.map((context) => PLACES[context]).join(', '), (meaning ?? label).en];
}

const code = (text: string): string => `\`${text}\``;
const cell = (text: string): string => text.replaceAll('|', '\\|');
const byName = (a: Command, b: Command): number => (a.name < b.name ? -1 : 1);
