/**
 * Reads a line of a program's trace. The program can write to that pipe too, by mistake or not, so nothing in a line is taken for granted.
 */
import type { ChildMessage } from './protocol.js';

type Check = (value: unknown) => boolean;

const number: Check = (value) => Number.isFinite(value);
const text: Check = (value) => typeof value === 'string';
const flag: Check = (value) => typeof value === 'boolean';
const result: Check = (value) => number(value) || text(value);
const oneOf = (...values: readonly unknown[]): Check => (value) => values.includes(value);
const optional = (check: Check): Check => (value) => value === undefined || check(value);
const arrayOf = (check: Check): Check => (value) => Array.isArray(value) && value.every(check);

interface Fields {
  readonly [name: string]: Check;
}

const object = (fields: Fields): Check => (value) => {
  if (typeof value !== 'object' || value === null) return false;
  const found = value as { readonly [name: string]: unknown };
  return Object.entries(fields).every(([name, check]) => check(found[name]));
};

/** One of several kinds of object, told apart by a field. */
const kindOf = (field: string, kinds: { readonly [kind: string]: Fields }): Check => {
  const checks = new Map(Object.entries(kinds).map(([kind, fields]) => [kind, object(fields)]));
  return (value) => checks.get(String((Object(value) as { readonly [name: string]: unknown })[field]))?.(value) === true;
};

const place: Check = (value) => arrayOf(number)(value) && (value as readonly unknown[]).length === 3;
const variables = arrayOf(object({ name: text, value: text }));

/** The events of a poll. */
const body = kindOf('kind', {
  wait: { timeoutMs: number, why: text },
  poll: { waitedUs: number, ready: number, emulated: flag },
  ready: { token: number, readiness: number },
  accept: { token: number, client: result },
  connect: { token: number, fd: number, peer: text, local: text },
  read: { token: number, result },
  write: { token: number, result, of: number },
  interest: { token: number, before: number, after: number },
  disconnect: { token: number, why: text },
  fault: { token: number, id: number, fault: text, effect: text },
});

const how = kindOf('why', {
  end: {}, full: {}, refused: { module: text }, unreadable: { line: number }, diverged: { call: number, recorded: text, now: text },
});

const isMessage = kindOf('kind', {
  begun: {},
  opened: { poller: text, trigger: oneOf('edge', 'level') },
  bound: { fd: number, address: text },
  registered: { fd: number, token: number, interest: number },
  deregistered: { fd: number },
  closed: { fd: number },
  file: { file: number, path: text },
  event: { body, fd: number, number, atUs: number, at: optional(place), bytes: optional(text), waits: optional(oneOf(true)) },
  unrecorded: { what: text },
  'tape-ended': { why: text },
  stands: { event: number, variables },
  over: { how, at: optional(place), variables },
  dropped: { messages: number, waits: number },
});

/** Null: the lab's side of the program has not written this line. */
export function messageIn(line: string): ChildMessage | null {
  try {
    const message: unknown = JSON.parse(line);
    return isMessage(message) ? (message as ChildMessage) : null;
  } catch {
    return null;
  }
}
