/**
 * Kinds of settings: how the text of each is parsed and formatted.
 *
 * Reached from the table (settings.ts) and from config.ts. The complaints are those of Redis's CONFIG SET, word for word, because client libraries and scripts
 * match on them.
 */
import { resolvePath } from './bytes.js';

/** An invalid value: the complaint, worded as in CONFIG SET. */
export class BadValue {
  constructor(readonly complaint: string) {}
}

export interface Limits {
  /** A client with this many unsent bytes is disconnected; 0: no limit. */
  readonly hard: number;
  /** The same, but only after `softSeconds` without a break. */
  readonly soft: number;
  readonly softSeconds: number;
}

/** client-output-buffer-limit, by client class. */
export interface OutputLimits {
  readonly normal: Limits;
  readonly slave: Limits;
  readonly pubsub: Limits;
}

export interface Value<Kind extends string, T> {
  readonly kind: Kind;
  readonly default: T;
}
export interface Ranged {
  readonly min: number;
  readonly max: number;
}

export type IntegerSetting = Value<'integer', number> & Ranged & {
  /** Values outside are moved to the nearer limit, without a complaint (hz). */
  readonly clamp?: readonly [min: number, max: number];
};
/** Written in octal. */
export type OctalSetting = Value<'octal', number> & Ranged;
/** Bytes, written as in redis.conf: 100, 64kb, 1gb. */
export type MemorySetting = Value<'memory', number> & Ranged;
/** Bytes, or a percentage of maxmemory, which is kept as a negative number. */
export type PercentSetting = Value<'memory-or-percent', number> & Ranged;
export type BooleanSetting = Value<'boolean', boolean>;
export type EnumSetting = Value<'enum', string> & {
  readonly values: readonly string[];
  /** Several words may be given; they are kept in the order of `values`. */
  readonly several?: boolean;
};
/** `check` returns a complaint or null. */
export type StringSetting = Value<'string', string> & { readonly check?: (text: string) => string | null };
/** Words separated by spaces, several arguments on a line of redis.conf; `normalize` returns the text to keep. */
export type WordsSetting = Value<'words', string> & { readonly normalize: (words: readonly string[]) => string | BadValue };
/** A directory that exists, kept as an absolute path. */
export type DirectorySetting = Value<'directory', string>;
/** The name and the rules of each user, as on a line `user …`, of which there may be several. */
export type UsersSetting = Value<'users', readonly (readonly string[])[]>;
export type NumbersSetting = Value<'percentiles', readonly number[]>;
export type OutputLimitsSetting = Value<'output-limits', OutputLimits>;

export type SettingKind =
  | IntegerSetting
  | OctalSetting
  | MemorySetting
  | PercentSetting
  | BooleanSetting
  | EnumSetting
  | StringSetting
  | WordsSetting
  | DirectorySetting
  | NumbersSetting
  | UsersSetting
  | OutputLimitsSetting;

export interface SettingTraits {
  readonly summary: string;
  /** False: set only at the start, by flag or file. */
  readonly mutable: boolean;
  /** `none`: accepted and reported, so that clients and files that name it work, but without effect here yet. */
  readonly effect: 'yes' | 'none';
  /** Its name in earlier versions. */
  readonly alias?: string;
  /** Not matched by patterns of CONFIG GET, only by its name. */
  readonly hidden?: boolean;
  /** A directive of the file only, unknown to CONFIG GET and CONFIG SET. */
  readonly lineOnly?: boolean;
  /** May be given without a value, which is then empty. */
  readonly bare?: boolean;
  /** CONFIG SET needs enable-protected-configs. */
  readonly protected?: boolean;
  /** Heading in --help and in the documentation. */
  readonly group: string;
}

export type Setting = SettingKind & SettingTraits;
export type ValueOf<S extends SettingKind> = S['default'];

/** 2^63 - 1 and 2^64 - 1, to the precision of a number; {@link formatInteger} writes all digits. */
export const LONG_MAX = 2 ** 63;
export const ULONG_MAX = 2 ** 64;
export const INT_MAX = 0x7fffffff;

/** Parses one setting. `words` are its arguments as on a line of redis.conf; CONFIG SET gives one, which is split where several are allowed. */
export function parseSetting(setting: SettingKind, words: readonly string[]): unknown {
  if (setting.kind === 'users') return [words];
  if (isMulti(setting)) return parseWords(setting, words.length === 1 ? split(words[0]!) : words);
  if (words.length !== 1) return new BadValue('wrong number of arguments');
  return parseText(setting, words[0]!);
}

/** True if it takes several words on a line. */
export function isMulti(setting: SettingKind): boolean {
  return (
    setting.kind === 'words' ||
    setting.kind === 'output-limits' ||
    setting.kind === 'percentiles' ||
    setting.kind === 'users' ||
    (setting.kind === 'enum' && setting.several === true)
  );
}

/** Formats a value as CONFIG GET shows it. */
export function formatSetting(setting: SettingKind, value: unknown): string {
  switch (setting.kind) {
    case 'boolean':
      return value === true ? 'yes' : 'no';
    case 'octal':
      return (value as number).toString(8);
    case 'memory-or-percent':
      return (value as number) < 0 ? `${-(value as number)}%` : formatInteger(value as number);
    case 'integer':
    case 'memory':
      return formatInteger(value as number);
    case 'percentiles':
      return (value as number[]).join(' ');
    case 'users':
      return (value as string[][]).map((words) => words.join(' ')).join('\n');
    case 'output-limits':
      return Object.entries(value as OutputLimits)
        .map(([name, { hard, soft, softSeconds }]: [string, Limits]) => `${name} ${hard} ${soft} ${softSeconds}`)
        .join(' ');
    default:
      return value as string;
  }
}

/** Checks a typed value, for example of the options of createServer. Returns a complaint, or null. */
export function checkValue(setting: SettingKind, value: unknown): string | null {
  if (typeof value !== typeof setting.default || value === null) return `must be a ${typeof setting.default}`;
  if (setting.kind === 'users') return isListOfLists(value) ? null : 'must be a list of users, each a list of strings';
  if (typeof value === 'number' && !Number.isInteger(value)) return "argument couldn't be parsed into an integer";
  const parsed = parseSetting(setting, [formatSetting(setting, value)]);
  return parsed instanceof BadValue ? parsed.complaint : null;
}

function isListOfLists(value: unknown): boolean {
  return Array.isArray(value) && value.every((words) => Array.isArray(words) && words.length > 0 && words.every((word) => typeof word === 'string'));
}

/** Describes the allowed values for people: `0 to 65535`, `yes or no`. */
export function describeValues(setting: SettingKind): string {
  switch (setting.kind) {
    case 'boolean':
      return 'yes, no';
    case 'enum':
      return setting.values.join(', ');
    case 'integer':
      return `${formatInteger(setting.min)} to ${formatInteger(setting.max)}`;
    case 'octal':
      return `${setting.min.toString(8)} to ${setting.max.toString(8)}, octal`;
    case 'memory':
      return setting.min === 0 ? 'bytes' : `bytes, from ${formatInteger(setting.min)}`;
    case 'memory-or-percent':
      return 'bytes, or a percentage';
    case 'directory':
      return 'a directory';
    case 'users':
      return 'name rule …';
    case 'percentiles':
      return 'numbers from 0 to 100';
    case 'output-limits':
      return 'class hard soft seconds …';
    default:
      return 'text';
  }
}

function parseText(setting: SettingKind, text: string): unknown {
  switch (setting.kind) {
    case 'integer': {
      const value = parseInteger(text, setting);
      return value instanceof BadValue || setting.clamp === undefined ? value : Math.min(Math.max(value, setting.clamp[0]), setting.clamp[1]);
    }
    case 'octal':
      return /^[0-7]+$/.test(text) ? inRange(BigInt(`0o${text}`), setting) : new BadValue("argument couldn't be parsed as an octal number");
    case 'memory': {
      const bytes = parseMemory(text);
      return bytes === null ? new BadValue('argument must be a memory value') : inRange(bytes, setting);
    }
    case 'memory-or-percent':
      return parsePercent(text, setting);
    case 'boolean':
      return /^(yes|no)$/i.test(text) ? text.toLowerCase() === 'yes' : new BadValue("argument must be 'yes' or 'no'");
    case 'enum':
      return parseEnum(setting, [text]);
    case 'directory':
      return resolvePath(text);
    case 'string': {
      const complaint = setting.check?.(text) ?? null;
      return complaint === null ? text : new BadValue(complaint);
    }
    default:
      throw new Error(`a setting of kind ${setting.kind} has several words`);
  }
}

function parseWords(setting: SettingKind, words: readonly string[]): unknown {
  switch (setting.kind) {
    case 'words':
      return setting.normalize(words);
    case 'enum':
      return parseEnum(setting, words);
    case 'percentiles':
      return parsePercentiles(words);
    default:
      return parseOutputLimits(words);
  }
}

function parseInteger(text: string, limits: Ranged): number | BadValue {
  if (!/^(0|-?[1-9]\d*)$/.test(text) || BigInt.asIntN(64, BigInt(text)) !== BigInt(text)) return new BadValue("argument couldn't be parsed into an integer");
  return inRange(BigInt(text), limits);
}

function inRange(value: bigint, { min, max }: Ranged): number | BadValue {
  const asNumber = Number(value);
  // The largest limits are powers of two, one more than the largest allowed integer.
  const tooLarge = max >= LONG_MAX ? value >= BigInt(max) : asNumber > max;
  if (asNumber < min || tooLarge) return new BadValue(`argument must be between ${formatInteger(min)} and ${formatInteger(max)} inclusive`);
  return asNumber;
}

/** Formats all digits of an integer; the two limits that no number can hold are written exactly. */
export function formatInteger(value: number): string {
  if (value === LONG_MAX) return '9223372036854775807';
  if (value === ULONG_MAX) return '18446744073709551615';
  return Number.isSafeInteger(value) ? String(value) : String(BigInt(value));
}

const UNITS: { readonly [unit: string]: bigint } = { '': 1n, b: 1n, k: 1000n, kb: 1024n, m: 1000_000n, mb: 1024n ** 2n, g: 1000_000_000n, gb: 1024n ** 3n };

const UINT64_MAX = (1n << 64n) - 1n;

/** Parses `100`, `64kb`, `1gb`. Returns bytes, or null. An empty text is 0, and a number of more than 64 bits the largest one, as in Redis. */
export function parseMemory(text: string): bigint | null {
  const [, digits, unit] = /^(\d*)([a-z]*)$/i.exec(text) ?? [];
  const factor = unit === undefined ? undefined : UNITS[unit.toLowerCase()];
  if (digits === undefined || factor === undefined) return null;
  const number = BigInt(digits);
  return BigInt.asUintN(64, (number > UINT64_MAX ? UINT64_MAX : number) * factor);
}

function parsePercent(text: string, limits: Ranged): number | BadValue {
  if (/^\d+%$/.test(text)) {
    const percent = Number(text.slice(0, -1));
    return percent <= 100 ? -percent : new BadValue('percentage argument must be less or equal to 100');
  }
  const bytes = parseMemory(text);
  return bytes === null ? new BadValue('argument must be a memory or percent value') : inRange(bytes, limits);
}

function parseEnum({ values, several }: EnumSetting, words: readonly string[]): string | BadValue {
  const chosen = words.map((word) => values.indexOf(word.toLowerCase()));
  const isWrong = chosen.length === 0 || chosen.includes(-1) || (chosen.length > 1 && several !== true);
  if (isWrong) return new BadValue(`argument(s) must be one of the following: ${values.join(', ')}`);
  const named = values.filter((_, index) => chosen.includes(index) && (index > 0 || chosen.every((other) => other === 0)));
  return several === true ? named.join(' ') : values[chosen[0]!]!;
}

function parsePercentiles(words: readonly string[]): readonly number[] | BadValue {
  const numbers = words.map(Number);
  if (words.includes('') || numbers.some((number) => Number.isNaN(number))) return new BadValue('Invalid latency-tracking-info-percentiles parameters');
  if (numbers.some((number) => number < 0 || number > 100)) return new BadValue('latency-tracking-info-percentiles parameters should sit between [0.0,100.0]');
  return numbers;
}

const CLASSES: { readonly [name: string]: keyof OutputLimits } = { normal: 'normal', slave: 'slave', replica: 'slave', pubsub: 'pubsub' };

/** Returns only the classes that are named; config.ts merges them into those in force. */
function parseOutputLimits(words: readonly string[]): Partial<OutputLimits> | BadValue {
  if (words.length % 4 !== 0) return new BadValue('Wrong number of arguments in buffer limit configuration.');
  const limits: { -readonly [name in keyof OutputLimits]?: Limits } = {};
  for (let at = 0; at < words.length; at += 4) {
    const name = CLASSES[words[at]!.toLowerCase()];
    if (name === undefined) return new BadValue('Invalid client class specified in buffer limit configuration.');
    const hard = parseMemory(words[at + 1]!);
    const soft = parseMemory(words[at + 2]!);
    const seconds = words[at + 3]!;
    if (hard === null || soft === null || !/^\d+$/.test(seconds)) {
      return new BadValue('Error in hard, soft or soft_seconds setting in buffer limit configuration.');
    }
    limits[name] = { hard: Number(hard), soft: Number(soft), softSeconds: Number(seconds) };
  }
  return limits;
}

/** Two spaces make an empty word, which most settings refuse, as in Redis. */
function split(text: string): string[] {
  return text === '' ? [] : text.split(' ');
}
