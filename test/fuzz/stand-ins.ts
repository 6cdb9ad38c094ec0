/**
 * Words of a step that stand for bytes which are not known before it is sent, or which each server has its own of:
 *
 *   <id of d>                   the connection of client d, as CLIENT ID says
 *   <dump of KEY>               what DUMP of a key of database 0 answers on the OTHER server
 *   <broken dump of KEY, SEED>  what it answers on redis-server, then damaged; the same for both servers
 *   <dump of functions>         what FUNCTION DUMP answers on the other server
 *
 * All are looked up before the batch in which they stand. A key that is not there has an empty dump.
 */
import { crc64 } from '../../src/server/keyspace/rdb/crc64.js';
import { encodeRequest } from '../../src/server/resp/request-encoder.js';
import type { RawReply } from '../support/raw-client.js';
import { Random } from './random.js';

export const idOf = (client: number): string => `<id of ${'abcdefgh'[client]}>`;
export const dumpOf = (key: string): string => `<dump of ${key}>`;
export const brokenDumpOf = (key: string, seed: number): string => `<broken dump of ${key}, ${seed}>`;
export const FUNCTIONS = '<dump of functions>';

/** Does this command carry a damaged payload? */
export const isDamaged = (argv: readonly string[]): boolean => argv.some((word) => word.startsWith('<broken dump of '));

const PATTERN = /^<(id|dump|broken dump) of (.*?)(?:, (\d+))?>$/s;

/** A server, as far as it has to say what a word stands for. */
export interface Side {
  /** By client. */
  readonly ids: readonly string[];
  ask(requests: string, count: number): Promise<RawReply[]>;
}

type Words = readonly string[];

/** The commands as they go to the lab and as they go to redis-server. */
export async function resolveStandIns(commands: readonly Words[], lab: Side, redis: Side): Promise<[Words[], Words[]]> {
  const used = [...new Set(commands.flat().filter((word) => PATTERN.test(word)))];
  if (used.length === 0) return [[...commands], [...commands]];
  const [ofLab, ofRedis] = await Promise.all([dumps(used, lab), dumps(used, redis)]);
  const put = (side: Side, other: ReadonlyMap<string, string>): Words[] => {
    const bytes = new Map(used.map((word) => [word, meaning(word, side, other, ofRedis)]));
    return commands.map((words) => words.map((word) => bytes.get(word) ?? word));
  };
  return [put(lab, ofRedis), put(redis, ofLab)];
}

function meaning(word: string, { ids }: Side, other: ReadonlyMap<string, string>, ofRedis: ReadonlyMap<string, string>): string {
  const [, kind, name = '', seed] = PATTERN.exec(word)!;
  if (kind === 'id') return ids['abcdefgh'.indexOf(name)] ?? '0';
  return kind === 'dump' ? other.get(word)! : damaged(ofRedis.get(word)!, Number(seed));
}

/** What this server dumps for each of the words. */
async function dumps(words: readonly string[], side: Side): Promise<Map<string, string>> {
  const wanted = words.filter((word) => PATTERN.exec(word)![1] !== 'id');
  const requests = wanted.map((word) => encodeRequest(word === FUNCTIONS ? ['FUNCTION', 'DUMP'] : ['DUMP', PATTERN.exec(word)![2]!]));
  const replies = await side.ask(encodeRequest(['SELECT', '0']) + requests.join(''), requests.length + 1);
  return new Map(wanted.map((word, i) => [word, typeof replies[i + 1]?.value === 'string' ? (replies[i + 1]!.value as string) : '']));
}

const VERSION_LENGTH = 2;
const CHECKSUM_LENGTH = 8;

/** With one to three bytes other than they were, and most of the time with a checksum that is right again. */
export function damaged(dump: string, seed: number): string {
  if (dump === '') return '';
  const random = new Random(seed);
  let body = dump.slice(0, -(VERSION_LENGTH + CHECKSUM_LENGTH));
  for (let times = random.between(1, 3); times > 0; times--) body = damage(random, body);
  const version = random.chance(0.03) ? '\x63\x00' : dump.slice(-(VERSION_LENGTH + CHECKSUM_LENGTH), -CHECKSUM_LENGTH);
  return `${body}${version}${random.chance(0.03) ? dump.slice(-CHECKSUM_LENGTH) : crc64(body + version)}`;
}

function damage(random: Random, body: string): string {
  const at = random.below(Math.max(1, body.length));
  const byte = String.fromCharCode(random.chance(0.3) ? random.pick([0, 1, 0x7f, 0x80, 0xfe, 0xff]) : random.below(256));
  switch (random.below(5)) {
    case 0:
      return body.slice(0, at) + body.slice(at + random.between(1, 3));
    case 1:
      return body.slice(0, at) + byte + body.slice(at);
    case 2:
      return body.slice(0, at);
    default:
      return body.slice(0, at) + byte + body.slice(at + 1);
  }
}
