/**
 * StateBytes: a captured state as bytes, with a magic number, the build that made them, and a checksum.
 *
 *   magic      8 bytes    89 4c 41 42 53 0d 0a 1a
 *   length of the build's name u8 · its name · CRC-32 of the rest u32 little-endian · the state, by v8.serialize
 */
import { deserialize, serialize } from 'node:v8';
import { crc32 } from 'node:zlib';
import type { ServerState } from '../server-state.js';

const MAGIC = Buffer.from([0x89, 0x4c, 0x41, 0x42, 0x53, 0x0d, 0x0a, 0x1a]);
const CRC_BYTES = 4;

/** Bytes from which no server can start; the message is one line for people. */
export class StateError extends Error {
  override readonly name = 'StateError';
}

/** Called on the loop's thread: the part that blocks the loop least. */
export function serializeState(state: ServerState): Uint8Array<ArrayBuffer> {
  return serialize(state) as Buffer<ArrayBuffer>;
}

/** Called on the main thread: adds header and checksum to what was serialized there. */
export function sealState(payload: Uint8Array): Uint8Array {
  const name = Buffer.from(__VERSION__);
  const crc = Buffer.alloc(CRC_BYTES);
  crc.writeUInt32LE(crc32(payload));
  return Buffer.concat([MAGIC, Buffer.from([name.length]), name, crc, payload]);
}

/** Called on the thread of the new loop. Throws {@link StateError}; also for another build, because only the same one certainly understands it. */
export function readState(bytes: Uint8Array): ServerState {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (!whole.subarray(0, MAGIC.length).equals(MAGIC)) throw new StateError('these bytes are no captured state');
  const nameAt = MAGIC.length + 1;
  const crcAt = nameAt + (whole[MAGIC.length] ?? 0);
  const payload = whole.subarray(crcAt + CRC_BYTES);
  if (payload.length === 0) throw new StateError('the captured state is cut off');
  const name = whole.toString('utf8', nameAt, crcAt);
  if (name !== __VERSION__) throw ofOtherBuild(name);
  if (crc32(payload) !== whole.readUInt32LE(crcAt)) throw new StateError('the captured state is damaged, or cut off');
  return deserialize(payload) as ServerState;
}

function ofOtherBuild(name: string): StateError {
  return new StateError(`the state was captured by redis-lab ${name}, and only the same build can go on from it: this is ${__VERSION__}`);
}
