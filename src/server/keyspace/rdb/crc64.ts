/**
 * CRC-64 with the polynomial of Jones: the last eight bytes of a DUMP and of a snapshot. Reflected, starts at 0, nothing is inverted.
 *
 * The register is kept in two halves of 32 bits, because bigints cost an allocation for each byte.
 */
const POLYNOMIAL_HIGH = 0x95ac9329;
const POLYNOMIAL_LOW = 0xac4bc9b5;

const tableHigh = new Uint32Array(256);
const tableLow = new Uint32Array(256);
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
    for (const byte of bytes) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ tableLow[index]!;
      high = (high >>> 8) ^ tableHigh[index]!;
    }
    this.high = high;
    this.low = low;
  }

  /** The CRC of all that was added so far: eight bytes, little-endian. */
  get value(): string {
    return littleEndian(this.low) + littleEndian(this.high);
  }
}

function littleEndian(word: number): string {
  return String.fromCharCode(word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24);
}
