/**
 * Common code of the commands on sorted sets: looking one up, and replying with members and scores.
 */
import * as errors from '../../errors.js';
import type { Session } from '../../command/session.js';
import type { Database } from '../../keyspace/database.js';
import { SortedSetValue } from '../../keyspace/types/sorted-set.js';
import { Double, type Reply } from '../../resp/reply.js';

/** Returns the sorted set at a key, looked up for reading; undefined if there is none. Throws WRONGTYPE for every other type. */
export function readSortedSet(db: Database, name: string): SortedSetValue | undefined {
  const value = db.lookupRead(name);
  if (value !== undefined && !(value instanceof SortedSetValue)) throw errors.WRONG_TYPE;
  return value;
}

/** The same, looked up for a change. */
export function writeSortedSet(db: Database, name: string): SortedSetValue | undefined {
  const value = db.lookupWrite(name);
  if (value !== undefined && !(value instanceof SortedSetValue)) throw errors.WRONG_TYPE;
  return value;
}

/** The reply for a missing key. */
export const NOTHING: Reply = [];

/** Converts alternating members and scores to pairs. */
export function nested(turns: readonly (string | number)[]): Reply {
  const pairs: Reply[] = [];
  for (let at = 0; at < turns.length; at += 2) pairs.push([turns[at]!, new Double(turns[at + 1] as number)]);
  return pairs;
}

/** Members with or without scores, as replies: alternating in RESP2, in pairs in RESP3. */
export class Members {
  readonly items: Reply[] = [];
  private readonly inPairs: boolean;

  constructor(
    session: Session,
    private readonly withScores: boolean,
  ) {
    this.inPairs = session.version === 3;
  }

  readonly add = (member: string, score: number): void => {
    if (!this.withScores) this.items.push(member);
    else if (this.inPairs) this.items.push([member, new Double(score)]);
    else this.items.push(member, new Double(score));
  };
}
