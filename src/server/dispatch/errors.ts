/**
 * Every error text that a client can see, in one place; the wording is Redis 7.0's, which client libraries match on.
 *
 * Constants for the fixed ones, functions for those that name something. Handlers return them or throw them.
 */
import { ErrorReply } from '../resp/reply.js';

export const SYNTAX = new ErrorReply('ERR syntax error');
export const WRONG_TYPE = new ErrorReply('WRONGTYPE Operation against a key holding the wrong kind of value');
export const NOT_AN_INTEGER = new ErrorReply('ERR value is not an integer or out of range');
export const NOT_A_FLOAT = new ErrorReply('ERR value is not a valid float');
export const NO_SUCH_KEY = new ErrorReply('ERR no such key');
export const OUT_OF_RANGE = new ErrorReply('ERR index out of range');
export const OVERFLOW = new ErrorReply('ERR increment or decrement would overflow');
export const NAN_OR_INFINITY = new ErrorReply('ERR increment would produce NaN or Infinity');
export const STRING_TOO_LONG = new ErrorReply('ERR string exceeds maximum allowed size (proto-max-bulk-len)');
export const INVALID_DB_INDEX = new ErrorReply('ERR invalid DB index');
export const DB_INDEX_OUT_OF_RANGE = new ErrorReply('ERR DB index is out of range');
export const NO_AUTH = new ErrorReply('NOAUTH Authentication required.');
export const OUT_OF_MEMORY = new ErrorReply("OOM command not allowed when used memory > 'maxmemory'.");
export const EXEC_ABORT = new ErrorReply('EXECABORT Transaction discarded because of previous errors.');
export const EXEC_WITHOUT_MULTI = new ErrorReply('ERR EXEC without MULTI');
export const DISCARD_WITHOUT_MULTI = new ErrorReply('ERR DISCARD without MULTI');
export const NESTED_MULTI = new ErrorReply('ERR MULTI calls can not be nested');
export const WATCH_INSIDE_MULTI = new ErrorReply('ERR WATCH inside MULTI is not allowed');
export const MAX_CLIENTS = new ErrorReply('ERR max number of clients reached');

// Arguments (commands/support/arguments.ts).
export const NOT_POSITIVE = new ErrorReply('ERR value is out of range, must be positive');
export const outOfRange = (min: number | bigint, max: number | bigint): ErrorReply => new ErrorReply(`ERR value is out of range, value must between ${min} and ${max}`);

// Sets, hashes and sorted sets.
export const INVALID_CURSOR = new ErrorReply('ERR invalid cursor');
export const NUMKEYS_NOT_POSITIVE = new ErrorReply('ERR numkeys should be greater than 0');
export const NUMKEYS_BEYOND_ARGUMENTS = new ErrorReply("ERR Number of keys can't be greater than number of args");
export const COUNT_TOO_NEGATIVE = new ErrorReply('ERR value is out of range, too many members');
export const NEGATIVE_LIMIT = new ErrorReply("ERR LIMIT can't be negative");

export const wrongArity = (command: string): ErrorReply => new ErrorReply(`ERR wrong number of arguments for '${command}' command`);
export const invalidExpire = (command: string): ErrorReply => new ErrorReply(`ERR invalid expire time in '${command}' command`);
export const protocolError = (what: string): ErrorReply => new ErrorReply(`ERR Protocol error: ${what}`);

/** As in processCommand: at most 128 bytes of the name and of the arguments, in quotes, control characters replaced. */
export function unknownCommand(argv: readonly string[]): ErrorReply {
  let args = '';
  for (let i = 1; i < argv.length && args.length < 128; i++) args += `'${argv[i]!.slice(0, 128 - args.length)}' `;
  return new ErrorReply(oneLine(`ERR unknown command '${argv[0]!.slice(0, 128)}', with args beginning with: ${args}`));
}

export function unknownSubcommand(container: string, subcommand: string): ErrorReply {
  return new ErrorReply(oneLine(`ERR unknown subcommand '${subcommand.slice(0, 128)}'. Try ${container.toUpperCase()} HELP.`));
}

/** An error is one line of the protocol: what a client sent may not end it early. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ');
}
