/**
 * Counters by which experiments are judged: the server counts them itself, so nothing is dropped at any speed.
 */
import type { ClientSnapshot, Snapshot } from '../../server/index.js';

interface Counter<From> {
  readonly meaning: string;
  readonly read: (from: From) => number;
  /** True if it only rises, so that a run has the difference; otherwise the value at the end counts. */
  readonly isTotal: boolean;
}

const total = <From>(meaning: string, read: (from: From) => number): Counter<From> => ({ meaning, read, isTotal: true });
const gauge = <From>(meaning: string, read: (from: From) => number): Counter<From> => ({ meaning, read, isTotal: false });

export const COUNTERS: { readonly [name: string]: Counter<Snapshot> } = {
  turns: total('turns of the loop, each with one poll.wait, without those that looking at it has taken', ({ turn }) => turn),
  commands: total('commands executed', ({ stats }) => stats.commands),
  connections: total('connections accepted', ({ stats }) => stats.connections),
  reads: total('calls of read that brought bytes', ({ stats }) => stats.reads),
  writes: total('calls of write that took bytes', ({ stats }) => stats.writes),
  bytesRead: total('bytes read', ({ stats }) => stats.bytesRead),
  bytesWritten: total('bytes written', ({ stats }) => stats.bytesWritten),
  hits: total('lookups that found a key', ({ stats }) => stats.hits),
  misses: total('lookups that found none', ({ stats }) => stats.misses),
  expired: total('keys that expired', ({ stats }) => stats.expired),
  evicted: total('keys that were evicted', ({ stats }) => stats.evicted),
  clients: gauge('clients connected at the end', ({ clientCount }) => clientCount),
  keys: gauge('keys at the end, ghosts included', ({ databases }) => databases.reduce((sum, { keys }) => sum + keys, 0)),
  parked: gauge('clients parked at the end', ({ clients }) => clients.filter(({ parkedOn }) => parkedOn !== null).length),
};

export const CLIENT_COUNTERS: { readonly [name: string]: Counter<ClientSnapshot> } = {
  requests: total('whole requests decoded', ({ requests }) => requests),
  bytesRead: total('bytes read from it', ({ bytesRead }) => bytesRead),
  bytesWritten: total('bytes written to it', ({ bytesWritten }) => bytesWritten),
  queryBytes: gauge('bytes of a request that is not whole, at the end', ({ queryBytes }) => queryBytes),
  outputBytes: gauge('bytes that wait to be written, at the end', ({ outputBytes }) => outputBytes),
};

/** The counts between two readings. */
export function countBetween<From>(counters: { readonly [name: string]: Counter<From> }, before: From | undefined, after: From): Map<string, number> {
  return new Map(Object.entries(counters).map(([name, { read, isTotal }]) => [name, read(after) - (isTotal && before !== undefined ? read(before) : 0)]));
}
