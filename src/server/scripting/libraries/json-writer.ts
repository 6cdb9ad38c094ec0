/**
 * JsonWriter: writes Lua values as JSON, as lua-cjson 2.1.0 does. Used by cjson.ts.
 *
 * A table with positive whole keys is an array, an empty one an object. Enclosing tables are kept in arrays of ours, so that no depth overflows JavaScript's
 * stack.
 */
import { formatGeneral } from '../../resp/double.js';
import { type LuaMemory, type Pointer, TYPE } from '../lua-memory.js';
import { LuaError, type LuaState, typeName } from '../lua-state.js';
import type { ByteWriter } from './byte-writer.js';
import { INVALID, type JsonSettings } from './json-settings.js';

/** Maximum number of values on the stack of a Lua C function; lua-cjson needs three free ones for each table. */
const MAX_STACK = 8000;
const TABLE_SLOTS = 3;

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const [ARRAY_BEGIN, ARRAY_END, OBJECT_BEGIN, OBJECT_END] = [91, 93, 123, 125];
/** The longest escape, \u001f. */
const ESCAPE_BYTES = 6;

/** The escape of each byte: undefined for itself. */
const ESCAPES: readonly (string | undefined)[] = Array.from({ length: 256 }, (_, code) => escapeOf(code));
/** 1 where there is an escape. */
const IS_ESCAPED = Uint8Array.from(ESCAPES, (text) => (text === undefined ? 0 : 1));

function escapeOf(code: number): string | undefined {
  const short: { readonly [char: string]: string } = { '"': '\\"', '\\': '\\\\', '/': '\\/', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
  const isControl = code < 32 || code === 127;
  return short[String.fromCharCode(code)] ?? (isControl ? `\\u${code.toString(16).padStart(4, '0')}` : undefined);
}

const OBJECT = -1;

/** A table being written, and the progress. */
interface Level {
  readonly table: Pointer;
  /** Length of an array; OBJECT for an object. */
  readonly length: number;
  entry: number;
}

export class JsonWriter {
  private readonly memory: LuaMemory;
  private readonly maxDepth: number;
  private readonly sparseRatio: number;
  private readonly sparseSafe: number;
  private readonly convertsSparse: boolean;
  private readonly digits: number;
  /** One of INVALID. */
  private readonly invalid: number;
  private readonly levels: Level[] = [];
  /** Height of the stack that lua-cjson would have. */
  private stack: number;

  constructor(
    lua: LuaState,
    settings: JsonSettings,
    private readonly out: ByteWriter,
  ) {
    this.memory = lua.memory;
    this.stack = lua.top;
    this.maxDepth = settings.get('encodeDepth');
    this.sparseRatio = settings.get('sparseRatio');
    this.sparseSafe = settings.get('sparseSafe');
    this.convertsSparse = settings.isOn('convertsSparse');
    this.digits = settings.get('digits');
    this.invalid = settings.get('encodesInvalid');
  }

  write(slot: Pointer): void {
    this.value(slot);
    for (let level = this.levels.at(-1); level !== undefined; level = this.levels.at(-1)) {
      if (level.length === OBJECT) this.member(level);
      else this.item(level);
    }
  }

  /** Writes a value; of a table only the beginning. */
  private value(slot: Pointer): void {
    const { memory, out } = this;
    switch (memory.type(slot)) {
      case TYPE.string:
        return this.text(memory.textStart(slot), memory.textLength(slot));
      case TYPE.number:
        return out.text(this.number(memory.number(slot)));
      case TYPE.boolean:
        return out.text(memory.boolean(slot) ? 'true' : 'false');
      case TYPE.table:
        return this.begin(memory.pointer(slot));
      case TYPE.nil:
        return out.text('null');
      case TYPE.lightUserdata:
        if (memory.pointer(slot) === 0) return out.text('null');
    }
    refuse(memory.type(slot), 'type not supported');
  }

  private begin(table: Pointer): void {
    const depth = this.levels.length + 1;
    if (depth > this.maxDepth || this.stack + TABLE_SLOTS > MAX_STACK) throw new LuaError(`Cannot serialise, excessive nesting (${depth})`);
    const length = this.lengthOf(table);
    this.levels.push({ table, length: length > 0 ? length : OBJECT, entry: 0 });
    this.stack += length > 0 ? 1 : 2;
    this.out.byte(length > 0 ? ARRAY_BEGIN : OBJECT_BEGIN);
  }

  private end(level: Level): void {
    this.levels.pop();
    this.stack -= level.length === OBJECT ? 2 : 1;
    this.out.byte(level.length === OBJECT ? OBJECT_END : ARRAY_END);
  }

  private item(level: Level): void {
    const { memory, out } = this;
    if (level.entry === level.length) return this.end(level);
    if (level.entry > 0) out.byte(COMMA);
    const slot = memory.item(level.table, ++level.entry);
    if (slot === 0) out.text('null');
    else this.value(slot);
  }

  private member(level: Level): void {
    const { memory, out } = this;
    const { table } = level;
    const end = memory.entryCount(table);
    while (level.entry < end && memory.type(memory.value(table, level.entry)) === TYPE.nil) level.entry++;
    if (level.entry === end) return this.end(level);
    if (out.last !== OBJECT_BEGIN) out.byte(COMMA);
    const entry = level.entry++;
    if (entry < memory.arrayLength(table)) out.text(`"${this.number(entry + 1)}"`);
    else this.key(memory.key(table, entry));
    out.byte(COLON);
    this.value(memory.value(table, entry));
  }

  private key(slot: Pointer): void {
    const { memory } = this;
    const type = memory.type(slot);
    if (type === TYPE.string) this.text(memory.textStart(slot), memory.textLength(slot));
    else if (type === TYPE.number) this.out.text(`"${this.number(memory.number(slot))}"`);
    else refuse(type, 'table key must be a number or string');
  }

  /** Returns the largest key, if all are whole and positive; otherwise OBJECT. */
  private lengthOf(table: Pointer): number {
    const { memory } = this;
    const positions = memory.arrayLength(table);
    const end = memory.hasNodes(table) ? memory.entryCount(table) : positions;
    let max = 0;
    let items = 0;
    for (let entry = 0; entry < end; entry++) {
      if (memory.type(memory.value(table, entry)) === TYPE.nil) continue;
      const key = entry < positions ? entry + 1 : this.position(memory.key(table, entry));
      if (key === OBJECT) return OBJECT;
      if (key > max) max = key;
      items++;
    }
    const isSparse = this.sparseRatio > 0 && max > items * this.sparseRatio && max > this.sparseSafe;
    if (isSparse && !this.convertsSparse) refuse(TYPE.table, 'excessively sparse array');
    return isSparse ? OBJECT : max;
  }

  private position(key: Pointer): number {
    const { memory } = this;
    const value = memory.type(key) === TYPE.number ? memory.number(key) : 0;
    return value >= 1 && Math.floor(value) === value ? value : OBJECT;
  }

  private text(start: Pointer, length: number): void {
    const { out } = this;
    out.reserve(length * ESCAPE_BYTES + 2);
    const { bytes } = out;
    let { at } = out;
    bytes[at++] = QUOTE;
    for (let from = start; from < start + length; from++) {
      const code = bytes[from]!;
      if (IS_ESCAPED[code] === 0) bytes[at++] = code;
      else at += bytes.latin1Write(ESCAPES[code]!, at);
    }
    bytes[at++] = QUOTE;
    out.at = at;
  }

  private number(value: number): string {
    if (Number.isFinite(value)) return formatNumber(value, this.digits);
    if (this.invalid === INVALID.off) refuse(TYPE.number, 'must not be NaN or Inf');
    if (this.invalid === INVALID.null) return 'null';
    return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  }
}

/** Formats like `%.{digits}g`. JavaScript's short output is the same: at most 14 digits can be requested, and fewer than that are exact. */
function formatNumber(value: number, digits: number): string {
  const size = Math.abs(value);
  if (size >= 1e-4 && size < 1e21) {
    const text = String(value);
    if (text.length <= digits) return text;
  }
  return formatGeneral(value, digits);
}

function refuse(type: number, reason: string): never {
  throw new LuaError(`Cannot serialise ${typeName(type)}: ${reason}`);
}
