/**
 * What COMMAND says of every command that the lab declares, compared with redis-server field by field; only wording is ours.
 */
import { beforeAll, describe, expect, test } from 'vitest';
import { commandTable } from '../../src/server/commands/index.js';
import { commandCommand } from '../../src/server/commands/command-info.js';
import type { Session } from '../../src/server/command/session.js';
import { parse, RespClient, type Wire } from '../support/resp-client.js';
import { askRedis } from '../support/recordings.js';
import { encode } from '../../src/server/resp/encoder.js';

/** Commands of our own, which redis-server does not know. */
const OWN = new Set<string>();

type Fields = { [name: string]: unknown };

/** Answers of the lab's COMMAND, encoded and decoded again, so that both sides went over the wire. */
function ask(subcommand: 'info' | 'docs'): Wire {
  const session = { server: { commands: commandTable() } } as unknown as Session;
  const handler = commandCommand.subcommands!.find(({ name }) => name === subcommand)!.run!;
  const sink = { buffer: Buffer.alloc(8 * 1024 * 1024), position: 0, reserve: () => {} };
  encode(sink, handler(['command', subcommand], null as never, session), 3);
  return parse(sink.buffer.latin1Slice(0, sink.position), 0)!.value;
}

/** Maps by name, sets in order of their text: the order of neither means anything. */
function simplify(value: Wire): unknown {
  if (Array.isArray(value)) return value.map(simplify);
  if (typeof value !== 'object' || value === null) return value;
  if ('simple' in value) return value.simple;
  if ('set' in value) return value.set.map(simplify).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
  if ('map' in value) return Object.fromEntries(value.map.map(([name, inner]) => [name, simplify(inner)]));
  return value;
}

function infoFields(reply: unknown): Fields {
  const [name, arity, flags, first, last, step, categories, tips, keys, subcommands] = reply as unknown[];
  const specs = (keys as Fields[]).map(({ notes: _wording, ...spec }) => spec);
  const inner = inOrder((subcommands as unknown[][]).map((sub) => [sub[0] as string, infoFields(sub)]));
  return { name, arity, flags, first, last, step, categories, tips, keys: specs, subcommands: inner };
}

/** By name: redis-server's order is that of a hash table, another one each time that it starts, and a recording is to change only where its answers do. */
function inOrder(entries: readonly (readonly [name: string, fields: Fields])[]): { [name: string]: Fields } {
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** Of complexity only that it is stated: its sentences are ours as well. */
function docsFields({ summary: _wording, complexity, history, arguments: args, subcommands, ...rest }: Fields): Fields {
  return {
    ...rest,
    hasComplexity: complexity !== undefined,
    history: ((history as [string, string][] | undefined) ?? []).map(([version]) => version),
    arguments: ((args as Fields[] | undefined) ?? []).map(argumentFields),
    subcommands: inOrder(Object.entries((subcommands as { [name: string]: Fields } | undefined) ?? {}).map(([name, docs]) => [name, docsFields(docs)])),
  };
}

/** Names of arguments are wording; their types, words, places and repetition are not. `since` is not kept for single arguments. */
function argumentFields({ type, token, flags, key_spec_index: keySpec, arguments: inner }: Fields): Fields {
  const options = ((inner as Fields[] | undefined) ?? []).map(argumentFields);
  // A block around a single argument, which some of Redis's own descriptions have, says nothing.
  if (type === 'block' && options.length === 1 && token === undefined) return { ...options[0]!, flags: flags ?? options[0]!['flags'] };
  return { type, token, flags: flags ?? [], keySpec, options };
}

describe('the command table, compared with redis-server', () => {
  let theirInfo: { readonly [name: string]: Fields };
  let theirDocs: { readonly [name: string]: Fields };
  const ourInfo = byName(ask('info'));
  const ourDocs = docsByName(ask('docs'));

  beforeAll(async () => {
    ({ info: theirInfo, docs: theirDocs } = await askRedis('command-table', async (redis) => {
      await using client = await RespClient.connect(redis.port);
      await client.call('HELLO', '3');
      const [info, docs] = [byName(await client.call('COMMAND')), docsByName(await client.call('COMMAND', 'DOCS'))];
      const known = <T>(all: ReadonlyMap<string, T>): { [name: string]: T } => Object.fromEntries(names.map((name) => [name, all.get(name)!]));
      return { info: known(info), docs: known(docs) };
    }));
  });

  function byName(reply: Wire): Map<string, Fields> {
    return new Map((simplify(reply) as unknown[]).map(infoFields).map((fields) => [fields['name'] as string, fields]));
  }

  function docsByName(reply: Wire): Map<string, Fields> {
    return new Map(Object.entries(simplify(reply) as { [name: string]: Fields }).map(([name, docs]) => [name, docsFields(docs)]));
  }

  const names = [...ourInfo.keys()].filter((name) => !OWN.has(name));

  test.each(names)('COMMAND INFO %s', (name) => {
    expect(ourInfo.get(name)).toEqual(theirInfo[name]);
  });

  test.each(names)('COMMAND DOCS %s', (name) => {
    expect(ourDocs.get(name)).toEqual(theirDocs[name]);
  });
});
