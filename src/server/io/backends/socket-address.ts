/**
 * struct sockaddr in bytes: how libc.bind, accept4 and getsockname write an address.
 *
 *   sockaddr_in    family(2, host order)  port(2, big endian)  address(4)                        16 bytes
 *   sockaddr_in6   family(2)  port(2)  flowinfo(4)  address(16)  scope(4)                        28 bytes
 *   sockaddr_un    family(2)  path(1 to 108, ends with a zero byte)                              at most 110 bytes
 */
import type { Address } from '../poll.js';
import { AF_INET, AF_INET6, AF_UNIX } from './libc.js';

/** Room for the largest of the three. */
export const SOCKET_ADDRESS_BYTES = 112;

/** The longest path that `sun_path` can hold, without its closing zero. */
const MAX_UNIX_PATH = 107;

export function addressFamily(address: Address): number {
  if ('path' in address) return AF_UNIX;
  return isIPv6(address.host) ? AF_INET6 : AF_INET;
}

/** Encodes an address. Throws RangeError for a host that is no IP address and for a path that does not fit. */
export function encodeAddress(address: Address): Buffer {
  const family = addressFamily(address);
  if ('path' in address) {
    const path = Buffer.from(address.path);
    if (path.length === 0 || path.length > MAX_UNIX_PATH) throw new RangeError(`unix socket path must have 1 to ${MAX_UNIX_PATH} bytes: ${address.path}`);
    const bytes = Buffer.alloc(2 + path.length + 1);
    bytes.writeUInt16LE(family, 0);
    path.copy(bytes, 2);
    return bytes;
  }
  const bytes = Buffer.alloc(family === AF_INET6 ? 28 : 16);
  bytes.writeUInt16LE(family, 0);
  bytes.writeUInt16BE(address.port, 2);
  if (family === AF_INET6) encodeIPv6(address.host).copy(bytes, 8);
  else encodeIPv4(address.host).copy(bytes, 4);
  return bytes;
}

/** As `isIPv6` of node:net, which however compiles its regular expression first: 4 ms of every start. */
export function isIPv6(host: string): boolean {
  const [, address] = /^([\da-f.]*:[\da-f:.]*)(?:%[\da-z.:-]+)?$/i.exec(host) ?? [];
  return address !== undefined && URL.canParse(`http://[${address}]`);
}

export function decodeAddress(bytes: Buffer, length: number): Address {
  const family = bytes.readUInt16LE(0);
  switch (family) {
    case AF_INET:
      return { host: bytes.subarray(4, 8).join('.'), port: bytes.readUInt16BE(2) };
    case AF_INET6:
      return { host: decodeIPv6(bytes.subarray(8, 24)), port: bytes.readUInt16BE(2) };
    case AF_UNIX: {
      const end = bytes.indexOf(0, 2);
      return { path: bytes.toString('utf8', 2, end === -1 ? length : Math.min(end, length)) };
    }
    default:
      throw new Error(`expected an address of family AF_INET, AF_INET6 or AF_UNIX, got ${family}`);
  }
}

function encodeIPv4(host: string): Buffer {
  const parts = host.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) throw new RangeError(`not an IP address: ${host}`);
  return Buffer.from(parts.map(Number));
}

function encodeIPv6(host: string): Buffer {
  const [address = ''] = host.split('%');
  const [head = '', tail] = address.split('::');
  const groups = (part: string): number[] => (part === '' ? [] : part.split(':').flatMap(groupToWords));
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const words = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  const bytes = Buffer.alloc(16);
  words.forEach((word, index) => bytes.writeUInt16BE(word, index * 2));
  return bytes;
}

/** Returns one word per group, except for an IPv4 tail as in `::ffff:127.0.0.1`, which gives two. */
function groupToWords(group: string): number[] {
  if (!group.includes('.')) return [Number.parseInt(group, 16)];
  const bytes = encodeIPv4(group);
  return [bytes.readUInt16BE(0), bytes.readUInt16BE(2)];
}

/** Formats as RFC 5952 says, by the URL parser; an IPv4-mapped address is shown as an IPv4 address. */
function decodeIPv6(bytes: Buffer): string {
  const mapped = bytes.subarray(0, 10).every((byte) => byte === 0) && bytes.readUInt16BE(10) === 0xffff;
  if (mapped) return bytes.subarray(12).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16));
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}
