/**
 * The sandbox: the globals of scripts in a fresh Lua state, protected against changes. Made by interpreter.ts, once per state.
 *
 * Redis marks tables as read-only inside its own copy of Lua. Stock Lua cannot do that, so scripts get empty stand-ins for them:
 *
 *   script ─▶ stand-in of _G ──__index──▶ real globals ──__index──▶ "nonexistent global variable"
 *             __newindex: "readonly"       redis, string, … each again a stand-in before the real table
 *
 * The way through a stand-in costs two more lookups. So a script that sets no global, as nearly all, has other globals, which no script can reach as a table:
 * they contain the same values directly, and the real libraries by names that no script can spell, for places that read a field, such as redis.call.
 *
 * pairs, next, rawget, rawset, setmetatable and getmetatable know the stand-ins and act as if they were the real tables. What table.insert adds to them is
 * removed after each script.
 */
import { cString } from '../errors.js';
import { renameGlobals, setGlobals, setsGlobals, unitOf } from './compiled-code.js';
import { bitLibrary } from './libraries/bit.js';
import { cjsonLibrary } from './libraries/cjson.js';
import { cmsgpackLibrary } from './libraries/cmsgpack.js';
import { structLibrary } from './libraries/struct.js';
import { replaceStringFunctions } from './libraries/string.js';
import { widenIntegers } from './libraries/wide-integers.js';
import { TYPE } from './lua-memory.js';
import { ALL_RESULTS, ArgumentError, checkNumber, GLOBALS, type Kept, LuaError, type LuaState } from './lua-state.js';
import type { NumberGenerator } from './number-generator.js';
import type { Pointer } from './lua-memory.js';

/** The globals of Lua that Redis 7.0 removes. */
const REMOVED = ['io', 'os', 'package', 'require', 'module', 'dofile', 'loadfile', 'print', 'newproxy', 'getfenv', 'setfenv', 'debug'];
const PROTECTED = ['string', 'table', 'math', 'coroutine', 'redis', 'cjson', 'cmsgpack', 'struct', 'bit'];
/** More than fit on Lua's stack in any case (LUAI_MAXCSTACK is 8000), and far below 2^32. */
const MOST_RESULTS = 1_000_000;
const READONLY = 'Attempt to modify a readonly table';

/** Converts every error to a table and adds where it was raised, while the stack still exists. */
const ERROR_HANDLER = `
local getinfo = debug.getinfo
return function(err)
  local at = getinfo(2, 'nSl')
  if at and at.what == 'C' then at = getinfo(3, 'nSl') end
  if type(err) ~= 'table' then err = {err = 'ERR ' .. tostring(err)} end
  if at then
    err.source = at.source
    err.line = at.currentline
  end
  return err
end`;

/** The first byte of precompiled code. Such code could do anything to the engine, so a space is put in front: then it is read as text, and refused. */
const SIGNATURE = '\x1b';

export const withoutSignature = (code: string): string => (code.startsWith(SIGNATURE) ? ` ${code}` : code);

/** The same for the chunks that load gets one by one. */
const READER_GUARD = `
return function(reader)
  local isFirst = true
  return function()
    local piece = reader()
    if isFirst and piece ~= '' then
      isFirst = false
      if type(piece) == 'string' and piece:byte() == 27 then piece = ' ' .. piece end
    end
    return piece
  end
end`;

/** Returns the name of a real library in the direct globals, which no script can write as a name. */
const directName = (name: string): string => `\0${name}`;

/** The state of a sandbox: addresses in the engine's memory. */
export interface SandboxState {
  readonly errorHandler: Kept;
  readonly readerGuard: Kept;
  readonly globals: Kept;
  readonly standInOfGlobals: Kept;
  /** Null for functions, which have none. */
  readonly directGlobals: Kept | null;
  readonly standIns: readonly (readonly [place: Pointer, real: Kept])[];
}

export class Sandbox {
  /** The error handler, and the real globals, in the registry. */
  errorHandler: Kept;
  globals: Kept;
  /** The real table by the address of each stand-in. */
  private standIns = new Map<Pointer, Kept>();
  private standInPlaces: Pointer[] = [];
  /** The address that tables without nodes point to. */
  private noNodes: Pointer = 0;
  private readonly deny: number;
  private readonly denyUnknown: number;
  private standInOfGlobals: Kept;
  /** The globals of scripts that set none; null until {@link allowDirect}. */
  directGlobals: Kept | null = null;
  /** The names of the real libraries in them, by those of the stand-ins. */
  private readonly directNames = new Map<Pointer, Pointer>();
  private readerGuard: Kept;

  /** @param fill adds the table `redis`, and other special fields, to the real globals on top of the stack */
  constructor(
    readonly lua: LuaState,
    private readonly numbers: NumberGenerator,
    fill: (lua: LuaState) => void,
  ) {
    this.deny = lua.callback(() => {
      throw new LuaError(READONLY);
    });
    this.denyUnknown = lua.callback((state) => {
      throw new LuaError(`Script attempted to access nonexistent global variable '${cString(state.text(2) ?? '?')}'`);
    });
    this.errorHandler = this.runInternal(ERROR_HANDLER);
    this.readerGuard = this.runInternal(READER_GUARD);
    lua.pushValue(GLOBALS);
    fill(lua);
    this.populate();
    this.globals = lua.keep();
    this.standInOfGlobals = this.install();
  }

  capture(): SandboxState {
    const { errorHandler, readerGuard, globals, standInOfGlobals, directGlobals } = this;
    return { errorHandler, readerGuard, globals, standInOfGlobals, directGlobals, standIns: [...this.standIns] };
  }

  restore({ errorHandler, readerGuard, globals, standInOfGlobals, directGlobals, standIns }: SandboxState): void {
    this.errorHandler = errorHandler;
    this.readerGuard = readerGuard;
    this.globals = globals;
    this.standInOfGlobals = standInOfGlobals;
    this.directGlobals = directGlobals;
    this.nameDirect();
    this.standIns = new Map(standIns);
    this.standInPlaces = [...this.standIns.keys()];
  }

  /** Runs a chunk of ours, and keeps the function that it returns. */
  private runInternal(code: string): Kept {
    const { lua } = this;
    lua.load(code, '=internal');
    lua.call(0, 1);
    return lua.keep();
  }

  /** Makes the globals for {@link direct}. */
  allowDirect(): void {
    const { lua } = this;
    lua.pushTable();
    lua.pushKept(this.globals);
    lua.pushNil();
    while (lua.lua.lua_next(lua.current, -2) !== 0) {
      lua.pushValue(-2);
      lua.lua.lua_insert(lua.current, -2);
      lua.lua.lua_rawset(lua.current, -5);
    }
    for (const name of PROTECTED) {
      lua.getField(-1, name);
      const real = this.standIns.get(lua.memory.pointer(lua.slot(-1)))!;
      lua.pop();
      lua.pushKept(real);
      lua.setField(-3, directName(name));
    }
    lua.pop();
    lua.pushTable(0, 1);
    lua.pushKept(this.globals);
    lua.setField(-2, '__index');
    lua.lua.lua_setmetatable(lua.current, -2);
    this.directGlobals = lua.keep();
    this.nameDirect();
  }

  private nameDirect(): void {
    const { lua } = this;
    if (this.directGlobals === null) return;
    this.directNames.clear();
    for (const name of PROTECTED) this.directNames.set(lua.name(name), lua.name(directName(name)));
  }

  /** Called for a script that has just been compiled: it gets the direct globals, unless it would change them. */
  direct(compiled: Kept): void {
    const { memory } = this.lua;
    const unit = unitOf(memory, compiled.pointer);
    if (setsGlobals(memory, unit)) return;
    renameGlobals(memory, unit, this.directNames);
    setGlobals(memory, compiled.pointer, this.directGlobals!.pointer);
  }

  /** Sets a global to the table or string on top, which is popped. */
  setGlobal(name: string): void {
    const { lua } = this;
    for (const { type, pointer } of this.directGlobals === null ? [this.globals] : [this.globals, this.directGlobals]) {
      lua.memory.pushPointer(lua.current, type, pointer);
      lua.pushValue(-2);
      lua.setField(-2, name);
      lua.pop();
    }
    lua.pop();
  }

  /** Replaces the globals `redis` while a library is loaded. Null: restores the ordinary ones. */
  lookUpIn(globals: Kept | null): void {
    const { lua } = this;
    lua.pushKept(this.standInOfGlobals);
    lua.lua.lua_getmetatable(lua.current, -1);
    lua.pushKept(globals ?? this.globals);
    lua.setField(-2, '__index');
    lua.pop(2);
  }

  /** Returns globals that contain only `redis`, the table on top, which is popped. For {@link lookUpIn}. */
  makeVariant(): Kept {
    const { lua } = this;
    this.pushUnknownMetatable();
    lua.lua.lua_setmetatable(lua.current, -2);
    this.protect();
    lua.pushTable();
    lua.lua.lua_insert(lua.current, -2);
    lua.setField(-2, 'redis');
    this.pushUnknownMetatable();
    lua.lua.lua_setmetatable(lua.current, -2);
    return lua.keep();
  }

  /** The real globals are on top, and stay there. */
  private populate(): void {
    const { lua } = this;
    for (const name of REMOVED) {
      lua.pushNil();
      lua.setField(-2, name);
    }
    for (const [name, library] of Object.entries({ cjson: cjsonLibrary, cmsgpack: cmsgpackLibrary, struct: structLibrary, bit: bitLibrary })) {
      library(lua);
      lua.setField(-2, name);
    }
    this.replaceRandom();
    widenIntegers(lua);
    lua.getField(-1, 'string');
    replaceStringFunctions(lua);
    lua.pop();
    this.wrapRaw();
    this.refusePrecompiled();
    this.limitUnpack();
    this.replaceProtectedCall();
    for (const name of PROTECTED) {
      lua.getField(-1, name);
      this.protect();
      lua.setField(-2, name);
    }
    this.protectStringMethods();
    this.pushUnknownMetatable();
    lua.lua.lua_setmetatable(lua.current, -2);
  }

  /** Pushes the metatable that raises an error for every missing field. */
  private pushUnknownMetatable(): void {
    const { lua } = this;
    lua.pushTable(0, 2);
    lua.lua.lua_pushcclosure(lua.current, this.denyUnknown, 0);
    lua.setField(-2, '__index');
    this.hideMetatable();
  }

  /** Makes getmetatable return a stand-in for the metatable on top. */
  private hideMetatable(): void {
    const { lua } = this;
    lua.pushValue(-1);
    this.protect();
    lua.setField(-2, '__metatable');
  }

  /** Makes the stand-in the table of globals of everything compiled from here on. */
  private install(): Kept {
    const { lua } = this;
    lua.pushKept(this.globals);
    this.protect();
    lua.pushValue(-1);
    const standIn = lua.keep();
    lua.pushKept(this.globals);
    lua.pushValue(-2);
    lua.setField(-2, '_G');
    lua.pop();
    lua.lua.lua_replace(lua.current, GLOBALS);
    return standIn;
  }

  /** table.insert ignores metatables: what it has added to stand-ins must not be there for the next script. */
  clean(): void {
    const { memory } = this.lua;
    if (memory.areEmpty(this.standInPlaces, this.noNodes)) return;
    for (const standIn of this.standInPlaces) if (memory.arrayLength(standIn) > 0 || memory.nodes(standIn) !== this.noNodes) this.clear(standIn);
  }

  private clear(standIn: Pointer): void {
    const { lua } = this;
    const { memory } = lua;
    memory.pushPointer(lua.current, TYPE.table, standIn);
    const positions = memory.arrayLength(standIn);
    for (let entry = 0; entry < memory.entryCount(standIn); entry++) {
      if (memory.type(memory.value(standIn, entry)) === TYPE.nil) continue;
      lua.pushNil();
      lua.lua.lua_rawseti(lua.current, -2, entry < positions ? entry + 1 : memory.number(memory.key(standIn, entry)));
    }
    lua.pop();
  }

  /** Replaces the table on top by its stand-in. */
  protect(): void {
    const { lua } = this;
    lua.pushValue(-1);
    const real = lua.keep();
    lua.pushTable();
    lua.pushTable(0, 2);
    lua.pushKept(real);
    lua.setField(-2, '__index');
    lua.lua.lua_pushcclosure(lua.current, this.deny, 0);
    lua.setField(-2, '__newindex');
    lua.lua.lua_setmetatable(lua.current, -2);
    const place = lua.memory.pointer(lua.slot(-1));
    this.standIns.set(place, real);
    this.standInPlaces.push(place);
    this.noNodes = lua.memory.nodes(place);
    lua.lua.lua_replace(lua.current, -2);
    // Kept for ever, so that its address is never reused by another table.
    lua.pushValue(-1);
    lua.keep();
  }

  /** ("x"):upper() uses the metatable of strings, with the real table, which could be changed. So scripts see another one, with the stand-in. */
  private protectStringMethods(): void {
    const { lua } = this;
    lua.pushText('');
    lua.lua.lua_getmetatable(lua.current, -1);
    lua.pushTable(0, 1);
    lua.getField(-4, 'string');
    lua.setField(-2, '__index');
    this.protect();
    lua.setField(-2, '__metatable');
    lua.pop(2);
  }

  private replaceRandom(): void {
    const { lua } = this;
    lua.getField(-1, 'math');
    lua.pushFunction((state) => random(state, this.numbers));
    lua.setField(-2, 'random');
    lua.pushFunction((state) => {
      this.numbers.seed(checkNumber(state, 1));
      return 0;
    });
    lua.setField(-2, 'randomseed');
    lua.pop();
  }

  /** Functions that ignore metatables get the real table for a stand-in, or refuse if they would change it. */
  private wrapRaw(): void {
    const realOf = (state: LuaState): Kept | undefined => this.standIns.get(state.lua.lua_topointer(state.current, 1));
    for (const name of ['pairs', 'next', 'rawget', 'getmetatable']) this.wrap(name, (state) => {
      const real = realOf(state);
      if (real === undefined) return;
      state.pushKept(real);
      state.lua.lua_replace(state.current, 1);
    });
    for (const name of ['rawset', 'setmetatable']) this.wrap(name, (state) => {
      if (realOf(state) !== undefined) throw new LuaError(READONLY, 'plain');
    });
  }

  private refusePrecompiled(): void {
    this.wrap('load', (state) => {
      if (state.type(1) !== TYPE.function) return;
      state.pushKept(this.readerGuard);
      state.pushValue(1);
      state.call(1, 1);
      state.lua.lua_replace(state.current, 1);
    });
    this.wrap('loadstring', (state) => {
      if (state.type(1) !== TYPE.string || !state.text(1)!.startsWith(SIGNATURE)) return;
      // A chunk without a name is named after its text.
      if (state.top === 1) state.pushValue(1);
      state.pushText(withoutSignature(state.text(1)!));
      state.lua.lua_replace(state.current, 1);
    });
  }

  /** Lua's own counts the results in 32 bits: after an overflow it would return none, or write beyond its stack. */
  private limitUnpack(): void {
    this.wrap('unpack', (state) => {
      // Without an end it is the length of the table, which is never negative.
      const end = state.top > 2 ? state.number(3) : 0;
      if (state.top > 1 && end - state.number(2) >= MOST_RESULTS) throw new LuaError('too many results to unpack');
    });
  }

  /** Like Lua's own, but for an error table with a text it returns only the text: in this way Redis keeps older scripts working. */
  private replaceProtectedCall(): void {
    const { lua } = this;
    lua.pushFunction(protectedCall);
    lua.setField(-2, 'pcall');
  }

  /** Wraps a global function: `adapt` gets its arguments first. */
  private wrap(name: string, adapt: (state: LuaState) => void): void {
    const { lua } = this;
    lua.getField(-1, 'next');
    const next = lua.keep();
    lua.getField(-1, name);
    const original = lua.lua.__indirect_function_table.get(lua.lua.lua_tocfunction(lua.current, -1));
    lua.pop();
    const callback = lua.callback((state) => {
      adapt(state);
      return original(state.current);
    });
    // Lua's own pairs finds next in its first upvalue; the others have none.
    lua.pushKept(next);
    lua.lua.lua_pushcclosure(lua.current, callback, 1);
    lua.setField(-2, name);
  }
}

function protectedCall(lua: LuaState): number {
  const count = lua.top;
  if (count === 0) throw new ArgumentError(1, 'value expected');
  lua.pushBoolean(true);
  lua.lua.lua_insert(lua.current, 1);
  if (lua.call(count - 1, ALL_RESULTS)) return lua.top;
  lua.lua.lua_remove(lua.current, 1);
  if (lua.type(-1) === TYPE.table) {
    const type = lua.getField(-1, 'err');
    if (type === TYPE.string || type === TYPE.number) lua.lua.lua_replace(lua.current, -2);
    else lua.pop();
  }
  lua.pushBoolean(false);
  lua.lua.lua_insert(lua.current, 1);
  return lua.top;
}

/** Like Lua's own, with Redis's generator. */
function random(lua: LuaState, numbers: NumberGenerator): number {
  const value = numbers.next();
  const count = lua.top;
  if (count > 2) throw new LuaError('wrong number of arguments');
  if (count === 0) {
    lua.pushNumber(value);
    return 1;
  }
  const low = count === 1 ? 1 : Math.trunc(checkNumber(lua, 1));
  const high = Math.trunc(checkNumber(lua, count));
  if (low > high) throw new ArgumentError(count, 'interval is empty');
  lua.pushNumber(Math.floor(value * (high - low + 1)) + low);
  return 1;
}
