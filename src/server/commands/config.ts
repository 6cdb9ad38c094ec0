/** Settings: CONFIG (GET SET RESETSTAT REWRITE HELP). */
import { command, type Argv } from '../command/command.js';
import type { ServerContext } from '../command/context.js';
import * as errors from '../errors.js';
import type { Session } from '../command/session.js';
import { matchesGlob } from '../keyspace/glob.js';
import { MapReply, OK, type Reply } from '../resp/reply.js';
import { helpCommand } from './support/help.js';
import { isAllowedBy } from '../command/locality.js';

const RESTRICTED = ['admin', 'noscript', 'loading', 'stale'] as const;

export const config = command({
  name: 'config', since: '2.0.0', group: 'server', complexity: 'Depends on the subcommand.',
  summary: 'Reads and changes settings while the server runs.',
  syntax: '',
  subcommands: [
    {
      name: 'get', since: '2.0.0', group: 'server', complexity: 'O(N) for N settings',
      summary: 'Returns the settings whose names match any of the patterns, with their values.',
      syntax: '{parameter}...',
      flags: RESTRICTED,
      history: [['7.0.0', 'Several patterns in one call.']],
      arity: -3,
      run: (argv, _db, session) => get(session, argv),
    },
    {
      name: 'set', since: '2.0.0', group: 'server', complexity: 'O(N) for N settings',
      summary: 'Changes settings: all of them, or none if one is refused.',
      syntax: '{parameter value}...',
      flags: RESTRICTED,
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      history: [['7.0.0', 'Several settings in one call.']],
      run: (argv, _db, session) => set(session, argv),
    },
    {
      name: 'resetstat', since: '2.0.0', group: 'server', complexity: 'O(1)',
      summary: 'Sets the counters of INFO back to zero.',
      syntax: '',
      flags: RESTRICTED,
      run(_argv, _db, session) {
        resetStatistics(session.server);
        return OK;
      },
    },
    {
      name: 'rewrite', since: '2.8.0', group: 'server', complexity: 'O(1)',
      summary: 'Writes the settings in force into the configuration file.',
      syntax: '',
      flags: RESTRICTED,
      run: (_argv, _db, session) => rewrite(session.server),
    },
    helpCommand('config', '5.0.0', [
      ['GET <pattern>', 'Names and values of the settings that match a glob pattern.'],
      ['SET <directive> <value>', 'Changes a setting.'],
      ['RESETSTAT', 'Sets the counters of INFO back to zero.'],
      ['REWRITE', 'Writes the settings in force into the configuration file.'],
    ]),
  ],
});

/** A setting that matches several patterns is returned once, under the name of the first. */
function get(session: Session, argv: Argv): Reply {
  const { config, hooks } = session.server;
  const found = new Map<string, string>();
  for (const pattern of argv.slice(2)) {
    for (const [name, text] of config.find(pattern, (glob, candidate) => matchesGlob(glob.toLowerCase(), candidate))) {
      if (!found.has(name)) found.set(name, text);
    }
  }
  if (hooks.showsSecret !== null && config.showSecret(found.keys())) hooks.showsSecret(session);
  return new MapReply([...found].flat());
}

function set(session: Session, argv: Argv): Reply {
  if (argv.length % 2 !== 0) return errors.SYNTAX;
  const { config } = session.server;
  const pairs = Array.from({ length: (argv.length - 2) / 2 }, (_, index) => [argv[2 + 2 * index]!, argv[3 + 2 * index]!] as const);
  session.redacted = withoutPasswords(argv);
  const isAllowed = isAllowedBy('enable-protected-configs', session);
  if (session.server.loading !== null && config.isFixedByLoading(pairs.map(([name]) => name), isAllowed)) return errors.LOADING;
  const refusal = config.setAll(pairs, isAllowed);
  if (refusal === null) return OK;
  return refusal.isUnknown ? errors.unknownSetting(refusal.setting) : errors.settingRefused(refusal.setting, refusal.complaint);
}

/** What MONITOR and SLOWLOG may show. */
function withoutPasswords(argv: Argv): Argv {
  return argv.map((word, index) => (index > 2 && /^(requirepass|masterauth|masteruser)$/i.test(argv[index - 1]!) && index % 2 === 1 ? '(redacted)' : word));
}

function resetStatistics({ commands, keyspace, stats, statistics }: ServerContext): void {
  for (const command of commands.values()) {
    command.stats.reset();
    for (const subcommand of command.subcommands?.values() ?? []) subcommand.stats.reset();
  }
  Object.assign(keyspace.stats, { hits: 0, misses: 0, expired: 0, expiredStale: 0, expireTimeCapReached: 0, expireCycleUs: 0, evicted: 0, payloadsChecked: 0 });
  Object.assign(stats, {
    connectionsReceived: 0, connectionsRejected: 0, clientsEvicted: 0, commandsProcessed: 0, bytesRead: 0, bytesWritten: 0, reads: 0, writes: 0,
    fullSyncs: 0, partialSyncs: 0, partialSyncsRefused: 0, failedChanges: 0, bytesReplicated: 0, bytesFromMaster: 0,
  });
  stats.errors.clear();
  statistics.reset();
  keyspace.eviction.resetTimes();
}

function rewrite({ config, host, log, users }: ServerContext): Reply {
  if (config.file === null) return errors.NO_CONFIG_FILE;
  const lines = config.values.aclfile === '' ? users.lines() : [];
  const complaint = host.attempt(() => config.rewrite(lines));
  if (complaint !== null) {
    log('warning', `CONFIG REWRITE failed: ${complaint}`);
    return errors.rewriteFailed(complaint);
  }
  log('notice', 'CONFIG REWRITE executed with success.');
  return OK;
}
