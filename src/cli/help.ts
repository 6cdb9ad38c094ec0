/**
 * The texts of --help: the flags that a newcomer to the lab needs. `--help more` lists its other flags, `--help settings` those of redis.conf by their
 * headings, and last those that have no effect yet.
 */
import { describeValues, formatSetting, SETTINGS, settingOf, type SettingName } from '../server/config.js';
import { LAB_FLAGS, type LabFlagName } from './flags.js';

const WIDTH = 100;
/** The explanation of longer flags is on the next line. */
const COLUMN = 34;
const BASICS_COLUMN = 24;

const NAMES = Object.keys(LAB_FLAGS) as LabFlagName[];
const isBasic = (name: LabFlagName): boolean => 'isBasic' in LAB_FLAGS[name];

export function formatHelp(): string {
  return [
    'Usage: redis-lab [file] [flags]',
    '       redis-lab <program.js> [--record file] [--lang en|ko] [-- arguments]',
    '       redis-lab learn [name|file] [flags]',
    '       redis-lab learn --list | --check [name...|file] | --template | --reset',
    '       redis-lab replay <recording> [flags]',
    '       redis-lab check --target <host:port> [flags]',
    '       redis-lab compare [--clients 50] [--seconds 5] [--sinks 0]',
    '       redis-lab course [new <dir> [--ts] | test | hint | solve]',
    '',
    ...wrap(
      'A Redis-compatible server whose event loop can be watched, paused and stepped. ' +
        'Without flags it opens the screen, on the first port from 6379 that is free.',
      0,
    ),
    '',
    ...entry('--port <number>', 'listen on this TCP port', BASICS_COLUMN),
    ...NAMES.filter(isBasic).flatMap((name) => labEntry(name, BASICS_COLUMN)),
    ...entry('--help settings', 'list the settings of redis.conf: each is also a flag', BASICS_COLUMN),
    '',
    ...entry('--help more', "list the lab's other flags", BASICS_COLUMN),
    ...entry('-h, --help', 'show this help', BASICS_COLUMN),
    ...entry('-v, --version', 'show the version', BASICS_COLUMN),
    '',
    ...wrap(
      'The file is a redis.conf; - reads one from standard input. Flags override it. A file that is a recording is shown, and without a terminal ' +
        'replayed. A file that is a program is run, and its own event loop is shown (docs/my-loop.md).',
      0,
    ),
    '',
    'Examples',
    ...entry('redis-lab', 'the lab, on the first free port', BASICS_COLUMN * 2),
    ...entry('redis-lab --step', 'the same, held before anything happens', BASICS_COLUMN * 2),
    ...entry('redis-lab --headless --maxmemory 100mb', 'only the server', BASICS_COLUMN * 2),
    '',
  ].join('\n');
}

/** The lab's less common flags. */
export function formatMore(): string {
  return ['More flags of the lab', ...NAMES.filter((name) => !isBasic(name)).flatMap((name) => labEntry(name, BASICS_COLUMN)), ''].join('\n');
}

export function formatSettings(): string {
  const names = (Object.keys(SETTINGS) as SettingName[]).filter((name) => settingOf(name).hidden !== true);
  const effective = names.filter((name) => settingOf(name).effect === 'yes');
  const idle = names.filter((name) => settingOf(name).effect === 'none');
  const headings = [...new Set(effective.map((name) => settingOf(name).group))];
  return [
    ...wrap('The settings of redis.conf. In a file each is on its own line, without dashes; CONFIG GET and CONFIG SET use the same names.', 0),
    ...headings.flatMap((heading) => ['', heading, ...effective.filter((name) => settingOf(name).group === heading).flatMap(settingEntry)]),
    '',
    'Accepted so that any redis.conf can be read, without effect so far',
    ...wrap(idle.join(', '), 2),
    '',
  ].join('\n');
}

function labEntry(name: LabFlagName, column: number): string[] {
  const flag = LAB_FLAGS[name];
  return entry('value' in flag ? `--${name} <${flag.value}>` : `--${name}`, flag.summary, column);
}

function settingEntry(name: SettingName): string[] {
  const setting = settingOf(name);
  const value = formatSetting(setting, setting.default);
  const values = setting.kind === 'enum' || setting.kind === 'integer' ? ` ${describeValues(setting)};` : '';
  const byDefault = `default ${value === '' ? 'empty' : value}`;
  const range = `${values.trim()}${values === '' ? '' : ' '}`;
  return entry(`--${name} <${placeholder(setting.kind)}>`, `${setting.summary} (${range}${byDefault})`, COLUMN);
}

function placeholder(kind: string): string {
  switch (kind) {
    case 'integer':
      return 'number';
    case 'octal':
      return 'mode';
    case 'memory':
    case 'memory-or-percent':
      return 'bytes';
    case 'boolean':
      return 'yes|no';
    case 'words':
    case 'users':
    case 'percentiles':
    case 'output-limits':
      return 'value...';
    default:
      return 'value';
  }
}

function entry(flags: string, text: string, column: number): string[] {
  const lines = wrap(text, column);
  const head = `  ${flags}`;
  return head.length < column - 1 ? [head.padEnd(column) + lines[0]!.trimStart(), ...lines.slice(1)] : [head, ...lines];
}

function wrap(text: string, indent: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((text) => ' '.repeat(indent) + text);
}
