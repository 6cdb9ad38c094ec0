/**
 * What two servers hold, read with whatever command reads each type: every key of every database, with type, encoding, expiry and value; libraries
 * of functions. And once more by way of DUMP: where the two dumps are not the same bytes each server restores that of the other, and both are read again.
 */
import { encodeRequest } from '../../src/server/resp/request-encoder.js';
import { areAlike, type Likeness } from '../support/compare-replies.js';
import type { RawReply } from '../support/raw-client.js';
import { isByIntent } from './by-intent.js';
import { STATE_KEYS } from './values.js';

/** Sends the same or different commands to both servers, and hands over their replies. */
export interface Pair {
  exchange(lab: string, redis: string, count: number): Promise<[RawReply[], RawReply[]]>;
}

export interface StateDifference {
  readonly argv: readonly string[];
  readonly lab: RawReply | undefined;
  readonly redis: RawReply | undefined;
}

type Words = readonly string[];

/** What random commands use. */
const DATABASES = 3;
/** Where dumps are restored. */
const WORKSHOP = '9';

/** What shows the whole value of a type; KEY stands for the key. */
const READERS: { readonly [type: string]: readonly Words[] } = {
  string: [['GET', 'KEY']],
  list: [['LRANGE', 'KEY', '0', '-1']],
  hash: [['HGETALL', 'KEY'], ['HLEN', 'KEY']],
  set: [['SMEMBERS', 'KEY']],
  zset: [['ZRANGE', 'KEY', '0', '-1', 'WITHSCORES'], ['ZCARD', 'KEY']],
  stream: [['XRANGE', 'KEY', '-', '+'], ['XINFO', 'STREAM', 'KEY', 'FULL', 'COUNT', '0']],
};
export const LIKENESS: { readonly [command: string]: Likeness } = { PTTL: 'near', HGETALL: 'pairs', SMEMBERS: 'unordered', FUNCTION: 'unordered' };

/** Types of which there is only one way to write a value down, whatever it was before. */
const PLAIN: ReadonlySet<string> = new Set(['string', 'zset']);

/** The first difference, or null. */
export async function compareState(pair: Pair): Promise<StateDifference | null> {
  for (let database = 0; database < DATABASES; database++) {
    const difference = (await check(pair, [['SELECT', String(database)], ['DBSIZE']])) ?? (await compareKeys(pair, String(database)));
    if (difference !== null) return difference;
  }
  return check(pair, [['FUNCTION', 'LIST', 'WITHCODE']]);
}

async function compareKeys(pair: Pair, database: string): Promise<StateDifference | null> {
  const present: [key: string, type: string][] = [];
  const types = STATE_KEYS.map((key) => ['TYPE', key]);
  const [, replies] = await same(pair, types);
  for (const [i, key] of STATE_KEYS.entries()) {
    const type = /^\+(\w+)/.exec(replies[i]?.bytes ?? '')?.[1] ?? 'none';
    if (type !== 'none') present.push([key, type]);
  }
  const read = present.flatMap(([key, type]) => [['OBJECT', 'ENCODING', key], ['PTTL', key], ...readers(key, type)]);
  return (await check(pair, [...types, ...read])) ?? (await compareDumps(pair, present, database));
}

async function compareDumps(pair: Pair, present: readonly [key: string, type: string][], database: string): Promise<StateDifference | null> {
  const [lab, redis] = await same(pair, present.map(([key]) => ['DUMP', key]));
  const others: { key: string; type: string; ofLab: string; ofRedis: string }[] = [];
  for (const [i, [key, type]] of present.entries()) {
    const [ours, theirs] = [lab[i], redis[i]];
    if (ours?.bytes === theirs?.bytes) continue;
    if (ours === undefined || theirs === undefined || PLAIN.has(type)) return { argv: ['DUMP', key], lab: ours, redis: theirs };
    others.push({ key, type, ofLab: String(ours.value), ofRedis: String(theirs.value) });
  }
  if (others.length === 0) return null;
  const restore = (payloads: readonly string[]): string => [['SELECT', WORKSHOP], ['FLUSHDB'], ...others.map(({ key }, i) => ['RESTORE', key, '0', payloads[i]!])].map(encodeRequest).join('');
  const [first, second] = await pair.exchange(restore(others.map(({ ofRedis }) => ofRedis)), restore(others.map(({ ofLab }) => ofLab)), others.length + 2);
  const refused = others.findIndex((_, i) => first[i + 2]?.bytes !== '+OK\r\n' || second[i + 2]?.bytes !== '+OK\r\n');
  if (refused !== -1) return { argv: ['RESTORE', others[refused]!.key, '0', "<the other server's>"], lab: first[refused + 2], redis: second[refused + 2] };
  return check(pair, [...others.flatMap(({ key, type }) => readers(key, type)), ['SELECT', database]]);
}

export function readers(key: string, type: string): Words[] {
  return (READERS[type] ?? []).map((words) => words.map((word) => (word === 'KEY' ? key : word)));
}

/** Reads with these commands. */
export async function check(pair: Pair, commands: readonly Words[], likeness: { readonly [command: string]: Likeness } = LIKENESS): Promise<StateDifference | null> {
  const [lab, redis] = await same(pair, commands);
  for (const [i, argv] of commands.entries()) {
    const [ours, theirs] = [lab[i], redis[i]];
    if (ours === undefined || theirs === undefined || !(areAlike(ours, theirs, likeness[argv[0]!] ?? 'exact') || isByIntent(argv, ours, theirs) || (argv[0] === 'XINFO' && timeless(ours) === timeless(theirs)))) return { argv, lab: ours, redis: theirs };
  }
  return null;
}

function same(pair: Pair, commands: readonly Words[]): Promise<[RawReply[], RawReply[]]> {
  const requests = commands.map(encodeRequest).join('');
  return pair.exchange(requests, requests, commands.length);
}

/** Without the moments at which entries were delivered and consumers seen, and without the nodes of the radix tree, which depend on the past. */
function timeless({ bytes }: RawReply): string {
  return bytes.replace(/:1\d{12}\r\n/g, ':time\r\n').replace(/(radix-tree-(?:keys|nodes)\r\n):\d+/g, '$1:n');
}
