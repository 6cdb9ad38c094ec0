/**
 * A master and a replica whose files outlive them, each the lab or redis-server in a process of its own, and the one address at which clients reach
 * whoever is the master.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { MAIN, temporaryDirectory } from '../../support/headless.js';
import { freePort } from '../../support/redis-server.js';
import { RespClient, type Wire } from '../../support/resp-client.js';
import { until } from './lab.js';

export type Kind = 'lab' | 'redis';

/** With an append-only file that is synced before each reply, so that kill -9 takes nothing that was answered. */
export class ServerProcess {
  readonly dir = temporaryDirectory();
  private child: ChildProcess | null = null;

  private constructor(readonly kind: Kind, readonly port: number) {
    onTestFinished(() => void this.child?.kill('SIGKILL'));
  }

  static async start(kind: Kind, ...settings: string[]): Promise<ServerProcess> {
    const server = new ServerProcess(kind, await freePort());
    await server.start(...settings);
    return server;
  }

  /** With the files that are there. */
  async start(...more: string[]): Promise<void> {
    const settings = [
      '--port', String(this.port), '--dir', this.dir, '--appendonly', 'yes', '--appendfsync', 'always', '--repl-diskless-sync-delay', '0', ...more,
    ];
    const [program, args] = this.kind === 'redis' ? ['redis-server', settings] : [process.execPath, [MAIN, '--headless', ...settings]];
    this.child = spawn(program, args, { stdio: 'ignore' });
    await until(async () => (await this.ask('PING').catch(() => null)) !== null);
  }

  async kill9(): Promise<void> {
    const { child } = this;
    if (child === null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async ask(...argv: string[]): Promise<Wire> {
    await using client = await RespClient.connect(this.port);
    return await client.call(...argv);
  }

  async info(field: string): Promise<string | undefined> {
    return new RegExp(`^${field}:(.*)\r$`, 'm').exec(String(await this.ask('INFO')))?.[1];
  }
}

/** What a load balancer does: it connects whoever comes with the server that it was last told of. */
export class Address {
  private readonly sockets = new Set<Socket>();
  private target: number;

  private constructor(private readonly server: Server, target: ServerProcess) {
    this.target = target.port;
    server.on('connection', (client: Socket) => {
      const socket = createConnection(this.target, '127.0.0.1');
      for (const [one, other] of [[client, socket], [socket, client]] as const) {
        this.sockets.add(one);
        one.setNoDelay(true).on('error', () => {}).on('close', () => {
          this.sockets.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    onTestFinished(() => {
      server.close();
      this.disconnect();
    });
  }

  static async of(target: ServerProcess): Promise<Address> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    return new Address(server, target);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on it is this one. Whoever is connected has to come again. */
  leadTo({ port }: ServerProcess): void {
    this.target = port;
    this.disconnect();
  }

  private disconnect(): void {
    for (const socket of this.sockets) socket.destroy();
  }
}

export interface Pair {
  readonly master: ServerProcess;
  readonly replica: ServerProcess;
  readonly address: Address;
}

/** @param kinds of the master and of its replica */
export async function startPair([first, second]: readonly [Kind, Kind]): Promise<Pair> {
  const master = await ServerProcess.start(first);
  const replica = await ServerProcess.start(second, '--replicaof', `127.0.0.1 ${master.port}`);
  await until(async () => (await replica.info('master_link_status')) === 'up' && /state=online/.test((await master.info('slave0')) ?? ''));
  return { master, replica, address: await Address.of(master) };
}

/** FAILOVER: they exchange their parts, and clients are led to the new master. */
export async function failOver({ master, replica, address }: Pair): Promise<void> {
  await master.ask('FAILOVER');
  await until(async () => (await replica.info('role')) === 'master');
  address.leadTo(replica);
  await until(async () => (await master.info('master_link_status')) === 'up');
}

/** Ends without a word, and begins again with its files, as a master. */
export async function crash(server: ServerProcess): Promise<void> {
  await server.kill9();
  await server.start();
}
