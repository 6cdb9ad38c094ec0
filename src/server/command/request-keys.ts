/**
 * RequestKeys: the keys that a whole request names, with how each is used; for COMMAND GETKEYS and permissions.
 */
import type { KeyUse } from '../features/users/access.js';
import { atoi, parseInt64 } from '../keyspace/types/int64.js';
import type { Argv, Command } from './command.js';
import { keyPositions, type KeySpec } from './key-spec.js';

export interface FoundKey {
  /** Position in argv. */
  readonly position: number;
  /** The flags of its key specification; none if it was found without one. */
  readonly flags: readonly string[];
}

type Keyed = Pick<Command, 'name' | 'keys'>;

/** Finds keys, including arguments that only look like keys, such as a shard channel. The number of arguments must have been checked. */
export function findKeys(asked: Keyed, request: Argv): FoundKey[] {
  return asked.keys.some((spec) => isBroken(spec, request)) ? countedKeys(asked, request) : specifiedKeys(asked, request);
}

/** Returns the keys of a request, with whether it reads or changes each. */
export function keyUsesOf(asked: Keyed, request: Argv): KeyUse[] {
  return findKeys(asked, request)
    .filter(({ flags }) => !flags.includes('not_key'))
    .map(({ position, flags }) => ({
      position,
      reads: flags.includes('access'),
      writes: flags.includes('insert') || flags.includes('update') || flags.includes('delete'),
    }));
}

function specifiedKeys(asked: Keyed, request: Argv): FoundKey[] {
  return specsFor(asked, request).flatMap((spec) => positionsOf(spec, request).map((position) => ({ position, flags: flagsIn(asked, spec, request) })));
}

/** Of MIGRATE either the key counts or those behind KEYS, which the empty key announces. */
function specsFor({ name, keys }: Keyed, request: Argv): readonly KeySpec[] {
  if (name !== 'migrate') return keys;
  const [one, several] = keys as readonly [KeySpec, KeySpec];
  return request[3] === '' && keyPositions(several, request).length > 0 ? [several] : [one];
}

/**
 * Finds keys as Redis does after a count that key specifications do not accept, such as 01: it parses the count as C does, reports no
 * flags, and puts the destination last.
 */
function countedKeys({ keys }: Keyed, request: Argv): FoundKey[] {
  for (const { begin, find } of keys) {
    if (begin.type !== 'index' || find.type !== 'keynum') continue;
    const count = atoi(request[begin.index + find.keyNumIndex]!);
    const first = begin.index + find.firstKey;
    if (count < 1 || first + count > request.length) return [];
    const destination = keys.length === 1 ? [] : [1];
    return [...Array.from({ length: count }, (_, index) => first + index), ...destination].map((position) => ({ position, flags: [] }));
  }
  return [];
}

/** Returns the flags of a key, which may depend on the command's options. */
function flagsIn({ name }: Keyed, { flags }: KeySpec, request: Argv): readonly string[] {
  if (!flags.includes('variable_flags')) return flags;
  const words = request.map((word) => word.toUpperCase());
  if (name === 'set') return words.includes('GET', 3) ? ['RW', 'access', 'update'] : ['OW', 'update'];
  return onlyGets(words) ? ['RO', 'access'] : ['RW', 'access', 'update'];
}

/** True for a BITFIELD that changes nothing; a malformed one might. */
function onlyGets(words: readonly string[]): boolean {
  for (let at = 2; at < words.length; ) {
    const width = words[at] === 'GET' ? 3 : words[at] === 'OVERFLOW' ? 2 : Infinity;
    if (at + width > words.length) return false;
    at += width;
  }
  return true;
}

function positionsOf(spec: KeySpec, request: Argv): number[] {
  if (spec.begin.type === 'unknown') return spec.flags.includes('OW') ? positionsBehind('STORE', request) : [];
  return keyPositions(spec, request);
}

/** True if required keys are missing, or their count is invalid or points beyond the end of the request: execution would refuse the command. */
function isBroken(spec: KeySpec, request: Argv): boolean {
  const { begin, find } = spec;
  if (begin.type !== 'index') return false;
  if (find.type !== 'keynum') return find.type === 'range' && keyPositions(spec, request).length === 0;
  const count = parseInt64(request[begin.index + find.keyNumIndex]!);
  return count === null || count < 1 || begin.index + find.firstKey + Number(count) > request.length;
}

/** Returns the destination of SORT, which may be anywhere among its options; each of these takes one argument or two. */
function positionsBehind(word: string, request: Argv): number[] {
  let found: number[] = [];
  for (let at = 2; at + 1 < request.length; at++) {
    const option = request[at]!.toUpperCase();
    if (option === word) found = [++at];
    else if (option === 'BY' || option === 'GET') at++;
    else if (option === 'LIMIT') at += 2;
  }
  return found;
}
