/**
 * Replication: the role of this server, and the position in its history of changes. Used in both roles: a master writes the history, a replica reads it.
 *
 *   offset   0 ───────────────── secondOffset ─────────────────▶ offset          counts every byte that was ever sent to replicas
 *            └─── secondId ────┘└──────────────── id ──────────┘                 a promotion begins a new ID; the old one is valid up to there
 *
 * A replica that names an ID and an offset of this history can continue from there (PSYNC).
 */

/** The role, in the words of ROLE and INFO. */
export type Role = 'master' | 'slave';

/** Stands for no ID. */
export const NO_ID = '0'.repeat(40);

export interface ReplicationState {
  readonly role: Role;
  readonly id: string;
  readonly secondId: string;
  readonly offset: number;
  readonly secondOffset: number;
  readonly selectedDb: number;
}

export class Replication {
  /** Set by the link to a master when it begins and ends. */
  role: Role = 'master';
  /** ID of the history: 40 hexadecimal digits; the master's while this server is a replica. */
  id: string;
  /** ID of the history that this one continues; {@link NO_ID}: none. */
  secondId = NO_ID;
  /** master_repl_offset: the length of the history in bytes. */
  offset = 0;
  /** The first offset that no longer belongs to {@link secondId}; -1: there is none. */
  secondOffset = -1;
  /** The database of the last SELECT in the stream; -1: there was none. */
  selectedDb = -1;

  /** @param makeId returns an ID that no other server has */
  constructor(
    id: string,
    private readonly makeId: () => string,
  ) {
    this.id = id;
  }

  capture(): ReplicationState {
    const { role, id, secondId, offset, secondOffset, selectedDb } = this;
    return { role, id, secondId, offset, secondOffset, selectedDb };
  }

  restore(state: ReplicationState): void {
    Object.assign(this, state);
  }

  /** Begins a history that no other server knows: no replica can continue from anywhere in it. */
  begin(): void {
    this.id = this.makeId();
    this.secondId = NO_ID;
    this.secondOffset = -1;
  }

  /** Called when a replica is promoted: what follows has a new ID, and the replicas of its former master can continue here, because the past is the same. */
  shift(): void {
    this.secondId = this.id;
    // A replica requests the first byte that it does not have.
    this.secondOffset = this.offset + 1;
    this.id = this.makeId();
    this.selectedDb = -1;
  }

  /** Called when a replica has received its master's dataset, at this offset. */
  adopt(id: string, offset: number): void {
    this.id = id;
    this.offset = offset;
    this.secondId = NO_ID;
    this.secondOffset = -1;
  }

  /** Called when the master of a replica continues with another ID, because it was promoted: the old one is valid up to here, for replicas of this replica. */
  rename(id: string): void {
    this.secondId = this.id;
    this.secondOffset = this.offset + 1;
    this.id = id;
  }

  /** True if the byte at an offset, the first one that a replica does not have, belongs to the history of that ID here. */
  covers(id: string, offset: number): boolean {
    return id === this.id || (id === this.secondId && offset <= this.secondOffset);
  }
}
