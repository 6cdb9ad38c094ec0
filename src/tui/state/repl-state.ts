/**
 * The console's share of the state: the transcript, and the line being typed. The console's connections are in repl/, as effects.
 */
import type { CommandReference, SettingReference } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import type { LongReply, Pager } from './repl/pager.js';

export interface ReplLine {
  /** `in`: sent; `out`: a reply; `error`: an error reply; `push`: out of band (a message, an invalidation); `note`: a text of the console itself. */
  readonly kind: 'in' | 'out' | 'error' | 'push' | 'note';
  /** The client that sent or received it, `` for the default one. */
  readonly client: string;
  /** One line, safe to print. */
  readonly text: string;
  /** For sent lines: the prompt. */
  readonly prompt?: string;
}

export interface ReplCompletion {
  readonly candidates: readonly string[];
  readonly index: number;
  /** Where the word being completed begins in the input. */
  readonly from: number;
}

export interface ReplClient {
  /** `` for the default one. */
  readonly name: string;
  /** Where it is connected to, as the prompt shows it: `127.0.0.1:6379`, or the path of a unix socket. */
  readonly address: string;
  /** Its own address, as the trace names its peer; null while there is no connection, and on a unix socket. */
  readonly peer: string | null;
  readonly db: number;
  readonly protocol: 2 | 3;
  readonly inTransaction: boolean;
  readonly isReadingPaused: boolean;
  /** The command whose reply takes longer than a moment, such as `BLPOP`; null: none. */
  readonly awaited: string | null;
  /** Number of requests sent after it. */
  readonly behind: number;
  /** `waiting`: a reply takes longer than a moment. */
  readonly state: 'connecting' | 'ready' | 'waiting' | 'subscribed' | 'monitor' | 'closed';
}

export interface ReplState {
  readonly lines: readonly ReplLine[];
  /** Number of lines so far; the transcript keeps the newest. */
  readonly lineCount: number;
  /** The newest replies that the transcript shows only in part. */
  readonly long: readonly LongReply[];
  /** One of them, open over the panes. */
  readonly pager: Pager | null;
  readonly input: string;
  /** Characters before the cursor. */
  readonly cursor: number;
  /** The text that was cut last, for Ctrl-Y. */
  readonly killed: string;
  /** The syntax still to be typed, dim after the cursor. */
  readonly hint: string;
  /** Why Enter would not work, shown in red. */
  readonly error: Text | null;
  readonly completion: ReplCompletion | null;
  /** Ctrl-R: the search text, the found entry, and its position in the history. */
  readonly search: { readonly text: string; readonly found: string | null; readonly index: number } | null;
  /** Oldest first. */
  readonly history: readonly string[];
  /** While moving through the history: the position, and the line that was being typed. */
  readonly browsing: { readonly index: number; readonly draft: string } | null;
  /** The client that lines go to. */
  readonly client: ReplClient;
  /** All of them, that one included. */
  readonly clients: readonly ReplClient[];
  /** The table for completion, hints and arity; empty until it is loaded. */
  readonly commands: readonly CommandReference[];
  /** The settings for completing CONFIG GET and SET; empty until loaded. */
  readonly settings: readonly SettingReference[];
}

export const initialClient: ReplClient = {
  name: '',
  address: '',
  peer: null,
  db: 0,
  protocol: 2,
  inTransaction: false,
  isReadingPaused: false,
  awaited: null,
  behind: 0,
  state: 'connecting',
};

export const initialRepl: ReplState = {
  lines: [],
  lineCount: 0,
  long: [],
  pager: null,
  input: '',
  cursor: 0,
  killed: '',
  hint: '',
  error: null,
  completion: null,
  search: null,
  history: [],
  browsing: null,
  client: initialClient,
  clients: [initialClient],
  commands: [],
  settings: [],
};

/** As redis-cli shows it: `127.0.0.1:6379[2](TX)> `; preceded by the name of a client other than the default one. */
export function promptOf({ name, address, db, inTransaction, state }: ReplClient): string {
  const mark = name === '' ? '' : `@${name} `;
  if (state === 'closed') return `${mark}not connected> `;
  return `${mark}${address}${db === 0 ? '' : `[${db}]`}${inTransaction ? '(TX)' : ''}> `;
}
