/**
 * Checks what the table of settings says about effects: a name that no source mentions can have none, and one that some source reads should not
 * be marked as idle.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SETTINGS, settingOf, type SettingName } from '../../../src/server/config.js';

const SRC = fileURLToPath(new URL('../../../src', import.meta.url));

const sources = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith(join('server', 'config')) && !path.startsWith('tui'))
  .map((path) => readFileSync(join(SRC, path), 'utf8'));

const names = Object.keys(SETTINGS) as SettingName[];

/** Names with a hyphen can only be read in quotes, so the search is exact; others as a property of the record, or destructured. */
function isRead(name: string): boolean {
  if (name.includes('-')) return sources.some((source) => source.includes(`'${name}'`));
  const reading = new RegExp(String.raw`(?:values|settings)\.${name}\b|\{[^{}]*\b${name}\b[^{}]*\} = [\w.]*(?:values|settings)\b|onChange\('${name}'`);
  return sources.some((source) => reading.test(source));
}

test('every setting with an effect is read somewhere', () => {
  expect(names.filter((name) => settingOf(name).effect === 'yes' && !isRead(name))).toEqual([]);
});

test('no setting that is read somewhere is marked as without effect: change its `effect` in config/settings.ts', () => {
  expect(names.filter((name) => settingOf(name).effect === 'none' && isRead(name))).toEqual([]);
});
