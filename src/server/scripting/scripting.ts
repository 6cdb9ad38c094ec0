/**
 * Scripting: the scripts and functions of one server. Used by commands/scripting.ts.
 *
 * The engine is loaded with the first script, and each of the two Lua states (one for EVAL, one for functions) when it is needed. If a script breaks the engine
 * (for example by a stack overflow of JavaScript), the next script gets a fresh one, and everything that was loaded is compiled again from its code.
 */
import * as errors from '../errors.js';
import type { ServerContext } from '../command/context.js';
import type { Session } from '../command/session.js';
import { ErrorReply, type Reply } from '../resp/reply.js';
import { Interpreter, type InterpreterState } from './interpreter.js';
import { ENTRY_BYTES, Libraries, type LibrariesState } from './libraries.js';
import type { Kept } from './lua-state.js';
import { NumberGenerator } from './number-generator.js';
import { sha1 } from './redis-api.js';
import { type RunOptions, type ScriptArguments, type ScriptFlags, ScriptRun, type ScriptRules, Spellings } from './script-run.js';
import { parseShebang } from './shebang.js';
import { type EngineState, LuaEngine } from './wasm.js';

interface Script {
  /** Its SHA1. */
  readonly name: string;
  readonly code: string;
  readonly flags: ScriptFlags;
  /** Null until it is compiled in the current state. */
  compiled: Kept | null;
}

/** The scripts and functions of a server as data. */
export interface ScriptingState {
  readonly scripts: readonly { readonly name: string; readonly code: string; readonly compiled: Kept | null }[];
  readonly libraries: LibrariesState;
  readonly allowsNoscript: boolean;
  /** State of math.random. */
  readonly numbers: number;
  /** Null until the first script. */
  readonly engine: EngineState | null;
  /** Null until the first EVAL, and after SCRIPT FLUSH. */
  readonly evaluator: InterpreterState | null;
}

/** The memory of WebAssembly never shrinks: beyond this size it must not be kept after a script that used much. */
const MOST_MEMORY_KEPT = 256 * 1024 * 1024;

/** Removes the shebang but keeps its line, so that errors name the right one. */
const withoutShebang = (code: string): string => (code.startsWith('#!') ? code.slice(code.indexOf('\n')) : code);

export class Scripting implements ScriptRules {
  readonly scripts = new Map<string, Script>();
  /** The SHA1 of each script, so that EVAL need not compute it every time. */
  private readonly names = new Map<string, string>();
  /** Estimated bytes kept for scripts. */
  keptBytes = 0;
  readonly libraries = new Libraries(this);
  /** The current run, of a script or a function. */
  running: ScriptRun | null = null;
  allowsNoscript = false;
  private readonly spellings: Spellings;
  private readonly numbers = new NumberGenerator();
  private engine: LuaEngine | null = null;
  private evaluator: Interpreter | null = null;

  constructor(readonly server: ServerContext) {
    this.spellings = new Spellings(server.commands);
  }

  /**
   * Returns everything as data, in plain values and typed arrays. Between two turns: throws while a script runs. Equal parts of the engine's memory are shared
   * with the last capture, see LuaEngine.capture, so the result must not be changed.
   */
  capture(): ScriptingState {
    if (this.running !== null) throw new Error('Scripts cannot be captured while one runs');
    const { allowsNoscript, engine, evaluator } = this;
    return {
      scripts: [...this.scripts.values()].map(({ name, code, compiled }) => ({ name, code, compiled })),
      libraries: this.libraries.capture(),
      allowsNoscript,
      numbers: this.numbers.capture(),
      engine: engine === null ? null : engine.capture(),
      evaluator: evaluator === null ? null : evaluator.capture(),
    };
  }

  /** Called on a server that has run no script. The interpreters are built again, so that host functions get their indices; then the memory is restored. */
  restore({ scripts, libraries, allowsNoscript, numbers, engine, evaluator }: ScriptingState): void {
    const { memory } = this.server.keyspace;
    for (const { name, code, compiled } of scripts) {
      this.scripts.set(name, { name, code, flags: parseShebang(code), compiled });
      this.names.set(code, name);
      this.keptBytes += ENTRY_BYTES + code.length;
    }
    this.allowsNoscript = allowsNoscript;
    this.numbers.restore(numbers);
    if (engine !== null) {
      this.engine = new LuaEngine();
      this.engine.prepare(engine);
    }
    if (evaluator !== null) this.evaluator = this.rebuild(evaluator, () => this.interpreter(true));
    this.libraries.restore(libraries, (state, build) => this.rebuild(state, build));
    if (engine !== null) this.engine!.restore(engine);
    memory.scripts = this.keptBytes + this.libraries.keptBytes;
  }

  private rebuild(state: InterpreterState, build: () => Interpreter): Interpreter {
    const interpreter = this.engine!.rebuild(state.lua.callbacks, build);
    interpreter.restore(state);
    return interpreter;
  }

  /** Compiles and keeps a script. Throws an ErrorReply. Returns its SHA1. */
  load(code: string): string {
    const known = this.names.get(code);
    if (known !== undefined) return known;
    const name = sha1(code);
    const script: Script = { name, code, flags: parseShebang(code), compiled: null };
    this.compile(script);
    this.scripts.set(name, script);
    this.names.set(code, name);
    this.keep(ENTRY_BYTES + code.length);
    return name;
  }

  /** Returns the flags of a script, whether it was loaded or not; null if it has none, or they are invalid. */
  flagsOf(code: string): ScriptFlags {
    const name = this.names.get(code);
    if (name !== undefined) return this.scripts.get(name)!.flags;
    try {
      return parseShebang(code);
    } catch {
      return null;
    }
  }

  private keep(bytes: number): void {
    this.keptBytes += bytes;
    this.countKept(bytes);
  }

  private compile(script: Script): Kept {
    this.evaluator ??= this.interpreter(true);
    const compiled = this.evaluator.compile(withoutShebang(script.code), '@user_script');
    if (typeof compiled === 'string') throw errors.scriptCompileFailed(compiled);
    script.compiled = compiled;
    return compiled;
  }

  /** Drops all scripts, and what they left in their Lua state. */
  flush(): void {
    this.scripts.clear();
    this.names.clear();
    this.keep(-this.keptBytes);
    this.evaluator?.lua.close();
    this.evaluator = null;
  }

  /** Bytes of the Lua state of EVAL. */
  get stateBytes(): number {
    return this.evaluator?.lua.usedBytes ?? 0;
  }

  countKept(bytes: number): void {
    this.server.keyspace.memory.scripts += bytes;
  }

  /** Runs a loaded script. @param name its SHA1, in lower or upper case */
  evaluate(caller: Session, name: string, given: ScriptArguments): Reply {
    const script = this.scripts.get(name) ?? this.scripts.get(name.toLowerCase());
    if (script === undefined) return errors.NO_SCRIPT;
    const compiled = script.compiled ?? this.compile(script);
    const { argv, keyCount, readsOnly } = given;
    return this.run(this.evaluator!, caller, { name: script.name, flags: script.flags, isFunction: false, argv, keyCount, readsOnly }, compiled);
  }

  /** Runs a kept function; survives a broken engine. */
  run(interpreter: Interpreter, caller: Session, options: RunOptions, compiled: Kept): Reply {
    const run = new ScriptRun(caller, options, this.spellings, this);
    const refusal = run.refusal();
    if (refusal !== null) return refusal;
    this.running = run;
    try {
      const reply = interpreter.execute(run, compiled);
      interpreter.settle();
      if (this.engine!.memoryBytes > MOST_MEMORY_KEPT) this.discardEngine('its memory has grown, and cannot shrink');
      return reply;
    } catch (error) {
      this.discardEngine(error);
      const cause = error instanceof Error ? error.message : String(error);
      return new ErrorReply(errors.oneLine(`ERR Error running script: the Lua engine gave up (${cause}) script: ${options.name}`));
    } finally {
      this.running = null;
    }
  }

  /** SCRIPT KILL and FUNCTION KILL. Returns an ErrorReply if there is nothing to kill, or it cannot be killed. */
  kill(isFunction: boolean): ErrorReply | null {
    const { running } = this;
    if (running === null) return errors.NOT_BUSY;
    if (running.hasWritten) return errors.UNKILLABLE;
    if (running.options.isFunction !== isFunction) return isFunction ? errors.BUSY_SCRIPT : errors.BUSY_FUNCTION;
    running.isKilled = true;
    return null;
  }

  /** Returns a fresh Lua state. */
  interpreter(isEval: boolean): Interpreter {
    this.engine ??= new LuaEngine();
    return new Interpreter(this.engine, this.server, isEval, this.numbers);
  }

  /** Drops the engine. The code of what was loaded is kept, and compiled again when it is needed. */
  discardEngine(error: unknown): void {
    this.server.log('warning', `The Lua engine is replaced: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    this.engine = null;
    this.evaluator = null;
    for (const script of this.scripts.values()) script.compiled = null;
    this.libraries.reload();
  }
}

const known = new WeakMap<ServerContext, Scripting>();

/** Returns the scripting of a server, created on first use. */
export function scriptingOf(server: ServerContext): Scripting {
  const existing = known.get(server);
  if (existing !== undefined) return existing;
  const made = new Scripting(server);
  known.set(server, made);
  return made;
}

/** The libraries of functions of a server, for its snapshots. The engine is not started before there is one. */
export interface ServerLibraries {
  codes(): string[];
  /** Throws an Error with a message for the user. */
  load(code: string, replaces: boolean): void;
  /** Replaces all libraries by these. Throws an Error; then nothing has changed. */
  replaceAll(codes: readonly string[]): void;
  flush(): void;
}

export function librariesOf(server: ServerContext): ServerLibraries {
  const flush = (): void => known.get(server)?.libraries.flush();
  return {
    codes: () => [...(known.get(server)?.libraries.byName.values() ?? [])].map(({ code }) => code),
    load: (code, replaces) => withMessage(() => scriptingOf(server).libraries.load(code, replaces)),
    replaceAll: (codes) => (codes.length === 0 ? flush() : withMessage(() => scriptingOf(server).libraries.install(codes, 'flush'))),
    flush,
  };
}

/** Throws an Error where the action throws the reply to a command. */
function withMessage(action: () => void): void {
  try {
    action();
  } catch (error) {
    throw error instanceof ErrorReply ? new Error(error.text) : error;
  }
}

/** Returns the scripting of a server as data; null if it was never used. */
export const captureScripting = (server: ServerContext): ScriptingState | null => known.get(server)?.capture() ?? null;

/** Called on a fresh server. */
export function restoreScripting(server: ServerContext, state: ScriptingState | null): void {
  if (state !== null) scriptingOf(server).restore(state);
}
