/**
 * The settings as plain data: what a client may know of each without asking a server.
 *
 * Used by the lab's console, through the server's index.ts, to complete what is typed after CONFIG GET and SET.
 */
import type { SettingKind } from './setting.js';
import { SETTINGS } from './settings.js';

export interface SettingReference {
  readonly name: string;
  readonly summary: string;
  /** All values, if they can be listed; empty otherwise. */
  readonly values: readonly string[];
  /** True if CONFIG SET can change it. */
  readonly mutable: boolean;
}

/** Returns every setting that patterns find, by name. */
export function settingReference(): readonly SettingReference[] {
  return Object.entries(SETTINGS)
    .filter(([, setting]) => setting.hidden !== true)
    .map(([name, setting]) => ({ name, summary: setting.summary, values: valuesOf(setting), mutable: setting.mutable }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function valuesOf(setting: SettingKind): readonly string[] {
  if (setting.kind === 'boolean') return ['yes', 'no'];
  return setting.kind === 'enum' ? setting.values : [];
}
