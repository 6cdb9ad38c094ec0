/**
 * Libraries: the functions of one server, by library. Reached from commands/functions.ts.
 *
 *   code ─▶ first line: engine and name ─▶ compiled ─▶ run once: it calls redis.register_function ─▶ library, if nothing collides
 *
 * All libraries share one Lua state. A library that fails to load leaves the others unchanged.
 */
import * as errors from '../errors.js';
import type { Session } from '../command/session.js';
import { splitInline } from '../resp/inline.js';
import { ErrorReply, type Reply } from '../resp/reply.js';
import type { Interpreter, InterpreterState } from './interpreter.js';
import { TYPE } from './lua-memory.js';
import { type Kept, LuaError, type LuaState } from './lua-state.js';
import { pushLibraryApi } from './redis-api.js';
import { isScriptFlag, type RunOptions, type ScriptArguments, type ScriptFlag } from './script-run.js';

export interface LibraryFunction {
  readonly name: string;
  readonly description: string | null;
  readonly flags: ReadonlySet<ScriptFlag>;
  readonly compiled: Kept;
}

export interface Library {
  readonly name: string;
  readonly code: string;
  readonly functions: ReadonlyMap<string, LibraryFunction>;
}

/** Libraries as data. */
export interface LibrariesState {
  readonly libraries: readonly {
    readonly name: string;
    readonly code: string;
    readonly functions: readonly (Omit<LibraryFunction, 'flags'> & { readonly flags: readonly ScriptFlag[] })[];
  }[];
  /** By its lower-case name the function that is found, and its library. */
  readonly index: readonly (readonly [key: string, library: string, name: string])[];
  /** Null until the first library was loaded. */
  readonly interpreter: InterpreterState | null;
  readonly loadGlobals: Kept | null;
}

/** What libraries need of scripting.ts, which implements it. */
export interface LibraryHost {
  interpreter(isEval: boolean): Interpreter;
  run(interpreter: Interpreter, caller: Session, options: RunOptions, compiled: Kept): Reply;
  /** Counts code that is kept from now on, or, if negative, no longer kept. */
  countKept(bytes: number): void;
  discardEngine(error: unknown): void;
}

export type RestorePolicy = 'append' | 'flush' | 'replace';

/** Bytes of an entry besides its code: an object, and its places in tables. */
export const ENTRY_BYTES = 100;
const NAME = /^[A-Za-z0-9_]+$/;

function bytesOf({ name, code, functions }: Library): number {
  return ENTRY_BYTES * (1 + functions.size) + name.length + code.length;
}

export class Libraries {
  readonly byName = new Map<string, Library>();
  /** Estimated bytes kept for libraries and functions. */
  keptBytes = 0;
  /** All functions, by their lower-case names. */
  private readonly index = new Map<string, LibraryFunction>();
  private interpreter: Interpreter | null = null;
  /** The functions registered so far by the library being loaded; null if none is. */
  private loading: Map<string, LibraryFunction> | null = null;
  private loadGlobals: Kept | null = null;

  constructor(private readonly scripting: LibraryHost) {}

  /** Bytes of the Lua state. */
  get stateBytes(): number {
    return this.interpreter?.lua.usedBytes ?? 0;
  }

  get functionCount(): number {
    let count = 0;
    for (const { functions } of this.byName.values()) count += functions.size;
    return count;
  }

  capture(): LibrariesState {
    const { interpreter, loadGlobals } = this;
    const libraries = [...this.byName.values()];
    const owners = new Map(libraries.flatMap(({ name, functions }) => [...functions.values()].map((each) => [each, name] as const)));
    return {
      libraries: libraries.map(({ name, code, functions }) => {
        return { name, code, functions: [...functions.values()].map((each) => ({ ...each, flags: [...each.flags] })) };
      }),
      index: [...this.index].map(([key, found]) => [key, owners.get(found)!, found.name]),
      interpreter: interpreter === null ? null : interpreter.capture(),
      loadGlobals,
    };
  }

  /** @param rebuild builds an interpreter again; see LuaEngine.rebuild */
  restore({ libraries, index, interpreter, loadGlobals }: LibrariesState, rebuild: (state: InterpreterState, build: () => Interpreter) => Interpreter): void {
    for (const { name, code, functions } of libraries) {
      const made = functions.map((each): LibraryFunction => ({ ...each, flags: new Set(each.flags) }));
      const library = { name, code, functions: new Map(made.map((each) => [each.name, each])) };
      this.byName.set(name, library);
      this.keptBytes += bytesOf(library);
    }
    for (const [key, library, name] of index) this.index.set(key, this.byName.get(library)!.functions.get(name)!);
    if (interpreter !== null) this.interpreter = rebuild(interpreter, () => this.prepare());
    this.loadGlobals = loadGlobals;
  }

  find(name: string): LibraryFunction | null {
    return this.index.get(name.toLowerCase()) ?? null;
  }

  /** Loads a library and returns its name. Throws an ErrorReply; then nothing has changed. */
  load(code: string, replaces: boolean): string {
    const { engine, name } = parseHeader(code);
    if (engine.toLowerCase() !== 'lua') throw errors.engineNotFound(engine);
    const old = this.byName.get(name);
    if (old !== undefined && !replaces) throw errors.libraryExists(`'${name}'`);
    const library = this.make(name, code);
    const taken = [...library.functions.keys()].find((each) => this.isTaken(each, old));
    if (taken !== undefined) {
      this.release(library);
      throw errors.functionExists(taken);
    }
    if (old !== undefined) this.forget(old);
    this.byName.set(name, library);
    this.keep(bytesOf(library));
    for (const each of library.functions.values()) this.enlist(each);
    return name;
  }

  /** Adds a function to the index. Of names that differ only in case the first one is found. */
  private enlist(made: LibraryFunction): void {
    const key = made.name.toLowerCase();
    if (!this.index.has(key)) this.index.set(key, made);
  }

  private isTaken(functionName: string, except: Library | undefined): boolean {
    const found = this.find(functionName);
    return found !== null && except?.functions.get(found.name) !== found;
  }

  delete(name: string): boolean {
    const library = this.byName.get(name);
    if (library === undefined) return false;
    this.forget(library);
    return true;
  }

  flush(): void {
    this.byName.clear();
    this.index.clear();
    this.keep(-this.keptBytes);
    this.interpreter?.lua.close();
    this.interpreter = null;
  }

  /** FUNCTION RESTORE: adds these libraries to the existing ones, or replaces them. Throws an ErrorReply; then nothing has changed. */
  install(codes: readonly string[], policy: RestorePolicy): void {
    const before = [...this.byName.values()];
    try {
      if (policy === 'flush') this.flush();
      for (const code of codes) this.installOne(code, policy);
    } catch (error) {
      this.flush();
      for (const { code } of before) this.load(code, false);
      throw error;
    }
  }

  private installOne(code: string, policy: RestorePolicy): void {
    const { name } = parseHeader(code);
    if (policy === 'append' && this.byName.has(name)) throw errors.libraryExists(name);
    this.load(code, policy === 'replace');
  }

  call(caller: Session, name: string, given: () => ScriptArguments): Reply {
    const found = this.find(name);
    if (found === null) return errors.FUNCTION_NOT_FOUND;
    const { argv, keyCount, readsOnly } = given();
    return this.scripting.run(this.interpreter!, caller, { name: found.name, flags: found.flags, isFunction: true, argv, keyCount, readsOnly }, found.compiled);
  }

  /** After the engine broke: loads everything into a new one. */
  reload(): void {
    const codes = [...this.byName.values()].map(({ code }) => code);
    this.interpreter = null;
    this.byName.clear();
    this.index.clear();
    this.keep(-this.keptBytes);
    for (const code of codes) this.load(code, false);
  }

  private forget(library: Library): void {
    this.release(library);
    this.byName.delete(library.name);
    this.keep(-bytesOf(library));
  }

  private keep(bytes: number): void {
    this.keptBytes += bytes;
    this.scripting.countKept(bytes);
  }

  private release({ functions }: Library): void {
    for (const each of functions.values()) {
      this.interpreter?.lua.forget(each.compiled);
      const key = each.name.toLowerCase();
      if (this.index.get(key) === each) this.index.delete(key);
    }
  }

  private make(name: string, code: string): Library {
    const interpreter = (this.interpreter ??= this.prepare());
    const compiled = interpreter.compile(code.slice(code.indexOf('\n')), '@user_function');
    if (typeof compiled === 'string') throw errors.libraryCompileFailed(compiled);
    const functions = new Map<string, LibraryFunction>();
    const library = { name, code, functions };
    this.loading = functions;
    interpreter.sandbox.lookUpIn(this.loadGlobals);
    try {
      const complaint = interpreter.executeLoad(compiled);
      if (complaint !== null) throw errors.registeringFailed(complaint);
      if (functions.size === 0) throw errors.NO_FUNCTIONS;
    } catch (error) {
      if (!(error instanceof ErrorReply)) {
        this.scripting.discardEngine(error);
        throw errors.registeringFailed('the Lua engine gave up');
      }
      this.release(library);
      endLoading(interpreter, compiled);
      throw error;
    } finally {
      this.loading = null;
    }
    endLoading(interpreter, compiled);
    return library;
  }

  private prepare(): Interpreter {
    const interpreter = this.scripting.interpreter(false);
    pushLibraryApi(interpreter.lua, interpreter, (lua) => this.register(lua));
    this.loadGlobals = interpreter.sandbox.makeVariant();
    return interpreter;
  }

  private register(lua: LuaState): number {
    const { loading } = this;
    if (loading === null) throw refuse('redis.register_function can only be called on FUNCTION LOAD command');
    const made = lua.top === 1 ? readNamed(lua) : readPositional(lua);
    if (!NAME.test(made.name)) throw new LuaError(errors.LIBRARY_NAME.text, 'table');
    if (loading.has(made.name)) throw refuse('Function already exists in the library');
    loading.set(made.name, made);
    return 0;
  }
}

/** Resets the globals of functions, which a library sees differently while it is loaded. */
function endLoading(interpreter: Interpreter, compiled: Kept): void {
  interpreter.sandbox.lookUpIn(null);
  interpreter.lua.forget(compiled);
}

const refuse = (text: string): LuaError => new LuaError(`ERR ${text}`, 'table');
const isText = (lua: LuaState, index: number): boolean => lua.type(index) === TYPE.string || lua.type(index) === TYPE.number;

/** redis.register_function(name, callback) */
function readPositional(lua: LuaState): LibraryFunction {
  if (lua.top !== 2) throw refuse('wrong number of arguments to redis.register_function');
  if (!isText(lua, 1)) throw refuse('first argument to redis.register_function must be a string');
  if (lua.type(2) !== TYPE.function) throw refuse('second argument to redis.register_function must be a function');
  lua.pushValue(2);
  return { name: lua.text(1)!, description: null, flags: new Set(), compiled: lua.keep() };
}

/** redis.register_function{function_name = …, callback = …, flags = {…}, description = …} */
function readNamed(lua: LuaState): LibraryFunction {
  if (lua.type(1) !== TYPE.table) {
    throw refuse('calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments).');
  }
  let name: string | null = null;
  let description: string | null = null;
  let flags: ReadonlySet<ScriptFlag> = new Set();
  let compiled: Kept | null = null;
  lua.pushNil();
  while (lua.lua.lua_next(lua.current, 1) !== 0) {
    if (!isText(lua, -2)) throw refuse('named argument key given to redis.register_function is not a string');
    // Reading a number as text would change it in place, and break the iteration; a number is no known name anyway.
    const key = lua.type(-2) === TYPE.string ? lua.text(-2)!.toLowerCase() : '';
    if (key === 'function_name') name = readText(lua, key);
    else if (key === 'description') description = readText(lua, key);
    else if (key === 'flags') flags = readFlags(lua);
    else if (key === 'callback') {
      if (lua.type(-1) !== TYPE.function) throw refuse('callback argument given to redis.register_function must be a function');
      lua.pushValue(-1);
      compiled = lua.keep();
    } else throw refuse('unknown argument given to redis.register_function');
    lua.pop();
  }
  if (name === null) throw refuse('redis.register_function must get a function name argument');
  if (compiled === null) throw refuse('redis.register_function must get a callback argument');
  return { name, description, flags, compiled };
}

function readText(lua: LuaState, key: string): string {
  if (!isText(lua, -1)) throw refuse(`${key} argument given to redis.register_function must be a string`);
  return lua.text(-1)!;
}

function readFlags(lua: LuaState): ReadonlySet<ScriptFlag> {
  if (lua.type(-1) !== TYPE.table) throw refuse('flags argument to redis.register_function must be a table representing function flags');
  const flags = new Set<ScriptFlag>();
  for (let i = 1; ; i++) {
    lua.lua.lua_rawgeti(lua.current, -1, i);
    const type = lua.type(-1);
    const flag = type === TYPE.string ? lua.text(-1)! : '';
    lua.pop();
    if (type === TYPE.nil) return flags;
    if (!isScriptFlag(flag)) throw refuse('unknown flag given');
    flags.add(flag);
  }
}

/** `#!lua name=mylib`: the first line of every library. Throws an ErrorReply. */
function parseHeader(code: string): { readonly engine: string; readonly name: string } {
  if (!code.startsWith('#!')) throw errors.NO_LIBRARY_HEADER;
  const end = code.indexOf('\n');
  if (end === -1) throw errors.INVALID_LIBRARY_HEADER;
  const [engine = '', ...options] = splitInline(code.slice(0, end)) ?? [];
  if (engine === '') throw errors.INVALID_LIBRARY_HEADER;
  let name: string | null = null;
  for (const option of options) {
    if (!option.toLowerCase().startsWith('name=')) throw errors.invalidLibraryOption(option);
    if (name !== null) throw errors.LIBRARY_NAMED_TWICE;
    name = option.slice('name='.length);
  }
  if (name === null) throw errors.LIBRARY_UNNAMED;
  if (!NAME.test(name)) throw errors.LIBRARY_NAME;
  return { engine: engine.slice(2), name };
}
