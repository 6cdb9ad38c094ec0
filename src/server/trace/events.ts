/**
 * The trace events: a closed union of everything that the loop reports.
 *
 * Each event is a plain object, built only while the server is traced (see tap.ts). A turn begins with `turn-begin`, before the replies
 * of earlier turns are written, and is over with `turn-end`; nothing happens outside of turns. The order of the table is the order
 * of a turn. Documentation, the lab's help and breakpoints derive from {@link TRACE_EVENTS}, so the one-line meanings are here and nowhere else. Byte strings
 * are latin1: one character is one byte.
 */

/** The top level of the trace: the kinds of event that any event-loop server handles, and what the loop itself does. */
export type EventCategory = 'ClientConnect' | 'ClientRequest' | 'ClientDisconnect' | 'PubSub' | 'Replication' | 'Loop';

/** The parts of a turn, in their order. Stepping by phase stops where one of these begins. */
export type Phase = 'write' | 'poll' | 'accept' | 'read' | 'decode' | 'execute' | 'timers';

export type TraceBody =
  | { kind: 'turn-begin'; turn: number }
  | { kind: 'wait'; timeoutMs: number; why: string }
  | { kind: 'poll'; waitedUs: number; ready: number; emulated: boolean; within?: true }
  | { kind: 'ready'; token: number; readiness: number }
  | { kind: 'accept'; token: number; client: number | 'WouldBlock' | string }
  | { kind: 'connect'; token: number; fd: number; peer: string; local: string }
  | { kind: 'read'; token: number; result: number | 'WouldBlock' | 'EOF' | string }
  | { kind: 'frame-partial'; token: number; have: number; need: number }
  | { kind: 'frame'; token: number; frame: number; bytes: number; argv: string[]; argc?: number; raw: string }
  | { kind: 'execute'; token: number; frame: number; command: string; elapsedUs: number; keys: string[]; db: number }
  | { kind: 'reply'; token: number; frame: number; bytes: number; raw: string }
  | { kind: 'flush'; tokens: number[]; bytes: number; short: number }
  | { kind: 'write'; token: number; result: number | 'WouldBlock' | string; of: number }
  | { kind: 'await-disk'; token: number; bytes: number; offset: number }
  | { kind: 'interest'; token: number; before: number; after: number }
  | { kind: 'park'; token: number; keys: string[]; deadlineMs: number }
  | { kind: 'unpark'; token: number; keys: string[]; why: string; elapsedUs: number }
  | { kind: 'timer'; name: string; lateUs: number; elapsedUs: number }
  | { kind: 'save-slice'; keys: number; bytes: number; preImages: number; done: number; total: number; elapsedUs: number }
  | { kind: 'expire'; db: number; key: string; how: 'lazy' | 'active' }
  | { kind: 'evict'; db: number; key: string; policy: string }
  | { kind: 'key-change'; db: number; key: string; event: string; type: string; size: number; expireAtMs: number; token: number }
  | { kind: 'publish'; token: number; channel: string; bytes: number; receivers: number }
  | { kind: 'replicate'; token: number; db: number; argv: string[] }
  | { kind: 'fault'; token: number; id: number; fault: string; effect: string }
  | { kind: 'disconnect'; token: number; why: string }
  | { kind: 'turn-end'; turn: number; busyUs: number; commands: number };

export type TraceKind = TraceBody['kind'];

/** Why the server has closed a connection. After a system error its code is used instead: `ECONNRESET`. */
export type DisconnectReason =
  | 'EOF'
  | 'append-only file'
  | 'closed by server'
  | 'its user has lost a channel'
  | 'its user is gone'
  | 'killed by CLIENT KILL'
  | 'looks like HTTP'
  | 'maxmemory-clients'
  | 'output buffer limit'
  | 'query buffer limit'
  | 'rule after-read'
  | 'full resynchronization'
  | 'replication ended'
  | 'migration ended'
  | 'replication timeout'
  | 'server shut down'
  | 'timeout';

/**
 * `seq` rises by one with every event, also with those of quiet turns, which are discarded; `atUs` is the loop's own clock, which stands still during a pause,
 * and may be virtual; durations are real.
 */
export type TraceEvent = TraceBody & { seq: number; atUs: number; source?: SourcePlace };

/** Where a learner's own program in the lab made the call. */
export interface SourcePlace {
  /** Its number in the view of the program. */
  readonly file: number;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

interface TraceEventDoc {
  readonly category: EventCategory;
  readonly phase: Phase;
  readonly meaning: string;
  readonly fields: string;
}

export const TRACE_EVENTS: { readonly [kind in TraceKind]: TraceEventDoc } = {
  'turn-begin': {
    category: 'Loop',
    phase: 'write',
    meaning: 'A turn of the loop begins. First the replies that are pending are written.',
    fields: 'turn',
  },
  flush: {
    category: 'Loop',
    phase: 'write',
    meaning: 'With batched sends: output of several connections was handed to the kernel in one call. The next write of each is the result of its send.',
    fields: 'tokens (whose output it was), bytes (taken of all), short (number of sends of which fewer bytes were taken than offered, or none)',
  },
  write: {
    category: 'ClientRequest',
    phase: 'write',
    meaning: 'Output was handed to the kernel.',
    fields: 'token, result (bytes taken, "WouldBlock", or an error code), of (bytes offered)',
  },
  'await-disk': {
    category: 'ClientRequest',
    phase: 'write',
    meaning: 'How much output of a connection waits for the disk has changed: with appendfsync always, what may tell of a change leaves once that is there.',
    fields: 'token, bytes (0: nothing waits any more), offset (how much of the append-only file has to be on the disk before all of them leave)',
  },
  interest: {
    category: 'Loop',
    phase: 'write',
    meaning: 'The readiness a token is registered for has changed, or how it is reported.',
    fields: 'token, before, after (bits: 1 READABLE, 2 WRITABLE, 4 edge-triggered)',
  },
  wait: {
    category: 'Loop',
    phase: 'poll',
    meaning: 'The timeout is chosen, and poll.wait is about to be called.',
    fields:
      'timeoutMs (-1: no limit; epoll waits in whole milliseconds, rounded up; a sleep that is interrupted to send this trace goes on ' +
      'for the rest), why (the timer that is due next, or "no timer"; of a virtual clock "advance" while it moves, else "virtual clock")',
  },
  poll: {
    category: 'Loop',
    phase: 'poll',
    meaning: 'poll.wait has returned.',
    fields:
      'waitedUs, ready (number of tokens), emulated (readiness did not come from a kernel), ' +
      'within (only if a long script lets other clients be served meanwhile)',
  },
  ready: {
    category: 'Loop',
    phase: 'poll',
    meaning: 'A token is ready and its handler is about to run.',
    fields: 'token, readiness (bits: 1 READABLE, 2 WRITABLE, 4 ERROR, 8 READ_CLOSED, 16 HUP)',
  },
  accept: {
    category: 'ClientConnect',
    phase: 'accept',
    meaning: 'The listener was asked for a connection.',
    fields: 'token (the listener), client (the new token, "WouldBlock" once the backlog is empty, or an error code)',
  },
  connect: {
    category: 'ClientConnect',
    phase: 'accept',
    meaning: 'A connection is registered with the poll.',
    fields: 'token, fd, peer, local',
  },
  read: {
    category: 'ClientRequest',
    phase: 'read',
    meaning: 'A connection was read.',
    fields: 'token, result (bytes, "WouldBlock", "EOF", or an error code)',
  },
  'frame-partial': {
    category: 'ClientRequest',
    phase: 'decode',
    meaning: 'The buffer ends in the middle of a frame; its beginning is kept until more bytes come.',
    fields: 'token, have (bytes so far), need (bytes at least)',
  },
  frame: {
    category: 'ClientRequest',
    phase: 'decode',
    meaning: 'A whole request was decoded.',
    fields:
      'token, frame (its number on this connection), bytes, argv (at most 256 words of at most 1024 bytes), ' +
      'argc (only if there are more words), raw (its first 512 bytes)',
  },
  execute: {
    category: 'ClientRequest',
    phase: 'execute',
    meaning: 'A command was executed.',
    fields: 'token, frame, command, elapsedUs, keys, db',
  },
  reply: {
    category: 'ClientRequest',
    phase: 'execute',
    meaning: 'A reply was encoded into the output buffer of a connection.',
    fields: 'token, frame, bytes, raw (its first bytes)',
  },
  park: {
    category: 'ClientRequest',
    phase: 'execute',
    meaning: 'A blocking command found nothing; its client is parked until a key is ready or its timeout.',
    fields: 'token, keys, deadlineMs (unix time, 0: none)',
  },
  unpark: {
    category: 'ClientRequest',
    phase: 'execute',
    meaning: 'A parked client continues.',
    fields: 'token, keys, why (ready, timeout, unblocked, disconnect), elapsedUs (of serving it)',
  },
  timer: { category: 'Loop', phase: 'timers', meaning: 'A timer was due and ran.', fields: 'name, lateUs, elapsedUs' },
  'save-slice': {
    category: 'Loop',
    phase: 'timers',
    meaning: 'Snapshots got a slice of the time between two turns: for BGSAVE, a rewrite of the append-only file, or a replica.',
    fields:
      'keys and bytes written in it, preImages (keys written early since the slice before, because they were about to change), ' +
      'done and total (keys of the snapshots in progress), elapsedUs',
  },
  expire: {
    category: 'Loop',
    phase: 'timers',
    meaning: 'An expired key was deleted.',
    fields: 'db, key, how (lazy: a command touched it; active: the expire cycle found it)',
  },
  evict: { category: 'Loop', phase: 'execute', meaning: 'A key was evicted to stay below maxmemory.', fields: 'db, key, policy' },
  'key-change': {
    category: 'ClientRequest',
    phase: 'execute',
    meaning: 'A key was created, changed or deleted.',
    fields: 'db, key, event (as in keyspace notifications), type ("none": gone), size, expireAtMs (0: none), token (of the client that did it)',
  },
  publish: { category: 'PubSub', phase: 'execute', meaning: 'A message was published.', fields: 'token, channel, bytes, receivers' },
  replicate: {
    category: 'Replication',
    phase: 'execute',
    meaning: 'A change was passed to the append-only file and the replicas, as they repeat it. Only while there are any.',
    fields: 'token, db, argv',
  },
  fault: {
    category: 'Loop',
    phase: 'poll',
    meaning: 'A fault was injected. It belongs to the current phase, and begins none.',
    fields: 'token, id (the number of the fault), fault (as it is typed), effect (what the call, or the request, has come to)',
  },
  disconnect: { category: 'ClientDisconnect', phase: 'read', meaning: 'A connection is gone.', fields: 'token, why' },
  'turn-end': { category: 'Loop', phase: 'timers', meaning: 'The turn is over.', fields: 'turn, busyUs (from turn-begin on, without the wait), commands' },
};
