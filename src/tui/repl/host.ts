/**
 * What the app and the console are to each other: keys go in while the REPL has the focus, a new share of the state comes out.
 *
 * The console is made by `createConsole(host)` in console.ts. It connects when it is made; {@link Console.close} ends all its connections
 * and writes its history.
 */
import type { Address, RedisLabServer, RunTarget } from '../../server/index.js';
import type { Language } from '../../shared/language.js';
import type { ReplLine, ReplState } from '../state/repl-state.js';
import type { Spelling, State } from '../state/state.js';
import type { Key } from '../terminal/key.js';
import type { ReplPast } from './past.js';
import type { Repl } from './repl.js';

/** What words of the console ask of the server besides what clients can. */
export type LabControls = Pick<RedisLabServer, 'faults' | 'snapshot' | 'activity' | 'trigger' | 'changedSettings'>;

export interface ReplForks {
  /** `fork` was typed. Resolves with what is to be said of it. */
  open(): Promise<readonly string[]>;
  /** `fork off` was typed. False if this is no fork. */
  leave(): boolean;
}

export interface ConsoleHost {
  /** Where the server listens; a port of 0: nowhere, as yet. */
  readonly address: Address;
  readonly server: LabControls;
  /** Of what the console itself says. */
  readonly language: Language;
  /** The state as it is now: keys to complete, the database, its own share. */
  state(): State;
  /** Replaces the console's share; the screen is drawn soon. */
  update(repl: ReplState): void;
  /** `escapes on` or `escapes off` was typed. */
  spell(spelling: Spelling): void;
  /** `run to #7` was typed. */
  run(target: RunTarget): void;
  /** `learn`, or `learn pipeline`, was typed. @param name empty: none was given. Returns what is wrong about it, or null */
  learn(name: string): string | null;
  /** `advance 90s` was typed. Resolves with the unix time in ms that it is then; rejects with what is wrong about it. */
  advance(duration: string): Promise<number>;
  /** For `fork`. */
  readonly forks: ReplForks;
  /** For `goto`, and for what is typed while the past is shown. */
  readonly past: ReplPast;
  /** `quit` was typed. */
  quit(): void;
}

export interface Console {
  /**
   * Handles a key while the REPL has the focus. Returns false for a key that it does not use at the moment, which then is the app's: Tab
   * without anything to complete, Esc without anything to close, Ctrl-C with an empty line and nothing to leave, PageUp, PageDown, F-keys.
   */
  press(key: Key): boolean;
  /** Runs a line as if it had been typed. */
  run(line: string): void;
  /** For scenarios: their lines, and when they are done. */
  readonly repl: Pick<Repl, 'play' | 'answered' | 'settled' | 'isActing' | 'traffic'>;
  /** Calls back with the lines of the transcript from now on. Returns how to end it. */
  listen(said: (lines: readonly ReplLine[]) => void): () => void;
  /** Says something in the transcript. @param text safe to print */
  note(text: string): void;
  /** The host has another address by now. */
  addressChanged(): void;
  /** Resolves when no reply is due any more. */
  answered(): Promise<void>;
  /** Opens the newest long reply, or the one `by` places from the one that is open; false if there is none. */
  openReply(by: number): boolean;
  close(): void;
}
