/**
 * CRC-64 with the polynomial of Jones: the last eight bytes of a DUMP and of a snapshot. Reflected, starts at 0, nothing is inverted.
 *
 * The register is kept in two halves of 32 bits, because bigints cost an allocation for each byte.
 */
const POLYNOMIAL_HIGH = 0x95ac9329;
const POLYNOMIAL_LOW = 0xac4bc9b5;

/** Bytes that are added at once: what each of them changes is looked up in a table of its own. */
const STRIDE = 8;

/** For each place of a byte in a stride, the last one first: 256 words. */
const tableHigh = new Int32Array(256 * STRIDE);
const tableLow = new Int32Array(256 * STRIDE);
for (let byte = 0; byte < 256; byte++) {
  let high = 0;
  let low = byte;
  for (let bit = 0; bit < 8; bit++) {
    const isOdd = (low & 1) === 1;
    low = ((low >>> 1) | (high << 31)) >>> 0;
    high >>>= 1;
    if (isOdd) {
      low = (low ^ POLYNOMIAL_LOW) >>> 0;
      high = (high ^ POLYNOMIAL_HIGH) >>> 0;
    }
  }
  tableHigh[byte] = high;
  tableLow[byte] = low;
}
for (let at = 256; at < 256 * STRIDE; at++) {
  const low = tableLow[at - 256]!;
  const high = tableHigh[at - 256]!;
  tableLow[at] = ((low >>> 8) | (high << 24)) ^ tableLow[low & 0xff]!;
  tableHigh[at] = (high >>> 8) ^ tableHigh[low & 0xff]!;
}

/** Returns the CRC of the first `length` bytes of a latin1 string, as eight bytes, little-endian. */
export function crc64(text: string, length = text.length): string {
  let high = 0;
  let low = 0;
  for (let at = 0; at < length; at++) {
    const index = (low ^ text.charCodeAt(at)) & 0xff;
    low = ((low >>> 8) | (high << 24)) ^ tableLow[index]!;
    high = (high >>> 8) ^ tableHigh[index]!;
  }
  return littleEndian(low) + littleEndian(high);
}

/** The same for bytes in chunks. */
export class Crc64 {
  private high = 0;
  private low = 0;

  get state(): readonly [high: number, low: number] {
    return [this.high, this.low];
  }

  set state([high, low]: readonly [high: number, low: number]) {
    this.high = high;
    this.low = low;
  }

  add(bytes: Uint8Array): void {
    let { high, low } = this;
    const { length } = bytes;
    let at = 0;
    for (; at + STRIDE <= length; at += STRIDE) {
      const first = low ^ (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24));
      const second = high ^ (bytes[at + 4]! | (bytes[at + 5]! << 8) | (bytes[at + 6]! << 16) | (bytes[at + 7]! << 24));
      const a = 1792 + (first & 0xff);
      const b = 1536 + ((first >>> 8) & 0xff);
      const c = 1280 + ((first >>> 16) & 0xff);
      const d = 1024 + (first >>> 24);
      const e = 768 + (second & 0xff);
      const f = 512 + ((second >>> 8) & 0xff);
      const g = 256 + ((second >>> 16) & 0xff);
      const h = second >>> 24;
      low = tableLow[a]! ^ tableLow[b]! ^ tableLow[c]! ^ tableLow[d]! ^ tableLow[e]! ^ tableLow[f]! ^ tableLow[g]! ^ tableLow[h]!;
      high = tableHigh[a]! ^ tableHigh[b]! ^ tableHigh[c]! ^ tableHigh[d]! ^ tableHigh[e]! ^ tableHigh[f]! ^ tableHigh[g]! ^ tableHigh[h]!;
    }
    for (; at < length; at++) {
      const index = (low ^ bytes[at]!) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ tableLow[index]!;
      high = (high >>> 8) ^ tableHigh[index]!;
    }
    this.high = high >>> 0;
    this.low = low >>> 0;
  }

  /** The CRC of all that was added so far: eight bytes, little-endian. */
  get value(): string {
    return littleEndian(this.low) + littleEndian(this.high);
  }
}

function littleEndian(word: number): string {
  return String.fromCharCode(word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24);
}
