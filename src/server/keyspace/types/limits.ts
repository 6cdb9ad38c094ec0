/**
 * The settings by which collections choose their encoding, named as in CONFIG. Commands pass them with every change, so
 * that CONFIG SET takes effect with the next command; a collection that has exceeded a limit never changes back.
 */
export interface EncodingLimits {
  /** Maximum number of members of an integer set that is stored as a sorted array. */
  readonly 'set-max-intset-entries': number;
  /** Maximum number of fields of a hash that is stored as one flat list. */
  readonly 'hash-max-listpack-entries': number;
  /** Maximum length of a field or value in such a list, in bytes. */
  readonly 'hash-max-listpack-value': number;
  /** Maximum number of members of a sorted set without an index by member. */
  readonly 'zset-max-listpack-entries': number;
  /** Maximum length of a member of such a sorted set, in bytes. */
  readonly 'zset-max-listpack-value': number;
}
