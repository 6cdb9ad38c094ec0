/**
 * Access control: ACL (CAT DELUSER DRYRUN GENPASS GETUSER HELP LIST LOAD LOG SAVE SETUSER USERS WHOAMI).
 *
 * Users and permissions are in features/users/.
 */
import { categoriesOf, CATEGORY_ORDER } from '../command/command-facts.js';
import { command, type Argv, type Command, type CommandDeclaration } from '../command/command.js';
import * as errors from '../errors.js';
import type { Session } from '../command/session.js';
import type { AclLogEntry } from '../features/acl-log.js';
import { mayRun } from '../features/users/permission.js';
import { isPasswordRule } from '../features/users/password.js';
import type { Selector } from '../features/users/selector.js';
import { AclFileError } from '../features/users/users.js';
import { Double, MapReply, mapReply, OK, type Reply, SetReply } from '../resp/reply.js';
import { integer, isWord } from './support/arguments.js';
import { disconnectSubscribers, disconnectUsers } from './support/user-clients.js';
import { REDACTED } from './support/authentication.js';
import { helpCommand } from './support/help.js';

const OPEN = ['noscript', 'loading', 'stale'] as const;
const RESTRICTED = ['admin', ...OPEN] as const;
const USERS_COMPLEXITY = 'O(N). Where N is the number of configured users.';
const MAX_PASSWORD_BITS = 4096;
/** Default number of entries of ACL LOG. */
const LOG_ENTRIES = 10;

export const acl = command({
  name: 'acl', since: '6.0.0', group: 'server', complexity: 'Depends on subcommand.',
  summary: 'Manages users and their permissions.',
  syntax: '',
  subcommands: [
    subcommand({
      name: 'cat', complexity: 'O(1) since the categories and commands are a fixed set.',
      summary: 'Lists the categories of commands, or the commands of one.', syntax: '[categoryname]', flags: OPEN,
      run: cat,
    }),
    subcommand({
      name: 'deluser', complexity: 'O(1) amortized time considering the typical user.',
      summary: 'Removes users.', syntax: 'username...',
      run: deleteUsers,
    }),
    subcommand({
      name: 'dryrun', since: '7.0.0', complexity: 'O(1).',
      summary: 'Returns whether a user may call a command, without calling it.', syntax: 'username command [arg]...', arity: -4,
      run: dryRun,
    }),
    subcommand({ name: 'genpass', complexity: 'O(1)', summary: 'Makes up a password.', syntax: '[bits:integer]', flags: OPEN, run: makePassword }),
    subcommand({
      name: 'getuser', complexity: 'O(N). Where N is the number of password, command and pattern rules that the user has.',
      summary: 'Returns the rules of a user.', syntax: 'username',
      history: [['6.2.0', 'Patterns for channels.'], ['7.0.0', 'Selectors; patterns as they are written in rules.']],
      run: getUser,
    }),
    subcommand({ name: 'list', summary: 'Returns all users as lines of an ACL file.', syntax: '', run: listUsers }),
    subcommand({ name: 'load', summary: 'Reads the ACL file again.', syntax: '', run: load }),
    subcommand({
      name: 'log', complexity: 'O(N) with N being the number of entries shown.',
      summary: 'Lists recent denials.', syntax: '[count:integer | RESET]',
      run: log,
    }),
    subcommand({ name: 'save', summary: 'Writes the users into the ACL file.', syntax: '', run: save }),
    subcommand({
      name: 'setuser', complexity: 'O(N). Where N is the number of rules provided.',
      summary: 'Creates a user, or changes its permissions.', syntax: 'username [rule]...',
      history: [['6.2.0', 'Patterns for channels.'], ['7.0.0', 'Selectors and permissions for keys.']],
      run: setUser,
    }),
    subcommand({
      name: 'users', summary: 'Returns the names of all users.', syntax: '',
      run: (_argv, _db, { server }) => server.users.inOrder().map(({ name }) => name),
    }),
    subcommand({
      name: 'whoami', complexity: 'O(1)', summary: 'Returns the name of the user of this connection.', syntax: '', flags: OPEN,
      run: (_argv, _db, { user }) => user.name,
    }),
    helpCommand('acl', '6.0.0', [
      ['CAT [<category>]', 'The categories of commands, or the commands of one.'],
      ['DELUSER <username> [<username> ...]', 'Remove users; default can not be removed.'],
      ['DRYRUN <username> <command> [<arg> ...]', 'Whether a user may call a command.'],
      ['GENPASS [<bits>]', 'Generate a password of 256 bits, or of this many.'],
      ['GETUSER <username>', 'The rules of a user.'],
      ['LIST', 'All users as lines of an ACL file.'],
      ['LOAD', 'Read the ACL file again.'],
      ['LOG [<count> | RESET]', 'Recent denials.'],
      ['SAVE', 'Write the users into the ACL file.'],
      ['SETUSER <username> <attribute> [<attribute> ...]', 'Create or change a user.'],
      ['USERS', 'The names of all users.'],
      ['WHOAMI', 'The name of the user of this connection.'],
    ]),
  ],
});

function subcommand(declaration: Pick<CommandDeclaration, 'name' | 'summary' | 'syntax' | 'run'> & Partial<CommandDeclaration>): CommandDeclaration {
  return { since: '6.0.0', group: 'server', complexity: USERS_COMPLEXITY, flags: RESTRICTED, ...declaration };
}

function setUser(argv: Argv, _db: unknown, session: Session): Reply {
  const { users, hooks } = session.server;
  const rules = argv.slice(3);
  session.redacted = argv.map((argument, at) => (at < 2 ? argument : REDACTED));
  const complaint = users.set(argv[2]!, rules, (next, user) => disconnectSubscribers(session, user, next));
  if (complaint === null) return OK;
  // The error quotes the wrong rule.
  if (rules.some(isPasswordRule)) hooks.showsSecret?.(session);
  return errors.usersUnchanged(complaint);
}

function deleteUsers(argv: Argv, _db: unknown, session: Session): Reply {
  const names = argv.slice(2);
  if (names.includes('default')) return errors.DEFAULT_USER_STAYS;
  const deleted = names.map((name) => session.server.users.delete(name)).filter((user) => user !== undefined);
  disconnectUsers(session, deleted);
  return deleted.length;
}

function listUsers(_argv: Argv, _db: unknown, session: Session): Reply {
  const users = session.server.users.inOrder();
  if (users.some(({ passwords }) => passwords.length > 0)) session.server.hooks.showsSecret?.(session);
  return users.map((user) => user.describe());
}

function getUser(argv: Argv, _db: unknown, session: Session): Reply {
  const user = session.server.users.get(argv[2]!);
  if (user === undefined) return null;
  if (user.passwords.length > 0) session.server.hooks.showsSecret?.(session);
  const [root, ...others] = user.selectors;
  return new MapReply([
    'flags', new SetReply(user.flags),
    'passwords', user.passwords.map(({ hash }) => hash),
    ...selectorFields(root!),
    'selectors', others.map((selector) => new MapReply(selectorFields(selector))),
  ]);
}

function selectorFields(selector: Selector): Reply[] {
  return ['commands', selector.describeCommands(), 'keys', selector.keyRules.join(' '), 'channels', selector.channelRules.join(' ')];
}

function load(_argv: Argv, _db: unknown, session: Session): Reply {
  const { server } = session;
  if (server.config.values.aclfile === '') return errors.NO_ACL_FILE;
  try {
    disconnectUsers(session, server.users.load());
    return OK;
  } catch (error) {
    if (error instanceof AclFileError) return errors.usersUnchanged(error.message);
    throw error;
  }
}

function save(_argv: Argv, _db: unknown, { server }: Session): Reply {
  if (server.config.values.aclfile === '') return errors.NO_ACL_FILE;
  const complaint = server.users.save();
  if (complaint === null) return OK;
  server.log('warning', `Writing ACL file for ACL SAVE: ${complaint}`);
  return errors.ACL_NOT_SAVED;
}

function cat(argv: Argv, _db: unknown, session: Session): Reply {
  if (argv.length > 3) return errors.subcommandSyntax('acl', argv[1]!);
  if (argv.length === 2) return CATEGORY_ORDER;
  const category = argv[2]!.toLowerCase();
  if (!CATEGORY_ORDER.includes(category)) return errors.unknownCategory(argv[2]!);
  return [...session.server.commands.values()]
    .flatMap((described) => [described, ...(described.subcommands?.values() ?? [])])
    .filter((described) => categoriesOf(described).includes(category))
    .map(({ fullName }) => fullName);
}

function dryRun(argv: Argv, _db: unknown, session: Session): Reply {
  const user = session.server.users.get(argv[2]!);
  if (user === undefined) return errors.userNotFound(argv[2]!);
  const request = argv.slice(3);
  const asked = findCommand(session, request);
  if (asked === undefined) return errors.commandNotFound(argv[3]!);
  if (!asked.acceptsArgc(request.length)) return errors.wrongArity(asked.fullName);
  const denial = mayRun(user, asked, request);
  if (denial === null) return OK;
  const { reason, object } = denial;
  return `This user has no permissions to ${reason === 'command' ? `run the '${object}' command` : `access the '${errors.cString(object)}' ${reason}`}`;
}

function findCommand({ server }: Session, [name, subcommandName]: Argv): Command | undefined {
  const found = server.commands.get(name!.toLowerCase());
  if (found === undefined || found.subcommands === null || subcommandName === undefined) return found;
  return found.subcommands.get(subcommandName.toLowerCase());
}

/** From the system's randomness, not from the server's seed: knowing the seed must not reveal the password. */
function makePassword(argv: Argv, _db: unknown, session: Session): Reply {
  if (argv.length > 3) return errors.subcommandSyntax('acl', argv[1]!);
  const bits = argv.length === 3 ? integer(argv[2]!) : 256;
  if (bits <= 0 || bits > MAX_PASSWORD_BITS) return errors.PASSWORD_BITS;
  const digits = Math.ceil(bits / 4);
  const { host, hooks } = session.server;
  hooks.showsSecret?.(session);
  return host.randomHex(digits);
}

function log(argv: Argv, _db: unknown, { server }: Session): Reply {
  const { aclLog, clock } = server;
  if (argv.length > 3) return errors.subcommandSyntax('acl', argv[1]!);
  if (argv.length === 3 && isWord(argv[2]!, 'RESET')) {
    aclLog.reset();
    return OK;
  }
  const count = argv.length === 3 ? integer(argv[2]!) : LOG_ENTRIES;
  return aclLog.newest(Math.max(0, count)).map((entry) => logEntry(entry, clock.nowMs));
}

function logEntry({ count, reason, context, object, username, atMs, clientInfo }: AclLogEntry, nowMs: number): Reply {
  return mapReply({ count, reason, context, object, username, 'age-seconds': new Double((nowMs - atMs) / 1000), 'client-info': clientInfo });
}
