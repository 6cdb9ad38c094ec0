/**
 * An experiment as data: a question, the lines of the console that answer it, its goals, and the mistake that breaks it.
 *
 * learn/experiment-schema.ts reads JSON files into this form; docs/experiments.md describes them.
 */
import type { TraceEvent, TraceKind } from '../../../server/index.js';
import type { PaneId } from '../pane-id.js';
import type { Language, Text } from '../../../shared/language.js';

/** English is always present; it is shown where there is no translation. */
export type Localized = { readonly en: string } & { readonly [language in Language]?: string };

export function inLanguage(text: Localized, language: Language): string {
  return text[language] ?? text.en;
}

/** Lines that are run one after another; those of an inner list together, without waiting for replies. */
export type Lines = readonly (string | readonly string[])[];

export type Scalar = string | number | boolean;

/** The required value of an event's field, or of a line of a reply: this value, one of these, or within these bounds. */
export type Test = Scalar | readonly Scalar[] | { readonly atLeast?: number; readonly atMost?: number; readonly matches?: string };

/** Selects events of the trace. */
export interface Predicate {
  readonly kind: TraceKind;
  /** The name of a client of the console; `` is the default one. `*` matches any characters. Null: any client. */
  readonly client: string | null;
  readonly fields: readonly (readonly [field: string, test: Test])[];
}

/** A decisive moment: the first or last matching event of the run, or a line of the transcript. */
export type Bookmark = EventBookmark | LineBookmark;

export interface EventBookmark {
  readonly type: 'event';
  readonly name: string;
  readonly event: Predicate;
  /** Only events after that of this bookmark count. */
  readonly after: string | null;
  readonly isLast: boolean;
  readonly says: Localized;
}

export interface LineBookmark {
  readonly type: 'line';
  readonly name: string;
  /** A regular expression whose groups can be used. */
  readonly line: string;
  readonly isLast: boolean;
  readonly says: Localized;
}

export interface Bounds {
  readonly atLeast?: number;
  readonly atMost?: number;
  readonly exactly?: number;
}

export type Goal = { readonly says: Localized } & (
  | { readonly type: 'count'; readonly event: Predicate; readonly after: string | null; readonly before: string | null; readonly bounds: Bounds }
  /** There are such events, in this order. */
  | { readonly type: 'order'; readonly events: readonly Predicate[] }
  | { readonly type: 'counter'; readonly counter: string; readonly client: string | null; readonly bounds: Bounds }
  /** The number in the last matching line of the transcript: the first group of a regular expression. */
  | { readonly type: 'figure'; readonly line: string; readonly bounds: Bounds }
  /** The number of lines of the transcript that match. */
  | { readonly type: 'reply'; readonly client: string; readonly kind: ReplyKind | null; readonly is: Test; readonly bounds: Bounds }
);

/** Kinds of transcript lines, as in repl-state.ts. */
export const REPLY_KINDS = ['out', 'error', 'push', 'note'] as const;
export type ReplyKind = (typeof REPLY_KINDS)[number];

export interface Source {
  readonly text: string;
  readonly where: string;
}

/** What is done to the loop before the scenario runs again, and the explanation. */
export interface Change {
  readonly lines: readonly string[];
  /** Replaces the experiment's own; null: that one runs. */
  readonly scenario: Lines | null;
  readonly says: Localized;
}

export interface Break extends Change {
  /** Decisive moments of the broken run, in addition to those of the experiment. */
  readonly bookmarks: readonly Bookmark[];
}

export interface Choice extends Change {
  /** Shown instead of the lines. */
  readonly shows: Localized | null;
  readonly isRight: boolean;
}

/** A line that the learner completes. */
export interface Typed {
  readonly prompt: Localized;
  /** `{typed}` is replaced by the typed text. */
  readonly line: string;
  readonly solutions: readonly string[];
  readonly wrong: readonly string[];
}

export interface Mend {
  readonly question: Localized;
  readonly choices: readonly Choice[];
  readonly typed: Typed | null;
}

export interface Experiment {
  readonly name: string;
  /** Its place in the list; null: it has none. */
  readonly number: number | null;
  readonly title: Localized;
  /** The relevant panes, besides the console. */
  readonly panes: readonly PaneId[];
  readonly question: Localized;
  readonly answers: readonly { readonly text: Localized; readonly isRight: boolean }[];
  /** Run before each run, unseen: clients that must already be connected, keys, settings. */
  readonly prepare: Lines;
  readonly scenario: Lines;
  /** Run after each run, unseen: for what `reset lab` does not restore. */
  readonly cleanup: Lines;
  readonly bookmarks: readonly Bookmark[];
  readonly goals: readonly Goal[];
  readonly explain: Localized;
  /** Shown instead if a line of the transcript matches: a part of the scenario does not exist on each system. Null: nothing. */
  readonly explainIf: { readonly line: string; readonly says: Localized } | null;
  readonly sources: readonly Source[];
  readonly break: Break;
  readonly mend: Mend;
  /** Its figures need an otherwise idle machine. */
  readonly runsAlone: boolean;
  /** The kernel feature that it shows; null: any poller works. */
  readonly needs: 'epoll' | null;
}

export interface SeenEvent {
  readonly event: TraceEvent;
  readonly turn: number;
}

/** The result of a run of the scenario. */
export interface RunRecord {
  readonly events: readonly SeenEvent[];
  /** Turns and commands missing in the trace: they cannot be judged. */
  readonly dropped: number;
  readonly counters: ReadonlyMap<string, number>;
  readonly clientCounters: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Lines of the transcript, without the input. */
  readonly replies: readonly { readonly client: string; readonly kind: ReplyKind; readonly text: string }[];
  /** The tokens of each client of the console. */
  readonly tokens: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Why a run says nothing about the loop, for the output of checks; the screen has its own texts. */
export const DISTURBANCES = {
  late: 'the loop was no longer busy when the last of the lines for a busy loop was sent',
  restless: 'the lab did not become idle',
  others: 'clients other than those of the console were served',
} as const;
export type Disturbance = keyof typeof DISTURBANCES;

/** `unjudged`: missing events could have decided. */
export type Verdict = 'green' | 'red' | 'unjudged';

export interface Judgement {
  readonly says: Localized;
  readonly verdict: Verdict;
  /** The value found, and the value required. */
  readonly seen: Text;
}

export interface Judged {
  readonly verdict: Verdict;
  readonly goals: readonly Judgement[];
}

/** A part of a text filled from a run. Safe to print after `visible`: it may contain clients' data. */
export interface FilledPart {
  readonly text: string;
  /** Its event; null: it is the file's own text, or does not come from one event. */
  readonly event: SeenEvent | null;
  /** It was filled in. */
  readonly isFilled: boolean;
}
