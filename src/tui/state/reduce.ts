/**
 * The reducer of the whole state: `State = reduce(State, Action)`. Pure; effects outside (holding the loop, opening a connection) are the app's.
 *
 * Actions are small sentences. They contain what is needed of a pane (its rows, its length), because the state does not know the view.
 */
import type { ProgramView } from '../../program/index.js';
import type { Breakpoint, Moment, TraceEvent } from '../../server/index.js';
import { withChange, type Change } from './changes.js';
import type { FirstMinute } from './learn/first-minute.js';
import type { Language, Text } from '../../shared/language.js';
import type { Lesson } from './learn/lesson.js';
import type { Model } from './model/model.js';
import { PANE_IDS, type PaneId } from './pane-id.js';
import { initialRepl, type ReplState } from './repl-state.js';
import type { Busy, Control, Face, Goal, PaneUi, Position, Prompt, Question, ServerInfo, Spelling, State, TimeMode, Ui } from './state.js';

export type Action =
  /** The newest moment, or the moment of the history to show. */
  | { readonly type: 'show-moment'; readonly model: Model; readonly nowMs: number; readonly moment: Moment | null; readonly position: Position | null }
  /** Another moment is being loaded; null: none is. */
  | { readonly type: 'travel'; readonly how: Control['travel'] }
  | { readonly type: 'tell-time'; readonly nowMs: number }
  /** The loop is held at an event, or goes on. */
  | { readonly type: 'hold'; readonly event: TraceEvent | null }
  | { readonly type: 'step'; readonly goal: Goal }
  | { readonly type: 'slow-down'; readonly eventsPerSecond: number | null }
  | { readonly type: 'set-breakpoints'; readonly breakpoints: readonly Breakpoint[] }
  /** The loop is busy, or no longer. */
  | { readonly type: 'see-busy'; readonly busy: Busy | null }
  | { readonly type: 'update-console'; readonly repl: ReplState }
  /** Facts about the learner's program that is shown. */
  | { readonly type: 'see-program'; readonly program: ProgramView }
  /** The next step of the first minute; null: it is over. */
  | { readonly type: 'lead'; readonly firstMinute: FirstMinute | null }
  /** An experiment, or the list of them; null: neither. */
  | { readonly type: 'teach'; readonly lesson: Lesson | null }
  /** `untilHeld`: it says when the loop will be held, and disappears then. */
  | { readonly type: 'notice'; readonly text: string | null; readonly untilHeld?: boolean }
  /** Null: it has been answered. */
  | { readonly type: 'ask'; readonly question: Question | null }
  /** A key has changed something, or is about to. */
  | { readonly type: 'note-change'; readonly change: Change }
  /** The newest change is undone, and can be redone by its inverse. */
  | { readonly type: 'forget-change'; readonly inverse: Change }
  /** Restores the screen as it was before a change. */
  | { readonly type: 'undo'; readonly change: Change }
  /** A key was pressed among the panes; null: one that types nothing. */
  | { readonly type: 'type-key'; readonly text: string | null }
  /** The effects of what was typed there have been undone. */
  | { readonly type: 'forget-typed' }
  /** Something has happened: the invitation disappears. */
  | { readonly type: 'begin' }
  | { readonly type: 'focus'; readonly pane: PaneId }
  | { readonly type: 'spell'; readonly spelling: Spelling }
  | { readonly type: 'focus-next'; readonly by: 1 | -1 }
  | { readonly type: 'toggle-zoom' }
  | { readonly type: 'open-help' }
  | { readonly type: 'close-help' }
  | { readonly type: 'scroll-help'; readonly by: number; readonly limit: number }
  | ({ readonly type: 'select'; readonly by: number } & Listed)
  /** In a list that has grown to `length`, and has dropped its first rows. */
  | ({ readonly type: 'scroll' } & Scrolling)
  | { readonly type: 'follow' }
  | ({ readonly type: 'open-row' } & Listed)
  | { readonly type: 'close-row' }
  /** The pane shows its other face, filtered. */
  | { readonly type: 'turn'; readonly face: Face; readonly filter: string }
  | { readonly type: 'move-cursor'; readonly by: number; readonly count: number }
  /** Moves to a byte of what is open, which belongs to row `cursor`; null: back to that row. */
  | { readonly type: 'move-to-byte'; readonly byte: number | null; readonly cursor: number }
  | { readonly type: 'sort'; readonly sorts: readonly string[] }
  /** Among `count`, cyclically. */
  | { readonly type: 'choose-next-database'; readonly by: 1 | -1; readonly count: number }
  | { readonly type: 'open-prompt'; readonly kind: Prompt['kind'] }
  /** `filter`: takes effect while it is typed, unless it is wrong. */
  /** Left out: the cursor is at the end, and nothing else was cut. */
  | { readonly type: 'type-prompt'; readonly text: string; readonly error: Text | null; readonly cursor?: number; readonly killed?: string }
  | { readonly type: 'close-prompt' }
  | { readonly type: 'ask-to-leave'; readonly isLeaving: boolean };

/** The rows of a pane, of which one is to be selected. */
interface Listed {
  readonly rows: readonly string[];
  /** For a growing list: the number of rows so far; null: it is a table. */
  readonly length: number | null;
  /** For a table: the position of the first row in the whole table. */
  readonly offset: number;
}

const FOLLOWING = { scroll: 0, selected: null, frozenAt: null, frozenRows: null } as const;
const NOTHING_TYPED = { text: '', changes: [], changesBefore: [] } as const;
const NOTHING_OPEN = { isOpen: false, cursor: 0, byte: null } as const;
const INITIAL_PANE: PaneUi = { ...FOLLOWING, ...NOTHING_OPEN, face: '', filter: '', sort: '' };

/** Panes that a projector shows beside the REPL. */
const PRESENTED: readonly PaneId[] = ['loop', 'tokens'];

export function initialState(server: ServerInfo, model: Model, language: Language = 'en', isPresenting = false): State {
  return {
    server,
    model,
    control: { mode: 'live', heldAt: null, stepping: null, eventsPerSecond: null, moment: null, position: null, travel: null, breakpoints: [], busy: null },
    ui: {
      focus: 'repl',
      isZoomed: false,
      isPresenting,
      beside: isPresenting ? PRESENTED : null,
      previousFocus: 'loop',
      panes: Object.fromEntries(PANE_IDS.map((id) => [id, INITIAL_PANE])) as { [id in PaneId]: PaneUi },
      db: 0,
      prompt: null,
      question: null,
      changes: [],
      typed: NOTHING_TYPED,
      isHelpOpen: false,
      helpScroll: 0,
      helpSearch: '',
      notice: null,
      isNoticeUntilHeld: false,
      spelling: 'readable',
      language,
      nowMs: Number.NaN,
      isLeaving: false,
      isFresh: true,
    },
    repl: initialRepl,
    firstMinute: null,
    lesson: null,
    program: null,
  };
}

export function reduce(state: State, action: Action): State {
  switch (action.type) {
    case 'show-moment':
      return withControl({ ...state, model: action.model, ui: { ...state.ui, nowMs: action.nowMs } }, { moment: action.moment, position: action.position });
    case 'travel':
      return state.control.travel === action.how ? state : withControl(state, { travel: action.how });
    case 'hold':
      return action.event === null ? withControl(state, { heldAt: null }) : held(state, action.event);
    case 'step':
      return withControl(state, { stepping: action.goal, eventsPerSecond: null });
    case 'slow-down':
      return withControl(state, { eventsPerSecond: action.eventsPerSecond, stepping: null });
    case 'set-breakpoints':
      return withControl(state, { breakpoints: action.breakpoints });
    case 'see-busy':
      return withControl(state, { busy: action.busy });
    case 'update-console':
      return { ...state, repl: action.repl };
    case 'see-program':
      return { ...state, program: action.program, server: serverOf(state, action.program) };
    case 'lead':
      return { ...state, firstMinute: action.firstMinute };
    case 'teach':
      return teach(state, action.lesson);
    default: {
      const ui = reduceUi(state.ui, action);
      return ui === state.ui ? state : { ...state, ui };
    }
  }
}

/** An experiment begins in the REPL, with its panes beside it. */
function teach(state: State, lesson: Lesson | null): State {
  const { ui } = state;
  const isOpened = lesson?.type === 'open' && state.lesson?.type !== 'open';
  const beside = lesson?.type === 'open' ? lesson.experiment.panes : ui.isPresenting ? PRESENTED : null;
  const shown = isOpened ? { ...focus(ui, 'repl'), isZoomed: false } : ui;
  return { ...state, lesson, ui: { ...shown, beside } };
}

function held(state: State, event: TraceEvent): State {
  const { ui } = state;
  return withControl(ui.isNoticeUntilHeld ? { ...state, ui: { ...ui, notice: null, isNoticeUntilHeld: false } } : state, { heldAt: event, stepping: null });
}

function withControl(state: State, changes: Partial<Control>): State {
  const control = { ...state.control, ...changes };
  return { ...state, control: { ...control, mode: modeOf(control) } };
}

/** The history begins with the key that requests it, before its moment has arrived: no further key moves the loop. */
function modeOf({ moment, travel, heldAt, stepping, eventsPerSecond }: Control): TimeMode {
  if (moment !== null || travel !== null) return 'history';
  if (heldAt !== null) return 'paused';
  if (stepping !== null) return 'stepping';
  return eventsPerSecond === null ? 'live' : 'slow';
}

type UiAction = Exclude<
  Action,
  { type: 'show-moment' | 'travel' | 'hold' | 'step' | 'slow-down' | 'set-breakpoints' | 'see-busy' | 'update-console' | 'see-program' | 'lead' | 'teach' }
>;

function reduceUi(ui: Ui, action: UiAction): Ui {
  switch (action.type) {
    case 'tell-time':
      return { ...ui, nowMs: action.nowMs };
    case 'notice':
      return ui.notice === action.text ? ui : { ...ui, notice: action.text, isNoticeUntilHeld: action.untilHeld === true };
    case 'ask':
      return ui.question === action.question ? ui : { ...ui, question: action.question };
    case 'note-change':
    case 'forget-change':
    case 'undo':
    case 'type-key':
    case 'forget-typed':
      return reduceChanges(ui, action);
    case 'begin':
      return ui.isFresh ? { ...ui, isFresh: false } : ui;
    case 'ask-to-leave':
      return ui.isLeaving === action.isLeaving ? ui : { ...ui, isLeaving: action.isLeaving };
    case 'spell':
      return { ...ui, spelling: action.spelling };
    case 'focus':
      return focus(ui, action.pane);
    case 'focus-next':
      return focus(ui, PANE_IDS[(PANE_IDS.indexOf(ui.focus) + action.by + PANE_IDS.length) % PANE_IDS.length]!);
    case 'toggle-zoom':
      return { ...ui, isZoomed: !ui.isZoomed };
    case 'open-help':
      return { ...ui, isHelpOpen: true, helpScroll: 0, helpSearch: '' };
    case 'close-help':
      return { ...ui, isHelpOpen: false };
    case 'scroll-help':
      return { ...ui, helpScroll: clamp(ui.helpScroll + action.by, action.limit) };
    case 'choose-next-database':
      return inDatabase(ui, (ui.db + action.by + action.count) % action.count);
    case 'open-prompt':
      return openPrompt(ui, action.kind, action.kind === 'filter' ? ui.panes[ui.focus].filter : action.kind === 'word' ? ui.helpSearch : '');
    case 'type-prompt':
      return typePrompt(ui, action);
    case 'close-prompt':
      return { ...ui, prompt: null };
    default:
      return withPane(ui, ui.focus, reducePane(ui.panes[ui.focus], action));
  }
}

type ChangeAction = Extract<UiAction, { type: 'note-change' | 'forget-change' | 'undo' | 'type-key' | 'forget-typed' }>;

function reduceChanges(ui: Ui, action: ChangeAction): Ui {
  const { changes, typed } = ui;
  switch (action.type) {
    case 'note-change':
      return { ...ui, changes: withChange(changes, action.change), typed: { ...typed, changes: [...typed.changes, action.change] } };
    case 'forget-change':
      return { ...ui, changes: changes.slice(0, -1), typed: { ...typed, changes: [...typed.changes, action.inverse] } };
    case 'undo':
      return undo(ui, action.change);
    case 'type-key':
      if (action.text === null) return typed === NOTHING_TYPED ? ui : { ...ui, typed: NOTHING_TYPED };
      return { ...ui, typed: typed.text === '' ? { text: action.text, changes: [], changesBefore: changes } : { ...typed, text: typed.text + action.text } };
    case 'forget-typed': {
      // A step is kept: it has moved the loop.
      const step = typed.changes.find(({ kind }) => kind === 'step');
      return { ...ui, changes: step === undefined ? typed.changesBefore : withChange(typed.changesBefore, step), typed: NOTHING_TYPED };
    }
  }
}

/** The screen as it was before a change; pace and breakpoints belong to the loop. */
function undo(ui: Ui, change: Change): Ui {
  switch (change.kind) {
    case 'zoom':
      return { ...ui, isZoomed: change.before };
    case 'database':
      return inDatabase(ui, change.before);
    case 'sort':
    case 'filter':
      return withPane(ui, change.pane, { ...FOLLOWING, [change.kind]: change.before });
    default:
      return ui;
  }
}

function inDatabase(ui: Ui, db: number): Ui {
  return withPane({ ...ui, db }, 'keyspace', { ...FOLLOWING, ...NOTHING_OPEN });
}

function focus(ui: Ui, pane: PaneId): Ui {
  return pane === ui.focus ? ui : { ...ui, focus: pane, previousFocus: ui.focus === 'repl' ? ui.previousFocus : ui.focus };
}

function withPane(ui: Ui, id: PaneId, changes: Partial<PaneUi>): Ui {
  return { ...ui, panes: { ...ui.panes, [id]: { ...ui.panes[id], ...changes } } };
}

function openPrompt(ui: Ui, kind: Prompt['kind'], text: string): Ui {
  return { ...ui, prompt: { kind, text, cursor: text.length, killed: '', error: null } };
}

function typePrompt(ui: Ui, { text, error, cursor = text.length, killed }: Extract<UiAction, { type: 'type-prompt' }>): Ui {
  const { prompt } = ui;
  if (prompt === null) return ui;
  const typed = { ...ui, prompt: { ...prompt, text, cursor, killed: killed ?? prompt.killed, error } };
  // The cursor moves, and the view stays.
  if (text === prompt.text && error === prompt.error) return typed;
  if (prompt.kind === 'word') return { ...typed, helpSearch: text, helpScroll: 0 };
  const isFilter = prompt.kind === 'filter' && error === null;
  return isFilter ? withPane(typed, ui.focus, { ...FOLLOWING, filter: text }) : typed;
}

type PaneAction = Extract<UiAction, { type: 'select' | 'scroll' | 'follow' | 'open-row' | 'close-row' | 'move-cursor' | 'move-to-byte' | 'sort' | 'turn' }>;

function reducePane(pane: PaneUi, action: PaneAction): Partial<PaneUi> {
  switch (action.type) {
    case 'select':
      return select(pane, action);
    case 'scroll':
      return scroll(pane, action);
    case 'follow':
      return { ...FOLLOWING, ...NOTHING_OPEN };
    case 'open-row': {
      const opened = pane.selected === null ? select(pane, { ...action, by: 0 }) : {};
      return (opened.selected ?? pane.selected) === null ? {} : { ...opened, ...NOTHING_OPEN, isOpen: true };
    }
    case 'close-row':
      return NOTHING_OPEN;
    case 'move-cursor':
      return { cursor: clamp(pane.cursor + action.by, action.count - 1) };
    case 'move-to-byte':
      return { byte: action.byte, cursor: action.cursor };
    case 'turn':
      return { ...FOLLOWING, ...NOTHING_OPEN, face: action.face, filter: action.filter, sort: '' };
    case 'sort':
      return { sort: action.sorts[(Math.max(0, action.sorts.indexOf(pane.sort)) + 1) % action.sorts.length] ?? '', ...FOLLOWING };
  }
}

/** Without a selection, selects the newest row of a growing list, or the first of a table. */
function select(pane: PaneUi, { by, rows, length, offset }: { readonly by: number } & Listed): Partial<PaneUi> {
  if (rows.length === 0) return { selected: null };
  const before = pane.selected === null ? -1 : rows.indexOf(pane.selected);
  const start = length === null ? 0 : rows.length - 1;
  const index = before === -1 ? start : clamp(before + by, rows.length - 1);
  const frozen = length === null ? { frozenRows: { ids: rows, offset } } : { frozenAt: Math.max(pane.frozenAt ?? length, length - (rows.length - 1 - index)) };
  return { selected: rows[index]!, ...frozen };
}

/** Up goes back. Down goes on through what has come since, and at its end follows again. */
/** @property limit how far a list of multi-line rows can be scrolled back; left out: as far as it has lines */
interface Scrolling {
  readonly by: number;
  readonly length: number;
  readonly forgotten: number;
  readonly limit?: number;
}

function scroll(pane: PaneUi, { by, length, forgotten, limit }: Scrolling): Partial<PaneUi> {
  const frozenAt = pane.frozenAt ?? length;
  const back = pane.scroll - by;
  if (back >= 0) return back === 0 && frozenAt >= length ? FOLLOWING : { scroll: Math.min(back, limit ?? Math.max(0, frozenAt - forgotten)), frozenAt };
  return frozenAt - back >= length ? FOLLOWING : { scroll: 0, frozenAt: frozenAt - back };
}

function clamp(value: number, highest: number): number {
  return Math.max(0, Math.min(value, highest));
}

/** A learner's program may listen later, and reports its poll when it opens one. */
function serverOf({ server }: State, { addresses, poller, isEdgeTriggered: edgeTriggered }: ProgramView): State['server'] {
  const isSame = server.addresses.length === addresses.length && server.poller === poller && server.edgeTriggered === edgeTriggered;
  return isSame ? server : { ...server, addresses, poller, edgeTriggered };
}
