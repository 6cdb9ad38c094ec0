/**
 * Passwords as users keep them: SHA-256 in hexadecimal.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

export interface Password {
  readonly hash: string;
  /** It was given as a hash, so that nobody here has seen the password itself. */
  readonly isGivenAsHash: boolean;
}

/** What users ask the world; implemented by host.ts. */
export interface PasswordHost {
  /** The place of a password among others, or -1; see {@link findPassword}. */
  choose(find: () => number): number;
}

/** `>password`, `<password`, `#hash`, `!hash`. */
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
 * The place among `passwords` of the one that is `wanted`, or -1, in a time that tells nothing of how much of a guess was right. A recording has other
 * passwords and other hashes in the place of these, which no longer belong together: where one is compared with the other, the answer is an input.
 */
export function findPassword(passwords: readonly Password[], wanted: Password, host: PasswordHost): number {
  const find = (): number => {
    let found = -1;
    for (const [index, { hash }] of passwords.entries()) if (timingSafeEqual(Buffer.from(hash), Buffer.from(wanted.hash))) found = index;
    return found;
  };
  return passwords.every(({ isGivenAsHash }) => isGivenAsHash === wanted.isGivenAsHash) ? find() : host.choose(find);
}
