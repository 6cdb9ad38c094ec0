/**
 * Token: the name that a program gives to a source when it registers it. Events carry it.
 */
export type Token = number;

/** The largest token; larger numbers are used by the poll itself. */
export const MAX_TOKEN = 2 ** 48;

/** Returns the number itself, checked: `Token(7)`. Throws a RangeError if it is not an integer from 0 to 2^48. */
export function Token(value: number): Token {
  if (!Number.isInteger(value) || value < 0 || value > MAX_TOKEN) throw new RangeError(`a token is a whole number from 0 to 2^48, and not ${String(value)}`);
  return value;
}
