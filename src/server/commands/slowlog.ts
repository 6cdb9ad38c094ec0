/** Slow commands: SLOWLOG (GET LEN RESET HELP). */
import { command, type Argv } from '../command/command.js';
import * as errors from '../errors.js';
import type { SlowLog } from '../measuring/slow-log.js';
import { OK, type Reply } from '../resp/reply.js';
import { integerBetween } from './support/arguments.js';
import { helpCommand } from './support/help.js';

const RESTRICTED = ['admin', 'loading', 'stale'] as const;
const DEFAULT_COUNT = 10;

export const slowlog = command({
  name: 'slowlog', since: '2.2.12', group: 'server', complexity: 'Depends on the subcommand.',
  summary: 'Reports the slowest commands.',
  syntax: '',
  subcommands: [
    {
      name: 'get', since: '2.2.12', group: 'server', complexity: 'O(N) for N entries',
      summary: 'Returns the newest entries.',
      syntax: '[count:integer]',
      flags: RESTRICTED,
      tips: ['request_policy:all_nodes', 'nondeterministic_output'],
      history: [['4.0.0', "The client's address and name are in the reply."]],
      run: (argv, _db, session) => get(session.server.statistics.slowLog, argv),
    },
    {
      name: 'len', since: '2.2.12', group: 'server', complexity: 'O(1)',
      summary: 'Returns the number of entries.',
      syntax: '',
      flags: RESTRICTED,
      tips: ['request_policy:all_nodes', 'response_policy:agg_sum', 'nondeterministic_output'],
      run: (_argv, _db, session) => session.server.statistics.slowLog.length,
    },
    {
      name: 'reset', since: '2.2.12', group: 'server', complexity: 'O(N) for N entries',
      summary: 'Forgets all entries.',
      syntax: '',
      flags: RESTRICTED,
      tips: ['request_policy:all_nodes', 'response_policy:all_succeeded'],
      run(_argv, _db, session) {
        session.server.statistics.slowLog.reset();
        return OK;
      },
    },
    helpCommand('slowlog', '6.2.0', [
      ['GET [<count>]', 'The newest entries (10; -1: all): id, unix time, microseconds, arguments, client address, client name.'],
      ['LEN', 'The number of entries.'],
      ['RESET', 'Forgets all entries.'],
    ]),
  ],
});

function get(log: SlowLog, argv: Argv): Reply {
  if (argv.length > 3) return errors.subcommandSyntax('slowlog', argv[1]!);
  const count = argv.length === 3 ? integerBetween(argv[2]!, -1, Number.MAX_SAFE_INTEGER, errors.SLOWLOG_COUNT) : DEFAULT_COUNT;
  const entries = log.newest(count === -1 ? Infinity : count);
  return entries.map(({ id, atSeconds, elapsedUs, argv, peer, clientName }) => [id, atSeconds, elapsedUs, argv, peer, clientName]);
}
