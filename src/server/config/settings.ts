/**
 * The table of settings. Command-line flags, the configuration file, CONFIG GET and SET, and docs/configuration.md all derive
 * from it. Names, defaults and limits are those of redis-server 7.0.15; a test asks a live one.
 *
 * `effect: 'none'` marks settings that are accepted and shown but have no effect here yet, so that any machine's redis.conf can be read. Not in the table: TLS,
 * as in a Redis built without it.
 */
import {
  BadValue,
  INT_MAX,
  LONG_MAX,
  ULONG_MAX,
  type BooleanSetting,
  type DirectorySetting,
  type EnumSetting,
  type IntegerSetting,
  type MemorySetting,
  type NumbersSetting,
  type OctalSetting,
  type OutputLimitsSetting,
  type PercentSetting,
  type Setting,
  type SettingTraits,
  type StringSetting,
  type UsersSetting,
  type ValueOf,
  type WordsSetting,
} from './setting.js';

type Traits = Omit<SettingTraits, 'group'>;
type Options = Partial<Omit<Traits, 'summary'>>;
type IntegerOptions = Options & { clamp?: readonly [number, number] };
type StringOptions = Options & { check?: (text: string) => string | null };

const KB = 1024;
const MB = 1024 * KB;
const GB = 1024 * MB;

const IMMUTABLE: Options = { mutable: false };
/** Accepted, without effect yet. */
const IDLE: Options = { effect: 'none' };
const IDLE_IMMUTABLE: Options = { effect: 'none', mutable: false };

const traits = (summary: string, options: Options): Traits => ({ summary, mutable: true, effect: 'yes', ...options });

const integer = (value: number, min: number, max: number, summary: string, options: IntegerOptions = {}): IntegerSetting & Traits => ({
  kind: 'integer', default: value, min, max, ...traits(summary, options),
});
const octal = (value: number, max: number, summary: string, options: Options = {}): OctalSetting & Traits => ({
  kind: 'octal', default: value, min: 0, max, ...traits(summary, options),
});
const memory = (value: number, min: number, max: number, summary: string, options: Options = {}): MemorySetting & Traits => ({
  kind: 'memory', default: value, min, max, ...traits(summary, options),
});
const percent = (value: number, summary: string, options: Options = {}): PercentSetting & Traits => ({
  kind: 'memory-or-percent', default: value, min: 0, max: ULONG_MAX, ...traits(summary, options),
});
const boolean = (value: boolean, summary: string, options: Options = {}): BooleanSetting & Traits => ({
  kind: 'boolean', default: value, ...traits(summary, options),
});
const oneOf = (values: string, value: string, summary: string, options: Options = {}): EnumSetting & Traits => ({
  kind: 'enum', values: values.split(' '), default: value, ...traits(summary, options),
});
const someOf = (values: string, value: string, summary: string, options: Options = {}): EnumSetting & Traits => ({
  ...oneOf(values, value, summary, options), several: true,
});
const string = (value: string, summary: string, options: StringOptions = {}): StringSetting & Traits => ({
  kind: 'string', default: value, ...traits(summary, options),
});
const words = (value: string, normalize: WordsSetting['normalize'], summary: string, options: Options = {}): WordsSetting & Traits => ({
  kind: 'words', default: value, normalize, ...traits(summary, options),
});
const directory = (value: string, summary: string, options: Options = {}): DirectorySetting & Traits => ({
  kind: 'directory', default: value, ...traits(summary, options),
});
const percentiles = (value: readonly number[], summary: string, options: Options = {}): NumbersSetting & Traits => ({
  kind: 'percentiles', default: value, ...traits(summary, options),
});
const userLines = (summary: string, options: Options = {}): UsersSetting & Traits => ({
  kind: 'users', default: [], ...traits(summary, options),
});
const outputLimits = (value: OutputLimitsSetting['default'], summary: string, options: Options = {}): OutputLimitsSetting & Traits => ({
  kind: 'output-limits', default: value, ...traits(summary, options),
});

type Grouped<T> = { readonly [name in keyof T]: T[name] & { readonly group: string } };

function group<T extends { readonly [name: string]: Traits }>(heading: string, settings: T): Grouped<T> {
  return Object.fromEntries(Object.entries(settings).map(([name, setting]) => [name, { ...setting, group: heading }])) as never;
}

const fileNameOnly = (what: string) => (text: string): string | null => (text.includes('/') ? `${what} can't be a path, just a filename` : null);
const joined = (list: readonly string[]): string => list.join(' ');
const exactly = (count: number, list: readonly string[]): string | BadValue =>
  list.length === count ? joined(list) : new BadValue('wrong number of arguments');

/** `900 1 300 10`: pairs of seconds and changes; an empty text: none. */
function savePoints(numbers: readonly string[]): string | BadValue {
  const isWrong = numbers.length % 2 !== 0 || numbers.some((word, index) => !/^\d+$/.test(word) || (index % 2 === 0 && Number(word) < 1));
  return isWrong ? new BadValue('Invalid save parameters') : joined(numbers);
}

/** `127.0.0.1 6379`; `no one` and an empty text: no master. */
function masterAddress(list: readonly string[]): string | BadValue {
  if (list.length === 0 || (list.length === 2 && /^no one$/i.test(joined(list)))) return '';
  if (list.length !== 2) return new BadValue('wrong number of arguments');
  const [, port] = list as readonly [string, string];
  return /^\d{1,5}$/.test(port) && Number(port) <= 65535 ? joined(list) : new BadValue('Invalid master port');
}

function hostName(text: string): string | null {
  return /^[a-z\d.-]*$/i.test(text) ? null : 'Hostnames may only contain alphanumeric characters, hyphens or dots';
}

/** The classes that `A` stands for. */
const EVENT_CLASSES = 'g$lshzxetd';

/** The letters in the order that CONFIG GET shows. Redis 7.0 keeps new keys (n) beside A as well, but does not show them. */
function notificationClasses(list: readonly string[]): string | BadValue {
  const text = joined(list);
  if (/[^Ag$lshzxeKEtmdn]/.test(text)) return new BadValue("Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
  const named = (letters: string): string => [...letters].filter((letter) => text.includes(letter)).join('');
  const all = text.includes('A') || [...EVENT_CLASSES].every((letter) => text.includes(letter));
  return (all ? 'A' : named(EVENT_CLASSES)) + named('nKEm');
}

function titleTemplate(text: string): string | null {
  const known = ['{title}', '{listen-addr}', '{server-mode}', '{port}', '{tls-port}', '{unixsocket}', '{config-file}'];
  const areKnown = (text.match(/\{[^}]*\}?/g) ?? []).every((variable) => known.includes(variable));
  return text !== '' && areKnown ? null : 'template format is invalid or contains unknown variables';
}

export const SETTINGS = {
  ...group('Network', {
    port: integer(6379, 0, 65535, 'TCP port to listen on; 0: any that is free. (With Redis, 0 listens on none.)', IMMUTABLE),
    bind: words('127.0.0.1', joined, 'Addresses to listen on. Redis listens on all; the lab only on this machine unless told otherwise.', {
      ...IMMUTABLE,
      bare: true,
    }),
    'bind-source-addr': string('', 'Address from which outgoing connections start.', IDLE),
    'protected-mode': boolean(true, 'Refuse clients from other machines while no password is set.'),
    unixsocket: string('', 'Path of a unix domain socket to listen on as well.', IMMUTABLE),
    unixsocketperm: octal(0, 0o777, 'Permissions of that socket; 0 leaves them as they are.', IMMUTABLE),
    'tcp-backlog': integer(511, 0, INT_MAX, 'Connections that may wait to be accepted.', IMMUTABLE),
    'tcp-keepalive': integer(300, 0, INT_MAX, 'Seconds before the first keepalive probe; 0 sends none.'),
    timeout: integer(0, 0, INT_MAX, 'Seconds after which an idle client is disconnected; 0: never.'),
    'socket-mark-id': integer(0, 0, 0xffffffff, 'Mark on the listening sockets, for firewalls.', IDLE_IMMUTABLE),
  }),
  ...group('Server', {
    databases: integer(16, 1, INT_MAX, 'Number of databases.', IMMUTABLE),
    dir: directory('.', 'Working directory: where relative file names start.', { protected: true }),
    logfile: string('', 'File to log to; empty: standard output.', IMMUTABLE),
    loglevel: oneOf('debug verbose notice warning', 'notice', 'Lowest level of messages that are logged.'),
    hz: integer(10, 0, INT_MAX, 'How many times a second background work runs, from 1 to 500.', { clamp: [1, 500] }),
    'dynamic-hz': boolean(true, 'Run it more often when there are many clients.', IDLE),
    daemonize: boolean(false, 'Detach from the terminal. The lab always stays in the foreground.', IDLE_IMMUTABLE),
    supervised: oneOf('upstart systemd auto no', 'no', 'Who supervises the process.', IDLE_IMMUTABLE),
    pidfile: string('', 'File that holds the process id.', IDLE_IMMUTABLE),
    'always-show-logo': boolean(false, 'Show the logo at the start even without a terminal.', IDLE_IMMUTABLE),
    'set-proc-title': boolean(true, 'Change the title of the process.', IDLE_IMMUTABLE),
    'proc-title-template': string('{title} {listen-addr} {server-mode}', 'Template of that title.', { ...IDLE, check: titleTemplate }),
    'syslog-enabled': boolean(false, 'Log to syslog.', IDLE_IMMUTABLE),
    'syslog-ident': string('redis', 'Name in syslog.', IDLE_IMMUTABLE),
    'syslog-facility': oneOf('user local0 local1 local2 local3 local4 local5 local6 local7', 'local0', 'Facility in syslog.', IDLE_IMMUTABLE),
    'crash-log-enabled': boolean(true, 'Log details of a crash.', IDLE),
    'crash-memcheck-enabled': boolean(true, 'Check the memory after a crash.', IDLE),
    'use-exit-on-panic': boolean(false, 'End without a core dump after a crash.', { ...IDLE, hidden: true }),
    'watchdog-period': integer(0, 0, INT_MAX, 'Milliseconds after which a stuck loop is logged.', { ...IDLE, hidden: true }),
    'ignore-warnings': string('', 'Warnings that do not prevent the start.', IDLE),
    'disable-thp': boolean(true, 'Switch transparent huge pages off.', IDLE_IMMUTABLE),
    'shutdown-timeout': integer(10, 0, INT_MAX, 'Seconds that SHUTDOWN waits for replicas.'),
    'shutdown-on-sigint': someOf('default save nosave now force', 'default', 'How SIGINT shuts down.'),
    'shutdown-on-sigterm': someOf('default save nosave now force', 'default', 'How SIGTERM shuts down.'),
    'io-threads': integer(1, 1, 128, 'Threads for reading and writing. The lab has one loop.', IDLE_IMMUTABLE),
    'io-threads-do-reads': boolean(false, 'Whether those threads read as well.', IDLE_IMMUTABLE),
    server_cpulist: string('', 'CPUs of the main thread.', IDLE_IMMUTABLE),
    bio_cpulist: string('', 'CPUs of background threads.', IDLE_IMMUTABLE),
    aof_rewrite_cpulist: string('', 'CPUs of the append-only file rewriter.', IDLE_IMMUTABLE),
    bgsave_cpulist: string('', 'CPUs of the snapshot process.', IDLE_IMMUTABLE),
    'oom-score-adj': oneOf('no yes relative absolute', 'no', 'Adjust how soon Linux ends the process when memory runs out.', IDLE),
    'oom-score-adj-values': words('0 200 800', (list) => exactly(3, list), 'Those adjustments for master, replica and child.', IDLE),
  }),
  ...group('Security', {
    requirepass: string('', 'Password that clients must give with AUTH; empty: none.'),
    aclfile: string('', 'File with users and their permissions, which ACL LOAD reads and ACL SAVE writes.', IMMUTABLE),
    user: userLines('A user and its rules, as in ACL SETUSER; may be repeated.', { ...IMMUTABLE, hidden: true, lineOnly: true }),
    'acl-pubsub-default': oneOf('allchannels resetchannels', 'resetchannels', 'Channels that a new user may use.'),
    'acllog-max-len': integer(128, 0, LONG_MAX, 'Entries of ACL LOG.'),
    'enable-protected-configs': oneOf('no yes local', 'no', 'Whether CONFIG SET may change dir and dbfilename; local: only from this machine.', IMMUTABLE),
    'enable-debug-command': oneOf('no yes local', 'no', 'Whether DEBUG may be used; local: only from this machine.', IMMUTABLE),
    'enable-module-command': oneOf('no yes local', 'no', 'Whether MODULE may be used; local: only from this machine.', IMMUTABLE),
    'sanitize-dump-payload': oneOf('no yes clients', 'no', 'Check the payloads of RESTORE completely.', IDLE),
  }),
  ...group('Clients and limits', {
    maxclients: integer(10000, 1, 0xffffffff, 'Clients connected at the same time.'),
    'maxmemory-clients': percent(0, 'Memory that all client buffers may take together, as bytes or as a percentage of maxmemory; 0: no limit.'),
    'client-query-buffer-limit': memory(GB, MB, LONG_MAX, 'Bytes of one request, incomplete or complete.'),
    'client-output-buffer-limit': outputLimits(
      {
        normal: { hard: 0, soft: 0, softSeconds: 0 },
        slave: { hard: 256 * MB, soft: 64 * MB, softSeconds: 60 },
        pubsub: { hard: 32 * MB, soft: 8 * MB, softSeconds: 60 },
      },
      'Bytes waiting for a slow client at which it is disconnected, by class: hard limit, soft limit, seconds.',
      { bare: true },
    ),
    'proto-max-bulk-len': memory(512 * MB, MB, LONG_MAX, 'Bytes of one argument and of one string.'),
    'tracking-table-max-keys': integer(1_000_000, 0, LONG_MAX, 'Keys remembered for client-side caching; 0: no limit.'),
    'busy-reply-threshold': integer(5000, 0, LONG_MAX, 'Milliseconds after which a script counts as busy.', { alias: 'lua-time-limit' }),
  }),
  ...group('Memory', {
    maxmemory: memory(0, 0, ULONG_MAX, 'Bytes that the data may take; 0: no limit.'),
    'maxmemory-policy': oneOf(
      'volatile-lru volatile-lfu volatile-random volatile-ttl allkeys-lru allkeys-lfu allkeys-random noeviction',
      'noeviction',
      'Which keys are evicted when maxmemory is reached.',
    ),
    'maxmemory-samples': integer(5, 1, INT_MAX, 'Keys sampled for each one that is evicted.'),
    'maxmemory-eviction-tenacity': integer(10, 0, 100, 'How long one round of eviction may take: 0 short, 100 no limit.'),
    'lfu-log-factor': integer(10, 0, INT_MAX, 'How slowly the access counter of a key rises.'),
    'lfu-decay-time': integer(1, 0, INT_MAX, 'Minutes after which that counter falls by one.'),
    'active-expire-effort': integer(1, 1, 10, 'How much effort the active expiry makes to find expired keys.'),
    'lazyfree-lazy-eviction': boolean(false, 'Propagate evictions to replicas and the append-only file as UNLINK.'),
    'lazyfree-lazy-expire': boolean(false, 'Propagate expired keys to replicas and the append-only file as UNLINK.'),
    'lazyfree-lazy-server-del': boolean(false, 'Propagate implicit deletions by commands to replicas and the append-only file as UNLINK.'),
    'lazyfree-lazy-user-del': boolean(false, 'DEL works as UNLINK.', IDLE),
    'lazyfree-lazy-user-flush': boolean(false, 'FLUSHDB and FLUSHALL are ASYNC unless told otherwise.', IDLE),
    activerehashing: boolean(true, 'Spend time on rehashing between commands.', IDLE),
    'jemalloc-bg-thread': boolean(true, 'Let the allocator have a thread of its own.', IDLE),
    activedefrag: boolean(false, 'Defragment memory while running.', IDLE),
    'active-defrag-cycle-min': integer(1, 1, 99, 'Least percentage of CPU for that.', IDLE),
    'active-defrag-cycle-max': integer(25, 1, 99, 'Highest percentage of CPU for that.', IDLE),
    'active-defrag-threshold-lower': integer(10, 0, 1000, 'Percentage of fragmentation from which it begins.', IDLE),
    'active-defrag-threshold-upper': integer(100, 0, 1000, 'Percentage of fragmentation from which it uses the highest percentage.', IDLE),
    'active-defrag-ignore-bytes': memory(100 * MB, 1, LONG_MAX, 'Bytes of fragmentation below which it does nothing.', IDLE),
    'active-defrag-max-scan-fields': integer(1000, 1, LONG_MAX, 'Members of one value handled at once.', IDLE),
  }),
  ...group('Data types', {
    'hash-max-listpack-entries': integer(512, 0, LONG_MAX, 'Fields up to which a hash has encoding listpack.', { alias: 'hash-max-ziplist-entries' }),
    'hash-max-listpack-value': memory(64, 0, LONG_MAX, 'Bytes of a field or value up to which a hash is a listpack.', { alias: 'hash-max-ziplist-value' }),
    'list-max-listpack-size': integer(
      -2,
      -INT_MAX - 1,
      INT_MAX,
      'Elements in a node of a list, in what DUMP writes; -1 to -5: 4, 8, 16, 32, 64 kb.',
      { alias: 'list-max-ziplist-size' },
    ),
    'list-compress-depth': integer(0, 0, INT_MAX, 'Nodes at both ends of a list that are not compressed; 0: none is.', IDLE),
    'set-max-intset-entries': integer(512, 0, LONG_MAX, 'Members up to which a set of integers has encoding intset.'),
    'zset-max-listpack-entries': integer(128, 0, LONG_MAX, 'Members up to which a sorted set has encoding listpack.', { alias: 'zset-max-ziplist-entries' }),
    'zset-max-listpack-value': memory(64, 0, LONG_MAX, 'Bytes of a member up to which a sorted set is a listpack.', { alias: 'zset-max-ziplist-value' }),
    'stream-node-max-bytes': memory(4096, 0, LONG_MAX, 'Bytes in a node of a stream; 0: no limit.'),
    'stream-node-max-entries': integer(100, 0, LONG_MAX, 'Entries in a node of a stream; 0: no limit.'),
    'hll-sparse-max-bytes': memory(3000, 0, LONG_MAX, 'Bytes up to which a HyperLogLog is kept sparse.'),
    'notify-keyspace-events': words('', notificationClasses, 'Classes of keyspace events that are published.'),
  }),
  ...group('Observing', {
    'slowlog-log-slower-than': integer(10000, -1, LONG_MAX, 'Microseconds from which a command is slow; 0 logs all, -1 none.'),
    'slowlog-max-len': integer(128, 0, LONG_MAX, 'Entries that SLOWLOG keeps.'),
    'latency-monitor-threshold': integer(0, 0, LONG_MAX, 'Milliseconds from which LATENCY remembers an event; 0: never.'),
    'latency-tracking': boolean(true, 'Keep a histogram of the duration of every command.'),
    'latency-tracking-info-percentiles': percentiles([50, 99, 99.9], 'Percentiles in INFO latencystats.', { bare: true }),
  }),
  ...group('Persistence', {
    save: words('', savePoints, 'When to save a snapshot: after this many seconds with this many changes, and at the end.', { bare: true }),
    dbfilename: string('dump.rdb', 'Name of the snapshot file.', { protected: true, check: fileNameOnly('dbfilename') }),
    rdbcompression: boolean(true, 'Compress strings in snapshots and in what DUMP writes.'),
    rdbchecksum: boolean(true, 'A checksum at the end of a snapshot.', IMMUTABLE),
    'rdb-del-sync-files': boolean(false, 'Delete a snapshot that came from a master, if nothing else is kept on the disk.'),
    'rdb-save-incremental-fsync': boolean(true, 'Sync a snapshot to disk piece by piece.'),
    'loading-process-events-interval-bytes': integer(2 * MB, 1024, INT_MAX, 'Most bytes loaded before clients are served again.', { hidden: true }),
    'rdb-key-save-delay': integer(0, -INT_MAX - 1, INT_MAX, 'Microseconds of pause after each key saved, for tests.', { hidden: true }),
    'key-load-delay': integer(0, -INT_MAX - 1, INT_MAX, 'Microseconds of pause after each key loaded, for tests.', { hidden: true }),
    'stop-writes-on-bgsave-error': boolean(true, 'Refuse writes while snapshots fail.'),
    appendonly: boolean(false, 'Log every write to the append-only file.'),
    appendfilename: string('appendonly.aof', 'Base name of the append-only files.', { ...IMMUTABLE, check: fileNameOnly('appendfilename') }),
    appenddirname: string('appendonlydir', 'Directory of the append-only files.', { ...IMMUTABLE, check: fileNameOnly('appenddirname') }),
    appendfsync: oneOf('everysec always no', 'everysec', 'When the append-only file is synced to disk.'),
    'no-appendfsync-on-rewrite': boolean(false, 'Do not sync it while another process writes.'),
    'auto-aof-rewrite-percentage': integer(100, 0, INT_MAX, 'Growth at which it is rewritten; 0: never.'),
    'auto-aof-rewrite-min-size': memory(64 * MB, 0, LONG_MAX, 'Size below which it is never rewritten.'),
    'aof-load-truncated': boolean(true, 'Load a file whose end is missing.'),
    'aof-use-rdb-preamble': boolean(true, 'Write the base of the file as a snapshot; no: as commands.'),
    'aof-rewrite-incremental-fsync': boolean(true, 'Sync the new file piece by piece.'),
    'aof-timestamp-enabled': boolean(false, 'Write timestamps to the file.'),
    'aof-disable-auto-gc': boolean(false, 'Keep files that are no longer needed.'),
  }),
  ...group('Replication', {
    replicaof: words('', masterAddress, 'IP address and port of the master; empty: this server is a master. Changed by REPLICAOF.', {
      ...IMMUTABLE, alias: 'slaveof',
    }),
    masteruser: string('', 'User name at the master.'),
    masterauth: string('', 'Password at the master.'),
    'replica-serve-stale-data': boolean(true, 'Answer while the link to the master is down.', { alias: 'slave-serve-stale-data' }),
    'replica-read-only': boolean(true, 'A replica refuses writes.', { alias: 'slave-read-only' }),
    'replica-priority': integer(100, 0, INT_MAX, 'Order in which replicas are promoted.', { alias: 'slave-priority' }),
    'replica-announced': boolean(true, 'Tell sentinels of this replica.'),
    'replica-announce-ip': string('', 'Address that a replica reports.', { alias: 'slave-announce-ip' }),
    'replica-announce-port': integer(0, 0, 65535, 'Port that a replica reports.', { alias: 'slave-announce-port' }),
    'replica-lazy-flush': boolean(false, 'Flush in the background before loading from the master.', { ...IDLE, alias: 'slave-lazy-flush' }),
    'replica-ignore-maxmemory': boolean(true, 'Leave eviction to the master.', { alias: 'slave-ignore-maxmemory' }),
    'replica-ignore-disk-write-errors': boolean(false, 'Continue when the disk of a replica fails.', IDLE),
    'propagation-error-behavior': oneOf('ignore panic panic-on-replicas', 'ignore', 'What to do when a replicated command fails.', IDLE),
    'repl-diskless-sync': boolean(true, 'Send the snapshot over the socket.'),
    'repl-diskless-sync-delay': integer(5, 0, INT_MAX, 'Seconds to wait for more replicas.'),
    'repl-diskless-sync-max-replicas': integer(0, 0, INT_MAX, 'Replicas at which the wait ends.'),
    'repl-diskless-load': oneOf('disabled on-empty-db swapdb', 'disabled', 'Load a dataset from a master without a file; swapdb: beside the old one.'),
    'repl-disable-tcp-nodelay': boolean(false, 'Let the kernel collect small packets to replicas that connect from now on.'),
    'repl-backlog-size': memory(MB, 1, LONG_MAX, 'Bytes of changes kept for replicas that reconnect.'),
    'repl-backlog-ttl': integer(3600, 0, LONG_MAX, 'Seconds without replicas until they are freed.'),
    'repl-timeout': integer(60, 1, INT_MAX, 'Seconds of silence until a link counts as broken.'),
    'repl-ping-replica-period': integer(10, 1, INT_MAX, 'Seconds between pings to replicas.', { alias: 'repl-ping-slave-period' }),
    'min-replicas-to-write': integer(0, 0, INT_MAX, 'Replicas without which writes are refused.', { alias: 'min-slaves-to-write' }),
    'min-replicas-max-lag': integer(10, 0, INT_MAX, 'Seconds that they may lag behind.', { alias: 'min-slaves-max-lag' }),
  }),
  ...group('Cluster', {
    'cluster-enabled': boolean(false, 'Be a node of a cluster.', IDLE_IMMUTABLE),
    'cluster-config-file': string('nodes.conf', 'File in which a node remembers the cluster.', IDLE_IMMUTABLE),
    'cluster-node-timeout': integer(15000, 0, LONG_MAX, 'Milliseconds until a node counts as failing.', IDLE),
    'cluster-port': integer(0, 0, 65535, 'Port of the cluster bus; 0: port + 10000.', IDLE_IMMUTABLE),
    'cluster-migration-barrier': integer(1, 0, INT_MAX, 'Replicas that a master keeps.', IDLE),
    'cluster-replica-validity-factor': integer(
      10,
      0,
      INT_MAX,
      'How old the data of a replica may be to take over.',
      { ...IDLE, alias: 'cluster-slave-validity-factor' },
    ),
    'cluster-replica-no-failover': boolean(false, 'Never take over.', { ...IDLE, alias: 'cluster-slave-no-failover' }),
    'cluster-require-full-coverage': boolean(true, 'Refuse all when a slot is not served.', IDLE),
    'cluster-allow-reads-when-down': boolean(false, 'Answer reads while the cluster is down.', IDLE),
    'cluster-allow-pubsubshard-when-down': boolean(true, 'Publish to shards while the cluster is down.', IDLE),
    'cluster-allow-replica-migration': boolean(true, 'Replicas may move to another master.', IDLE),
    'cluster-link-sendbuf-limit': memory(0, 0, ULONG_MAX, 'Bytes that may wait on a link of the bus.', IDLE),
    'cluster-announce-ip': string('', 'Address that a node reports.', IDLE),
    'cluster-announce-port': integer(0, 0, 65535, 'Port that a node reports.', IDLE),
    'cluster-announce-tls-port': integer(0, 0, 65535, 'TLS port that a node reports.', IDLE),
    'cluster-announce-bus-port': integer(0, 0, 65535, 'Bus port that a node reports.', IDLE),
    'cluster-announce-hostname': string('', 'Host name that a node reports.', { ...IDLE, check: hostName }),
    'cluster-preferred-endpoint-type': oneOf('ip hostname unknown-endpoint', 'ip', 'How a node is named in redirections.', IDLE),
  }),
} as const satisfies { readonly [name: string]: Setting };

export type SettingName = keyof typeof SETTINGS;
export type SettingValues = { -readonly [name in SettingName]: ValueOf<(typeof SETTINGS)[name]> };

/** Settings with secret values: a recording does not contain them. */
export const SECRET_SETTINGS: readonly ('requirepass' | 'masterauth')[] = ['requirepass', 'masterauth'];

const byName: ReadonlyMap<string, SettingName> = new Map(
  Object.entries<Setting>(SETTINGS).flatMap(([name, { alias }]) => [
    [name, name as SettingName] as const,
    ...(alias === undefined ? [] : [[alias, name as SettingName] as const]),
  ]),
);

/** Returns the setting with this name or former name, in any case. */
export function findSetting(name: string): SettingName | undefined {
  return byName.get(name) ?? byName.get(name.toLowerCase());
}

/** Returns every name, former ones included, with its setting's name. */
export function settingNames(): Iterable<readonly [name: string, setting: SettingName]> {
  return byName;
}

export function settingOf(name: SettingName): Setting {
  return SETTINGS[name];
}
