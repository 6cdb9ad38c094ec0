/**
 * The seams of the loop: the decisions that a server of this kind makes, each with its input values and possible results. policy.ts decides as the textbook
 * says; a rule, see rule.ts, replaces one of the decisions.
 *
 *   after-read    result, size, edge, reads  ──▶  'read again' · 'wait' · 'yield' · 'close'
 *
 * The REPL's `rule`, its help, and docs/faults.md are made from this table.
 */

/** The possible results of a decision, with their meanings. */
interface Choices {
  readonly [result: string]: string;
}

/** The result is a whole number from `least` to the value named `most`; null: no maximum. */
interface NumberResult {
  readonly number: string;
  readonly least: number;
  readonly most: string | null;
}

export interface SeamDoc {
  readonly meaning: string;
  /** The values that an expression may use, in the order in which it gets them. */
  readonly parameters: { readonly [name: string]: string };
  readonly results: Choices | NumberResult;
  /** The decision as an expression. */
  readonly textbook: string;
  /** Where the same decision is found in other programs. */
  readonly places: string;
  /** The decision concerns one connection, so that a rule can be limited to one. */
  readonly isOfConnection: boolean;
}

export const SEAMS = {
  serve: {
    meaning: 'A connection is READABLE: is it handled?',
    parameters: { token: 'its number', serving: 'the first client that was handled since a rule was set, as long as it is connected; 0: none' },
    results: {
      handle: 'it is read',
      skip: 'it waits, not registered for READABLE, and is asked about again before each wait',
    },
    textbook: "'handle'",
    places: 'Redis: aeProcessEvents calls the handler of each event (ae.c). A server without a poll serves one client until that has gone.',
    isOfConnection: true,
  },
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
      yield: 'let others be served; the token is registered again, so that what is left is reported, edge-triggered too',
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
  'after-accept': {
    meaning: 'A connection has been accepted: what next?',
    parameters: { accepted: 'connections accepted since the listener was reported, with this one', edge: 'true if the listener is edge-triggered' },
    results: {
      'accept again': 'at once',
      wait: 'for the poll to report the listener again',
      yield: 'let others be served; the listener is registered again, so that the rest of the backlog is reported, edge-triggered too',
    },
    textbook: "accepted < 1000 ? 'accept again' : 'yield'",
    places: 'Redis: MAX_ACCEPTS_PER_CALL in acceptTcpHandler (networking.c). mio: accept until WouldBlock (Poll, "Draining readiness"). accept(2).',
    isOfConnection: false,
  },
  'new-token': {
    meaning: 'A connection has been accepted: under which number is it registered? Not asked before the first connection is closed.',
    parameters: { freed: 'the number of the connection that was closed last' },
    results: { new: 'one that no connection has had', 'used before': 'that of the connection that was closed last' },
    textbook: "'new'",
    places:
      'epoll(7): "If using an event cache", a descriptor that an earlier event of the batch has closed. Redis: fe->mask & mask (aeProcessEvents, ae.c). ' +
      'libuv, so Node: uv__platform_invalidate_fd strikes it out of the batch.',
    isOfConnection: false,
  },
  'on-block': {
    meaning: 'A blocking command such as BLPOP has found nothing: what waits?',
    parameters: { timeout: 'ms that its client would wait; 0: for ever', keys: 'number of keys that it names' },
    results: {
      park: 'the client: the loop goes on, and nothing more is read from this client until a key is ready or its time is over',
      sleep: 'the whole loop, for as long, but for a second at most; then the client gets the reply of its timeout',
    },
    textbook: "'park'",
    places: 'Redis: blockForKeys (blocked.c). Node: whatever ends in "Sync" sleeps in the loop.',
    isOfConnection: true,
  },
  'expire-round': {
    meaning: 'The expire cycle is about to sample keys with a TTL: how many? 0 ends it until the next time.',
    parameters: {
      left: 'keys with a TTL that this cycle has not looked at',
      sampled: 'keys that it looked at in the round before; 0 in the first round',
      expired: 'how many of those were expired, and are deleted',
      used: 'µs that the cycle has taken, read every 16 rounds',
      limit: 'µs that it may take: 25 % of the time, by hz',
    },
    results: { number: 'keys; a larger number means all that are left', least: 0, most: null },
    textbook: 'used > limit || sampled > 0 && expired * 10 <= sampled ? 0 : 20',
    places: 'Redis: activeExpireCycle (expire.c), as here with active-expire-effort 1. A server with a virtual clock has no cycle.',
    isOfConnection: false,
  },
  timers: {
    meaning: 'The poll has returned: when do the timers run that are due?',
    parameters: { ready: 'tokens that are ready' },
    results: { 'after the clients': 'that are ready', 'before the clients': 'which wait until all of them have run' },
    textbook: "'after the clients'",
    places: 'Redis: processTimeEvents at the end of aeProcessEvents (ae.c). Node: libuv runs due timers before the poll phase (uv__run_timers).',
    isOfConnection: false,
  },
  timeout: {
    meaning: 'Nothing is left to do: how many ms may poll.wait sleep? Each wait in the trace shows it.',
    parameters: { next: 'ms until the nearest timer is due, rounded up; -1: there is none' },
    results: { number: 'ms; -1: without limit', least: -1, most: null },
    textbook: 'next',
    places: 'Redis: usUntilEarliestTimer in aeProcessEvents (ae.c). Node: uv_backend_timeout (libuv). A virtual clock does not ask.',
    isOfConnection: false,
  },
} as const satisfies { readonly [name: string]: SeamDoc };

export type Seams = typeof SEAMS;
export type SeamName = keyof Seams;

export type ResultOf<S extends SeamName> = (typeof SEAMS)[S]['results'] extends { readonly number: string } ? number : keyof (typeof SEAMS)[S]['results'];

export const SEAM_NAMES = Object.keys(SEAMS) as readonly SeamName[];

export const seamOf = (name: SeamName): SeamDoc => SEAMS[name];

export const isNumber = (results: SeamDoc['results']): results is NumberResult => typeof results.least === 'number';

/** Returns `'close', 'ignore'`, or `a whole number from 1 to room`, or `a whole number from -1 on`. */
export function formatResults(name: SeamName): string {
  const { results } = seamOf(name);
  if (isNumber(results)) return `a whole number from ${results.least} ${results.most === null ? 'on' : `to ${results.most}`}`;
  return Object.keys(results).map((each) => `'${each}'`).join(', ');
}
