/**
 * The seams of the loop: the decisions that a server of this kind makes, each with the values it is made from and what may come of it. policy.ts makes them as
 * the textbook says; a rule, see rule.ts, makes one of them in another way.
 *
 *   after-read    result, size, edge, reads  ──▶  'read again' · 'wait' · 'yield' · 'close'
 *
 * The REPL's `rule`, its help, and docs/faults.md are made from this table.
 */

/** What may come of a decision, with its meaning. */
interface Choices {
  readonly [result: string]: string;
}

/** A whole number may come of it, from `least` to the value named `most`. */
interface NumberResult {
  readonly number: string;
  readonly least: number;
  readonly most: string;
}

export interface SeamDoc {
  readonly meaning: string;
  /** The values that an expression may name, in the order in which it gets them. */
  readonly parameters: { readonly [name: string]: string };
  readonly results: Choices | NumberResult;
  /** The decision as an expression. */
  readonly textbook: string;
  /** Where it stands elsewhere. */
  readonly places: string;
  /** It is made for one connection, so that a rule can be limited to one. */
  readonly isOfConnection: boolean;
}

export const SEAMS = {
  'read-size': {
    meaning: 'A socket is about to be read: how many bytes at most?',
    parameters: { room: 'bytes that there is room for' },
    results: { number: 'bytes', least: 1, most: 'room' },
    textbook: 'room',
    places: 'Redis: PROTO_IOBUF_LEN, 16 KiB (server.h). recv(2): the parameter size.',
    isOfConnection: true,
  },
  'after-read': {
    meaning: 'A read has returned, and what it has brought has been executed: what next?',
    parameters: {
      result: "bytes read, or 'WouldBlock'",
      size: 'bytes that the read had room for',
      edge: 'true if the token is edge-triggered',
      reads: 'reads since the token was reported, with this one',
    },
    results: {
      'read again': 'at once',
      wait: 'for the poll to report the token again',
      yield: 'let the others have their turn; the token is registered anew, so that what is left is reported again, edge-triggered too',
      close: 'the connection, as after an error',
    },
    textbook: "result === 'WouldBlock' || !edge ? 'wait' : reads < 16 ? 'read again' : 'yield'",
    places:
      'Redis reads once an event (readQueryFromClient, networking.c). mio: edge-triggered sources are read until WouldBlock (Poll, "Draining readiness"). ' +
      'epoll(7): "Starvation".',
    isOfConnection: true,
  },
  'on-eof': {
    meaning: 'A read has returned 0 bytes: the peer has sent its last byte.',
    parameters: { waiting: 'bytes of replies that are not written yet' },
    results: { close: 'the connection', ignore: 'as if nothing had been read' },
    textbook: "'close'",
    places: 'Redis: "Client closed connection" in readQueryFromClient (networking.c). mio: Event::is_read_closed. recv(2): the return value 0.',
    isOfConnection: true,
  },
  'on-partial': {
    meaning: 'What was read ends in the middle of a request.',
    parameters: { has: 'bytes of the request so far', needs: 'bytes that it has at least' },
    results: {
      keep: 'them until the rest comes',
      'throw away': 'them: what comes next is taken for the beginning of a request',
      answer: 'with an error, and throw them away',
    },
    textbook: "'keep'",
    places: 'Redis keeps them in c->querybuf (processMultibulkBuffer, networking.c). Tokio: the codec\'s Decoder::decode returns Ok(None).',
    isOfConnection: true,
  },
  'after-frame': {
    meaning: 'A request out of what was read has been executed.',
    parameters: { frames: 'requests executed out of this read' },
    results: { 'next frame': 'decode on in what was read', 'leave the rest': 'until the next read' },
    textbook: "'next frame'",
    places: 'Redis: the loop in processInputBuffer (networking.c), which is what makes pipelines work.',
    isOfConnection: true,
  },
  'after-write': {
    meaning: 'A write has returned: how many bytes need not be written any more?',
    parameters: { taken: 'bytes that the socket took; 0 for WouldBlock', offered: 'bytes that it was offered' },
    results: { number: 'bytes dropped from the output buffer', least: 0, most: 'offered' },
    textbook: 'taken',
    places: 'Redis: c->sentlen += nwritten in _writeToClient (networking.c). write(2): "may transfer fewer than count bytes".',
    isOfConnection: true,
  },
  interest: {
    meaning: 'What could be written has been written: for which readiness is the connection registered?',
    parameters: { waiting: 'bytes of output that the socket did not take' },
    results: { read: 'READABLE', 'read and write': 'READABLE and WRITABLE' },
    textbook: "waiting > 0 ? 'read and write' : 'read'",
    places:
      'Redis: handleClientsWithPendingWrites installs the writable handler only if output is left, writeToClient removes it when all is sent (networking.c).',
    isOfConnection: true,
  },
} as const satisfies { readonly [name: string]: SeamDoc };

export type SeamName = keyof typeof SEAMS;

export type ResultOf<S extends SeamName> = (typeof SEAMS)[S]['results'] extends { readonly number: string } ? number : keyof (typeof SEAMS)[S]['results'];

export const SEAM_NAMES = Object.keys(SEAMS) as readonly SeamName[];

export const seamOf = (name: SeamName): SeamDoc => SEAMS[name];

export const isNumber = (results: SeamDoc['results']): results is NumberResult => typeof results.least === 'number';

/** `'close', 'ignore'`, or `a whole number from 1 to room`. */
export function formatResults(name: SeamName): string {
  const { results } = seamOf(name);
  if (isNumber(results)) return `a whole number from ${results.least} to ${results.most}`;
  return Object.keys(results).map((each) => `'${each}'`).join(', ');
}
