/**
 * Members in requests: which argument is one, and the table in which the decoder looks for it.
 *
 *   SREM set member:7      the bytes of `member:7` are looked up in the table of `set`, and the argument becomes the string that is there
 *
 * Most requests on a collection name a member that exists. To find it by its bytes costs less than to make a string of them and to hash that, and the command
 * finds the same string again without a hash. A table remembers only what it has found last, so nothing depends on whether it was asked.
 */

/** The members of a collection in a hash table, as the decoder uses them. */
export interface MemberTable {
  /** True if they are too many for the processor's caches. */
  readonly isLarge: boolean;
  /** Returns the latin1 string of these bytes: for an existing member the very string in the table, so that none is made. */
  intern(bytes: Buffer, start: number, length: number): string;
  /**
   * Reads what a lookup of each of these members reads: `count` times `length` bytes, the first at `start`, the others `step` bytes apart; at most
   * PREFETCH_MOST. Returns how many probably exist.
   * @param areRemoved also reads what their removal reads. Only for a table that isLarge
   */
  prefetch(bytes: Uint8Array, start: number, step: number, count: number, length: number, areRemoved: boolean): number;
}

/** Commands with a key and a member of its collection, by the number of the argument that is the member, or the first one. */
export const MEMBER_PLACES: { readonly [place: number]: readonly string[] } = {
  2: [
    'sadd', 'sismember', 'smismember', 'srem',
    'hget', 'hmget', 'hexists', 'hstrlen', 'hset', 'hmset', 'hsetnx', 'hincrby', 'hincrbyfloat', 'hdel',
    'zscore', 'zmscore', 'zrank', 'zrevrank', 'zrem',
  ],
  3: ['zadd', 'zincrby'],
};

const places = new Map<string, number>();
for (const [place, names] of Object.entries(MEMBER_PLACES)) {
  for (const name of names) places.set(name, Number(place)).set(name.toUpperCase(), Number(place));
}

/** Returns which argument of a command is a member; 0 if none is. */
export function memberPlace(name: string): number {
  return places.get(name) ?? 0;
}

/** True if a command of {@link MEMBER_PLACES} removes the members that it names. */
export function removesMembers(name: string): boolean {
  return /^[shz](rem|del)$/i.test(name);
}
