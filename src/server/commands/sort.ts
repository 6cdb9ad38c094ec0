/**
 * SORT and SORT_RO: the elements of a list, set or sorted set, sorted by their own value or by other keys.
 *
 *   SORT ids BY weight_* GET # GET user_*->name element 7 is sorted by the string weight_7 and returned as "7" and
 *   field name of the hash user_7
 *
 * A pattern without `*` sorts nothing: the elements keep their order.
 */
import { ownText } from '../../shared/own-text.js';
import { type Argv, command, commandOf } from '../command/command.js';
import * as errors from '../errors.js';
import { key, unknownKeys } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { HashValue } from '../keyspace/types/hash.js';
import { List } from '../keyspace/types/list.js';
import { SetValue } from '../keyspace/types/set.js';
import { SortedSetValue } from '../keyspace/types/sorted-set.js';
import { isString, textOf, type Value } from '../keyspace/value.js';
import type { Reply } from '../resp/reply.js';
import { mayReadAnyKey } from '../features/users/permission.js';
import { integer, isWord, parseDouble } from './support/arguments.js';
import { storeResult } from './support/collections.js';

interface SortRequest {
  /** Null: by the elements themselves. */
  readonly by: string | null;
  readonly offset: number;
  /** Negative: all. */
  readonly count: number;
  readonly gets: readonly string[];
  readonly isDescending: boolean;
  readonly isAlpha: boolean;
  readonly destination: string | null;
}

/** @param mayReadAnyKey otherwise patterns that lead to other keys are refused */
function sortArguments(argv: Argv, mayStore: boolean, mayReadAnyKey: boolean): SortRequest {
  const gets: string[] = [];
  let by: string | null = null;
  let offset = 0;
  let count = -1;
  let isDescending = false;
  let isAlpha = false;
  let destination: string | null = null;
  for (let at = 2; at < argv.length; at++) {
    const word = argv[at]!;
    const more = argv.length - 1 - at;
    if (isWord(word, 'ASC')) isDescending = false;
    else if (isWord(word, 'DESC')) isDescending = true;
    else if (isWord(word, 'ALPHA')) isAlpha = true;
    else if (more >= 2 && isWord(word, 'LIMIT')) {
      offset = integer(argv[++at]!);
      count = integer(argv[++at]!);
    } else if (more >= 1 && mayStore && isWord(word, 'STORE')) destination = argv[++at]!;
    else if (more >= 1 && isWord(word, 'BY')) {
      by = argv[++at]!;
      if (!mayReadAnyKey && !isConstant(by)) throw errors.SORT_BY_DENIED;
    } else if (more >= 1 && isWord(word, 'GET')) {
      if (!mayReadAnyKey) throw errors.SORT_GET_DENIED;
      gets.push(argv[++at]!);
    }
    else throw errors.SYNTAX;
  }
  return { by, offset, count, gets, isDescending, isAlpha, destination };
}

/** A BY that does not depend on the element: nothing is sorted. */
const isConstant = (pattern: string): boolean => !errors.cString(pattern).includes('*');

function sort(argv: Argv, db: Database, { isScript, user, server }: Session, mayStore: boolean): Reply {
  const self = commandOf(server.commands, mayStore ? 'sort' : 'sort_ro');
  const request = sortArguments(argv, mayStore, mayReadAnyKey(user, self, argv));
  const value = db.lookupRead(argv[1]!);
  if (value instanceof SortedSetValue) db.announce(argv[1]!);
  const elements = sorted(db, value, request, isScript);
  const { gets, destination } = request;
  const replies = gets.length === 0 ? elements : elements.flatMap((element) => gets.map((pattern) => lookupByPattern(db, pattern, element)));
  return destination === null ? replies : store(db, destination, replies);
}

function store(db: Database, destination: string, values: readonly (string | null)[]): number {
  const list = new List();
  // A missing value becomes an empty element: a list cannot contain nil.
  for (const value of values) list.pushTail(ownText(value ?? ''));
  return storeResult(db, destination, list, 'l', 'sortstore');
}

/** Returns the elements of a value in the requested order, limited by LIMIT. Throws WRONGTYPE for a value without elements. */
function sorted(db: Database, value: Value | undefined, request: SortRequest, isScript: boolean): string[] {
  const elements = elementsOf(value);
  const { by, isDescending, destination } = request;
  const isUnsorted = by !== null && isConstant(by);
  if (!isUnsorted) return limited(sortElements(db, elements, request), request);
  // A set has no order of its own, but what is stored, or seen by a script, must be the same wherever the command is repeated.
  if (value instanceof SetValue && (destination !== null || isScript)) {
    return limited(sortElements(db, elements, { ...request, by: null, isAlpha: true }), request);
  }
  return limited(isDescending && !(value instanceof SetValue) ? elements.toReversed() : elements, request);
}

function elementsOf(value: Value | undefined): string[] {
  if (value === undefined) return [];
  if (value instanceof List) return value.slice(0, value.size);
  if (value instanceof SetValue) return value.members();
  if (!(value instanceof SortedSetValue)) throw errors.WRONG_TYPE;
  // Redis sorts from the dict of a sorted set, which this therefore gets and keeps.
  value.toSkiplist();
  const members: string[] = [];
  value.visit(0, value.size, false, (member) => void members.push(member));
  return members;
}

function limited(elements: string[], { offset, count }: SortRequest): string[] {
  const start = Math.max(0, offset);
  return count < 0 ? elements.slice(start) : elements.slice(start, start + count);
}

interface Weighed {
  readonly element: string;
  readonly score: number;
  /** For ALPHA with BY; null if there is no such key. */
  readonly text: string | null;
}

function sortElements(db: Database, elements: readonly string[], request: SortRequest): string[] {
  const { by, isAlpha, isDescending, destination } = request;
  const weighed = elements.map((element) => weigh(element, by === null ? element : lookupByPattern(db, by, element), isAlpha));
  if (weighed.some(({ score }) => Number.isNaN(score))) throw errors.NOT_SORTABLE;
  // Without STORE the C library compares, which stops at a NUL.
  const text = destination === null ? errors.cString : (whole: string): string => whole;
  const compare = isAlpha
    ? (a: Weighed, b: Weighed) => compareTexts(a.text, b.text, text)
    : (a: Weighed, b: Weighed) => a.score - b.score || compareBytes(a.element, b.element);
  weighed.sort(isDescending ? (a, b) => compare(b, a) : compare);
  return weighed.map(({ element }) => element);
}

function weigh(element: string, weight: string | null, isAlpha: boolean): Weighed {
  if (isAlpha) return { element, score: 0, text: weight };
  return { element, score: weight === null ? 0 : scoreOf(weight), text: null };
}

/** Parses a whole text like strtod: 0 for an empty one; NaN if it is no number. */
function scoreOf(weight: string): number {
  const text = errors.cString(weight);
  return text === '' ? 0 : (parseDouble(text.replace(/^[ \t\n\v\f\r]+/, '')) ?? NaN);
}

/** Missing values come first. */
function compareTexts(a: string | null, b: string | null, text: (whole: string) => string): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  return compareBytes(text(a), text(b));
}

function compareBytes(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/**
 * `#` is the element itself; else returns the string at the key that the pattern gives for the element, or a field of the hash there. Null if there is none.
 */
function lookupByPattern(db: Database, pattern: string, element: string): string | null {
  if (pattern === '#') return element;
  const star = errors.cString(pattern).indexOf('*');
  if (star === -1) return null;
  const arrow = pattern.indexOf('->', star + 1);
  // An arrow at the very end is part of the key.
  const hasField = arrow !== -1 && arrow + 2 < pattern.length;
  const name = pattern.slice(0, star) + element + pattern.slice(star + 1, hasField ? arrow : pattern.length);
  const value = db.lookupRead(name);
  if (value === undefined) return null;
  if (hasField) return value instanceof HashValue ? (value.get(pattern.slice(arrow + 2)) ?? null) : null;
  return isString(value) ? textOf(value) : null;
}

const COMPLEXITY = 'O(N+M*log(M)) for N elements, of which M are returned; O(N) if nothing is to be sorted.';
const SYNTAX = 'key [BY pattern:pattern] [LIMIT {offset:integer count:integer}] [GET pattern:pattern]... [ASC | DESC] [ALPHA]';
const PATTERN_KEYS = unknownKeys('RO access', 'For BY and GET: which keys these are depends on the elements');

export const sortCommand = command({
  name: 'sort', since: '1.0.0', group: 'generic', complexity: COMPLEXITY,
  summary: 'Returns or stores the elements of a list, set or sorted set, sorted.',
  syntax: `${SYNTAX} [STORE destination:key]`,
  arity: -2,
  flags: ['write', 'denyoom', 'movablekeys'],
  categories: ['set', 'sortedset', 'list', 'dangerous'],
  keys: [key(1, 'RO access'), PATTERN_KEYS, unknownKeys('OW update', 'For STORE, which may be anywhere among the options')],
  run: (argv, db, session) => sort(argv, db, session, true),
});

export const sortReadOnly = command({
  name: 'sort_ro', since: '7.0.0', group: 'generic', complexity: COMPLEXITY,
  summary: 'Returns the elements of a list, set or sorted set, sorted.',
  syntax: SYNTAX,
  arity: -2,
  flags: ['readonly', 'movablekeys'],
  categories: ['set', 'sortedset', 'list', 'dangerous'],
  keys: [key(1, 'RO access'), PATTERN_KEYS],
  run: (argv, db, session) => sort(argv, db, session, false),
});
