/**
 * Interpreter: a Lua state in its sandbox; runs scripts in it. Between scripting.ts and the engine.
 *
 *   run ─▶ lua_pcall ─▶ script ─▶ redis.call ─▶ script-run.ts ─▶ dispatcher
 *                          └── every 100,000 instructions ─▶ watch ─▶ longer than busy-reply-threshold: other clients are served, killed?
 */
import type { ServerContext } from '../command/context.js';
import * as errors from '../errors.js';
import { ErrorReply, type Reply } from '../resp/reply.js';
import { ArgumentTable } from './argument-table.js';
import { COUNTED, toReply } from './conversion.js';
import { type Pointer, TYPE } from './lua-memory.js';
import { type CapturedLuaState, type Kept, LuaError, LuaState, pushTexts } from './lua-state.js';
import { pushRedisApi } from './redis-api.js';
import { Sandbox, type SandboxState, withoutSignature } from './sandbox.js';
import { FIRST_KEY, type ScriptRun } from './script-run.js';
import type { LuaEngine } from './wasm.js';
import type { NumberGenerator } from './number-generator.js';

/** Calls the hook for every line; see lua_sethook. */
const MASK_LINE = 4;
const INSTRUCTIONS_BETWEEN_LOOKS = 100_000;
/** As many as in Redis. */
const TURNS_AT_A_LOOK = 4;
/** Time limit for the code of a library, which only registers its functions. */
const LOAD_TIMEOUT_US = 500_000;

/** The state of an interpreter that is not in the engine's memory. */
export interface InterpreterState {
  readonly lua: CapturedLuaState;
  readonly sandbox: SandboxState;
  /** Addresses of the tables KEYS and ARGV of scripts; null for functions, which have none. */
  readonly globalArrays: { readonly keys: Pointer; readonly args: Pointer } | null;
}

export class Interpreter {
  readonly lua: LuaState;
  readonly sandbox: Sandbox;
  /** The current run. */
  run: ScriptRun | null = null;
  private readonly watcher: number;
  /** KEYS and ARGV of scripts. */
  private readonly globalArrays: { readonly keys: ArgumentTable; readonly args: ArgumentTable } | null;
  private loadStartUs = 0;

  constructor(
    engine: LuaEngine,
    private readonly server: ServerContext,
    isEval: boolean,
    numbers: NumberGenerator,
  ) {
    this.lua = new LuaState(engine);
    this.sandbox = new Sandbox(this.lua, numbers, (lua) => {
      pushRedisApi(lua, this, isEval);
      lua.setField(-2, 'redis');
    });
    const { lua, sandbox } = this;
    this.globalArrays = isEval ? { keys: new ArgumentTable(lua, sandbox, 'KEYS'), args: new ArgumentTable(lua, sandbox, 'ARGV') } : null;
    if (isEval) {
      this.nameHandler();
      sandbox.allowDirect();
    }
    this.lua.watch = () => this.watch(false);
    this.watcher = this.lua.hookCallback(() => this.watch(true));
    this.lua.hook(this.watcher, INSTRUCTIONS_BETWEEN_LOOKS);
  }

  capture(): InterpreterState {
    const { lua, sandbox, globalArrays } = this;
    return {
      lua: lua.capture(),
      sandbox: sandbox.capture(),
      globalArrays: globalArrays === null ? null : { keys: globalArrays.keys.table, args: globalArrays.args.table },
    };
  }

  /** Called on an interpreter that was built by LuaEngine.rebuild. The engine's memory is restored afterwards. */
  restore({ lua, sandbox, globalArrays }: InterpreterState): void {
    this.lua.restore(lua);
    this.sandbox.restore(sandbox);
    if (this.globalArrays === null || globalArrays === null) return;
    this.globalArrays.keys.table = globalArrays.keys;
    this.globalArrays.args.table = globalArrays.args;
  }

  /** As in Redis, the error handler is among the globals of scripts. */
  private nameHandler(): void {
    const { lua, sandbox } = this;
    lua.pushKept(sandbox.globals);
    lua.pushKept(sandbox.errorHandler);
    lua.setField(-2, '__redis__err__handler');
    lua.pop();
  }

  log(level: 'debug' | 'verbose' | 'notice' | 'warning', message: string): void {
    this.server.log(level, message);
  }

  /** Compiles and keeps a function. Returns a string for an error of the compiler. */
  compile(code: string, name: string): Kept | string {
    const { lua } = this;
    lua.engine.touch();
    if (lua.load(withoutSignature(code), name)) {
      const compiled = lua.keep();
      if (this.globalArrays !== null) this.sandbox.direct(compiled);
      return compiled;
    }
    const complaint = lua.text(-1) ?? '';
    lua.pop();
    return complaint;
  }

  /** Runs a kept function to its end, or until it is killed. Throws only what has broken the engine. */
  execute(run: ScriptRun, compiled: Kept): Reply {
    const { lua, sandbox } = this;
    const { keyspace, hooks } = this.server;
    this.run = run;
    lua.engine.touch();
    keyspace.freezeTime();
    try {
      lua.pushKept(sandbox.errorHandler);
      const handler = lua.top;
      lua.pushKept(compiled);
      const isDone = lua.call(this.pushArguments(run), 1, handler);
      return isDone ? toReply(lua, lua.slot(-1), run.version) : this.popError(run);
    } finally {
      this.run = null;
      keyspace.thawTime();
      if (run.isSlow) hooks.busy = null;
      if (run.isKilled) lua.hook(this.watcher, INSTRUCTIONS_BETWEEN_LOOKS);
    }
  }

  /** Pushes keys and arguments: a function gets them as parameters, a script as globals. Returns the number of parameters. */
  private pushArguments({ options: { argv, keyCount } }: ScriptRun): number {
    const firstArgument = FIRST_KEY + keyCount;
    if (this.globalArrays !== null) {
      this.globalArrays.keys.fill(argv, FIRST_KEY, firstArgument);
      this.globalArrays.args.fill(argv, firstArgument, argv.length);
      return 0;
    }
    pushTexts(this.lua, argv, FIRST_KEY, firstArgument);
    pushTexts(this.lua, argv, firstArgument, argv.length);
    return 2;
  }

  /** Runs the code of a library. Returns null, or the error. Throws only what has broken the engine. */
  executeLoad(code: Kept): string | null {
    const { lua } = this;
    this.loadStartUs = this.server.clock.readUs();
    lua.pushKept(this.sandbox.errorHandler);
    const handler = lua.top;
    lua.pushKept(code);
    const complaint = lua.call(0, 0, handler) ? null : this.readError().text;
    lua.empty();
    return complaint;
  }

  /** Empties the stack after a run. Not called when the engine is broken. Lua collects its garbage by itself, a little with every allocation. */
  settle(): void {
    this.lua.empty();
    this.sandbox.clean();
  }

  /** Converts the error table on top of the stack to a reply: text, name of the script, and place. */
  private popError({ options }: ScriptRun): ErrorReply {
    const { lua } = this;
    const { text, source, line, isCounted } = this.readError();
    lua.pop();
    const place = source === null || line === null ? '' : ` script: ${options.name}, on ${source}:${line}.`;
    const message = errors.oneLine(`${text}${place}`);
    return isCounted ? new errors.CountedError(message) : new ErrorReply(message);
  }

  /** Reads an error table; for an error without one (out of memory) the message. */
  readError(): { readonly text: string; readonly source: string | null; readonly line: string | null; readonly isCounted: boolean } {
    const { lua } = this;
    if (lua.type(-1) !== TYPE.table) {
      return { text: `ERR Error running script: ${lua.text(-1) ?? 'execution failure'}`, source: null, line: null, isCounted: false };
    }
    const [text, source, line] = ['err', 'source', 'line'].map((name) => {
      const type = lua.getField(-1, name);
      const value = type === TYPE.string || type === TYPE.number ? errors.cString(lua.text(-1)!) : null;
      lua.pop();
      return value;
    });
    const isCounted = lua.getField(-1, COUNTED) === TYPE.boolean;
    lua.pop();
    return { text: text ?? 'ERR unknown error', source: source ?? null, line: line ?? null, isCounted };
  }

  /** @param isHook called by Lua between instructions, and not by a host function */
  private watch(isHook: boolean): void {
    const { run } = this;
    if (run === null) {
      if (this.server.clock.readUs() - this.loadStartUs > LOAD_TIMEOUT_US) throw new LuaError('ERR FUNCTION LOAD timeout', 'table');
      return;
    }
    const { server } = this;
    if (!run.isKilled && !run.isSlow && run.elapsedMs < server.config.values['busy-reply-threshold']) return;
    if (!run.isSlow) this.becomeSlow(run);
    const goesOn = run.isKilled || this.runTurnsWithin(run);
    if (goesOn && !run.isKilled) return;
    // From here on the hook runs at every line: a script that catches the error gets only to the next line. Lua calls no hook while one runs, which exempts
    // the error handler; outside of a hook it would not be.
    if (isHook) this.lua.lua.lua_sethook(this.lua.current, this.watcher, MASK_LINE, 0);
    if (!run.isKilled) server.log('warning', 'The script ends with the server.');
    run.isKilled = true;
    throw new LuaError('ERR Script killed by user with SCRIPT KILL...', 'table');
  }

  /** A new client needs some turns until it is answered. False: the server ends. */
  private runTurnsWithin(run: ScriptRun): boolean {
    let goesOn = true;
    for (let i = 0; i < TURNS_AT_A_LOOK && goesOn && !run.isKilled; i++) goesOn = this.server.runTurnWithin(run.caller.id);
    return goesOn;
  }

  private becomeSlow(run: ScriptRun): void {
    const { server } = this;
    const { isFunction, name } = run.options;
    const command = isFunction ? 'FUNCTION KILL' : 'SCRIPT KILL';
    const advice = server.canRunTurnsWithin
      ? `You can try killing the script using the ${command} command.`
      : 'This poller serves no client until it ends; ending the server ends it.';
    server.log('warning', `Slow script detected: still in execution after ${run.elapsedMs} milliseconds. ${advice} Script name is: ${name}.`);
    run.isSlow = true;
    server.hooks.busy = isFunction ? errors.BUSY_FUNCTION : errors.BUSY_SCRIPT;
  }
}
