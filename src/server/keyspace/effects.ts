/**
 * Effects: how the code that makes changes describes them, so that replicas and the append-only file can repeat them. Implemented by propagation/; the keyspace
 * has it in a field that is null while there is neither.
 *
 *   begin ──▶ the command runs:  instead · also · withhold · always ──▶ end        a frame; EXEC's commands and those of scripts are frames within a frame
 *
 * At its end a frame that has changed something is propagated as its own argv, unless it has named other commands for it. Argv are byte strings.
 */
import type { ReadRequest } from '../resp/request-run.js';
import type { Database } from './database.js';

/** Targets of propagation. */
export const TO_FILE = 1;
export const TO_REPLICAS = 2;
export const TO_ALL = TO_FILE | TO_REPLICAS;

/** Why a key was deleted without a command. */
export type ImplicitDelete = 'expired' | 'evicted';

export interface Effects {
  /** In the running script: the targets of its commands (redis.set_repl). */
  targets: number;
  /**
   * Called before requests of a buffer are executed: of one that is propagated as it is, the bytes are copied. {@link endRequests} must follow. Returns what is
   * being read already, if a command serves other clients while it runs.
   */
  beginRequests(read: ReadRequest): ReadRequest | null;
  /**
   * @param outer the result of {@link beginRequests}
   * @param canKeep the buffer may stay as it is up to the end of these requests. Returns true if it must, because they are still to be copied
   */
  endRequests(outer: ReadRequest | null, canKeep: boolean): boolean;
  /** Called when a command, or serving a parked client, begins. */
  begin(): void;
  /** Called at its end; the end of the outermost frame propagates the effects. */
  end(db: Database, argv: readonly string[]): void;
  /** Propagates these argv instead of the running frame's own, if it has changed something. */
  instead(...argvs: (readonly string[])[]): void;
  /** Propagates this before the running frame, whether that has changed something or not. */
  also(db: Database, argv: readonly string[]): void;
  /** Propagates nothing for the running frame except what {@link also} has added. */
  withhold(): void;
  /** Propagates what the running frame has added one by one, without MULTI: it changes unrelated keys. */
  separately(): void;
  /** Propagates the running frame to these targets, even if it has changed nothing. */
  always(targets: number): void;
  /** Returns the command that propagates a deletion by the server itself: DEL or UNLINK. */
  deletion(key: string): readonly string[];
  /** Called when a key was deleted without a command. */
  deleted(db: Database, key: string, why: ImplicitDelete): void;
}
