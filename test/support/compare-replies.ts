/**
 * Are two replies the same, as far as Redis promises? What it does not promise is marked where the command is written:
 *
 *   exact       byte for byte
 *   unordered   items of arrays and sets, pairs of maps, in any order, at every level
 *   pairs       a flat array of field, value, field, value in any order of the pairs
 *   shape       the same types at every level, arrays of the same length; values are free
 *   type        the same type of reply
 *   near        integers at most 5 seconds (or 5000 ms) apart and on the same side of zero; the rest exact
 */
import type { RawReply } from './raw-client.js';
import type { Reply } from '../../src/server/resp/reply.js';

export type Likeness = 'exact' | 'unordered' | 'pairs' | 'shape' | 'type' | 'near';

export function areAlike(one: RawReply, other: RawReply, likeness: Likeness): boolean {
  return one.bytes === other.bytes || (likeness !== 'exact' && valuesAreAlike(one.value, other.value, likeness));
}

export function valuesAreAlike(one: Reply, other: Reply, likeness: Likeness): boolean {
  if (likeness === 'near') return isNear(one, other);
  if (likeness === 'type') return typeOf(one) === typeOf(other);
  return canonical(one, likeness) === canonical(other, likeness);
}

function isNear(one: Reply, other: Reply): boolean {
  const isInteger = (reply: Reply): reply is number | bigint => typeof reply === 'number' || typeof reply === 'bigint';
  if (!isInteger(one) || !isInteger(other)) return canonical(one, 'exact') === canonical(other, 'exact');
  return one === other || (one >= 0 && other >= 0 && Math.abs(Number(BigInt(one) - BigInt(other))) <= 5000);
}

function typeOf(reply: Reply): string {
  if (reply === null) return 'null';
  if (Array.isArray(reply)) return 'array';
  return typeof reply === 'object' && 'type' in reply ? reply.type : typeof reply === 'bigint' ? 'number' : typeof reply;
}

/** A text that is the same for replies that are alike. */
function canonical(reply: Reply, likeness: Likeness): string {
  if (typeof reply !== 'object' || reply === null) return likeness === 'shape' ? typeOf(reply) : `${typeOf(reply)} ${JSON.stringify(String(reply))}`;
  if (!('type' in reply)) return items('array', reply, likeness, likeness === 'pairs' ? 2 : 1);
  switch (reply.type) {
    case 'map':
      return items('map', reply.flat, likeness, 2);
    case 'set':
      return items('set', reply.members, likeness, 1);
    case 'push':
      return items('push', reply.items, 'exact', 1);
    case 'attribute':
      return `${items('attribute', reply.flat, likeness, 2)}${canonical(reply.reply, likeness)}`;
    default:
      return likeness === 'shape' ? reply.type : JSON.stringify(reply, (_, value: unknown) => (typeof value === 'number' ? String(value) : value));
  }
}

function items(name: string, list: readonly Reply[], likeness: Likeness, width: number): string {
  const inner = list.map((item) => canonical(item, likeness === 'pairs' ? 'exact' : likeness));
  const groups = Array.from({ length: Math.ceil(inner.length / width) }, (_, i) => inner.slice(i * width, (i + 1) * width).join(' = '));
  if (likeness === 'unordered' || likeness === 'pairs') groups.sort();
  return `${name}(${groups.join(', ')})`;
}
