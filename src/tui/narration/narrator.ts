/**
 * The narrator: describes the events of the loop, in a sentence each, but no more than a person can listen to. Pure; time is a parameter.
 *
 *   kind of event       commands   connections   keys   waits
 *   a window of 2 s     ● ● ● ● ●  ●             ●            each printed, up to five
 *                       +1,235                                counted, and printed as one sentence when the window ends
 *   while there are that many: windows of 10 s in which all are only counted
 *
 * Each kind has its own windows, so that a flood of commands does not hide that a client has disconnected.
 */
import type { TraceBatch, TraceEvent } from '../../server/index.js';
import type { Language } from '../../shared/language.js';
import { formatCount } from '../view/text.js';
import { sentence } from '../view/parts/sentence.js';
import type { Wording } from '../view/parts/wording.js';
import { NARRATION_TEXTS, type NarrationTexts } from './narration-texts.js';

/** Sentences of one kind in a window. */
const TOLD_IN_WINDOW = 5;
const WINDOW_MS = 2000;
const FLOOD_WINDOW_MS = 10_000;

type Kind = 'commands' | 'connections' | 'keys' | 'waits';

interface Window {
  readonly endsAtMs: number;
  readonly told: number;
  /** How many of each were only counted; by the singular and plural words. */
  readonly counted: ReadonlyMap<Matter, number>;
  /** The previous window had too many, so all in this one are only counted. */
  readonly isFlooded: boolean;
}

export interface Narration {
  readonly windows: { readonly [kind in Kind]?: Window };
  /** Connections of the console itself: the console reports what they do. Tokens are never reused. */
  readonly own: ReadonlySet<number>;
}

export const SILENT: Narration = { windows: {}, own: new Set() };

export interface Told {
  readonly narration: Narration;
  readonly lines: readonly string[];
}

/** The subject of a sentence, with singular and plural. */
interface Matter {
  readonly kind: Kind;
  readonly name: keyof NarrationTexts['counted'];
}

const COMMAND: Matter = { kind: 'commands', name: 'command' };
const CAME: Matter = { kind: 'connections', name: 'came' };
const LEFT: Matter = { kind: 'connections', name: 'left' };
const EXPIRED: Matter = { kind: 'keys', name: 'expired' };
const EVICTED: Matter = { kind: 'keys', name: 'evicted' };
const PARKED: Matter = { kind: 'waits', name: 'parked' };
const UNPARKED: Matter = { kind: 'waits', name: 'unparked' };
const HALF: Matter = { kind: 'waits', name: 'half' };

function matterOf({ kind }: TraceEvent): Matter | null {
  switch (kind) {
    case 'execute':
      return COMMAND;
    case 'connect':
      return CAME;
    case 'disconnect':
      return LEFT;
    case 'expire':
      return EXPIRED;
    case 'evict':
      return EVICTED;
    case 'park':
      return PARKED;
    case 'unpark':
      return UNPARKED;
    case 'frame-partial':
      return HALF;
    default:
      return null;
  }
}

/** Narrates a batch of the trace. */
export function narrate(
  narration: Narration,
  { events, droppedCommands, slow }: Pick<TraceBatch, 'events' | 'droppedCommands' | 'slow'>,
  wording: Wording,
  nowMs: number,
): Told {
  const due = closeWindows(narration, nowMs, wording.language);
  const lines = [...due.lines];
  const windows = { ...due.narration.windows };
  for (const event of [...events, ...slow]) {
    const matter = matterOf(event);
    if (matter === null || ('token' in event && narration.own.has(event.token))) continue;
    const window = windows[matter.kind] ?? openWindow(nowMs, false);
    const isTold = !window.isFlooded && window.told < TOLD_IN_WINDOW;
    if (isTold) lines.push(sentence(event, wording));
    windows[matter.kind] = isTold ? { ...window, told: window.told + 1 } : counting(window, matter, 1);
  }
  if (droppedCommands > 0) windows.commands = counting(windows.commands ?? openWindow(nowMs, false), COMMAND, droppedCommands);
  return { narration: { ...narration, windows }, lines };
}

/** Closes the windows that are over and reports their counts. */
export function closeWindows(narration: Narration, nowMs: number, language: Language): Told {
  const lines: string[] = [];
  const windows: { [kind in Kind]?: Window } = {};
  for (const [kind, window] of Object.entries(narration.windows) as [Kind, Window][]) {
    if (nowMs < window.endsAtMs) {
      windows[kind] = window;
      continue;
    }
    if (window.counted.size === 0) continue;
    lines.push(countedSentence(window.counted, NARRATION_TEXTS[language]));
    windows[kind] = openWindow(nowMs, total(window.counted) > TOLD_IN_WINDOW);
  }
  return { narration: { ...narration, windows }, lines };
}

/** When {@link closeWindows} has something to do; null: not before the next event. */
export function nextDueMs({ windows }: Narration): number | null {
  const ends = Object.values(windows).flatMap(({ endsAtMs, counted }) => (counted.size > 0 ? [endsAtMs] : []));
  return ends.length === 0 ? null : Math.min(...ends);
}

/** Registers the console's own connections. */
export function withOwn(narration: Narration, tokens: readonly number[]): Narration {
  return tokens.every((token) => narration.own.has(token)) ? narration : { ...narration, own: new Set([...narration.own, ...tokens]) };
}

function openWindow(nowMs: number, isFlooded: boolean): Window {
  return { endsAtMs: nowMs + (isFlooded ? FLOOD_WINDOW_MS : WINDOW_MS), told: 0, counted: new Map(), isFlooded };
}

function counting(window: Window, matter: Matter, more: number): Window {
  return { ...window, counted: new Map(window.counted).set(matter, (window.counted.get(matter) ?? 0) + more) };
}

const total = (counted: ReadonlyMap<Matter, number>): number => [...counted.values()].reduce((sum, count) => sum + count, 0);

/** `and 1,240 more commands` */
function countedSentence(counted: ReadonlyMap<Matter, number>, texts: NarrationTexts): string {
  return texts.more([...counted].map(([{ name }, count]) => texts.counted[name](formatCount(count))));
}
