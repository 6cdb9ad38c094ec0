/**
 * LentArgument: the large value of a SET that is still bytes, so that no string has to be made of them.
 *
 *   input or query buffer  [ SET │ key │ 64 KB │ CR LF │ next request ]       used again after this read
 *                                          │
 *                                          ├── bytes: the command copies them into its value
 *                                          └── argv[2], when it is read: a string of them, as of any other argument
 *
 * A string would be a second copy, in memory that is seldom in the processor's cache, and garbage after the next SET of the same key. If nothing else is in a
 * query buffer, the command may adopt the bytes without copying them: SET of 400 MB.
 */

/** The minimum size of what is lent: below that, a string costs less than a Buffer. */
export const LENT_BYTES = 8 * 1024;

/** The minimum size of what may be adopted, far above what is worth a place of its own. */
export const LARGE_BYTES = 2 ** 20;

/** The position of the argument that can be lent. */
export const LENT_AT = 2;

export interface LentArgument {
  /** The request that it is an argument of. */
  readonly argv: readonly string[];
  /** Valid until the read has been processed. */
  readonly bytes: Buffer;
  /** The command may keep the bytes themselves: nothing else is in their buffer, and it is not used again. */
  readonly mayAdopt: boolean;
}

/** The prototype of arguments of which one is lent. An accessor of the array's own would cost more than the string. */
class LendingArgv extends Array<string> {
  declare bytes: Buffer;

  /** Makes the string, and a plain array of this. */
  get [LENT_AT](): string {
    const text = this.bytes.latin1Slice();
    Object.setPrototypeOf(this, Array.prototype);
    delete (this as { bytes?: Buffer }).bytes;
    (this as string[])[LENT_AT] = text;
    return text;
  }
}

/** Makes `argv[2]` the string of these bytes, which is made when it is first read. */
export function lend(argv: string[], bytes: Buffer, mayAdopt: boolean): LentArgument {
  (Object.setPrototypeOf(argv, LendingArgv.prototype) as LendingArgv).bytes = bytes;
  return { argv, bytes, mayAdopt };
}

/** Called before the bytes are overwritten, if the request is kept: makes the string now. */
export function settle({ argv, mayAdopt }: LentArgument): void {
  if (!mayAdopt) void argv[LENT_AT];
}
