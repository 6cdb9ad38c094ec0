/**
 * The console's reducer: the effects of keys on the line, and of replies on the transcript. Pure; the effects are repl/console.ts and repl/console-client.ts.
 *
 *   key → ReplAction → reduceRepl → ReplState → view/panes/repl.ts
 *                └ submittedLines → what the effects send
 */
import type { CommandReference, SettingReference } from '../../server/index.js';
import { initialClient, type ReplClient, type ReplLine, type ReplState } from './repl-state.js';
import { completionsFor, errorFor, hintFor } from './repl/advice.js';
import { edit, printable, type EditAction } from './repl/line-editor.js';
import { withLong, type LongReply } from './repl/pager.js';

export type ReplAction =
  | EditAction
  | { readonly type: 'submit' | 'history-previous' | 'history-next' | 'close-search' | 'dismiss' | 'transcript-cleared' }
  | { readonly type: 'paste'; readonly text: string }
  /** A line was run, but not typed: it is in the history, and the line being typed stays. */
  | { readonly type: 'line-run'; readonly line: string }
  /** `keys`: those on the screen, as byte strings. */
  | { readonly type: 'complete-next' | 'complete-previous'; readonly keys: readonly string[] }
  /** Opens the search, or continues with the next older entry. */
  | { readonly type: 'search-history' }
  | { readonly type: 'commands-loaded'; readonly commands: readonly CommandReference[] }
  | { readonly type: 'settings-loaded'; readonly settings: readonly SettingReference[] }
  | { readonly type: 'history-loaded'; readonly history: readonly string[] }
  | { readonly type: 'lines-received'; readonly lines: readonly ReplLine[]; readonly long?: readonly LongReply[] }
  /** All lines of one of the long replies. */
  | { readonly type: 'pager-opened'; readonly id: number; readonly title: string; readonly lines: readonly string[] }
  | { readonly type: 'pager-closed' }
  /** To a row; `limit` is the last that can be at the top. */
  | { readonly type: 'pager-moved'; readonly top: number; readonly limit: number }
  | { readonly type: 'pager-searched'; readonly text: string }
  | { readonly type: 'clients-changed'; readonly clients: readonly ReplClient[]; readonly current: string };

/** Maximum number of lines of the transcript, and of the history. */
export const MAX_LINES = 1000;
export const MAX_HISTORY = 1000;

/** The lines that an action sends, in the order in which they run. Call it with the state before the action. */
export function submittedLines(state: ReplState, action: ReplAction): readonly string[] {
  if (action.type === 'submit') return [(state.search?.found ?? state.input).trim()].filter((line) => line !== '');
  return action.type === 'paste' ? splitPaste(state, action.text).run.filter((line) => line !== '') : [];
}

export function reduceRepl(state: ReplState, action: ReplAction): ReplState {
  switch (action.type) {
    case 'submit':
      return submit(state, submittedLines(state, action), '');
    case 'paste':
      return paste(state, action.text);
    case 'line-run':
      return { ...state, history: remember(state.history, action.line) };
    case 'complete-next':
      return complete(state, 1, action.keys);
    case 'complete-previous':
      return complete(state, -1, action.keys);
    case 'history-previous':
      return browse(state, -1);
    case 'history-next':
      return browse(state, 1);
    case 'search-history':
      return search(state);
    case 'close-search':
      return acceptSearch(state);
    case 'dismiss':
      return { ...state, search: null, completion: null };
    case 'commands-loaded':
      return advise({ ...state, commands: action.commands });
    case 'settings-loaded':
      return { ...state, settings: action.settings };
    case 'history-loaded':
      return { ...state, history: action.history.slice(-MAX_HISTORY) };
    case 'lines-received':
      return {
        ...state,
        lines: [...state.lines, ...action.lines].slice(-MAX_LINES),
        lineCount: state.lineCount + action.lines.length,
        long: action.long === undefined || action.long.length === 0 ? state.long : withLong(state.long, action.long),
      };
    case 'pager-opened':
      return { ...state, pager: { id: action.id, title: action.title, lines: action.lines, top: 0, search: state.pager?.search ?? '' } };
    case 'pager-closed':
      return { ...state, pager: null };
    case 'pager-moved':
      return state.pager === null ? state : { ...state, pager: { ...state.pager, top: Math.max(0, Math.min(action.top, action.limit)) } };
    case 'pager-searched':
      return state.pager === null ? state : { ...state, pager: { ...state.pager, search: action.text } };
    case 'transcript-cleared':
      return { ...state, lines: [] };
    case 'clients-changed':
      return { ...state, clients: action.clients, client: action.clients.find(({ name }) => name === action.current) ?? initialClient };
    default:
      return editLine(state, action);
  }
}

function editLine(state: ReplState, action: EditAction): ReplState {
  if (state.search === null) return changed(state, edit(state, action));
  // Keys that edit a line edit the search text; all others accept the found entry, and act on it.
  if (action.type === 'discard-line') return { ...state, search: null };
  if (action.type !== 'type-text' && action.type !== 'delete-backward') return editLine(acceptSearch(state), action);
  const text = edit({ input: state.search.text, cursor: state.search.text.length, killed: '' }, action).input;
  return { ...state, search: find(state, text, state.history.length) };
}

function changed(state: ReplState, line: { readonly input: string; readonly cursor: number; readonly killed?: string }): ReplState {
  return advise({ ...state, ...line, completion: null, browsing: line.input === state.input ? state.browsing : null });
}

/** Hint and red line follow from the line. */
function advise(state: ReplState): ReplState {
  const isAtEnd = state.cursor === state.input.length;
  return { ...state, hint: isAtEnd ? hintFor(state.commands, state.input) : '', error: state.input === '' ? null : errorFor(state.commands, state.input) };
}

function submit(state: ReplState, lines: readonly string[], rest: string): ReplState {
  const history = lines.reduce(remember, state.history);
  return advise({ ...state, history, input: rest, cursor: rest.length, completion: null, browsing: null, search: null });
}

/** A line that repeats the last one is stored once; passwords are not stored at all. */
export function remember(history: readonly string[], line: string): readonly string[] {
  return line === '' || isSecret(line) || history.at(-1) === line ? history : [...history, line].slice(-MAX_HISTORY);
}

/** True if the line contains a password: then it is not stored, as in redis-cli. */
export function isSecret(line: string): boolean {
  const words = line.replace(/^\s*@\S*\s+/, '').replace(/^\s*[+-]?\d+\s+/, '').replace(/^\s*slice\s+\S+\s+/i, '').trim().toLowerCase().split(/\s+/);
  const [name = '', second = ''] = words.map((word) => word.replace(/["']/g, ''));
  switch (name) {
    case 'auth':
      return true;
    case 'acl':
      return second === 'setuser' || second === 'deluser' || second === 'getuser';
    case 'config':
      return second === 'set' && words.slice(2).some((word) => /requirepass|masterauth|masteruser/.test(word));
    case 'hello':
    case 'migrate':
      return words.some((word) => /^["']?auth2?["']?$/.test(word));
    case 'raw':
      return /auth|requirepass|masterauth|setuser/i.test(line);
    default:
      return false;
  }
}

function paste(state: ReplState, text: string): ReplState {
  const { run, rest, cursor } = splitPaste(state, text);
  if (run.length > 0) return submit(state, run.filter((line) => line !== ''), rest);
  return state.search === null ? changed(state, { input: rest, cursor }) : editLine(state, { type: 'type-text', text });
}

/** Each line that ends with a line break is run; the rest after the last one stays in the line. */
function splitPaste({ input, cursor }: ReplState, text: string): { run: readonly string[]; rest: string; cursor: number } {
  const lines = (input.slice(0, cursor) + text.replace(/\r\n?/g, '\n')).split('\n').map(printable);
  const last = lines.pop()!;
  return { run: lines.map((line) => line.trim()), rest: last + input.slice(cursor), cursor: last.length };
}

function complete(state: ReplState, step: 1 | -1, keys: readonly string[]): ReplState {
  if (state.search !== null) return acceptSearch(state);
  const running = state.completion;
  if (running !== null) return put(state, { ...running, index: (running.index + step + running.candidates.length) % running.candidates.length });
  const names = state.clients.map(({ name }) => name).filter((name) => name !== '');
  const { from, candidates } = completionsFor({ ...state, keys, clients: names }, state.input.slice(0, state.cursor));
  if (candidates.length === 0) return state;
  return put(state, { from, candidates, index: step === 1 ? 0 : candidates.length - 1 });
}

/** Inserts the chosen candidate. If it is the only one, a space follows, since the next word can begin. */
function put(state: ReplState, completion: NonNullable<ReplState['completion']>): ReplState {
  const isOnly = completion.candidates.length === 1;
  const word = completion.candidates[completion.index]! + (isOnly ? ' ' : '');
  const input = state.input.slice(0, completion.from) + word + state.input.slice(state.cursor).replace(isOnly ? /^ / : /^$/, '');
  const next = advise({ ...state, input, cursor: completion.from + word.length, browsing: null });
  return { ...next, completion: isOnly ? null : completion };
}

function browse(state: ReplState, step: 1 | -1): ReplState {
  if (state.search !== null) return browse(acceptSearch(state), step);
  const { history, browsing } = state;
  const index = (browsing?.index ?? history.length) + step;
  if (index < 0 || index > history.length) return state;
  const draft = browsing?.draft ?? state.input;
  const input = index === history.length ? draft : history[index]!;
  return { ...advise({ ...state, input, cursor: input.length, completion: null }), browsing: index === history.length ? null : { index, draft } };
}

function search(state: ReplState): ReplState {
  if (state.search === null) return { ...state, search: find(state, '', state.history.length), completion: null };
  return { ...state, search: find(state, state.search.text, state.search.index) };
}

/** The newest entry older than `index` that contains the text; if there is none, the previous result stays. */
function find(state: ReplState, text: string, index: number): NonNullable<ReplState['search']> {
  if (text === '') return { text, found: null, index: state.history.length };
  for (let i = Math.min(index, state.history.length) - 1; i >= 0; i--) {
    if (state.history[i]!.toLowerCase().includes(text.toLowerCase())) return { text, found: state.history[i]!, index: i };
  }
  const previous = state.search?.text === text ? state.search : null;
  return previous ?? { text, found: null, index: state.history.length };
}

function acceptSearch(state: ReplState): ReplState {
  const found = state.search?.found ?? null;
  if (found === null) return { ...state, search: null };
  return advise({ ...state, search: null, input: found, cursor: found.length, completion: null, browsing: null });
}

