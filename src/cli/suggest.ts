/**
 * Suggestions for a flag that was mistyped. Loaded only then.
 */
import { settingNames } from '../server/config.js';
import { nearest } from '../shared/nearest.js';
import { LAB_FLAGS } from './flags.js';

/** ` (Did you mean --port?)`, or nothing. */
export function suggestion(name: string): string {
  const names = [...Object.keys(LAB_FLAGS), 'help', 'version', ...Array.from(settingNames(), ([setting]) => setting)];
  const [best] = nearest(name.replace(/^--/, '').toLowerCase(), names);
  return best === undefined ? '' : ` (Did you mean --${best}?)`;
}
