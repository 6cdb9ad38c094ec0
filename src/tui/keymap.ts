/**
 * The table of keys: what can be pressed, when, and how it is called. Input, footer and help are made of it and of nothing else.
 *
 * The first entry that lists the key and applies at the moment wins. A key without such an entry does nothing, except where text is typed: in
 * the prompt and in the REPL.
 */
import type { State } from './state/state.js';
import { spell, type Key } from './terminal/key.js';
import type { Pane } from './view/pane.js';

export type Intent =
  | 'yes'
  | 'no'
  | 'toggle-pause'
  | 'step-event'
  | 'step-phase'
  | 'step-command'
  | 'step-turn'
  | 'step-request'
  | 'slower'
  | 'faster'
  | 'back-event'
  | 'back-turn'
  | 'forward-event'
  | 'forward-phase'
  | 'forward-command'
  | 'forward-turn'
  | 'forward-request'
  | 'oldest'
  | 'live'
  | 'take-back'
  | 'breakpoint'
  | 'focus-next'
  | 'focus-previous'
  | 'focus-pane'
  | 'leave-console'
  | 'zoom'
  | 'up'
  | 'down'
  | 'page-up'
  | 'page-down'
  | 'open'
  | 'enter'
  | 'turn'
  | 'close'
  | 'to-bytes'
  | 'to-rows'
  | 'byte-before'
  | 'byte-after'
  | 'follow'
  | 'filter'
  | 'clear-filter'
  | 'sort'
  | 'previous-database'
  | 'next-database'
  | 'accept'
  | 'cancel'
  | 'spell'
  | 'open-reply'
  | 'close-reply'
  | 'older-reply'
  | 'newer-reply'
  | 'first-row'
  | 'last-row'
  | 'search'
  | 'search-next'
  | 'search-previous'
  | 'help'
  | 'close-help'
  | 'search-help'
  | 'clear-help-search'
  | 'suspend'
  | 'leave'
  | 'quit';

/** Where the keys go. */
export type Context = 'panes' | 'console' | 'prompt' | 'help' | 'reply' | 'question';

export type Group = 'Time' | 'History' | 'Panes' | 'This pane' | 'Lab';

export interface Binding {
  readonly intent: Intent;
  readonly keys: readonly string[];
  /** The keys as footer and help name them. */
  readonly shown: string;
  readonly label: string;
  /** The label in full, for the help and docs/keys.md; left out: the label says it all. */
  readonly meaning?: string;
  readonly group: Group;
  readonly contexts: readonly Context[];
  /** The panes that have it at all; left out: all. */
  readonly of?: (pane: Pane) => boolean;
  /** Left out: always. */
  readonly when?: (state: State) => boolean;
}

const isHistory = ({ control }: State): boolean => control.mode === 'history';
const isNow = (state: State): boolean => !isHistory(state);
const isFrozen = ({ ui }: State): boolean => ui.panes[ui.focus].frozenAt !== null || ui.panes[ui.focus].frozenRows !== null;
const hasSearched = ({ repl }: State): boolean => repl.pager !== null && repl.pager.search !== '';
const isOpen = ({ ui }: State): boolean => ui.panes[ui.focus].isOpen;
const isInBytes = ({ ui }: State): boolean => ui.panes[ui.focus].byte !== null;

/** Panes with rows, or that scroll. */
const moves = (pane: Pane): boolean => pane.rows !== undefined || pane.length !== undefined;
const opens = (pane: Pane): boolean => pane.openRows !== undefined;
const hasBytes = (pane: Pane): boolean => pane.openBytes !== undefined;
const filters = (pane: Pane): boolean => pane.checkFilter !== undefined;
/** The two faces of one pane: frames, and commands, from which Enter leads to frames. */
const enters = (pane: Pane): boolean => pane.entered !== undefined;
const isFrames = (pane: Pane): boolean => pane.id === 'frames' && !enters(pane);
const hasDatabases = (pane: Pane): boolean => pane.window !== undefined;

export const KEYMAP: readonly Binding[] = [
  // Question; any other key means no, too.
  { intent: 'yes', keys: ['y', 'Y'], shown: 'y', label: 'yes', group: 'Lab', contexts: ['question'] },
  { intent: 'no', keys: ['n', 'N', 'escape'], shown: 'n', label: 'no', group: 'Lab', contexts: ['question'] },
  // Prompt
  { intent: 'accept', keys: ['enter'], shown: 'Enter', label: 'take it', group: 'This pane', contexts: ['prompt'] },
  { intent: 'cancel', keys: ['escape', 'ctrl+c'], shown: 'Esc', label: 'leave it', group: 'This pane', contexts: ['prompt'] },
  // Help
  { intent: 'search-help', keys: ['/'], shown: '/', label: 'search a word', group: 'Lab', contexts: ['help'] },
  {
    intent: 'clear-help-search',
    keys: ['escape'],
    shown: 'Esc',
    label: 'back to the pane',
    group: 'Lab',
    contexts: ['help'],
    when: ({ ui }) => ui.helpSearch !== '',
  },
  { intent: 'close-help', keys: ['escape', '?', 'f1', 'q', 'enter'], shown: 'Esc', label: 'close help', group: 'Lab', contexts: ['help'] },
  { intent: 'up', keys: ['up'], shown: '↑', label: 'up', group: 'This pane', contexts: ['help'] },
  { intent: 'down', keys: ['down'], shown: '↓', label: 'down', group: 'This pane', contexts: ['help'] },
  { intent: 'page-up', keys: ['pageup'], shown: 'PgUp', label: 'page up', group: 'This pane', contexts: ['help'] },
  { intent: 'page-down', keys: ['pagedown', 'space'], shown: 'PgDn', label: 'page down', group: 'This pane', contexts: ['help'] },
  // A long reply, open
  { intent: 'close-reply', keys: ['escape', 'q', 'ctrl+o', 'ctrl+c'], shown: 'Esc', label: 'close the reply', group: 'This pane', contexts: ['reply'] },
  { intent: 'search', keys: ['/', 'ctrl+s'], shown: '/', label: 'search', group: 'This pane', contexts: ['reply'] },
  { intent: 'search-next', keys: ['n'], shown: 'n', label: 'next', group: 'This pane', contexts: ['reply'], when: hasSearched },
  { intent: 'search-previous', keys: ['N'], shown: 'N', label: 'one before', group: 'This pane', contexts: ['reply'], when: hasSearched },
  { intent: 'up', keys: ['up', 'k'], shown: '↑', label: 'up', group: 'This pane', contexts: ['reply'] },
  { intent: 'down', keys: ['down', 'j', 'enter'], shown: '↓', label: 'down', group: 'This pane', contexts: ['reply'] },
  { intent: 'page-up', keys: ['pageup', 'b'], shown: 'PgUp', label: 'page up', group: 'This pane', contexts: ['reply'] },
  { intent: 'page-down', keys: ['pagedown', 'space'], shown: 'PgDn', label: 'page down', group: 'This pane', contexts: ['reply'] },
  { intent: 'first-row', keys: ['home', 'g'], shown: 'Home', label: 'beginning', group: 'This pane', contexts: ['reply'] },
  { intent: 'last-row', keys: ['end', 'G'], shown: 'End', label: 'end', group: 'This pane', contexts: ['reply'] },
  { intent: 'older-reply', keys: ['['], shown: '[', label: 'reply before', group: 'This pane', contexts: ['reply'] },
  { intent: 'newer-reply', keys: [']'], shown: ']', label: 'next reply', group: 'This pane', contexts: ['reply'] },
  {
    intent: 'open-reply',
    keys: ['ctrl+o'],
    shown: 'Ctrl-O',
    label: 'the whole reply',
    group: 'This pane',
    contexts: ['console'],
    when: ({ repl }) => repl.long.length > 0,
  },
  // What is in the way goes first.
  { intent: 'to-rows', keys: ['x', 'escape'], shown: 'x', label: 'to the tree', group: 'This pane', contexts: ['panes'], of: hasBytes, when: isInBytes },
  { intent: 'byte-before', keys: ['left'], shown: '←', label: 'byte before', group: 'This pane', contexts: ['panes'], of: hasBytes, when: isInBytes },
  { intent: 'byte-after', keys: ['right'], shown: '→', label: 'next byte', group: 'This pane', contexts: ['panes'], of: hasBytes, when: isInBytes },
  { intent: 'to-bytes', keys: ['x'], shown: 'x', label: 'to the bytes', group: 'This pane', contexts: ['panes'], of: hasBytes, when: isOpen },
  { intent: 'close', keys: ['escape', 'enter'], shown: 'Esc', label: 'close', group: 'This pane', contexts: ['panes'], of: opens, when: isOpen },
  { intent: 'follow', keys: ['end', 'escape'], shown: 'End', label: 'follow again', group: 'This pane', contexts: ['panes'], of: moves, when: isFrozen },
  { intent: 'follow', keys: ['end'], shown: 'End', label: 'follow again', group: 'This pane', contexts: ['console'], of: moves, when: isFrozen },
  {
    intent: 'clear-filter',
    keys: ['escape'],
    shown: 'Esc',
    label: 'no filter',
    group: 'This pane',
    contexts: ['panes'],
    of: filters,
    when: ({ ui }) => ui.panes[ui.focus].filter !== '',
  },
  {
    intent: 'live', keys: ['end', 'escape'], shown: 'End', label: 'LIVE',
    meaning: 'now again, wherever the loop is by then',
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'live', keys: ['end'], shown: 'End', label: 'LIVE', meaning: 'now again, where nothing stands in the line',
    group: 'History', contexts: ['console'], when: (state) => isHistory(state) && state.repl.input === '' && state.repl.search === null,
  },
  // Time: none of these keys moves the loop while the history is shown.
  {
    intent: 'toggle-pause', keys: ['space'], shown: 'Space', label: 'pause, resume',
    meaning: 'holds the loop itself, and lets it run again',
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'toggle-pause', keys: ['space'], shown: 'Space', label: 'leave history',
    meaning: 'asks whether to leave the history, and to let the loop run or to hold it',
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'step-event', keys: ['e'], shown: 'e', label: 'step an event',
    meaning: 'lets the held loop go on by an event',
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'step-phase', keys: ['h'], shown: 'h', label: 'a phase',
    meaning: '… to another phase of the turn',
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'step-command', keys: ['c'], shown: 'c', label: 'a command',
    meaning: '… to the end of the next command',
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'step-turn', keys: ['t'], shown: 't', label: 'a turn',
    meaning: '… to the beginning of the next turn',
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'step-request', keys: ['r'], shown: 'r', label: 'to the next request',
    meaning:
      '… to the next request of the connection that is selected, or else of the one at whose event ' +
      'the loop is held, or else of any. It is held before that executes. ' +
      'What redis-cli and client libraries send by themselves when they connect is passed',
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'slower', keys: ['-'], shown: '-', label: 'slower',
    meaning: 'slow motion: 20, 5, 2 events a second, or 1',
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  {
    intent: 'faster', keys: ['+', '='], shown: '+', label: 'faster',
    meaning: 'the other way, up to full speed',
    group: 'Time', contexts: ['panes'], when: isNow,
  },
  { intent: 'breakpoint', keys: ['b'], shown: 'b', label: 'breakpoints', meaning: 'sets and deletes breakpoints', group: 'Time', contexts: ['panes'] },
  {
    intent: 'back-event', keys: ['left'], shown: '←', label: 'back',
    meaning: 'shows what was, an event earlier; the loop stays as it is, held or running',
    group: 'History', contexts: ['panes'],
  },
  {
    intent: 'forward-event', keys: ['right', 'e'], shown: '→ e', label: 'forward',
    meaning: 'an event later, at most to the newest',
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'forward-phase', keys: ['h'], shown: 'h', label: 'a phase',
    meaning: '… to another phase of the turn',
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'forward-command', keys: ['c'], shown: 'c', label: 'a command',
    meaning: '… to the end of the next command',
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'forward-turn', keys: ['t'], shown: 't', label: 'a turn',
    meaning: '… to the beginning of the next turn',
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'forward-request', keys: ['r'], shown: 'r', label: 'to the next request',
    meaning: '… to the next request of the connection that is selected or shown',
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'back-turn', keys: ['shift+left', 'ctrl+left', 'alt+left'], shown: 'Shift-←', label: 'back a turn',
    meaning: '… a turn earlier',
    group: 'History', contexts: ['panes'],
  },
  {
    intent: 'forward-turn', keys: ['shift+right', 'ctrl+right', 'alt+right'], shown: 'Shift-→', label: 'forward a turn',
    meaning: '… to the beginning of the next turn',
    group: 'History', contexts: ['panes'], when: isHistory,
  },
  {
    intent: 'oldest', keys: ['home'], shown: 'Home', label: 'as far back as it goes',
    meaning: '… as far back as it goes',
    group: 'History', contexts: ['panes'],
  },
  // Panes
  { intent: 'focus-next', keys: ['tab'], shown: 'Tab', label: 'next pane', group: 'Panes', contexts: ['panes', 'console'] },
  { intent: 'focus-previous', keys: ['shift+tab'], shown: 'Shift-Tab', label: 'pane before', group: 'Panes', contexts: ['panes', 'console'] },
  { intent: 'focus-pane', keys: ['1', '2', '3', '4', '5', '6'], shown: '1-6', label: 'pane', group: 'Panes', contexts: ['panes'] },
  { intent: 'leave-console', keys: ['escape'], shown: 'Esc', label: 'to the panes', group: 'Panes', contexts: ['console'], when: isNow },
  { intent: 'leave-console', keys: ['escape'], shown: 'Esc', label: 'to the panes, again LIVE', group: 'History', contexts: ['console'], when: isHistory },
  { intent: 'zoom', keys: ['z'], shown: 'z', label: 'zoom', meaning: 'the pane in focus fills the screen, or no longer', group: 'Panes', contexts: ['panes'] },
  // This pane
  { intent: 'up', keys: ['up', 'k'], shown: '↑', label: 'up', group: 'This pane', contexts: ['panes'], of: moves },
  { intent: 'down', keys: ['down', 'j'], shown: '↓', label: 'down', group: 'This pane', contexts: ['panes'], of: moves },
  { intent: 'page-up', keys: ['pageup'], shown: 'PgUp', label: 'page up', group: 'This pane', contexts: ['panes', 'console'], of: moves },
  { intent: 'page-down', keys: ['pagedown'], shown: 'PgDn', label: 'page down', group: 'This pane', contexts: ['panes', 'console'], of: moves },
  { intent: 'open', keys: ['enter'], shown: 'Enter', label: 'open', group: 'This pane', contexts: ['panes'], of: opens, when: (state) => !isOpen(state) },
  { intent: 'enter', keys: ['enter'], shown: 'Enter', label: 'its frames', group: 'This pane', contexts: ['panes'], of: enters },
  { intent: 'turn', keys: ['v'], shown: 'v', label: 'commands', group: 'This pane', contexts: ['panes'], of: isFrames },
  { intent: 'turn', keys: ['v'], shown: 'v', label: 'frames', group: 'This pane', contexts: ['panes'], of: enters },
  { intent: 'filter', keys: ['/'], shown: '/', label: 'filter', group: 'This pane', contexts: ['panes'], of: filters },
  { intent: 'sort', keys: ['s'], shown: 's', label: 'sort', group: 'This pane', contexts: ['panes'], of: (pane) => pane.sorts !== undefined },
  { intent: 'previous-database', keys: ['['], shown: '[', label: 'database before', group: 'This pane', contexts: ['panes'], of: hasDatabases },
  { intent: 'next-database', keys: [']'], shown: ']', label: 'next database', group: 'This pane', contexts: ['panes'], of: hasDatabases },
  // Lab
  { intent: 'spell', keys: ['\\'], shown: '\\', label: 'text or \\xHH', group: 'Lab', contexts: ['panes'] },
  {
    intent: 'take-back', keys: ['u'], shown: 'u', label: 'take back',
    meaning: 'takes back what a key has changed last: pause, resume, speed, breakpoints, zoom, sort order, database, filter. A step cannot be taken back',
    group: 'Lab', contexts: ['panes'],
  },
  { intent: 'help', keys: ['?', 'f1'], shown: '?', label: 'help', group: 'Lab', contexts: ['panes'] },
  { intent: 'help', keys: ['f1'], shown: 'F1', label: 'help', group: 'Lab', contexts: ['console'] },
  {
    intent: 'quit', keys: ['q'], shown: 'q', label: 'quit',
    meaning: "leaves the lab; asks first while there are other clients than the REPL's, or keys",
    group: 'Lab', contexts: ['panes'],
  },
  {
    intent: 'suspend',
    keys: ['ctrl+z'],
    shown: 'Ctrl-Z',
    label: 'back to the shell, fg returns',
    group: 'Lab',
    contexts: ['panes', 'console', 'prompt', 'help'],
  },
  { intent: 'leave', keys: ['ctrl+c'], shown: 'Ctrl-C twice', label: 'quit', group: 'Lab', contexts: ['panes', 'console', 'help'] },
];

export function contextOf({ ui, repl }: State): Context {
  if (ui.question !== null) return 'question';
  if (ui.prompt !== null) return 'prompt';
  if (repl.pager !== null) return 'reply';
  if (ui.isHelpOpen) return 'help';
  return ui.focus === 'repl' ? 'console' : 'panes';
}

/** What can be pressed in a pane at one time or another, in the order of the table. */
export function bindingsOf(pane: Pane, context: Context): Binding[] {
  return KEYMAP.filter(({ contexts, of }) => contexts.includes(context) && (of === undefined || of(pane)));
}

/** What can be pressed now. */
export function bindingsNow(state: State, pane: Pane): Binding[] {
  return bindingsOf(pane, contextOf(state)).filter(({ when }) => when === undefined || when(state));
}

/** What a key asks for; null: nothing. */
export function intentOf(key: Key, state: State, pane: Pane): Intent | null {
  const spelled = spell(key);
  return bindingsNow(state, pane).find(({ keys }) => keys.includes(spelled))?.intent ?? null;
}
