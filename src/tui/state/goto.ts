/**
 * Destinations in the history as typed after `goto`.
 */
import type { Destination, HistoryRange, Moment } from '../../server/index.js';
import { clockText } from './date-text.js';
import type { Text } from '../../shared/language.js';
import { parseTimeOfDay } from '../../shared/time-of-day.js';
import { fromBytes } from './typed-text.js';

export type GoTo =
  | 'now'
  | { readonly to: 'oldest' | Exclude<Destination, { from: Moment }> }
  | { readonly changeOf: { readonly db: number; readonly key: string } };

export const GOTO_USAGE = 'goto turn 120, goto command 5, goto 12:03:07.250, goto change KEY, goto oldest, goto now';

/** The range in which times of day are searched: unix times in ms, of the stored history and of now. */
export type TimeRange = Pick<HistoryRange, 'oldestMs' | 'newestMs'> & { readonly nowMs: number };

/** The destination, or an error. @param db the database of a key */
export function parseGoTo(words: readonly string[], range: TimeRange, db: number): GoTo | { readonly error: Text } {
  const [first = '', second = '', ...more] = words;
  const name = first.toLowerCase();
  if (words.length === 1 && name === 'now') return 'now';
  if (words.length === 1 && name === 'oldest') return { to: 'oldest' };
  if (words.length === 1 && name.includes(':')) return atTime(name, range);
  if (words.length !== 2 || more.length > 0) return { error: { en: GOTO_USAGE, ko: GOTO_USAGE } };
  if (name === 'change') return { changeOf: { db, key: second } };
  if (name === 'time') return atTime(second, range);
  const [, whole, event] = /^(\d{1,15})(?:\.(\d{1,15}))?$/.exec(second) ?? [];
  if (whole === undefined || (event !== undefined && name !== 'turn')) return { error: { en: GOTO_USAGE, ko: GOTO_USAGE } };
  if (name === 'command') return { to: { command: Number(whole) } };
  if (name !== 'turn') return { error: { en: GOTO_USAGE, ko: GOTO_USAGE } };
  return { to: event === undefined ? { turn: Number(whole) } : { turn: Number(whole), event: Number(event) } };
}

/** A time of day in the local time zone: the last such time that is stored. */
function atTime(typed: string, { oldestMs, newestMs, nowMs }: TimeRange): GoTo | { readonly error: Text } {
  const text = fromBytes(typed);
  const timeOfDay = parseTimeOfDay(text);
  if (timeOfDay === null) {
    return { error: { en: `${text} is not a time of day such as 12:03 or 12:03:07.250`, ko: `${text}: 시각이 아닙니다. 예: 12:03, 12:03:07.250` } };
  }
  const today = timeOfDay(nowMs);
  const unixMs = today <= nowMs || isSameMinute(today, nowMs) ? today : timeOfDay(nowMs, -1);
  if (unixMs >= oldestMs) return { to: { unixMs } };
  const [from, to] = [clockText(oldestMs), clockText(newestMs)];
  return { error: { en: `${text} is not kept: the history reaches from ${from} to ${to}`, ko: `${text}: 보관되어 있지 않습니다. 히스토리는 ${from}부터 ${to}까지입니다` } };
}

/** A time read from the screen may be typed slightly before it is reached: it means the newest moment. */
const isSameMinute = (one: number, other: number): boolean => one - other < 60_000;
