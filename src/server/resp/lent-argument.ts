/**
 * LentArgument: a large argument that is still bytes, so that a command can adopt them as a value without copying them.
 *
 *   query buffer [ 400 MB │ CR LF ]      nothing else is in it, and it is given up after this request
 *                   │
 *                   ├── the command adopts the bytes: SET
 *                   └── argv[2], when it is read: a string of them, as of any other argument
 *
 * A JavaScript string of this size would be a second copy in memory.
 */

/** The minimum size of what is lent, far above what is worth a place of its own. */
export const LARGE_BYTES = 2 ** 20;

export interface LentArgument {
  /** The request that it is an argument of. */
  readonly argv: readonly string[];
  readonly bytes: Buffer;
}

/** Makes `argv[at]` the string of these bytes, which is made when it is first read. */
export function lend(argv: string[], at: number, bytes: Buffer): LentArgument {
  let text: string | null = null;
  Object.defineProperty(argv, at, { get: () => (text ??= bytes.latin1Slice()), enumerable: true, configurable: true });
  return { argv, bytes };
}
