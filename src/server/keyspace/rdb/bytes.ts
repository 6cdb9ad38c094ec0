/**
 * Reading bytes that may be hostile: every step checks that there are enough of them, and nothing is allocated by a length that the rest of
 * the payload can not hold.
 */

/** A payload that is not what it claims to be; RESTORE answers `Bad data format`. Not an Error: it is expected, and needs no stack. */
export class CorruptDump {
  constructor(readonly what: string) {}
}

/** Reads from a latin1 string, front to back. Throws {@link CorruptDump} at the end. */
export class ByteReader {
  at = 0;

  constructor(readonly source: string) {}

  get left(): number {
    return this.source.length - this.at;
  }

  need(bytes: number): void {
    if (bytes > this.left) throw new CorruptDump('end of payload');
  }

  skip(bytes: number): void {
    this.need(bytes);
    this.at += bytes;
  }

  peek(): number {
    this.need(1);
    return this.source.charCodeAt(this.at);
  }

  byte(): number {
    this.need(1);
    return this.source.charCodeAt(this.at++);
  }

  text(length: number): string {
    this.need(length);
    const text = this.source.slice(this.at, this.at + length);
    this.at += length;
    return text;
  }

  /** Unsigned, little-endian, up to 6 bytes. */
  uint(width: number): number {
    let value = 0;
    for (let i = 0; i < width; i++) value += this.byte() * 2 ** (8 * i);
    return value;
  }

  /** Signed, little-endian, up to 6 bytes. */
  int(width: number): number {
    const value = this.uint(width);
    const range = 2 ** (8 * width);
    return value >= range / 2 ? value - range : value;
  }

  int64(): bigint {
    return BigInt.asIntN(64, this.uint64());
  }

  uint64(): bigint {
    const low = BigInt(this.uint(4));
    return (BigInt(this.uint(4)) << 32n) | low;
  }

  uint64BigEndian(): bigint {
    let value = 0n;
    for (let i = 0; i < 8; i++) value = (value << 8n) | BigInt(this.byte());
    return value;
  }

  uint32BigEndian(): number {
    return ((this.byte() << 24) | (this.byte() << 16) | (this.byte() << 8) | this.byte()) >>> 0;
  }

  double(): number {
    return Buffer.from(this.text(8), 'latin1').readDoubleLE(0);
  }
}
