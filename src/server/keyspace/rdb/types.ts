/** Numbers of the RDB format. */

/** The version of Redis 7.0. A dump of a higher version is refused. */
export const RDB_VERSION = 10;

/** The first byte of a value: its type, and how it is written. */
export const Type = {
  string: 0,
  list: 1,
  set: 2,
  sortedSet: 3,
  hash: 4,
  sortedSet2: 5,
  hashZipmap: 9,
  listZiplist: 10,
  setIntset: 11,
  sortedSetZiplist: 12,
  hashZiplist: 13,
  listQuicklist: 14,
  streamListpacks: 15,
  hashListpack: 16,
  sortedSetListpack: 17,
  listQuicklist2: 18,
  streamListpacks2: 19,
  /** Since 7.2. */
  setListpack: 20,
  streamListpacks3: 21,
} as const;

/** The last type that Redis 7.0 knows. */
export const LAST_TYPE = Type.streamListpacks2;

/** What a snapshot contains besides keys, in the place of a value's type. */
export const Opcode = {
  slotInfo: 244,
  library: 245,
  earlyFunction: 246,
  moduleData: 247,
  idle: 248,
  frequency: 249,
  auxiliary: 250,
  sizes: 251,
  expiresMs: 252,
  expiresSeconds: 253,
  database: 254,
  end: 255,
} as const;

/** Flags of an entry in a stream's node. */
export const ENTRY_DELETED = 1;
export const ENTRY_SHARES_NAMES = 2;
