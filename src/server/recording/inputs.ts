/**
 * The inputs of a server as recorded on a tape: the answer to every question that it asks its environment, in order.
 *
 *   question           answers
 *   poll.wait          WAIT n, then n times token and readiness
 *   clock.refresh      REFRESH unix time, monotonic time           as differences to the last reading
 *   clock.readUs       READ_US monotonic time
 *   stream.read        READ token n bytes · READ_NOT_NOW · READ_END · FAILED
 *                      READ_OF_SERVER token n bytes                                  from a server that this one has connected to
 *   stream.write       WRITE_ALL hash · WRITE n hash · WRITE_NOT_NOW · FAILED        the bytes themselves can be derived
 *                      WRITE_UNHASHED n                                              they show a secret, which is replaced in the recording
 *   poll.queue         QUEUED · NOT_QUEUED                                           only where sends are batched, as the next
 *   poll.flush         FLUSH sends, bytes, short ones                                the result of each send is that of the write that follows
 *   listener.accept    ACCEPT descriptor, peer, local · ACCEPT_NOT_NOW · FAILED
 *   poll.listen        LISTEN descriptor, local · FAILED
 *   poll.connect       CONNECT descriptor, local · FAILED
 *
 *   host               HOST answer as JSON · HOST_SECRET answer as JSON               a secret: digits of ACL GENPASS
 *                      HOST_FILE n bytes                                              the ACL file, or why it could not be read
 *   isWatched          WATCHED · UNWATCHED                     only where it has changed
 *
 * JOB_DONE: a job of the helper thread has ended, with its number and its result. FAULT: another thread has set or removed a fault of the loop, or changed how
 * readiness is reported, as JSON of a FaultCall. ADVANCE: another thread has advanced a virtual clock by a number of µs. SHUTDOWN: it has told the server to
 * end. SIGNAL: the process has received a signal that ends the server, with its name. END: the poll was closed. A server that is given the same answers does
 * the same; so a tape determines the server at every moment.
 */
import { crc32 } from 'node:zlib';
import type { JobResult } from '../background/job.js';
import type { Address, Flushed } from '../io/poll.js';
import { SystemError } from '../io/poll.js';
import type { TapeCursor, TapeWriter } from './tape.js';

export const WAIT = 1;
export const REFRESH = 2;
export const READ_US = 3;
export const READ = 4;
export const READ_NOT_NOW = 5;
export const READ_END = 6;
export const WRITE_ALL = 7;
export const WRITE = 8;
export const WRITE_NOT_NOW = 9;
export const ACCEPT = 10;
export const ACCEPT_NOT_NOW = 11;
export const LISTEN = 12;
export const FAILED = 13;
export const END = 14;
export const WATCHED = 15;
export const UNWATCHED = 16;
export const HOST = 17;
export const SHUTDOWN = 18;
export const FAULT = 19;
export const ADVANCE = 20;
export const WRITE_UNHASHED = 21;
export const HOST_SECRET = 22;
export const HOST_FILE = 23;
export const JOB_DONE = 24;
export const CONNECT = 25;
export const READ_OF_SERVER = 26;
export const SIGNAL = 27;
export const QUEUED = 28;
export const NOT_QUEUED = 29;
export const FLUSH = 30;

/** The meaning of each tag, for messages about divergences. */
export const INPUT_NAMES: { readonly [tag: number]: string } = {
  [WAIT]: 'poll.wait',
  [REFRESH]: 'clock.refresh',
  [READ_US]: 'clock.readUs',
  [READ]: 'read',
  [READ_NOT_NOW]: 'read: WouldBlock',
  [READ_END]: 'read: EOF',
  [WRITE_ALL]: 'write of all bytes',
  [WRITE]: 'write of some bytes',
  [WRITE_NOT_NOW]: 'write: WouldBlock',
  [ACCEPT]: 'accept',
  [ACCEPT_NOT_NOW]: 'accept: WouldBlock',
  [LISTEN]: 'listen',
  [FAILED]: 'a system error',
  [END]: 'the end',
  [WATCHED]: 'somebody watches',
  [UNWATCHED]: 'nobody watches',
  [HOST]: 'an answer of the host',
  [SHUTDOWN]: 'a call of shutdown',
  [FAULT]: 'a fault that is set or taken away',
  [ADVANCE]: 'a call of advance',
  [WRITE_UNHASHED]: 'a write that shows a secret',
  [HOST_SECRET]: 'a secret of the host',
  [HOST_FILE]: 'a file',
  [JOB_DONE]: 'the end of a job',
  [CONNECT]: 'connect',
  [READ_OF_SERVER]: 'read',
  [SIGNAL]: 'a signal',
  [QUEUED]: 'a send that is queued',
  [NOT_QUEUED]: 'a send that is not queued',
  [FLUSH]: 'flush',
};

const FNV_OFFSET = 0x811c9dc5;
const FNV_PRIME = 0x01000193;
/** From this length on a call into native code is faster. */
const LONG = 128;

/** Returns a 32-bit hash of `from[start, end)`: FNV-1a for short ones, CRC-32 for long ones. */
export function hashOf(from: Buffer, start: number, end: number): number {
  if (end - start >= LONG) return crc32(from.subarray(start, end));
  let hash = FNV_OFFSET;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ from[i]!, FNV_PRIME);
  return hash >>> 0;
}

export function putAddress(tape: TapeWriter, address: Address): void {
  if ('path' in address) {
    tape.byte(1);
    tape.text(address.path);
  } else {
    tape.byte(0);
    tape.text(address.host);
    tape.number(address.port);
  }
}

export function takeAddress(tape: TapeCursor): Address {
  return tape.byte() === 1 ? { path: tape.text() } : { host: tape.text(), port: tape.number() };
}

/** In the place of an error's code: a result with a text, which follows. */
const WITH_TEXT = '=';

export function putJobDone(tape: TapeWriter, id: number, { value, text, error }: JobResult): void {
  tape.byte(JOB_DONE);
  tape.number(id);
  tape.number(value);
  tape.text(error !== null ? error.code : text === undefined ? '' : WITH_TEXT);
  if (error !== null) tape.text(error.message);
  else if (text !== undefined) tape.text(text);
}

/** Reads what follows the tag. */
export function takeJobDone(tape: TapeCursor): readonly [id: number, result: JobResult] {
  const [id, value, code] = [tape.number(), tape.number(), tape.text()];
  if (code === WITH_TEXT) return [id, { value, text: tape.text(), error: null }];
  return [id, { value, error: code === '' ? null : { code, message: tape.text() } }];
}

export function putFlushed(tape: TapeWriter, { sends, bytes, short }: Flushed): void {
  tape.byte(FLUSH);
  tape.number(sends);
  tape.number(bytes);
  tape.number(short);
}

/** Reads what follows the tag. */
export function takeFlushed(tape: TapeCursor): Flushed {
  return { sends: tape.number(), bytes: tape.number(), short: tape.number() };
}

export function putError(tape: TapeWriter, { syscall, errno, code, fd }: SystemError): void {
  tape.byte(FAILED);
  tape.text(syscall);
  tape.signed(errno);
  tape.text(code);
  tape.signed(fd);
}

export function takeError(tape: TapeCursor): SystemError {
  return new SystemError(tape.text(), tape.signed(), tape.text(), tape.signed());
}
