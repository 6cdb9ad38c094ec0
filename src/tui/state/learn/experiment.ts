/**
 * An experiment, as data: a question, the lines of the console that answer it, what they must be seen to do, and the mistake that breaks it.
 *
 * Files in JSON become this in learn/experiment-schema.ts; docs/experiments.md describes them.
 */
import type { TraceEvent, TraceKind } from '../../../server/index.js';
import type { PaneId } from '../pane-id.js';
import type { Language, Text } from '../../../shared/language.js';

/** English is always there; of what is not translated the English is shown. */
export type Localized = { readonly en: string } & { readonly [language in Language]?: string };

export function inLanguage(text: Localized, language: Language): string {
  return text[language] ?? text.en;
}

/** Lines that are run one after another; those of an inner list together, none waiting for the reply to another. */
export type Lines = readonly (string | readonly string[])[];

export type Scalar = string | number | boolean;

/** What a field of an event, or a line of a reply, must be: this value, one of these, or within these bounds. */
export type Test = Scalar | readonly Scalar[] | { readonly atLeast?: number; readonly atMost?: number; readonly matches?: string };

/** Which events of the trace are meant. */
export interface Predicate {
  readonly kind: TraceKind;
  /** Of a client of the console, by its name; `` is the default one. `*` stands for any characters. Null: any client. */
  readonly client: string | null;
  readonly fields: readonly (readonly [field: string, test: Test])[];
}

/** A decisive moment: the first event of the run that is meant, or the last; or a line of the transcript. */
export type Bookmark = EventBookmark | LineBookmark;

export interface EventBookmark {
  readonly type: 'event';
  readonly name: string;
  readonly event: Predicate;
  /** Only events behind that of this bookmark count. */
  readonly after: string | null;
  readonly isLast: boolean;
  readonly says: Localized;
}

export interface LineBookmark {
  readonly type: 'line';
  readonly name: string;
  /** A regular expression, of which the groups can be named. */
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
  /** There are such events, each behind the one before. */
  | { readonly type: 'order'; readonly events: readonly Predicate[] }
  | { readonly type: 'counter'; readonly counter: string; readonly client: string | null; readonly bounds: Bounds }
  /** The number in the last line of the transcript that is like this: the first group of a regular expression. */
  | { readonly type: 'figure'; readonly line: string; readonly bounds: Bounds }
  /** The number of lines of the transcript that match. */
  | { readonly type: 'reply'; readonly client: string; readonly kind: ReplyKind | null; readonly is: Test; readonly bounds: Bounds }
);

/** Of a line in the transcript, as in repl-state.ts. */
export const REPLY_KINDS = ['out', 'error', 'push', 'note'] as const;
export type ReplyKind = (typeof REPLY_KINDS)[number];

export interface Source {
  readonly text: string;
  readonly where: string;
}

/** What is done to the loop before the scenario runs again, and what is then to be said. */
export interface Change {
  readonly lines: readonly string[];
  /** Runs in place of the experiment's own; null: that one runs. */
  readonly scenario: Lines | null;
  readonly says: Localized;
}

export interface Break extends Change {
  /** Decisive moments of the broken run, besides those of the experiment. */
  readonly bookmarks: readonly Bookmark[];
}

export interface Choice extends Change {
  /** What is shown instead of the lines. */
  readonly shows: Localized | null;
  readonly isRight: boolean;
}

/** A line that the learner completes. */
export interface Typed {
  readonly prompt: Localized;
  /** `{typed}` stands for what is typed. */
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
  /** Those that matter, besides the console. */
  readonly panes: readonly PaneId[];
  readonly question: Localized;
  readonly answers: readonly { readonly text: Localized; readonly isRight: boolean }[];
  /** Run before each run, unseen: clients that are to be connected already, keys, settings. */
  readonly prepare: Lines;
  readonly scenario: Lines;
  /** Run after each run, unseen: what `reset lab` does not put back. */
  readonly cleanup: Lines;
  readonly bookmarks: readonly Bookmark[];
  readonly goals: readonly Goal[];
  readonly explain: Localized;
  /** Said in its place if a line of the transcript is like this: a part of the scenario is not there on each system. Null: nothing is. */
  readonly explainIf: { readonly line: string; readonly says: Localized } | null;
  readonly sources: readonly Source[];
  readonly break: Break;
  readonly mend: Mend;
  /** Its figures need a machine that does nothing else. */
  readonly runsAlone: boolean;
  /** What it shows is done by this part of a kernel; null: any poller will do. */
  readonly needs: 'epoll' | null;
}

export interface SeenEvent {
  readonly event: TraceEvent;
  readonly turn: number;
}

/** What a run of the scenario has come to. */
export interface RunRecord {
  readonly events: readonly SeenEvent[];
  /** Turns and commands of which the trace holds nothing: what is missing cannot be judged. */
  readonly dropped: number;
  readonly counters: ReadonlyMap<string, number>;
  readonly clientCounters: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** Lines of the transcript, without what was typed. */
  readonly replies: readonly { readonly client: string; readonly kind: ReplyKind; readonly text: string }[];
  /** The tokens that each client of the console had. */
  readonly tokens: ReadonlyMap<string, ReadonlySet<number>>;
}

/** Why a run says nothing about the loop, for those who read checks; the screen has its own words. */
export const DISTURBANCES = {
  late: 'the loop was through before all was sent that was to be sent while it was busy',
  restless: 'the lab did not come to rest',
  others: 'clients were served that are not of the console',
} as const;
export type Disturbance = keyof typeof DISTURBANCES;

/** `unjudged`: events are missing that could have told. */
export type Verdict = 'green' | 'red' | 'unjudged';

export interface Judgement {
  readonly says: Localized;
  readonly verdict: Verdict;
  /** What it was, as against what it must be. */
  readonly seen: Text;
}

export interface Judged {
  readonly verdict: Verdict;
  readonly goals: readonly Judgement[];
}

/** A part of a text that has been filled from a run. Safe to print once it has been through `visible`: what clients have sent may stand in it. */
export interface FilledPart {
  readonly text: string;
  /** Where it comes from; null: it is the file's own text, or does not come from one event. */
  readonly event: SeenEvent | null;
  /** It was filled in. */
  readonly isFilled: boolean;
}
