/** Passing the role of the master to a replica: FAILOVER. */
import { type Argv, command } from '../command/command.js';
import type { Session } from '../command/session.js';
import * as errors from '../errors.js';
import type { FailoverTarget } from '../replication/failover.js';
import { OK, type Reply } from '../resp/reply.js';
import { integer, isWord } from './support/arguments.js';

export const failover = command({
  name: 'failover', since: '6.2.0', group: 'server', complexity: 'O(1)',
  summary: 'Makes a replica the master instead of this server, once it has all changes, while writes wait.',
  syntax: '[TO {host port:integer [FORCE]}] [ABORT] [TIMEOUT milliseconds:integer]',
  arity: -1,
  flags: ['admin', 'noscript', 'stale'],
  run: begin,
});

interface Options {
  target: FailoverTarget | null;
  timeoutMs: number;
  isForced: boolean;
  aborts: boolean;
}

function begin(argv: Argv, _db: unknown, { server }: Session): Reply {
  const { target, timeoutMs, isForced, aborts } = parse(argv);
  const { failover: running, replication, replicas } = server;
  if (aborts) {
    if (running.phase === 'no-failover') return errors.NO_FAILOVER;
    running.abort('Failover manually aborted');
    return OK;
  }
  if (running.phase !== 'no-failover') return errors.FAILOVER_UNDER_WAY;
  if (replication.role === 'slave') return errors.FAILOVER_OF_REPLICA;
  if (replicas.list.length === 0) return errors.FAILOVER_WITHOUT_REPLICAS;
  if (isForced && (timeoutMs === 0 || target === null)) return errors.FORCED_FAILOVER;
  if (target !== null) {
    const replica = replicas.find(target);
    if (replica === undefined) return errors.NO_FAILOVER_TARGET;
    if (replica.phase !== 'online') return errors.FAILOVER_TARGET_OFFLINE;
  }
  running.begin({ target, timeoutMs, isForced });
  return OK;
}

function parse(argv: Argv): Options {
  const options: Options = { target: null, timeoutMs: 0, isForced: false, aborts: false };
  for (let at = 1; at < argv.length; at++) {
    const [word, more] = [argv[at]!, argv.length - 1 - at];
    if (isWord(word, 'TIMEOUT') && more > 0 && options.timeoutMs === 0) {
      options.timeoutMs = integer(argv[++at]!);
      if (options.timeoutMs <= 0) throw errors.FAILOVER_TIMEOUT;
    } else if (isWord(word, 'ABORT') && argv.length === 2) {
      options.aborts = true;
    } else if (isWord(word, 'TO') && more > 1 && options.target === null) {
      options.target = { host: argv[at + 1]!, port: integer(argv[at + 2]!) };
      at += 2;
    } else if (isWord(word, 'FORCE') && !options.isForced) {
      options.isForced = true;
    } else throw errors.SYNTAX;
  }
  return options;
}
