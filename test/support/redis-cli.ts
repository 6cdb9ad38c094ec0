/**
 * The real redis-cli as a client of the lab: one connection that takes line after line. Where it is not installed, a socket speaks in its place, in inline commands.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createConnection } from 'node:net';
import type { Readable, Writable } from 'node:stream';

export interface RedisCli {
  /** Everything that it has printed. */
  readonly output: string;
  send(line: string): void;
  /** Resolves once it has printed something behind what was there before. */
  printed(before: string): Promise<string>;
  close(): void;
}

export const isRedisCliInstalled = ((): boolean => {
  try {
    execFileSync('redis-cli', ['--version']);
    return true;
  } catch {
    return false;
  }
})();

export async function openRedisCli(port: number): Promise<RedisCli> {
  if (isRedisCliInstalled) {
    const child = spawn('redis-cli', ['-p', String(port)], { stdio: ['pipe', 'pipe', 'inherit'] });
    return clientOf(child.stdout, child.stdin, () => child.kill());
  }
  const socket = createConnection(port, '127.0.0.1');
  await once(socket, 'connect');
  return clientOf(socket, socket, () => socket.destroy());
}

function clientOf(from: Readable, to: Writable, close: () => void): RedisCli {
  const client = {
    output: '',
    send: (line: string) => void to.write(`${line}\n`),
    async printed(before: string) {
      while (client.output === before) await once(from, 'data');
      return client.output.slice(before.length);
    },
    close,
  };
  from.setEncoding('latin1');
  from.on('data', (text: string) => (client.output += text));
  return client;
}
