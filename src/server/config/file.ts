/**
 * The configuration file: parses redis.conf's lines, and writes values back for CONFIG REWRITE.
 *
 * Reached from the command line before the server exists, and from CONFIG REWRITE. One directive a line, words separated by spaces, quoted
 * as in Redis; `include` reads another file, or those that match a pattern, at that place; `save` may be repeated.
 */
import { dirname } from 'node:path';
import { readWhole } from '../../shared/read-whole.js';
import { replaceFile } from '../../shared/replace-file.js';
import { reasonOf } from '../../shared/system-reasons.js';
import { resolvePath, toBytes, toText } from './bytes.js';
import { expandGlob } from './glob-files.js';
import { parseValue } from './parse.js';
import { BadValue, formatSetting, parseSetting } from './setting.js';
import { findSetting, settingOf, SETTINGS, type SettingName, type SettingValues } from './settings.js';

/** An invalid line, or an unreadable file: `redis.conf:12: …`. */
export class ConfigFileError extends Error {
  override readonly name = 'ConfigFileError';
}

/** Directives of redis.conf that are no settings, and have no equivalent here. */
const UNSUPPORTED: ReadonlySet<string> = new Set(['loadmodule', 'rename-command']);

/** A limit, because a device may never end. */
const MAX_BYTES = 16 * 2 ** 20;

/** A limit, because files that include each other would never end. */
const MAX_DEPTH = 16;

/** True for a word that may begin a line: a setting, or another directive. */
export function isDirective(name: string): boolean {
  return findSetting(name) !== undefined || name.toLowerCase() === 'include' || UNSUPPORTED.has(name.toLowerCase());
}

/** Throws an error that says what is wrong with a line. */
type Fail = (complaint: string) => never;

/** Reads files, texts and single lines, one after the other, into `values`: later lines win. */
export class ConfigReader {
  readonly values: Partial<SettingValues> = {};
  private hasSavePoints = false;

  /** Reads a file and all that it includes. Throws {@link ConfigFileError}. */
  file(path: string): void {
    this.readFile(resolvePath(path), 0);
  }

  /** Reads text from another source; `name` is used in error messages. Throws {@link ConfigFileError}. */
  text(text: string, name: string): void {
    this.readText(text, name, toBytes(process.cwd()), 0);
  }

  /** Reads the words of one line. @param fail throws the error that the caller wants */
  words(words: readonly string[], fail: Fail): void {
    this.readWords(words, toBytes(process.cwd()), 0, fail);
  }

  private readFile(path: string, depth: number): void {
    let text;
    try {
      text = readWhole(toText(path), MAX_BYTES).toString('latin1');
    } catch (error) {
      throw new ConfigFileError(`cannot read the configuration file '${path}': ${reasonOf(error)}`);
    }
    this.readText(text, path, dirname(path), depth);
  }

  private readText(text: string, name: string, directory: string, depth: number): void {
    if (depth > MAX_DEPTH) throw new ConfigFileError(`${name}: files include each other`);
    for (const [index, line] of text.split('\n').entries()) {
      const fail: Fail = (what) => {
        throw new ConfigFileError(`${name}:${index + 1}: '${line.trim()}': ${what}`);
      };
      const words = splitWords(line);
      if (words === null) fail('unbalanced quotes');
      else if (words.length > 0) this.readWords(words, directory, depth, fail);
    }
  }

  private readWords(words: readonly string[], directory: string, depth: number, fail: Fail): void {
    if (words[0]!.toLowerCase() === 'include') this.include(words, directory, depth, fail);
    else this.directive(words, fail);
  }

  /** A pattern may match no file; a name without wildcards must exist. */
  private include(words: readonly string[], directory: string, depth: number, fail: Fail): void {
    if (words.length !== 2) fail('wrong number of arguments');
    for (const path of expandGlob(resolvePath(directory, words[1]!))) this.readFile(path, depth + 1);
  }

  private directive([given = '', ...words]: readonly string[], fail: Fail): void {
    const name = findSetting(given);
    if (name === undefined) return fail(UNSUPPORTED.has(given.toLowerCase()) ? 'not supported' : 'Bad directive or wrong number of arguments');
    if (words.length === 0 && settingOf(name).bare !== true) return fail('wrong number of arguments');
    try {
      const value = parseValue(given, name, words, this.values);
      (this.values as { [name: string]: unknown })[name] = this.added(name, value);
    } catch (error) {
      fail((error as { complaint?: string }).complaint ?? (error as Error).message);
    }
  }

  /** Merges a value with those of earlier lines of its name. */
  private added(name: SettingName, value: unknown): unknown {
    if (name === 'save') return this.savePoints(value as string);
    return name === 'user' ? [...(this.values.user ?? []), ...(value as SettingValues['user'])] : value;
  }

  /** The first line replaces the default, further ones add to it; an empty one clears them all. */
  private savePoints(points: string): string {
    const before = this.hasSavePoints ? (this.values.save ?? '') : '';
    this.hasSavePoints = true;
    return points === '' || before === '' ? points : `${before} ${points}`;
  }
}

const ESCAPES: { readonly [char: string]: string } = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

/** Splits a line into words: separated by white space, in "" with escapes or in ''. Empty for a comment; null if a quote is not closed. */
export function splitWords(line: string): string[] | null {
  const trimmed = line.trim();
  if (trimmed.startsWith('#')) return [];
  const pattern = /\s*(?:"((?:\\[^]|[^"\\])*)"(?=\s|$)|'((?:\\'|[^'])*)'(?=\s|$)|([^\s"']\S*))/y;
  const words: string[] = [];
  while (pattern.lastIndex < trimmed.length) {
    const match = pattern.exec(trimmed);
    if (match === null) return null;
    const [, double, single, bare] = match;
    words.push(double !== undefined ? unescape(double) : (single?.replaceAll("\\'", "'") ?? bare!));
  }
  return words;
}

function unescape(text: string): string {
  return text.replace(/\\(?:x([\da-f]{2})|([^]))/gi, (_, hex: string | undefined, char: string) =>
    hex === undefined ? (ESCAPES[char] ?? char) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}

const GENERATED = '# Written by CONFIG REWRITE';

/**
 * Writes the values in force into the file: lines of changed settings are replaced, comments and the order are kept, settings that are neither in the file
 * nor at their default are added at the end. Throws what the file system throws; the file is then unchanged.
 */
export function rewriteConfigFile(path: string, values: SettingValues, users: readonly string[]): void {
  const file = toText(path);
  replaceFile(file, rewriteText(readWhole(file).toString('latin1'), values, users));
}

/** @param users the lines of users, which replace existing ones */
export function rewriteText(text: string, values: SettingValues, users: readonly string[] = []): string {
  const written = new Set<SettingName>(['user']);
  const usersLeft = [...users];
  const lines = text.replace(/\n$/, '').split('\n').flatMap((line) => {
    const name = findSetting(splitWords(line)?.[0] ?? '');
    if (name === undefined) return [line];
    if (name === 'user') return usersLeft.splice(0, 1);
    if (written.has(name)) return [];
    written.add(name);
    return [saysTheSame(line, name, values) ? line : lineOf(name, values)];
  });
  const missing = (Object.keys(SETTINGS) as SettingName[]).filter((name) => !written.has(name) && !isDefault(name, values));
  if (missing.length === 0 && usersLeft.length === 0) return `${lines.join('\n')}\n`;
  if (!lines.includes(GENERATED)) lines.push('', GENERATED);
  return `${[...lines, ...missing.map((name) => lineOf(name, values)), ...usersLeft].join('\n')}\n`;
}

function textOf(name: SettingName, values: SettingValues): string {
  return formatSetting(settingOf(name), values[name]);
}

function isDefault(name: SettingName, values: SettingValues): boolean {
  const setting = settingOf(name);
  const standard = name === 'dir' ? resolvePath(setting.default as string) : formatSetting(setting, setting.default);
  return textOf(name, values) === standard;
}

function saysTheSame(line: string, name: SettingName, values: SettingValues): boolean {
  const value = parseSetting(settingOf(name), splitWords(line)!.slice(1));
  return !(value instanceof BadValue) && settingOf(name).kind !== 'output-limits' && formatSetting(settingOf(name), value) === textOf(name, values);
}

function lineOf(name: SettingName, values: SettingValues): string {
  const { kind } = settingOf(name);
  const text = textOf(name, values);
  const isPlain = text !== '' && (kind !== 'string' ? !/["'\\]/.test(text) : !/[\s"'\\#]|[^ -~]/.test(text));
  return `${name} ${isPlain ? text : quoted(text)}`;
}

function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&').replace(/[^ -~]/g, (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`)}"`;
}
