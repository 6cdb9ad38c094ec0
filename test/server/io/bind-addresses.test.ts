import { expect, test } from 'vitest';
import { bindAddresses } from '../../../src/server/io/bind-addresses.js';

const has = (...hosts: string[]) => (host: string) => hosts.includes(host);

test.each([
  { bind: '127.0.0.1', hosts: ['127.0.0.1'] },
  { bind: '  127.0.0.1   ::1 ', hosts: ['127.0.0.1', '::1'] },
  { bind: '*', hosts: ['0.0.0.0'] },
  { bind: '* -::*', hosts: ['0.0.0.0'] },
  { bind: '127.0.0.1 -::1', hosts: ['127.0.0.1'] },
  { bind: '127.0.0.1 -10.0.0.7', hosts: ['127.0.0.1', '10.0.0.7'] },
  { bind: '::*', hosts: ['::'] },
  { bind: '', hosts: [] },
])('bind "$bind" on a machine that has 10.0.0.7 but no IPv6', ({ bind, hosts }) => {
  expect(bindAddresses(bind, 6379, has('10.0.0.7'))).toEqual(hosts.map((host) => ({ host, port: 6379 })));
});

test('this machine has its loopback', () => {
  expect(bindAddresses('-127.0.0.1 -*', 1)).toHaveLength(2);
});
