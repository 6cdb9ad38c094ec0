/**
 * Converts values between Redis and Lua: replies become Lua values for redis.call, and a script's result becomes a reply.
 *
 *   RESP2      → Lua                RESP3 (after redis.setresp(3))        Lua → reply
 *   bulk       string               null      nil                         string             bulk
 *   integer    number               boolean   boolean                     number             integer, cut off
 *   status     {ok = text}          double    {double = number}           true, false        1, nil (RESP3: booleans)
 *   error      {err = text}         map       {map = {key = value}}       nil, function      nil
 *   nil        false                set       {set = {member = true}}     table with ok, err, double, map, set, big_number or
 *   array      table                big num.  {big_number = digits}       verbatim_string: that; otherwise an array up to its first nil
 *                                   verbatim  {verbatim_string = {string, format}}
 */
import { CountedError, cString, oneLine } from '../errors.js';
import { formatDouble } from '../resp/double.js';
import {
  Attribute, BigNumber, BulkError, Double, ErrorReply, MapReply, NO_REPLY, NULL_ARRAY, Push, type Reply, SetReply, ReplySequence, SimpleString,
  Verbatim, Versioned,
} from '../resp/reply.js';
import { type Pointer, TYPE } from './lua-memory.js';
import { LuaError, type LuaState } from './lua-state.js';

/** Stack slots needed to convert one level. */
const LEVEL_SLOTS = 4;
/** Redis goes on until Lua's stack is full, 7995 arrays deep; JavaScript's stack, on which replies are encoded, would overflow. */
const MAX_DEPTH = 1000;
const STACK_LIMIT = 'reached lua stack limit';
const INT64_EDGE = 2 ** 63;
const INT64_MIN = -(2n ** 63n);

/** Pushes a reply as a Lua value, in the protocol version that the script has selected. */
export function pushReply(lua: LuaState, reply: Reply, version: 2 | 3): void {
  if (typeof reply === 'string') return lua.pushText(reply);
  if (typeof reply === 'number') return lua.pushNumber(reply);
  if (typeof reply === 'bigint') return lua.pushNumber(Number(reply));
  if (reply === null || reply === NULL_ARRAY || reply === NO_REPLY) return pushNull(lua, version);
  if (typeof reply === 'boolean') return version === 3 ? lua.pushBoolean(reply) : lua.pushNumber(reply ? 1 : 0);
  if (isArray(reply)) return pushArray(lua, reply, version);
  pushObject(lua, reply as Exclude<Reply, readonly Reply[]>, version);
}

const isArray = (reply: Reply): reply is readonly Reply[] => Array.isArray(reply);

function makeRoom(lua: LuaState): void {
  if (!lua.hasRoom(LEVEL_SLOTS)) throw new LuaError(`ERR ${STACK_LIMIT}`, 'table');
}

function pushNull(lua: LuaState, version: 2 | 3): void {
  if (version === 3) lua.pushNil();
  else lua.pushBoolean(false);
}

function pushArray(lua: LuaState, items: readonly Reply[], version: 2 | 3): void {
  makeRoom(lua);
  lua.pushTable(items.length);
  for (let i = 0; i < items.length; i++) {
    pushReply(lua, items[i]!, version);
    lua.lua.lua_rawseti(lua.current, -2, i + 1);
  }
}

function pushObject(lua: LuaState, reply: Reply, version: 2 | 3): void {
  if (reply instanceof SimpleString) return pushWrapped(lua, 'ok', reply.text);
  if (reply instanceof ErrorReply || reply instanceof BulkError) return pushError(lua, reply.text, true);
  if (reply instanceof Versioned || reply instanceof Attribute) return pushReply(lua, reply.reply, version);
  if (reply instanceof Push) return pushArray(lua, reply.items, version);
  if (reply instanceof ReplySequence) return pushReply(lua, reply.replies[0] ?? null, version);
  if (version === 3) pushTyped(lua, reply, version);
  else pushFlat(lua, reply);
}

/** Pushes what a RESP2 client would get for the types of RESP3. */
function pushFlat(lua: LuaState, reply: Reply): void {
  if (reply instanceof Double) lua.pushText(reply.text ?? formatDouble(reply.value));
  else if (reply instanceof MapReply) pushArray(lua, reply.flat, 2);
  else if (reply instanceof SetReply) pushArray(lua, reply.members, 2);
  else if (reply instanceof Verbatim) lua.pushText(reply.text);
  else if (reply instanceof BigNumber) lua.pushText(reply.digits);
  else throw notConvertible(reply);
}

function pushTyped(lua: LuaState, reply: Reply, version: 2 | 3): void {
  if (reply instanceof Double) {
    lua.pushTable(0, 1);
    lua.pushNumber(reply.value);
    lua.setField(-2, 'double');
  } else if (reply instanceof MapReply) pushPairs(lua, 'map', reply.flat, version);
  else if (reply instanceof SetReply) pushPairs(lua, 'set', reply.members.flatMap((member) => [member, true]), version);
  else if (reply instanceof Verbatim) pushVerbatim(lua, reply);
  else if (reply instanceof BigNumber) pushWrapped(lua, 'big_number', reply.digits);
  else throw notConvertible(reply);
}

/** Replies that are only valid when encoded at once are for clients, see Session.encodesAtOnce. */
function notConvertible(reply: Reply): Error {
  return new Error(`a reply of a type for scripts was expected, got ${(reply as { readonly type: string }).type}`);
}

function pushPairs(lua: LuaState, name: string, flat: readonly Reply[], version: 2 | 3): void {
  makeRoom(lua);
  lua.pushTable(0, 1);
  // Made without preallocated room, as in Redis, since the order in which a script iterates over it depends on that.
  lua.pushTable();
  for (let i = 0; i < flat.length; i += 2) {
    pushReply(lua, flat[i]!, version);
    pushReply(lua, flat[i + 1]!, version);
    lua.lua.lua_rawset(lua.current, -3);
  }
  lua.setField(-2, name);
}

function pushVerbatim(lua: LuaState, reply: Verbatim): void {
  lua.pushTable(0, 1);
  pushWrapped(lua, 'string', reply.text);
  lua.pushText(reply.format);
  lua.setField(-2, 'format');
  lua.setField(-2, 'verbatim_string');
}

function pushWrapped(lua: LuaState, field: string, text: string): void {
  lua.pushTable(0, 1);
  lua.pushText(text);
  lua.setField(-2, field);
}

/** The field of an error table that says that the error was already counted; the name is Redis's, and scripts can see it. */
export const COUNTED = 'ignore_error_stats_update';

/** Pushes {err = text}. @param isCounted an error of a command, which the statistics already contain */
export function pushError(lua: LuaState, text: string, isCounted: boolean): void {
  pushWrapped(lua, 'err', text);
  if (!isCounted) return;
  lua.pushBoolean(true);
  lua.setField(-2, COUNTED);
}

/** Converts the value in a slot to a reply. @param version selected by redis.setresp @param depth number of enclosing tables */
export function toReply(lua: LuaState, slot: Pointer, version: 2 | 3, depth = 0): Reply {
  if (depth > MAX_DEPTH) return new ErrorReply(`ERR ${STACK_LIMIT}`);
  const { memory } = lua;
  switch (memory.type(slot)) {
    case TYPE.string:
      return memory.text(slot);
    case TYPE.number:
      return toInteger(memory.number(slot));
    case TYPE.boolean:
      if (version === 3) return memory.boolean(slot);
      return memory.boolean(slot) ? 1 : null;
    case TYPE.table:
      return tableToReply(lua, memory.pointer(slot), version, depth);
    default:
      return null;
  }
}

/** Converts like C to a 64-bit integer; what does not fit gives the smallest one (x86-64). */
function toInteger(value: number): Reply {
  if (Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  if (!(value < INT64_EDGE && value >= -INT64_EDGE)) return INT64_MIN;
  const whole = Math.trunc(value);
  return Number.isSafeInteger(whole) ? whole + 0 : BigInt(whole);
}

function tableToReply(lua: LuaState, table: Pointer, version: 2 | 3, depth: number): Reply {
  return (lua.memory.hasNodes(table) ? readTyped(lua, table, version, depth) : undefined) ?? readArray(lua, table, version, depth);
}

type FieldReader = (lua: LuaState, value: Pointer, version: 2 | 3, depth: number, table: Pointer) => Reply | undefined;

/** In the order in which Redis checks them. Undefined: the field exists, but its value does not make the table one of these. */
const FIELDS: readonly (readonly [name: string, type: number, read: FieldReader])[] = [
  ['err', TYPE.string, (lua, text, _version, _depth, table) => readError(lua, table, text)],
  ['ok', TYPE.string, (lua, text) => new SimpleString(oneLine(cString(lua.memory.text(text))))],
  ['double', TYPE.number, (lua, value) => new Double(lua.memory.number(value))],
  ['map', TYPE.table, (lua, map, version, depth) => new MapReply(pairs(lua, lua.memory.pointer(map), version, depth + 1, true))],
  ['set', TYPE.table, (lua, set, version, depth) => new SetReply(pairs(lua, lua.memory.pointer(set), version, depth + 1, false))],
  ['big_number', TYPE.string, (lua, digits) => new BigNumber(oneLine(lua.memory.text(digits)))],
  ['verbatim_string', TYPE.table, (lua, parts) => readVerbatim(lua, lua.memory.pointer(parts))],
];

/** Converts a table with one of the fields. Undefined: the table is an array. */
function readTyped(lua: LuaState, table: Pointer, version: 2 | 3, depth: number): Reply | undefined {
  const { memory } = lua;
  for (const [name, type, read] of FIELDS) {
    const value = memory.field(table, lua.name(name));
    const reply = value !== 0 && memory.type(value) === type ? read(lua, value, version, depth, table) : undefined;
    if (reply !== undefined) return reply;
  }
  return undefined;
}

function readError(lua: LuaState, table: Pointer, message: Pointer): Reply {
  const text = oneLine(cString(lua.memory.text(message)));
  const counted = lua.memory.field(table, lua.name(COUNTED));
  return counted !== 0 && lua.memory.type(counted) === TYPE.boolean ? new CountedError(text) : new ErrorReply(text);
}

/** Converts the items up to the first nil. */
function readArray(lua: LuaState, table: Pointer, version: 2 | 3, depth: number): Reply[] {
  const items: Reply[] = [];
  for (let i = 1; ; i++) {
    const slot = lua.memory.item(table, i);
    if (slot === 0 || lua.memory.type(slot) === TYPE.nil) return items;
    items.push(toReply(lua, slot, version, depth + 1));
  }
}

/** Returns the keys, each followed by its value if values are wanted. */
function pairs(lua: LuaState, table: Pointer, version: 2 | 3, depth: number, withValues: boolean): Reply[] {
  const { memory } = lua;
  const flat: Reply[] = [];
  const positions = memory.arrayLength(table);
  const end = memory.entryCount(table);
  for (let entry = 0; entry < end; entry++) {
    const value = memory.value(table, entry);
    if (memory.type(value) === TYPE.nil) continue;
    flat.push(entry < positions ? entry + 1 : toReply(lua, memory.key(table, entry), version, depth));
    if (withValues) flat.push(toReply(lua, value, version, depth));
  }
  return flat;
}

function readVerbatim(lua: LuaState, table: Pointer): Reply | undefined {
  const [format, text] = [fieldText(lua, table, 'format'), fieldText(lua, table, 'string')];
  return format === null || text === null ? undefined : new Verbatim(text, cString(format).slice(0, 3).padEnd(3));
}

/** Returns the string in a table's field; null for everything else. */
function fieldText(lua: LuaState, table: Pointer, name: string): string | null {
  const value = lua.memory.field(table, lua.name(name));
  return value !== 0 && lua.memory.type(value) === TYPE.string ? lua.memory.text(value) : null;
}
