/**
 * Parses the words of one setting, including the check that only this machine can make: whether a directory exists.
 *
 * Reached from the configuration file, the command line and CONFIG SET.
 */
import { accessSync, constants, statSync } from 'node:fs';
import { toText } from './bytes.js';
import { BadValue, parseSetting, type OutputLimits } from './setting.js';
import { settingOf, type SettingName, type SettingValues } from './settings.js';

/** Why a change was refused: the setting as the caller named it, and the complaint as CONFIG SET words it. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  constructor(
    readonly setting: string,
    readonly complaint: string,
    /** There is no such setting. */
    readonly isUnknown = false,
  ) {
    super(`${setting}: ${complaint}`);
  }
}

/** Parses one setting from the words of a line or a flag; `current` gives the classes that are not named. Throws {@link ConfigError}. */
export function parseValue(given: string, name: SettingName, words: readonly string[], current: Partial<SettingValues> = {}): unknown {
  const setting = settingOf(name);
  const value = parseSetting(setting, words);
  if (value instanceof BadValue) throw new ConfigError(given, value.complaint);
  if (setting.kind === 'output-limits') return { ...setting.default, ...(current[name] as OutputLimits | undefined), ...(value as OutputLimits) };
  const complaint = setting.kind === 'directory' ? directoryComplaint(toText(value as string)) : null;
  if (complaint !== null) throw new ConfigError(given, complaint);
  return value;
}

/** Returns why this cannot be the working directory, worded as in Redis; null if it can. */
function directoryComplaint(path: string): string | null {
  try {
    if (!statSync(path).isDirectory()) return 'Not a directory';
    accessSync(path, constants.X_OK);
    return null;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { ENOENT: 'No such file or directory', ENOTDIR: 'Not a directory', EACCES: 'Permission denied' }[String(code)] ?? message;
  }
}
