/**
 * What a listening client has been sent: messages of channels and invalidations of cached keys come in between its replies, and unasked.
 *
 *   SUBSCRIBE a b, GET k, PING <marker>    then, by whatever others do:    PING <marker>
 *        └ everything up to the marker's own reply was sent because of the steps before
 *
 * Compared are the replies in their order, the messages in theirs, and the set of invalidated keys: when invalidations are sent Redis
 * leaves open, and how many keys one of them names.
 */
import { encodeRequest } from '../../src/server/resp/request-encoder.js';
import { MapReply, Push, type Reply } from '../../src/server/resp/reply.js';
import { DAMAGED } from './values.js';
import type { RawClient, RawReply } from '../support/raw-client.js';

const MARKER = 'all that was sent before has come';

/** Whatever came until now, sorted by its kind. */
export interface Received {
  readonly replies: readonly string[];
  readonly messages: readonly string[];
  readonly invalidated: readonly string[];
}

/** Sends, then everything that comes; null if the connection ended or nothing more came for `patienceMs`. */
export async function receive(client: RawClient, requests: string, patienceMs: number): Promise<RawReply[] | null> {
  client.send(requests + encodeRequest(['PING', MARKER]));
  const replies: RawReply[] = [];
  for (;;) {
    const reply = await client.next(patienceMs);
    if (typeof reply === 'string') return null;
    if (isMarker(reply.value)) return replies;
    replies.push(reply);
  }
}

function isMarker(reply: Reply): boolean {
  return reply === MARKER || (Array.isArray(reply) && reply[0] === 'pong' && reply[1] === MARKER);
}

/** Databases in which the checks do their own work; see state.ts and damage.ts. */
const WORKSHOP = /__key(space|event)@[89]__:/;

export function sortOut(all: readonly RawReply[]): Received {
  const replies: Line[] = [];
  const messages: Line[] = [];
  const invalidated = new Set<string>();
  for (const reply of all) {
    const items = itemsOf(reply.value);
    const keys = items === null ? null : invalidatedKeys(items);
    if (keys !== null) for (const key of keys.filter((key) => !String(key).startsWith(DAMAGED))) invalidated.add(JSON.stringify(key));
    else if (items !== null && /^[ps]?message$/.test(String(items[0]))) {
      if (!items.some((item) => WORKSHOP.test(String(item)))) messages.push(lineOf(reply, items));
    }
    else replies.push(lineOf(reply, items));
  }
  return { replies: inAnyOrder(replies), messages: inAnyOrder(messages), invalidated: [...invalidated].sort() };
}

function itemsOf(reply: Reply): readonly Reply[] | null {
  if (reply instanceof Push) return reply.items;
  if (reply instanceof MapReply) return reply.flat;
  return Array.isArray(reply) ? (reply as readonly Reply[]) : null;
}

/** As a push of RESP3, or as a message of the channel that RESP2 has for it. No key at all: all keys. */
function invalidatedKeys(items: readonly Reply[]): readonly Reply[] | null {
  const isPush = items[0] === 'invalidate';
  if (!isPush && !(items[0] === 'message' && items[1] === '__redis__:invalidate' && typeof items[2] !== 'string')) return null;
  const keys = items[isPush ? 1 : 2]!;
  return Array.isArray(keys) ? (keys as readonly Reply[]) : ['(all)'];
}

/** One reply as text. Neighbours of one kind may come in any order of their names: Redis's is that of a hash table. */
interface Line {
  readonly kind: string;
  readonly name: string;
  readonly rest: string;
}

function lineOf({ bytes }: RawReply, items: readonly Reply[] | null): Line {
  const [type, name, ...rest] = items ?? [];
  // HELLO: the number of the connection is another.
  if (type === 'server') return { kind: `${bytes[0]}hello`, name: '', rest: '' };
  if (type === 'pmessage') return { kind: `${bytes[0]}pmessage ${JSON.stringify(rest)}`, name: JSON.stringify(name), rest: '' };
  if (/^[ps]?unsubscribe$/.test(String(type))) return { kind: `${bytes[0]}${String(type)}`, name: JSON.stringify(name), rest: ` ${String(rest[0])}` };
  return { kind: JSON.stringify(bytes), name: '', rest: '' };
}

function inAnyOrder(lines: readonly Line[]): string[] {
  const result: string[] = [];
  for (let start = 0, end = 0; start < lines.length; start = end) {
    while (end < lines.length && lines[end]!.kind === lines[start]!.kind) end++;
    const names = lines.slice(start, end).map(({ name }) => name).sort();
    for (let i = start; i < end; i++) result.push(`${lines[i]!.kind} ${names[i - start]}${lines[i]!.rest}`);
  }
  return result;
}
