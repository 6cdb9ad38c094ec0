/** Commands about commands: COMMAND (COUNT DOCS GETKEYS GETKEYSANDFLAGS INFO LIST HELP). Everything derives from the declarations. */
import { command, findCommand, type Argv, type Command } from '../command/command.js';
import { categoriesOf, flagNames, legacyRange } from '../command/command-facts.js';
import type { ServerContext } from '../command/context.js';
import * as errors from '../errors.js';
import type { KeySpec } from '../command/key-spec.js';
import { findKeys, type FoundKey } from '../command/request-keys.js';
import type { Argument } from '../command/syntax.js';
import { matchesGlob } from '../keyspace/glob.js';
import { MapReply, mapReply, SetReply, SimpleString, type Reply } from '../resp/reply.js';
import { isWord } from './support/arguments.js';
import { helpCommand } from './support/help.js';

const FLAGS = ['loading', 'stale'] as const;
const UNORDERED = ['nondeterministic_output_order'] as const;
const CATEGORIES = ['connection'] as const;

export const commandCommand = command({
  name: 'command', since: '2.8.13', group: 'server', complexity: 'O(N) for N commands',
  summary: 'Describes all commands.',
  syntax: '',
  arity: -1,
  flags: FLAGS,
  categories: CATEGORIES,
  tips: UNORDERED,
  run: (_argv, _db, session) => [...session.server.commands.values()].map(infoOf),
  subcommands: [
    {
      name: 'count', since: '2.8.13', group: 'server', complexity: 'O(1)',
      summary: 'Returns the number of commands.',
      syntax: '', flags: FLAGS, categories: CATEGORIES,
      run: (_argv, _db, session) => session.server.commands.size,
    },
    {
      name: 'docs', since: '7.0.0', group: 'server', complexity: 'O(N) for N commands',
      summary: 'Documents commands.',
      syntax: '[command-name]...', flags: FLAGS, categories: CATEGORIES, tips: UNORDERED,
      run: (argv, _db, session) => new MapReply(chosen(session.server, argv).flatMap((found) => (found === null ? [] : [found.fullName, docsOf(found)]))),
    },
    {
      name: 'getkeys', since: '2.8.13', group: 'server', complexity: 'O(N) for N arguments',
      summary: 'Returns the keys that a whole command names.',
      syntax: '', arity: -4, flags: FLAGS, categories: CATEGORIES,
      run: (argv, _db, session) => keysIn(session.server, argv).map(({ position }) => argv[position + 2]!),
    },
    {
      name: 'getkeysandflags', since: '7.0.0', group: 'server', complexity: 'O(N) for N arguments',
      summary: 'Returns the keys that a whole command names, and how it uses each.',
      syntax: '', arity: -4, flags: FLAGS, categories: CATEGORIES,
      run: (argv, _db, session) => keysIn(session.server, argv).map(({ position, flags }) => [argv[position + 2]!, statuses(flags)]),
    },
    {
      name: 'info', since: '2.8.13', group: 'server', complexity: 'O(N) for N commands',
      summary: 'Describes commands.',
      syntax: '[command-name]...', flags: FLAGS, categories: CATEGORIES, tips: UNORDERED,
      history: [['7.0.0', 'Without a name it describes all commands.']],
      run: (argv, _db, session) => chosen(session.server, argv).map((found) => (found === null ? null : infoOf(found))),
    },
    {
      name: 'list', since: '7.0.0', group: 'server', complexity: 'O(N) for N commands',
      summary: 'Returns the names of commands.',
      syntax: '[FILTERBY (MODULE module-name | ACLCAT category | PATTERN pattern:pattern)]', flags: FLAGS, categories: CATEGORIES, tips: UNORDERED,
      run: (argv, _db, session) => list(session.server, argv),
    },
    {
      ...helpCommand('command', '5.0.0', [
        ['(no subcommand)', 'Describes all commands.'],
        ['COUNT', 'The number of commands.'],
        ['LIST [FILTERBY <filter>]', 'Their names.'],
        ['INFO [<command-name> ...]', 'Describes commands: arity, flags, keys, categories.'],
        ['DOCS [<command-name> ...]', 'Returns documentation of commands: summary, arguments, history.'],
        ['GETKEYS <full-command>', 'The keys in a command.'],
        ['GETKEYSANDFLAGS <full-command>', 'The keys in a command, and how it uses each.'],
      ]),
      categories: CATEGORIES,
    },
  ],
});

/** Returns the named commands, null for unknown ones; all if none is named. */
function chosen({ commands }: ServerContext, argv: Argv): (Command | null)[] {
  return argv.length === 2 ? [...commands.values()] : argv.slice(2).map((name) => findCommand(commands, name.toLowerCase()) ?? null);
}

const statuses = (names: readonly string[]): SetReply => new SetReply(names.map((name) => new SimpleString(name)));

function infoOf(described: Command): Reply {
  const [first, last, step] = legacyRange(described.keys);
  return [
    described.fullName,
    described.arity,
    statuses(flagNames(described)),
    first,
    last,
    step,
    statuses(categoriesOf(described).map((category) => `@${category}`)),
    new SetReply(described.declaration.tips ?? []),
    new SetReply(described.keys.map(keySpecReply)),
    new SetReply([...(described.subcommands?.values() ?? [])].map(infoOf)),
  ];
}

function keySpecReply({ notes, flags, begin, find }: KeySpec): Reply {
  return new MapReply([
    ...(notes === undefined ? [] : ['notes', notes]),
    'flags', statuses(flags),
    'begin_search', mapReply({ type: begin.type, spec: beginSpec(begin) }),
    'find_keys', mapReply({ type: find.type, spec: findSpec(find) }),
  ]);
}

function beginSpec(begin: KeySpec['begin']): Reply {
  if (begin.type === 'index') return mapReply({ index: begin.index });
  return begin.type === 'keyword' ? mapReply({ keyword: begin.keyword, startfrom: begin.startFrom }) : mapReply({});
}

function findSpec(find: KeySpec['find']): Reply {
  if (find.type === 'range') return mapReply({ lastkey: find.last, keystep: find.step, limit: find.limit });
  return find.type === 'keynum' ? mapReply({ keynumidx: find.keyNumIndex, firstkey: find.firstKey, keystep: find.step }) : mapReply({});
}

function docsOf(documented: Command): Reply {
  const { summary, since, group, complexity, documentation, deprecatedSince, replacedBy, history } = documented.declaration;
  const numbering = { key: 0 };
  const fields: Reply[] = ['summary', summary, 'since', since, 'group', group];
  if (complexity !== '') fields.push('complexity', complexity);
  if (documentation !== undefined) fields.push('doc_flags', statuses(documentation));
  if (deprecatedSince !== undefined) fields.push('deprecated_since', deprecatedSince);
  if (replacedBy !== undefined) fields.push('replaced_by', replacedBy);
  if (history !== undefined) fields.push('history', new SetReply(history.map(([version, change]) => [version, change])));
  if (documented.arguments.length > 0) fields.push('arguments', documented.arguments.map((argument) => argumentReply(argument, documented, numbering)));
  if (documented.subcommands !== null) {
    const subcommands = [...documented.subcommands.values()];
    fields.push('subcommands', new MapReply(subcommands.flatMap((sub) => [sub.fullName, docsOf(sub)])));
  }
  return new MapReply(fields);
}

/**
 * Key arguments are assigned to key specifications in order, the last one taking all that are left. The patterns of SORT have
 * their own specification, which no other argument has.
 */
function keySpecOf({ type }: Argument, { keys }: Command, numbering: { key: number }): number {
  const ofPatterns = keys.findIndex(({ begin, flags }) => begin.type === 'unknown' && flags.includes('RO'));
  if (type === 'pattern') return ofPatterns;
  if (type !== 'key') return -1;
  if (numbering.key === ofPatterns) numbering.key++;
  return Math.min(numbering.key++, Math.max(0, keys.length - 1));
}

function argumentReply(argument: Argument, documented: Command, numbering: { key: number }): Reply {
  const fields: Reply[] = ['name', argument.name, 'type', argument.type];
  const keySpec = keySpecOf(argument, documented, numbering);
  if (keySpec !== -1) fields.push('key_spec_index', keySpec);
  if (argument.token !== undefined) fields.push('token', argument.token);
  const flags = argumentFlags(argument);
  if (flags.length > 0) fields.push('flags', statuses(flags));
  if (argument.arguments !== undefined) fields.push('arguments', argument.arguments.map((inner) => argumentReply(inner, documented, numbering)));
  return new MapReply(fields);
}

function argumentFlags({ optional, multiple, multipleToken }: Argument): string[] {
  return [...(optional ? ['optional'] : []), ...(multiple ? ['multiple'] : []), ...(multipleToken === true ? ['multiple_token'] : [])];
}

function keysIn({ commands }: ServerContext, argv: Argv): FoundKey[] {
  const request = argv.slice(2);
  const named = commands.get(request[0]!.toLowerCase());
  const asked = named?.subcommands == null ? named : named.subcommands.get((request[1] ?? '').toLowerCase());
  if (asked === undefined) throw errors.INVALID_COMMAND;
  if (asked.keys.length === 0) throw errors.NO_KEY_ARGUMENTS;
  if (!asked.acceptsArgc(request.length)) throw errors.INVALID_KEY_COUNT;
  const found = findKeys(asked, request);
  if (found.length === 0 && !asked.flags.has('no_mandatory_keys')) throw errors.INVALID_KEY_ARGUMENTS;
  return found;
}

function list({ commands }: ServerContext, argv: Argv): Reply {
  const everything = [...commands.values()].flatMap((found) => [found, ...(found.subcommands?.values() ?? [])]);
  if (argv.length === 2) return everything.map(({ fullName }) => fullName);
  if (argv.length !== 5 || !isWord(argv[2]!, 'FILTERBY')) return errors.SYNTAX;
  const wanted = argv[4]!.toLowerCase();
  switch (argv[3]!.toUpperCase()) {
    case 'MODULE':
      return [];
    case 'ACLCAT':
      return everything.filter((found) => categoriesOf(found).includes(wanted)).map(({ fullName }) => fullName);
    case 'PATTERN':
      return everything.filter(({ fullName }) => matchesGlob(wanted, fullName)).map(({ fullName }) => fullName);
    default:
      return errors.SYNTAX;
  }
}
