/**
 * The tape of a program: the inputs of its loop, in the order of its calls, as lines of JSON. A program with the same inputs behaves the same.
 *
 *   ["wait",[-1],[3,1]]                       a call: its name, its arguments, and its result
 *   ["read",[8,65536],{"error":[…]}]          or the error that it has thrown
 *   [1234567]                                 an event was reported, at this time (µs of the machine's clock, without the pauses of the lab)
 *   ["full"]                                  recording has stopped: the tape has reached its limit
 *
 * The first line is a {@link TapeHead}. Bytes written by the program are recorded as length, checksum and beginning: the rest follows.
 */
import { parse, stringify } from './child/own.js';

/** In addition to the pipes of protocol.ts: the program writes its tape there, or reads it. */
export const TAPE_FD = 6;

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface TapeHead {
  readonly 'redis-lab': 'program';
  readonly format: number;
  /** The build of redis-lab. */
  readonly build: string;
  readonly node: string;
  /** Absolute path of the program, the arguments after `--`, and the working folder. */
  readonly file: string;
  readonly args: readonly string[];
  readonly folder: string;
  /** SHA-256 of the program's file, in hex. */
  readonly digest: string;
  /** Unix time at which the clock of the events was zero. */
  readonly originMs: number;
}

export const TAPE_FORMAT = 1;

/** The beginning of a file with such a tape. */
export const TAPE_BEGIN = '{"redis-lab":"program"';

/** The name of a call, its arguments, and its result. */
export type Call = readonly [name: string, args: readonly Json[], result: Json];

export type TapeLine = Call | readonly [atUs: number] | readonly ['full'];

/** The error of a system call: syscall, errno, code, descriptor. */
export interface CallError {
  readonly error: readonly [syscall: string, errno: number, code: string, fd: number];
}

/** Null: the text is no line of a tape. */
export function lineOf(text: string): TapeLine | null {
  try {
    const line = parse(text) as unknown;
    if (!Array.isArray(line)) return null;
    const [name, args] = line as readonly unknown[];
    const isLine = line.length === 1 ? name === 'full' || typeof name === 'number' : line.length === 3 && typeof name === 'string' && Array.isArray(args);
    return isLine ? (line as unknown as TapeLine) : null;
  } catch {
    return null;
  }
}

/** False for a result that a call of this name never has. */
export function isResultOf(name: string, result: Json): boolean {
  switch (name) {
    case 'wait':
      return Array.isArray(result) && result.length % 2 === 0 && result.every((each) => typeof each === 'number');
    case 'read':
      return typeof result === 'string' || typeof result === 'number';
    case 'accept':
      return result === null || hasDescriptor(result);
    case 'listen':
    case 'connect':
      return hasDescriptor(result);
    case 'open':
      return typeof result === 'object' && result !== null;
    case 'process.hrtime':
      return Array.isArray(result) && result.length === 2;
    case 'process.hrtime.bigint':
      return typeof result === 'string' && /^\d+$/.test(result);
    case 'random bytes':
    case 'crypto.randomUUID':
      return typeof result === 'string';
    case 'register':
    case 'reregister':
    case 'deregister':
    case 'close':
      return result === null;
    default:
      return typeof result === 'number';
  }
}

function hasDescriptor(result: Json): boolean {
  const { fd, local } = Object(result) as { readonly fd?: unknown; readonly local?: unknown };
  return typeof fd === 'number' && typeof local === 'object' && local !== null;
}

export const isCall = (line: TapeLine): line is Call => line.length === 3;

/**
 * A call in readable form: `write(#3, 5 bytes)`.
 *
 * @param tokenOf the token of a descriptor; null: it is not registered
 * @param quotes also shows the bytes written
 */
export function describeCall(name: string, args: readonly Json[], tokenOf: (fd: number) => number | null, quotes = false): string {
  const [first] = args;
  const source = typeof first === 'number' ? (tokenOf(first) ?? -1) : -1;
  const on = source === -1 ? `fd ${String(first)}` : `#${source}`;
  switch (name) {
    case 'wait':
      return first === -1 ? 'wait()' : `wait(${String(first)} ms)`;
    case 'accept':
    case 'read':
    case 'close':
    case 'deregister':
      return `${name}(${on})`;
    case 'write': {
      const text = String(args[3]);
      const quoted = quotes ? ` ${stringify(text)}${Number(args[1]) > text.length ? '…' : ''}` : '';
      return `write(${on}, ${String(args[1])} ${args[1] === 1 ? 'byte' : 'bytes'}${quoted})`;
    }
    case 'register':
    case 'reregister':
      return `${name}(fd ${String(first)}, token ${String(args[1])}, interest ${String(args[2])})`;
    default:
      return `${name}(${args.map((each) => (typeof each === 'string' ? each : stringify(each))).join(', ')})`;
  }
}
