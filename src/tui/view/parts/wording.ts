/**
 * Wording: what sentences about events need besides the event, and how they name its contents. Clients' data are escaped here.
 */
import type { TraceEvent, TraceKind } from '../../../server/index.js';
import type { Language } from '../../../shared/language.js';
import type { State } from '../../state/state.js';
import { truncate } from '../text.js';
import type { Theme } from '../theme.js';

export interface Wording {
  readonly language: Language;
  /** Readiness does not come from a kernel, so epoll is not mentioned. */
  readonly isEmulated: boolean;
  /** The loop is that of a learner's program, of which only the calls are known; left out: it is the lab's own. */
  readonly isProgram?: boolean;
  /** There is a listener for each address; the first one is token 0. */
  isListener(token: number): boolean;
  isWaker(token: number): boolean;
  readonly visible: Theme['visible'];
}

export function wordingOf(state: State, { visible }: Theme): Wording {
  const { server, model, ui } = state;
  // The poller is known from the start, before the first event.
  return {
    language: ui.language,
    isEmulated: server.poller === 'portable' || model.loop.isEmulated,
    isProgram: state.program !== null,
    isListener: (token) => model.tokens.rows.get(token)?.kind === 'listener',
    isWaker: (token) => model.tokens.rows.get(token)?.kind === 'waker',
    visible,
  };
}

type EventOf<K extends TraceKind> = Extract<TraceEvent, { kind: K }>;

/** All sentences in one language. Of several forms, the longest comes first. */
export interface Sentences {
  /** For an event that has just happened. */
  readonly happened: { readonly [K in TraceKind]: (event: EventOf<K>, wording: Wording) => string };
  /** While the loop is held before a request executes, at the beginning of a turn, before a wait, or after anything else. */
  readonly held: {
    request(request: string): string;
    turn(turn: number): string;
    wait(name: string, timeout: string): string;
    after(sentence: string): string;
  };
  /** The timeout of a wait, and its reason. @param timeout as a duration */
  timeout(timeoutMs: number, timeout: string, why: string): readonly string[];
  asleep(name: string): readonly string[];
  dropped(turns: number, commands: number): string;
}

/** Sentences about a learner's program, in place of those that speak of the lab's own loop. */
export interface ProgramSentences {
  readonly happened: { readonly [K in TraceKind]?: (event: EventOf<K>, wording: Wording) => string };
  readonly held: Pick<Sentences['held'], 'request' | 'turn'>;
}

/** The name of the loop's waiting call. */
export function waitName(isEmulated: boolean): string {
  return isEmulated ? 'poll.wait (emulated)' : 'epoll_wait';
}

/** `ERR unknown command …` of `-ERR unknown command …`, or of the bulk error `!21\r\nERR …`. */
export const errorText = (raw: string): string => (raw.startsWith('!') ? (raw.split('\r\n')[1] ?? '') : raw.slice(1).split('\r\n')[0]!);

const KEYS_NAMED = 3;
const ARGUMENTS_NAMED = 4;
const NAME_COLUMNS = 24;

/** `pubsub|channels` as it is typed. */
export function commandName(command: string): string {
  return upperCase(command).replace('|', ' ');
}

/** Only ASCII letters. */
const upperCase = (bytes: string): string => bytes.replace(/[a-z]+/g, (letters) => letters.toUpperCase());

/** A request of a learner's program stays as it was sent: its protocol need not have commands. */
export function request([command = '', ...rest]: readonly string[], wording: Wording): string {
  const named = rest.slice(0, ARGUMENTS_NAMED - 1).map((argument) => short(argument, wording));
  const parts = [short(wording.isProgram === true ? command : upperCase(command), wording), ...named];
  return rest.length >= ARGUMENTS_NAMED ? `${parts.join(' ')} …` : parts.join(' ');
}

/** @param more formats the number of the others */
export function keyList(keys: readonly string[], wording: Wording, more: (named: string, others: number) => string): string {
  const named = keys.slice(0, KEYS_NAMED).map((key) => short(key, wording)).join(', ');
  return keys.length > KEYS_NAMED ? more(named, keys.length - KEYS_NAMED) : named;
}

export const short = (bytes: string, { visible }: Wording): string => truncate(visible(bytes, 64), NAME_COLUMNS) || '""';
