/**
 * Key specifications: the positions of a command's keys in argv, in the terms of Redis 7's COMMAND.
 *
 *   begin search   at a fixed index, or after a keyword          key(1), keyword('STREAMS', 1)
 *   find keys      a range with a step, or a count given in argv  …, { last, step, limit }, { keynum }
 *
 * Flags are one of RO RW OW RM, what is done with the value (access, update, insert, delete), and: not_key, incomplete, variable_flags.
 */

export interface KeySpec {
  readonly flags: readonly string[];
  readonly begin:
    | { readonly type: 'index'; readonly index: number }
    | { readonly type: 'keyword'; readonly keyword: string; readonly startFrom: number }
    | { readonly type: 'unknown' };
  readonly find:
    | { readonly type: 'range'; readonly last: number; readonly step: number; readonly limit: number }
    | { readonly type: 'keynum'; readonly keyNumIndex: number; readonly firstKey: number; readonly step: number }
    | { readonly type: 'unknown' };
  readonly notes?: string;
}

const words = (flags: string): string[] => flags.split(' ');

/** One key at `index`. */
export function key(index: number, flags: string): KeySpec {
  return keys(index, 0, 1, flags);
}

/** Keys from `first` on; `last` counts from `first`, or from the end if it is negative; every `step`th argument; `limit` 2: only half of the rest. */
export function keys(first: number, last: number, step: number, flags: string, limit = 0): KeySpec {
  return { flags: words(flags), begin: { type: 'index', index: first }, find: { type: 'range', last, step, limit } };
}

/** `numkeys key [key …]` with numkeys at `index`. */
export function numkeys(index: number, flags: string): KeySpec {
  return { flags: words(flags), begin: { type: 'index', index }, find: { type: 'keynum', keyNumIndex: 0, firstKey: 1, step: 1 } };
}

/** Keys after a keyword, searched from `startFrom` on (backwards if negative). */
export function keyword(word: string, startFrom: number, last: number, step: number, flags: string, limit = 0): KeySpec {
  return { flags: words(flags), begin: { type: 'keyword', keyword: word, startFrom }, find: { type: 'range', last, step, limit } };
}

/** Keys that only the command itself can find (SORT's BY and GET patterns). */
export function unknownKeys(flags: string, notes?: string): KeySpec {
  return { flags: words(flags), begin: { type: 'unknown' }, find: { type: 'unknown' }, ...(notes === undefined ? {} : { notes }) };
}

/** Returns the keys that a request names, in the order of the specifications. */
export function keysOf(specs: readonly KeySpec[], argv: readonly string[]): string[] {
  return specs.flatMap((spec) => keyPositions(spec, argv)).map((position) => argv[position]!);
}

/** Returns the keys whose values a client may cache after this request: shard channels are keys only for routing. */
export function cacheableKeysOf(specs: readonly KeySpec[], argv: readonly string[]): string[] {
  return keysOf(specs.filter((spec) => !spec.flags.includes('not_key')), argv);
}

/** Returns the positions in argv of all keys that a spec finds. */
export function keyPositions(spec: KeySpec, argv: readonly string[]): number[] {
  const first = findBegin(spec, argv);
  if (first === -1) return [];
  const { find } = spec;
  switch (find.type) {
    case 'unknown':
      return [];
    case 'range': {
      const last = find.last >= 0 ? first + find.last : lastOfRange(find, first, argv.length);
      return range(first, Math.min(last, argv.length - 1), find.step);
    }
    case 'keynum': {
      const count = Number(argv[first + find.keyNumIndex]);
      const start = first + find.firstKey;
      return Number.isInteger(count) ? range(start, Math.min(start + (count - 1) * find.step, argv.length - 1), find.step) : [];
    }
  }
}

function findBegin({ begin }: KeySpec, argv: readonly string[]): number {
  switch (begin.type) {
    case 'unknown':
      return -1;
    case 'index':
      return begin.index < argv.length ? begin.index : -1;
    case 'keyword': {
      const wanted = begin.keyword.toLowerCase();
      const step = begin.startFrom < 0 ? -1 : 1;
      for (let at = begin.startFrom < 0 ? argv.length + begin.startFrom : begin.startFrom; at > 0 && at < argv.length; at += step) {
        if (argv[at]!.toLowerCase() === wanted) return at + 1;
      }
      return -1;
    }
  }
}

function lastOfRange(find: { last: number; limit: number }, first: number, argc: number): number {
  // A limit of 2 means half of the rest, as in XREAD STREAMS key … id …
  if (find.limit >= 2) return first + Math.floor((argc - first) / find.limit) - 1;
  return argc + find.last;
}

function range(first: number, last: number, step: number): number[] {
  const positions: number[] = [];
  for (let at = first; at <= last; at += step) positions.push(at);
  return positions;
}
