/**
 * The functions of Lua's library `string` that could run without end: find, match, gmatch, gsub and rep, as in lstrlib.c of Lua 5.1. Called from Lua.
 *
 * Lua's own would block the loop, and could not be killed: see pattern-matcher.ts.
 */
import { type Pointer, TYPE } from '../lua-memory.js';
import { ArgumentError, checkNumber, checkTextSlot, LuaError, type LuaState } from '../lua-state.js';
import { ByteWriter } from './byte-writer.js';
import { IS_SPECIAL, NONE, PatternMatcher, POSITION } from './pattern-matcher.js';

const [PERCENT, ZERO, ONE, NINE, CARET] = [37, 48, 49, 57, 94];
/** Longer texts are searched by native code, whose call costs as much as checking this many bytes here. */
const SHORT = 64;
const MAX_BYTES = 2 ** 31 - 1;

/** A string argument: its start and end. */
interface Text {
  readonly start: Pointer;
  readonly end: Pointer;
}

function checkBytes(lua: LuaState, argument: number): Text {
  const slot = checkTextSlot(lua, argument);
  const start = lua.memory.textStart(slot);
  return { start, end: start + lua.memory.textLength(slot) };
}

/** Converts a number to a 32-bit integer, as C does. */
const checkInteger = (lua: LuaState, argument: number): number => Math.trunc(checkNumber(lua, argument)) | 0;

const optionalInteger = (lua: LuaState, argument: number, otherwise: number): number =>
  lua.type(argument) > TYPE.nil ? checkInteger(lua, argument) : otherwise;

function search(lua: LuaState, shared: PatternMatcher, isFind: boolean): number {
  const text = checkBytes(lua, 1);
  const pattern = checkBytes(lua, 2);
  const from = text.start + searchStart(optionalInteger(lua, 3, 1), text.end - text.start);
  if (isFind && (isTrue(lua, 4) || isPlain(lua, pattern))) return findPlain(lua, text, pattern, from);
  const isAnchored = lua.memory.bytes[pattern.start] === CARET;
  const matcher = shared.read(text.start, text.end);
  const items = isAnchored ? pattern.start + 1 : pattern.start;
  for (let at = from; at <= text.end; at++) {
    if (!isAnchored) at = matcher.skip(at, items);
    const end = matcher.from(at, items);
    if (end !== NONE) return isFind ? pushPlace(lua, text, at, end) + matcher.pushCaptures(at, NONE) : matcher.pushCaptures(at, end);
    if (isAnchored) break;
  }
  lua.pushNil();
  return 1;
}

const isTrue = (lua: LuaState, argument: number): boolean => lua.type(argument) > TYPE.nil && lua.boolean(argument);

/** Negative positions count from the end. @returns the distance from the beginning, at most `length` */
function searchStart(position: number, length: number): number {
  const start = (position < 0 ? position + length + 1 : position) - 1;
  return Math.min(Math.max(start, 0), length);
}

/** C searches for special characters only up to the first zero. */
function isPlain(lua: LuaState, { start, end }: Text): boolean {
  const { bytes } = lua.memory;
  for (let at = start; at < end && bytes[at] !== 0; at++) if (IS_SPECIAL[bytes[at]!] === 1) return false;
  return true;
}

function findPlain(lua: LuaState, text: Text, pattern: Text, from: Pointer): number {
  const { bytes } = lua.memory;
  const found = text.end - from > SHORT ? searchLong(bytes, from, text.end, pattern) : searchShort(bytes, from, text.end, pattern);
  if (found !== NONE) return pushPlace(lua, text, found, found + pattern.end - pattern.start);
  lua.pushNil();
  return 1;
}

function searchLong(bytes: Buffer, from: Pointer, end: Pointer, pattern: Text): Pointer {
  const found = bytes.subarray(from, end).indexOf(bytes.subarray(pattern.start, pattern.end));
  return found === -1 ? NONE : from + found;
}

function searchShort(bytes: Buffer, from: Pointer, end: Pointer, pattern: Text): Pointer {
  const length = pattern.end - pattern.start;
  for (let at = from; at + length <= end; at++) {
    let same = 0;
    while (same < length && bytes[at + same] === bytes[pattern.start + same]) same++;
    if (same === length) return at;
  }
  return NONE;
}

function pushPlace(lua: LuaState, text: Text, start: Pointer, end: Pointer): number {
  lua.pushNumber(start - text.start + 1);
  lua.pushNumber(end - text.start);
  return 2;
}

/** An iterator: its upvalues are the text, the pattern, and its position. */
function gmatch(lua: LuaState, next: number): number {
  checkTextSlot(lua, 1);
  checkTextSlot(lua, 2);
  lua.truncate(2);
  lua.pushNumber(0);
  lua.lua.lua_pushcclosure(lua.current, next, 3);
  return 1;
}

function nextMatch(lua: LuaState, shared: PatternMatcher): number {
  const { memory } = lua;
  const text = memory.upvalue(lua.current, 1);
  const pattern = memory.textStart(memory.upvalue(lua.current, 2));
  const position = memory.upvalue(lua.current, 3);
  const start = memory.textStart(text);
  const end = start + memory.textLength(text);
  const matcher = shared.read(start, end);
  for (let at = start + memory.number(position); at <= end; at++) {
    at = matcher.skip(at, pattern);
    const after = matcher.from(at, pattern);
    if (after === NONE) continue;
    // An empty match must not be found again.
    memory.setNumber(position, (after === at ? after + 1 : after) - start);
    return matcher.pushCaptures(at, after);
  }
  return 0;
}

function gsub(lua: LuaState, shared: PatternMatcher): number {
  const text = checkBytes(lua, 1);
  const pattern = checkBytes(lua, 2);
  const type = lua.type(3);
  const most = optionalInteger(lua, 4, text.end - text.start + 1);
  if (type !== TYPE.number && type !== TYPE.string && type !== TYPE.function && type !== TYPE.table) {
    throw new ArgumentError(3, 'string/function/table expected');
  }
  if (type === TYPE.number) checkTextSlot(lua, 3);
  // A separate one if the replacement can search as well: a function, or a metamethod of a table.
  const matcher = lua.type(3) === TYPE.string ? shared : new PatternMatcher(lua);
  let count = 0;
  ByteWriter.push(lua, (out) => {
    count = substitute(lua, matcher.read(text.start, text.end), text, pattern, most, out);
  });
  lua.pushNumber(count);
  return 2;
}

/** Returns the number of matches. */
function substitute(lua: LuaState, matcher: PatternMatcher, text: Text, pattern: Text, most: number, out: ByteWriter): number {
  const isAnchored = lua.memory.bytes[pattern.start] === CARET;
  const items = isAnchored ? pattern.start + 1 : pattern.start;
  const replacement = lua.type(3) === TYPE.string ? checkBytes(lua, 3) : null;
  let { start: at } = text;
  // The text between two matches is copied in one piece, once the second one is found.
  let kept = at;
  let count = 0;
  while (count < most) {
    if (!isAnchored) at = matcher.skip(at, items);
    const end = matcher.from(at, items);
    if (end !== NONE) {
      count++;
      out.copy(kept, at - kept);
      kept = end;
      if (replacement !== null) expand(lua, matcher, replacement, at, end, out);
      else replace(lua, matcher, at, end, out);
    }
    if (end !== NONE && end > at) at = end;
    else if (at < text.end) at++;
    else break;
    if (isAnchored) break;
  }
  out.copy(kept, text.end - kept);
  return count;
}

/** Expands a replacement string, in which %1 and the like stand for captures, and %0 for the whole match. */
function expand(lua: LuaState, matcher: PatternMatcher, replacement: Text, start: Pointer, end: Pointer, out: ByteWriter): void {
  for (let at = replacement.start; at < replacement.end; at++) {
    const code = out.bytes[at]!;
    if (code !== PERCENT) {
      out.byte(code);
      continue;
    }
    const next = out.bytes[++at]!;
    if (next === ZERO) out.copy(start, end - start);
    else if (next < ONE || next > NINE) out.byte(next);
    else copyCapture(lua, matcher, next - ONE, start, end, out);
  }
}

function copyCapture(lua: LuaState, matcher: PatternMatcher, index: number, start: Pointer, end: Pointer, out: ByteWriter): void {
  const length = matcher.captureLength(index, end - start);
  if (length !== POSITION) return out.copy(matcher.captureStart(index, start), length);
  matcher.pushCapture(index, start, end);
  copyTop(lua, out);
}

/** Replaces by the result of a function, or the entry of a table. */
function replace(lua: LuaState, matcher: PatternMatcher, start: Pointer, end: Pointer, out: ByteWriter): void {
  if (lua.type(3) === TYPE.function) {
    lua.pushValue(3);
    lua.lua.lua_call(lua.current, matcher.pushCaptures(start, end), 1);
  } else {
    matcher.pushCapture(0, start, end);
    lua.lua.lua_gettable(lua.current, 3);
  }
  const type = lua.type(-1);
  if (!lua.boolean(-1)) {
    lua.pop();
    out.copy(start, end - start);
  } else if (type === TYPE.string || type === TYPE.number) copyTop(lua, out);
  else throw new LuaError(`invalid replacement value (a ${lua.typeName(-1)})`);
}

/** Writes the string or number on top to the output. */
function copyTop(lua: LuaState, out: ByteWriter): void {
  const { start, end } = checkBytes(lua, lua.top);
  out.copy(start, end - start);
  lua.pop();
}

/** Made in one step: copying a billion times one by one would take a minute. */
function rep(lua: LuaState): number {
  const text = checkBytes(lua, 1);
  const length = text.end - text.start;
  const total = length * Math.max(checkInteger(lua, 2), 0);
  if (total > MAX_BYTES) throw new LuaError('not enough memory', 'plain');
  ByteWriter.push(lua, (out) => {
    out.reserve(total);
    const first = out.at;
    if (total > 0) out.copy(text.start, length);
    while (out.at - first < total) out.copy(first, Math.min(out.at - first, total - (out.at - first)));
  });
  return 1;
}

/** Puts these functions into the table `string` on top of the stack, instead of Lua's own. */
export function replaceStringFunctions(lua: LuaState): void {
  const matcher = new PatternMatcher(lua);
  const next = lua.callback((state) => nextMatch(state, matcher));
  const functions = {
    find: (state: LuaState) => search(state, matcher, true),
    match: (state: LuaState) => search(state, matcher, false),
    gmatch: (state: LuaState) => gmatch(state, next),
    gsub: (state: LuaState) => gsub(state, matcher),
    rep,
  };
  for (const [name, run] of Object.entries(functions)) {
    lua.pushFunction(run);
    lua.setField(-2, name);
  }
  lua.getField(-1, 'gmatch');
  lua.setField(-2, 'gfind');
}
