/**
 * Matchers for vitest and jest, independent of either: `expect.extend(matchers)`.
 *
 *     await expect(server).toHaveReceived('SET', 'user:1');
 *
 * Each takes a transcript, or an object that has one. For a server the transcript is fetched, so the matcher is asynchronous and must be awaited.
 */
import { showRequest, type Transcript, type TranscriptClient } from './transcript.js';

interface Verdict {
  readonly pass: boolean;
  message(): string;
}

interface HasTranscript {
  transcript(): Transcript | Promise<Transcript>;
}

/** A word of a request: a string, a regular expression, or an asymmetric matcher of the runner (`expect.stringContaining('…')`). */
export type ExpectedWord = string | RegExp | { asymmetricMatch(word: unknown): boolean };

/** The maximum number of requests in a message. */
const MOST_SHOWN = 10;

/** Passes if some request begins with these words; the case of the command does not matter. */
function received(transcript: Transcript, ...words: readonly ExpectedWord[]): Verdict {
  const requests = transcript.entries.flatMap((entry) => (entry.kind === 'request' ? [entry.argv] : []));
  const found = requests.filter((argv) => words.every((word, i) => matches(word, argv[i], i === 0)));
  const wanted = words.map((word) => (typeof word === 'string' ? showRequest([word]) : String(word))).join(' ');
  const alike = requests.filter((argv) => words.length > 0 && matches(words[0]!, argv[0], true));
  return {
    pass: found.length > 0,
    message: () =>
      found.length > 0
        ? `expected the server not to have received ${wanted}, but it has:\n${list(found)}`
        : `expected the server to have received ${wanted}; it has received ${alike.length > 0 ? `\n${list(alike)}` : `nothing like it:\n${list(requests)}`}`,
  };
}

/** Passes if all clients together have made `count` round trips. */
function roundTrips(transcript: Transcript, count: number): Verdict {
  const made = transcript.clients.reduce((sum, client) => sum + client.roundTrips, 0);
  const each = transcript.clients.filter((client) => client.roundTrips > 0).map((client) => `  ${nameOf(client)}: ${client.roundTrips}`);
  return { pass: made === count, message: () => `expected ${count} round trips, and there were ${made}${each.length === 0 ? '' : `:\n${each.join('\n')}`}` };
}

function noOpenConnections({ clients }: Transcript): Verdict {
  const open = clients.filter(({ isOpen }) => isOpen);
  return {
    pass: open.length === 0,
    message() {
      if (open.length === 0) return 'expected an open connection';
      return `expected no open connection, but there are ${open.length}:\n${open.map((client) => `  ${nameOf(client)}`).join('\n')}`;
    },
  };
}

function noPendingCommands({ clients }: Transcript): Verdict {
  const pending = clients.flatMap((client) => client.pending.map((argv) => `  ${nameOf(client)} waits for ${showRequest(argv)}`));
  return {
    pass: pending.length === 0,
    message() {
      if (pending.length === 0) return 'expected a command without a reply';
      return `expected every command to be answered, but ${pending.length} are not:\n${pending.join('\n')}`;
    },
  };
}

function matches(expected: ExpectedWord, word: string | undefined, isCommand: boolean): boolean {
  if (word === undefined) return false;
  if (typeof expected === 'string') return isCommand ? expected.toLowerCase() === word.toLowerCase() : bytes(expected) === word;
  return expected instanceof RegExp ? expected.test(word) : expected.asymmetricMatch(word);
}

/** Requests are bytes, one character each. */
const bytes = (text: string): string => Buffer.from(text).toString('latin1');

const nameOf = ({ token, peer }: TranscriptClient): string => `#${token} (${peer})`;

function list(requests: readonly (readonly string[])[]): string {
  const shown = requests.slice(-MOST_SHOWN).map((argv) => `  ${showRequest(argv)}`);
  const left = requests.length - shown.length;
  return [...(left > 0 ? [`  ${left} before these`] : []), ...(shown.length === 0 ? ['  nothing'] : shown)].join('\n');
}

function matcher<Expected extends readonly unknown[]>(judge: (transcript: Transcript, ...expected: Expected) => Verdict) {
  return (subject: Transcript | HasTranscript, ...expected: Expected): Verdict | Promise<Verdict> => {
    const transcript = 'entries' in subject ? subject : subject.transcript();
    return transcript instanceof Promise ? transcript.then((found) => judge(found, ...expected)) : judge(transcript, ...expected);
  };
}

/** For TypeScript: `declare module 'vitest' { interface Assertion<T> extends LabMatchers<Promise<T>> {} }`. */
export interface LabMatchers<R> {
  toHaveReceived(...words: readonly ExpectedWord[]): R;
  toHaveRoundTrips(count: number): R;
  toHaveNoOpenConnections(): R;
  toHaveNoPendingCommands(): R;
}

export const matchers = {
  toHaveReceived: matcher(received),
  toHaveRoundTrips: matcher(roundTrips),
  toHaveNoOpenConnections: matcher(noOpenConnections),
  toHaveNoPendingCommands: matcher(noPendingCommands),
};
