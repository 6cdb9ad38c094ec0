/** struct sockaddr, encoded and decoded. */
import * as net from 'node:net';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAddress, encodeAddress, isIPv6 } from '../../../src/server/io/backends/socket-address.js';

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

test.each([{ host: 'localhost', port: 1 }, { host: '1.2.3', port: 1 }, { host: '1.2.3.256', port: 1 }, { host: '1::2::3', port: 1 }, { host: '::1]/', port: 1 }, { path: '' }, { path: 'x'.repeat(108) }])('%j is refused', (address) => {
  expect(() => encodeAddress(address)).toThrow(RangeError);
});

test('an address counts as IPv6 if Node says so', () => {
  const digits = fc.stringMatching(/^(0|[1-9a-fA-F][\da-fA-F]{0,4})$/);
  const part = fc.oneof({ weight: 8, arbitrary: digits }, fc.constantFrom('', '', '', '127.0.0.1', '1.2.3.04', '1.2.3', ']', '/', '@', ' ', 'g'));
  const address = fc.oneof(fc.ipV6(), fc.ipV4(), fc.array(part, { maxLength: 9 }).map((parts) => parts.join(':')));
  const zone = fc.constantFrom('', '', '%', '%eth0', '%a b', '%a%b');
  fc.assert(
    fc.property(address, zone, (host, suffix) => {
      expect(isIPv6(host + suffix)).toBe(net.isIPv6(host + suffix));
    }),
    { numRuns: 2000 },
  );
});
