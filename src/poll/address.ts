import { parseTcpAddress, type TcpAddress } from '../shared/address.js';

/** Parses an address. Throws a TypeError that quotes an invalid one. */
export function parseAddress(text: string): TcpAddress {
  const address = parseTcpAddress(text);
  if (address === null) throw new TypeError(`an address is host:port, as 127.0.0.1:7000 or [::1]:7000, and not ${JSON.stringify(text)}`);
  return address;
}
