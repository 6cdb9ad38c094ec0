/**
 * The interface between app and console: keys go in while the REPL has the focus, a new share of the state comes out.
 *
 * `createConsole(host)` in console.ts makes the console, which connects at once; {@link Console.close} ends all its connections and writes its history.
 */
import type { Address, RedisLabServer, RunTarget } from '../../server/index.js';
import type { Language } from '../../shared/language.js';
import type { ReplLine, ReplState } from '../state/repl-state.js';
import type { Spelling, State } from '../state/state.js';
import type { Key } from '../terminal/key.js';
import type { ReplPast } from './past.js';
import type { Repl } from './repl.js';

/** The parts of the server that words of the console use, besides what clients can do. */
export type LabControls = Pick<RedisLabServer, 'faults' | 'snapshot' | 'activity' | 'trigger' | 'changedSettings'>;

export interface ReplForks {
  /** Handles `fork`. Resolves with the text to show. */
  open(): Promise<readonly string[]>;
  /** Handles `fork off`. False if this is no fork. */
  leave(): boolean;
}

export interface ConsoleHost {
  /** Where the server listens; a port of 0: not yet. */
  readonly address: Address;
  readonly server: LabControls;
  /** The language of the console's texts. */
  readonly language: Language;
  /** The current state: keys to complete, the database, the console's share. */
  state(): State;
  /** Replaces the console's share of the state; the screen is drawn soon. */
  update(repl: ReplState): void;
  /** Handles `escapes on` and `escapes off`. */
  spell(spelling: Spelling): void;
  /** Handles `run to #7`. */
  run(target: RunTarget): void;
  /** Handles `learn`, or `learn pipeline`. @param name empty: none was given. Returns an error, or null */
  learn(name: string): string | null;
  /** Handles `advance 90s`. Resolves with the unix time in ms afterwards; rejects with an error in the duration. */
  advance(duration: string): Promise<number>;
  /** For `fork`. */
  readonly forks: ReplForks;
  /** For `goto`, and for lines typed while the past is shown. */
  readonly past: ReplPast;
  /** Handles `quit`. */
  quit(): void;
}

export interface Console {
  /**
   * Handles a key while the REPL has the focus. Returns false for a key that it does not use at the moment and the app handles: Tab without anything to
   * complete, Esc without anything to close, Ctrl-C with an empty line and nothing to leave, PageUp, PageDown, F-keys.
   */
  press(key: Key): boolean;
  /** Runs a line as if it had been typed. */
  run(line: string): void;
  /** For scenarios: running lines, and waiting for their end. */
  readonly repl: Pick<Repl, 'play' | 'answered' | 'settled' | 'isActing' | 'traffic'>;
  /** Calls back with the lines of the transcript from now on. Returns a function that ends this. */
  listen(said: (lines: readonly ReplLine[]) => void): () => void;
  /** Adds a note to the transcript. @param text safe to print */
  note(text: string): void;
  /** The host's address has changed. */
  addressChanged(): void;
  /** Resolves when no reply is due any more. */
  answered(): Promise<void>;
  /** Opens the newest long reply, or the one `by` places from the open one; false if there is none. */
  openReply(by: number): boolean;
  close(): void;
}
