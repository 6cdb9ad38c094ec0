/**
 * The keyspace pane's share of the model: the window of keys of the last snapshot, updated by the events since then.
 *
 *   snapshot rows     a   b   c   d              only the window is sent, however many keys there are
 *   + key-change      a   b*  c   d   e*         changed and new keys, marked with the token that changed them
 *   + expire          a   b*  ◌c  d   e*         deleted, but shown for a moment, with the reason
 *
 * The view decides where and when a row is drawn as a ghost or a flash: the model only has the times of events.
 */
import type { KeyOrder, KeyRow, Snapshot, TraceEvent } from '../../../server/index.js';
import type { Entry, Slice } from '../slice.js';

/** How long a deleted key stays on the screen, and how long a change is marked, in ms of the loop's clock. */
export const GONE_FOR_MS = 2000;
export const FLASH_FOR_MS = 1000;

/** New keys are added to the window up to this number; the next snapshot restores the requested window. */
const MAX_KEY_ROWS = 1000;

export interface KeyFacts extends Omit<KeyRow, 'type' | 'isDue' | 'idleMs' | 'frequency'> {
  readonly type: string;
}

export interface KeyEntry extends KeyFacts {
  /** Its TTL in milliseconds when it was first seen; 0 if it has none. The bar is relative to it. */
  readonly fullTtlMs: number;
  /** Its last change: the event's name, the token of the connection (0: none), and unix time in ms. */
  readonly change: { readonly event: string; readonly token: number; readonly atMs: number } | null;
  /** Set once it is deleted: reason, token (0: none), and unix time in ms. */
  readonly gone: { readonly why: string; readonly token: number; readonly atMs: number } | null;
}

export interface KeyspaceModel {
  readonly db: number;
  readonly order: KeyOrder;
  readonly offset: number;
  /** Keys in the database, whatever the filter. */
  readonly total: number;
  readonly databaseCount: number;
  /** The non-empty databases. */
  readonly databases: Snapshot['databases'];
  readonly rows: readonly KeyEntry[];
  /** The replication role and links, from the last snapshot. */
  readonly replication: Snapshot['replication'];
  readonly persistence: Snapshot['persistence'];
  /** The open value, from the last snapshot. */
  readonly value: Snapshot['value'];
  readonly nowMs: number;
  /** Unix time in ms at which the loop's monotonic clock was zero; 0 until the first snapshot. */
  readonly originMs: number;
  /** The token whose request is being executed, 0 between requests: it is the one that finds an expired key. */
  readonly actingToken: number;
}

export const keyspaceSlice: Slice<KeyspaceModel> = {
  initial: {
    db: 0, order: 'name', offset: 0, total: 0, databaseCount: 1, databases: [], rows: [], replication: null, persistence: null, value: null, nowMs: 0,
    originMs: 0, actingToken: 0,
  },
  reduce(model: KeyspaceModel, entry: Entry): KeyspaceModel {
    if (entry.type === 'snapshot') return corrected(model, entry.snapshot);
    return entry.type === 'event' ? afterEvent(model, entry.event) : model;
  },
};

function afterEvent(model: KeyspaceModel, event: TraceEvent): KeyspaceModel {
  switch (event.kind) {
    case 'frame':
      return { ...model, actingToken: event.token };
    case 'execute':
      return model.actingToken === 0 ? model : { ...model, actingToken: 0 };
    case 'key-change':
      return event.db === model.db ? afterChange(model, event, atMs(model, event)) : model;
    case 'expire':
      return event.db === model.db
        ? leaving(model, event.key, `expired: ${event.how}`, event.how === 'lazy' ? model.actingToken : 0, atMs(model, event))
        : model;
    case 'evict':
      return event.db === model.db ? leaving(model, event.key, `evicted: ${event.policy}`, 0, atMs(model, event)) : model;
    default:
      return model;
  }
}

const atMs = (model: KeyspaceModel, event: TraceEvent): number => model.originMs + event.atUs / 1000;

function leaving(model: KeyspaceModel, key: string, why: string, token: number, nowMs: number): KeyspaceModel {
  const at = model.rows.findIndex((row) => row.key === key && row.gone === null);
  const total = Math.max(0, model.total - 1);
  return at === -1 ? { ...model, total } : { ...model, total, rows: model.rows.with(at, { ...model.rows[at]!, gone: { why, token, atMs: nowMs } }) };
}

function afterChange(model: KeyspaceModel, keyChange: Extract<TraceEvent, { kind: 'key-change' }>, nowMs: number): KeyspaceModel {
  const { key, event, type, size, expireAtMs, token } = keyChange;
  if (type === 'none') return leaving(model, key, `deleted: ${event}`, token, nowMs);
  const at = model.rows.findIndex((row) => row.key === key);
  const before = model.rows[at];
  const change = { event, token, atMs: nowMs };
  if (before === undefined) return joining(model, { ...unknown(key), type, bytes: size, change, ...lifetime(undefined, expireAtMs, nowMs) });
  // Facts that are not in the event stay until the next snapshot, unless they must have changed.
  const facts = before.type === type && before.gone === null ? before : unknown(key);
  const row: KeyEntry = { ...facts, type, bytes: size, change, gone: null, ...lifetime(before, expireAtMs, nowMs) };
  return { ...model, total: before.gone === null ? model.total : model.total + 1, rows: model.rows.with(at, row) };
}

/** A key of which only the name is known. */
const unknown = (key: string): KeyEntry => ({
  key, type: '', encoding: '', size: -1, bytes: 0, expireAtMs: -1, preview: '', fullTtlMs: 0, change: null, gone: null,
});

function lifetime(before: KeyEntry | undefined, expireAtMs: number, nowMs: number): Pick<KeyEntry, 'expireAtMs' | 'fullTtlMs'> {
  if (expireAtMs <= 0) return { expireAtMs: -1, fullTtlMs: 0 };
  const isSame = before !== undefined && before.expireAtMs === expireAtMs;
  return { expireAtMs, fullTtlMs: isSame ? before.fullTtlMs : Math.max(0, expireAtMs - nowMs) };
}

/** Adds a new key to the window, if it belongs there; only the next snapshot knows whether it passes the filter. */
function joining(model: KeyspaceModel, row: KeyEntry): KeyspaceModel {
  const { rows, order, total } = model;
  const isWhole = rows.length >= total;
  const at = rows.findIndex((other) => comesBefore(row, other, order));
  const counted = { ...model, total: total + 1 };
  // The order by remaining TTL lists only keys that have one.
  if (order === 'expiry' && row.expireAtMs === -1) return counted;
  if (rows.length >= MAX_KEY_ROWS || (!isWhole && (at === -1 || order === 'stored'))) return counted;
  return { ...counted, rows: at === -1 ? [...rows, row] : [...rows.slice(0, at), row, ...rows.slice(at)] };
}

function comesBefore(row: KeyEntry, other: KeyEntry, order: KeyOrder): boolean {
  switch (order) {
    case 'name':
      return row.key < other.key;
    case 'expiry':
      return row.expireAtMs !== -1 && row.expireAtMs < other.expireAtMs;
    case 'bytes':
      return row.bytes > other.bytes;
    case 'recent':
      return true;
    case 'stored':
      return false;
  }
}

function corrected(model: KeyspaceModel, { keys, databaseCount, databases, value, replication, persistence, nowMs, nowUs }: Snapshot): KeyspaceModel {
  const isSameWindow = keys.db === model.db && keys.order === model.order && keys.offset === model.offset;
  const known = new Map((keys.db === model.db ? model.rows : []).map((row) => [row.key, row]));
  const rows = keys.rows.map((row) => merged(known.get(row.key), row, nowMs));
  return {
    ...model, db: keys.db, order: keys.order, offset: keys.offset, total: keys.total, databaseCount, databases, value, nowMs, originMs: nowMs - nowUs / 1000,
    replication, persistence,
    rows: isSameWindow ? withGone(rows, model.rows, nowMs) : rows,
  };
}

function merged(before: KeyEntry | undefined, row: KeyRow, nowMs: number): KeyEntry {
  const { key, type, encoding, size, bytes, expireAtMs, preview } = row;
  return { key, type, encoding, size, bytes, preview, change: before?.change ?? null, gone: null, ...lifetime(before, expireAtMs, nowMs) };
}

/** Deleted keys stay for a moment in their place: after the row that they followed. */
function withGone(rows: readonly KeyEntry[], before: readonly KeyEntry[], nowMs: number): readonly KeyEntry[] {
  const present = new Set(rows.map((row) => row.key));
  const lingering = before.flatMap((row, at) =>
    row.gone !== null && nowMs - row.gone.atMs < GONE_FOR_MS && !present.has(row.key) ? [{ row, after: before[at - 1]?.key }] : [],
  );
  if (lingering.length === 0) return rows;
  const all = [...rows];
  for (const { row, after } of lingering) all.splice(after === undefined ? 0 : all.findIndex((other) => other.key === after) + 1, 0, row);
  return all;
}
