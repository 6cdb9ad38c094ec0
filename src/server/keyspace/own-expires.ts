/**
 * OwnExpires: keys whose expiry was set by a client of a writable replica. The master has no such keys, so the replica must delete them itself; all others it
 * leaves to its master. Compare Redis 7's expireSlaveKeys.
 *
 *   a client sets an expiry ─▶ note ─▶ expire cycle: looks at the keys that were not looked at the longest ─▶ due: deleted · no expiry: forgotten · else kept
 */
import type { Keyspace } from './keyspace.js';

export interface OwnExpire {
  readonly db: number;
  readonly key: string;
}

export type OwnExpiresState = readonly OwnExpire[];

/** Keys that one cycle looks at. */
const KEYS_PER_CYCLE = 200;

export class OwnExpires {
  /** In the order in which they are looked at. */
  private keys = new Map<string, OwnExpire>();

  constructor(private readonly keyspace: Keyspace) {}

  get size(): number {
    return this.keys.size;
  }

  note(db: number, key: string): void {
    this.keys.set(`${db} ${key}`, { db, key });
  }

  clear(): void {
    if (this.keys.size > 0) this.keys = new Map();
  }

  /** Deletes what is due, of the keys that were not looked at the longest. */
  run(): void {
    const { keyspace } = this;
    keyspace.actingToken = 0;
    let left = Math.min(KEYS_PER_CYCLE, this.keys.size);
    for (const [name, own] of this.keys) {
      if (left-- === 0) return;
      this.keys.delete(name);
      const database = keyspace.databases[own.db]!;
      if (database.expireAt(own.key) === -1) continue;
      if (!database.expireIfDue(own.key)) this.keys.set(name, own);
    }
  }

  capture(): OwnExpiresState {
    return [...this.keys.values()];
  }

  restore(state: OwnExpiresState): void {
    this.clear();
    for (const { db, key } of state) this.note(db, key);
  }
}
