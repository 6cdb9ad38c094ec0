/**
 * Token: the name that a program gives to a source when it registers it. Events bring it back.
 */
export type Token = number;

/** The largest one; the numbers above are the poll's own. */
export const MAX_TOKEN = 2 ** 48;

/** `Token(7)`: the number itself, checked. Throws a RangeError if it is no whole number from 0 to 2^48. */
export function Token(value: number): Token {
  if (!Number.isInteger(value) || value < 0 || value > MAX_TOKEN) throw new RangeError(`a token is a whole number from 0 to 2^48, and not ${String(value)}`);
  return value;
}
