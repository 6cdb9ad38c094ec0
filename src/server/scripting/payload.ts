/**
 * The payload of FUNCTION DUMP and FUNCTION RESTORE: libraries in the format of Redis's snapshots. Pure.
 *
 *   245, length, code … once for each library · version of the format (2 bytes) · CRC64 of all that (8 bytes)
 *
 * Redis compresses the code with LZF, which is read here, but not written: Redis reads uncompressed code as well.
 */
import { CorruptDump } from '../keyspace/rdb/bytes.js';
import { crc64 } from '../keyspace/rdb/crc64.js';
import { decompress } from '../keyspace/rdb/lzf.js';
import { RDB_VERSION } from '../keyspace/rdb/types.js';

const LIBRARY = 245;
const CHECKSUM_BYTES = 8;
const FOOTER_BYTES = 10;

/** Returns the payload of these libraries. */
export function packLibraries(codes: readonly string[]): string {
  const body = Buffer.concat([...codes.map(packLibrary), Buffer.from([RDB_VERSION, 0])]).latin1Slice();
  return body + crc64(body);
}

function packLibrary(code: string): Buffer {
  const { length } = code;
  return Buffer.concat([libraryHead(length), Buffer.from(code, 'latin1')]);
}

function libraryHead(length: number): Buffer {
  if (length < 64) return Buffer.from([LIBRARY, length]);
  if (length < 16384) return Buffer.from([LIBRARY, 0x40 | (length >> 8), length & 0xff]);
  const head = Buffer.from([LIBRARY, 0x80, 0, 0, 0, 0]);
  head.writeUInt32BE(length, 2);
  return head;
}

/** Returns the codes in a payload. `version`: invalid, damaged or of a later version; `type`: it contains something else. */
export function unpackLibraries(payload: string): readonly string[] | 'version' | 'type' {
  const end = payload.length - FOOTER_BYTES;
  if (end < 0) return 'version';
  const bytes = Buffer.from(payload, 'latin1');
  if (bytes.readUInt16LE(end) > RDB_VERSION) return 'version';
  if (payload.slice(-CHECKSUM_BYTES) !== crc64(payload, payload.length - CHECKSUM_BYTES)) return 'version';
  return new PayloadReader(bytes.subarray(0, end)).codes();
}

class PayloadReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  codes(): readonly string[] | 'type' {
    const codes: string[] = [];
    try {
      while (this.at < this.bytes.length) {
        if (this.byte() !== LIBRARY) return 'type';
        codes.push(this.text());
      }
    } catch (error) {
      // Cut off within a length: Buffer's own reads throw a RangeError.
      if (!(error instanceof RangeError || error instanceof CorruptDump)) throw error;
      return 'type';
    }
    return codes;
  }

  private byte(): number {
    return this.bytes.readUInt8(this.at++);
  }

  private text(): string {
    const first = this.byte();
    if (first >> 6 === 3) return this.encoded(first & 0x3f);
    return this.take(this.length(first)).latin1Slice();
  }

  /** Reads an integer, or a compressed string: 3. */
  private encoded(kind: number): string {
    if (kind < 3) {
      const size = 1 << kind;
      const value = this.bytes.readIntLE(this.at, size);
      this.at += size;
      return String(value);
    }
    const compressed = this.length(this.byte());
    const length = this.length(this.byte());
    return decompress(this.take(compressed), length).latin1Slice();
  }

  private length(first: number): number {
    if (first >> 6 === 0) return first;
    if (first >> 6 === 1) return ((first & 0x3f) << 8) | this.byte();
    const size = first === 0x80 ? 4 : 8;
    const value = size === 4 ? this.bytes.readUInt32BE(this.at) : Number(this.bytes.readBigUInt64BE(this.at));
    this.at += size;
    return value;
  }

  private take(length: number): Buffer {
    if (length > this.bytes.length - this.at) throw new RangeError('cut off');
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }
}
