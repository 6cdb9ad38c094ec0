/**
 * Facts derived from a declaration by Redis's own rules: ACL categories from flags, the one range of keys for clients that do not know key specifications, and
 * the flags in the order in which COMMAND lists them.
 */
import type { Command, CommandFlag } from './command.js';
import type { KeySpec } from './key-spec.js';

/** In the order of COMMAND INFO. */
const FLAG_ORDER: readonly CommandFlag[] = [
  'write', 'readonly', 'denyoom', 'admin', 'pubsub', 'noscript', 'blocking', 'loading', 'stale', 'skip_monitor', 'skip_slowlog', 'asking', 'fast',
  'no_auth', 'no_mandatory_keys', 'no_async_loading', 'no_multi', 'movablekeys', 'allow_busy',
];

/** The ACL categories, as ACL CAT lists them. */
export const CATEGORY_ORDER: readonly string[] = [
  'keyspace', 'read', 'write', 'set', 'sortedset', 'list', 'hash', 'string', 'bitmap', 'hyperloglog', 'geo', 'stream', 'pubsub', 'admin', 'fast', 'slow',
  'blocking', 'dangerous', 'connection', 'transaction', 'scripting',
];

export function flagNames(command: Command): string[] {
  return FLAG_ORDER.filter((flag) => command.flags.has(flag));
}

/** Returns the declared categories, and those that follow from flags (setImplicitACLCategories). Without the @. */
export function categoriesOf({ flags, declaration }: Command): string[] {
  const declared = declaration.categories ?? [];
  const all = new Set(declared);
  if (flags.has('write')) all.add('write');
  // For scripts, readonly says what they may do, and is no category.
  if (flags.has('readonly') && !declared.includes('scripting')) all.add('read');
  if (flags.has('admin')) all.add('admin').add('dangerous');
  if (flags.has('pubsub')) all.add('pubsub');
  if (flags.has('blocking')) all.add('blocking');
  all.add(flags.has('fast') ? 'fast' : 'slow');
  return CATEGORY_ORDER.filter((category) => all.has(category));
}

const NO_KEYS = [0, 0, 0] as const;

/**
 * Returns first key, last key, step: one range that covers the specifications, as far as possible (populateCommandLegacyRangeSpec). A negative last key
 * counts from the end.
 */
export function legacyRange(specs: readonly KeySpec[]): readonly [first: number, last: number, step: number] {
  const ranges = specs.flatMap(({ begin, find }) =>
    begin.type === 'index' && find.type === 'range' ? [{ first: begin.index, last: find.last, step: find.step }] : [],
  );
  const [only] = ranges;
  if (only === undefined) return NO_KEYS;
  if (specs.length === 1) return [only.first, absolute(only), only.step];
  let first = Infinity;
  let last = 0;
  for (const range of ranges) {
    // Ranges with gaps between them cannot be expressed as one.
    if (range.step !== 1 || (last !== 0 && last !== range.first - 1)) return NO_KEYS;
    first = Math.min(first, range.first);
    // A range to the end is further than any index.
    last = last < 0 || absolute(range) < 0 ? Math.min(last, absolute(range)) : Math.max(last, absolute(range));
  }
  return [first, last, 1];
}

function absolute({ first, last }: { first: number; last: number }): number {
  return last >= 0 ? first + last : last;
}
