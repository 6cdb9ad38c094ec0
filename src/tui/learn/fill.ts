/**
 * Fills the placeholders of a text from a run. A part filled from the event of a bookmark leads to that event.
 */
import type { Bookmark, EventBookmark, FilledPart, LineBookmark, RunRecord, SeenEvent } from '../state/learn/experiment.js';
import { rejoined } from '../../shared/korean.js';
import type { Language } from '../../shared/language.js';
import { reasonText } from '../view/parts/trace-words.js';
import { durationText, formatCount } from '../view/text.js';
import { groupsOf, marksOf, matchesOf } from './judge.js';
import { parsePlaceholders, type Placeholder } from './placeholders.js';

export interface Filled {
  readonly parts: readonly FilledPart[];
  /** Placeholders for which the run has no value. */
  readonly missing: readonly string[];
}

/** @param language of words that come from the trace */
export function fill(text: string, bookmarks: readonly Bookmark[], record: RunRecord, language: Language): Filled {
  const marks = marksOf(bookmarks, record);
  const missing: string[] = [];
  const mark = (name: string): SeenEvent | null => marks.get(name) ?? null;
  const found = (event: SeenEvent | null, textOf: (seen: SeenEvent) => string, source: string): FilledPart => {
    if (event === null) missing.push(source);
    return { text: event === null ? '?' : textOf(event), event, isFilled: true };
  };
  const filledPart = (part: Placeholder): FilledPart => {
    switch (part.type) {
      case 'field':
        return found(mark(part.bookmark), (seen) => fieldText(seen, part.field, language), `{${part.bookmark}.${part.field}}`);
      case 'count': {
        const bookmark = bookmarks.find((one) => one.type === 'event' && one.name === part.bookmark) as EventBookmark | undefined;
        const count = bookmark === undefined ? 0 : matchesOf(bookmark, record, marks).length;
        return found(mark(part.bookmark), () => countText(count, record), `{${part.bookmark}.count}`);
      }
      case 'group': {
        const bookmark = bookmarks.find((one) => one.type === 'line' && one.name === part.bookmark) as LineBookmark | undefined;
        const text = bookmark === undefined ? undefined : groupsOf(bookmark, record)?.[part.group];
        if (text === undefined) missing.push(`{${part.bookmark}.${part.group}}`);
        return { text: text ?? '?', event: null, isFilled: true };
      }
      case 'between': {
        const from = mark(part.from);
        const source = `{${part.from}..${part.to}}`;
        if (from === null) return found(null, () => '', source);
        return found(mark(part.to), ({ event }) => durationText(Math.max(0, event.atUs - from.event.atUs)), source);
      }
      case 'counter':
        return { text: formatCount(record.counters.get(part.counter) ?? 0), event: null, isFilled: true };
      case 'unknown':
        return { text: part.source, event: null, isFilled: false };
    }
  };
  const parts = parsePlaceholders(text).map((part) => (typeof part === 'string' ? { text: part, event: null, isFilled: false } : filledPart(part)));
  return { parts: language === 'ko' ? parts.map(withItsParticle) : parts, missing };
}

/** Puts a Korean particle after a filled-in part into the right form. */
function withItsParticle(part: FilledPart, i: number, parts: readonly FilledPart[]): FilledPart {
  const before = parts[i - 1];
  return before?.isFilled === true && !part.isFilled ? { ...part, text: rejoined(before.text, part.text) } : part;
}

/** If events were dropped, the count is a minimum. */
const countText = (count: number, { dropped }: RunRecord): string => `${formatCount(count)}${dropped === 0 ? '' : '+'}`;

/** As one text. */
export const plain = ({ parts }: Filled): string => parts.map(({ text }) => text).join('');

function fieldText({ event, turn }: SeenEvent, field: string, language: Language): string {
  if (field === 'turn') return String(turn);
  if (event.kind === 'disconnect' && field === 'why') return reasonText(event.why, language);
  const value = (event as unknown as { readonly [field: string]: unknown })[field];
  if (field === 'token' || (field === 'client' && typeof value === 'number')) return `#${String(value)}`;
  if (typeof value === 'number' && field.endsWith('Us')) return durationText(value);
  if (typeof value === 'number' && field.endsWith('Ms') && value >= 0) return durationText(value * 1000);
  if (typeof value === 'number') return formatCount(value);
  return Array.isArray(value) ? value.join(' ') : String(value);
}
