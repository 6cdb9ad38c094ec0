/** Functions: FCALL FCALL_RO FUNCTION (DELETE DUMP FLUSH KILL LIST LOAD RESTORE STATS HELP). They run in scripting/, as scripts do. */
import { type Argv, command } from '../command/command.js';
import * as errors from '../errors.js';
import type { Session } from '../command/session.js';
import { matchesGlob } from '../keyspace/glob.js';
import { mapReply, MapReply, OK, type Reply, SetReply, SimpleString } from '../resp/reply.js';
import type { Library, RestorePolicy } from '../scripting/libraries.js';
import { packLibraries, unpackLibraries } from '../scripting/payload.js';
import { scriptingOf } from '../scripting/scripting.js';
import { isWord } from './support/arguments.js';
import { helpCommand } from './support/help.js';
import {
  isFlushMode, READ_KEYS, READONLY_SCRIPT_FLAGS, SCRIPT_FLAGS, scriptArguments, scriptingSubcommand, showToMonitors, WRITTEN_KEYS,
} from './support/scripts.js';

export const fcall = command({
  name: 'fcall', since: '7.0.0', group: 'scripting', complexity: 'Depends on the function.',
  summary: 'Calls a function of a library.',
  syntax: 'function numkeys:integer [key...] [arg...]',
  flags: SCRIPT_FLAGS,
  categories: ['scripting'],
  keys: [WRITTEN_KEYS],
  mayReplicate: (argv, session) => writes(argv, session, true),
  run: (argv, _db, session) => callFunction(argv, session, false),
});

export const fcallReadonly = command({
  name: 'fcall_ro', since: '7.0.0', group: 'scripting', complexity: 'Depends on the function.',
  summary: 'Calls a function of a library that may only read.',
  syntax: 'function numkeys:integer [key...] [arg...]',
  flags: READONLY_SCRIPT_FLAGS,
  categories: ['scripting'],
  keys: [READ_KEYS],
  mayReplicate: (argv, session) => writes(argv, session, false),
  run: (argv, _db, session) => callFunction(argv, session, true),
});

function callFunction(argv: Argv, session: Session, readsOnly: boolean): Reply {
  showToMonitors(session, argv);
  const { libraries } = scriptingOf(session.server);
  return libraries.call(session, argv[1]!, () => scriptArguments(argv, readsOnly, errors.BAD_KEY_COUNT));
}

/** A function may write unless its flags say otherwise. */
function writes(argv: Argv, { server }: Session, ifUnknown: boolean): boolean {
  const found = scriptingOf(server).libraries.find(argv[1]!);
  return found === null ? ifUnknown : !found.flags.has('no-writes');
}

const TO_ALL_SHARDS = ['request_policy:all_shards', 'response_policy:all_succeeded'] as const;

export const functionContainer = command({
  name: 'function', since: '7.0.0', group: 'scripting', complexity: 'Depends on the subcommand.',
  summary: 'Manages libraries of functions.',
  syntax: '',
  subcommands: [
    scriptingSubcommand({
      name: 'delete', since: '7.0.0', complexity: 'O(1)',
      summary: 'Deletes a library with its functions.',
      syntax: 'library-name',
      flags: ['write', 'noscript'],
      tips: TO_ALL_SHARDS,
      run(argv, _db, session) {
        if (!scriptingOf(session.server).libraries.delete(argv[2]!)) return errors.LIBRARY_NOT_FOUND;
        session.server.keyspace.dirty++;
        return OK;
      },
    }),
    scriptingSubcommand({
      name: 'dump', since: '7.0.0', complexity: 'O(N) for N functions',
      summary: 'Returns all libraries as bytes, for FUNCTION RESTORE.',
      syntax: '',
      flags: ['noscript'],
      run: (_argv, _db, session) => packLibraries([...scriptingOf(session.server).libraries.byName.values()].map(({ code }) => code)),
    }),
    scriptingSubcommand({
      name: 'flush', since: '7.0.0', complexity: 'O(N) for N functions',
      summary: 'Deletes all libraries.',
      syntax: '[ASYNC | SYNC]',
      flags: ['write', 'noscript'],
      tips: TO_ALL_SHARDS,
      run(argv, _db, session) {
        if (argv.length > 3) return errors.subcommandSyntax('function', argv[1]!);
        if (!isFlushMode(argv)) return errors.FUNCTION_FLUSH_MODE;
        scriptingOf(session.server).libraries.flush();
        session.server.keyspace.dirty++;
        return OK;
      },
    }),
    scriptingSubcommand({
      name: 'kill', since: '7.0.0', complexity: 'O(1)',
      summary: 'Ends the function that runs, unless it has written already.',
      syntax: '',
      flags: ['noscript', 'allow_busy'],
      tips: ['request_policy:all_shards', 'response_policy:one_succeeded'],
      run: (_argv, _db, session) => scriptingOf(session.server).kill(true) ?? OK,
    }),
    scriptingSubcommand({
      name: 'list', since: '7.0.0', complexity: 'O(N) for N functions',
      summary: 'Lists libraries and their functions.',
      syntax: '[LIBRARYNAME library-name-pattern] [WITHCODE]',
      flags: ['noscript'],
      tips: ['nondeterministic_output_order'],
      run: list,
    }),
    scriptingSubcommand({
      name: 'load', since: '7.0.0', complexity: 'O(1), not counting the time that compiling takes',
      summary: 'Makes a library from its code, and returns its name.',
      syntax: '[REPLACE] function-code',
      flags: ['write', 'denyoom', 'noscript'],
      tips: TO_ALL_SHARDS,
      run: load,
    }),
    scriptingSubcommand({
      name: 'restore', since: '7.0.0', complexity: 'O(N) for N functions in the payload',
      summary: 'Restores libraries from the payload of FUNCTION DUMP.',
      syntax: 'serialized-value [FLUSH | APPEND | REPLACE]',
      flags: ['write', 'denyoom', 'noscript'],
      tips: TO_ALL_SHARDS,
      run: restore,
    }),
    scriptingSubcommand({
      name: 'stats', since: '7.0.0', complexity: 'O(1)',
      summary: 'Says which function is running, and how many there are.',
      syntax: '',
      flags: ['noscript', 'allow_busy'],
      tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
      run: stats,
    }),
    {
      ...helpCommand('function', '7.0.0', [
        ['DELETE <LIBRARY NAME>', 'Deletes a library.'],
        ['DUMP', 'All libraries as bytes.'],
        ['FLUSH [ASYNC|SYNC]', 'Deletes all libraries.'],
        ['KILL', 'Ends the running function.'],
        ['LIST [LIBRARYNAME PATTERN] [WITHCODE]', 'Libraries with their functions, and with their code.'],
        ['LOAD [REPLACE] <FUNCTION CODE>', 'Makes a library.'],
        ['RESTORE <PAYLOAD> [FLUSH|APPEND|REPLACE]', 'Restores libraries from a dump: instead of all, in addition, or instead of those with the same names.'],
        ['STATS', 'The running function, and the number of libraries and functions.'],
      ]),
      group: 'scripting',
      categories: ['scripting'],
    },
  ],
});

function load(argv: Argv, _db: unknown, session: Session): Reply {
  let replaces = false;
  for (const option of argv.slice(2, -1)) {
    if (!isWord(option, 'REPLACE')) return errors.unknownLoadOption(option);
    replaces = true;
  }
  const name = scriptingOf(session.server).libraries.load(argv.at(-1)!, replaces);
  session.server.keyspace.dirty++;
  return name;
}

function list(argv: Argv, _db: unknown, session: Session): Reply {
  let pattern: string | null = null;
  let withCode = false;
  for (let i = 2; i < argv.length; i++) {
    if (!withCode && isWord(argv[i]!, 'WITHCODE')) withCode = true;
    else if (pattern === null && isWord(argv[i]!, 'LIBRARYNAME')) {
      if (i === argv.length - 1) return errors.NO_LIBRARY_PATTERN;
      pattern = argv[++i]!;
    } else return errors.unknownListArgument(argv[i]!);
  }
  const all = [...scriptingOf(session.server).libraries.byName.values()];
  return all.filter(({ name }) => pattern === null || matchesGlob(pattern.toLowerCase(), name.toLowerCase())).map((library) => describe(library, withCode));
}

function describe({ name, code, functions }: Library, withCode: boolean): Reply {
  const described = [...functions.values()].map((each) =>
    mapReply({ name: each.name, description: each.description, flags: new SetReply([...each.flags].map((flag) => new SimpleString(flag))) }),
  );
  return mapReply({ library_name: name, engine: 'LUA', functions: described, ...(withCode ? { library_code: code } : {}) });
}

function stats(_argv: Argv, _db: unknown, session: Session): Reply {
  const { running, libraries } = scriptingOf(session.server);
  const isFunction = running !== null && running.options.isFunction;
  if (running !== null && !isFunction) return errors.BUSY_SCRIPT;
  const now = running === null ? null : mapReply({ name: running.options.name, command: running.options.argv, duration_ms: running.elapsedMs });
  const counts = mapReply({ libraries_count: libraries.byName.size, functions_count: libraries.functionCount });
  return new MapReply(['running_script', now, 'engines', mapReply({ LUA: counts })]);
}

function restore(argv: Argv, _db: unknown, session: Session): Reply {
  if (argv.length > 4) return errors.subcommandSyntax('function', argv[1]!);
  const policy = (argv[3] ?? 'append').toLowerCase();
  if (policy !== 'append' && policy !== 'flush' && policy !== 'replace') return errors.RESTORE_POLICY;
  const codes = unpackLibraries(argv[2]!);
  if (codes === 'version') return errors.BAD_PAYLOAD;
  if (codes === 'type') return errors.NO_FUNCTION_PAYLOAD;
  scriptingOf(session.server).libraries.install(codes, policy satisfies RestorePolicy);
  session.server.keyspace.dirty++;
  return OK;
}
