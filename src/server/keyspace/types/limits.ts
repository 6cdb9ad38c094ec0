/**
 * The settings by which collections choose their encoding, under the names that CONFIG gives them. Commands hand them in
 * with every change, so that CONFIG SET holds from the next command on; what has grown past a limit never shrinks back.
 */
export interface EncodingLimits {
  /** The most members of a set of integers only that is still kept as a sorted array. */
  readonly 'set-max-intset-entries': number;
  /** The most fields of a hash that is still kept as one flat list. */
  readonly 'hash-max-listpack-entries': number;
  /** The longest field or value, in bytes, in such a list. */
  readonly 'hash-max-listpack-value': number;
  /** The most members of a sorted set that is still kept without an index by member. */
  readonly 'zset-max-listpack-entries': number;
  /** The longest member, in bytes, of such a sorted set. */
  readonly 'zset-max-listpack-value': number;
}
