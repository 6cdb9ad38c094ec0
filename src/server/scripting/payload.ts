/**
 * What FUNCTION DUMP returns and FUNCTION RESTORE takes: libraries in the format of Redis's snapshots. Pure.
 *
 *   245, length, code … once for each library · version of the format (2 bytes) · CRC64 of all that (8 bytes)
 *
 * Redis compresses the code with LZF; that is read here, and not written: what is written is plain, which Redis reads as well.
 */

const LIBRARY = 245;
/** Of Redis 7.0; a payload of a later one may hold what is not known here. */
const FORMAT_VERSION = 10;
const FOOTER_BYTES = 10;

/** The payload of these libraries. */
export function packLibraries(codes: readonly string[]): string {
  const bytes = Buffer.concat([...codes.map(packLibrary), Buffer.from([FORMAT_VERSION, 0])]);
  const footer = Buffer.alloc(8);
  footer.writeBigUInt64LE(crc64(bytes));
  return Buffer.concat([bytes, footer]).latin1Slice();
}

function packLibrary(code: string): Buffer {
  const { length } = code;
  const head = length < 64 ? Buffer.from([LIBRARY, length]) : length < 16384 ? Buffer.from([LIBRARY, 0x40 | (length >> 8), length & 0xff]) : Buffer.from([LIBRARY, 0x80, 0, 0, 0, 0]);
  if (length >= 16384) head.writeUInt32BE(length, 2);
  return Buffer.concat([head, Buffer.from(code, 'latin1')]);
}

/** The codes in a payload. `version`: it is not one, or of a later version, or damaged; `type`: there is something else in it. */
export function unpackLibraries(payload: string): readonly string[] | 'version' | 'type' {
  const bytes = Buffer.from(payload, 'latin1');
  if (bytes.length < FOOTER_BYTES) return 'version';
  const end = bytes.length - FOOTER_BYTES;
  if (bytes.readUInt16LE(end) > FORMAT_VERSION) return 'version';
  const expected = bytes.readBigUInt64LE(end + 2);
  // Zero: written by a server that leaves checksums out.
  if (expected !== 0n && expected !== crc64(bytes.subarray(0, end + 2))) return 'version';
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
      // Cut off within a length: Buffer's own reads say so.
      if (!(error instanceof RangeError)) throw error;
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

  /** An integer, or a compressed string: 3. */
  private encoded(kind: number): string {
    if (kind < 3) {
      const size = 1 << kind;
      const value = this.bytes.readIntLE(this.at, size);
      this.at += size;
      return String(value);
    }
    const compressed = this.length(this.byte());
    const length = this.length(this.byte());
    return decompress(this.take(compressed), length);
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

/** LZF: runs of plain bytes, and copies of what came before. Throws RangeError. */
function decompress(bytes: Buffer, length: number): string {
  const output: number[] = [];
  let at = 0;
  while (at < bytes.length) {
    const control = bytes[at++]!;
    if (control < 32) {
      for (let i = 0; i <= control; i++) output.push(bytes.readUInt8(at++));
      continue;
    }
    let count = control >> 5;
    if (count === 7) count += bytes.readUInt8(at++);
    const from = output.length - ((control & 0x1f) << 8) - bytes.readUInt8(at++) - 1;
    if (from < 0) throw new RangeError('copies what is not there');
    for (let i = 0; i < count + 2; i++) output.push(output[from + i]!);
  }
  if (output.length !== length) throw new RangeError('of another length');
  return Buffer.from(output).latin1Slice();
}

/** The polynomial of Redis's CRC64 (Jones), its bits reversed. */
const POLYNOMIAL = 0x95ac9329ac4bc9b5n;
let table: readonly bigint[] | null = null;

function crc64(bytes: Buffer): bigint {
  table ??= Array.from({ length: 256 }, (_, byte) => {
    let crc = BigInt(byte);
    for (let bit = 0; bit < 8; bit++) crc = (crc & 1n) === 1n ? (crc >> 1n) ^ POLYNOMIAL : crc >> 1n;
    return crc;
  });
  let crc = 0n;
  for (const byte of bytes) crc = table[Number((crc ^ BigInt(byte)) & 0xffn)]! ^ (crc >> 8n);
  return crc;
}
