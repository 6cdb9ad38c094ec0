/** Moving keys to another server: MIGRATE. */
import { type Argv, command } from '../command/command.js';
import { key, keyword } from '../command/key-spec.js';
import type { Session } from '../command/session.js';
import * as errors from '../errors.js';
import type { ParkRequest } from '../features/blocking.js';
import type { Database } from '../keyspace/database.js';
import { NEVER } from '../keyspace/expires.js';
import { dump as encode } from '../keyspace/rdb/encoder.js';
import { atoi, timeLeft } from '../keyspace/types/int64.js';
import type { MigrationRequest } from '../replication/migrations.js';
import { SimpleString } from '../resp/reply.js';
import { integer, isWord } from './support/arguments.js';

const NO_KEY = new SimpleString('NOKEY');
const DEFAULT_TIMEOUT_MS = 1000;
const REDACTED = '(redacted)';

export const migrate = command({
  name: 'migrate', since: '2.6.0', group: 'generic', complexity: 'That of DUMP and DEL here, and of RESTORE there, and O(N) for N bytes between the two.',
  summary: 'Moves keys to another server.',
  syntax:
    "host port:integer (key | '') destination-db:integer timeout:integer [COPY] [REPLACE] [[AUTH password] | [AUTH2 {username password}]] [KEYS key...]",
  arity: -6,
  flags: ['write', 'movablekeys'],
  categories: ['keyspace', 'dangerous'],
  keys: [key(3, 'RW access delete'), keyword('KEYS', -2, -1, 1, 'RW access delete incomplete')],
  tips: ['nondeterministic_output'],
  history: [['3.0.0', '`COPY` and `REPLACE`.'], ['3.0.6', '`KEYS`.'], ['4.0.7', '`AUTH`.'], ['6.0.0', '`AUTH2`.']],
  run(argv, db, session) {
    const options = parse(argv);
    if (options.secretAt.length > 0) session.redacted = argv.map((argument, at) => (options.secretAt.includes(at) ? REDACTED : argument));
    const timeoutMs = integer(argv[5]!);
    const target = integer(argv[4]!);
    const found = collect(db, options, session);
    if (found.keys.length === 0) return NO_KEY;
    if (session.deniesBlocking) return errors.MIGRATE_IN_TRANSACTION;
    const { blocking, migrations } = session.server;
    // Only who is not held by writes of others comes here meanwhile: a client that is obeyed.
    if (migrations.isUnderWay) return errors.MIGRATE_UNDER_WAY;
    const { password, user, copies } = options;
    const request: MigrationRequest = {
      host: argv[1]!, port: atoi(argv[2]!), db: target, timeoutMs: timeoutMs <= 0 ? DEFAULT_TIMEOUT_MS : timeoutMs, copies, password, user, ...found,
    };
    const reply = blocking.park(session, argv, waitForTarget());
    if (session.waiting !== null) migrations.begin(session, db.index, request);
    return reply;
  },
  waitFor: waitForTarget,
});

/** It waits for no key: the end of the migration answers it. */
function waitForTarget(): ParkRequest {
  return { keys: [], type: 'string', timeoutMs: 0, timedOut: errors.MIGRATE_BROKEN, serve: () => undefined };
}

interface Options {
  copies: boolean;
  replaces: boolean;
  user: string | null;
  password: string | null;
  /** Positions of what is not to be shown. */
  secretAt: readonly number[];
  keys: readonly string[];
}

function parse(argv: Argv): Options {
  const options: Options = { copies: false, replaces: false, user: null, password: null, secretAt: [], keys: [argv[3]!] };
  for (let at = 6; at < argv.length; at++) {
    const more = argv.length - 1 - at;
    if (isWord(argv[at]!, 'COPY')) options.copies = true;
    else if (isWord(argv[at]!, 'REPLACE')) options.replaces = true;
    else if (isWord(argv[at]!, 'AUTH') && more >= 1) {
      Object.assign(options, { user: null, password: argv[at + 1]!, secretAt: [...options.secretAt, at + 1] });
      at += 1;
    } else if (isWord(argv[at]!, 'AUTH2') && more >= 2) {
      Object.assign(options, { user: argv[at + 1]!, password: argv[at + 2]!, secretAt: [...options.secretAt, at + 1, at + 2] });
      at += 2;
    } else if (isWord(argv[at]!, 'KEYS')) {
      if (argv[3] !== '') throw errors.MIGRATE_KEY_AND_KEYS;
      return { ...options, keys: argv.slice(at + 1) };
    } else throw errors.SYNTAX;
  }
  return options;
}

/** The keys that are there, and the RESTORE of each. */
function collect(db: Database, { keys, replaces }: Options, { server }: Session): Pick<MigrationRequest, 'keys' | 'restores'> {
  const found = keys.flatMap((name) => {
    const value = db.lookupRead(name);
    if (value === undefined) return [];
    const atMs = db.exactExpireAt(name);
    const leftMs = timeLeft(atMs, server.keyspace.nowMs);
    const ttl = atMs === NEVER ? 0 : leftMs < 1 ? 1 : leftMs;
    return [{ name, restore: ['RESTORE', name, String(ttl), encode(value, server.config.values), ...(replaces ? ['REPLACE'] : [])] }];
  });
  return { keys: found.map(({ name }) => name), restores: found.map(({ restore }) => restore) };
}
