/**
 * The console: turns keys into actions of repl-reduce.ts, and lines into effects of repl.ts; the only place that knows both.
 *
 *   press(key) → ReplAction → submittedLines → Repl.submit
 *                     └────→ reduceRepl → host.update
 */
import { spell, type Key } from '../terminal/key.js';
import { reduceRepl, submittedLines, type ReplAction } from '../state/repl-reduce.js';
import type { ReplLine, ReplState } from '../state/repl-state.js';
import { LINE_KEYS } from '../state/repl/line-keys.js';
import { longReplyAt } from '../state/repl/pager.js';
import { CONSOLE_TEXTS } from './console-texts.js';
import { formatReply, formatText, WHOLE } from './format-reply.js';
import { historyPath } from './history-file.js';
import type { Console, ConsoleHost } from './host.js';
import { createRepl, type Repl } from './repl.js';

export interface ConsoleOptions {
  /** Where the history is stored; null: nowhere. By default as {@link historyPath} says. */
  readonly historyFile?: string | null;
  /** Empty: none. */
  readonly password?: string;
}

export function createConsole(host: ConsoleHost, { historyFile = historyPath(), password = '' }: ConsoleOptions = {}): Console {
  return new LabConsole(host, historyFile, password);
}

class LabConsole implements Console {
  readonly repl: Repl;
  private readonly listeners = new Set<(lines: readonly ReplLine[]) => void>();

  constructor(
    private readonly host: ConsoleHost,
    historyFile: string | null,
    password: string,
  ) {
    this.repl = createRepl({
      get address() {
        return host.address;
      },
      server: host.server, language: host.language, historyFile, ...(password === '' ? {} : { password }),
      dispatch: (action) => this.reduce(action),
      hasPager: true,
      spell: (spelling) => host.spell(spelling),
      run: (target) => host.run(target),
      learn: (name) => host.learn(name),
      advance: (duration) => host.advance(duration),
      past: host.past,
      forks: host.forks,
      quit: () => host.quit(),
    });
  }

  press(key: Key): boolean {
    const spelled = spell(key);
    if (spelled === 'ctrl+c') return this.interrupt();
    const state = this.host.state().repl;
    const action = this.actionOf(key, spelled, state);
    if (action === null) return false;
    const lines = submittedLines(state, action);
    this.reduce(action);
    for (const line of lines) this.repl.submit(line);
    return true;
  }

  run(line: string): void {
    this.reduce({ type: 'line-run', line });
    this.repl.submit(line);
  }

  note(text: string): void {
    this.repl.note(text);
  }

  addressChanged(): void {
    this.repl.addressChanged();
  }

  answered(): Promise<void> {
    return this.repl.answered();
  }

  openReply(by: number): boolean {
    const { long, pager } = this.host.state().repl;
    const wanted = longReplyAt(long, pager, by);
    if (wanted === null) return false;
    const { id, title, reply, isText } = wanted;
    const texts = CONSOLE_TEXTS[this.host.language];
    const lines = isText && typeof reply === 'string' ? formatText(reply, WHOLE, texts) : formatReply(reply, WHOLE, texts);
    this.reduce({ type: 'pager-opened', id, title, lines });
    return true;
  }

  close(): void {
    this.repl.close();
  }

  private actionOf(key: Key, spelled: string, state: ReplState): ReplAction | null {
    if (key.name === 'paste') return { type: 'paste', text: key.text };
    if (key.text !== '' && !key.ctrl && !key.alt) return { type: 'type-text', text: key.text };
    switch (spelled) {
      case 'tab':
      case 'shift+tab':
        return this.completion(spelled === 'tab' ? 'complete-next' : 'complete-previous', state);
      case 'escape':
      case 'ctrl+g':
        return state.search !== null || state.completion !== null ? { type: 'dismiss' } : null;
      // Ctrl-D deletes, and on an empty line quits, as in shells; quitting is handled by the app.
      case 'ctrl+d':
        return state.input === '' && state.search === null ? null : { type: 'delete-forward' };
      default:
        return ACTIONS.get(spelled) ?? null;
    }
  }

  /** Null if there is nothing to complete: then Tab goes to the next pane. */
  private completion(type: 'complete-next' | 'complete-previous', state: ReplState): ReplAction | null {
    if (state.input.trim() === '' && state.search === null) return null;
    const { db, rows } = this.host.state().model.keyspace;
    // Keys of another database would only be answered with nil.
    const known = db === state.client.db ? rows : [];
    return { type, keys: known.filter(({ gone }) => gone === null).map(({ key }) => key) };
  }

  /** Leaves what is waited for, otherwise the search, otherwise the line. */
  private interrupt(): boolean {
    if (this.repl.interrupt()) return true;
    const { search, input } = this.host.state().repl;
    if (search === null && input === '') return false;
    this.reduce({ type: 'discard-line' });
    return true;
  }

  listen(said: (lines: readonly ReplLine[]) => void): () => void {
    this.listeners.add(said);
    return () => this.listeners.delete(said);
  }

  private reduce(action: ReplAction): void {
    if (action.type === 'lines-received') for (const listener of this.listeners) listener(action.lines);
    const before = this.host.state().repl;
    const after = reduceRepl(before, action);
    if (after !== before) this.host.update(after);
  }
}

const ACTIONS: ReadonlyMap<string, ReplAction> = new Map(LINE_KEYS.flatMap(({ keys, action }) => keys.map((key) => [key, action] as const)));
