/**
 * Defects: mistakes that real loops make at the seams, each as the expression that makes it. They are listed in the table of faults: `fault ignore-eof`.
 */
import { SEAM_NAMES, type SeamName } from './seams.js';

export interface Defect {
  readonly seam: SeamName;
  readonly expression: string;
  readonly meaning: string;
}

export const DEFECTS = {
  'one-client-at-a-time': {
    seam: 'serve',
    expression: "serving === 0 || token === serving ? 'handle' : 'skip'",
    meaning: 'Only one client is served, until it is gone, as by a server that accepts, reads and writes without a poll: the others wait.',
  },
  'eagain-is-an-error': {
    seam: 'after-read',
    expression: "result === 'WouldBlock' ? 'close' : 'read again'",
    meaning: 'A read that says WouldBlock is taken for an error: the connection is closed as soon as its socket is empty.',
  },
  'edge-without-draining': {
    seam: 'after-read',
    expression: "'wait'",
    meaning: 'One read for each event. Edge-triggered, what it leaves behind is not reported again until more arrives.',
  },
  'drain-forever': {
    seam: 'after-read',
    expression: "result === 'WouldBlock' ? 'wait' : 'read again'",
    meaning: 'A connection is read until its socket is empty, however long that takes: the others wait.',
  },
  'ignore-eof': {
    seam: 'on-eof',
    expression: "'ignore'",
    meaning: 'A read of 0 bytes is taken for no bytes: the connection stays, and level-triggered it is reported again in each turn.',
  },
  'half-frame-thrown-away': {
    seam: 'on-partial',
    expression: "'throw away'",
    meaning: 'A request that has arrived only in part is dropped; its rest is then taken for the beginning of a request.',
  },
  'one-read-one-command': {
    seam: 'after-frame',
    expression: "'leave the rest'",
    meaning: 'One request is executed per read: those that were sent together with it are each answered one read too late.',
  },
  'write-takes-all': {
    seam: 'after-write',
    expression: 'offered',
    meaning: 'A write is taken to have sent all that it was offered: what the socket did not take is lost.',
  },
  'always-writable': {
    seam: 'interest',
    expression: "'read and write'",
    meaning: 'A connection stays registered for WRITABLE once it has written: level-triggered, the loop is woken in each turn, with nothing to write.',
  },
  'accept-one-of-many': {
    seam: 'after-accept',
    expression: "'wait'",
    meaning: 'One connection is accepted for each event. Edge-triggered, those behind it in the backlog wait until one more connects.',
  },
  'timer-before-clients': {
    seam: 'timers',
    expression: "'before the clients'",
    meaning: 'Timers that are due run before the clients that are ready: if many are due at once, all clients wait for them.',
  },
  'no-generation': {
    seam: 'new-token',
    expression: "'used before'",
    meaning: 'A new connection gets the number of the one that was closed last: an event for that one, later in the same batch, reaches the new one.',
  },
  'blpop-sleeps-the-loop': {
    seam: 'on-block',
    expression: "'sleep'",
    meaning: 'A blocking command that finds nothing makes the whole loop sleep, for a second at most: what could end its wait is not read.',
  },
  'expiry-only-on-access': {
    seam: 'expire-round',
    expression: '0',
    meaning: 'The expire cycle deletes nothing: expired keys that are not looked up keep their memory.',
  },
  'expire-all-at-once': {
    seam: 'expire-round',
    expression: 'left',
    meaning: 'The expire cycle has no time limit: it samples all keys with a TTL at once, and all clients wait.',
  },
  'sleep-without-timers': {
    seam: 'timeout',
    expression: '-1',
    meaning: 'poll.wait sleeps without a timeout: timers run only when something else has woken the loop.',
  },
} as const satisfies { readonly [name: string]: Defect };

export type DefectName = keyof typeof DEFECTS;

export const isDefect = (name: string): name is DefectName => Object.hasOwn(DEFECTS, name);

export const isSeam = (name: string): name is SeamName => (SEAM_NAMES as readonly string[]).includes(name);
