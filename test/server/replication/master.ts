/** A master that the test plays, for simulations of replicas. */
import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { SettingValues } from '../../../src/server/config.js';
import type { ScriptedPeer } from '../../../src/server/io/backends/scripted.js';
import { writeSnapshot } from '../../../src/server/persistence/snapshot-writer.js';
import { type Lab, type LabClient, request, simulate, type SimulationOptions } from '../simulation/harness.js';

export const ADDRESS = { host: '192.0.2.1', port: 6379 };
export const ID = 'a'.repeat(40);
export const OTHER_ID = 'b'.repeat(40);
export const MARK = 'm'.repeat(40);
export const REPLICA: Partial<SettingValues> = { replicaof: '192.0.2.1 6379' };
const REST_OF_HANDSHAKE = request('REPLCONF', 'listening-port', '6379') + request('REPLCONF', 'capa', 'eof', 'capa', 'psync2');

export const incompressible = (seed: number): string => createHash('sha512').update(String(seed)).digest('hex');

/** Returns the dataset of a server after these commands. */
export function datasetOf(...commands: string[][]): string {
  using lab = simulate();
  const client = lab.connect();
  for (const command of commands) client.ask(...command);
  const chunks: Buffer[] = [];
  const { keyspace, config } = lab.server;
  writeSnapshot({ keyspace, libraries: [] }, config.values, (bytes) => void chunks.push(Buffer.from(bytes)));
  return Buffer.concat(chunks).latin1Slice();
}

/** A master played by the test. */
export class Master {
  peer!: ScriptedPeer;
  private readonly remote;

  constructor(readonly lab: Lab) {
    this.remote = lab.poll.addRemote(ADDRESS);
  }

  /** Returns what this server has sent since the last call. */
  hears(): string {
    this.lab.settle();
    return this.peer.receive();
  }

  say(bytes: string): void {
    this.peer.send(bytes);
    this.lab.settle();
  }

  /** Accepts the next connection. */
  accept(): this {
    this.lab.advance(1000);
    this.peer = this.remote.accept()!;
    expect(this.peer, 'this server has not connected').toBeDefined();
    return this;
  }

  refuses(isRefused: boolean): void {
    this.remote.answer = isRefused ? 'refuse' : 'establish';
  }

  /** Plays the handshake up to PSYNC, which is returned. */
  greet(): string {
    expect(this.hears()).toBe(request('PING'));
    this.say('+PONG\r\n');
    expect(this.hears()).toBe(REST_OF_HANDSHAKE);
    this.say('+OK\r\n+OK\r\n');
    return this.hears();
  }

  /** A full synchronization with a dataset of known length. */
  synchronize(dataset = datasetOf(['SET', 'key', 'value']), offset = 100): void {
    expect(this.greet()).toBe(request('PSYNC', '?', '-1'));
    this.say(`+FULLRESYNC ${ID} ${offset}\r\n`);
    this.say(`$${dataset.length}\r\n${dataset}`);
    expect(this.hears()).toBe(request('REPLCONF', 'ACK', String(offset)));
  }
}

export interface Replicated {
  readonly lab: Lab;
  readonly master: Master;
  readonly client: LabClient;
}

export function replicate(options: SimulationOptions = {}): Replicated & Disposable {
  const lab = simulate({ ...options, settings: { ...REPLICA, ...options.settings } });
  const master = new Master(lab);
  const client = lab.connect();
  master.accept();
  return { lab, master, client, [Symbol.dispose]: () => lab[Symbol.dispose]() };
}

export const infoOf = (client: LabClient, field: string, section = 'replication'): string | undefined =>
  new RegExp(`^${field}:(.*)\r$`, 'm').exec(client.ask('INFO', section))?.[1];
