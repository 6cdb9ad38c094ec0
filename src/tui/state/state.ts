/**
 * State: everything the screen is drawn from. `State = reduce(State, Action)`, `Screen = view(State, Size)`; nothing else remembers anything.
 *
 *   model     what the trace says of the server at the moment that is shown (now, or one in the history)
 *   control   LIVE, SLOW, PAUSED, HISTORY: what time does
 *   ui        focus, zoom, scrolling, filters, what is open
 *   repl      the client console
 */
import type { ProgramView } from '../../program/index.js';
import type { Address, Breakpoint, ForkOrigin, LoopActivity, Moment, PollerName, RunTarget, SendsName, StepUnit, TraceEvent } from '../../server/index.js';
import type { FirstMinute } from './learn/first-minute.js';
import type { Language, Text } from '../../shared/language.js';
import type { Lesson } from './learn/lesson.js';
import type { Change } from './changes.js';
import type { Model } from './model/model.js';
import type { PaneId } from './pane-id.js';
import type { ReplState } from './repl-state.js';

/** What is known from the start and does not change, but for a learner's own program, which may listen later. */
export interface ServerInfo {
  readonly addresses: readonly Address[];
  readonly poller: PollerName;
  readonly edgeTriggered: boolean;
  /** Why the portable poller runs although nobody asked for it. */
  readonly pollerFallback: string | null;
  /** How replies are sent; left out: directly. */
  readonly sends?: SendsName;
  /** The port that was wanted, if it was taken and another one is used. */
  readonly wantedPort: number | null;
  /** Its clock stands still until it is advanced. */
  readonly hasVirtualClock?: boolean;
  readonly version: string;
  /** It goes on from the end of a recording; left out: it does not. */
  readonly recording?: ShownRecording;
  /** It was forked from another server, as of this; left out: it was not. */
  readonly forkedAsOf?: ForkedAsOf;
}

export interface ShownRecording {
  /** Of the file, without its folder: a byte string. */
  readonly name: string;
  /** That had been executed by its end. */
  readonly commands: number;
}

/** A fork begins at the end of the turn that ran (`now`), or between two commands at the moment that was visited, or at which the loop was held. */
export type ForkedAsOf = 'now' | ForkOrigin;

/** How bytes beside ASCII are shown: as the text that they are, or as \xHH, as redis-cli does. */
export type Spelling = 'readable' | 'escaped';

export type TimeMode = 'live' | 'slow' | 'stepping' | 'paused' | 'history';

/** What somebody has in the kernel that a busy loop has not taken yet. */
export interface Waiting {
  readonly kind: 'bytes' | 'connections';
  readonly count: number;
  readonly waitedMs: number;
}

/** The loop has been in one turn for so long that it counts as busy. It cannot say so: this is what another thread sees of it. */
export interface Busy {
  readonly activity: LoopActivity;
  /** By token: clients that have sent something, listeners with connections to accept. Empty also where the kernel cannot be asked. */
  readonly waiting: ReadonlyMap<number, Waiting>;
}

/** What the loop, or the history, is to go on to: the next of a unit, or the next request like this. */
export type Goal = StepUnit | RunTarget;

/** Where a moment lies in the history that is kept: in turn number `at`, counted from 1 at the oldest, of `of`. */
export interface Position {
  readonly at: number;
  readonly of: number;
  /** When that was: unix time in ms, in which the time counts that the loop was held; left out: that of the loop. */
  readonly wallMs?: number;
  /** The screen had not recorded the moment, and a twin does not measure durations again. */
  readonly isUntimed?: boolean;
}

/** What is asked before a key does what it is for: y does it, any other key leaves it. */
export interface Question {
  readonly text: string;
  readonly intent: 'pause' | 'resume' | 'quit';
}

export interface Control {
  readonly mode: TimeMode;
  /** Where the loop is held, while it is. */
  readonly heldAt: TraceEvent | null;
  /** The loop goes on to the next of these, maybe asleep in the poll until something is ready. */
  readonly stepping: Goal | null;
  /** In slow motion; null: at full speed. */
  readonly eventsPerSecond: number | null;
  /** The moment of the history that is shown; null: the newest. The loop may go on meanwhile. */
  readonly moment: Moment | null;
  /** Of that moment. */
  readonly position: Position | null;
  /** Another moment is on its way to be shown, and takes longer than a moment; null: none is. */
  readonly travel: 'brief' | 'slow' | null;
  readonly breakpoints: readonly Breakpoint[];
  readonly busy: Busy | null;
}

/** The order of a table at the moment when somebody began to look at it. */
export interface FrozenRows {
  readonly ids: readonly string[];
  /** Where they begin in the whole table, of which there may be only a part. */
  readonly offset: number;
}

/** What a pane shows of its matter; empty: what it is named after. */
export type Face = '' | 'commands';

/** Scrolling and selection of one pane. It follows what happens as long as nothing of it is frozen. */
export interface PaneUi {
  /** Rows scrolled back from where a list that grows was frozen. */
  readonly scroll: number;
  /** The selected row, by its identity (a token, a frame's number, a key); null: none. */
  readonly selected: string | null;
  readonly face: Face;
  readonly filter: string;
  /** The selected row is open: a frame, a value. */
  readonly isOpen: boolean;
  /** Within what is open: the node of a tree, the line of a value. */
  readonly cursor: number;
  /** The byte that the cursor stands on, while it moves in the bytes of what is open; null: it does not. */
  readonly byte: number | null;
  /** How many rows a list that grows had when its view was frozen; what has come since is counted in a badge. */
  readonly frozenAt: number | null;
  /** The rows that a table had when its view was frozen; they keep their places. */
  readonly frozenRows: FrozenRows | null;
  /** Sort order of a table, by name; the pane knows which. Empty: its first. */
  readonly sort: string;
}

export interface Prompt {
  /** `search`: within an open reply; `word`: in the glossary, while the help is open. */
  readonly kind: 'filter' | 'breakpoint' | 'search' | 'word';
  readonly text: string;
  /** Characters before the cursor, and what was cut last: as in the line of the REPL. */
  readonly cursor: number;
  readonly killed: string;
  readonly error: Text | null;
}

export interface Ui {
  readonly focus: PaneId;
  readonly isZoomed: boolean;
  /** For a projector: few panes, and the key that goes on goes from moment to moment. */
  readonly isPresenting: boolean;
  /** The panes beside an experiment, which has the column of the REPL; null: all panes have their places. */
  readonly beside: readonly PaneId[] | null;
  /** Where Esc leads from the REPL. */
  readonly previousFocus: PaneId;
  readonly panes: { readonly [id in PaneId]: PaneUi };
  /** The database that the keyspace shows. */
  readonly db: number;
  /** A filter or a breakpoint is being typed: its text so far, and why it is invalid if it is. */
  readonly prompt: Prompt | null;
  readonly question: Question | null;
  /** What keys have changed, the newest last. */
  readonly changes: readonly Change[];
  /** What was typed among the panes since the last key that types nothing, and what it has changed; `changesBefore` are those from before it. */
  readonly typed: { readonly text: string; readonly changes: readonly Change[]; readonly changesBefore: readonly Change[] };
  readonly isHelpOpen: boolean;
  readonly helpScroll: number;
  /** What is searched for in the glossary, while the help is open; empty: nothing. */
  readonly helpSearch: string;
  /** A line for a moment: what a key has done, or why it could not. */
  readonly notice: string | null;
  /** The notice says when the loop will hold: it is over once it does. */
  readonly isNoticeUntilHeld: boolean;
  /** Unix time in ms as the loop sees it, now: it stands still while the loop is held. Countdowns are drawn from it. */
  readonly nowMs: number;
  readonly spelling: Spelling;
  readonly language: Language;
  /** Ctrl-C was the last key: the next one leaves. */
  readonly isLeaving: boolean;
  /** The first screen, until something happens. */
  readonly isFresh: boolean;
}

export interface State {
  readonly server: ServerInfo;
  readonly model: Model;
  readonly control: Control;
  readonly ui: Ui;
  readonly repl: ReplState;
  /** What a first start leads through; null: nothing, or no longer. */
  readonly firstMinute: FirstMinute | null;
  /** An experiment, or the list of them; null: neither. */
  readonly lesson: Lesson | null;
  /** What is shown is a learner's own program; null: it is the lab's server. */
  readonly program: ProgramView | null;
}

/** The busy loop, where the present of a running loop is shown; null otherwise. */
export function busyOf({ control }: State): Busy | null {
  return control.mode === 'paused' || control.mode === 'history' ? null : control.busy;
}
