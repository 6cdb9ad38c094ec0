/**
 * Reads the requests of an append-only file, strictly: unlike a client, a file that Redis or this server has written has no inline requests and no slack.
 *
 *   #TS:1795967223 CRLF                                an annotation, which is skipped
 *   *3 CRLF  $3 CRLF SET CRLF  $1 CRLF k CRLF  …       a request
 */
import type { ChunkReader } from '../../keyspace/rdb/bytes.js';

/** Invalid bytes instead of a request. */
export class BadRequest {
  constructor(readonly what: string) {}
}

const [CR, LF, ASTERISK, DOLLAR, HASH] = [13, 10, 42, 36, 35];
const MAX_LINE = 64 * 1024;
const MAX_WORDS = 2 ** 31 - 1;

/** Returns the next request; null at the end of the file. Throws {@link BadRequest}, and CorruptDump where the file ends within one. */
export function readRequest(bytes: ChunkReader): string[] | null {
  while (bytes.hasMore() && bytes.peek() === HASH) line(bytes);
  if (!bytes.hasMore()) return null;
  const count = number(bytes, ASTERISK, 'a request');
  if (count < 1 || count > MAX_WORDS) throw new BadRequest(`a request of ${count} words`);
  const argv: string[] = [];
  for (let left = count; left > 0; left--) argv.push(word(bytes));
  return argv;
}

function word(bytes: ChunkReader): string {
  const length = number(bytes, DOLLAR, 'a word');
  if (length < 0) throw new BadRequest(`a word of ${length} bytes`);
  const text = bytes.text(length);
  lineEnd(bytes);
  return text;
}

function number(bytes: ChunkReader, mark: number, what: string): number {
  const first = bytes.byte();
  if (first !== mark) throw new BadRequest(`${what} does not begin with ${String.fromCharCode(mark)}`);
  const digits = line(bytes);
  if (!/^\d{1,15}$/.test(digits)) throw new BadRequest(`${what} without its length`);
  return Number(digits);
}

/** Reads up to the end of the line, and returns it without that. */
function line(bytes: ChunkReader): string {
  let text = '';
  for (let byte = bytes.byte(); byte !== CR; byte = bytes.byte()) {
    if (byte === LF || text.length === MAX_LINE) throw new BadRequest('a line without CRLF at its end');
    text += String.fromCharCode(byte);
  }
  if (bytes.byte() !== LF) throw new BadRequest('a line without CRLF at its end');
  return text;
}

function lineEnd(bytes: ChunkReader): void {
  if (bytes.byte() !== CR || bytes.byte() !== LF) throw new BadRequest('a word that does not end where it should');
}
