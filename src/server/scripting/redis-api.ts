/**
 * The table `redis` of scripts: call, pcall and the other functions. Called from Lua; commands are passed to
 * script-run.ts.
 *
 * Errors of these functions are tables, {err = text}, as those of commands are.
 */
import { createHash } from 'node:crypto';
import { cString } from '../errors.js';
import { TO_ALL, TO_FILE, TO_REPLICAS } from '../keyspace/effects.js';
import { REDIS_VERSION } from '../version.js';
import { formatDouble } from '../resp/double.js';
import { ErrorReply } from '../resp/reply.js';
import { pushError, pushReply } from './conversion.js';
import { SLOT_BYTES, TYPE } from './lua-memory.js';
import { type HostFunction, LuaError, type LuaState, RAISE_TOP } from './lua-state.js';
import type { ScriptRun } from './script-run.js';

const LEVELS = ['debug', 'verbose', 'notice', 'warning'] as const;
const REPL_ALL = TO_ALL;

/** The run that the functions act for. `run` is null while a library is being loaded. */
export interface ApiOwner {
  readonly run: ScriptRun | null;
  log(level: (typeof LEVELS)[number], message: string): void;
}

/** Pushes the table. @param withDebugger the table of EVAL has a few more functions than that of functions */
export function pushRedisApi(lua: LuaState, owner: ApiOwner, withDebugger: boolean): void {
  lua.pushTable();
  fill(lua, {
    call: (state) => call(state, owner.run!, true),
    pcall: (state) => call(state, owner.run!, false),
    setresp: (state) => setVersion(state, owner.run!),
    set_repl: (state) => setReplication(state, owner.run!),
    acl_check_cmd: (state) => checkCommand(state, owner.run!),
    sha1hex,
    error_reply: errorReply,
    status_reply: statusReply,
  });
  pushShared(lua, owner);
  setNumbers(lua, { REPL_NONE: 0, REPL_AOF: TO_FILE, REPL_SLAVE: TO_REPLICAS, REPL_REPLICA: TO_REPLICAS, REPL_ALL });
  if (!withDebugger) return;
  fill(lua, {
    // There is no debugger: a breakpoint has no effect, and returns false.
    breakpoint: (state) => (state.pushBoolean(false), 1),
    debug: () => 0,
    replicate_commands: (state) => (state.pushBoolean(true), 1),
  });
}

/** Pushes the globals of a library's code while it is loaded. */
export function pushLibraryApi(lua: LuaState, owner: ApiOwner, register: HostFunction): void {
  lua.pushTable();
  fill(lua, { register_function: register });
  pushShared(lua, owner);
}

function pushShared(lua: LuaState, owner: ApiOwner): void {
  fill(lua, { log: (state) => log(state, owner) });
  setNumbers(lua, { LOG_DEBUG: 0, LOG_VERBOSE: 1, LOG_NOTICE: 2, LOG_WARNING: 3, REDIS_VERSION_NUM: versionNumber(REDIS_VERSION) });
  lua.pushText(REDIS_VERSION);
  lua.setField(-2, 'REDIS_VERSION');
}

function fill(lua: LuaState, functions: { readonly [name: string]: HostFunction }): void {
  for (const [name, run] of Object.entries(functions)) {
    lua.pushFunction(run);
    lua.setField(-2, name);
  }
}

function setNumbers(lua: LuaState, numbers: { readonly [name: string]: number }): void {
  for (const [name, value] of Object.entries(numbers)) {
    lua.pushNumber(value);
    lua.setField(-2, name);
  }
}

/** One byte for each part, as in 0x00070015 for 7.0.21. */
function versionNumber(version: string): number {
  const [major = 0, minor = 0, patch = 0] = version.split('.').map(Number);
  return (major << 16) | (minor << 8) | patch;
}

const refuse = (text: string): LuaError => new LuaError(`ERR ${text}`, 'table');

function call(lua: LuaState, run: ScriptRun, raises: boolean): number {
  const argv = readArguments(lua);
  const reply = typeof argv === 'string' ? new ErrorReply(`ERR ${argv}`) : run.call(argv);
  if (!(reply instanceof ErrorReply)) {
    pushReply(lua, reply, run.version);
    return 1;
  }
  pushError(lua, reply.text, typeof argv !== 'string');
  if (raises) throw RAISE_TOP;
  return 1;
}

/** Returns the arguments of a command, or an error text. */
function readArguments(lua: LuaState): string[] | string {
  const { memory, current } = lua;
  const end = memory.top(current);
  let slot = memory.base(current);
  if (slot === end) return 'Please specify at least one argument for this redis lib call';
  const argv = new Array<string>((end - slot) / SLOT_BYTES);
  for (let i = 0; slot < end; slot += SLOT_BYTES) {
    const type = memory.type(slot);
    if (type === TYPE.string) argv[i++] = memory.text(slot);
    else if (type === TYPE.number) argv[i++] = formatDouble(memory.number(slot));
    else return 'Lua redis lib command arguments must be strings or integers';
  }
  return argv;
}

function setVersion(lua: LuaState, run: ScriptRun): number {
  if (lua.top !== 1) throw refuse('redis.setresp() requires one argument.');
  const version = Math.trunc(lua.number(1));
  if (version !== 2 && version !== 3) throw refuse('RESP version must be 2 or 3.');
  run.version = version;
  return 0;
}

/** Selects whether the following commands are propagated to replicas and to the append-only file. */
function setReplication(lua: LuaState, run: ScriptRun): number {
  if (lua.top !== 1) throw refuse('redis.set_repl() requires two arguments.');
  const flags = Math.trunc(lua.number(1));
  if ((flags & ~REPL_ALL) !== 0) throw refuse('Invalid replication flags. Use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE.');
  run.targets = flags;
  return 0;
}

function checkCommand(lua: LuaState, run: ScriptRun): number {
  const argv = readArguments(lua);
  if (typeof argv === 'string') throw refuse(argv);
  const command = run.lookup(argv);
  if (command === null) throw refuse('Invalid command passed to redis.acl_check_cmd()');
  lua.pushBoolean(run.mayCall(command, argv));
  return 1;
}

function sha1hex(lua: LuaState): number {
  if (lua.top !== 1) throw refuse('wrong number of arguments');
  lua.pushText(sha1(lua.text(1) ?? ''));
  return 1;
}

/** Returns the name of a script. */
export function sha1(bytes: string): string {
  return createHash('sha1').update(bytes, 'latin1').digest('hex');
}

function statusReply(lua: LuaState): number {
  if (!isOneString(lua)) return 1;
  lua.pushTable(0, 1);
  lua.pushValue(1);
  lua.setField(-2, 'ok');
  return 1;
}

/** Adds a code to a text without one; a minus in front is not part of it. */
function errorReply(lua: LuaState): number {
  if (!isOneString(lua)) return 1;
  const text = cString(lua.text(1)!).replace(/^-/, '');
  const space = text.indexOf(' ');
  const [code, message] = space === -1 ? ['ERR', text] : [text.slice(0, space), text.slice(space + 1)];
  pushErrorTable(lua, `${code} ${message.replace(/^[\r\n]+|[\r\n]+$/g, '')}`);
  return 1;
}

/** False: the result is an error, on the stack. */
function isOneString(lua: LuaState): boolean {
  if (lua.top === 1 && lua.type(1) === TYPE.string) return true;
  pushErrorTable(lua, 'ERR wrong number or type of arguments');
  return false;
}

function pushErrorTable(lua: LuaState, text: string): void {
  lua.pushTable(0, 1);
  lua.pushText(text);
  lua.setField(-2, 'err');
}

function log(lua: LuaState, owner: ApiOwner): number {
  const count = lua.top;
  if (count < 2) throw refuse('redis.log() requires two arguments or more.');
  if (lua.type(1) !== TYPE.number) throw refuse('First argument must be a number (log level).');
  const level = LEVELS[Math.trunc(lua.number(1))];
  if (level === undefined) throw refuse('Invalid debug level.');
  const words: string[] = [];
  for (let i = 2; i <= count; i++) words.push(lua.text(i) ?? '');
  owner.log(level, words.join(' '));
  return 0;
}
