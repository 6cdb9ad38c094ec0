/**
 * SecretMask: replaces secrets by others of the same length: equal ones by equal ones, and different ones by different ones.
 *
 * So a server that gets the replacements behaves like the recorded one: passwords are only compared. Each byte is shifted within its class by an amount that
 * depends on a key and on the bytes before it; so a secret can be replaced in chunks, as they arrive. The key is stored nowhere.
 *
 *   letters and digits │ punctuation that needs no quotes │ bytes from 0x80 on │ the rest stays: spaces, quotes, backslashes, control characters
 */
import { createHash } from 'node:crypto';

/** Beyond this length all bytes are shifted by what the bytes up to here have made of the key. */
const HASHED_BYTES = 256;

const CLASSES: readonly string[] = [
  'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789',
  '!#$%&()*+,-./:;<=>?@[]^_`{|}~',
  String.fromCharCode(...Array.from({ length: 128 }, (_, index) => 128 + index)),
];

/** The characters of a hash. */
const HASH_CLASSES: readonly string[] = ['0123456789abcdef'];

export class SecretMask {
  constructor(private readonly key: Buffer) {}

  begin(): Replacement {
    return new Replacement(this.key, CLASSES);
  }

  /** For the hash of a password: the result looks like a hash. */
  beginHash(): Replacement {
    return new Replacement(this.key, HASH_CLASSES);
  }

  /** @param secret a byte string */
  text(secret: string): string {
    return replaced(secret, this.begin());
  }

  hash(hash: string): string {
    return replaced(hash, this.beginHash());
  }
}

function replaced(text: string, replacement: Replacement): string {
  const bytes = Buffer.from(text, 'latin1');
  replacement.apply(bytes, 0, bytes.length);
  return bytes.latin1Slice();
}

/** The replacement of one secret, from its first byte on. */
export class Replacement {
  private length = 0;

  constructor(
    private state: Buffer,
    private readonly classes: readonly string[],
  ) {}

  /** Replaces the next bytes of the secret, in place. */
  apply(bytes: Buffer, start: number, end: number): void {
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      bytes[at] = this.moved(byte);
      if (++this.length <= HASHED_BYTES) this.state = createHash('sha256').update(this.state).update(Buffer.of(byte)).digest();
    }
  }

  private moved(byte: number): number {
    const char = String.fromCharCode(byte);
    const members = this.classes.find((candidate) => candidate.includes(char));
    if (members === undefined) return byte;
    const step = 1 + (this.state.readUInt32LE(0) % (members.length - 1));
    return members.charCodeAt((members.indexOf(char) + step) % members.length);
  }
}
