/**
 * Target: the one address that is judged, and what is known of the server there.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { formatAddress, quoteWord, type Reply } from '../server/index.js';
import type { TcpAddress } from '../shared/address.js';
import { ServerProcess } from './process.js';
import { isError, isPong, PATIENCE_MS, Unexpected, WireClient } from './wire.js';

export interface Credentials {
  readonly user: string | null;
  readonly password: string;
}

/** The target cannot be judged; the message says why, in one line. */
export class TargetError extends Error {}

/** Keys of the probes begin with this. */
const KEY_PREFIX = 'redis-lab-check:';

export class Target {
  /** Null: it cannot be seen from here. */
  readonly process: ServerProcess | null;
  /** How long a reply may take, in ms. */
  patienceMs = PATIENCE_MS;
  private readonly clients = new Set<WireClient>();
  private readonly known = new Map<string, Promise<boolean>>();
  private readonly keys = new Set<string>();

  constructor(
    readonly address: TcpAddress,
    private readonly credentials: Credentials | null,
    /** False: keys are not to be written. */
    public mayWrite = true,
  ) {
    this.process = ServerProcess.find(address);
  }

  /** A new connection, authenticated. Rejects with {@link Unexpected}. */
  async open(): Promise<WireClient> {
    const client = await WireClient.open(this.address, this.patienceMs);
    this.clients.add(client);
    const { credentials } = this;
    if (credentials === null) return client;
    const reply = await client.ask('AUTH', ...(credentials.user === null ? [] : [credentials.user]), credentials.password);
    if (isError(reply)) throw new Unexpected(`AUTH: ${reply.text}`);
    return client;
  }

  /** `count` connections, opened in groups, so that a short backlog takes them. */
  async openMany(count: number): Promise<readonly WireClient[]> {
    const clients: WireClient[] = [];
    while (clients.length < count) clients.push(...(await Promise.all(Array.from({ length: Math.min(50, count - clients.length) }, () => this.open()))));
    return clients;
  }

  /** Closes what a probe has opened. */
  closeAll(): void {
    for (const client of this.clients) client.close();
    this.clients.clear();
  }

  /** Does the server know this command? It does if it answers with anything but an error. */
  knows(...argv: readonly string[]): Promise<boolean> {
    const name = argv.join(' ');
    const asked = this.known.get(name) ?? this.tries(argv);
    this.known.set(name, asked);
    return asked;
  }

  /** A key that is deleted at the end. */
  key(name: string): string {
    const key = `${KEY_PREFIX}${process.pid}:${name}`;
    this.keys.add(key);
    return key;
  }

  /** Deletes the keys of the probes. */
  async cleanUp(): Promise<void> {
    if (this.keys.size === 0) return;
    try {
      const client = await this.open();
      for (const key of this.keys) await client.ask('DEL', key);
    } catch {
      // A server that does not answer keeps them; they have said so.
    }
    this.closeAll();
  }

  /** Is there a Redis at all? Rejects with {@link TargetError}. */
  async greet(): Promise<void> {
    const client = await this.open().catch((error: Error) => {
      throw new TargetError(`${formatAddress(this.address)}: ${error.message}`);
    });
    const reply = await client.ask('PING').catch((error: Error) => this.explain(client, error));
    this.closeAll();
    if (isError(reply) && reply.text.startsWith('NOAUTH')) {
      throw new TargetError(`${formatAddress(this.address)} wants a password: --password, and --user where it has users`);
    }
    if (!isPong(reply)) throw new TargetError(`${formatAddress(this.address)} answers PING otherwise than with PONG`);
  }

  /** Keys in the database; null: it has no DBSIZE, as a server of one's own may not. */
  async keyCount(): Promise<number | null> {
    const client = await this.open();
    const reply = await client.ask('DBSIZE').catch(() => null);
    this.closeAll();
    return typeof reply === 'number' ? reply : null;
  }

  private explain(client: WireClient, { message }: Error): never {
    const strange = client.strange ?? '';
    const where = formatAddress(this.address);
    if (strange.startsWith('HTTP/') || /^<(?:!doctype|html)/i.test(strange)) throw new TargetError(`${where} speaks HTTP, not the protocol of Redis`);
    if (/^[\x15\x16]\x03/.test(strange)) throw new TargetError(`${where} speaks TLS; check asks without`);
    if (strange !== '') throw new TargetError(`${where} does not speak the protocol of Redis: it said ${quoteWord(strange)}`);
    throw new TargetError(`${where} takes connections, but PING brought: ${message}`);
  }

  private async tries(argv: readonly string[]): Promise<boolean> {
    try {
      const client = await this.open();
      const reply: Reply = await client.ask(...argv);
      client.close();
      return !isError(reply);
    } catch {
      return false;
    }
  }
}

/** Waits until it holds or the time is over; true if it holds. */
export async function until(isSo: () => boolean, ms: number): Promise<boolean> {
  for (const endMs = performance.now() + ms; !isSo(); await sleep(20)) if (performance.now() > endMs) return false;
  return true;
}
