/**
 * SharedKeyspace: the commands of the threads on the shared table. Each holds the lock for as long as it accesses the table, and so is atomic.
 *
 *   acquire ──▶ look up, read or change ──▶ release          one lock for all keys, as in a server whose database is behind a mutex
 */
import * as errors from '../errors.js';
import { expiry, INT64_MAX, isWord, MILLISECONDS, SECONDS } from '../commands/support/arguments.js';
import { oneMore, parseInt64 } from '../keyspace/types/int64.js';
import { ErrorReply, OK, type Reply } from '../resp/reply.js';
import type { Lock } from './lock.js';
import { NEVER, type SharedTable } from './shared-table.js';

type Argv = readonly string[];

/** What a command does while its thread holds the lock. It may throw an ErrorReply. */
type Work = (table: SharedTable, argv: Argv, nowMs: number) => Reply;

export interface SharedCommand {
  /** Number of arguments, the name included; negative: the minimum. */
  readonly arity: number;
  readonly work: Work;
}

/** By name, in lower case. */
export const SHARED_COMMANDS: ReadonlyMap<string, SharedCommand> = new Map<string, SharedCommand>([
  ['get', { arity: 2, work: (table, argv, nowMs) => table.get(argv[1]!, nowMs) }],
  ['set', { arity: -3, work: set }],
  ['del', { arity: -2, work: (table, argv, nowMs) => count(argv, (key) => table.delete(key, nowMs)) }],
  ['exists', { arity: -2, work: (table, argv, nowMs) => count(argv, (key) => table.has(key, nowMs)) }],
  ['incr', { arity: 2, work: increment }],
  ['ttl', { arity: 2, work: timeToLive }],
  ['dbsize', { arity: 1, work: (table) => table.size }],
]);

export class SharedKeyspace {
  /** @param executed is called after each command that has not failed, while the lock is held */
  constructor(
    private readonly table: SharedTable,
    private readonly lock: Lock,
    private readonly executed: ((argv: Argv) => void) | null = null,
  ) {}

  /** Runs a command. Never throws an ErrorReply. */
  run({ work }: SharedCommand, argv: Argv): Reply {
    const { lock, table } = this;
    const nowMs = Date.now();
    lock.acquire();
    try {
      const reply = work(table, argv, nowMs);
      if (this.executed !== null && !(reply instanceof ErrorReply)) this.executed(argv);
      return reply;
    } catch (error) {
      if (error instanceof ErrorReply) return error;
      throw error;
    } finally {
      lock.release();
    }
  }
}

function set(table: SharedTable, argv: Argv, nowMs: number): Reply {
  const atMs = argv.length === 3 ? NEVER : expiryOf(argv, nowMs);
  return table.set(argv[1]!, argv[2]!, atMs, nowMs) ? OK : errors.OUT_OF_MEMORY;
}

/** Parses `EX seconds` or `PX milliseconds`. Throws an error reply for anything else. */
function expiryOf(argv: Argv, nowMs: number): number {
  const isSeconds = isWord(argv[3]!, 'EX');
  if (argv.length !== 5 || !(isSeconds || isWord(argv[3]!, 'PX'))) throw errors.SYNTAX;
  return Number(expiry(argv[4]!, isSeconds ? SECONDS : MILLISECONDS, nowMs, 'set'));
}

function increment(table: SharedTable, argv: Argv, nowMs: number): Reply {
  const key = argv[1]!;
  const old = table.get(key, nowMs);
  const number = old === null ? 0 : parseInt64(old);
  if (number === null) return errors.NOT_AN_INTEGER;
  if (number === INT64_MAX) return errors.OVERFLOW;
  const next = oneMore(number);
  return table.set(key, String(next), table.expiresAt(key, nowMs) ?? NEVER, nowMs) ? next : errors.OUT_OF_MEMORY;
}

function timeToLive(table: SharedTable, argv: Argv, nowMs: number): Reply {
  const atMs = table.expiresAt(argv[1]!, nowMs);
  if (atMs === null) return -2;
  return atMs === NEVER ? -1 : Math.floor((atMs - nowMs + 500) / 1000);
}

function count(argv: Argv, isOne: (key: string) => boolean): number {
  let found = 0;
  for (let i = 1; i < argv.length; i++) if (isOne(argv[i]!)) found++;
  return found;
}
