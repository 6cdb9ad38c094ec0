/**
 * Pair: a master and a replica of two kinds with a Wire between them, and the comparison of what both hold when nothing is on its way.
 *
 *   equal: link up, the same ID and offset ─▶ DEBUG DIGEST ─▶ of each database: keys, PEXPIRETIME, streams in full ─▶ libraries
 */
import { createServer, type ServerOptions } from 'redis-lab';
import { startRedisServer } from '../../support/redis-server.js';
import { RespClient, type Wire as Reply } from '../../support/resp-client.js';
import { Wire } from './wire.js';

export type Kind = 'redis' | 'lab';

export interface PairOptions {
  readonly master: Kind;
  readonly replica: Kind;
  readonly log: (line: string) => void;
}

/** How both were synchronized, as the master counts it. */
export interface Synchronizations {
  readonly full: number;
  readonly partial: number;
  readonly refused: number;
}

interface Server {
  readonly port: number;
  close(): Promise<unknown>;
}

const SETTINGS = { 'repl-diskless-sync-delay': 0, 'repl-timeout': 20, 'enable-debug-command': 'yes' } as const;
/** Random commands use the first three. */
const DATABASES = 3;
const PATIENCE_MS = 60_000;

/** How many commands are asked at once. */
const BATCH = 500;

export class Pair {
  private isClosed = false;

  private constructor(
    readonly wire: Wire,
    readonly masterPort: number,
    readonly master: RespClient,
    readonly replica: RespClient,
    private readonly servers: readonly Server[],
  ) {}

  static async start({ master, replica, log }: PairOptions): Promise<Pair> {
    const first = await start(master, log);
    const wire = await Wire.to(first.port);
    const second = await start(replica, log);
    const pair = new Pair(wire, first.port, await RespClient.connect(first.port), await RespClient.connect(second.port), [first, second]);
    for (const client of [pair.master, pair.replica]) await client.call('DEBUG', 'SET-ACTIVE-EXPIRE', '0');
    pair.master.socket.once('close', () => void (pair.isClosed || log(`the master, ${master}, has closed the connection`)));
    pair.replica.socket.once('close', () => void (pair.isClosed || log(`the replica, ${replica}, has closed the connection`)));
    await pair.follow();
    return pair;
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.wire.close();
    for (const client of [this.master, this.replica]) client.socket.destroy();
    await Promise.all(this.servers.map((server) => server.close()));
  }

  /** The replica is told which master it has. */
  async follow(): Promise<void> {
    await this.replica.call('REPLICAOF', '127.0.0.1', String(this.wire.port));
  }

  async synchronizations(): Promise<Synchronizations> {
    const stats = textOf(await this.master.call('INFO', 'stats'));
    const [full, partial, refused] = ['sync_full', 'sync_partial_ok', 'sync_partial_err'].map((name) => Number(field(stats, name)));
    return { full: full!, partial: partial!, refused: refused! };
  }

  /** Waits until the replica has everything, and compares. Null: they are equal. */
  async difference(): Promise<string | null> {
    if (!(await this.isSettled())) return `the replica is not where its master is after ${PATIENCE_MS} ms:\n${await this.positions()}`;
    let [ours, theirs] = await this.digests();
    if (ours !== theirs && (await this.forgetNegativeZeros())) {
      if (!(await this.isSettled())) return `the replica does not follow:\n${await this.positions()}`;
      [ours, theirs] = await this.digests();
    }
    const found = await this.differingFacts();
    if (ours !== theirs) found.unshift(`DEBUG DIGEST: master ${ours}, replica ${theirs}`);
    return found.length === 0 ? null : found.join('\n');
  }

  /**
   * Deletes sorted sets that are the same but for the sign of a zero; true if there were any. One that has shrunk is a listpack after a full synchronization, and
   * a listpack stores -0 as 0: in two redis-servers as well.
   */
  private async forgetNegativeZeros(): Promise<boolean> {
    let hasForgotten = false;
    for (let database = 0; database < DATABASES; database++) {
      for (const client of [this.master, this.replica]) await client.call('SELECT', String(database));
      for (const key of (await this.master.call('KEYS', '*')) as string[]) {
        if (json(await this.master.call('TYPE', key)) !== '{"simple":"zset"}') continue;
        const [ours, theirs] = (await this.both((client) => client.call('ZRANGE', key, '0', '-1', 'WITHSCORES'))).map(json) as [string, string];
        const unsigned = (scores: string): string => scores.replaceAll('"-0"', '"0"');
        if (ours === theirs || unsigned(ours) !== unsigned(theirs)) continue;
        await this.master.call('DEL', key);
        hasForgotten = true;
      }
    }
    for (const client of [this.master, this.replica]) await client.call('SELECT', '0');
    return hasForgotten;
  }

  /** Nothing is on its way: no command, since nobody sends any, and of PINGs the replica has the last one. */
  private async isSettled(): Promise<boolean> {
    for (const endMs = Date.now() + PATIENCE_MS; Date.now() < endMs; await pause(20)) {
      const [master, replica] = (await this.both((client) => client.call('INFO', 'replication'))).map(textOf) as [string, string];
      const isSame = ['master_replid', 'master_repl_offset'].every((name) => field(master, name) === field(replica, name));
      if (isSame && field(replica, 'master_link_status') === 'up' && field(master, 'slave0')?.includes('state=online') === true) return true;
    }
    return false;
  }

  private async digests(): Promise<[string, string]> {
    return this.both(async (client) => json(await client.call('DEBUG', 'DIGEST')));
  }

  private async positions(): Promise<string> {
    return (await this.both((client) => client.call('INFO', 'replication'))).map(textOf).join('\n');
  }

  private both<T>(ask: (client: RespClient) => Promise<T>): Promise<[T, T]> {
    return Promise.all([ask(this.master), ask(this.replica)]);
  }

  private async differingFacts(): Promise<string[]> {
    const [ours, theirs] = await this.both(facts);
    return [...new Set([...ours.keys(), ...theirs.keys()])]
      .filter((name) => ours.get(name) !== theirs.get(name))
      .map((name) => `${name}: master ${ours.get(name) ?? 'has none'}, replica ${theirs.get(name) ?? 'has none'}`);
  }
}

/** What a digest does not tell, by key: when it expires, groups and consumers of streams; and the value, so that a difference is shown. */
async function facts(client: RespClient): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for (let database = 0; database < DATABASES; database++) {
    await client.call('SELECT', String(database));
    const keys = (await client.call('KEYS', '*')) as string[];
    const asked = await all(client, keys.flatMap((key) => [['TYPE', key], ['DEBUG', 'DIGEST-VALUE', key], ['PEXPIRETIME', key]]));
    const streams = keys.filter((_, i) => (asked[3 * i] as { simple: string }).simple === 'stream');
    const inFull = await all(client, streams.map((key) => ['XINFO', 'STREAM', key, 'FULL', 'COUNT', '0']));
    for (const [i, key] of keys.entries()) found.set(`${database} ${json(key)}`, json(asked.slice(3 * i, 3 * i + 3)));
    for (const [i, key] of streams.entries()) found.set(`${database} ${json(key)} in full`, timeless(json(inFull[i])));
  }
  await client.call('SELECT', '0');
  const libraries = (await client.call('FUNCTION', 'LIST', 'WITHCODE')) as Reply[];
  // In no order that would be the same, neither of libraries nor of functions.
  found.set('libraries', json(libraries.map((library) => [...json(library)].toSorted().join('')).toSorted()));
  return found;
}

/** Integers of 64 bits are none of JSON's. */
const json = (value: unknown): string => JSON.stringify(value, (_, each: unknown) => (typeof each === 'bigint' ? String(each) : each));

async function all(client: RespClient, commands: readonly (readonly string[])[]): Promise<Reply[]> {
  const replies: Reply[] = [];
  for (let at = 0; at < commands.length; at += BATCH) replies.push(...(await Promise.all(commands.slice(at, at + BATCH).map((argv) => client.call(...argv)))));
  return replies;
}

/**
 * Without what a replica of redis-server 7.0 does not know either: when a consumer was seen, how much a group has read (XREADGROUP is propagated as XCLAIM,
 * which does not say that), and consumers without pending entries (XREADGROUP creates them also where it delivers nothing). And without the nodes of the
 * radix tree, which depend on the past.
 */
function timeless(json: string): string {
  return json
    .replace(/("(?:seen-time|radix-tree-keys|radix-tree-nodes|entries-read|lag)",)(?:-?\d+|null)/g, '$1"n"')
    .replace(/\["name","(?:[^"\\]|\\.)*","seen-time","n","pel-count",0,"pending",\[\]\],?/g, '')
    .replaceAll(',]', ']');
}

async function start(kind: Kind, log: (line: string) => void): Promise<Server> {
  if (kind === 'redis') return startRedisServer(Object.entries(SETTINGS).flatMap(([name, value]) => [`--${name}`, String(value)]));
  const options: ServerOptions = {
    ...SETTINGS,
    port: 0,
    log: (level, message) => void (level === 'warning' && message.includes('failed') && log(`lab: ${message}`)),
  };
  return createServer(options);
}

export const pause = (ms: number): Promise<void> => new Promise((resolve) => void setTimeout(resolve, ms));

const textOf = (reply: Reply): string => (typeof reply === 'string' ? reply : (reply as { verbatim: string }).verbatim);
const field = (info: string, name: string): string | undefined => new RegExp(`^${name}:(.*?)\r?$`, 'm').exec(info)?.[1];
