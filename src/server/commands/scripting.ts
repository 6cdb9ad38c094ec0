/** Scripts: EVAL EVAL_RO EVALSHA EVALSHA_RO SCRIPT (DEBUG EXISTS FLUSH KILL LOAD HELP). Functions are in functions.ts; both run in scripting/. */
import { type Argv, command } from '../command/command.js';
import type { ServerContext } from '../command/context.js';
import * as errors from '../errors.js';
import { numkeys } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import { OK, type Reply } from '../resp/reply.js';
import type { ScriptFlags } from '../scripting/script-run.js';
import { scriptingOf } from '../scripting/scripting.js';
import { isWord } from './support/arguments.js';
import { helpCommand } from './support/help.js';
import {
  isFlushMode, READ_KEYS, READONLY_SCRIPT_FLAGS, SCRIPT_FLAGS, scriptArguments, scriptingSubcommand, showToMonitors, WRITTEN_KEYS,
} from './support/scripts.js';

const SHA1_LENGTH = 40;

/** The flags of a script decide what it may do; without flags this is unknown, so only EVAL_RO and EVALSHA_RO exclude writes. */
const writesUnless = (readsOnly: boolean, flagsOf: (server: ServerContext, argv: Argv) => ScriptFlags) => (argv: Argv, { server }: Session): boolean => {
  const flags = flagsOf(server, argv);
  return flags === null ? !readsOnly : !flags.has('no-writes');
};
const flagsOfScript = (server: ServerContext, argv: Argv): ScriptFlags => scriptingOf(server).flagsOf(argv[1]!);
const flagsOfKnown = (server: ServerContext, argv: Argv): ScriptFlags => scriptingOf(server).scripts.get(argv[1]!.toLowerCase())?.flags ?? null;

export const evaluate = command({
  name: 'eval', since: '2.6.0', group: 'scripting', complexity: 'Depends on the script.',
  summary: 'Runs a Lua script, without other commands in between.',
  syntax: 'script numkeys:integer [key...] [arg...]',
  flags: SCRIPT_FLAGS,
  categories: ['scripting'],
  keys: [WRITTEN_KEYS],
  mayReplicate: writesUnless(false, flagsOfScript),
  run: (argv, _db, session) => runScript(argv, session, false),
});

export const evaluateReadonly = command({
  name: 'eval_ro', since: '7.0.0', group: 'scripting', complexity: 'Depends on the script.',
  summary: 'Runs a Lua script that may only read.',
  syntax: 'script numkeys:integer [key...] [arg...]',
  flags: READONLY_SCRIPT_FLAGS,
  categories: ['scripting'],
  keys: [READ_KEYS],
  mayReplicate: writesUnless(true, flagsOfScript),
  run: (argv, _db, session) => runScript(argv, session, true),
});

function runScript(argv: Argv, session: Session, readsOnly: boolean): Reply {
  showToMonitors(session, argv);
  const given = scriptArguments(argv, readsOnly);
  const scripting = scriptingOf(session.server);
  return scripting.evaluate(session, scripting.load(argv[1]!), given);
}

export const evalsha = command({
  name: 'evalsha', since: '2.6.0', group: 'scripting', complexity: 'Depends on the script.',
  summary: 'Runs a Lua script that the server knows, by its SHA1.',
  syntax: 'sha1 numkeys:integer [key...] [arg...]',
  flags: SCRIPT_FLAGS,
  categories: ['scripting'],
  keys: [numkeys(2, 'RW access update')],
  mayReplicate: writesUnless(false, flagsOfKnown),
  run: (argv, _db, session) => runKnownScript(argv, session, false),
});

export const evalshaReadonly = command({
  name: 'evalsha_ro', since: '7.0.0', group: 'scripting', complexity: 'Depends on the script.',
  summary: 'Runs a Lua script that the server knows and that may only read, by its SHA1.',
  syntax: 'sha1 numkeys:integer [key...] [arg...]',
  flags: READONLY_SCRIPT_FLAGS,
  categories: ['scripting'],
  keys: [numkeys(2, 'RO access')],
  mayReplicate: writesUnless(true, flagsOfKnown),
  run: (argv, _db, session) => runKnownScript(argv, session, true),
});

function runKnownScript(argv: Argv, session: Session, readsOnly: boolean): Reply {
  showToMonitors(session, argv);
  const name = argv[1]!;
  if (name.length !== SHA1_LENGTH) return errors.NO_SCRIPT;
  const given = scriptArguments(argv, readsOnly);
  return scriptingOf(session.server).evaluate(session, name, given);
}

export const script = command({
  name: 'script', since: '2.6.0', group: 'scripting', complexity: 'Depends on the subcommand.',
  summary: 'Manages the scripts that the server knows.',
  syntax: '',
  subcommands: [
    scriptingSubcommand({
      name: 'debug', since: '3.2.0', complexity: 'O(1)',
      summary: 'Sets whether scripts run in a debugger; there is none here.',
      syntax: '(YES | SYNC | NO)',
      flags: ['noscript'],
      run(argv) {
        if (isWord(argv[2]!, 'NO')) return OK;
        return isWord(argv[2]!, 'YES') || isWord(argv[2]!, 'SYNC') ? errors.NO_DEBUGGER : errors.SCRIPT_DEBUG_MODE;
      },
    }),
    scriptingSubcommand({
      name: 'exists', since: '2.6.0', complexity: 'O(N) for N scripts asked for',
      summary: 'Returns for each SHA1 whether the server knows the script.',
      syntax: 'sha1...',
      flags: ['noscript'],
      tips: ['request_policy:all_shards', 'response_policy:agg_logical_and'],
      run: (argv, _db, session) => argv.slice(2).map((name) => (scriptingOf(session.server).scripts.has(name.toLowerCase()) ? 1 : 0)),
    }),
    scriptingSubcommand({
      name: 'flush', since: '2.6.0', complexity: 'O(N) for N known scripts',
      summary: 'Forgets all scripts.',
      syntax: '[ASYNC | SYNC]',
      flags: ['noscript'],
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      history: [['6.2.0', 'The modes ASYNC and SYNC.']],
      run(argv, _db, session) {
        if (!isFlushMode(argv)) return errors.SCRIPT_FLUSH_MODE;
        scriptingOf(session.server).flush();
        return OK;
      },
    }),
    scriptingSubcommand({
      name: 'kill', since: '2.6.0', complexity: 'O(1)',
      summary: 'Ends the script that runs, unless it has written already.',
      syntax: '',
      flags: ['noscript', 'allow_busy'],
      tips: ['request_policy:all_shards', 'response_policy:one_succeeded'],
      run: (_argv, _db, session) => scriptingOf(session.server).kill(false) ?? OK,
    }),
    scriptingSubcommand({
      name: 'load', since: '2.6.0', complexity: 'O(N) for a script of N bytes',
      summary: 'Compiles and remembers a script without running it; returns its SHA1.',
      syntax: 'script',
      flags: ['noscript', 'stale'],
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      run: (argv, _db, session) => scriptingOf(session.server).load(argv[2]!),
    }),
    {
      ...helpCommand('script', '5.0.0', [
        ['DEBUG (YES|SYNC|NO)', 'Only NO is possible: there is no debugger.'],
        ['EXISTS <sha1> [<sha1> ...]', 'Whether the scripts are known.'],
        ['FLUSH [ASYNC|SYNC]', 'Forgets all scripts.'],
        ['KILL', 'Ends the running script.'],
        ['LOAD <script>', 'Remembers a script without running it.'],
      ]),
      group: 'scripting',
      categories: ['scripting'],
    },
  ],
});
