/**
 * Resolves the addresses that a `bind` setting names, in Redis's notation.
 *
 * 127.0.0.1 ::1 exactly these -::1 this one, if the machine has it; redis.conf as shipped says `127.0.0.1 -::1`
 * * ::* all of IPv4, of IPv6
 *
 * Redis tries to bind and ignores EADDRNOTAVAIL and similar errors; here the machine's interfaces are checked beforehand, because a poll whose listeners
 * open later could report the error only afterwards.
 */
import { networkInterfaces } from 'node:os';
import type { Address } from './poll.js';

export function bindAddresses(bind: string, port: number, isAvailable: (host: string) => boolean = hasAddress): Address[] {
  return bind
    .split(' ')
    .filter((word) => word !== '')
    .map((word) => ({ host: withoutWildcard(word.replace(/^-/, '')), isOptional: word.startsWith('-') }))
    .filter(({ host, isOptional }) => !isOptional || isAvailable(host))
    .map(({ host }) => ({ host, port }));
}

function withoutWildcard(host: string): string {
  if (host === '*') return '0.0.0.0';
  return host === '::*' ? '::' : host;
}

function hasAddress(host: string): boolean {
  const interfaces = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  if (host === '0.0.0.0') return true;
  if (host === '::') return interfaces.some(({ family }) => family === 'IPv6');
  // All of 127/8 is loopback, whatever the interfaces list.
  return host.startsWith('127.') || interfaces.some(({ address }) => address === host);
}
