/**
 * Every error text that a client can see, in one place; the wording is Redis 7.0's, which client libraries match on.
 *
 * Constants for fixed texts, functions for those with a variable part. Handlers return them or throw them.
 */
import { ErrorReply } from './resp/reply.js';

/** The error of a command inside a script: it was counted there, and is not counted again for the script. */
export class CountedError extends ErrorReply {}

export const SYNTAX = new ErrorReply('ERR syntax error');
export const WRONG_TYPE = new ErrorReply('WRONGTYPE Operation against a key holding the wrong kind of value');
export const NOT_AN_INTEGER = new ErrorReply('ERR value is not an integer or out of range');
export const NOT_A_FLOAT = new ErrorReply('ERR value is not a valid float');
export const NO_SUCH_KEY = new ErrorReply('ERR no such key');
export const OUT_OF_RANGE = new ErrorReply('ERR index out of range');
export const OVERFLOW = new ErrorReply('ERR increment or decrement would overflow');
export const NAN_OR_INFINITY = new ErrorReply('ERR increment would produce NaN or Infinity');
export const STRING_TOO_LONG = new ErrorReply('ERR string exceeds maximum allowed size (proto-max-bulk-len)');
export const DB_INDEX_OUT_OF_RANGE = new ErrorReply('ERR DB index is out of range');
export const NO_AUTH = new ErrorReply('NOAUTH Authentication required.');
export const OUT_OF_MEMORY = new ErrorReply("OOM command not allowed when used memory > 'maxmemory'.");
export const EXEC_ABORT = new ErrorReply('EXECABORT Transaction discarded because of previous errors.');
export const EXEC_WITHOUT_MULTI = new ErrorReply('ERR EXEC without MULTI');
export const DISCARD_WITHOUT_MULTI = new ErrorReply('ERR DISCARD without MULTI');
export const NESTED_MULTI = new ErrorReply('ERR MULTI calls can not be nested');
export const WATCH_INSIDE_MULTI = new ErrorReply('ERR WATCH inside MULTI is not allowed');
export const UNBLOCKED = new ErrorReply('UNBLOCKED client unblocked via CLIENT UNBLOCK');
export const TIMEOUT_NOT_A_FLOAT = new ErrorReply('ERR timeout is not a float or out of range');
export const TIMEOUT_NOT_AN_INTEGER = new ErrorReply('ERR timeout is not an integer or out of range');
export const TIMEOUT_NEGATIVE = new ErrorReply('ERR timeout is negative');
export const LPOS_RANK = new ErrorReply(
  "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start from the end of the list",
);
export const LPOS_COUNT = new ErrorReply("ERR COUNT can't be negative");
export const LPOS_MAXLEN = new ErrorReply("ERR MAXLEN can't be negative");
export const SSUBSCRIBE_DENIED = new ErrorReply("ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client");
export const MAX_CLIENTS = new ErrorReply('ERR max number of clients reached');

// Gates (dispatch/dispatcher.ts).
export const DENIED_IN_TRANSACTION = new ErrorReply('ERR Command not allowed inside a transaction');
/** A missing permission: as told to a client, as EXEC reports it for a command that it does not run, and as a script receives it. */
export const noPermission = ({ reason, object }: { readonly reason: 'command' | 'key' | 'channel'; readonly object: string }): ErrorReply =>
  new ErrorReply(
    reason === 'command'
      ? `NOPERM this user has no permissions to run the '${object}' command`
      : `NOPERM this user has no permissions to access one of the ${reason}s used as arguments`,
  );
const NO_LONGER_ALLOWED = {
  command: 'no permission to execute the command or subcommand',
  key: 'no permission to touch the specified keys',
  channel: 'no permission to access one of the channels used as arguments',
};
export const noPermissionInExec = (reason: keyof typeof NO_LONGER_ALLOWED): ErrorReply =>
  new ErrorReply(
    'NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. ' +
      `This command is no longer allowed for the following reason: ${NO_LONGER_ALLOWED[reason]}`,
  );
const NOT_FOR_SCRIPTS = {
  command: "can't run this command or subcommand",
  key: "can't access at least one of the keys mentioned in the command arguments",
  channel: "can't publish to the channel mentioned in the command",
};
export const noPermissionInScript = (reason: keyof typeof NOT_FOR_SCRIPTS): ErrorReply =>
  new ErrorReply(`ERR The user executing the script ${NOT_FOR_SCRIPTS[reason]}`);
export const deniedToSubscribers = (command: string): ErrorReply =>
  new ErrorReply(`ERR Can't execute '${command}': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in this context`);
/** EXEC itself was refused. The quoted error is without its code ERR. */
export const execAborted = (error: ErrorReply): ErrorReply => new ErrorReply(`EXECABORT Transaction discarded because of: ${error.text.replace(/^ERR /, '')}`);

// Connections (commands/connection.ts, commands/client.ts, client/).
export const PROTECTED_MODE = new ErrorReply(
  'DENIED Redis is running in protected mode because protected mode is enabled and no password is set for the default user. ' +
    'In this mode connections are only accepted from the loopback interface. If you want to connect from external computers to Redis ' +
    'you may adopt one of the following solutions: ' +
    "1) Just disable protected mode sending the command 'CONFIG SET protected-mode no' from the loopback interface by connecting to Redis " +
    'from the same host the server is running, however MAKE SURE Redis is not publicly accessible from internet if you do so. Use CONFIG ' +
    'REWRITE to make this change permanent. ' +
    '2) Alternatively you can just disable the protected mode by editing the Redis configuration file, and setting the protected mode ' +
    "option to 'no', and then restarting the server. " +
    "3) If you started the server manually just for testing, restart it with the '--protected-mode no' option. " +
    '4) Setup a an authentication password for the default user. NOTE: You only need to do one of the above things in order for the ' +
    'server to start accepting connections from the outside.',
);
export const NO_PASSWORD_SET = new ErrorReply(
  'ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?',
);
export const WRONG_PASSWORD = new ErrorReply('WRONGPASS invalid username-password pair or user is disabled.');
export const PROTOCOL_VERSION_NOT_A_NUMBER = new ErrorReply('ERR Protocol version is not an integer or out of range');
export const NO_PROTOCOL_VERSION = new ErrorReply('NOPROTO unsupported protocol version');
export const helloOption = (option: string): ErrorReply => new ErrorReply(oneLine(`ERR Syntax error in HELLO option '${cString(option)}'`));
export const HELLO_NEEDS_AUTH = new ErrorReply(
  'NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> ' +
    'option can be used to authenticate the client and select the RESP protocol version at the same time',
);
export const BAD_CLIENT_NAME = new ErrorReply('ERR Client names cannot contain spaces, newlines or special characters.');
export const NO_SUCH_CLIENT = new ErrorReply('ERR No such client');
export const INVALID_CLIENT_ID = new ErrorReply('ERR Invalid client ID');
export const CLIENT_ID_NOT_POSITIVE = new ErrorReply('ERR client-id should be greater than 0');
export const unknownClientType = (type: string): ErrorReply => new ErrorReply(oneLine(`ERR Unknown client type '${cString(type)}'`));
export const noSuchUser = (user: string): ErrorReply => new ErrorReply(oneLine(`ERR No such user '${cString(user)}'`));
export const PAUSE_MODE = new ErrorReply('ERR CLIENT PAUSE mode must be WRITE or ALL');
export const UNBLOCK_REASON = new ErrorReply('ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR');
export const ONE_REDIRECT = new ErrorReply('ERR A client can only redirect to a single other client');
export const NO_REDIRECT_TARGET = new ErrorReply('ERR The client ID you want redirect to does not exist');
export const PREFIX_NEEDS_BROADCAST = new ErrorReply('ERR PREFIX option requires BCAST mode to be enabled');
export const CAN_NOT_SWITCH_BROADCAST = new ErrorReply(
  "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it with a different mode.",
);
export const NO_OPT_WITH_BROADCAST = new ErrorReply('ERR OPTIN and OPTOUT are not compatible with BCAST');
export const OPTIN_OR_OPTOUT = new ErrorReply("ERR You can't specify both OPTIN mode and OPTOUT mode");
export const CAN_NOT_SWITCH_OPT = new ErrorReply(
  "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it with a different mode.",
);
export const prefixOverlaps = (prefix: string, other: string, which: 'an existing' | 'another provided'): ErrorReply =>
  new ErrorReply(oneLine(`ERR Prefix '${cString(prefix)}' overlaps with ${which} prefix '${cString(other)}'. Prefixes for a single client must not overlap.`));
export const CACHING_NEEDS_TRACKING = new ErrorReply(
  'ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled',
);
export const CACHING_YES_NEEDS_OPTIN = new ErrorReply('ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.');
export const CACHING_NO_NEEDS_OPTOUT = new ErrorReply('ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.');
export const DEFAULT_USER_STAYS = new ErrorReply("ERR The 'default' user cannot be removed");
export const NO_ACL_FILE = new ErrorReply(
  'ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then ' +
    'issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.',
);
export const ACL_NOT_SAVED = new ErrorReply('ERR There was an error trying to save the ACLs. Please check the server logs for more information');
/** Why ACL SETUSER or ACL LOAD has changed nothing. */
export const usersUnchanged = (why: string): ErrorReply => new ErrorReply(oneLine(`ERR ${why}`));
export const PASSWORD_BITS = new ErrorReply('ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096');
export const unknownCategory = (category: string): ErrorReply => new ErrorReply(oneLine(`ERR Unknown category '${cString(category)}'`));
export const userNotFound = (user: string): ErrorReply => new ErrorReply(oneLine(`ERR User '${cString(user)}' not found`));
export const commandNotFound = (command: string): ErrorReply => new ErrorReply(oneLine(`ERR Command '${cString(command)}' not found`));
/** An existing subcommand was called with the wrong arguments. */
export const subcommandSyntax = (container: string, subcommand: string): ErrorReply =>
  new ErrorReply(
    oneLine(
      `ERR unknown subcommand or wrong number of arguments for '${cString(subcommand).slice(0, 128)}'. Try ${container.toUpperCase()} HELP.`,
    ),
  );

// Arguments (commands/support/arguments.ts).
export const NOT_POSITIVE = new ErrorReply('ERR value is out of range, must be positive');
export const outOfRange = (min: number | bigint, max: number | bigint): ErrorReply =>
  new ErrorReply(`ERR value is out of range, value must between ${min} and ${max}`);

// Sets, hashes and sorted sets.
export const INVALID_CURSOR = new ErrorReply('ERR invalid cursor');
export const NUMKEYS_NOT_POSITIVE = new ErrorReply('ERR numkeys should be greater than 0');
export const NUMKEYS_BEYOND_ARGUMENTS = new ErrorReply("ERR Number of keys can't be greater than number of args");
export const VALUE_OUT_OF_RANGE = new ErrorReply('ERR value is out of range');
export const INCREMENT_NAN_OR_INFINITY = new ErrorReply('ERR value is NaN or Infinity');
export const HASH_VALUE_NOT_AN_INTEGER = new ErrorReply('ERR hash value is not an integer');
export const HASH_VALUE_NOT_A_FLOAT = new ErrorReply('ERR hash value is not a float');
export const NOT_A_SCORE_RANGE = new ErrorReply('ERR min or max is not a float');
export const NOT_A_LEX_RANGE = new ErrorReply('ERR min or max not valid string range item');
export const NX_AND_XX = new ErrorReply('ERR XX and NX options at the same time are not compatible');
export const GT_LT_AND_NX = new ErrorReply('ERR GT, LT, and/or NX options at the same time are not compatible');
export const INCR_WITH_SEVERAL = new ErrorReply('ERR INCR option supports a single increment-element pair');
export const SCORE_NAN = new ErrorReply('ERR resulting score is not a number (NaN)');
export const LIMIT_WITHOUT_BY = new ErrorReply('ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX');
export const WITHSCORES_WITH_BYLEX = new ErrorReply('ERR syntax error, WITHSCORES not supported in combination with BYLEX');
export const NOT_A_WEIGHT = new ErrorReply('ERR weight value is not a float');
export const COUNT_NOT_POSITIVE = new ErrorReply('ERR count should be greater than 0');
export const noInputKey = (command: string): ErrorReply => new ErrorReply(`ERR at least 1 input key is needed for '${command}' command`);
export const COUNT_TOO_NEGATIVE = new ErrorReply('ERR value is out of range, too many members');
export const NEGATIVE_LIMIT = new ErrorReply("ERR LIMIT can't be negative");

// Strings and bitmaps.
export const DECREMENT_OVERFLOW = new ErrorReply('ERR decrement would overflow');
export const OFFSET_OUT_OF_RANGE = new ErrorReply('ERR offset is out of range');
export const NOT_STRINGS = new ErrorReply('ERR The specified keys must contain string values');
export const LENGTH_OR_INDEXES = new ErrorReply('ERR If you want both the length and indexes, please just use IDX.');
export const LCS_TOO_LARGE = new ErrorReply('ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len');
export const LCS_NO_MEMORY = new ErrorReply('ERR Insufficient memory, failed allocating transient memory for LCS');
export const BIT_OFFSET = new ErrorReply('ERR bit offset is not an integer or out of range');
export const BIT_VALUE = new ErrorReply('ERR bit is not an integer or out of range');
export const BIT_TO_FIND = new ErrorReply('ERR The bit argument must be 1 or 0.');
export const BITOP_NOT_SOURCES = new ErrorReply('ERR BITOP NOT must be called with a single source key.');
export const BITFIELD_TYPE = new ErrorReply('ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.');
export const BITFIELD_OVERFLOW = new ErrorReply('ERR Invalid OVERFLOW type specified');
export const BITFIELD_READ_ONLY = new ErrorReply('ERR BITFIELD_RO only supports the GET subcommand');

// HyperLogLog.
export const NOT_A_HYPERLOGLOG = new ErrorReply('WRONGTYPE Key is not a valid HyperLogLog string value.');
export const CORRUPTED_HYPERLOGLOG = new ErrorReply('INVALIDOBJ Corrupted HLL object detected');
export const NO_SPECIFIED_KEY = new ErrorReply('ERR The specified key does not exist');
export const NOT_SPARSE = new ErrorReply('ERR HLL encoding is not sparse');
export const unknownPfdebug = (subcommand: string): ErrorReply => new ErrorReply(oneLine(`ERR Unknown PFDEBUG subcommand '${subcommand}'`));
export const selfTestFailed = (what: string): ErrorReply => new ErrorReply(`TESTFAILED ${what}`);

// Server (commands/config.ts, server.ts, debug.ts, slowlog.ts, latency.ts, command-info.ts).
export const unknownSetting = (name: string): ErrorReply =>
  new ErrorReply(oneLine(`ERR Unknown option or number of arguments for CONFIG SET - '${cString(name)}'`));
export const settingRefused = (name: string, complaint: string): ErrorReply =>
  new ErrorReply(oneLine(`ERR CONFIG SET failed (possibly related to argument '${cString(name)}') - ${complaint}`));
export const NO_CONFIG_FILE = new ErrorReply('ERR The server is running without a config file');
export const rewriteFailed = (why: string): ErrorReply => new ErrorReply(oneLine(`ERR Rewriting config file: ${why}`));
export const FIRST_DB_INDEX = new ErrorReply('ERR invalid first DB index');
export const SECOND_DB_INDEX = new ErrorReply('ERR invalid second DB index');
/** Redis answers only `ERR`, and logs the reason. */
export const notSaved = (complaint: string): ErrorReply => new ErrorReply(oneLine(`ERR ${complaint}`));
export const SAVE_IN_PROGRESS = new ErrorReply('ERR Background save already in progress');
export const REWRITE_IN_PROGRESS = new ErrorReply(
  "ERR Another child process is active (AOF?): can't BGSAVE right now. Use BGSAVE SCHEDULE in order to schedule a BGSAVE whenever possible.",
);
export const NOT_ON_DISK = new ErrorReply(
  "MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. " +
    'Commands that may modify the data set are disabled, because this instance is configured to report errors during writes if RDB snapshotting fails ' +
    '(stop-writes-on-bgsave-error option). Please check the Redis logs for details about the RDB error.',
);
export const notInFile = (why: string): ErrorReply => new ErrorReply(oneLine(`MISCONF Errors writing to the AOF file: ${why}`));
export const AOF_IN_PROGRESS = new ErrorReply('ERR Background append only file rewriting already in progress');
/** Redis only logs the reason. */
export const notRewritten = (complaint: string): ErrorReply => new ErrorReply(oneLine(`ERR Can't execute an AOF background rewriting: ${complaint}`));
export const notLoaded = (complaint: string): ErrorReply => new ErrorReply(oneLine(`ERR Error trying to load the AOF files: ${complaint}`));
export const SHUTDOWN_FAILED = new ErrorReply('ERR Errors trying to SHUTDOWN. Check logs.');
export const NOT_RELOADED = new ErrorReply('ERR Error trying to load the RDB dump');
export const RELOAD_OPTIONS = new ErrorReply('ERR DEBUG RELOAD only supports the MERGE, NOFLUSH and NOSAVE options.');
export const MONITOR_DENIED = new ErrorReply('ERR MONITOR isn\'t allowed for DENY BLOCKING client');
export const MIGRATE_KEY_AND_KEYS = new ErrorReply('ERR When using MIGRATE KEYS option, the key argument must be set to the empty string');
export const MIGRATE_IN_TRANSACTION = new ErrorReply('ERR MIGRATE cannot wait for the other server within MULTI or a script');
export const MIGRATE_UNDER_WAY = new ErrorReply('ERR Another MIGRATE is under way');
export const MIGRATE_BROKEN = new ErrorReply('IOERR error or timeout reading to target instance');
export const NO_SHUTDOWN = new ErrorReply('ERR No shutdown in progress.');
export const SLOWLOG_COUNT = new ErrorReply('ERR count should be greater than or equal to -1');
export const noLatencySamples = (event: string): ErrorReply => new ErrorReply(oneLine(`ERR No samples available for event '${cString(event)}'`));
export const SYNC_WITH_PENDING_OUTPUT = new ErrorReply('ERR SYNC and PSYNC are invalid with pending output');
export const WAIT_ON_REPLICA = new ErrorReply(
  'ERR WAIT cannot be used with replica instances. Please also note that since Redis 4.0 if a replica is configured to be writable ' +
    '(which is not the default) writes to replicas are just local and are not propagated.',
);
export const READ_ONLY_REPLICA = new ErrorReply("READONLY You can't write against a read only replica.");
export const SCRIPT_WRITES_ON_REPLICA = new ErrorReply('READONLY You can not run script with write flag on readonly replica.');
export const MASTER_DOWN = new ErrorReply("MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.");
export const STALE_SCRIPT = new ErrorReply(
  "MASTERDOWN Link with MASTER is down, replica-serve-stale-data is set to 'no' and 'allow-stale' flag is not set on the script.",
);
export const STALE_IN_SCRIPT = new ErrorReply('ERR Can not execute the command on a stale replica');
export const LOADING = new ErrorReply('LOADING Redis is loading the dataset in memory');
export const NO_MASTER_LINK = new ErrorReply("NOMASTERLINK Can't SYNC while not connected with my master");
export const NO_LONGER_MASTER = new ErrorReply(
  'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
);
export const INVALID_MASTER_PORT = new ErrorReply('ERR Invalid master port');
export const SPECTATOR_USES_KEYS = new ErrorReply("ERR Replica can't interact with the keyspace");
export const RESET_OF_LINK = new ErrorReply('ERR can only reset normal client connections');
export const REPLICA_IN_COMMAND = new ErrorReply('ERR Command is not valid when client is a replica.');
export const NO_FAILOVER = new ErrorReply('ERR No failover in progress.');
export const FAILOVER_UNDER_WAY = new ErrorReply('ERR FAILOVER already in progress.');
export const FAILOVER_OF_REPLICA = new ErrorReply('ERR FAILOVER is not valid when server is a replica.');
export const FAILOVER_WITHOUT_REPLICAS = new ErrorReply('ERR FAILOVER requires connected replicas.');
export const FORCED_FAILOVER = new ErrorReply('ERR FAILOVER with force option requires both a timeout and target HOST and IP.');
export const NO_FAILOVER_TARGET = new ErrorReply('ERR FAILOVER target HOST and PORT is not a replica.');
export const FAILOVER_TARGET_OFFLINE = new ErrorReply('ERR FAILOVER target replica is not online.');
export const FAILOVER_TIMEOUT = new ErrorReply('ERR FAILOVER timeout must be greater than 0');
export const REPLICAOF_IN_FAILOVER = new ErrorReply('ERR REPLICAOF not allowed while failing over.');
export const SYNC_IN_FAILOVER = new ErrorReply("NOMASTERLINK Can't SYNC while failing over");
export const PSYNC_FAILOVER_OF_MASTER = new ErrorReply("ERR PSYNC FAILOVER can't be sent to a master.");
export const PSYNC_FAILOVER_ID = new ErrorReply('ERR PSYNC FAILOVER replid must match my replid.');
export const TOO_FEW_REPLICAS = new ErrorReply('NOREPLICAS Not enough good replicas to write.');
export const unknownReplconfOption = (option: string): ErrorReply => new ErrorReply(oneLine(`ERR Unrecognized REPLCONF option: ${cString(option)}`));
export const unsupportedRdbFilter = (word: string): ErrorReply => new ErrorReply(oneLine(`ERR Unsupported rdb-filter-only option: ${cString(word)}`));
export const replicaAddressTooLong = (bytes: number): ErrorReply =>
  new ErrorReply(`ERR REPLCONF ip-address provided by replica instance is too long: ${bytes} bytes`);
export const outsideOf = (least: number, most: number): ErrorReply => new ErrorReply(`ERR value is out of range, value must between ${least} and ${most}`);
export const INVALID_COMMAND = new ErrorReply('ERR Invalid command specified');
export const NO_KEY_ARGUMENTS = new ErrorReply('ERR The command has no key arguments');
export const INVALID_KEY_COUNT = new ErrorReply('ERR Invalid number of arguments specified for command');
export const INVALID_KEY_ARGUMENTS = new ErrorReply('ERR Invalid arguments specified for command');
export function notAllowed(command: string, setting: string): ErrorReply {
  return new ErrorReply(
    `ERR ${command.toUpperCase()} command not allowed. If the ${setting} option is set to "local", you can run it from a local connection, ` +
      'otherwise you need to set this option in the configuration file, and then restart the server.',
  );
}
export const CLUSTER_DISABLED = new ErrorReply('ERR This instance has cluster support disabled');
export const MODULE_NOT_LOADED = new ErrorReply('ERR Error loading the extension. Please check the server logs.');
export const NO_SUCH_MODULE = new ErrorReply('ERR Error unloading module: no such module with that name');
export const NOT_A_LISTPACK = new ErrorReply('ERR Not a listpack encoded object.');
export const NOT_AN_SDS = new ErrorReply('ERR Not an sds encoded string.');
export const NO_SUCH_DATABASE = new ErrorReply('ERR Out of range database');
export const NO_HASH_TABLE = new ErrorReply('ERR The value stored at the specified key is not represented using an hash table');
export const NOT_A_QUICKLIST = new ErrorReply('ERR Not a quicklist encoded object.');
export const ONLY_IN_A_CLUSTER = new ErrorReply('ERR Debug option only available for cluster mode enabled setup!');
export const PACKED_THRESHOLD = new ErrorReply('ERR argument must be a memory value bigger than 1 and smaller than 4gb');
export const NOT_IN_RESP2 = new ErrorReply('ERR RESP2 is not supported by this command');
export const PROTOCOL_TYPE = new ErrorReply(
  'ERR Wrong protocol type name. Please use one of the following: string|integer|double|bignum|null|array|set|map|attrib|push|verbatim|true|false',
);

// Scripts and functions (commands/scripting.ts, scripting/).
export const NO_SCRIPT = new ErrorReply('NOSCRIPT No matching script. Please use EVAL.');
export const NEGATIVE_KEYS = new ErrorReply("ERR Number of keys can't be negative");
export const BAD_KEY_COUNT = new ErrorReply('ERR Bad number of keys provided');
export const UNKNOWN_IN_SCRIPT = new ErrorReply('ERR Unknown Redis command called from script');
export const ARITY_IN_SCRIPT = new ErrorReply('ERR Wrong number of args calling Redis command from script');
export const DENIED_IN_SCRIPT = new ErrorReply('ERR This Redis command is not allowed from script');
export const blockInScript = (name: string): ErrorReply => new ErrorReply(`ERR ${name} command is not allowed with BLOCK option from scripts`);
export const READONLY_SCRIPT = new ErrorReply('ERR Write commands are not allowed from read-only scripts.');
export const WRITES_IN_READONLY = new ErrorReply('ERR Can not execute a script with write flag using *_ro command.');
export const BUSY_SCRIPT = new ErrorReply('BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.');
export const BUSY_FUNCTION = new ErrorReply('BUSY Redis is busy running a script. You can only call FUNCTION KILL or SHUTDOWN NOSAVE.');
export const NOT_BUSY = new ErrorReply('NOTBUSY No scripts in execution right now.');
export const UNKILLABLE = new ErrorReply(
  'UNKILLABLE Sorry the script already executed write commands against the dataset. ' +
    'You can either wait the script termination or kill the server in a hard way using the SHUTDOWN NOSAVE command.',
);
export const SCRIPT_FLUSH_MODE = new ErrorReply('ERR SCRIPT FLUSH only support SYNC|ASYNC option');
export const SCRIPT_DEBUG_MODE = new ErrorReply('ERR Use SCRIPT DEBUG YES/SYNC/NO');
/** Ours: Redis would start a debugging session. */
export const NO_DEBUGGER = new ErrorReply('ERR there is no debugger for scripts here');
export const INVALID_SHEBANG_ENGINE = new ErrorReply('ERR Invalid engine in script shebang');
export const INVALID_SHEBANG = new ErrorReply('ERR Invalid script shebang');
export const unexpectedEngine = (engine: string): ErrorReply => new ErrorReply(oneLine(`ERR Unexpected engine in script shebang: ${engine}`));
export const unknownShebangOption = (option: string): ErrorReply => new ErrorReply(oneLine(`ERR Unknown lua shebang option: ${option}`));
export const unexpectedFlag = (flag: string): ErrorReply => new ErrorReply(oneLine(`ERR Unexpected flag in script shebang: ${flag}`));
export const scriptCompileFailed = (complaint: string): ErrorReply => new ErrorReply(oneLine(`ERR Error compiling script (new function): ${complaint}`));
export const FUNCTION_NOT_FOUND = new ErrorReply('ERR Function not found');
export const LIBRARY_NOT_FOUND = new ErrorReply('ERR Library not found');
export const FUNCTION_FLUSH_MODE = new ErrorReply('ERR FUNCTION FLUSH only supports SYNC|ASYNC option');
export const NO_LIBRARY_HEADER = new ErrorReply('ERR Missing library metadata');
export const INVALID_LIBRARY_HEADER = new ErrorReply('ERR Invalid library metadata');
export const LIBRARY_UNNAMED = new ErrorReply('ERR Library name was not given');
export const LIBRARY_NAMED_TWICE = new ErrorReply('ERR Invalid metadata value, name argument was given multiple times');
export const LIBRARY_NAME = new ErrorReply('ERR Library names can only contain letters, numbers, or underscores(_) and must be at least one character long');
export const NO_FUNCTIONS = new ErrorReply('ERR No functions registered');
export const NO_LIBRARY_PATTERN = new ErrorReply('ERR library name argument was not given');
export const RESTORE_POLICY = new ErrorReply('ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.');
export const BAD_PAYLOAD = new ErrorReply('ERR DUMP payload version or checksum are wrong');
export const NO_FUNCTION_PAYLOAD = new ErrorReply('ERR given type is not a function');
export const invalidLibraryOption = (option: string): ErrorReply => new ErrorReply(oneLine(`ERR Invalid metadata value given: ${option}`));
export const engineNotFound = (engine: string): ErrorReply => new ErrorReply(oneLine(`ERR Engine '${engine}' not found`));
export const libraryExists = (library: string): ErrorReply => new ErrorReply(`ERR Library ${library} already exists`);
export const functionExists = (name: string): ErrorReply => new ErrorReply(`ERR Function ${name} already exists`);
export const libraryCompileFailed = (complaint: string): ErrorReply => new ErrorReply(oneLine(`ERR Error compiling function: ${complaint}`));
export const registeringFailed = (complaint: string): ErrorReply => new ErrorReply(oneLine(`ERR Error registering functions: ${complaint}`));
export const unknownLoadOption = (option: string): ErrorReply => new ErrorReply(oneLine(`ERR Unknown option given: ${cString(option)}`));
export const unknownListArgument = (argument: string): ErrorReply => new ErrorReply(oneLine(`ERR Unknown argument ${cString(argument)}`));

// Keys of any type.
export const SAME_OBJECT = new ErrorReply('ERR source and destination objects are the same');
export const NX_AND_OTHERS = new ErrorReply('ERR NX and XX, GT or LT options at the same time are not compatible');
export const GT_AND_LT = new ErrorReply('ERR GT and LT options at the same time are not compatible');
export const unsupportedOption = (option: string): ErrorReply => new ErrorReply(oneLine(`ERR Unsupported option ${cString(option)}`));
export const NO_FREQUENCY = new ErrorReply(
  'ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching between policies at runtime LRU and LFU ' +
    'data will take some time to adjust.',
);
export const NO_IDLE_TIME = new ErrorReply(
  'ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when switching between policies at runtime LRU and LFU data will ' +
    'take some time to adjust.',
);

// Streams.
export const INVALID_STREAM_ID = new ErrorReply('ERR Invalid stream ID specified as stream command argument');
export const INVALID_RANGE_START = new ErrorReply('ERR invalid start ID for the interval');
export const INVALID_RANGE_END = new ErrorReply('ERR invalid end ID for the interval');
export const MAXLEN_AND_MINID = new ErrorReply('ERR syntax error, MAXLEN and MINID options at the same time are not compatible');
export const STREAM_MAXLEN = new ErrorReply('ERR The MAXLEN argument must be >= 0.');
export const STREAM_LIMIT = new ErrorReply('ERR The LIMIT argument must be >= 0.');
export const LIMIT_WITHOUT_TRIM = new ErrorReply('ERR syntax error, LIMIT cannot be used without specifying a trimming strategy');
export const LIMIT_WITHOUT_APPROXIMATION = new ErrorReply('ERR syntax error, LIMIT cannot be used without the special ~ option');
export const XTRIM_WITHOUT_TRIM = new ErrorReply('ERR syntax error, XTRIM must be called with a trimming strategy');
export const STREAM_ID_ZERO = new ErrorReply('ERR The ID specified in XADD must be greater than 0-0');
export const STREAM_EXHAUSTED = new ErrorReply('ERR The stream has exhausted the last possible ID, unable to add more items');
export const STREAM_ID_TOO_SMALL = new ErrorReply('ERR The ID specified in XADD is equal or smaller than the target stream top item');
export const NEGATIVE_ENTRIES_ADDED = new ErrorReply('ERR entries_added must be positive');
export const SETID_BELOW_GIVEN_DELETED = new ErrorReply('ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id');
export const SETID_BELOW_TOP = new ErrorReply('ERR The ID specified in XSETID is smaller than the target stream top item');
export const ENTRIES_ADDED_BELOW_LENGTH = new ErrorReply('ERR The entries_added specified in XSETID is smaller than the target stream length');
export const GROUP_OUTSIDE_XREADGROUP = new ErrorReply('ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.');
export const NOACK_OUTSIDE_XREADGROUP = new ErrorReply('ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.');
export const MISSING_GROUP = new ErrorReply('ERR Missing GROUP option for XREADGROUP');
export const LAST_ID_IN_XREADGROUP = new ErrorReply(
  'ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this consumer by specifying a proper ID, or use the > ID ' +
    'to get new messages. The $ ID would just return an empty result set.',
);
export const NEW_ID_OUTSIDE_XREADGROUP = new ErrorReply(
  'ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> <consumer> option.',
);
export const UNBALANCED_STREAMS = new ErrorReply("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must be specified.");
export const XGROUP_NEEDS_KEY = new ErrorReply(
  'ERR The XGROUP subcommand requires the key to exist. Note that for CREATE you may want to use the MKSTREAM option to create an empty stream automatically.',
);
export const ENTRIES_READ_NEGATIVE = new ErrorReply('ERR value for ENTRIESREAD must be positive or -1');
export const GROUP_EXISTS = new ErrorReply('BUSYGROUP Consumer Group name already exists');
export const noGroup = (key: string, group: string, where = ''): ErrorReply =>
  new ErrorReply(oneLine(`NOGROUP No such key '${cString(key)}' or consumer group '${cString(group)}'${where}`));
export const noGroupForKey = (key: string, group: string): ErrorReply =>
  new ErrorReply(oneLine(`NOGROUP No such consumer group '${cString(group)}' for key name '${cString(key)}'`));
export const GROUP_GONE = new ErrorReply('NOGROUP the consumer group this client was blocked on no longer exists');
export const STREAM_GONE = new ErrorReply('UNBLOCKED the stream key no longer exists');
export const invalidClaimArgument = (what: string): ErrorReply => new ErrorReply(`ERR Invalid ${what} argument for XCLAIM`);
export const XAUTOCLAIM_IDLE = new ErrorReply('ERR Invalid min-idle-time argument for XAUTOCLAIM');
export const XAUTOCLAIM_COUNT = new ErrorReply('ERR COUNT must be > 0');
export const unknownClaimOption = (option: string): ErrorReply => new ErrorReply(oneLine(`ERR Unrecognized XCLAIM option '${cString(option)}'`));

// SORT, DUMP and RESTORE.
export const SORT_BY_DENIED = new ErrorReply('ERR BY option of SORT denied due to insufficient ACL permissions.');
export const SORT_GET_DENIED = new ErrorReply('ERR GET option of SORT denied due to insufficient ACL permissions.');
export const NOT_SORTABLE = new ErrorReply("ERR One or more scores can't be converted into double");
export const BUSY_KEY = new ErrorReply('BUSYKEY Target key name already exists.');
export const INVALID_TTL = new ErrorReply('ERR Invalid TTL value, must be >= 0');
export const INVALID_IDLE_TIME = new ErrorReply('ERR Invalid IDLETIME value, must be >= 0');
export const INVALID_FREQUENCY = new ErrorReply('ERR Invalid FREQ value, must be >= 0 and <= 255');
export const BAD_CHECKSUM = new ErrorReply('ERR DUMP payload version or checksum are wrong');
export const BAD_DUMP = new ErrorReply('ERR Bad data format');

// Geo.
export const UNSUPPORTED_UNIT = new ErrorReply('ERR unsupported unit provided. please use M, KM, FT, MI');
export const NO_SUCH_PLACE = new ErrorReply('ERR could not decode requested zset member');
export const RADIUS_NOT_NUMERIC = new ErrorReply('ERR need numeric radius');
export const RADIUS_NEGATIVE = new ErrorReply('ERR radius cannot be negative');
export const WIDTH_NOT_NUMERIC = new ErrorReply('ERR need numeric width');
export const HEIGHT_NOT_NUMERIC = new ErrorReply('ERR need numeric height');
export const BOX_NEGATIVE = new ErrorReply('ERR height or width cannot be negative');
export const GEO_COUNT_NOT_POSITIVE = new ErrorReply('ERR COUNT must be > 0');
export const ANY_WITHOUT_COUNT = new ErrorReply('ERR the ANY argument requires COUNT argument');
export const invalidPlace = (longitude: number, latitude: number): ErrorReply =>
  new ErrorReply(`ERR invalid longitude,latitude pair ${fixedPoint(longitude)},${fixedPoint(latitude)}`);
export const storeWithWith = (what: string): ErrorReply => new ErrorReply(`ERR ${what} is not compatible with WITHDIST, WITHHASH and WITHCOORD options`);
export const noCentre = (command: string): ErrorReply => new ErrorReply(`ERR exactly one of FROMMEMBER or FROMLONLAT can be specified for ${oneLine(command)}`);
export const noShape = (command: string): ErrorReply => new ErrorReply(`ERR exactly one of BYRADIUS and BYBOX can be specified for ${oneLine(command)}`);

/** Formats like C's `%f`. */
const fixedPoint = (value: number): string =>
  Number.isFinite(value) ? (Math.abs(value) < 1e21 ? value.toFixed(6) : `${BigInt(value)}.000000`) : value < 0 ? '-inf' : 'inf';

export const wrongArity = (command: string): ErrorReply => new ErrorReply(`ERR wrong number of arguments for '${command}' command`);
export const invalidExpire = (command: string): ErrorReply => new ErrorReply(`ERR invalid expire time in '${command}' command`);
export const protocolError = (what: string): ErrorReply => new ErrorReply(`ERR Protocol error: ${what}`);

/** As in processCommand: at most 128 bytes of the name and of the arguments, in quotes, control characters replaced. */
export function unknownCommand(argv: readonly string[]): ErrorReply {
  let args = '';
  for (let i = 1; i < argv.length && args.length < 128; i++) args += `'${cString(argv[i]!).slice(0, 128 - args.length)}' `;
  return new ErrorReply(oneLine(`ERR unknown command '${cString(argv[0]!).slice(0, 128)}', with args beginning with: ${args}`));
}

/** Of the engine of threads, which has only a few commands. */
export function notOfThreads(command: string, names: readonly string[]): ErrorReply {
  return new ErrorReply(oneLine(`ERR unknown command '${cString(command).slice(0, 128)}': the engine of threads has ${names.join(' ')}`));
}

export function unknownSubcommand(container: string, subcommand: string): ErrorReply {
  return new ErrorReply(oneLine(`ERR unknown subcommand '${cString(subcommand).slice(0, 128)}'. Try ${container.toUpperCase()} HELP.`));
}

/** Returns what C's printf shows of a byte string: the part before the first NUL. */
export function cString(text: string): string {
  const end = text.indexOf('\0');
  return end === -1 ? text : text.slice(0, end);
}

/** Makes an error one line of the protocol: control characters from a client must not end it early. */
export function oneLine(text: string): string {
  return text.replace(/[\r\n]/g, ' ');
}
