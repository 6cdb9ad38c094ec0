/** Memory: MEMORY (DOCTOR MALLOC-STATS PURGE STATS USAGE HELP). */
import { command, type Argv } from '../command/command.js';
import type { ServerContext } from '../command/context.js';
import * as errors from '../errors.js';
import { key } from '../command/key-spec.js';
import { bytesOf, type Database } from '../keyspace/database.js';
import { BASE_BYTES } from '../keyspace/memory-account.js';
import { Double, mapReply, OK, Verbatim, type Reply } from '../resp/reply.js';
import { scriptingOf } from '../scripting/scripting.js';
import { integer, isWord } from './support/arguments.js';
import { engineMemory } from './support/engine-memory.js';
import { helpCommand } from './support/help.js';

const OBSERVING = ['nondeterministic_output', 'request_policy:all_shards', 'response_policy:special'] as const;

export const memory = command({
  name: 'memory', since: '4.0.0', group: 'server', complexity: 'Depends on the subcommand.',
  summary: 'Reports how memory is used.',
  syntax: '',
  subcommands: [
    {
      name: 'doctor', since: '4.0.0', group: 'server', complexity: 'O(1)',
      summary: 'Returns what is unusual about the memory in use.',
      syntax: '',
      tips: OBSERVING,
      run: (_argv, _db, session) => new Verbatim(doctor(session.server)),
    },
    {
      name: 'malloc-stats', since: '4.0.0', group: 'server', complexity: 'O(1)',
      summary: "Returns the JavaScript engine's own figures.",
      syntax: '',
      tips: OBSERVING,
      run: (_argv, _db, session) => new Verbatim(`${Object.entries(session.server.host.heap()).map(([name, value]) => `${name}: ${value}`).join('\n')}\n`),
    },
    {
      name: 'purge', since: '4.0.0', group: 'server', complexity: 'O(1)',
      summary: 'Collects garbage as soon as no client is ready, and gives the memory back.',
      syntax: '',
      tips: ['request_policy:all_shards', 'response_policy:all_succeeded'],
      run: (_argv, _db, session) => {
        session.server.collectGarbage();
        return OK;
      },
    },
    {
      name: 'stats', since: '4.0.0', group: 'server', complexity: 'O(1)',
      summary: 'Returns the figures of the memory in use.',
      syntax: '',
      tips: OBSERVING,
      run: (_argv, _db, session) => stats(session.server),
    },
    {
      name: 'usage', since: '4.0.0', group: 'server', complexity: 'O(1)',
      summary: 'Estimates the bytes of a key and its value.',
      syntax: 'key [SAMPLES count:integer]',
      flags: ['readonly'],
      keys: [key(2, 'RO')],
      run: (argv, db) => usage(argv, db),
    },
    helpCommand('memory', '4.0.0', [
      ['DOCTOR', 'What is unusual about the memory in use.'],
      ['MALLOC-STATS', "The JavaScript engine's own figures."],
      ['PURGE', 'Collects garbage as soon as no client is ready, and gives the memory back.'],
      ['STATS', 'Figures of the memory in use.'],
      ['USAGE <key> [SAMPLES <count>]', 'Estimated bytes of a key and its value. Values are counted as they change, so nothing is sampled.'],
    ]),
  ],
});

function usage(argv: Argv, db: Database): Reply {
  for (let at = 3; at < argv.length; at += 2) {
    if (!isWord(argv[at]!, 'SAMPLES') || at + 1 >= argv.length) return errors.SYNTAX;
    if (integer(argv[at + 1]!) < 0) return errors.SYNTAX;
  }
  const value = db.peek(argv[2]!);
  return value === undefined ? null : bytesOf(argv[2]!, value);
}

/** What Redis reports for its allocator is reported for the JavaScript engine of the loop's thread. */
function stats(server: ServerContext): Reply {
  const { keyspace, statistics, host } = server;
  const scripting = scriptingOf(server);
  const total = statistics.measureMemory();
  const { resident: rss } = host.memory();
  const dataset = keyspace.datasetBytes;
  const keys = keyspace.databases.reduce((sum, db) => sum + db.size, 0);
  return mapReply({
    'peak.allocated': statistics.peakBytes,
    'total.allocated': total,
    'startup.allocated': BASE_BYTES,
    'replication.backlog': keyspace.memory.replication,
    'clients.slaves': 0,
    'clients.normal': keyspace.memory.clients,
    'cluster.links': 0,
    'aof.buffer': 0,
    'lua.caches': scripting.keptBytes,
    'functions.caches': scripting.libraries.keptBytes,
    ...Object.fromEntries(keyspace.databases.filter((db) => db.size > 0).map((db) => [`db.${db.index}`, tableOverhead(db)])),
    'overhead.total': total - dataset,
    'keys.count': keys,
    'keys.bytes-per-key': keys === 0 ? 0 : Math.floor((total - BASE_BYTES) / keys),
    'dataset.bytes': dataset,
    'dataset.percentage': new Double((100 * dataset) / Math.max(1, total - BASE_BYTES)),
    'peak.percentage': new Double((100 * total) / statistics.peakBytes),
    ...engineFields(host),
    fragmentation: new Double(rss / total),
    'fragmentation.bytes': rss - total,
  });
}

function tableOverhead({ dict, expires }: Database): Reply {
  // Slots are those of a cluster, whose keys Redis indexes in another table.
  return mapReply({ 'overhead.hashtable.main': dict.tableBytes, 'overhead.hashtable.expires': expires.tableBytes, 'overhead.hashtable.slot-to-keys': 0 });
}

/** Bytes in objects, in the pages allocated for them, in those of the pages that are in memory, and in the whole process: each relative to the one before. */
function engineFields(host: ServerContext['host']): { readonly [name: string]: Reply } {
  const { resident: rss } = host.memory();
  const { allocated, active, resident: inMemory } = engineMemory(host);
  return {
    'allocator.allocated': allocated,
    'allocator.active': active,
    'allocator.resident': inMemory,
    'allocator-fragmentation.ratio': new Double(active / allocated),
    'allocator-fragmentation.bytes': active - allocated,
    'allocator-rss.ratio': new Double(inMemory / active),
    'allocator-rss.bytes': inMemory - active,
    'rss-overhead.ratio': new Double(rss / inMemory),
    'rss-overhead.bytes': rss - inMemory,
  };
}

const SMALL_BYTES = 5 * 1024 * 1024;

function doctor(server: ServerContext): string {
  const { sessions, statistics, host } = server;
  const total = statistics.measureMemory();
  if (total < SMALL_BYTES) return 'There is too little data here for a diagnosis.\n';
  const findings: string[] = [];
  if (statistics.peakBytes > total * 1.5) {
    const ratio = (statistics.peakBytes / total).toFixed(1);
    findings.push(`- At its highest, memory was at ${ratio} times of what is in use now; the engine gives such memory back slowly.`);
  }
  const { resident: rss } = host.memory();
  const { allocated } = engineMemory(host);
  if (rss > allocated * 1.4) {
    const ratio = (rss / allocated).toFixed(1);
    findings.push(`- The process holds ${ratio} times of what is in use: garbage not yet collected, or memory kept for growth.`);
  }
  const waiting = [...sessions.values()].reduce((sum, { transport }) => sum + transport.outputBytes, 0);
  if (sessions.size > 0 && waiting / sessions.size > 200 * 1024) findings.push('- Much output waits for clients that do not read it; see CLIENT LIST, omem.');
  return findings.length === 0 ? 'Nothing unusual.\n' : `${findings.join('\n')}\n`;
}
