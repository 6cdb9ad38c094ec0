/**
 * Config: the settings in force. Read as a plain record everywhere, changed in one place that checks, applies and, if need be, reverts.
 *
 * config/settings.ts lists the settings; config/setting.ts says how values are read and written.
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

/** Applies a new value. Returning a complaint reverts the change, and with it the whole CONFIG SET. */
export type SettingListener<Name extends SettingName> = (value: SettingValues[Name]) => string | void;

export class Config {
  /** Read fields freely; change them through {@link set} or {@link setAll}, which call the listeners. */
  readonly values: SettingValues;
  /** The values at the start. */
  private readonly initial: SettingValues;
  private readonly listeners = new Map<SettingName, SettingListener<never>[]>();

  /**
   * @param initial typed values, as in the options of createServer. Throws {@link ConfigError} for one that is not allowed.
   * @param file absolute path of the configuration file that was read, for CONFIG REWRITE; null if there is none
   */
  constructor(
    initial: Partial<SettingValues> = {},
    readonly file: string | null = null,
  ) {
    const values: { [name: string]: unknown } = {};
    for (const name in SETTINGS) values[name] = SETTINGS[name as SettingName].default;
    for (const [name, value] of Object.entries(initial)) if (value !== undefined) values[name] = checkedValue(name, value);
    values['dir'] = resolvePath(values['dir'] as string);
    // A copy: V8 keeps an object to which more than a hundred properties were added one by one as a hash table, and looks each up whenever it is read.
    this.values = { ...(values as unknown as SettingValues) };
    this.initial = { ...this.values };
  }

  /** Returns the values that differ from the defaults, as the constructor takes them. */
  capture(): Partial<SettingValues> {
    return Object.fromEntries(Object.entries(this.values).filter(([name, value]) => value !== SETTINGS[name as SettingName].default));
  }

  /** Returns the settings that CONFIG SET can revert to their values at the start, with the texts that do so. */
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

  /** Changes one setting, given a typed value. Throws {@link ConfigError}. */
  set<Name extends SettingName>(name: Name, value: SettingValues[Name]): void {
    this.apply([{ given: name, name, value: checkedValue(name, value) }]);
  }

  /**
   * CONFIG SET: all or nothing. Returns null, or why it was refused; then every value is unchanged.
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

  /** Returns names and texts of all settings that match a glob pattern; a name without wildcards finds hidden ones too, and is returned as given. */
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

  /** True if these settings cannot change while a dataset is loaded. False also where {@link setAll} refuses for another reason. */
  isFixedByLoading(given: readonly string[], allowsProtected: boolean): boolean {
    const names = given.map(findSetting);
    const moves = names.includes('dir');
    const isFixed = moves || names.includes('appendonly') || names.includes('repl-diskless-load');
    return !names.includes(undefined) && isFixed && (allowsProtected || !moves);
  }

  /** True if the values of these settings show a password. @param names as {@link find} returns them */
  showSecret(names: Iterable<string>): boolean {
    for (const name of names) if (SECRET_SETTINGS.some((secret) => secret === name.toLowerCase() && this.values[secret] !== '')) return true;
    return false;
  }

  /** CONFIG REWRITE. Only with a file; throws what the file system throws. @param users the lines of users; none if they are in a file of their own */
  rewrite(users: readonly string[]): void {
    rewriteConfigFile(this.file!, this.values, users);
  }

  /** Returns a value as CONFIG GET shows it. */
  text(name: SettingName): string {
    return formatSetting(SETTINGS[name], this.values[name]);
  }

  /** Parses words as on a line of redis.conf, merged into the values in force. Throws {@link ConfigError}. */
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
