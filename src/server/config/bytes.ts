/**
 * Bytes and text: settings are byte strings (latin1, one character a byte), as they come from a configuration file and from clients,
 * because not all bytes are valid UTF-8. Node hands over its arguments, the working directory and error messages as text, and takes
 * paths as text.
 */
import { resolve } from 'node:path';

/** Text as its UTF-8. */
export function toBytes(text: string): string {
  return isAscii(text) ? text : Buffer.from(text).toString('latin1');
}

/** UTF-8 as text, for Node's file system; what is none, or is text already, stays as it is. */
export function toText(bytes: string): string {
  if (isAscii(bytes) || /[^\x00-\xff]/.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  const text = buffer.toString();
  return Buffer.from(text).equals(buffer) ? text : bytes;
}

/** An absolute path, as bytes. */
export function resolvePath(...parts: readonly string[]): string {
  return toBytes(resolve(...parts.map(toText)));
}

function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}
