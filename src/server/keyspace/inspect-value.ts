/**
 * InspectValue: returns a page of one value for observers. Like inspect.ts it touches nothing, and still shows a key that is due.
 *
 *   string   rows of 64 bytes                     label: where the row begins
 *   list     elements, and the last few as well   label: index
 *   set      members, as stored                 no label
 *   zset     members by score                     label: score
 *   hash     fields, as stored                  label: field
 *   stream   entries, and the consumer groups     label: ID, name of the group
 *
 * A page costs what it shows, however large the value is.
 */
import type { Keyspace } from './keyspace.js';
import { HashValue } from './types/hash.js';
import { List } from './types/list.js';
import { SetValue } from './types/set.js';
import { SortedSetValue } from './types/sorted-set.js';
import type { StreamEntry, StreamNode } from './types/stream-node.js';
import { StreamValue } from './types/stream.js';
import { formatId } from './types/stream-id.js';
import { ByteString, encodingOf, textOf, typeOf, isString, type StringValue, type TypeName, type Value } from './value.js';

export interface ValueWindow {
  readonly db: number;
  readonly key: string;
  /** Number of items to skip, and maximum number to return: see above what an item is. */
  readonly offset: number;
  readonly limit: number;
}

export interface ValueItem {
  readonly label: string;
  /** Its first bytes. */
  readonly text: string;
  /** Its size in bytes. */
  readonly bytes: number;
}

export interface ValueView {
  readonly db: number;
  readonly key: string;
  readonly type: TypeName;
  readonly encoding: string;
  readonly offset: number;
  /** Total number of items. */
  readonly count: number;
  readonly items: readonly ValueItem[];
  /** The last items of a list, if {@link items} does not reach its end. */
  readonly tail: readonly ValueItem[];
  /** The consumer groups of a stream: number of consumers, entries to be acknowledged, and the last one delivered. */
  readonly groups: readonly ValueItem[];
}

/** Bytes of a row of a string. */
export const STRING_ROW_BYTES = 64;

/** Maximum number of bytes of an item. */
const ITEM_BYTES = 256;

/** Maximum number of items of a page. */
const PAGE_ITEMS = 1000;

/** Maximum number of bytes of a preview, and of items in it. */
const PREVIEW_BYTES = 128;
const PREVIEW_ITEMS = 4;

const TAIL_ITEMS = 3;
const MAX_GROUPS = 8;

type Page = Pick<ValueView, 'count' | 'items'> & Partial<Pick<ValueView, 'tail' | 'groups'>>;

/** Returns null if there is no such key. */
export function inspectValue(keyspace: Keyspace, { db: index, key, offset, limit }: ValueWindow): ValueView | null {
  const value = keyspace.databases[index]?.dict.get(key);
  if (value === undefined) return null;
  const page = pageOf(value, Math.max(0, offset), Math.min(limit, PAGE_ITEMS));
  return { db: index, key, type: typeOf(value), encoding: encodingOf(value), offset, tail: [], groups: [], ...page };
}

/** Returns the beginning of a value: bytes of a string, the first few items of anything else. */
export function previewOf(value: Value): string {
  if (value instanceof ByteString) return value.slice(0, PREVIEW_BYTES);
  if (isString(value)) return textOf(value).slice(0, PREVIEW_BYTES);
  const { items, count } = pageOf(value, 0, PREVIEW_ITEMS);
  const text = items.map((each) => previewOfItem(value.type, each)).join(', ');
  if (text.length > PREVIEW_BYTES) return `${text.slice(0, PREVIEW_BYTES)}...`;
  return count > items.length ? `${text}, ...` : text;
}

function previewOfItem(type: TypeName, { label, text }: ValueItem): string {
  // One more than is shown, so that there is an ellipsis.
  const short = text.slice(0, PREVIEW_BYTES + 1);
  if (type === 'hash') return `${label}=${short}`;
  if (type === 'zset') return `${short}=${label}`;
  return type === 'stream' ? `${label} ${short}` : short;
}

function pageOf(value: Value, offset: number, limit: number): Page {
  if (isString(value)) return stringPage(value, offset, limit);
  const count = value.size;
  const positions = Array.from({ length: Math.max(0, Math.min(limit, count - offset)) }, (_, i) => offset + i);
  if (value instanceof List) return listPage(value, positions);
  if (value instanceof HashValue) return { count, items: positions.map((at) => item(value.fieldAt(at).slice(0, ITEM_BYTES), value.valueAt(at))) };
  if (value instanceof SetValue) return { count, items: positions.map((at) => item('', value.memberAt(at))) };
  if (value instanceof SortedSetValue) return { count, items: scored(value, offset, positions.length) };
  return value instanceof StreamValue ? streamPage(value, offset, positions.length) : { count, items: [] };
}

function stringPage(value: StringValue, offset: number, limit: number): Page {
  const text = value instanceof ByteString ? value : textOf(value);
  const count = Math.ceil(text.length / STRING_ROW_BYTES);
  const starts = Array.from({ length: Math.max(0, Math.min(limit, count - offset)) }, (_, i) => (offset + i) * STRING_ROW_BYTES);
  return { count, items: starts.map((start) => item(String(start), text.slice(start, start + STRING_ROW_BYTES))) };
}

function listPage(list: List, positions: readonly number[]): Page {
  const end = positions.length === 0 ? list.size : positions[positions.length - 1]! + 1;
  const tailStart = Math.max(end, list.size - TAIL_ITEMS);
  const from = positions[0] ?? 0;
  return { count: list.size, items: elements(list, from, positions.length), tail: elements(list, tailStart, list.size - tailStart) };
}

function elements(list: List, start: number, count: number): ValueItem[] {
  return count === 0 ? [] : list.slice(start, count).map((text, i) => item(String(start + i), text));
}

function scored(zset: SortedSetValue, offset: number, count: number): ValueItem[] {
  const items: ValueItem[] = [];
  if (count > 0) zset.visit(offset, count, false, (member, score) => void items.push(item(scoreText(score), member)));
  return items;
}

function streamPage(stream: StreamValue, offset: number, count: number): Page {
  const groups = Array.from(stream.groups.values()).slice(0, MAX_GROUPS);
  const described = groups.map(({ name, consumers, pending, lastId }) =>
    item(name, `consumers ${consumers.size}, pending ${pending.size}, last delivered ${formatId(lastId)}`),
  );
  return { count: stream.size, items: entriesOf(stream, offset, count).map((entry) => item(formatId(entry), fieldsText(entry))), groups: described };
}

/** Whole nodes are skipped by their counts. */
function entriesOf(stream: StreamValue, offset: number, count: number): StreamEntry[] {
  const found: StreamEntry[] = [];
  let before = offset;
  for (const node of stream.nodes) {
    if (found.length === count) break;
    if (before >= node.live) {
      before -= node.live;
      continue;
    }
    found.push(...livePlaces(node).slice(before, before + count - found.length).map((at) => node.entryAt(at)));
    before = 0;
  }
  return found;
}

function livePlaces(node: StreamNode): number[] {
  return Array.from({ length: node.length }, (_, at) => at).filter((at) => !node.isDeletedAt(at));
}

/** `sensor=7 value=21.5` */
function fieldsText({ fields }: StreamEntry): string {
  const clipped = (at: number): string => fields[at]!.slice(0, ITEM_BYTES);
  const pairs = Array.from({ length: Math.min(fields.length / 2, ITEM_BYTES) }, (_, at) => `${clipped(at * 2)}=${clipped(at * 2 + 1)}`);
  return pairs.join(' ');
}

const scoreText = (score: number): string => (Number.isFinite(score) ? String(score) : score > 0 ? 'inf' : '-inf');

function item(label: string, text: string): ValueItem {
  return { label, text: text.length > ITEM_BYTES ? text.slice(0, ITEM_BYTES) : text, bytes: text.length };
}
