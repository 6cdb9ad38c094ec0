/** Common code of the commands for scripts and for functions: declarations, and the arguments after a script's name. */
import type { Argv, CommandDeclaration } from '../../command/command.js';
import * as errors from '../../errors.js';
import { type KeySpec, numkeys } from '../../command/key-spec.js';
import type { Session } from '../../command/session.js';
import { FIRST_KEY, type ScriptArguments } from '../../scripting/script-run.js';
import { integer, isWord } from './arguments.js';

const COMMON_FLAGS = ['noscript', 'stale', 'skip_monitor', 'no_mandatory_keys', 'movablekeys'] as const;
export const SCRIPT_FLAGS = ['may_replicate', ...COMMON_FLAGS] as const;
export const READONLY_SCRIPT_FLAGS = ['readonly', ...COMMON_FLAGS] as const;

const withNotes = (spec: KeySpec): KeySpec => ({ ...spec, notes: 'What the script does with its keys is not known beforehand, so the most is assumed.' });
export const WRITTEN_KEYS = withNotes(numkeys(2, 'RW access update'));
export const READ_KEYS = withNotes(numkeys(2, 'RO access'));

/** Declares a subcommand of SCRIPT or FUNCTION. */
export const scriptingSubcommand = (declaration: Omit<CommandDeclaration, 'group'>): CommandDeclaration => ({
  group: 'scripting', categories: ['scripting'], ...declaration,
});

/** Parses what follows the script in argv. Throws an ErrorReply. */
export function scriptArguments(argv: Argv, readsOnly: boolean, complaint = errors.NOT_AN_INTEGER): ScriptArguments {
  const count = integer(argv[2]!, complaint);
  if (count > argv.length - FIRST_KEY) throw errors.NUMKEYS_BEYOND_ARGUMENTS;
  if (count < 0) throw errors.NEGATIVE_KEYS;
  return { argv, keyCount: count, readsOnly };
}

/** MONITOR shows a script before the commands that it calls, also if it fails. */
export function showToMonitors(session: Session, argv: Argv): void {
  const { monitor } = session.server.hooks;
  if (monitor !== null) monitor(session, argv);
}

/** Both modes do the same: the garbage collector frees the memory. */
export function isFlushMode(argv: Argv): boolean {
  return argv.length === 2 || (argv.length === 3 && (isWord(argv[2]!, 'ASYNC') || isWord(argv[2]!, 'SYNC')));
}
