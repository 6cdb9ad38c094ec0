/**
 * The console's share of the state: what was said, and the line being typed. The console's own connections live in repl/, as effects.
 */
import type { CommandReference, SettingReference } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import type { LongReply, Pager } from './repl/pager.js';

export interface ReplLine {
  /** `in`: what was sent; `out`: a reply; `error`: an error reply; `push`: out of band (a message, an invalidation); `note`: the console's own word. */
  readonly kind: 'in' | 'out' | 'error' | 'push' | 'note';
  /** The client that said or heard it, `` for the default one. */
  readonly client: string;
  /** One line, safe to print already. */
  readonly text: string;
  /** Of what was sent: the prompt that stood before it. */
  readonly prompt?: string;
}

export interface ReplCompletion {
  readonly candidates: readonly string[];
  readonly index: number;
  /** Where in the input the word being completed begins. */
  readonly from: number;
}

export interface ReplClient {
  /** `` for the default one. */
  readonly name: string;
  /** Where it is connected to, as the prompt shows it: `127.0.0.1:6379`, or the path of a unix socket. */
  readonly address: string;
  /** Its own end, as the trace names its peer; null while there is no connection, and on a unix socket. */
  readonly peer: string | null;
  readonly db: number;
  readonly protocol: 2 | 3;
  readonly inTransaction: boolean;
  readonly isReadingPaused: boolean;
  /** The command whose reply is due for longer than a moment, `BLPOP`; null: none. */
  readonly awaited: string | null;
  /** How many have been sent behind it. */
  readonly behind: number;
  /** `waiting`: a reply is due for longer than a moment. */
  readonly state: 'connecting' | 'ready' | 'waiting' | 'subscribed' | 'monitor' | 'closed';
}

export interface ReplState {
  readonly lines: readonly ReplLine[];
  /** Lines there have ever been; the transcript keeps the newest. */
  readonly lineCount: number;
  /** The newest replies of which the transcript shows only the beginning. */
  readonly long: readonly LongReply[];
  /** One of them, open over the panes. */
  readonly pager: Pager | null;
  readonly input: string;
  /** Characters before the cursor. */
  readonly cursor: number;
  /** What was cut last, for Ctrl-Y. */
  readonly killed: string;
  /** The syntax still to be typed, dim behind the cursor. */
  readonly hint: string;
  /** Why Enter would not do, shown in red. */
  readonly error: Text | null;
  readonly completion: ReplCompletion | null;
  /** Ctrl-R: the search text, the entry it has found, and where in the history that is. */
  readonly search: { readonly text: string; readonly found: string | null; readonly index: number } | null;
  /** Oldest first. */
  readonly history: readonly string[];
  /** While walking through the history: the position, and the line that was being typed. */
  readonly browsing: { readonly index: number; readonly draft: string } | null;
  /** The client that lines go to. */
  readonly client: ReplClient;
  /** All of them, that one included. */
  readonly clients: readonly ReplClient[];
  /** The table that completion, hints and arity read; empty until it is loaded. */
  readonly commands: readonly CommandReference[];
  /** What CONFIG GET and SET complete; empty until it is loaded. */
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

/** As redis-cli shows it: `127.0.0.1:6379[2](TX)> `; another client than the default one has its name in front. */
export function promptOf({ name, address, db, inTransaction, state }: ReplClient): string {
  const mark = name === '' ? '' : `@${name} `;
  if (state === 'closed') return `${mark}not connected> `;
  return `${mark}${address}${db === 0 ? '' : `[${db}]`}${inTransaction ? '(TX)' : ''}> `;
}
