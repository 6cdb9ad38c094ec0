/**
 * Client commands: CLIENT (CACHING GETNAME GETREDIR HELP ID INFO KILL LIST NO-EVICT PAUSE REPLY SETNAME TRACKING TRACKINGINFO UNBLOCK UNPAUSE).
 *
 * The implementation is elsewhere: command/client-info.ts, features/client-pause.ts, tracking.ts, blocking.ts.
 */
import { command, type Argv, type CommandDeclaration } from '../command/command.js';
import { clientInfo } from '../command/client-info.js';
import { PAUSE_ALL, PAUSE_WRITE } from '../features/client-pause.js';
import * as errors from '../errors.js';
import type { Session } from '../command/session.js';
import type { User } from '../features/users/user.js';
import type { TrackingOptions } from '../features/tracking.js';
import { ErrorReply, MapReply, NO_REPLY, OK, type Reply, SetReply, Verbatim } from '../resp/reply.js';
import { integer, isWord } from './support/arguments.js';
import { isClientName } from './support/client-name.js';
import { helpCommand } from './support/help.js';
import { timeoutMilliseconds } from './support/timeout.js';

const OPEN = ['noscript', 'loading', 'stale'] as const;
const RESTRICTED = ['admin', ...OPEN] as const;
/** 2^63. */
const INT64_OVERFLOW = 2 ** 63;
const TYPES = 'NORMAL | MASTER | REPLICA | PUBSUB';

export const client = command({
  name: 'client', since: '2.4.0', group: 'connection', complexity: 'Depends on subcommand.',
  summary: 'Inspects and changes connections.',
  syntax: '',
  subcommands: [
    subcommand({ name: 'caching', since: '6.0.0', summary: 'Says whether the keys of the next command are tracked.', syntax: '(YES | NO)', run: caching }),
    subcommand({
      name: 'getname', since: '2.6.9', summary: 'Returns the name of this connection.', syntax: '',
      run: (_argv, _db, { name }) => (name === '' ? null : name),
    }),
    subcommand({
      name: 'getredir', since: '6.0.0', summary: 'Returns the id of the client that invalidations go to instead.', syntax: '',
      run: (_argv, _db, { tracking }) => (tracking === null ? -1 : tracking.options.redirect),
    }),
    subcommand({ name: 'id', since: '5.0.0', summary: 'Returns the id of this connection.', syntax: '', run: (_argv, _db, { id }) => id }),
    subcommand({
      name: 'info', since: '6.2.0', summary: 'Returns the line of CLIENT LIST about this connection.', syntax: '', tips: ['nondeterministic_output'],
      run: (argv, _db, session) => new Verbatim(`${clientInfo(session, argv)}\n`),
    }),
    subcommand({
      name: 'kill', since: '2.4.0', complexity: 'O(N) where N is the number of client connections', flags: RESTRICTED,
      summary: 'Closes connections, chosen by address or other properties.',
      // An address of the form ip:port; names in the notation cannot contain a colon.
      syntax:
        '(address | ([ID client-id:integer] | [TYPE (NORMAL | MASTER | SLAVE | REPLICA | PUBSUB)] | [USER username] | ' +
        '[ADDR address] | [LADDR address] | [SKIPME yes-or-no])...)',
      arity: -3,
      history: [
        ['2.8.12', 'Properties may be given as pairs of an option and a value.'], ['2.8.12', 'The option ID.'], ['3.2.0', 'The type master.'],
        ['5.0.0', 'The type slave is called replica as well.'], ['6.2.0', 'The option LADDR.'],
      ],
      run: kill,
    }),
    subcommand({
      name: 'list', since: '2.4.0', complexity: 'O(N) where N is the number of client connections', flags: RESTRICTED, tips: ['nondeterministic_output'],
      summary: 'Returns a line about every connection.',
      syntax: `[TYPE (${TYPES})] [ID {client-id:integer...}]`,
      history: [
        ['2.8.12', 'The field id.'], ['5.0.0', 'The option TYPE.'], ['6.0.0', 'The field user.'],
        ['6.2.0', 'The fields argv-mem, tot-mem, laddr and redir; the option ID.'],
        ['7.0.0', 'The fields resp, multi-mem, rbs and rbp.'], ['7.0.3', 'The field ssub.'],
      ],
      run: list,
    }),
    subcommand({
      name: 'no-evict', since: '7.0.0', summary: 'Protects this connection from being closed to save memory.', syntax: '(ON | OFF)', flags: RESTRICTED,
      run(argv, _db, session) {
        session.noEvict = onOrOff(argv[2]!);
        return OK;
      },
    }),
    subcommand({
      name: 'pause', since: '2.9.50', summary: 'Holds back the commands of all clients for some milliseconds.',
      syntax: 'timeout:integer [WRITE | ALL]', flags: RESTRICTED,
      history: [['6.2.0', 'Mode WRITE holds back only what changes something.']],
      run: pause,
    }),
    subcommand({ name: 'reply', since: '3.2.0', summary: 'Says whether commands are answered at all.', syntax: '(ON | OFF | SKIP)', run: reply }),
    subcommand({ name: 'setname', since: '2.6.9', summary: 'Names this connection.', syntax: 'connection-name', run: setName }),
    subcommand({
      name: 'tracking', since: '6.0.0', complexity: 'O(1). Some options may introduce additional complexity.',
      summary: 'Sends this client invalidations of the keys that it has read.',
      syntax: '(ON | OFF) [REDIRECT client-id:integer] [PREFIX prefix]... [BCAST] [OPTIN] [OPTOUT] [NOLOOP]',
      run: track,
    }),
    subcommand({
      name: 'trackinginfo', since: '6.2.0', summary: 'Returns how this connection is tracked.', syntax: '',
      run: (_argv, _db, session) => trackingInfo(session),
    }),
    subcommand({
      name: 'unblock', since: '5.0.0', complexity: 'O(log N) where N is the number of client connections', flags: RESTRICTED,
      summary: 'Ends the waiting of a client in a blocking command.', syntax: 'client-id:integer [TIMEOUT | ERROR]',
      run: unblock,
    }),
    subcommand({
      name: 'unpause', since: '6.2.0', complexity: 'O(N) Where N is the number of paused clients', flags: RESTRICTED,
      summary: 'Ends CLIENT PAUSE.', syntax: '',
      run(_argv, _db, session) {
        session.server.pause.end();
        return OK;
      },
    }),
    {
      ...helpCommand('client', '5.0.0', [
        ['CACHING (YES|NO)', 'Track the keys of the next command, in OPTIN mode, or do not, in OPTOUT mode.'],
        ['GETNAME', 'The name of this connection.'],
        ['GETREDIR', 'The id of the client that invalidations go to.'],
        ['ID', 'The id of this connection.'],
        ['INFO', 'The line of LIST about this connection.'],
        ['KILL <ip:port>', 'Close the connection from that address.'],
        ['KILL <option> <value> [<option> <value> [...]]', 'Close connections by ADDR, LADDR, ID, TYPE, USER; SKIPME (YES|NO).'],
        ['LIST [TYPE (NORMAL|MASTER|REPLICA|PUBSUB)] [ID <id> [...]]', 'A line about each connection.'],
        ['NO-EVICT (ON|OFF)', 'Protect this connection from being closed to save memory.'],
        ['PAUSE <timeout> [WRITE|ALL]', 'Hold back commands, or only writes, for this many milliseconds.'],
        ['REPLY (ON|OFF|SKIP)', 'Answer commands, answer none, or leave out the next answer.'],
        ['SETNAME <name>', 'Name this connection.'],
        ['TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]] [OPTIN] [OPTOUT] [NOLOOP]', 'Tell this client when keys change.'],
        ['TRACKINGINFO', 'How this connection is tracked.'],
        ['UNBLOCK <clientid> [TIMEOUT|ERROR]', 'End the waiting of a blocked client.'],
        ['UNPAUSE', 'End a pause.'],
      ]),
      group: 'connection',
      categories: ['connection'],
    },
  ],
});

/** What most of them have in common. */
function subcommand(declaration: Pick<CommandDeclaration, 'name' | 'since' | 'summary' | 'syntax' | 'run'> & Partial<CommandDeclaration>): CommandDeclaration {
  return { group: 'connection', complexity: 'O(1)', flags: OPEN, categories: ['connection'], ...declaration };
}

function onOrOff(word: string): boolean {
  if (isWord(word, 'ON')) return true;
  if (isWord(word, 'OFF')) return false;
  throw errors.SYNTAX;
}

function setName(argv: Argv, _db: unknown, session: Session): Reply {
  if (!isClientName(argv[2]!)) return errors.BAD_CLIENT_NAME;
  session.name = argv[2]!;
  return OK;
}

/** OFF and SKIP have no reply; SKIP has no effect while replies are off. */
function reply(argv: Argv, _db: unknown, session: Session): Reply {
  const mode = argv[2]!;
  if (isWord(mode, 'ON')) {
    session.replyMode = 'on';
    return OK;
  }
  if (isWord(mode, 'OFF')) session.replyMode = 'off';
  else if (!isWord(mode, 'SKIP')) return errors.SYNTAX;
  else if (session.replyMode !== 'off') session.replyMode = 'skip-next';
  return NO_REPLY;
}

// LIST and KILL.

type ClientType = 'normal' | 'master' | 'replica' | 'pubsub';

function parseType(text: string): ClientType {
  const type = text.toLowerCase();
  if (type === 'slave') return 'replica';
  if (type === 'normal' || type === 'master' || type === 'replica' || type === 'pubsub') return type;
  throw errors.unknownClientType(text);
}

function typeOfClient(session: Session): ClientType {
  if (session.isMaster) return 'master';
  if (session.isReplica) return 'replica';
  return session.subscriptions > 0 ? 'pubsub' : 'normal';
}

function list(argv: Argv, _db: unknown, session: Session): Reply {
  const all = session.server.sessions;
  const line = (client: Session): string => `${clientInfo(client, client === session ? argv : [])}\n`;
  if (argv.length > 3 && isWord(argv[2]!, 'ID')) {
    const ids = argv.slice(3).map((id) => integer(id, errors.INVALID_CLIENT_ID));
    return new Verbatim(ids.map((id) => all.get(id)).filter((client) => client !== undefined).map(line).join(''));
  }
  if (argv.length === 2) return new Verbatim([...all.values()].map(line).join(''));
  if (argv.length !== 4 || !isWord(argv[2]!, 'TYPE')) return errors.SYNTAX;
  const type = parseType(argv[3]!);
  return new Verbatim([...all.values()].filter((client) => typeOfClient(client) === type).map(line).join(''));
}

interface KillFilter {
  address?: string;
  localAddress?: string;
  type?: ClientType;
  id?: number;
  user?: User | undefined;
  skipMe: boolean;
}

function kill(argv: Argv, _db: unknown, session: Session): Reply {
  // The old form, with only an address, may kill the client itself.
  if (argv.length === 3) return killAll(session, { address: argv[2]!, skipMe: false }) === 0 ? errors.NO_SUCH_CLIENT : OK;
  return killAll(session, parseKillFilter(session, argv));
}

function parseKillFilter(session: Session, argv: Argv): KillFilter {
  const filter: KillFilter = { skipMe: true };
  for (let at = 2; at < argv.length; at += 2) {
    const value = argv[at + 1];
    if (value === undefined) throw errors.SYNTAX;
    switch (argv[at]!.toUpperCase()) {
      case 'ID':
        filter.id = clientId(value);
        break;
      case 'TYPE':
        filter.type = parseType(value);
        break;
      case 'ADDR':
        filter.address = value;
        break;
      case 'LADDR':
        filter.localAddress = value;
        break;
      case 'USER':
        filter.user = session.server.users.get(value);
        if (filter.user === undefined) throw errors.noSuchUser(value);
        break;
      case 'SKIPME':
        filter.skipMe = yesOrNo(value);
        break;
      default:
        throw errors.SYNTAX;
    }
  }
  return filter;
}

function clientId(text: string): number {
  const id = integer(text, errors.CLIENT_ID_NOT_POSITIVE);
  if (id < 1) throw errors.CLIENT_ID_NOT_POSITIVE;
  return id;
}

function yesOrNo(word: string): boolean {
  if (isWord(word, 'YES')) return true;
  if (isWord(word, 'NO')) return false;
  throw errors.SYNTAX;
}

/** Returns the number of killed clients; the client itself gets its reply first. */
function killAll(session: Session, filter: KillFilter): number {
  let killed = 0;
  for (const client of session.server.sessions.values()) {
    if (!isMeant(client, filter) || (client === session && filter.skipMe)) continue;
    if (client === session) client.transport.closeAfterReply();
    else client.transport.close('killed by CLIENT KILL');
    killed++;
  }
  return killed;
}

function isMeant(client: Session, { address, localAddress, type, id, user }: KillFilter): boolean {
  return (
    (address === undefined || client.transport.peer === address) &&
    (localAddress === undefined || client.transport.local === localAddress) &&
    (type === undefined || typeOfClient(client) === type) &&
    (id === undefined || client.id === id) &&
    (user === undefined || client.user === user)
  );
}

// PAUSE and UNBLOCK.

function pause(argv: Argv, _db: unknown, session: Session): Reply {
  if (argv.length > 4) return errors.subcommandSyntax('client', argv[1]!);
  const mode = argv.length === 4 ? pauseMode(argv[3]!) : PAUSE_ALL;
  const { pause: running, clock } = session.server;
  const timeoutMs = timeoutMilliseconds(argv[2]!);
  // Where 64 bits overflow, Redis's pause ends in the past; so does one of 0.
  const isPast = timeoutMs === 0 || timeoutMs + clock.nowMs >= INT64_OVERFLOW;
  running.begin(mode, isPast ? 0 : clock.nowMs + timeoutMs);
  return OK;
}

function pauseMode(word: string): typeof PAUSE_ALL | typeof PAUSE_WRITE {
  if (isWord(word, 'WRITE')) return PAUSE_WRITE;
  if (isWord(word, 'ALL')) return PAUSE_ALL;
  throw errors.PAUSE_MODE;
}

function unblock(argv: Argv, _db: unknown, { server }: Session): Reply {
  if (argv.length > 4) return errors.subcommandSyntax('client', argv[1]!);
  const how = argv.length === 4 ? unblockReason(argv[3]!) : 'timeout';
  const target = server.sessions.get(integer(argv[2]!));
  return target !== undefined && server.blocking.unblock(target, how) ? 1 : 0;
}

function unblockReason(word: string): 'timeout' | 'error' {
  if (isWord(word, 'TIMEOUT')) return 'timeout';
  if (isWord(word, 'ERROR')) return 'error';
  throw errors.UNBLOCK_REASON;
}

// TRACKING and CACHING.

function track(argv: Argv, _db: unknown, session: Session): Reply {
  const parsed = parseTracking(session, argv);
  if (parsed instanceof ErrorReply) return parsed;
  const { tracking } = session.server;
  if (!onOrOff(argv[2]!)) {
    tracking.disable(session);
    return OK;
  }
  const problem = conflict(session, parsed.options, parsed.prefixes);
  if (problem !== null) return problem;
  tracking.enable(session, parsed.options, parsed.prefixes);
  return OK;
}

function parseTracking({ server }: Session, argv: Argv): { options: TrackingOptions; prefixes: string[] } | ErrorReply {
  const options = { redirect: 0, isBroadcast: false, optIn: false, optOut: false, noLoop: false };
  const prefixes: string[] = [];
  for (let at = 3; at < argv.length; at++) {
    const word = argv[at]!.toUpperCase();
    const hasMore = at + 1 < argv.length;
    if (word === 'REDIRECT' && hasMore) {
      if (options.redirect !== 0) return errors.ONE_REDIRECT;
      options.redirect = integer(argv[++at]!);
      if (!server.sessions.has(options.redirect)) return errors.NO_REDIRECT_TARGET;
    } else if (word === 'PREFIX' && hasMore) {
      prefixes.push(argv[++at]!);
    } else if (word === 'BCAST') options.isBroadcast = true;
    else if (word === 'OPTIN') options.optIn = true;
    else if (word === 'OPTOUT') options.optOut = true;
    else if (word === 'NOLOOP') options.noLoop = true;
    else return errors.SYNTAX;
  }
  return { options, prefixes };
}

/** Returns the error for options that exclude each other, or contradict the current tracking. */
function conflict({ tracking }: Session, options: TrackingOptions, prefixes: readonly string[]): ErrorReply | null {
  const { isBroadcast, optIn, optOut } = options;
  if (!isBroadcast && prefixes.length > 0) return errors.PREFIX_NEEDS_BROADCAST;
  if (tracking !== null && tracking.options.isBroadcast !== isBroadcast) return errors.CAN_NOT_SWITCH_BROADCAST;
  if (isBroadcast && (optIn || optOut)) return errors.NO_OPT_WITH_BROADCAST;
  if (optIn && optOut) return errors.OPTIN_OR_OPTOUT;
  if (tracking !== null && ((optIn && tracking.options.optOut) || (optOut && tracking.options.optIn))) return errors.CAN_NOT_SWITCH_OPT;
  return isBroadcast ? overlap(tracking === null ? [] : [...tracking.prefixes].sort(), prefixes) : null;
}

/** No key may match two prefixes of one client. */
function overlap(existing: readonly string[], prefixes: readonly string[]): ErrorReply | null {
  for (let i = 0; i < prefixes.length; i++) {
    const prefix = prefixes[i]!;
    const clash = existing.find((other) => overlaps(other, prefix));
    if (clash !== undefined) return errors.prefixOverlaps(prefix, clash, 'an existing');
    const other = prefixes.slice(i + 1).find((later) => overlaps(later, prefix));
    if (other !== undefined) return errors.prefixOverlaps(prefix, other, 'another provided');
  }
  return null;
}

function overlaps(a: string, b: string): boolean {
  return a.startsWith(b) || b.startsWith(a);
}

function caching(argv: Argv, _db: unknown, { tracking }: Session): Reply {
  if (tracking === null) return errors.CACHING_NEEDS_TRACKING;
  const wanted = yesOrNo(argv[2]!);
  if (wanted && !tracking.options.optIn) return errors.CACHING_YES_NEEDS_OPTIN;
  if (!wanted && !tracking.options.optOut) return errors.CACHING_NO_NEEDS_OPTOUT;
  tracking.isCachingGiven = true;
  return OK;
}

function trackingInfo({ tracking }: Session): Reply {
  if (tracking === null) return new MapReply(['flags', new SetReply(['off']), 'redirect', -1, 'prefixes', []]);
  const { options, isCachingGiven, isRedirectBroken, prefixes } = tracking;
  const flags = ['on'];
  if (options.isBroadcast) flags.push('bcast');
  if (options.optIn) flags.push('optin', ...(isCachingGiven ? ['caching-yes'] : []));
  if (options.optOut) flags.push('optout', ...(isCachingGiven ? ['caching-no'] : []));
  if (options.noLoop) flags.push('noloop');
  if (isRedirectBroken) flags.push('broken_redirect');
  return new MapReply(['flags', new SetReply(flags), 'redirect', options.redirect, 'prefixes', [...prefixes].sort()]);
}
