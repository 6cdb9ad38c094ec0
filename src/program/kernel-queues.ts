/**
 * What waits in the kernel for the sockets of another process: /proc/net/tcp has every connection of this network namespace.
 */
import { readFileSync } from 'node:fs';

export interface TcpQueues {
  /** Connections that a listener has not accepted; 0: none, or there is no such listener. */
  toAccept(port: number): number;
  /** Bytes that have arrived for the local end of a connection and are unread. */
  unread(localPort: number, peerPort: number): number;
}

/** TCP_LISTEN, as /proc/net/tcp writes it. */
const LISTEN = '0A';

/** Null without /proc. */
export function tcpQueues(): TcpQueues | null {
  const byPorts = new Map<string, number>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    try {
      for (const line of readFileSync(file, 'latin1').split('\n').slice(1)) take(line, byPorts);
    } catch {
      // A machine without IPv6 has no tcp6.
    }
  }
  if (byPorts.size === 0) return null;
  return { toAccept: (port) => byPorts.get(`${port}`) ?? 0, unread: (localPort, peerPort) => byPorts.get(`${localPort}-${peerPort}`) ?? 0 };
}

/** `0: 0100007F:1B58 00000000:0000 0A 00000000:00000001 …`: addresses, state, and the bytes (of a listener: connections) in its two queues, hexadecimal. */
function take(line: string, byPorts: Map<string, number>): void {
  const [, local = '', peer = '', state = '', queues = ''] = line.trim().split(/\s+/);
  const waiting = Number.parseInt(queues.slice(queues.indexOf(':') + 1), 16);
  if (!Number.isFinite(waiting)) return;
  const key = state === LISTEN ? `${portOf(local)}` : `${portOf(local)}-${portOf(peer)}`;
  byPorts.set(key, Math.max(waiting, byPorts.get(key) ?? 0));
}

const portOf = (address: string): number => Number.parseInt(address.slice(address.lastIndexOf(':') + 1), 16);
