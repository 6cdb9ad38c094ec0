/**
 * The passwords of users: SHA-256 in hexadecimal.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface Password {
  readonly hash: string;
  /** It was given as a hash, so the password itself is not known here. */
  readonly isGivenAsHash: boolean;
}

/** What users need of the host; implemented by host.ts. */
export interface PasswordHost {
  /** Returns the index of a password among others, or -1; see {@link findPassword}. */
  choose(find: () => number): number;
}

/** True for `>password`, `<password`, `#hash`, `!hash`. */
export function isPasswordRule(rule: string): boolean {
  return /^[><#!]/.test(rule);
}

export function hashOf(password: string): string {
  return createHash('sha256').update(password, 'latin1').digest('hex');
}

export function isHash(text: string): boolean {
  return /^[\da-f]{64}$/.test(text);
}

/**
 * Returns the index of `wanted` among `passwords`, or -1, in a time that does not depend on how much of a guess was right. A recording has other
 * passwords and other hashes instead of these, which no longer match: the result of a comparison is therefore an input.
 */
export function findPassword(passwords: readonly Password[], wanted: Password, host: PasswordHost): number {
  const find = (): number => {
    let found = -1;
    for (const [index, { hash }] of passwords.entries()) if (timingSafeEqual(Buffer.from(hash), Buffer.from(wanted.hash))) found = index;
    return found;
  };
  return passwords.every(({ isGivenAsHash }) => isGivenAsHash === wanted.isGivenAsHash) ? find() : host.choose(find);
}
