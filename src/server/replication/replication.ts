/**
 * Replication: which part this server plays, and where its history of changes stands. Shared by both parts: a master writes the history, a replica reads it.
 *
 *   offset   0 ───────────────── secondOffset ─────────────────▶ offset          counts every byte that was ever sent to replicas
 *            └─── secondId ────┘└──────────────── id ──────────┘                 a promotion begins a new ID; the old one holds up to there
 *
 * A replica that names an ID and an offset of this history can go on from there (PSYNC).
 */

/** Which part; the words are those of ROLE and INFO. */
export type Role = 'master' | 'slave';

/** In the place of an ID that there is not. */
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
  /** Of the history: 40 hexadecimal digits; those of the master while this server is a replica. */
  id: string;
  /** Of the history that this one has grown out of; {@link NO_ID}: of none. */
  secondId = NO_ID;
  /** master_repl_offset: how many bytes of the history there are. */
  offset = 0;
  /** The first offset that is no longer of {@link secondId}; -1: there is none. */
  secondOffset = -1;
  /** The database that the last SELECT of the stream has named; -1: there was none. */
  selectedDb = -1;

  /** @param makeId gives an ID that no other server has */
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

  /** A history that nobody else knows begins: there is nothing from which a replica could go on. */
  begin(): void {
    this.id = this.makeId();
    this.secondId = NO_ID;
    this.secondOffset = -1;
  }

  /** A replica is promoted: what follows has an ID of its own, and the replicas of its former master can go on here, because the past is the same. */
  shift(): void {
    this.secondId = this.id;
    // What a replica asks for is the first byte that it has not got.
    this.secondOffset = this.offset + 1;
    this.id = this.makeId();
    this.selectedDb = -1;
  }

  /** A replica has taken over the history of its master, at this offset. */
  adopt(id: string, offset: number): void {
    this.id = id;
    this.offset = offset;
    this.secondId = NO_ID;
    this.secondOffset = -1;
  }

  /** The master of a replica goes on with another ID, because it was promoted: the old one holds up to here, for replicas of this replica. */
  rename(id: string): void {
    this.secondId = this.id;
    this.secondOffset = this.offset + 1;
    this.id = id;
  }

  /** Whether the byte at an offset, the first one that a replica has not got, belongs to the history of that ID here. */
  covers(id: string, offset: number): boolean {
    return id === this.id || (id === this.secondId && offset <= this.secondOffset);
  }
}
