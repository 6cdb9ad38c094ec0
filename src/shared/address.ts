/**
 * A TCP address as people write it.
 */
export interface TcpAddress {
  readonly host: string;
  readonly port: number;
}

/** Parses `127.0.0.1:7000` or `[::1]:7000`; null for anything else. */
export function parseTcpAddress(text: string): TcpAddress | null {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(text);
  const port = Number(parts?.[3]);
  return parts === null || port > 65535 ? null : { host: (parts[1] ?? parts[2])!, port };
}
