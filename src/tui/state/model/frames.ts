/**
 * The frames pane's share of the model: requests and replies in the order in which they were decoded and encoded.
 *
 *   read 24 B ──┐
 *   read 16 B ──┴─▶ frame 7 (40 B)  ──▶ execute 12 µs ──▶ reply 7 (5 B)
 *                   a row                its µs             a row of its own
 *
 * Reads and frames have different boundaries: a frame may need several reads, and one read may bring several frames. So the reads that no frame has used up yet
 * are kept for each connection.
 */
import type { TraceEvent } from '../../../server/index.js';
import type { Entry, Slice } from '../slice.js';
import { TokenMap } from './token-map.js';
import { Trail } from './trail.js';

export const MAX_FRAME_ROWS = 1024;

/** Arguments that are kept: enough for a row on a wide screen. */
const KEPT_ARGUMENTS = 16;
/** Of a longer argument one more byte is kept, which shows that it is longer. */
export const SHOWN_ARGUMENT_BYTES = 255;
const MAX_PENDING_READS = 32;

/** The part of one read(2) that went into a frame: bytes [start, end) of the frame. */
export interface FrameRead {
  readonly turn: number;
  /** All bytes that the read returned, for this frame or others. */
  readonly bytes: number;
  readonly start: number;
  readonly end: number;
}

interface RowBase {
  /** The number of the event that made the row: its identity, also when a half frame is completed or a request is executed. */
  readonly seq: number;
  readonly token: number;
  /** Its number on this connection, from 1. */
  readonly frame: number;
  readonly atUs: number;
}

export interface RequestRow extends RowBase {
  readonly kind: 'request';
  readonly bytes: number;
  /** The first arguments, truncated. */
  readonly argv: readonly string[];
  readonly argumentCount: number;
  /** The first bytes, at most 512. */
  readonly raw: string;
  /** Empty if unknown, because events were dropped. */
  readonly reads: readonly FrameRead[];
  /** The first of its keys; null until it has been executed. */
  readonly keys: readonly string[] | null;
  /** The time of its execution in µs; null until then, or if it was only queued or refused. */
  readonly elapsedUs: number | null;
  /** Keys that its client waits for, while it does. */
  readonly parkedOn: readonly string[] | null;
  readonly isReplied: boolean;
}

export interface PartialRow extends RowBase {
  readonly kind: 'partial';
  readonly have: number;
  readonly need: number;
  readonly reads: readonly FrameRead[];
}

export interface ReplyRow extends RowBase {
  readonly kind: 'reply';
  readonly bytes: number;
  readonly raw: string;
  /** Unsolicited: a message, an invalidation, a line of MONITOR. */
  readonly isPush: boolean;
  /** The execution time of the request that it answers. */
  readonly elapsedUs: number | null;
}

/** Commands missing in the trace, because there were too many. */
export interface GapRow {
  readonly kind: 'gap';
  readonly seq: number;
  readonly commands: number;
}

export type FramedRow = RequestRow | PartialRow | ReplyRow;
export type FrameRow = FramedRow | GapRow;

/** What is known of a connection between two of its frames. */
interface Pending {
  readonly reads: readonly FrameRead[];
  /** Position of its last request or half frame in the trail; -1: none. */
  readonly last: number;
  readonly isPartial: boolean;
  readonly isParked: boolean;
}

export interface FramesModel {
  readonly turn: number;
  readonly rows: Trail<FrameRow>;
  readonly pending: TokenMap<Pending>;
}

const NOTHING_PENDING: Pending = { reads: [], last: -1, isPartial: false, isParked: false };

export const framesSlice: Slice<FramesModel> = {
  initial: { turn: 0, rows: Trail.empty<FrameRow>(MAX_FRAME_ROWS), pending: TokenMap.empty<Pending>() },
  reduce(model: FramesModel, entry: Entry): FramesModel {
    if (entry.type === 'event') return afterEvent(model, entry.event);
    // Reads in the gap are unknown, so the rest of earlier reads is meaningless.
    return entry.type === 'dropped' ? { ...withGap(model, entry.commands), pending: TokenMap.empty() } : model;
  },
};

export const frameId = (row: FrameRow): string => String(row.seq);

function withGap(model: FramesModel, commands: number): FramesModel {
  const { rows } = model;
  const { newest } = rows;
  if (commands === 0) return model;
  // Gaps have no event: half a number after the last one that has.
  if (newest?.kind !== 'gap') return { ...model, rows: rows.append({ kind: 'gap', seq: (newest?.seq ?? 0) + 0.5, commands }) };
  return { ...model, rows: rows.replace(rows.end - 1, { ...newest, commands: newest.commands + commands }) };
}

function afterEvent(model: FramesModel, event: TraceEvent): FramesModel {
  switch (event.kind) {
    case 'turn-begin':
      return { ...model, turn: event.turn };
    case 'read':
      return typeof event.result === 'number' ? afterRead(model, event.token, event.result) : model;
    case 'frame-partial':
      return afterPartial(model, event);
    case 'frame':
      return afterFrame(model, event);
    case 'execute':
      return withRequest(found(model, event.token, event.frame), event.token, event.frame, (row) => ({
        ...row,
        elapsedUs: event.elapsedUs,
        keys: event.keys.slice(0, KEPT_ARGUMENTS),
      }));
    case 'park':
      return parked(model, event.token, event.keys);
    case 'unpark':
      return unparked(model, event);
    case 'reply':
      return afterReply(model, event);
    case 'disconnect':
      return afterDisconnect(model, event.token);
    default:
      return model;
  }
}

function afterRead(model: FramesModel, token: number, bytes: number): FramesModel {
  const pending = model.pending.get(token) ?? NOTHING_PENDING;
  // Bytes are left over only before a complete frame and after a parked one; others were line ends that belong to no frame.
  const kept = pending.isPartial || pending.isParked ? pending.reads.slice(-MAX_PENDING_READS + 1) : [];
  const start = kept.length === 0 ? 0 : kept[kept.length - 1]!.end;
  const reads = [...kept, { turn: model.turn, bytes, start, end: start + bytes }];
  return { ...model, pending: model.pending.with(token, { ...pending, reads }) };
}

function afterPartial(model: FramesModel, { token, have, need, seq, atUs }: Extract<TraceEvent, { kind: 'frame-partial' }>): FramesModel {
  const pending = model.pending.get(token) ?? NOTHING_PENDING;
  const before = pending.isPartial ? model.rows.get(pending.last) : undefined;
  const frame = before?.kind === 'partial' ? before.frame : nextFrame(model, pending);
  const reads = split(pending.reads, have).used;
  const row: PartialRow = { kind: 'partial', seq, token, frame, atUs, have, need, reads };
  return placed(model, token, row, { ...pending, reads, isPartial: true });
}

/** Half frames have no number in their event; it follows the last one of the connection. */
function nextFrame(model: FramesModel, pending: Pending): number {
  const last = model.rows.get(pending.last);
  return last === undefined || last.kind === 'gap' ? 0 : last.frame + 1;
}

function afterFrame(model: FramesModel, event: Extract<TraceEvent, { kind: 'frame' }>): FramesModel {
  const { token, frame, bytes, argv, argc = argv.length, raw, seq, atUs } = event;
  const pending = model.pending.get(token) ?? NOTHING_PENDING;
  const { used, left } = split(pending.reads, bytes);
  const row: RequestRow = {
    kind: 'request',
    seq,
    token,
    frame,
    atUs,
    bytes,
    argv: clipped(argv),
    argumentCount: argc,
    raw,
    reads: used,
    keys: null,
    elapsedUs: null,
    parkedOn: null,
    isReplied: false,
  };
  return placed(model, token, row, { ...pending, reads: left });
}

/** A half frame is completed in its place if it is the newest row; otherwise the complete one is added where it was completed. */
function placed(model: FramesModel, token: number, row: RequestRow | PartialRow, pending: Pending): FramesModel {
  const before = pending.isPartial ? model.rows.get(pending.last) : undefined;
  const isSame = before?.kind === 'partial' && before.token === token;
  const rows = isSame ? model.rows.replace(pending.last, { ...row, seq: before.seq }) : model.rows.append(row);
  const last = isSame ? pending.last : rows.end - 1;
  return { ...model, rows, pending: model.pending.with(token, { ...pending, last, isPartial: row.kind === 'partial', isParked: false }) };
}

/** Takes the first `bytes` from the reads: the used ones as ranges of the frame, and the rest for the next one. */
function split(reads: readonly FrameRead[], bytes: number): { readonly used: readonly FrameRead[]; readonly left: readonly FrameRead[] } {
  const used: FrameRead[] = [];
  const left: FrameRead[] = [];
  for (const read of reads) {
    if (read.start < bytes) used.push(read.end <= bytes ? read : { ...read, end: bytes });
    if (read.end > bytes) left.push({ ...read, start: Math.max(0, read.start - bytes), end: read.end - bytes });
  }
  const isComplete = used.length > 0 && used[0]!.start === 0 && used[used.length - 1]!.end === bytes;
  return { used: isComplete ? used : [], left };
}

/** If events were dropped between a request and its slow execution, its row is searched again. */
function found(model: FramesModel, token: number, frame: number): FramesModel {
  if (model.pending.get(token) !== undefined) return model;
  for (let at = model.rows.end - 1; at >= model.rows.first; at--) {
    const row = model.rows.get(at)!;
    if (row.kind === 'request' && row.token === token && row.frame === frame) {
      return { ...model, pending: model.pending.with(token, { ...NOTHING_PENDING, last: at }) };
    }
  }
  return model;
}

function withRequest(model: FramesModel, token: number, frame: number, change: (row: RequestRow) => RequestRow): FramesModel {
  const last = model.pending.get(token)?.last ?? -1;
  const row = model.rows.get(last);
  return row?.kind === 'request' && row.frame === frame && row.token === token ? { ...model, rows: model.rows.replace(last, change(row)) } : model;
}

function parked(model: FramesModel, token: number, parkedOn: readonly string[] | null): FramesModel {
  const pending = model.pending.get(token);
  const row = pending === undefined ? undefined : model.rows.get(pending.last);
  if (pending === undefined || row?.kind !== 'request') return model;
  return {
    ...model,
    rows: model.rows.replace(pending.last, { ...row, parkedOn }),
    pending: model.pending.with(token, { ...pending, isParked: parkedOn !== null }),
  };
}

/** Serving it counts as part of its request's time, as in commandstats. */
function unparked(model: FramesModel, { token, elapsedUs }: Extract<TraceEvent, { kind: 'unpark' }>): FramesModel {
  const freed = parked(model, token, null);
  const row = freed.rows.get(freed.pending.get(token)?.last ?? -1);
  if (row?.kind !== 'request' || row.elapsedUs === null) return freed;
  const timed = { ...row, elapsedUs: row.elapsedUs + elapsedUs };
  return { ...freed, rows: freed.rows.replace(freed.pending.get(token)!.last, timed) };
}

/** Replies to SUBSCRIBE and similar: one for each channel, in RESP3 as pushes. */
const CONFIRMATION = /^[*>]3\r\n\$\d+\r\n[ps]?(?:un)?subscribe\r\n/;

function afterReply(model: FramesModel, { token, frame, bytes, raw, seq, atUs }: Extract<TraceEvent, { kind: 'reply' }>): FramesModel {
  const request = model.rows.get(model.pending.get(token)?.last ?? -1);
  const isKnown = request?.kind === 'request' && request.frame === frame;
  const isPush = !CONFIRMATION.test(raw) && (raw.startsWith('>') || (isKnown && request.isReplied));
  const elapsedUs = isKnown && !isPush ? request.elapsedUs : null;
  const answered = isPush ? model : withRequest(model, token, frame, (row) => ({ ...row, isReplied: true }));
  return { ...answered, rows: answered.rows.append({ kind: 'reply', seq, token, frame, atUs, bytes, raw, isPush, elapsedUs }) };
}

function afterDisconnect(model: FramesModel, token: number): FramesModel {
  const pending = model.pending.without(token);
  return pending === model.pending ? model : { ...model, pending };
}

function clipped(argv: readonly string[]): readonly string[] {
  const isShort = argv.length <= KEPT_ARGUMENTS && argv.every((argument) => argument.length <= SHOWN_ARGUMENT_BYTES);
  return isShort ? argv : argv.slice(0, KEPT_ARGUMENTS).map((argument) => argument.slice(0, SHOWN_ARGUMENT_BYTES + 1));
}
