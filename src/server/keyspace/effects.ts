/**
 * Effects: what producers of changes say of them, so that a replica and the append-only file can repeat them. Implemented by propagation/; the keyspace has
 * it in a field that is null while there is neither.
 *
 *   begin ──▶ the command runs:  instead · also · withhold · always ──▶ end        a frame; EXEC's commands and those of scripts are frames within a frame
 *
 * At its end a frame is written down by its own argv if it has changed something, unless it has said what stands for it. Argv are byte strings.
 */
import type { Database } from './database.js';

/** Who may be told. */
export const TO_FILE = 1;
export const TO_REPLICAS = 2;
export const TO_ALL = TO_FILE | TO_REPLICAS;

/** Why a key went that no command has deleted. */
export type ImplicitDelete = 'expired' | 'evicted';

export interface Effects {
  /** Of the running script: whom its commands are told (redis.set_repl). */
  targets: number;
  /** A command, or serving a client that was parked, begins. */
  begin(): void;
  /** It ends; outside of all others its effects are handed on. */
  end(db: Database, argv: readonly string[]): void;
  /** If the running frame has changed something, these argv stand for it, and not its own. */
  instead(...argvs: (readonly string[])[]): void;
  /** Before what stands for the running frame comes this, whether it has changed something or not. */
  also(db: Database, argv: readonly string[]): void;
  /** Nothing stands for the running frame but what it has said with {@link also}. */
  withhold(): void;
  /** The running frame is told to these, even if it has changed nothing. */
  always(targets: number): void;
  /** What stands for a deletion that is the server's own doing: DEL or UNLINK. */
  deletion(key: string): readonly string[];
  /** A key is gone without a command. */
  deleted(db: Database, key: string, why: ImplicitDelete): void;
}
