/**
 * The console while the past is shown: a command is answered as of that moment, in a copy of the server that is thrown away.
 */
import { ReplyReader, type Moment, type PastAnswer, type Reply } from '../../server/index.js';
import type { ReplClient } from '../state/repl-state.js';
import type { LabWord } from '../state/repl/lab-words.js';
import type { ConsoleTexts } from './console-texts.js';

export interface ReplPast {
  /** True if a moment is shown, or is being loaded. */
  readonly isShown: boolean;
  readonly moment: Moment | null;
  /** How to return to the present, as a sentence. */
  readonly wayBack: string;
  ask(argv: readonly string[], protocol: 2 | 3, db: number): Promise<PastAnswer>;
  /** Handles `goto …`. Resolves with the text about the moment then shown; rejects with why there is none. */
  goTo(words: readonly string[], db: number): Promise<readonly string[]>;
}

/** Words of the console that do not change the live server. */
const HARMLESS: ReadonlySet<string> = new Set(['clients', 'escapes', 'faults', 'run', 'herd', 'threads', 'goto', 'fork', 'clear', 'help', 'quit']);

/** Why a word is not allowed while the past is shown; null: it is allowed. */
export function refusalInPast({ name }: LabWord, { wayBack }: ReplPast, texts: ConsoleTexts): string | null {
  return HARMLESS.has(name) ? null : texts.onlyLive(name, wayBack);
}

export interface PastReplies {
  readonly replies: readonly Reply[];
  /** The moment of the answer, and other remarks. */
  readonly notes: readonly string[];
}

/** Commands that change only the connection. They have no use here, where each command has a connection of its own. */
const OF_CONNECTION: ReadonlySet<string> = new Set(['select', 'multi', 'watch', 'hello', 'auth', 'reset', 'monitor', 'subscribe', 'psubscribe', 'ssubscribe']);

/** Asks as the client that typed it: with its protocol and its database. @param writes the command changes data */
export async function askPast(
  past: ReplPast,
  argv: readonly string[],
  { protocol, db }: Pick<ReplClient, 'protocol' | 'db'>,
  texts: ConsoleTexts,
  writes: boolean,
): Promise<PastReplies> {
  const { moment } = past;
  const { reply, asOf } = await past.ask(argv, protocol, db);
  const replies: Reply[] = [];
  new ReplyReader().read(reply, (each) => replies.push(each));
  const isEarlier = moment !== null && (asOf.turn !== moment.turn || asOf.event !== moment.event);
  const notes = [texts.asOf(asOf.turn, asOf.event, isEarlier)];
  if (OF_CONNECTION.has(argv[0]!.toLowerCase())) notes.push(texts.noEffect);
  else if (writes) notes.push(texts.notKept);
  return { replies, notes };
}
