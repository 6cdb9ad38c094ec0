/**
 * Access control: ACL (CAT DELUSER DRYRUN GENPASS GETUSER HELP LIST LOAD LOG SAVE SETUSER USERS WHOAMI).
 *
 * There is one user, `default`, who may do everything and whose password is `requirepass`. ACL says so in Redis's forms;
 * SETUSER, which would make others, is refused.
 */
import { createHash } from 'node:crypto';
import { categoriesOf, CATEGORY_ORDER } from '../command/command-facts.js';
import { command, type Argv, type Command, type CommandDeclaration } from '../command/command.js';
import * as errors from '../errors.js';
import type { Session } from '../command/session.js';
import type { AclLogEntry } from '../features/acl-log.js';
import { Double, mapReply, OK, type Reply, SetReply } from '../resp/reply.js';
import { integer, isWord } from './support/arguments.js';
import { helpCommand } from './support/help.js';

const OPEN = ['noscript', 'loading', 'stale'] as const;
const RESTRICTED = ['admin', ...OPEN] as const;
const USERS_COMPLEXITY = 'O(N). Where N is the number of configured users.';
const MAX_PASSWORD_BITS = 4096;
/** That ACL LOG shows unless it is told how many. */
const LOG_ENTRIES = 10;

export const acl = command({
  name: 'acl', since: '6.0.0', group: 'server', complexity: 'Depends on subcommand.',
  summary: 'Looks at users and what they may do.',
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
      summary: 'Says whether a user may call a command, without calling it.', syntax: 'username command [arg]...', arity: -4,
      run: dryRun,
    }),
    subcommand({ name: 'genpass', complexity: 'O(1)', summary: 'Makes up a password.', syntax: '[bits:integer]', flags: OPEN, run: makePassword }),
    subcommand({
      name: 'getuser', complexity: 'O(N). Where N is the number of password, command and pattern rules that the user has.',
      summary: 'Returns the rules of a user.', syntax: 'username',
      history: [['6.2.0', 'Patterns for channels.'], ['7.0.0', 'Selectors; patterns as they are written in rules.']],
      run: (argv, _db, session) => (argv[2] === 'default' ? describeUser(session) : null),
    }),
    subcommand({ name: 'list', summary: 'Returns all users as lines of an ACL file.', syntax: '', run: (_argv, _db, session) => [userLine(session)] }),
    subcommand({ name: 'load', summary: 'Reads the ACL file again.', syntax: '', run: () => errors.NO_ACL_FILE }),
    subcommand({
      name: 'log', complexity: 'O(N) with N being the number of entries shown.',
      summary: 'Lists what was denied lately: AUTH and HELLO with a user or password that is not known.', syntax: '[count:integer | RESET]',
      run: log,
    }),
    subcommand({ name: 'save', summary: 'Writes the users into the ACL file.', syntax: '', run: () => errors.NO_ACL_FILE }),
    subcommand({
      name: 'setuser', complexity: 'O(N). Where N is the number of rules provided.',
      summary: 'Refused: there is only the default user.', syntax: 'username [rule]...',
      history: [['6.2.0', 'Patterns for channels.'], ['7.0.0', 'Selectors and permissions for keys.']],
      run: () => errors.NO_OTHER_USERS,
    }),
    subcommand({ name: 'users', summary: 'Returns the names of all users.', syntax: '', run: () => ['default'] }),
    subcommand({
      name: 'whoami', complexity: 'O(1)', summary: 'Returns the name of the user of this connection.', syntax: '', flags: OPEN,
      run: (_argv, _db, { user }) => user.name,
    }),
    helpCommand('acl', '6.0.0', [
      ['CAT [<category>]', 'The categories of commands, or the commands of one.'],
      ['DELUSER <username> [<username> ...]', 'Remove users; default can not be removed.'],
      ['DRYRUN <username> <command> [<arg> ...]', 'Whether a user may call a command.'],
      ['GENPASS [<bits>]', 'Make up a password of 256 bits, or of so many.'],
      ['GETUSER <username>', 'The rules of a user.'],
      ['LIST', 'All users as lines of an ACL file.'],
      ['LOAD', 'Read the ACL file again; there is none.'],
      ['LOG [<count> | RESET]', 'What was denied lately.'],
      ['SAVE', 'Write the ACL file; there is none.'],
      ['SETUSER <username> <attribute> [<attribute> ...]', 'Refused: there is only the user default; CONFIG SET requirepass changes its password.'],
      ['USERS', 'The names of all users.'],
      ['WHOAMI', 'The name of the user of this connection.'],
    ]),
  ],
});

function subcommand(declaration: Pick<CommandDeclaration, 'name' | 'summary' | 'syntax' | 'run'> & Partial<CommandDeclaration>): CommandDeclaration {
  return { since: '6.0.0', group: 'server', complexity: USERS_COMPLEXITY, flags: RESTRICTED, ...declaration };
}

/** As Redis stores it: SHA-256 in hexadecimal. Null without a password. */
function passwordHash(session: Session): string | null {
  const { server } = session;
  if (!server.requiresPassword()) return null;
  server.hooks.showsSecret?.(session);
  return createHash('sha256').update(server.config.values.requirepass, 'latin1').digest('hex');
}

function userLine(session: Session): string {
  const hash = passwordHash(session);
  return `user default on ${hash === null ? 'nopass' : `#${hash}`} ~* &* +@all`;
}

function describeUser(session: Session): Reply {
  const hash = passwordHash(session);
  return mapReply({
    flags: new SetReply(hash === null ? ['on', 'nopass'] : ['on']),
    passwords: hash === null ? [] : [hash],
    commands: '+@all',
    keys: '~*',
    channels: '&*',
    selectors: [],
  });
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

function deleteUsers(argv: Argv): Reply {
  return argv.slice(2).includes('default') ? errors.DEFAULT_USER_STAYS : 0;
}

function dryRun(argv: Argv, _db: unknown, session: Session): Reply {
  if (argv[2] !== 'default') return errors.userNotFound(argv[2]!);
  const asked = findCommand(session, argv.slice(3));
  if (asked === undefined) return errors.commandNotFound(argv[3]!);
  return asked.acceptsArgc(argv.length - 3) ? OK : errors.wrongArity(asked.fullName);
}

function findCommand({ server }: Session, [name, subcommandName]: Argv): Command | undefined {
  const found = server.commands.get(name!.toLowerCase());
  if (found === undefined || found.subcommands === null || subcommandName === undefined) return found;
  return found.subcommands.get(subcommandName.toLowerCase());
}

/** From the system's own randomness, not from the server's seed: whoever knows the seed must not know the password. */
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
