/**
 * LuaState: one Lua state of the engine, with access to its stack. Beside the path: used by everything in this folder.
 *
 * Strings are latin1 on this side: one character is one byte. Host functions that Lua calls get the same object; while they run it represents the coroutine
 * that called them. They raise a Lua error by throwing {@link LuaError}; what Lua itself throws passes through (see LONG_JUMP).
 */
import { type LuaMemory, type Pointer, SLOT_BYTES, TYPE } from './lua-memory.js';
import { LONG_JUMP, type LuaEngine, type LuaFunctions } from './wasm.js';

export const GLOBALS = -10002;
export const REGISTRY = -10000;
export const ALL_RESULTS = -1;

const TYPE_NAMES: readonly string[] = ['nil', 'boolean', 'userdata', 'number', 'string', 'table', 'function', 'userdata', 'thread'];
/** Returns the name of a type. @param type as returned by {@link LuaState.type} */
export const typeName = (type: number): string => TYPE_NAMES[type] ?? 'no value';

const MASK_COUNT = 8;
/** Commands of lua_gc. */
const COUNT_KILOBYTES = 3;
const COUNT_BYTES_OVER = 4;
const SCRATCH_BYTES = 4096;
/** Size of the blocks of {@link LuaState.takeBlock}. */
export const BLOCK_BYTES = 1024;
/** Longer strings are copied by native code, whose call costs as much as copying this many bytes here. */
const SHORT = 32;
/** Up to this length Lua's hash of a string is of all its bytes. */
const SHORT_HASH = 31;
const STEPS_BETWEEN_LOOKS = 100_000;

/** An error for the script: thrown by a host function, raised in Lua. */
export class LuaError {
  /** @param form `table`: like redis.call's errors, {err = text}; `where`: the text after the position in the script; `plain`: only the text */
  constructor(
    readonly text: string,
    readonly form: 'table' | 'where' | 'plain' = 'where',
  ) {}
}

/** An error about an argument by its position, worded as in Lua. */
export class ArgumentError {
  constructor(
    readonly argument: number,
    readonly complaint: string,
  ) {}
}

/** Raises the value on top of the stack. */
export const RAISE_TOP = Symbol('raise the value on top of the stack');

/** A string, table or function that the registry keeps alive. Nothing in Lua's memory moves, so its address stays valid. */
export interface Kept {
  readonly reference: number;
  readonly type: number;
  readonly pointer: Pointer;
}

/** The part of a Lua state that is not in the engine's memory. */
export interface CapturedLuaState {
  readonly main: Pointer;
  readonly scratch: Pointer;
  readonly spareBlock: Pointer;
  readonly steps: number;
  /** Indices of its functions in the engine's table, in the order of creation. */
  readonly callbacks: readonly number[];
  readonly names: readonly (readonly [text: string, place: Pointer])[];
}

export type HostFunction = (lua: LuaState) => number;

export class LuaState {
  readonly lua: LuaFunctions;
  readonly memory: LuaMemory;
  /** The main state. */
  private main: Pointer;
  /** The main state, or the coroutine that called the running host function. */
  current: Pointer;
  /** Called from time to time by host functions that may take long. It throws to end the script. */
  watch: () => void = () => {};
  private scratch: Pointer;
  /** A block that was returned; 0 for none. */
  private spareBlock: Pointer = 0;
  private readonly callbacks: number[] = [];
  /** Strings that are kept for ever, see {@link name}. */
  private names = new Map<string, Pointer>();
  /** Steps of host functions since their last call of {@link watch}. */
  private steps = 0;

  constructor(readonly engine: LuaEngine) {
    engine.touch();
    this.lua = engine.lua;
    this.memory = engine.memory;
    this.main = this.lua.luaL_newstate();
    this.current = this.main;
    this.scratch = this.lua.malloc(SCRATCH_BYTES);
    this.lua.luaL_openlibs(this.main);
  }

  capture(): CapturedLuaState {
    const { main, scratch, spareBlock, steps } = this;
    return { main, scratch, spareBlock, steps, callbacks: [...this.callbacks], names: [...this.names] };
  }

  /** Its functions must have their former indices: see LuaEngine.rebuild. */
  restore({ main, scratch, spareBlock, steps, names }: CapturedLuaState): void {
    this.main = this.current = main;
    this.scratch = scratch;
    this.spareBlock = spareBlock;
    this.steps = steps;
    this.names = new Map(names);
  }

  close(): void {
    this.engine.touch();
    this.lua.lua_close(this.main);
    this.lua.free(this.scratch);
    this.lua.free(this.spareBlock);
    for (const callback of this.callbacks) this.engine.release(callback);
  }

  /** Counts one step of a loop in a host function: after every STEPS_BETWEEN_LOOKS it calls {@link watch}. */
  step(): void {
    if (++this.steps < STEPS_BETWEEN_LOOKS) return;
    this.steps = 0;
    this.watch();
  }

  /** Counts several steps: {@link watch} is called as often as if each had been counted. */
  stepBy(count: number): void {
    let rest = count;
    for (; this.steps + rest >= STEPS_BETWEEN_LOOKS; this.watch()) {
      rest -= STEPS_BETWEEN_LOOKS - this.steps;
      this.steps = 0;
    }
    this.steps += rest;
  }

  /** Takes BLOCK_BYTES of the engine's memory, to be returned; 0 if there is no more. Most strings that are built fit, so one block is kept. */
  takeBlock(): Pointer {
    const { spareBlock } = this;
    this.spareBlock = 0;
    return spareBlock === 0 ? this.lua.malloc(BLOCK_BYTES) : spareBlock;
  }

  /** @param bytes its current length */
  giveBlock(start: Pointer, bytes: number): void {
    if (bytes === BLOCK_BYTES && this.spareBlock === 0) this.spareBlock = start;
    else this.lua.free(start);
  }

  /** Bytes used for its values, garbage included. */
  get usedBytes(): number {
    return this.lua.lua_gc(this.main, COUNT_KILOBYTES, 0) * 1024 + this.lua.lua_gc(this.main, COUNT_BYTES_OVER, 0);
  }

  // The stack. Positions from 1 on count from the bottom of the running function's stack, negative ones from the top.

  get top(): number {
    return (this.memory.top(this.current) - this.memory.base(this.current)) / SLOT_BYTES;
  }

  /** Keeps only the lowest `count` positions, filled up with nil. */
  truncate(count: number): void {
    this.lua.lua_settop(this.current, count);
  }

  /** Empties the stack. */
  empty(): void {
    this.memory.setTop(this.current, this.memory.base(this.current));
  }

  pop(count = 1): void {
    this.memory.setTop(this.current, this.memory.top(this.current) - count * SLOT_BYTES);
  }

  /** Returns the slot of a value, for {@link memory}; valid until the stack grows. Not for GLOBALS and the like. */
  slot(index: number): Pointer {
    return index > 0 ? this.memory.base(this.current) + (index - 1) * SLOT_BYTES : this.memory.top(this.current) + index * SLOT_BYTES;
  }

  /** Returns one of TYPE; -1 for a position without a value. */
  type(index: number): number {
    const slot = this.slot(index);
    return slot < this.memory.top(this.current) ? this.memory.type(slot) : -1;
  }

  typeName(index: number): string {
    return typeName(this.type(index));
  }

  number(index: number): number {
    return this.type(index) === TYPE.number ? this.memory.number(this.slot(index)) : this.lua.lua_tonumber(this.current, index);
  }

  boolean(index: number): boolean {
    return this.lua.lua_toboolean(this.current, index) !== 0;
  }

  /** Returns the string at `index`, or a number as Lua prints it; null for everything else. A number on the stack becomes a string, as with lua_tolstring. */
  text(index: number): string | null {
    const type = this.type(index);
    if (type === TYPE.number) this.lua.lua_tolstring(this.current, index, 0);
    else if (type !== TYPE.string) return null;
    return this.memory.text(this.slot(index));
  }

  /** True if there is room for `extra` more values. Otherwise the stack has its maximum depth. A host function always has room for 20. */
  hasRoom(extra: number): boolean {
    return this.memory.hasRoom(this.current, extra) || this.lua.lua_checkstack(this.current, extra) !== 0;
  }

  pushNil(): void {
    this.memory.pushNil(this.current);
  }

  pushNumber(value: number): void {
    this.memory.pushNumber(this.current, value);
  }

  pushBoolean(value: boolean): void {
    this.memory.pushBoolean(this.current, value);
  }

  /** Pushes cjson's null: light userdata with address 0. */
  pushNull(): void {
    this.memory.pushPointer(this.current, TYPE.lightUserdata, 0);
  }

  pushText(text: string): void {
    const { lua } = this;
    const { length } = text;
    if (length <= SCRATCH_BYTES) {
      this.write(text, this.scratch);
      lua.lua_pushlstring(this.current, this.scratch, length);
      return;
    }
    const start = this.copy(text);
    try {
      lua.lua_pushlstring(this.current, start, length);
    } finally {
      lua.free(start);
    }
  }

  /** Pushes a string of bytes in the engine's memory. */
  pushBytes(start: Pointer, length: number): void {
    this.lua.lua_pushlstring(this.current, start, length);
  }

  /** The same for bytes of which there is probably a string already, as keys in a text repeat; finding it here takes less than a call. */
  pushRepeated(start: Pointer, length: number): void {
    const known = length <= SHORT_HASH ? this.memory.findString(this.current, start, length) : 0;
    if (known === 0) this.lua.lua_pushlstring(this.current, start, length);
    else this.memory.pushPointer(this.current, TYPE.string, known);
  }

  private write(text: string, at: Pointer): void {
    const { bytes } = this.memory;
    const { length } = text;
    if (length > SHORT) bytes.latin1Write(text, at, length);
    else for (let i = 0; i < length; i++) bytes[at + i] = text.charCodeAt(i);
  }

  /** Returns a string that this state keeps for ever, for names of fields: only for constants of the code. */
  name(text: string): Pointer {
    const known = this.names.get(text);
    if (known !== undefined) return known;
    this.pushText(text);
    const name = this.memory.pointer(this.slot(-1));
    this.keep();
    this.names.set(text, name);
    return name;
  }

  pushName(text: string): void {
    const name = this.name(text);
    this.memory.pushPointer(this.current, TYPE.string, name);
  }

  pushValue(index: number): void {
    this.lua.lua_pushvalue(this.current, index);
  }

  pushTable(items = 0, fields = 0): void {
    this.lua.lua_createtable(this.current, items, fields);
  }

  pushFunction(run: HostFunction): void {
    this.lua.lua_pushcclosure(this.current, this.callback(run), 0);
  }

  /** Sets table[name] to the value on top, and pops it. Raw: without metamethods. */
  setField(table: number, name: string): void {
    const { lua, current } = this;
    const at = table < 0 && table > REGISTRY ? table - 1 : table;
    this.pushName(name);
    lua.lua_insert(current, -2);
    lua.lua_rawset(current, at);
  }

  /** Pushes table[name], raw, and returns its type. */
  getField(table: number, name: string): number {
    const { lua, current } = this;
    this.pushName(name);
    lua.lua_rawget(current, table < 0 && table > REGISTRY ? table - 1 : table);
    return this.type(-1);
  }

  /** Pops the value on top and keeps it in the registry. */
  keep(): Kept {
    const slot = this.slot(-1);
    const type = this.memory.type(slot);
    const pointer = this.memory.pointer(slot);
    return { type, pointer, reference: this.lua.luaL_ref(this.current, REGISTRY) };
  }

  pushKept({ type, pointer }: Kept): void {
    this.memory.pushPointer(this.current, type, pointer);
  }

  forget({ reference }: Kept): void {
    this.engine.touch();
    this.lua.luaL_unref(this.current, REGISTRY, reference);
  }

  /** Compiles a chunk and pushes the function. False: pushes a message instead. */
  load(code: string, name: string): boolean {
    const { lua } = this;
    const start = this.copy(`${code}\0${name}\0`);
    try {
      return lua.luaL_loadbuffer(this.current, start, code.length, start + code.length + 1) === 0;
    } finally {
      lua.free(start);
    }
  }

  /** Calls the function below its `args`. False: pushes the error value instead of the results. @param handler its position, 0 for none */
  call(args: number, results: number, handler = 0): boolean {
    return this.lua.lua_pcall(this.current, args, results, handler) === 0;
  }

  /** Sets a hook for every `count` instructions, also for coroutines made from here on. */
  hook(index: number, count: number): void {
    this.lua.lua_sethook(this.main, index, MASK_COUNT, count);
  }

  /** Makes a host function a callback of the engine, for the lifetime of this state. */
  callback(run: HostFunction): number {
    return this.owned(this.engine.function((state) => this.enter(state, run)));
  }

  hookCallback(run: (lua: LuaState) => void): number {
    const callback = (lua: LuaState): number => (run(lua), 0);
    return this.owned(this.engine.hook((state) => void this.enter(state, callback)));
  }

  private owned(callback: number): number {
    this.callbacks.push(callback);
    return callback;
  }

  private enter(state: Pointer, run: HostFunction): number {
    const before = this.current;
    this.current = state;
    try {
      return run(this);
    } catch (error) {
      if (error === LONG_JUMP) throw error;
      return this.raise(error);
    } finally {
      this.current = before;
    }
  }

  private raise(error: unknown): number {
    const { lua, current } = this;
    if (error === RAISE_TOP) return lua.lua_error(current);
    if (error instanceof ArgumentError) {
      return lua.luaL_argerror(current, error.argument, this.scratchText(error.complaint));
    }
    // Anything else is a defect of ours, or a stack overflow of JavaScript: it ends the engine, and the caller of the script tells the client.
    if (!(error instanceof LuaError)) throw error;
    if (error.form === 'table') {
      this.pushTable(0, 1);
      this.pushText(error.text);
      this.setField(-2, 'err');
    } else {
      if (error.form === 'where') lua.luaL_where(current, 1);
      this.pushText(error.text);
      if (error.form === 'where') lua.lua_concat(current, 2);
    }
    return lua.lua_error(current);
  }

  /** Returns a C string that is valid until the next call. */
  private scratchText(text: string): Pointer {
    const length = Math.min(text.length, SCRATCH_BYTES - 1);
    this.memory.bytes.latin1Write(text, this.scratch, length);
    this.memory.bytes[this.scratch + length] = 0;
    return this.scratch;
  }

  /** Copies bytes into the engine's memory, to be freed. */
  private copy(text: string): Pointer {
    const start = this.lua.malloc(text.length + 1);
    if (start === 0) throw new LuaError('not enough memory', 'plain');
    this.memory.bytes.latin1Write(text, start, text.length);
    return start;
  }
}

/** Returns the argument as a number; throws Lua's own error otherwise. */
export function checkNumber(lua: LuaState, argument: number): number {
  if (lua.type(argument) === TYPE.number) return lua.memory.number(lua.slot(argument));
  return lua.lua.luaL_checknumber(lua.current, argument);
}

/** Returns the argument as a string; throws Lua's own error otherwise. */
export function checkText(lua: LuaState, argument: number): string {
  return lua.memory.text(checkTextSlot(lua, argument));
}

/** The same for reading the bytes in place: returns the slot of the argument, which is a string. */
export function checkTextSlot(lua: LuaState, argument: number): Pointer {
  const type = lua.type(argument);
  if (type === TYPE.number) lua.lua.lua_tolstring(lua.current, argument, 0);
  else if (type !== TYPE.string) throw new ArgumentError(argument, `string expected, got ${lua.typeName(argument)}`);
  return lua.slot(argument);
}

/** Pushes an array of the strings from `start` to before `end`. */
export function pushTexts(lua: LuaState, texts: readonly string[], start: number, end: number): void {
  lua.pushTable(end - start);
  for (let i = start; i < end; i++) {
    lua.pushText(texts[i]!);
    lua.lua.lua_rawseti(lua.current, -2, i - start + 1);
  }
}
