/**
 * State: everything from which the screen is drawn. `State = reduce(State, Action)`, `Screen = view(State, Size)`; there is no other state.
 *
 *   model     the state of the server at the shown moment (now, or one in the history), from the trace
 *   control   LIVE, SLOW, PAUSED, HISTORY: the state of time
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

/** Facts that are known from the start and do not change, except for a learner's program, which may listen later. */
export interface ServerInfo {
  readonly addresses: readonly Address[];
  readonly poller: PollerName;
  readonly edgeTriggered: boolean;
  /** Why the portable poller runs although it was not requested. */
  readonly pollerFallback: string | null;
  /** How replies are sent; left out: directly. */
  readonly sends?: SendsName;
  /** The port that was wanted, if it was taken and another one is used. */
  readonly wantedPort: number | null;
  /** Its clock stands still until it is advanced. */
  readonly hasVirtualClock?: boolean;
  readonly version: string;
  /** It continues from the end of a recording; left out: it does not. */
  readonly recording?: ShownRecording;
  /** It was forked from another server, at this moment; left out: it was not. */
  readonly forkedAsOf?: ForkedAsOf;
}

export interface ShownRecording {
  /** Of the file, without its folder: a byte string. */
  readonly name: string;
  /** Number of commands executed by its end. */
  readonly commands: number;
}

/** A fork begins at the end of the running turn (`now`), or between two commands at the visited moment, or at which the loop was held. */
export type ForkedAsOf = 'now' | ForkOrigin;

/** How non-ASCII bytes are shown: as text, or as \xHH, as in redis-cli. */
export type Spelling = 'readable' | 'escaped';

export type TimeMode = 'live' | 'slow' | 'stepping' | 'paused' | 'history';

/** What the kernel holds for a connection that a busy loop has not taken yet. */
export interface Waiting {
  readonly kind: 'bytes' | 'connections';
  readonly count: number;
  readonly waitedMs: number;
}

/** The loop has been in one turn for so long that it counts as busy. It cannot report this itself: another thread observes it. */
export interface Busy {
  readonly activity: LoopActivity;
  /** By token: clients that have sent something, listeners with connections to accept. Empty also where the kernel cannot be asked. */
  readonly waiting: ReadonlyMap<number, Waiting>;
}

/** The destination of the loop, or of the history: the next of a unit, or the next matching request. */
export type Goal = StepUnit | RunTarget;

/** Position of a moment in the stored history: turn number `at` of `of`, counted from 1 at the oldest. */
export interface Position {
  readonly at: number;
  readonly of: number;
  /** Its unix time in ms, including the time that the loop was held; left out: that of the loop. */
  readonly wallMs?: number;
  /** The screen has no record of the moment, and a twin does not measure durations. */
  readonly isUntimed?: boolean;
}

/** A question before a key takes effect: y confirms, any other key cancels. */
export interface Question {
  readonly text: string;
  readonly intent: 'pause' | 'resume' | 'quit';
}

export interface Control {
  readonly mode: TimeMode;
  /** The event at which the loop is held, if it is. */
  readonly heldAt: TraceEvent | null;
  /** The loop goes on to this goal, possibly asleep in the poll until something is ready. */
  readonly stepping: Goal | null;
  /** In slow motion; null: at full speed. */
  readonly eventsPerSecond: number | null;
  /** The moment of the history that is shown; null: the newest. The loop may go on meanwhile. */
  readonly moment: Moment | null;
  /** The position of that moment. */
  readonly position: Position | null;
  /** Another moment is being loaded, and takes noticeable time; null: none is. */
  readonly travel: 'brief' | 'slow' | null;
  readonly breakpoints: readonly Breakpoint[];
  readonly busy: Busy | null;
}

/** The order of a table when the user began to scroll or select in it. */
export interface FrozenRows {
  readonly ids: readonly string[];
  /** Position of its rows in the whole table, of which there may be only a part. */
  readonly offset: number;
}

/** The variant of a pane's contents; empty: the default. */
export type Face = '' | 'commands';

/** Scrolling and selection of one pane. It follows new events as long as nothing is frozen. */
export interface PaneUi {
  /** Rows scrolled back from where a growing list was frozen. */
  readonly scroll: number;
  /** The identity of the selected row (a token, a frame's number, a key); null: none. */
  readonly selected: string | null;
  readonly face: Face;
  readonly filter: string;
  /** The selected row is open: a frame, a value. */
  readonly isOpen: boolean;
  /** Position within what is open: the node of a tree, the line of a value. */
  readonly cursor: number;
  /** The byte of the cursor, while it moves in the bytes of what is open; null: it does not. */
  readonly byte: number | null;
  /** Number of rows of a growing list when its view was frozen; later ones are counted in a badge. */
  readonly frozenAt: number | null;
  /** The rows of a table when its view was frozen; they keep their places. */
  readonly frozenRows: FrozenRows | null;
  /** The name of a table's sort order, known to the pane. Empty: its first. */
  readonly sort: string;
}

export interface Prompt {
  /** `search`: within an open reply; `word`: in the glossary, while the help is open. */
  readonly kind: 'filter' | 'breakpoint' | 'search' | 'word';
  readonly text: string;
  /** Characters before the cursor, and the text that was cut last: as in the line of the REPL. */
  readonly cursor: number;
  readonly killed: string;
  readonly error: Text | null;
}

export interface Ui {
  readonly focus: PaneId;
  readonly isZoomed: boolean;
  /** For a projector: few panes, and the key for going on goes from moment to moment. */
  readonly isPresenting: boolean;
  /** The panes beside an experiment, which is in the column of the REPL; null: all panes are in their places. */
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
  /** Text typed among the panes since the last key that types nothing, and the changes made by it; `changesBefore` are earlier ones. */
  readonly typed: { readonly text: string; readonly changes: readonly Change[]; readonly changesBefore: readonly Change[] };
  readonly isHelpOpen: boolean;
  readonly helpScroll: number;
  /** The search text in the glossary, while the help is open; empty: none. */
  readonly helpSearch: string;
  /** A temporary line: what a key has done, or why it could not. */
  readonly notice: string | null;
  /** The notice says when the loop will be held, and disappears then. */
  readonly isNoticeUntilHeld: boolean;
  /** The loop's current unix time in ms: it stands still while the loop is held. Countdowns are drawn from it. */
  readonly nowMs: number;
  readonly spelling: Spelling;
  readonly language: Language;
  /** Ctrl-C was the last key: the next one quits. */
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
  /** The first minute; null: none, or no longer. */
  readonly firstMinute: FirstMinute | null;
  /** An experiment, or the list of them; null: neither. */
  readonly lesson: Lesson | null;
  /** The learner's program that is shown; null: the lab's server is. */
  readonly program: ProgramView | null;
}

/** The busy loop, if the present of a running loop is shown; otherwise null. */
export function busyOf({ control }: State): Busy | null {
  return control.mode === 'paused' || control.mode === 'history' ? null : control.busy;
}
