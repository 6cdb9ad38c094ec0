/**
 * The console's share of the state: what was said, and the line being typed. The console's own connections live in repl/, as effects.
 */

export interface ReplLine {
  /** `in`: what was sent; `out`: a reply; `error`: an error reply; `push`: out of band (a message, an invalidation); `note`: the console's own word. */
  readonly kind: 'in' | 'out' | 'error' | 'push' | 'note';
  /** The client that said or heard it, `` for the default one. */
  readonly client: string;
  /** Safe to print already. */
  readonly text: string;
}

export interface ReplCompletion {
  readonly candidates: readonly string[];
  readonly index: number;
  /** Where in the input the word being completed begins. */
  readonly from: number;
}

export interface ReplState {
  readonly lines: readonly ReplLine[];
  readonly input: string;
  /** Characters before the cursor. */
  readonly cursor: number;
  /** The syntax still to be typed, dim behind the cursor. */
  readonly hint: string;
  /** Why Enter would not do, shown in red. */
  readonly error: string | null;
  readonly completion: ReplCompletion | null;
  /** Ctrl-R: the search text, and the entry it has found. */
  readonly search: { readonly text: string; readonly found: string | null } | null;
  readonly history: readonly string[];
  /** While walking through the history: the position, and the line that was being typed. */
  readonly browsing: { readonly index: number; readonly draft: string } | null;
  /** The client that lines go to: database, inside MULTI, subscribed, waiting for a blocked command or for MONITOR. */
  readonly client: { readonly name: string; readonly db: number; readonly token: number | null; readonly state: 'connecting' | 'ready' | 'waiting' | 'multi' | 'subscribed' | 'monitor' | 'closed' };
}

export const initialRepl: ReplState = {
  lines: [],
  input: '',
  cursor: 0,
  hint: '',
  error: null,
  completion: null,
  search: null,
  history: [],
  browsing: null,
  client: { name: '', db: 0, token: null, state: 'connecting' },
};
