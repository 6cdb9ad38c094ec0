/**
 * INFO: figures about the server, in sections of `field:value` lines with the names that clients and dashboards expect.
 *
 * Every number was counted by the server or is reported by the process; fields for what does not exist here (for example, forked children) are left out, see
 * docs/differences.md. The allocator is V8's.
 */
import { arch, platform, release } from 'node:os';
import { command, type Command } from '../command/command.js';
import type { LoadProgress, ServerContext } from '../command/context.js';
import type { Session } from '../command/session.js';
import { unixUs } from '../features/surroundings.js';
import { BASE_BYTES } from '../keyspace/memory-account.js';
import type { Replica } from '../replication/replica.js';
import { REDIS_VERSION } from '../version.js';
import { Verbatim } from '../resp/reply.js';
import { type Scripting, scriptingOf } from '../scripting/scripting.js';
import { engineMemory } from './support/engine-memory.js';

type Field = readonly [name: string, value: string | number];
type Section = (server: ServerContext, session: Session) => Field[];

/** In the order of the reply. */
const SECTIONS: { readonly [title: string]: Section } = {
  Server: serverSection,
  Clients: clients,
  Memory: memory,
  Persistence: persistence,
  Stats: stats,
  Replication: replication,
  CPU: cpu,
  Modules: () => [],
  Commandstats: commandStats,
  Errorstats: ({ stats }) => [...stats.errors].sort(([a], [b]) => (a < b ? -1 : 1)).map(([code, count]) => [`errorstat_${code}`, `count=${count}`]),
  Latencystats: latencyStats,
  Cluster: () => [['cluster_enabled', 0]],
  Keyspace: keyspaceSection,
};

const ON_REQUEST: ReadonlySet<string> = new Set(['Commandstats', 'Latencystats']);

export const info = command({
  name: 'info', since: '1.0.0', group: 'server', complexity: 'O(1)',
  summary: 'Returns figures about the server.',
  syntax: '[section]...',
  flags: ['loading', 'stale'],
  categories: ['dangerous'],
  tips: ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'],
  history: [['7.0.0', 'Several sections in one call.']],
  run: (argv, _db, session) => new Verbatim(infoText(session, argv.slice(1))),
});

function infoText(session: Session, names: readonly string[]): string {
  const wanted = new Set(names.map((name) => name.toLowerCase()));
  const all = wanted.has('all') || wanted.has('everything');
  const standard = wanted.size === 0 || wanted.has('default');
  const titles = Object.keys(SECTIONS).filter((title) => all || wanted.has(title.toLowerCase()) || (standard && !ON_REQUEST.has(title)));
  const sections = titles.map((title) => {
    const lines = SECTIONS[title]!(session.server, session).map(([name, value]) => `${name}:${value}\r\n`);
    return `# ${title}\r\n${lines.join('')}`;
  });
  return sections.join('\r\n');
}

function serverSection({ config, stats, clock, poller, batchesSends, identity, host, shutdown }: ServerContext, session: Session): Field[] {
  const uptime = Math.floor((clock.nowMs - stats.startedMs) / 1000);
  const { values } = config;
  return [
    ['redis_version', REDIS_VERSION],
    ['redis_git_sha1', '00000000'],
    ['redis_git_dirty', 0],
    ['redis_build_id', '0'],
    ['redis_mode', 'standalone'],
    ['redis_lab_version', __VERSION__],
    ['os', `${platform() === 'linux' ? 'Linux' : platform()} ${release()} ${arch() === 'x64' ? 'x86_64' : arch()}`],
    ['arch_bits', 64],
    ['monotonic_clock', 'process.hrtime'],
    ['multiplexing_api', poller],
    ...(batchesSends ? ([['redis_lab_sends', 'batched']] as const) : []),
    ['node_version', process.versions.node],
    ['process_id', host.pid],
    ['process_supervised', 'no'],
    ['run_id', identity.runId],
    ['tcp_port', boundPort(session) ?? values.port],
    ['server_time_usec', unixUs(clock)],
    ['uptime_in_seconds', uptime],
    ['uptime_in_days', Math.floor(uptime / 86400)],
    ['hz', values.hz],
    ['configured_hz', values.hz],
    ['lru_clock', Math.floor(clock.nowMs / 1000) & 0xffffff],
    ['executable', host.executable],
    ['config_file', config.file ?? ''],
    ['io_threads_active', 0],
    ...(shutdown.isUnderWay ? ([['shutdown_in_milliseconds', shutdown.deadlineMs - clock.nowMs]] as const) : []),
  ];
}



/** Port 0 in the settings means one that the system has chosen; this client's connection shows which, unless it is a unix socket. */
function boundPort(session: Session): number | null {
  const port = /:(\d+)$/.exec(session.transport.local)?.[1];
  return port === undefined ? null : Number(port);
}

function clients({ config, sessions, replicas, blocking, pause, tracking }: ServerContext): Field[] {
  const transports = [...sessions.values()].map(({ transport }) => transport);
  return [
    ['connected_clients', sessions.size - replicas.list.length],
    ['cluster_connections', 0],
    ['maxclients', config.values.maxclients],
    ['client_recent_max_input_buffer', Math.max(0, ...transports.map(({ queryCapacity }) => queryCapacity))],
    ['client_recent_max_output_buffer', Math.max(0, ...transports.map(({ outputBytes }) => outputBytes))],
    ['blocked_clients', blocking.size + pause.size],
    ['tracking_clients', tracking.counts.clients],
    ['clients_in_timeout_table', [...sessions.values()].filter(({ waiting }) => waiting !== null && waiting.deadlineMs !== 0).length],
  ];
}

function memory(server: ServerContext): Field[] {
  const { config, keyspace, statistics } = server;
  const used = statistics.measureMemory();
  const { resident: rss, total } = server.host.memory();
  const { allocated, active, resident } = engineMemory(server.host);
  const dataset = keyspace.datasetBytes;
  const replicationBytes = server.replicas.backlog?.capacity ?? 0;
  const { maxmemory } = config.values;
  return [
    ...sized('used_memory', used),
    ...sized('used_memory_rss', rss),
    ...sized('used_memory_peak', statistics.peakBytes),
    ['used_memory_peak_perc', percent(used, statistics.peakBytes)],
    ['used_memory_overhead', used - dataset],
    ['used_memory_startup', BASE_BYTES],
    ['used_memory_dataset', dataset],
    ['used_memory_dataset_perc', percent(dataset, Math.max(1, used - BASE_BYTES))],
    ['allocator_allocated', allocated],
    ['allocator_active', active],
    ['allocator_resident', resident],
    ...sized('total_system_memory', total),
    ...scriptMemory(scriptingOf(server)),
    ...sized('maxmemory', maxmemory),
    ['maxmemory_policy', config.values['maxmemory-policy']],
    ['mem_fragmentation_ratio', (rss / used).toFixed(2)],
    ['mem_fragmentation_bytes', rss - used],
    ['mem_not_counted_for_evict', replicationBytes - keyspace.memory.replication],
    ['mem_replication_backlog', keyspace.memory.replication],
    ['mem_total_replication_buffers', replicationBytes],
    ['mem_clients_slaves', 0],
    ['mem_clients_normal', keyspace.memory.clients],
    ['mem_cluster_links', 0],
    ['mem_aof_buffer', server.appendOnly.writer.bufferBytes],
    ['mem_allocator', `v8-${process.versions.v8}`],
    ['active_defrag_running', 0],
    ['lazyfree_pending_objects', 0],
    ['lazyfreed_objects', 0],
  ];
}

function scriptMemory(scripting: Scripting): Field[] {
  const { libraries, scripts } = scripting;
  return [
    ['used_memory_lua', scripting.stateBytes],
    ['used_memory_vm_eval', scripting.stateBytes],
    ['used_memory_lua_human', human(scripting.stateBytes)],
    ['used_memory_scripts_eval', scripting.keptBytes],
    ['number_of_cached_scripts', scripts.size],
    ['number_of_functions', libraries.functionCount],
    ['number_of_libraries', libraries.byName.size],
    ['used_memory_vm_functions', libraries.stateBytes],
    ...sized('used_memory_vm_total', scripting.stateBytes + libraries.stateBytes),
    ['used_memory_functions', libraries.keptBytes],
    ...sized('used_memory_scripts', scripting.keptBytes + libraries.keptBytes),
  ];
}

function sized(name: string, bytes: number): Field[] {
  return [[name, bytes], [`${name}_human`, human(bytes)]];
}

/** Formats `1.50M`, rounded as in Redis. */
function human(bytes: number): string {
  const exponent = bytes < 1024 ? 0 : Math.min(5, Math.floor(Math.log2(bytes) / 10));
  return exponent === 0 ? `${bytes}B` : `${(bytes / 1024 ** exponent).toFixed(2)}${'BKMGTP'[exponent]}`;
}

const percent = (part: number, whole: number): string => `${((100 * part) / whole).toFixed(2)}%`;

function persistence({ keyspace, persistence: saved, replicas, loading, appendOnly, clock }: ServerContext): Field[] {
  const { progress } = saved;
  return [
    ['loading', loading === null || loading.isAsync === true ? 0 : 1],
    ['async_loading', loading?.isAsync === true ? 1 : 0],
    ['current_cow_peak', progress?.preImageBytes ?? 0],
    ['current_cow_size', progress?.preImageBytes ?? 0],
    ['current_cow_size_age', 0],
    ['current_fork_perc', (progress === null || progress.keysTotal === 0 ? 0 : (100 * progress.keysWritten) / progress.keysTotal).toFixed(2)],
    ['current_save_keys_processed', progress?.keysWritten ?? 0],
    ['current_save_keys_total', progress?.keysTotal ?? 0],
    ['rdb_changes_since_last_save', keyspace.dirty],
    ['rdb_bgsave_in_progress', saved.isSaving || replicas.isSendingDataset ? 1 : 0],
    ['rdb_last_save_time', Math.floor(saved.lastSaveMs / 1000)],
    ['rdb_last_bgsave_status', saved.hasFailed ? 'err' : 'ok'],
    ['rdb_last_bgsave_time_sec', saved.lastSeconds],
    ['rdb_current_bgsave_time_sec', progress?.seconds ?? -1],
    ['rdb_saves', saved.saves],
    ['rdb_last_cow_size', saved.lastPreImageBytes],
    ['rdb_last_load_keys_expired', saved.keysExpired],
    ['rdb_last_load_keys_loaded', saved.keysLoaded],
    ['aof_enabled', appendOnly.isOn ? 1 : 0],
    ['aof_rewrite_in_progress', appendOnly.rewriting.isRunning ? 1 : 0],
    ['aof_rewrite_scheduled', appendOnly.rewriting.isScheduled ? 1 : 0],
    ['aof_last_rewrite_time_sec', appendOnly.rewriting.lastSeconds],
    ['aof_current_rewrite_time_sec', appendOnly.rewriting.seconds],
    ['aof_last_bgrewrite_status', appendOnly.rewriting.failures > 0 ? 'err' : 'ok'],
    ['aof_rewrites', appendOnly.rewriting.rewrites],
    ['aof_rewrites_consecutive_failures', appendOnly.rewriting.failures],
    ['aof_last_write_status', appendOnly.writer.hasFailed ? 'err' : 'ok'],
    ...(appendOnly.isOn ? appendOnlyFile(appendOnly) : []),
    ...(loading === null ? [] : loadFields(loading, clock.nowMs)),
  ];
}

/** A dataset whose length is not known is compared with the memory that it took where it was written. */
function loadFields({ startMs, totalBytes, loadedBytes, usedMemory }: LoadProgress, nowMs: number): Field[] {
  const all = totalBytes === 0 ? usedMemory : totalBytes;
  const share = all === 0 ? 0 : (100 * loadedBytes) / all;
  const left = all === 0 ? 1 : totalBytes === 0 ? Math.max(1, all - loadedBytes) : all - loadedBytes;
  const elapsed = Math.floor(nowMs / 1000) - Math.floor(startMs / 1000);
  return [
    ['loading_start_time', Math.floor(startMs / 1000)],
    ['loading_total_bytes', totalBytes],
    ['loading_rdb_used_mem', usedMemory],
    ['loading_loaded_bytes', loadedBytes],
    ['loading_loaded_perc', (totalBytes === 0 ? Math.min(99.99, share) : share).toFixed(2)],
    // Redis says so as long as there is nothing to go by.
    ['loading_eta_seconds', elapsed === 0 ? 1 : Math.floor((elapsed * left) / (loadedBytes + 1))],
  ];
}

function appendOnlyFile(file: ServerContext['appendOnly']): Field[] {
  return [
    ['aof_current_size', file.currentBytes],
    ['aof_base_size', file.bytesAtRewrite],
    ['aof_pending_rewrite', 0],
    ['aof_buffer_length', file.writer.bufferBytes],
    ['aof_pending_bio_fsync', file.writer.syncing === null ? 0 : 1],
    ['aof_delayed_fsync', file.writer.delayedSyncs],
  ];
}

function stats({ keyspace, pubsub, stats, statistics, tracking, migrations }: ServerContext): Field[] {
  const rates = statistics.rates();
  const { stats: counted } = keyspace;
  const { counts } = tracking;
  const excess = keyspace.eviction.excessTimes;
  return [
    ['total_connections_received', stats.connectionsReceived],
    ['total_commands_processed', stats.commandsProcessed],
    ['instantaneous_ops_per_sec', rates.commandsPerSecond],
    ['total_net_input_bytes', stats.bytesRead],
    ['total_net_output_bytes', stats.bytesWritten],
    ['total_net_repl_input_bytes', stats.bytesFromMaster],
    ['total_net_repl_output_bytes', stats.bytesReplicated],
    ['instantaneous_input_kbps', rates.kilobytesInPerSecond.toFixed(2)],
    ['instantaneous_output_kbps', rates.kilobytesOutPerSecond.toFixed(2)],
    ['instantaneous_input_repl_kbps', '0.00'],
    ['instantaneous_output_repl_kbps', '0.00'],
    ['rejected_connections', stats.connectionsRejected],
    ['sync_full', stats.fullSyncs],
    ['sync_partial_ok', stats.partialSyncs],
    ['sync_partial_err', stats.partialSyncsRefused],
    ['expired_keys', counted.expired],
    ['expired_stale_perc', counted.expiredStale.toFixed(2)],
    ['expired_time_cap_reached_count', counted.expireTimeCapReached],
    ['expire_cycle_cpu_milliseconds', Math.floor(counted.expireCycleUs / 1000)],
    ['evicted_keys', counted.evicted],
    ['evicted_clients', stats.clientsEvicted],
    ['total_eviction_exceeded_time', Math.floor(excess.totalUs / 1000)],
    ['current_eviction_exceeded_time', Math.floor(excess.currentUs / 1000)],
    ['keyspace_hits', counted.hits],
    ['keyspace_misses', counted.misses],
    ['pubsub_channels', pubsub.channels.size],
    ['pubsub_patterns', pubsub.patterns.size],
    ['pubsubshard_channels', pubsub.shardChannels.size],
    ['latest_fork_usec', 0],
    ['total_forks', 0],
    ['migrate_cached_sockets', migrations.size],
    ['slave_expires_tracked_keys', keyspace.ownExpires.size],
    ['tracking_total_keys', counts.keys],
    ['tracking_total_items', counts.items],
    ['tracking_total_prefixes', counts.prefixes],
    ['unexpected_error_replies', stats.failedChanges],
    ['total_error_replies', [...stats.errors.values()].reduce((sum, count) => sum + count, 0)],
    ['dump_payload_sanitizations', counted.payloadsChecked],
    ['total_reads_processed', stats.reads],
    ['total_writes_processed', stats.writes],
    ['io_threaded_reads_processed', 0],
    ['io_threaded_writes_processed', 0],
    // Replies are written into chunks shared by all clients: no client has a buffer of its own that changes its size.
    ['reply_buffer_shrinks', 0],
    ['reply_buffer_expands', 0],
  ];
}

function replication(server: ServerContext): Field[] {
  const { config, replication, replicas, clock } = server;
  const { backlog, list } = replicas;
  const limits = config.values['min-replicas-to-write'] > 0 && config.values['min-replicas-max-lag'] > 0;
  return [
    ['role', replication.role],
    ...masterFields(server),
    ['connected_slaves', list.length],
    ...(limits ? [['min_slaves_good_slaves', replicas.goodReplicas] as const] : []),
    ...list.flatMap((replica, i) => replicaField(replica, i, clock.nowMs)),
    ['master_failover_state', server.failover.phase],
    ['master_replid', replication.id],
    ['master_replid2', replication.secondId],
    ['master_repl_offset', replication.offset],
    ['second_repl_offset', replication.secondOffset],
    ['repl_backlog_active', backlog === null ? 0 : 1],
    ['repl_backlog_size', config.values['repl-backlog-size']],
    ['repl_backlog_first_byte_offset', backlog?.firstOffset ?? 0],
    ['repl_backlog_histlen', backlog?.length ?? 0],
  ];
}

/** The fields about the master of a replica. */
function masterFields({ primaryLink, config, replication, clock }: ServerContext): Field[] {
  const { master, isUp, isSynchronizing, transfer, downSinceMs, silentSinceMs, lastIoMs } = primaryLink;
  if (master === null) return [];
  const { values } = config;
  const since = (ms: number): number => Math.floor((clock.nowMs - ms) / 1000);
  const offset = isUp || primaryLink.canContinue ? replication.offset : 1;
  const fields: Field[] = [
    ['master_host', master.host],
    ['master_port', master.port],
    ['master_link_status', isUp ? 'up' : 'down'],
    ['master_last_io_seconds_ago', isUp ? since(silentSinceMs) : -1],
    ['master_sync_in_progress', isSynchronizing ? 1 : 0],
    ['slave_read_repl_offset', offset],
    ['slave_repl_offset', offset],
  ];
  if (isSynchronizing && transfer !== null) {
    const { total, received } = transfer;
    fields.push(
      ['master_sync_total_bytes', Math.max(0, total)],
      ['master_sync_read_bytes', received],
      ['master_sync_left_bytes', total < 0 ? -1 : total - received],
      ['master_sync_perc', total <= 0 ? '0.00' : ((received / total) * 100).toFixed(2)],
      ['master_sync_last_io_seconds_ago', since(lastIoMs)],
    );
  }
  if (!isUp) fields.push(['master_link_down_since_seconds', downSinceMs === 0 ? -1 : since(downSinceMs)]);
  fields.push(
    ['slave_priority', values['replica-priority']],
    ['slave_read_only', values['replica-read-only'] ? 1 : 0],
    ['replica_announced', values['replica-announced'] ? 1 : 0],
  );
  return fields;
}

function replicaField(replica: Replica, number: number, nowMs: number): Field[] {
  const { address, listeningPort, stateName, ackOffset, ackMs } = replica;
  if (address === null || stateName === null) return [];
  const lag = stateName === 'online' ? Math.floor(nowMs / 1000) - Math.floor(ackMs / 1000) : 0;
  return [[`slave${number}`, `ip=${address},port=${listeningPort},state=${stateName},offset=${ackOffset},lag=${lag}`]];
}

/** For the whole process, including the main thread, which draws the screen. */
function cpu({ host }: ServerContext): Field[] {
  const { system, user } = host.processorTime();
  return [
    ['used_cpu_sys', (system / 1e6).toFixed(6)],
    ['used_cpu_user', (user / 1e6).toFixed(6)],
    ['used_cpu_sys_children', '0.000000'],
    ['used_cpu_user_children', '0.000000'],
  ];
}

function commandStats({ commands }: ServerContext): Field[] {
  return everyCommand(commands)
    .filter(({ stats }) => stats.calls + stats.rejected + stats.failed > 0)
    .map(({ fullName, stats: { calls, elapsedUs, rejected, failed } }) => {
      const usec = Math.floor(elapsedUs);
      const perCall = calls === 0 ? 0 : usec / calls;
      return [`cmdstat_${fullName}`, `calls=${calls},usec=${usec},usec_per_call=${perCall.toFixed(2)},rejected_calls=${rejected},failed_calls=${failed}`];
    });
}

function latencyStats({ config, statistics }: ServerContext): Field[] {
  const percentiles = config.values['latency-tracking-info-percentiles'];
  return [...statistics.histograms].map(([{ fullName }, histogram]) => [
    `latency_percentiles_usec_${fullName}`,
    percentiles.map((percentile) => `p${percentile}=${histogram.percentileUs(percentile).toFixed(3)}`).join(','),
  ]);
}

function everyCommand(commands: ReadonlyMap<string, Command>): Command[] {
  return [...commands.values()].flatMap((command) => [command, ...(command.subcommands?.values() ?? [])]);
}

function keyspaceSection({ keyspace }: ServerContext): Field[] {
  return keyspace.databases
    .filter((db) => db.size > 0)
    .map((db) => [`db${db.index}`, `keys=${db.size},expires=${db.expires.size},avg_ttl=${Math.floor(db.averageTtlMs)}`]);
}
