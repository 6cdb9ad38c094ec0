/**
 * Suggestions for a flag or a command that was mistyped. Loaded only then.
 */
import { settingNames } from '../server/config.js';
import { nearest } from '../shared/nearest.js';
import { LAB_FLAGS } from './flags.js';

const COMMANDS = ['learn', 'check', 'course', 'compare', 'replay'];

/** Why a word is neither a command nor a file; null if it resembles no command. */
export function mistyped(word: string): string | null {
  const [best] = nearest(word.toLowerCase(), COMMANDS);
  return best === undefined ? null : `there is no command and no file '${word}' (Did you mean ${best}?)`;
}

/** ` (Did you mean --port?)`, or an empty string. */
export function suggestion(name: string): string {
  const names = [...Object.keys(LAB_FLAGS), 'help', 'version', ...Array.from(settingNames(), ([setting]) => setting)];
  const [best] = nearest(name.replace(/^--/, '').toLowerCase(), names);
  return best === undefined ? '' : ` (Did you mean --${best}?)`;
}
