/**
 * The settings as plain data: what a client may know of each without asking a server.
 *
 * Read by the lab's console, through the door of the server, to complete what is typed behind CONFIG GET and SET.
 */
import type { SettingKind } from './setting.js';
import { SETTINGS } from './settings.js';

export interface SettingReference {
  readonly name: string;
  readonly summary: string;
  /** All values there are, if they can be listed; empty otherwise. */
  readonly values: readonly string[];
  /** CONFIG SET takes it. */
  readonly mutable: boolean;
}

/** Every setting that patterns find, by name. */
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
