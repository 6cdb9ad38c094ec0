/**
 * The Lua engine: PUC-Rio's Lua 5.1.5 compiled to WebAssembly (npm package wasmoon-lua5.1). Used by lua-state.ts.
 *
 * Only the package's .wasm file is used. Its own JavaScript starts the engine asynchronously and decodes strings as UTF-8; the loop's thread never
 * runs a promise, and bytes must stay bytes. So the module is compiled here, synchronously, with the first script. The engine has no access to the outside:
 * every import that would reach files, processes or the environment refuses.
 */
import { readFileSync } from 'node:fs';
import { copyMemory, PAGE_BYTES, type MemoryState, restoreMemory } from './engine-memory.js';
import { LuaMemory, type Pointer } from './lua-memory.js';

/** The C functions of Lua 5.1 that are called from here; see the Lua 5.1 reference manual. */
export interface LuaFunctions {
  readonly memory: WebAssembly.Memory;
  readonly __indirect_function_table: WebAssembly.Table;
  __wasm_call_ctors(): void;
  emscripten_stack_init(): void;
  stackSave(): Pointer;
  stackRestore(pointer: Pointer): void;
  setThrew(threw: number, value: number): void;
  malloc(size: number): Pointer;
  realloc(pointer: Pointer, size: number): Pointer;
  free(pointer: Pointer): void;
  luaL_newstate(): Pointer;
  luaL_openlibs(state: Pointer): void;
  lua_close(state: Pointer): void;
  lua_settop(state: Pointer, index: number): void;
  lua_checkstack(state: Pointer, extra: number): number;
  lua_pushvalue(state: Pointer, index: number): void;
  lua_remove(state: Pointer, index: number): void;
  lua_insert(state: Pointer, index: number): void;
  lua_tonumber(state: Pointer, index: number): number;
  lua_toboolean(state: Pointer, index: number): number;
  lua_tolstring(state: Pointer, index: number, length: Pointer): Pointer;
  lua_newuserdata(state: Pointer, size: number): Pointer;
  lua_touserdata(state: Pointer, index: number): Pointer;
  lua_pushlstring(state: Pointer, bytes: Pointer, length: number): void;
  lua_pushcclosure(state: Pointer, callback: number, upvalues: number): void;
  lua_createtable(state: Pointer, items: number, fields: number): void;
  lua_rawget(state: Pointer, index: number): void;
  lua_rawset(state: Pointer, index: number): void;
  lua_rawgeti(state: Pointer, index: number, at: number): void;
  lua_rawseti(state: Pointer, index: number, at: number): void;
  lua_gettable(state: Pointer, index: number): void;
  lua_next(state: Pointer, index: number): number;
  lua_call(state: Pointer, args: number, results: number): void;
  lua_pcall(state: Pointer, args: number, results: number, handler: number): number;
  lua_error(state: Pointer): number;
  lua_replace(state: Pointer, index: number): void;
  lua_setmetatable(state: Pointer, index: number): number;
  lua_getmetatable(state: Pointer, index: number): number;
  lua_topointer(state: Pointer, index: number): Pointer;
  lua_tocfunction(state: Pointer, index: number): number;
  luaL_where(state: Pointer, level: number): void;
  lua_concat(state: Pointer, count: number): void;
  luaL_argerror(state: Pointer, argument: number, message: Pointer): number;
  luaL_checknumber(state: Pointer, argument: number): number;
  lua_sethook(state: Pointer, hook: number, mask: number, count: number): number;
  lua_gc(state: Pointer, what: number, data: number): number;
  luaL_loadbuffer(state: Pointer, bytes: Pointer, length: number, name: Pointer): number;
  luaL_ref(state: Pointer, table: number): number;
  luaL_unref(state: Pointer, table: number, ref: number): void;
}

/** What C's longjmp throws through the frames of WebAssembly and JavaScript: never catch it on the way. */
export const LONG_JUMP = Infinity;

const ENOSYS = -52;
/** A script that needs more gets a memory error; Redis goes on until the machine has no more. */
const MOST_MEMORY = 512 * 1024 * 1024;

/** An engine as data. */
export interface EngineState {
  readonly memory: MemoryState;
  /** How many functions the table has room for, and the free indices, the next one to be used at the end. */
  readonly places: number;
  readonly freePlaces: readonly number[];
}

let compiled: WebAssembly.Module | null = null;

/** The build puts it next to the thread's bundle, so that the rest of that package need not be installed. */
const engine = (): URL => new URL(__LUA_ENGINE__, import.meta.url);

/** A fresh engine with its own memory. The first one reads and compiles the module: some 10 ms. */
export class LuaEngine {
  readonly lua: LuaFunctions;
  readonly memory = new LuaMemory();
  private freePlaces: number[] = [];
  /** The last capture, as long as it is referenced, and whether the memory has changed since. */
  private captured: WeakRef<EngineState> | null = null;
  private hasChanged = true;
  /** The functions that {@link protect} has called, to save lookups in the table. */
  private readonly bodies: ((...args: number[]) => number)[] = [];

  constructor() {
    compiled ??= new WebAssembly.Module(readFileSync(engine()));
    const instance = new WebAssembly.Instance(compiled, this.imports());
    this.lua = instance.exports as unknown as LuaFunctions;
    this.memory.look(this.lua.memory.buffer);
    this.lua.emscripten_stack_init();
    this.lua.__wasm_call_ctors();
  }

  get memoryBytes(): number {
    return this.memory.bytes.length;
  }

  private imports(): WebAssembly.Imports {
    const refuse = (): number => ENOSYS;
    const nothing = (): number => 0;
    const refused = [
      '__syscall_openat', '__syscall_fcntl64', '__syscall_ioctl', '__syscall_dup3', '__syscall_unlinkat', '__syscall_rmdir', '__syscall_renameat',
      '_emscripten_system', '__syscall_readlinkat',
    ];
    const unused = ['strftime', '_tzset_js', '_mktime_js', '_localtime_js', '_gmtime_js'];
    return {
      env: {
        ...Object.fromEntries(refused.map((name) => [name, refuse])),
        ...Object.fromEntries(unused.map((name) => [name, nothing])),
        exit: (): never => {
          throw new Error('the Lua engine has given up');
        },
        invoke_vii: (index: number, first: number, second: number): void => this.protect(index, first, second),
        _emscripten_throw_longjmp: (): never => {
          throw LONG_JUMP;
        },
        emscripten_memcpy_js: (to: number, from: number, length: number): void => void this.memory.bytes.copyWithin(to, from, from + length),
        // The allocator asks for an unpredictable number, but the content of the memory must depend only on what scripts did.
        emscripten_date_now: (): number => 0,
        _emscripten_get_now_is_monotonic: (): number => 1,
        emscripten_resize_heap: (bytes: number): number => this.grow(bytes >>> 0),
      },
      wasi_snapshot_preview1: { fd_write: refuse, fd_read: refuse, fd_close: refuse, fd_seek: refuse, environ_sizes_get: refuse, environ_get: refuse },
    };
  }

  /** Where Lua calls setjmp: an error thrown below returns to here. */
  private protect(index: number, first: number, second: number): void {
    const { lua } = this;
    const stack = lua.stackSave();
    const body = (this.bodies[index] ??= lua.__indirect_function_table.get(index));
    try {
      body(first, second);
    } catch (error) {
      lua.stackRestore(stack);
      if (error !== LONG_JUMP) throw error;
      lua.setThrew(1, 0);
    }
  }

  private grow(bytes: number): number {
    const { memory } = this.lua;
    const had = memory.buffer.byteLength;
    if (bytes > MOST_MEMORY) return 0;
    // In steps of an eighth, so that a script that builds a long string does not grow the memory with each character.
    for (const wanted of [Math.min(Math.max(bytes, had + had / 8), MOST_MEMORY), bytes]) {
      try {
        memory.grow(Math.ceil((wanted - had) / PAGE_BYTES));
        this.memory.look(memory.buffer);
        return 1;
      } catch {
        // If a step is too large, the size that is needed is tried; then Lua reports that its memory is used up.
      }
    }
    return 0;
  }

  /** Called before anything that changes the memory: the next capture has to compare it again. */
  touch(): void {
    this.hasChanged = true;
  }

  /**
   * Returns the engine as data, between two scripts. Nothing is copied if no script has run since the last capture that is still in use: then that one is
   * returned. Otherwise the memory is compared with it, and equal pieces are shared by reference, so that several captures in one process
   * (and in one v8.serialize call) take the size of one plus what has changed. The result must not be changed.
   */
  capture(): EngineState {
    const before = this.captured?.deref() ?? null;
    if (before !== null && !this.hasChanged) return before;
    const memory = copyMemory(this.lua, this.memory, before?.memory ?? null);
    const state = { memory, places: this.lua.__indirect_function_table.length, freePlaces: [...this.freePlaces] };
    this.captured = new WeakRef(state);
    this.hasChanged = false;
    return state;
  }

  /** Prepares a fresh engine for the functions of a captured one. {@link rebuild} and {@link restore} follow. */
  prepare({ places }: EngineState): void {
    const table = this.lua.__indirect_function_table;
    table.grow(places - table.length);
  }

  /** Calls `build`, which places functions in the table, each at the index that it had when it was captured. */
  rebuild<T>(indices: readonly number[], build: () => T): T {
    const { length } = this.lua.__indirect_function_table;
    this.freePlaces = indices.toReversed();
    const built = build();
    if (this.freePlaces.length > 0 || this.lua.__indirect_function_table.length !== length) {
      throw new Error('The Lua engine was captured by another build, which had other functions');
    }
    return built;
  }

  /** Restores the memory, once all functions that it refers to have been built again. */
  restore({ memory, freePlaces }: EngineState): void {
    this.freePlaces = [...freePlaces];
    restoreMemory(this.lua, this.memory, memory);
  }

  /** Makes a JavaScript function callable by Lua: (state) → number of results. It lives until it is released. */
  function(run: (state: Pointer) => number): number {
    return this.place(FUNCTION_TYPE, run);
  }

  /** The same for a debug hook: (state, record). */
  hook(run: (state: Pointer, record: Pointer) => void): number {
    return this.place(HOOK_TYPE, run);
  }

  /** Called when the function is no longer used. */
  release(index: number): void {
    this.lua.__indirect_function_table.set(index, null);
    this.freePlaces.push(index);
  }

  private place(type: readonly number[], run: (...args: number[]) => unknown): number {
    const { f } = new WebAssembly.Instance(passage(type), { e: { f: run } }).exports;
    const table = this.lua.__indirect_function_table;
    const index = this.freePlaces.pop() ?? table.grow(1);
    table.set(index, f);
    return index;
  }
}

const I32 = 0x7f;
const FUNCTION_TYPE = [0x60, 1, I32, 1, I32];
const HOOK_TYPE = [0x60, 2, I32, I32, 0];
const MODULE_HEAD = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
/** Bytes of: import e.f as function 0, of type 0; export it as f. */
const MODULE_TAIL = [0x02, 0x07, 0x01, 0x01, 0x65, 0x01, 0x66, 0x00, 0x00, 0x07, 0x05, 0x01, 0x01, 0x66, 0x00, 0x00];

const passages = new Map<readonly number[], WebAssembly.Module>();

/** A WebAssembly table takes only WebAssembly functions, so JavaScript functions are passed through a module that imports and exports them. */
function passage(type: readonly number[]): WebAssembly.Module {
  let module = passages.get(type);
  if (module === undefined) {
    module = new WebAssembly.Module(new Uint8Array([...MODULE_HEAD, 0x01, type.length + 1, 0x01, ...type, ...MODULE_TAIL]));
    passages.set(type, module);
  }
  return module;
}
