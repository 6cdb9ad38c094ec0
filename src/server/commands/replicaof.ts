/** This server as a replica: REPLICAOF SLAVEOF. */
import { type Argv, command } from '../command/command.js';
import type { Session } from '../command/session.js';
import { clientInfo } from '../command/client-info.js';
import * as errors from '../errors.js';
import { OK, type Reply, SimpleString } from '../resp/reply.js';
import { integer, isWord } from './support/arguments.js';

const ALREADY = new SimpleString('OK Already connected to specified master');
const HIGHEST_PORT = 65535;

export const replicaof = command({
  name: 'replicaof', since: '5.0.0', group: 'server', complexity: 'O(1)',
  summary: 'Makes the server a replica of another one, or, with NO ONE, a master.',
  syntax: '({host port:integer} | {NO ONE})',
  flags: ['admin', 'noscript', 'stale', 'no_async_loading'],
  run: (argv, _db, session) => follow(argv, session),
});

export const slaveof = command({
  name: 'slaveof', since: '1.0.0', group: 'server', complexity: 'O(1)',
  summary: 'The older name of REPLICAOF.',
  syntax: '({host port:integer} | {NO ONE})',
  flags: ['admin', 'noscript', 'stale', 'no_async_loading'],
  documentation: ['deprecated'], deprecatedSince: '5.0.0', replacedBy: '`REPLICAOF`',
  run: (argv, _db, session) => follow(argv, session),
});

function follow(argv: Argv, session: Session): Reply {
  const { replication, primaryLink, config, log } = session.server;
  if (session.server.failover.phase !== 'no-failover') return errors.REPLICAOF_IN_FAILOVER;
  const [, host, port] = argv as readonly [string, string, string];
  if (isWord(host, 'NO') && isWord(port, 'ONE')) {
    if (replication.role === 'master') return OK;
    config.set('replicaof', '');
    primaryLink.promote();
    log('notice', `MASTER MODE enabled (user request from '${clientInfo(session)}')`);
    return OK;
  }
  if (session.isSpectator) return errors.REPLICA_IN_COMMAND;
  const number = integer(port, errors.INVALID_MASTER_PORT);
  if (number < 0 || number > HIGHEST_PORT) return errors.INVALID_MASTER_PORT;
  const { master } = primaryLink;
  if (master !== null && master.host.toLowerCase() === host.toLowerCase() && master.port === number) {
    log('notice', 'REPLICAOF would result into synchronization with the master we are already connected with. No operation performed.');
    return ALREADY;
  }
  if (/\s/.test(host) || host === '') return errors.SYNTAX;
  session.server.blocking.unblockAll(session.server.sessions.values(), errors.NO_LONGER_MASTER);
  config.set('replicaof', `${host} ${number}`);
  primaryLink.follow();
  log('notice', `REPLICAOF ${host}:${number} enabled (user request from '${clientInfo(session)}')`);
  return OK;
}
