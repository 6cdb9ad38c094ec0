/**
 * The values in force: read as a plain record on every path, changed in one place that checks, applies and, if need be, takes back.
 *
 * What there is to set stands in config/settings.ts, how values are read and written in config/setting.ts.
 */
import { resolvePath } from './config/bytes.js';
import { rewriteConfigFile } from './config/file.js';
import { ConfigError, parseValue } from './config/parse.js';
import { checkValue, formatSetting } from './config/setting.js';
import { findSetting, SECRET_SETTINGS, SETTINGS, settingNames, settingOf, type SettingName, type SettingValues } from './config/settings.js';

export { SETTINGS, type SettingName, type SettingValues } from './config/settings.js';
export { isMulti, describeValues, formatSetting, type Limits, type OutputLimits, type Setting } from './config/setting.js';
export { findSetting, SECRET_SETTINGS, settingNames, settingOf } from './config/settings.js';
export { ConfigFileError, ConfigReader, isDirective, splitWords } from './config/file.js';
export { ConfigError } from './config/parse.js';

/** Applies a new value. A complaint takes the change back, and with it all that came in the same CONFIG SET. */
export type SettingListener<Name extends SettingName> = (value: SettingValues[Name]) => string | void;

export class Config {
  /** Read a field; change through {@link set} or {@link setAll}, which tell who wants to know. */
  readonly values: SettingValues;
  /** As they were at the start. */
  private readonly initial: SettingValues;
  private readonly listeners = new Map<SettingName, SettingListener<never>[]>();

  /**
   * @param initial typed values, as the options of createServer give them. Throws {@link ConfigError} for one that is not allowed.
   * @param file the configuration file that was read, absolute, for CONFIG REWRITE; null if there is none
   */
  constructor(
    initial: Partial<SettingValues> = {},
    readonly file: string | null = null,
  ) {
    const values: { [name: string]: unknown } = {};
    for (const name in SETTINGS) values[name] = SETTINGS[name as SettingName].default;
    for (const [name, value] of Object.entries(initial)) if (value !== undefined) values[name] = checkedValue(name, value);
    values['dir'] = resolvePath(values['dir'] as string);
    this.values = values as unknown as SettingValues;
    this.initial = { ...this.values };
  }

  /** The values that are not the defaults, as the constructor takes them. */
  capture(): Partial<SettingValues> {
    return Object.fromEntries(Object.entries(this.values).filter(([name, value]) => value !== SETTINGS[name as SettingName].default));
  }

  /** Settings that CONFIG SET can put back to what they were at the start, with the texts that do. */
  changed(): readonly (readonly [name: SettingName, initially: string])[] {
    return (Object.keys(SETTINGS) as SettingName[]).flatMap((name) => {
      const { mutable, protected: isProtected = false } = settingOf(name);
      if (!mutable || isProtected || this.values[name] === this.initial[name]) return [];
      const initially = formatSetting(SETTINGS[name], this.initial[name]);
      return initially === this.text(name) ? [] : [[name, initially] as const];
    });
  }

  /** Calls `listener` after every change of a setting, on the loop, before CONFIG SET answers. */
  onChange<Name extends SettingName>(name: Name, listener: SettingListener<Name>): void {
    const listeners = this.listeners.get(name) ?? [];
    listeners.push(listener as SettingListener<never>);
    this.listeners.set(name, listeners);
  }

  /** Changes one setting, as a value. Throws {@link ConfigError}. */
  set<Name extends SettingName>(name: Name, value: SettingValues[Name]): void {
    this.apply([{ given: name, name, value: checkedValue(name, value) }]);
  }

  /**
   * CONFIG SET: all or nothing. Returns why it was refused, after which every value is what it was before, or null.
   * @param allowProtected whether dir and the like may be changed
   */
  setAll(pairs: readonly (readonly [name: string, text: string])[], allowProtected: boolean): ConfigError | null {
    try {
      this.trySetAll(pairs, allowProtected);
      return null;
    } catch (error) {
      if (error instanceof ConfigError) return error;
      throw error;
    }
  }

  private trySetAll(pairs: readonly (readonly [name: string, text: string])[], allowProtected: boolean): void {
    const seen = new Set<string>();
    const known = pairs.map(([given, text]) => {
      const name = findSetting(given);
      if (name === undefined || settingOf(name).lineOnly === true) throw new ConfigError(given, 'there is no such setting', true);
      const { mutable, protected: isProtected = false } = settingOf(name);
      if (!mutable) throw new ConfigError(given, "can't set immutable config");
      if (isProtected && !allowProtected) throw new ConfigError(given, "can't set protected config");
      if (seen.has(given.toLowerCase())) throw new ConfigError(given, 'duplicate parameter');
      seen.add(given.toLowerCase());
      return { given, name, text };
    });
    this.apply(known.map(({ given, name, text }) => ({ given, name, value: this.parse(given, name, [text]) })));
  }

  /** Names and texts of all settings that a glob pattern finds; a name without wildcards finds hidden ones too, and is returned as given. */
  find(pattern: string, matches: (pattern: string, name: string) => boolean): [name: string, text: string][] {
    if (!/[*?[]/.test(pattern)) {
      const name = findSetting(pattern);
      return name === undefined || settingOf(name).lineOnly === true ? [] : [[pattern, this.text(name)]];
    }
    const found: [string, string][] = [];
    for (const [name, setting] of settingNames()) {
      if (settingOf(setting).hidden !== true && matches(pattern, name)) found.push([name, this.text(setting)]);
    }
    return found;
  }

  /** Do the values of these settings show a password? @param names as {@link find} returns them */
  showSecret(names: Iterable<string>): boolean {
    for (const name of names) if (SECRET_SETTINGS.some((secret) => secret === name.toLowerCase() && this.values[secret] !== '')) return true;
    return false;
  }

  /** CONFIG REWRITE. Only with a file; throws what the file system throws. @param users the lines of users; none if they stand in a file of their own */
  rewrite(users: readonly string[]): void {
    rewriteConfigFile(this.file!, this.values, users);
  }

  /** A value as CONFIG GET shows it. */
  text(name: SettingName): string {
    return formatSetting(SETTINGS[name], this.values[name]);
  }

  /** Reads words as on a line of redis.conf, laid over the values in force. Throws {@link ConfigError}. */
  private parse(given: string, name: SettingName, words: readonly string[]): unknown {
    return parseValue(given, name, words, this.values);
  }

  private apply(changes: readonly { readonly given: string; readonly name: SettingName; readonly value: unknown }[]): void {
    const before = changes.map(({ name }) => ({ name, value: this.values[name] }));
    for (const { name, value } of changes) this.put(name, value);
    for (let at = 0; at < changes.length; at++) {
      const complaint = this.announce(changes[at]!.name);
      if (complaint === null) continue;
      for (const { name, value } of before) this.put(name, value);
      for (let back = at; back >= 0; back--) this.announce(before[back]!.name);
      throw new ConfigError(changes[at]!.given, complaint);
    }
  }

  private put(name: SettingName, value: unknown): void {
    (this.values as { [name: string]: unknown })[name] = value;
  }

  private announce(name: SettingName): string | null {
    for (const listener of this.listeners.get(name) ?? []) {
      const complaint = listener(this.values[name] as never);
      if (typeof complaint === 'string') return complaint;
    }
    return null;
  }
}

function checkedValue(name: string, value: unknown): unknown {
  const setting = findSetting(name);
  if (setting === undefined) throw new ConfigError(name, 'there is no such setting', true);
  const complaint = checkValue(SETTINGS[setting], value);
  if (complaint !== null) throw new ConfigError(name, complaint);
  return value;
}
