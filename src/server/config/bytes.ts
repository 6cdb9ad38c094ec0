/**
 * Bytes and text: settings are byte strings (latin1, one character a byte), as they come from a configuration file and from clients,
 * because not all bytes are valid UTF-8. Node gives its arguments, the working directory and error messages as text, and takes paths as text.
 */
import { resolve } from 'node:path';

/** Encodes text as UTF-8. */
export function toBytes(text: string): string {
  return isAscii(text) ? text : Buffer.from(text).toString('latin1');
}

/** Decodes UTF-8, for Node's file system; invalid UTF-8, and what is text already, is returned as it is. */
export function toText(bytes: string): string {
  if (isAscii(bytes) || /[^\x00-\xff]/.test(bytes)) return bytes;
  const buffer = Buffer.from(bytes, 'latin1');
  const text = buffer.toString();
  return Buffer.from(text).equals(buffer) ? text : bytes;
}

/** Returns an absolute path, as bytes. */
export function resolvePath(...parts: readonly string[]): string {
  return toBytes(resolve(...parts.map(toText)));
}

function isAscii(text: string): boolean {
  return !/[^\x00-\x7f]/.test(text);
}
