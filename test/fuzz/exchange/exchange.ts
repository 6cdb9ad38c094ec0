/**
 * Files of the lab and of redis-server: one writes many random keyspaces, each in a database of its own, as a snapshot, as an append-only file with its base,
 * and as the single file of Redis 6; and both load each of them. Who loads must agree in everything, and with who wrote in all that a file keeps.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'redis-lab';
import { encodeRequest } from '../../../src/server/resp/request-encoder.js';
import { RawClient, type RawReply } from '../../support/raw-client.js';
import { startRedisServer } from '../../support/redis-server.js';
import { BRIEF_MS, keyspace, library } from './keyspaces.js';
import { Random } from '../random.js';

export type Kind = 'lab' | 'redis';
type Format = 'snapshot' | 'append-only file' | 'single file';

export interface ExchangeOptions {
  readonly writer: Kind;
  readonly seed: number;
  /** In one file, each in a database of its own. */
  readonly keyspaces: number;
}

export interface Exchanged {
  readonly keys: number;
  /** The first differences, as lines to read; empty if there are none. */
  readonly differences: readonly string[];
}

interface Server extends AsyncDisposable {
  readonly client: RawClient;
}

interface State {
  /** DEBUG DIGEST and FUNCTION LIST. */
  readonly whole: ReadonlyMap<string, string>;
  /** What there is to say of each key: `database key` and the name of a fact. */
  readonly keys: ReadonlyMap<string, Facts>;
}

type Facts = ReadonlyMap<string, string>;

/** What expires within this time could do so before the comparison is over: it gets the other expiry instead. */
const SOON_MS = 900_000;
const LATER = '33177117420001';

/** Writes, loads and compares. The same seed does the same. */
export async function exchange({ writer, seed, keyspaces }: ExchangeOptions): Promise<Exchanged> {
  const random = new Random(seed);
  const folder = mkdtempSync(join(tmpdir(), 'redis-lab-exchange-'));
  try {
    const settings = randomSettings(random, keyspaces);
    const dir = join(folder, 'written');
    mkdirSync(dir);
    const written = await write(random, { writer, keyspaces, settings, dir });
    const differences: string[] = [];
    for (const format of ['snapshot', 'append-only file', 'single file'] as const) {
      for (const reader of ['lab', 'redis']) {
        mkdirSync(join(folder, format, reader), { recursive: true });
        provide(format, dir, join(folder, format, reader));
      }
      const started = { ...settings, appendonly: format !== 'snapshot' };
      await using ofLab = await start('lab', join(folder, format, 'lab'), started);
      await using ofRedis = await start('redis', join(folder, format, 'redis'), started);
      const [lab, redis] = (await Promise.all([ofLab, ofRedis].map(({ client }) => stateOf(client, keyspaces, format)))) as [State, State];
      const tell = (line: string): void => void differences.push(`seed ${seed}, ${format} of ${writer}: ${line}`);
      compare(lab, redis, ['loaded by the lab', 'loaded by redis-server'], () => true, tell);
      // Encodings are chosen anew where a value is loaded. What Redis itself does not find again in its files is Redis's matter.
      const isKept = (fact: string): boolean => !/^(encoding|tree)$/.test(fact) && (format === 'snapshot' || fact !== 'stream');
      if (writer === 'lab') compare(written, redis, ['written by the lab', 'loaded by redis-server'], isKept, tell);
    }
    return { keys: written.keys.size, differences: differences.slice(0, 20) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

type Settings = Readonly<Record<string, string | number | boolean>>;

function randomSettings(random: Random, keyspaces: number): Settings {
  const entries = (): number => random.pick([128, 128, 512, 5, 1]);
  const value = (): number => random.pick([64, 64, 20, 1000]);
  return {
    databases: keyspaces,
    save: '',
    rdbcompression: random.pick([true, true, false]),
    rdbchecksum: random.pick([true, true, false]),
    appendfsync: 'no',
    'aof-timestamp-enabled': random.pick([false, true]),
    'aof-use-rdb-preamble': random.pick([true, false]),
    'maxmemory-policy': random.pick(['noeviction', 'allkeys-lru', 'allkeys-lfu']),
    // Counts of uses that do not shrink while the files are carried over.
    'lfu-decay-time': 0,
    'hash-max-listpack-entries': entries(),
    'hash-max-listpack-value': value(),
    'zset-max-listpack-entries': entries(),
    'zset-max-listpack-value': value(),
    'set-max-intset-entries': random.pick([512, 512, 128, 5]),
    'list-max-listpack-size': random.pick([-2, -2, -1, -5, 1, 5, 128]),
    'list-compress-depth': random.pick([0, 0, 1, 3]),
    'stream-node-max-entries': random.pick([100, 100, 3, 1]),
    'hll-sparse-max-bytes': random.pick([3000, 3000, 100]),
  };
}

async function start(kind: Kind, dir: string, settings: Settings): Promise<Server> {
  const server = await (kind === 'lab'
    ? createServer({ port: 0, dir, 'enable-debug-command': 'yes', ...settings })
    : startRedisServer(Object.entries({ dir, ...settings }).flatMap(([name, value]) => [
        `--${name}`, String(value).replace(/^true$/, 'yes').replace(/^false$/, 'no'),
      ])));
  const client = await RawClient.connect(server.port);
  const close = async (): Promise<void> => {
    client.close();
    await server.close();
  };
  await ask(client, [['DEBUG', 'SET-ACTIVE-EXPIRE', '0']]);
  return { client, [Symbol.asyncDispose]: close };
}

interface Writing {
  readonly writer: Kind;
  readonly keyspaces: number;
  readonly settings: Settings;
  readonly dir: string;
}

async function write(random: Random, { writer, keyspaces, settings, dir }: Writing): Promise<State> {
  await using server = await start(writer, dir, { ...settings, appendonly: true });
  const { client } = server;
  const isBrief = random.chance(0.3);
  if (random.chance(0.2)) await ask(client, [['DEBUG', 'QUICKLIST-PACKED-THRESHOLD', random.pick(['100', '1000'])]]);
  for (let left = random.below(4); left > 0; left--) await ask(client, [library(random, `lib${left}`)]);
  // What comes behind the base is in an increment.
  const rewriteAt = random.pick([0, Math.floor(keyspaces / 2), keyspaces, Infinity]);
  for (let at = 0; at <= keyspaces; at++) {
    if (at === rewriteAt) await rewrite(client);
    if (at < keyspaces) await ask(client, [['SELECT', String(at)], ...keyspace(random, isBrief)]);
  }
  // Again in each of them, now that there is something in it.
  for (let at = 0; at < keyspaces; at++) if (random.chance(0.2)) await ask(client, [['SELECT', String(at)], ...keyspace(random, isBrief)]);
  if (isBrief) await new Promise((resolve) => void setTimeout(resolve, BRIEF_MS + 5));
  await postponeExpiry(client, keyspaces);
  await ask(client, [['SAVE']]);
  return await stateOf(client, keyspaces, 'written');
}

/** Keys that would expire while the files are loaded and compared, however long that takes, expire later. */
async function postponeExpiry(client: RawClient, keyspaces: number): Promise<void> {
  const databases = Array.from({ length: keyspaces }, (_, i) => ['SELECT', String(i)]);
  const found = await ask(client, databases.flatMap((select) => [select, ['KEYS', '*']]));
  const keys = databases.flatMap((select, i) => (found[2 * i + 1]!.value as readonly string[]).map((key) => ({ select, key })));
  const times = await ask(client, keys.flatMap(({ select, key }) => [select, ['PEXPIRETIME', key]]));
  const isSoon = (timeMs: number): boolean => timeMs >= 0 && timeMs < Date.now() + SOON_MS;
  const soon = keys.filter((_, i) => isSoon(Number(times[2 * i + 1]!.value)));
  await ask(client, soon.flatMap(({ select, key }) => [select, ['PEXPIREAT', key, LATER]]));
}

async function rewrite(client: RawClient): Promise<void> {
  await ask(client, [['BGREWRITEAOF']]);
  const isOver = (info: string): boolean => info.includes('aof_rewrite_in_progress:0') && info.includes('aof_rewrite_scheduled:0');
  for (let info = ''; !isOver(info); ) info = (await ask(client, [['INFO', 'persistence']]))[0]!.bytes;
}

/** Puts what was written there as it is to be loaded. */
function provide(format: Format, from: string, to: string): void {
  const read = (...path: string[]): Buffer => readFileSync(join(from, ...path));
  if (format === 'snapshot') return writeFileSync(join(to, 'dump.rdb'), read('dump.rdb'));
  const manifest = read('appendonlydir', 'appendonly.aof.manifest').toString('latin1');
  const files = [...manifest.matchAll(/^file (\S+) seq (\d+) type ([bi])/gm)].map(([, name, seq, type]) => ({
    name: name!, seq: Number(seq), type: type!, bytes: read('appendonlydir', name!),
  }));
  if (format === 'append-only file') {
    mkdirSync(join(to, 'appendonlydir'));
    const all = [...files, { name: 'appendonly.aof.manifest', bytes: Buffer.from(manifest, 'latin1') }];
    for (const { name, bytes } of all) writeFileSync(join(to, 'appendonlydir', name), bytes);
    return;
  }
  // The first base is empty: without it this is a file of commands alone.
  writeFileSync(join(to, 'appendonly.aof'), Buffer.concat(files.filter(({ type, seq }) => type === 'i' || seq > 1).map(({ bytes }) => bytes)));
}

/** All that there is to know of a server's data. SCAN deletes the keys that have expired. */
async function stateOf(client: RawClient, keyspaces: number, origin: Format | 'written'): Promise<State> {
  // An append-only file tells when a consumer was seen, and how often a key was used, only by what is done while it is loaded.
  const keepsTimes = origin === 'snapshot' || origin === 'written';
  const databases = Array.from({ length: keyspaces }, (_, i) => ['SELECT', String(i)]);
  const found = await ask(client, databases.flatMap((select) => [select, ['SCAN', '0', 'COUNT', '1000000'], ['KEYS', '*'], ['DBSIZE']]));
  const names = databases.flatMap(([, database], i) => {
    const keys = found[4 * i + 2]!.value as readonly string[];
    const size = found[4 * i + 3]!.value;
    if (size !== keys.length) throw new Error(`database ${database} has ${String(size)} keys, and KEYS tells of ${keys.length}`);
    return keys.toSorted().map((key) => ({ database: database!, key }));
  });
  const ofKeys = new Map<string, Map<string, string>>();
  const learn = async (fact: string, command: (key: string) => string[], chosen = names): Promise<void> => {
    const commands = chosen.flatMap(({ database, key }, i) => [...(chosen[i - 1]?.database === database ? [] : [['SELECT', database]]), command(key)]);
    const replies = (await ask(client, commands)).filter((_, i) => commands[i]![0] !== 'SELECT');
    for (const [i, { database, key }] of chosen.entries()) {
      const name = `${database} ${JSON.stringify(key)}`;
      let facts = ofKeys.get(name);
      if (facts === undefined) ofKeys.set(name, (facts = new Map()));
      const { bytes } = replies[i]!;
      if (fact !== 'stream') facts.set(fact, bytes);
      else {
        // The shape of a radix tree depends on its past.
        facts.set('tree', (/radix-tree-keys\r\n:\d+\r\n\$16\r\nradix-tree-nodes\r\n:\d+/.exec(bytes) ?? [''])[0]);
        const seen = bytes.replace(/(radix-tree-(?:keys|nodes)\r\n):\d+/g, '$1:n');
        facts.set('stream', seen.replace(/(seen-time\r\n):\d+/g, '$1:time'));
        if (keepsTimes) facts.set('seen', seen);
      }
    }
  };
  if (keepsTimes) await learn('frequency', (key) => ['OBJECT', 'FREQ', key]);
  await learn('type', (key) => ['TYPE', key]);
  await learn('encoding', (key) => ['OBJECT', 'ENCODING', key]);
  // Small integers share one object in Redis, and with it the count of uses.
  for (const facts of ofKeys.values()) if (facts.get('encoding') === '$3\r\nint\r\n') facts.delete('frequency');
  await learn('expiry', (key) => ['PEXPIRETIME', key]);
  await learn('digest', (key) => ['DEBUG', 'DIGEST-VALUE', key]);
  const ofType = (type: string): typeof names =>
    names.filter(({ database, key }) => ofKeys.get(`${database} ${JSON.stringify(key)}`)!.get('type') === `+${type}\r\n`);
  await learn('stream', (key) => ['XINFO', 'STREAM', key, 'FULL', 'COUNT', '0'], ofType('stream'));
  await learn('scores', (key) => ['ZRANGE', key, '0', '-1', 'WITHSCORES'], ofType('zset'));
  const hasLost = origin === 'written' && loseNegativeZeros(ofKeys);
  const [digest, libraries, dump] = await ask(client, [['DEBUG', 'DIGEST'], ['FUNCTION', 'LIST', 'WITHCODE'], ['FUNCTION', 'DUMP']]);
  // The two dump their libraries in orders of their own, and only Redis compresses them: what a dump restores is compared.
  const [restored, again] = await ask(client, [['FUNCTION', 'RESTORE', String(dump!.value), 'FLUSH'], ['FUNCTION', 'LIST', 'WITHCODE']]);
  const unordered = ({ value }: RawReply): string => (value as readonly unknown[]).map((each) => JSON.stringify(sorted(each))).toSorted().join('\n');
  const whole = new Map([
    ...(hasLost ? [] : [['digest', digest!.bytes] as const]),
    ['libraries', unordered(libraries!)],
    ['libraries restored', `${restored!.bytes} ${unordered(again!)}`],
  ]);
  return { whole, keys: ofKeys };
}

/**
 * A sorted set that has shrunk is loaded as a listpack, and a listpack stores -0 as 0: so Redis finds another digest than it had written. Leaves out what
 * cannot be the same, and returns whether there was any.
 */
function loseNegativeZeros(keys: ReadonlyMap<string, Map<string, string>>): boolean {
  const losing = [...keys.values()].filter((facts) => facts.get('scores')?.includes('$2\r\n-0\r\n') === true);
  for (const facts of losing) for (const fact of ['digest', 'scores']) facts.delete(fact);
  return losing.length > 0;
}

/** Functions of a library in the order of their names. */
function sorted(reply: unknown): unknown {
  if (!Array.isArray(reply)) return reply;
  const items = reply.map(sorted);
  return items.every((item) => Array.isArray(item)) ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1)) : items;
}

function compare(one: State, other: State, names: readonly [string, string], counts: (fact: string) => boolean, tell: (line: string) => void): void {
  const difference = (what: string, ours = 'nothing', theirs = 'nothing'): void => {
    const at = Math.max(0, [...ours].findIndex((character, i) => character !== theirs[i]) - 200);
    tell(`${what}\n  ${names[0]}: ${shown(ours.slice(at))}\n  ${names[1]}: ${shown(theirs.slice(at))}`);
  };
  for (const key of new Set([...one.keys.keys(), ...other.keys.keys()])) {
    const [ours, theirs] = [one.keys.get(key), other.keys.get(key)];
    if (ours === undefined || theirs === undefined) {
      difference(`the key ${shown(key)}`, ours?.get('type') ?? 'is not there', theirs?.get('type') ?? 'is not there');
      continue;
    }
    for (const fact of ours.keys()) {
      const isDifferent = counts(fact) && theirs.has(fact) && ours.get(fact) !== theirs.get(fact);
      if (isDifferent) difference(`${fact} of the key ${shown(key)}`, ours.get(fact), theirs.get(fact));
    }
  }
  for (const fact of one.whole.keys()) if (one.whole.get(fact) !== other.whole.get(fact)) difference(fact, one.whole.get(fact), other.whole.get(fact));
}

function shown(text: string): string {
  const line = JSON.stringify(text);
  return line.length > 400 ? `${line.slice(0, 400)}…` : line;
}

async function ask(client: RawClient, commands: readonly (readonly string[])[]): Promise<RawReply[]> {
  const replies = await client.exchange(commands.map(encodeRequest).join(''), commands.length, 300_000);
  if (replies.length < commands.length) {
    const next = shown(commands[replies.length]!.join(' '));
    throw new Error(`${replies.length} of ${commands.length} replies (${client.ended ?? 'too slow'}); the next command is ${next}`);
  }
  return replies;
}
