/**
 * `redis-lab replay FILE --with CHANGE`: which replies clients would have got if one thing had been different.
 */
import type { RecordingHead, Replay, ShownReply, WhatIfResult } from '../server/recording/index.js';
import { type Change, whatIf } from '../server/recording/index.js';
import { quoteWord } from '../server/resp/request-encoder.js';
import { quote } from '../server/resp/quote.js';

/** Writes the result to standard output. Returns whether no reply differs. @param words the changes as they were typed */
export function runWhatIf(replay: Replay, head: RecordingHead, changes: readonly Change[], words: readonly string[]): boolean {
  const result = whatIf(replay, head, changes);
  process.stdout.write(`${describe(result, words.join(', ')).join('\n')}\n`);
  return result.first === null;
}

function describe({ first, differing, compared, unstable }: WhatIfResult, change: string): readonly string[] {
  const besides = unstable === 0 ? [] : [`${unstable} more were not compared: they differ without a change, too`];
  if (first === null) return [`with ${change}: none of ${compared} replies differs`, ...besides];
  const { token, request, message, argv, recorded, changed } = first;
  const turns = [...(changed === null ? [] : [`turn ${changed.turn}`]), ...(recorded === null ? [] : [`recorded in turn ${recorded.turn}`])].join(', ');
  const which = `${message === 0 ? '' : `message ${message} after `}request ${request}`;
  return [
    `with ${change}: the first reply that differs is to token ${token}, ${which}, ${turns}: ${shownRequest(argv)}`,
    `  recorded  ${shownReply(recorded)}`,
    `  now       ${shownReply(changed)}`,
    `${differing} of ${compared} replies differ`,
    ...besides,
  ];
}

const WORDS_SHOWN = 8;
const WORD_BYTES = 60;

function shownRequest(argv: readonly string[]): string {
  const words = argv.slice(0, WORDS_SHOWN).map((word) => (word.length > WORD_BYTES ? `${quoteWord(word.slice(0, WORD_BYTES))}…` : quoteWord(word)));
  return words.join(' ') + (argv.length > WORDS_SHOWN ? ' …' : '');
}

function shownReply(reply: ShownReply): string {
  if (reply === null) return 'no reply';
  const text = quote(reply.shown);
  return reply.bytes > reply.shown.length ? `${text}… (${reply.bytes} bytes)` : text;
}
