/**
 * The .lab file: the format of a recording on disk. It grows only at its end, can be read when it is cut off, and shows where it is damaged.
 *
 *   magic      8 bytes    89 4c 41 42 0d 0a 1a 01      the last one is the version of the format
 *   block…     length u32 · CRC-32 of the payload u32 · payload                        little-endian
 *                the first payload: JSON, a RecordingHead          the others, concatenated: the tape (inputs.ts)
 *                with the highest bit of the length set: JSON, a RecordingNote about the whole recording
 */
import { crc32 } from 'node:zlib';
import type { RecordingHead } from './replay.js';

const MAGIC = Buffer.from([0x89, 0x4c, 0x41, 0x42, 0x0d, 0x0a, 0x1a]);
export const FORMAT_VERSION = 1;
const BLOCK_HEAD_BYTES = 8;
/** Flag in a block's length; blocks of the tape are never that long. */
const IS_NOTE = 0x80000000;

/** The file is no recording, or unreadable; the message is one line for people. */
export class RecordingError extends Error {
  override readonly name = 'RecordingError';
}

/** Facts about a recording that are known only after it has begun. */
export interface RecordingNote {
  /** A password could not be replaced, or occurs elsewhere as well. */
  readonly containsSecrets: true;
}

/** Where a file is damaged; what follows is not read. */
export interface Damage {
  readonly kind: 'cut off' | 'damaged';
  /** Blocks are counted from 1, which is the head. */
  readonly block: number;
  /** The offset at which the block begins. */
  readonly at: number;
}

export interface RecordingFile {
  readonly head: RecordingHead;
  readonly tape: Buffer;
  readonly containsSecrets: boolean;
  /** Null for an undamaged file. */
  readonly damage: Damage | null;
}

/** Returns the first bytes of a file. */
export function fileHead(head: RecordingHead): Buffer {
  return Buffer.concat([MAGIC, Buffer.from([FORMAT_VERSION]), block(Buffer.from(JSON.stringify(head)))]);
}

/** Returns the next part of the tape, as a block of the file. */
export function block(payload: Buffer): Buffer {
  return blockOf(payload, payload.length);
}

export function note(payload: RecordingNote): Buffer {
  const bytes = Buffer.from(JSON.stringify(payload));
  return blockOf(bytes, (bytes.length | IS_NOTE) >>> 0);
}

function blockOf(payload: Buffer, length: number): Buffer {
  const bytes = Buffer.alloc(BLOCK_HEAD_BYTES + payload.length);
  bytes.writeUInt32LE(length, 0);
  bytes.writeUInt32LE(crc32(payload), 4);
  payload.copy(bytes, BLOCK_HEAD_BYTES);
  return bytes;
}

/** True if these bytes begin as a recording of any version does. */
export function isRecording(bytes: Buffer): boolean {
  return bytes.length > MAGIC.length && bytes.subarray(0, MAGIC.length).equals(MAGIC);
}

/** Throws {@link RecordingError} if nothing can be read. */
export function readRecording(bytes: Buffer): RecordingFile {
  if (bytes.length === 0) throw new RecordingError('this file is empty');
  if (!isRecording(bytes)) throw new RecordingError('this is no recording');
  const version = bytes[MAGIC.length]!;
  if (version > FORMAT_VERSION) throw new RecordingError(`this recording has format ${version}; this version of redis-lab reads up to ${FORMAT_VERSION}`);
  const { payloads, notes, damage } = readBlocks(bytes);
  const [head, ...tape] = payloads;
  if (head === undefined) {
    throw new RecordingError(`nothing can be read of this recording: ${damage === null ? 'it ends behind its first bytes' : describeDamage(damage)}`);
  }
  return { head: readHead(head), tape: Buffer.concat(tape), containsSecrets: notes.some(saysSecrets), damage };
}

/** Returns all whole blocks up to the first damaged one. */
function readBlocks(bytes: Buffer): { readonly payloads: Buffer[]; readonly notes: Buffer[]; readonly damage: Damage | null } {
  const payloads: Buffer[] = [];
  const notes: Buffer[] = [];
  for (let at = MAGIC.length + 1; at < bytes.length; ) {
    const number = payloads.length + notes.length + 1;
    const word = at + BLOCK_HEAD_BYTES <= bytes.length ? bytes.readUInt32LE(at) : Infinity;
    const isNote = word !== Infinity && (word & IS_NOTE) !== 0;
    const start = at + BLOCK_HEAD_BYTES;
    const end = start + (isNote ? word - IS_NOTE : word);
    if (end > bytes.length) return { payloads, notes, damage: { kind: 'cut off', block: number, at } };
    const payload = bytes.subarray(start, end);
    if (crc32(payload) !== bytes.readUInt32LE(at + 4)) return { payloads, notes, damage: { kind: 'damaged', block: number, at } };
    (isNote ? notes : payloads).push(payload);
    at = end;
  }
  return { payloads, notes, damage: null };
}

function saysSecrets(payload: Buffer): boolean {
  try {
    return (JSON.parse(payload.toString()) as Partial<RecordingNote> | null)?.containsSecrets === true;
  } catch {
    // A note of a later version.
    return false;
  }
}

export function describeDamage({ kind, block, at }: Damage): string {
  return kind === 'cut off' ? `it is cut off in block ${block}, at byte ${at}` : `block ${block}, at byte ${at}, is damaged`;
}

/** True for text that may be shown to people. */
const isPrintable = (text: string): boolean => /^[!-~]{1,64}$/.test(text);

/** The block is whole, but its content may nevertheless be something else. */
function readHead(payload: Buffer): RecordingHead {
  try {
    const { build, seed, settings, poll, from = '' } = JSON.parse(payload.toString()) as Partial<RecordingHead>;
    const areTexts = [build, poll?.name, from].every((text) => typeof text === 'string');
    const isHead = areTexts && isPrintable(build!) && typeof seed === 'number' && typeof settings === 'object';
    if (isHead && settings !== null) return JSON.parse(payload.toString()) as RecordingHead;
  } catch {
    // Treated like a head of another shape.
  }
  throw new RecordingError('its first block does not say which server was recorded');
}
