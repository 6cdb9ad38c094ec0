/**
 * DEBUG: commands for tests: CHANGE-REPL-ID CLUSTERLINK DIGEST DIGEST-VALUE DROP-CLUSTER-PACKET-FILTER ERROR HTSTATS HTSTATS-KEY LISTPACK LOADAOF LOG OBJECT
 * PAUSE-CRON POPULATE PROTOCOL QUICKLIST QUICKLIST-PACKED-THRESHOLD RELOAD REPLICATE REPLYBUFFER SDSLEN SET-ACTIVE-EXPIRE SET-DISABLE-DENY-SCRIPTS SLEEP
 * STRINGMATCH-TEST STRUCTSIZE HELP.
 */
import { ownText } from '../../shared/own-text.js';
import { command, type Argv } from '../command/command.js';
import * as errors from '../errors.js';
import type { Session } from '../command/session.js';
import type { Database } from '../keyspace/database.js';
import { TO_REPLICAS } from '../keyspace/effects.js';
import { compact, encodingOf, isString, memoryOf, type Value } from '../keyspace/value.js';
import { Attribute, BigNumber, Double, ErrorReply, MapReply, OK, Push, SetReply, SimpleString, Verbatim, type Reply } from '../resp/reply.js';
import { datasetDigest, valueDigest } from './support/digest.js';
import { helpReply } from './support/help.js';
import { tableStats } from './support/table-stats.js';
import { matchesGlob } from '../keyspace/glob.js';
import { scriptingOf } from '../scripting/scripting.js';
import { atoi } from '../keyspace/types/int64.js';
import { integer, isWord } from './support/arguments.js';

interface Subcommand {
  /** Minimum and maximum number of arguments after the subcommand's name. */
  readonly arguments: readonly [least: number, most: number];
  /** It needs all of the dataset, or replaces it: refused while one is being loaded. */
  readonly needsDataset?: true;
  readonly run: (argv: Argv, db: Database, session: Session) => Reply;
}

const SUBCOMMANDS: { readonly [name: string]: Subcommand } = {
  'CHANGE-REPL-ID': { arguments: [0, 0], run: changeReplicationId },
  CLUSTERLINK: { arguments: [3, 3], run: () => errors.ONLY_IN_A_CLUSTER },
  DIGEST: { arguments: [0, 0], run: (_argv, _db, { server }) => new SimpleString(datasetDigest(server.keyspace.databases)) },
  'DIGEST-VALUE': { arguments: [0, Infinity], run: (argv, db) => argv.slice(2).map((key) => new SimpleString(valueDigest(db, key))) },
  'DROP-CLUSTER-PACKET-FILTER': { arguments: [1, 1], run: dropPackets },
  ERROR: { arguments: [1, 1], run: (argv) => new ErrorReply(errors.oneLine(argv[2]!)) },
  HELP: { arguments: [0, 0], run: () => HELP },
  HTSTATS: { arguments: [1, 1], run: databaseStats },
  'HTSTATS-KEY': { arguments: [1, 1], run: (argv, db) => valueStats(existing(db.stored(argv[2]!))) },
  LISTPACK: { arguments: [1, 1], run: (argv, db) => listpack(existing(db.peek(argv[2]!))) },
  LOADAOF: { arguments: [0, 0], needsDataset: true, run: loadFile },
  LOG: { arguments: [1, 1], run: log },
  OBJECT: { arguments: [1, 1], run: (argv, db) => object(existing(db.stored(argv[2]!))) },
  'PAUSE-CRON': { arguments: [1, 1], run: () => OK },
  POPULATE: { arguments: [1, 3], needsDataset: true, run: populate },
  PROTOCOL: { arguments: [1, 1], run: (argv, _db, session) => protocol(argv[2]!.toLowerCase(), session) },
  QUICKLIST: { arguments: [1, 2], run: (argv, db) => quicklist(existing(db.stored(argv[2]!))) },
  'QUICKLIST-PACKED-THRESHOLD': { arguments: [1, 1], run: packedThreshold },
  RELOAD: { arguments: [0, Infinity], needsDataset: true, run: reload },
  REPLICATE: { arguments: [1, Infinity], run: replicate },
  REPLYBUFFER: { arguments: [2, 2], run: replyBuffer },
  SDSLEN: { arguments: [1, 1], run: (argv, db) => stringLengths(argv[2]!, existing(db.stored(argv[2]!))) },
  'SET-ACTIVE-EXPIRE': { arguments: [1, 1], run: setActiveExpire },
  'SET-DISABLE-DENY-SCRIPTS': { arguments: [1, 1], run: setDenyScripts },
  SLEEP: { arguments: [1, 1], run: sleep },
  'STRINGMATCH-TEST': { arguments: [0, 0], run: matchPatterns },
  STRUCTSIZE: { arguments: [0, 0], run: () => STRUCTURES },
};

export const debug = command({
  name: 'debug', since: '1.0.0', group: 'server', complexity: 'Depends on the subcommand.',
  summary: 'A container for commands that tests need.',
  syntax: '',
  arity: -2,
  documentation: ['syscmd'],
  flags: ['admin', 'noscript', 'loading', 'stale'],
  allowedBy: 'enable-debug-command',
  run(argv, db, session) {
    const subcommand = SUBCOMMANDS[argv[1]!.toUpperCase()];
    const given = argv.length - 2;
    if (subcommand === undefined || given < subcommand.arguments[0] || given > subcommand.arguments[1]) return errors.subcommandSyntax('debug', argv[1]!);
    return subcommand.needsDataset === true && session.server.loading !== null ? errors.LOADING : subcommand.run(argv, db, session);
  },
});

const HELP = helpReply('DEBUG', [
  ['CHANGE-REPL-ID', 'Gives the history of changes another ID, so that no replica can resynchronize partially.'],
  ['CLUSTERLINK KILL <to|from|all> <node-id>', 'Refused: this server is no node of a cluster.'],
  ['DIGEST', 'Twenty bytes that are the same for the same data in all databases.'],
  ['DIGEST-VALUE [<key> ...]', 'The same of single values.'],
  ['DROP-CLUSTER-PACKET-FILTER <packet-type>', 'Accepted.'],
  ['ERROR <string>', 'Answers with an error of that text.'],
  ['HTSTATS <dbid>', 'How full the hash table of a database is, and how evenly.'],
  ['HTSTATS-KEY <key>', 'The same of the hash table of a value.'],
  ['LISTPACK <key>', 'Whether the value has encoding listpack.'],
  ['LOADAOF', 'Writes pending changes to the append-only file, and loads it again.'],
  ['LOG <message>', "Writes a line into the server's log."],
  ['OBJECT <key>', 'Encoding and size of a value.'],
  ['PAUSE-CRON <0|1>', 'Accepted: there is no cron here, each task has a timer of its own.'],
  ['POPULATE <count> [<prefix>] [<size>]', 'Creates keys named <prefix>:<number>, `key` being the prefix if none is given.'],
  ['PROTOCOL <type>', 'Answers with a value of a type: string, integer, double, bignum, null, array, set, map, attrib, push, verbatim, true, false.'],
  ['QUICKLIST <key> [<0|1>]', 'Whether the value has encoding quicklist.'],
  ['QUICKLIST-PACKED-THRESHOLD <size>', 'Accepted.'],
  ['RELOAD [MERGE] [NOFLUSH] [NOSAVE]', 'Saves the data and loads it again: NOFLUSH into what is there, MERGE over keys that are there.'],
  ['REPLICATE <command> [<arg> ...]', 'Sends a command to replicas that is not executed here.'],
  ['REPLYBUFFER PEAK-RESET-TIME <NEVER|RESET|time>', 'Accepted.'],
  ['REPLYBUFFER RESIZING <0|1>', 'Accepted.'],
  ['SDSLEN <key>', 'Lengths of a key and of its string.'],
  ['SET-ACTIVE-EXPIRE <0|1>', 'Whether keys expire without being looked up.'],
  ['SET-DISABLE-DENY-SCRIPTS <0|1>', 'Whether scripts may call commands that are denied to them, all but those about scripts.'],
  ['SLEEP <seconds>', 'Stops the loop, and with it every client. Decimals allowed.'],
  ['STRINGMATCH-TEST', 'Matches random patterns with random strings.'],
  ['STRUCTSIZE', 'Bytes of a slot in the hash table of a database; what exists only in C is 0.'],
]);

const PROTOCOL: { readonly [type: string]: Reply } = {
  string: 'Hello World',
  integer: 12345,
  // Redis's own value, not meant to be pi.
  double: new Double(3141 / 1000),
  null: null,
  array: [0, 1, 2],
  set: new SetReply([0, 1, 2]),
  map: new MapReply([0, false, 1, true, 2, false]),
  attrib: new Attribute(['key-popularity', ['key:123', 90]], 'Some real reply following the attribute'),
  true: true,
  false: false,
  verbatim: new Verbatim('This is a verbatim\nstring'),
  bignum: new BigNumber('1234567999999999999999999999999999999'),
};

/** A push is no reply, so a reply follows it; RESP2 has no pushes. */
function protocol(type: string, session: Session): Reply {
  if (type !== 'push') return Object.hasOwn(PROTOCOL, type) ? PROTOCOL[type]! : errors.PROTOCOL_TYPE;
  if (session.version === 2) return errors.NOT_IN_RESP2;
  session.send(new Push(['server-cpu-usage', 42]));
  return 'Some real reply following the push reply';
}

const RELOAD_OPTIONS: ReadonlySet<string> = new Set(['MERGE', 'NOFLUSH', 'NOSAVE']);

function reload(argv: Argv, _db: Database, { server: { persistence, log } }: Session): Reply {
  const options = new Set(argv.slice(2).map((word) => word.toUpperCase()));
  if ([...options].some((option) => !RELOAD_OPTIONS.has(option))) return errors.RELOAD_OPTIONS;
  const complaint = persistence.reload({ saves: !options.has('NOSAVE'), empties: !options.has('NOFLUSH'), merges: options.has('MERGE') });
  if (complaint === null) return OK;
  log('warning', `DEBUG RELOAD: ${complaint}`);
  return errors.NOT_RELOADED;
}

function loadFile(_argv: Argv, _db: Database, { server: { appendOnly } }: Session): Reply {
  const complaint = appendOnly.reload();
  return complaint === null ? OK : errors.notLoaded(complaint);
}

function existing(value: Value | undefined): Value {
  if (value === undefined) throw errors.NO_SUCH_KEY;
  return value;
}

/** Nothing is serialized: the estimated size in memory is shown instead, and values have no address. */
function object(value: Value): Reply {
  return new SimpleString(`Value at:0x0 refcount:1 encoding:${encodingOf(value)} serializedlength:${memoryOf(value)} lru:0 lru_seconds_idle:0`);
}

function listpack(value: Value): Reply {
  if (encodingOf(value) !== 'listpack') return errors.NOT_A_LISTPACK;
  return new SimpleString('Listpack structure printed on stdout');
}

function stringLengths(name: string, value: Value): Reply {
  if (!isString(value) || typeof value === 'number') return errors.NOT_AN_SDS;
  const { length } = value;
  return new SimpleString(
    `key_sds_len:${name.length}, key_sds_avail:0, key_zmalloc: ${name.length}, val_sds_len:${length}, val_sds_avail:0, val_zmalloc: ${length}`,
  );
}

function log(argv: Argv, _db: Database, session: Session): Reply {
  session.server.log('warning', `DEBUG LOG: ${argv[2]!}`);
  return OK;
}

/** Existing keys are kept; as in Redis, there are no notifications for the new ones. */
function populate(argv: Argv, db: Database): Reply {
  const count = integer(argv[2]!);
  const prefix = argv[3] ?? 'key';
  const size = argv[4] === undefined ? 0 : integer(argv[4]);
  for (let number = 0; number < count; number++) {
    const name = ownText(`${prefix}:${number}`);
    const text = `value:${number}`;
    if (!db.has(name)) db.set(name, compact(ownText(size === 0 ? text : text.slice(0, size).padEnd(size, '\0'))));
  }
  return OK;
}

/** Accepted without effect: lists here have no plain nodes. */
function packedThreshold(argv: Argv): Reply {
  const [, digits, unit = ''] = /^(\d+)(b|k|kb|m|mb|g|gb)?$/i.exec(argv[2]!) ?? [];
  const factor = { '': 1, b: 1, k: 1e3, kb: 1024, m: 1e6, mb: 1024 ** 2, g: 1e9, gb: 1024 ** 3 }[unit.toLowerCase()] ?? Number.NaN;
  const bytes = Number(digits) * factor;
  return bytes >= 0 && bytes < 4 * 1024 ** 3 ? OK : errors.PACKED_THRESHOLD;
}

function changeReplicationId(_argv: Argv, _db: Database, { server }: Session): Reply {
  server.replication.begin();
  return OK;
}

function databaseStats(argv: Argv, _db: Database, { server: { keyspace } }: Session): Reply {
  const database = keyspace.databases[integer(argv[2]!)];
  if (database === undefined) return errors.NO_SUCH_DATABASE;
  const expires = '[Expires HT]\nThe time at which a key expires is stored with the key, in no table of its own.\n';
  return new Verbatim(`[Dictionary HT]\n${tableStats(database.dict.chains())}${expires}`);
}

function valueStats(value: Value): Reply {
  const chains = typeof value === 'object' ? (value as { readonly chains?: readonly number[] | null }).chains : undefined;
  return chains === undefined || chains === null ? errors.NO_HASH_TABLE : new Verbatim(tableStats(chains));
}

function quicklist(value: Value): Reply {
  if (encodingOf(value) !== 'quicklist') return errors.NOT_A_QUICKLIST;
  return new SimpleString('Quicklist structure printed on stdout');
}

function replicate(argv: Argv, db: Database): Reply {
  db.effects?.instead(argv.slice(2));
  db.effects?.always(TO_REPLICAS);
  return OK;
}

function dropPackets(argv: Argv): Reply {
  integer(argv[2]!);
  return OK;
}

/** Checked and without effect: buffers here shrink when they are empty. */
function replyBuffer(argv: Argv): Reply {
  if (isWord(argv[2]!, 'RESIZING')) return OK;
  if (!isWord(argv[2]!, 'PEAK-RESET-TIME')) return errors.subcommandSyntax('debug', argv[1]!);
  if (!isWord(argv[3]!, 'NEVER') && !isWord(argv[3]!, 'RESET')) integer(argv[3]!);
  return OK;
}

const PATTERN_CHARACTERS = 'ab*?[]^-\\';
const MATCHED_PATTERNS = 1000;

function matchPatterns(_argv: Argv, _db: Database, { server }: Session): Reply {
  const below = (limit: number): number => Math.floor(server.random() * limit);
  const text = (): string => Array.from({ length: below(32) }, () => PATTERN_CHARACTERS[below(PATTERN_CHARACTERS.length)]).join('');
  for (let left = MATCHED_PATTERNS; left > 0; left--) matchesGlob(text(), text());
  return new SimpleString('Apparently Redis did not crash: test passed');
}

/** The two references and four words of a slot (key-table.ts); V8 does not report the size of its objects. */
const STRUCTURES = 'bits:64 robj:0 dictentry:32 sdshdr5:0 sdshdr8:0 sdshdr16:0 sdshdr32:0 sdshdr64:0 ';

function setActiveExpire(argv: Argv, _db: Database, session: Session): Reply {
  session.server.keyspace.configure({ activeExpire: atoi(argv[2]!) !== 0 });
  return OK;
}

function setDenyScripts(argv: Argv, _db: Database, session: Session): Reply {
  scriptingOf(session.server).allowsNoscript = atoi(argv[2]!) !== 0;
  return OK;
}

/** Blocks the whole loop: shows what a slow command does to all other clients. */
function sleep(argv: Argv, _db: Database, session: Session): Reply {
  const seconds = Number.parseFloat(argv[2]!);
  if (seconds > 0) session.server.host.sleep(seconds * 1000);
  return OK;
}
