/**
 * The text of --help: the lab's own flags, then the settings by their headings, and in the end those that have no effect yet.
 */
import type { Command } from 'commander';
import { describeValues, formatSetting, SETTINGS, settingOf, type SettingName } from '../server/config.js';

const WIDTH = 100;
/** Longer flags have their explanation on the next line. */
const COLUMN = 34;

export function formatHelp(program: Command): string {
  const names = (Object.keys(SETTINGS) as SettingName[]).filter((name) => settingOf(name).hidden !== true);
  const effective = names.filter((name) => settingOf(name).effect === 'yes');
  const idle = names.filter((name) => settingOf(name).effect === 'none');
  const headings = [...new Set(effective.map((name) => settingOf(name).group))];
  return [
    'Usage: redis-lab [file] [flags]',
    '',
    ...wrap('A Redis-compatible server whose single-threaded event loop calls epoll from TypeScript. The file is a redis.conf; - reads it from standard input. Flags come after it and win.', 0),
    '',
    'Lab',
    ...program.options.filter(({ long }) => !isSetting(long)).flatMap(({ flags, description }) => entry(flags, description)),
    ...entry('-h, --help', 'show this help'),
    ...headings.flatMap((heading) => ['', heading, ...effective.filter((name) => settingOf(name).group === heading).flatMap(settingEntry)]),
    '',
    'Accepted so that any redis.conf can be read, without effect so far',
    ...wrap(idle.join(', '), 2),
    '',
  ].join('\n');
}

function isSetting(long: string | undefined): boolean {
  return long !== undefined && (long.slice(2) in SETTINGS || Object.values(SETTINGS).some((setting) => 'alias' in setting && setting.alias === long.slice(2)));
}

function settingEntry(name: SettingName): string[] {
  const setting = settingOf(name);
  const value = formatSetting(setting, setting.default);
  const values = setting.kind === 'enum' || setting.kind === 'integer' ? ` ${describeValues(setting)};` : '';
  return entry(`--${name} <${placeholder(setting.kind)}>`, `${setting.summary} (${values.trim()}${values === '' ? '' : ' '}default ${value === '' ? 'empty' : value})`);
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
    case 'percentiles':
    case 'output-limits':
      return 'value...';
    default:
      return 'value';
  }
}

function entry(flags: string, text: string): string[] {
  const lines = wrap(text, COLUMN);
  const head = `  ${flags}`;
  return head.length < COLUMN - 1 ? [head.padEnd(COLUMN) + lines[0]!.trimStart(), ...lines.slice(1)] : [head, ...lines];
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
