/**
 * Templates for the commands that no family table names, from what redis-server says of them in COMMAND DOCS.
 */
import { type Argument, type ArgumentType } from '../../src/server/command/syntax.js';
import { encodeRequest } from '../../src/server/resp/request-encoder.js';
import { MapReply, type Reply, SetReply, SimpleString } from '../../src/server/resp/reply.js';
import { RawClient } from '../support/raw-client.js';
import { EXCLUDED, FAMILIES, GROUPS } from './families.js';
import type { Template } from './generate.js';

type Fields = ReadonlyMap<string, Reply>;

/** The commands of the groups of these families that have no line in the tables. */
export async function templatesFromDocs(redisPort: number, families: readonly string[]): Promise<Template[]> {
  const client = await RawClient.connect(redisPort);
  const [, docs] = await client.exchange(encodeRequest(['HELLO', '3']) + encodeRequest(['COMMAND', 'DOCS']), 2);
  client.close();
  const known = new Set(Object.values(FAMILIES).flat().map((line) => line.split(' ')[0]));
  return [...fields(docs!.value)].flatMap(([command, reply]) => {
    const name = command.toUpperCase();
    const about = fields(reply);
    const family = GROUPS[text(about.get('group'))];
    if (family === undefined || !families.includes(family) || known.has(name) || EXCLUDED.has(name)) return [];
    return [{ name, family, listens: false, arguments: list(about.get('arguments')).map(toArgument) }];
  });
}

function toArgument(reply: Reply): Argument {
  const about = fields(reply);
  const flags = new Set(list(about.get('flags')).map(text));
  const inner = about.has('arguments') ? { arguments: list(about.get('arguments')).map(toArgument) } : {};
  const token = about.has('token') ? { token: text(about.get('token')) } : {};
  return { name: text(about.get('name')), type: text(about.get('type')) as ArgumentType, optional: flags.has('optional'), multiple: flags.has('multiple'), ...token, ...inner };
}

function fields(reply: Reply): Fields {
  if (!(reply instanceof MapReply)) throw new Error('COMMAND DOCS is a map of maps');
  const { flat } = reply;
  return new Map(Array.from({ length: flat.length / 2 }, (_, i) => [text(flat[2 * i]), flat[2 * i + 1]!]));
}

function list(reply: Reply | undefined): readonly Reply[] {
  if (reply instanceof SetReply) return reply.members;
  return Array.isArray(reply) ? (reply as readonly Reply[]) : [];
}

function text(reply: Reply | undefined): string {
  if (typeof reply === 'string') return reply;
  // Statuses of flags.
  return reply instanceof SimpleString ? reply.text : '';
}
