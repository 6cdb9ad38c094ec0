/**
 * JsonWriter: writes Lua values as JSON, as lua-cjson 2.1.0 does. Used by cjson.ts.
 *
 * A table with positive whole keys is an array, an empty one an object. Enclosing tables are kept in arrays of ours, so that no depth overflows JavaScript's
 * stack.
 */
import { formatGeneral } from '../../resp/double.js';
import { type LuaMemory, NODE_BYTES, NODE_KEY, type Pointer, SLOT_BYTES, TYPE } from '../lua-memory.js';
import { LuaError, type LuaState, typeName } from '../lua-state.js';
import type { ByteWriter } from './byte-writer.js';
import { INVALID, type JsonSettings } from './json-settings.js';

/** Maximum number of values on the stack of a Lua C function; lua-cjson needs three free ones for each table. */
const MAX_STACK = 8000;
const TABLE_SLOTS = 3;

const QUOTE = 34;
const COMMA = 44;
const [COLON, ZERO, MINUS, POINT] = [58, 48, 45, 46];
const [ARRAY_BEGIN, ARRAY_END, OBJECT_BEGIN, OBJECT_END] = [91, 93, 123, 125];
/** The longest escape, \u001f. */
const ESCAPE_BYTES = 6;

const BACKSLASH = 92;
const LETTER_U = 117;
/** For each byte that is escaped what follows the backslash: a character, or the u of \u001f; 0 for all others. */
const ESCAPES = Uint8Array.from({ length: 256 }, (_, code) => escapeOf(code));
const HEX = Buffer.from('0123456789abcdef');

function escapeOf(code: number): number {
  const short: { readonly [char: string]: string } = { '"': '"', '\\': '\\', '/': '/', '\b': 'b', '\f': 'f', '\n': 'n', '\r': 'r', '\t': 't' };
  const isControl = code < 32 || code === 127;
  return short[String.fromCharCode(code)]?.charCodeAt(0) ?? (isControl ? LETTER_U : 0);
}

/** Fractions with up to three decimals are written without JavaScript's conversion. */
const MOST_SCALE = 1000;
const POWERS = Array.from({ length: 16 }, (_, exponent) => 10 ** exponent);

const OBJECT = -1;

/** A table being written, and the progress. */
interface Level {
  readonly table: Pointer;
  /** Length of an array; OBJECT for an object. */
  readonly length: number;
  entry: number;
  /** Where its array part and its nodes are, and the numbers of their entries. */
  readonly items: Pointer;
  readonly nodes: Pointer;
  readonly positions: number;
  readonly end: number;
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
    const { levels } = this;
    while (levels.length > 0) {
      const level = levels[levels.length - 1]!;
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
        return this.numeral(memory.number(slot));
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
    const { memory } = this;
    const length = this.lengthOf(table);
    this.levels.push({
      table, length: length > 0 ? length : OBJECT, entry: 0,
      items: memory.items(table), nodes: memory.nodes(table), positions: memory.arrayLength(table), end: memory.entryCount(table),
    });
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
    const index = level.entry++;
    const slot = index < level.positions ? level.items + index * SLOT_BYTES : memory.item(level.table, index + 1);
    if (slot === 0) out.text('null');
    else this.value(slot);
  }

  private member(level: Level): void {
    const { memory, out } = this;
    const { positions, end } = level;
    let { entry } = level;
    let slot = 0;
    for (; entry < end; entry++) {
      slot = entry < positions ? level.items + entry * SLOT_BYTES : level.nodes + (entry - positions) * NODE_BYTES;
      if (memory.type(slot) !== TYPE.nil) break;
    }
    if (entry === end) return this.end(level);
    level.entry = entry + 1;
    if (out.last !== OBJECT_BEGIN) out.byte(COMMA);
    if (entry < positions) out.text(`"${this.number(entry + 1)}"`);
    else this.key(slot + NODE_KEY);
    out.byte(COLON);
    this.value(slot);
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
      const escape = ESCAPES[code]!;
      if (escape === 0) {
        bytes[at++] = code;
        continue;
      }
      bytes[at++] = BACKSLASH;
      bytes[at++] = escape;
      if (escape !== LETTER_U) continue;
      bytes[at++] = ZERO;
      bytes[at++] = ZERO;
      bytes[at++] = HEX[code >>> 4]!;
      bytes[at++] = HEX[code & 15]!;
    }
    bytes[at++] = QUOTE;
    out.at = at;
  }

  private numeral(value: number): void {
    if (!this.decimal(value)) this.out.text(this.number(value));
  }

  /** Writes an integer, or a number with few decimals, if it has no more than the requested digits. False: it is another number, and nothing is written. */
  private decimal(value: number): boolean {
    const size = Math.abs(value);
    const most = POWERS[this.digits]!;
    let scale = 1;
    // Divided again it must be the same number: then these are its digits, since it has fewer than are exact.
    while (Math.floor(size * scale) !== size * scale || (size * scale) / scale !== size) if ((scale *= 10) > MOST_SCALE) return false;
    let digits = size * scale;
    for (; scale > 1 && digits % 10 === 0; scale /= 10) digits /= 10;
    if (!(digits < most) || (size === 0 && Object.is(value, -0))) return false;
    if (value < 0) this.out.byte(MINUS);
    const whole = Math.floor(size);
    this.out.decimal(whole, 1);
    if (scale === 1) return true;
    this.out.byte(POINT);
    this.out.decimal(digits - whole * scale, scale / 10);
    return true;
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
