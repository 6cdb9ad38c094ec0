/** struct sockaddr, there and back. */
import { expect, test } from 'vitest';
import { decodeAddress, encodeAddress } from '../../../src/server/io/backends/socket-address.js';

test.each([
  { host: '127.0.0.1', port: 6379 },
  { host: '0.0.0.0', port: 0 },
  { host: '255.255.255.255', port: 65535 },
  { host: '::', port: 1 },
  { host: '::1', port: 6379 },
  { host: 'fe80::1:2', port: 80 },
  { host: '2001:db8:1:2:3:4:5:6', port: 443 },
  { path: '/tmp/redis.sock' },
  { path: `/${'x'.repeat(106)}` },
])('%j', (address) => {
  const bytes = encodeAddress(address);
  expect(decodeAddress(bytes, bytes.length)).toEqual(address);
});

test('an IPv4 client of an IPv6 listener is shown as the IPv4 client that it is', () => {
  const bytes = encodeAddress({ host: '::ffff:10.1.2.3', port: 7 });
  expect(decodeAddress(bytes, bytes.length)).toEqual({ host: '10.1.2.3', port: 7 });
});

test('an unnamed unix socket has an empty path', () => {
  expect(decodeAddress(Buffer.from([1, 0]), 2)).toEqual({ path: '' });
});

test.each([{ host: 'localhost', port: 1 }, { host: '1.2.3', port: 1 }, { host: '1.2.3.256', port: 1 }, { path: '' }, { path: 'x'.repeat(108) }])('%j is refused', (address) => {
  expect(() => encodeAddress(address)).toThrow(RangeError);
});
