/**
 * Filter: the text typed after / in a pane, in the syntax of state/conditions.ts, and the rows that pass it.
 *
 *   filter text ──▶ filterOf ──▶ conditions ──▶ passes(row)
 *          └──────▶ checkFilter: why it is invalid, in a pane that supports only some conditions
 */
import { matchesGlob } from '../../../server/index.js';
import type { Language, Text } from '../../../shared/language.js';
import { isEmpty, parseConditions, type ConditionName, type Conditions } from '../../state/conditions.js';

/** What conditions can check in a row. */
export interface Filterable {
  /** The text that is searched for words. */
  readonly text: string;
  readonly token?: number;
  /** Lower case. */
  readonly command?: string;
  readonly keys?: readonly string[];
  /** Null: not known. */
  readonly elapsedUs?: number | null;
  readonly isError?: boolean;
}

/** Null lets everything through; an invalid filter gives null. */
export function filterOf(text: string): Conditions | null {
  const parsed = parseConditions(text);
  return 'error' in parsed || isEmpty(parsed.conditions) ? null : parsed.conditions;
}

/** True if all conditions hold, and each word is in the text, ignoring case. */
export function passes({ token, command, key, longerThanUs, error, words }: Conditions, row: Filterable): boolean {
  if (token !== undefined && row.token !== token) return false;
  if (command !== undefined && row.command !== command) return false;
  if (key !== undefined && !(row.keys ?? []).some((each) => matchesGlob(key, each))) return false;
  if (longerThanUs !== undefined && !((row.elapsedUs ?? -1) > longerThanUs)) return false;
  if (error === true && row.isError !== true) return false;
  const text = words.length === 0 ? '' : row.text.toLowerCase();
  return words.every((word) => text.includes(word.toLowerCase()));
}

const same = (text: string): Text => ({ en: text, ko: text });

const SPELLED: { readonly [name in ConditionName]: Text } = {
  token: same('#7'), command: same('cmd:'), key: { en: 'a glob of keys', ko: '키의 글롭' }, longerThanUs: same('us>'), error: same('err'), kind: same('event'),
};

/** @param known the conditions that a pane supports @returns why the filter is invalid there, or null */
export function checkFilter(text: string, known: readonly ConditionName[]): Text | null {
  const parsed = parseConditions(text);
  if ('error' in parsed) return parsed.error;
  const { words: _, ...conditions } = parsed.conditions;
  const unknown = (Object.keys(conditions) as ConditionName[]).find((name) => !known.includes(name));
  if (unknown === undefined) return null;
  const spelled = (language: Language): string => known.map((name) => SPELLED[name][language]).join(', ');
  return {
    en: `${SPELLED[unknown].en} means nothing here: words, ${spelled('en')}`,
    ko: `${SPELLED[unknown].ko}: 여기서는 쓸 수 없습니다. 쓸 수 있는 것: 단어, ${spelled('ko')}`,
  };
}
