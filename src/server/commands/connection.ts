/** Connection commands: PING ECHO SELECT AUTH HELLO QUIT RESET. CLIENT is in client.ts. */
import { command } from '../command/command.js';
import type { Argv } from '../command/command.js';
import * as errors from '../errors.js';
import type { Session } from '../command/session.js';
import { ErrorReply, mapReply, OK, PONG, type Reply, SimpleString } from '../resp/reply.js';
import { integer, isWord } from './support/arguments.js';
import { REDIS_VERSION } from '../version.js';
import { authenticate, REDACTED } from './support/authentication.js';
import { isClientName } from './support/client-name.js';

const RESET_DONE = new SimpleString('RESET');

export const ping = command({
  name: 'ping', since: '1.0.0', group: 'connection', complexity: 'O(1)',
  summary: 'Answers PONG, or the message if there is one.',
  syntax: '[message]',
  flags: ['fast'],
  categories: ['connection'],
  tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
  run(argv, _db, session) {
    if (argv.length > 2) return errors.wrongArity('ping');
    if (session.version === 2 && session.subscriptions > 0) return ['pong', argv[1] ?? ''];
    return argv[1] ?? PONG;
  },
});

export const echo = command({
  name: 'echo', since: '1.0.0', group: 'connection', complexity: 'O(1)',
  summary: 'Answers the message.',
  syntax: 'message',
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  run: (argv) => argv[1]!,
});

export const select = command({
  name: 'select', since: '1.0.0', group: 'connection', complexity: 'O(1)',
  summary: 'Chooses the database for the commands that follow.',
  syntax: 'index:integer',
  flags: ['loading', 'stale', 'fast'],
  categories: ['connection'],
  run(argv, _db, session) {
    const index = integer(argv[1]!);
    if (index < -0x80000000 || index > 0x7fffffff) return errors.outOfRange(-0x80000000, 0x7fffffff);
    const db = session.server.keyspace.databases[index];
    if (db === undefined) return errors.DB_INDEX_OUT_OF_RANGE;
    session.db = db;
    return OK;
  },
});

export const auth = command({
  name: 'auth', since: '1.0.0', group: 'connection', complexity: 'O(N) where N is the number of passwords defined for the user',
  summary: 'Authenticates the client.',
  syntax: '[username] password',
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  history: [['6.0.0', 'A user name may precede the password.']],
  run(argv, _db, session) {
    if (argv.length > 3) return errors.SYNTAX;
    session.redacted = argv.map((argument, at) => (at === 0 ? argument : REDACTED));
    if (argv.length === 2 && session.server.users.default.isNoPass) return errors.NO_PASSWORD_SET;
    const [user, password] = argv.length === 2 ? ['default', argv[1]!] : [argv[1]!, argv[2]!];
    return authenticate(session, argv[0]!, user, password) ? OK : errors.WRONG_PASSWORD;
  },
});

export const hello = command({
  name: 'hello', since: '6.0.0', group: 'connection', complexity: 'O(1)',
  summary: 'Chooses the protocol version, and introduces client and server to each other.',
  syntax: '[protover:integer [AUTH {username password}] [SETNAME clientname]]',
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  history: [['6.2.0', 'Without arguments it only returns facts about the connection.']],
  run(argv, _db, session) {
    const version = argv.length > 1 ? integer(argv[1]!, errors.PROTOCOL_VERSION_NOT_A_NUMBER) : session.version;
    if (version !== 2 && version !== 3) return errors.NO_PROTOCOL_VERSION;
    const options = parseHello(session, argv);
    if (options instanceof ErrorReply) return options;
    const { user, password, name } = options;
    if (user !== null && !authenticate(session, argv[0]!, user, password)) return errors.WRONG_PASSWORD;
    if (!session.authenticated) return errors.HELLO_NEEDS_AUTH;
    if (name !== null) session.name = name;
    session.version = version;
    return greeting(session);
  },
});

interface HelloOptions {
  user: string | null;
  password: string;
  name: string | null;
}

function parseHello(session: Session, argv: Argv): HelloOptions | ErrorReply {
  const options: HelloOptions = { user: null, password: '', name: null };
  for (let at = 2; at < argv.length; at++) {
    const more = argv.length - 1 - at;
    if (isWord(argv[at]!, 'AUTH') && more >= 2) {
      session.redacted = (session.redacted ?? argv).map((argument, index) => (index === at + 1 || index === at + 2 ? REDACTED : argument));
      options.user = argv[++at]!;
      options.password = argv[++at]!;
    } else if (isWord(argv[at]!, 'SETNAME') && more >= 1) {
      options.name = argv[++at]!;
      if (!isClientName(options.name)) return errors.BAD_CLIENT_NAME;
    } else {
      return errors.helloOption(argv[at]!);
    }
  }
  return options;
}

function greeting({ version, id }: Session): Reply {
  return mapReply({ server: 'redis', version: REDIS_VERSION, proto: version, id, mode: 'standalone', role: 'master', modules: [] });
}

export const quit = command({
  name: 'quit', since: '1.0.0', group: 'connection', complexity: 'O(1)',
  summary: 'Closes the connection once all replies are written.',
  syntax: '',
  arity: -1,
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  run(_argv, _db, session) {
    session.transport.closeAfterReply();
    return OK;
  },
});

export const reset = command({
  name: 'reset', since: '6.2.0', group: 'connection', complexity: 'O(1)',
  summary: 'Resets the connection to its initial state.',
  syntax: '',
  flags: ['noscript', 'loading', 'stale', 'fast', 'no_auth', 'allow_busy'],
  categories: ['connection'],
  run(_argv, _db, session) {
    const { server } = session;
    if (session.isMonitor) server.monitors.remove(session);
    if (session.isSpectator || session.isMaster) return errors.RESET_OF_LINK;
    server.tracking.disable(session);
    session.endTransaction();
    server.pubsub.forget(session);
    session.db = server.keyspace.databases[0]!;
    session.version = 2;
    session.user = server.users.default;
    session.authenticated = !server.requiresPassword();
    session.name = '';
    session.replyMode = 'on';
    return RESET_DONE;
  },
});
