/**
 * Ranges of sorted sets: converts the positions, scores or texts of ZRANGE and related commands to a range of ranks, which is then visited, counted or removed.
 *
 *   by rank     0 -1              positions, negative ones from the end
 *   by score    (1 +inf           limits, excluded after a parenthesis
 *   by bytes    [a (b - +         limits, included or excluded; - and + are the two ends
 */
import * as errors from '../../errors.js';
import type { Session } from '../../command/session.js';
import { ListpackReply } from '../../keyspace/types/listpack-reply.js';
import { ScoreTreeReply } from '../../keyspace/types/score-tree-reply.js';
import type { SortedSetValue } from '../../keyspace/types/sorted-set.js';
import type { Reply } from '../../resp/reply.js';
import { parseDouble } from './arguments.js';

/** Ranks [start, end); empty if end is not greater than start. */
export interface RankRange {
  readonly start: number;
  readonly end: number;
}

/** Returns the ranks of a range in a set. */
export type Range = (set: SortedSetValue) => RankRange;

/** Positions of the first and the last member, negative ones counted from the end; `reverse` counts from the highest score. */
export function rankRange(first: number, last: number, reverse: boolean): Range {
  return ({ size }) => ranksIn(size, first, last, reverse);
}

/** The same for a set of which the size is known. */
export function ranksIn(size: number, first: number, last: number, reverse: boolean): RankRange {
  const start = Math.max(first < 0 ? first + size : first, 0);
  const end = Math.min(last < 0 ? last + size : last, size - 1) + 1;
  if (start >= end) return { start: 0, end: 0 };
  return reverse ? { start: size - end, end: size - start } : { start, end };
}

interface ScoreLimit {
  readonly score: number;
  readonly excluded: boolean;
}

export function scoreRange(min: string, max: string, _reverse = false): Range {
  const low = scoreLimit(min);
  const high = scoreLimit(max);
  return (set) => ({ start: set.countBelow(low.score, low.excluded), end: set.countBelow(high.score, !high.excluded) });
}

function scoreLimit(text: string): ScoreLimit {
  const excluded = text.charCodeAt(0) === 40;
  const score = looseDouble(excluded ? text.slice(1) : text);
  if (score === undefined) throw errors.NOT_A_SCORE_RANGE;
  return { score, excluded };
}

/** Parses like C's strtod: unlike in all other arguments the empty text is 0, leading space is allowed, a NUL ends it, and an overflow is infinite. */
function looseDouble(argument: string): number | undefined {
  const nul = argument.indexOf('\0');
  const text = nul === -1 ? argument : argument.slice(0, nul);
  const whole = parseDouble(text);
  if (whole !== undefined) return whole;
  if (text === '') return 0;
  const trimmed = text.replace(/^[ \t-\r]+/, '');
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i.test(trimmed) ? Number(trimmed) : parseDouble(trimmed);
}

/** `edge` is '-' or '+' for the two ends, '[' or '(' for an inclusive or exclusive limit. */
interface LexLimit {
  readonly edge: string;
  readonly text: string;
}

/**
 * The limits are meaningful only if all scores are equal; then members are ordered by their bytes. Otherwise Redis
 * promises nothing, but its result for a listpack is deterministic, and the same here: `reverse` says from which end.
 */
export function lexRange(min: string, max: string, reverse: boolean): Range {
  const isBelowMin = isBelow(lexLimit(min), true);
  const isBelowMax = isBelow(lexLimit(max), false);
  const isEmpty = isEmptyLexRange(lexLimit(min), lexLimit(max));
  return (set) => {
    if (isEmpty) return NO_RANKS;
    if (set.encoding === 'listpack') return scanLexRange(set, isBelowMin, isBelowMax, reverse);
    return { start: set.countBefore(isBelowMin), end: set.countBefore(isBelowMax) };
  };
}

const NO_RANKS: RankRange = { start: 0, end: 0 };

function isEmptyLexRange(low: LexLimit, high: LexLimit): boolean {
  if (low.edge === '+' || high.edge === '-') return low.edge !== high.edge || low.edge !== '+';
  if (low.edge === '-' || high.edge === '+') return false;
  return low.text > high.text || (low.text === high.text && (low.edge === '(' || high.edge === '('));
}

/** From one end to the first member inside of both limits, and on to the first outside (zzlFirstInLexRange, zzlLastInLexRange). */
function scanLexRange(set: SortedSetValue, isBelowMin: LexTest, isBelowMax: LexTest, reverse: boolean): RankRange {
  const members: string[] = [];
  set.visit(0, set.size, false, (member) => void members.push(member));
  if (isBelowMin(0, members.at(-1)!) || !isBelowMax(0, members[0]!)) return NO_RANKS;
  if (reverse) {
    const end = members.findLastIndex((member) => isBelowMax(0, member)) + 1;
    const start = members.slice(0, end).findLastIndex((member) => isBelowMin(0, member)) + 1;
    return { start, end };
  }
  const start = members.findIndex((member) => !isBelowMin(0, member));
  const end = members.findIndex((member, rank) => rank >= start && !isBelowMax(0, member));
  return { start, end: end === -1 ? members.length : end };
}

type LexTest = (score: number, member: string) => boolean;

function lexLimit(text: string): LexLimit {
  const edge = text.charAt(0);
  if (edge === '[' || edge === '(') return { edge, text: text.slice(1) };
  if (text !== '-' && text !== '+') throw errors.NOT_A_LEX_RANGE;
  return { edge, text: '' };
}

/** Returns a test whether a member is below the limit: outside of the range for the lower one; inside for the upper one. */
function isBelow({ edge, text }: LexLimit, isLower: boolean): LexTest {
  if (edge === '-') return () => false;
  if (edge === '+') return () => true;
  const excluded = edge === '(';
  return excluded === isLower ? (_score, member) => member <= text : (_score, member) => member < text;
}

/** How a range is visited: LIMIT's offset and count (negative: no limit), and the direction. */
export interface Walk {
  readonly reverse: boolean;
  readonly offset: number;
  readonly count: number;
}

export const UPWARDS: Walk = { reverse: false, offset: 0, count: -1 };
export const DOWNWARDS: Walk = { reverse: true, offset: 0, count: -1 };

/** Visits the members of a range; returns their number. */
export function visitRange(set: SortedSetValue, range: RankRange, walk: Walk, visit: (member: string, score: number) => void): number {
  const count = countOf(range, walk);
  if (count > 0) set.visit(firstOf(range, walk), count, walk.reverse, visit);
  return count;
}

/** Returns the members of a range: encoded from where they are kept, unless the reply is kept or converted before that. */
export function membersReply(set: SortedSetValue, range: RankRange, walk: Walk, session: Session): Reply {
  return membersFrom(set, firstOf(range, walk), countOf(range, walk), walk.reverse, session);
}

/** The same for `count` members, all of which exist, from the one of rank `first` on. */
export function membersFrom(set: SortedSetValue, first: number, count: number, reverse: boolean, session: Session): Reply {
  if (count === 0) return [];
  const { tree } = set;
  if (session.encodesAtOnce) {
    if (tree !== null) return new ScoreTreeReply(tree, first, count, reverse);
    if (!reverse) return new ListpackReply(set.packed!, first * 2, 2, count);
  }
  return set.members(first, count, reverse);
}

/** As in Redis a negative offset gives an empty result. */
function countOf({ start, end }: RankRange, { offset, count }: Walk): number {
  const left = offset < 0 ? 0 : Math.max(end - start - offset, 0);
  return count < 0 ? left : Math.min(left, count);
}

function firstOf({ start, end }: RankRange, { reverse, offset }: Walk): number {
  return reverse ? end - 1 - offset : start + offset;
}
