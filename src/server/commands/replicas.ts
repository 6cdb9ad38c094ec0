/** This server as a master: PSYNC SYNC REPLCONF ROLE WAIT. */
import { clientInfo } from '../command/client-info.js';
import { type Argv, command } from '../command/command.js';
import type { Session } from '../command/session.js';
import * as errors from '../errors.js';
import type { ParkRequest } from '../features/blocking.js';
import { type ErrorReply, NO_REPLY, OK, type Reply } from '../resp/reply.js';
import { integer, isWord, parseInteger } from './support/arguments.js';

export const psync = command({
  name: 'psync', since: '2.8.0', group: 'server', complexity: '',
  summary: 'Makes the client a replica: it is sent all changes from an offset on, or the whole dataset before.',
  syntax: 'replicationid offset:integer',
  arity: -3,
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  run(argv, _db, session) {
    if (session.isSpectator) return NO_REPLY;
    const id = argv[1]!.toLowerCase();
    const refusal = argv.length > 3 && isWord(argv[3]!, 'FAILOVER') ? takeOver(session, id) : null;
    return refusal ?? synchronize(session, { id, offset: argv[2]! });
  },
});

export const sync = command({
  name: 'sync', since: '1.0.0', group: 'server', complexity: '',
  summary: 'Makes the client a replica: it is sent the whole dataset, and all changes from then on.',
  syntax: '',
  flags: ['admin', 'noscript', 'no_async_loading', 'no_multi'],
  run: (_argv, _db, session) => (session.isSpectator ? NO_REPLY : synchronize(session, null)),
});

/** The master of this server passes its role on, and becomes the replica of this one. Returns null, or the error. */
function takeOver(session: Session, id: string): ErrorReply | null {
  const { replication, primaryLink, config, log } = session.server;
  log('notice', `Failover request received for replid ${id}.`);
  if (replication.role === 'master') return errors.PSYNC_FAILOVER_OF_MASTER;
  if (id !== replication.id) return errors.PSYNC_FAILOVER_ID;
  config.set('replicaof', '');
  primaryLink.promote();
  log('notice', `MASTER MODE enabled (failover request from '${clientInfo(session)}')`);
  return null;
}

function synchronize(session: Session, request: { id: string; offset: string } | null): Reply {
  const { replication, primaryLink, failover } = session.server;
  if (failover.phase !== 'no-failover') return errors.SYNC_IN_FAILOVER;
  if (replication.role === 'slave' && !primaryLink.isUp) return errors.NO_MASTER_LINK;
  if (session.transport.outputBytes > 0) return errors.SYNC_WITH_PENDING_OUTPUT;
  if (request === null) return session.server.replicas.synchronize(session, null);
  const offset = parseInteger(request.offset);
  if (offset !== undefined) return session.server.replicas.synchronize(session, { id: request.id, offset: Number(offset) });
  session.server.log('warning', `Replica ${session.replica?.name ?? session.transport.peer} asks for synchronization but with a wrong offset`);
  return errors.NOT_AN_INTEGER;
}

export const replconf = command({
  name: 'replconf', since: '3.0.0', group: 'server', complexity: 'O(1)',
  summary: 'Tells a master about its replica, and how much that has received.',
  syntax: '',
  arity: -1,
  documentation: ['syscmd'],
  flags: ['admin', 'noscript', 'loading', 'stale', 'allow_busy'],
  run(argv, _db, session) {
    if (argv.length % 2 === 0) return errors.SYNTAX;
    for (let at = 1; at < argv.length; at += 2) {
      const reply = OPTIONS[argv[at]!.toLowerCase()]?.(argv[at + 1]!, session) ?? errors.unknownReplconfOption(argv[at]!);
      if (reply !== OK) return reply;
    }
    return OK;
  },
});

/** Maximum length of a replica's address (NET_HOST_STR_LEN, with the zero at its end). */
const LONGEST_ADDRESS = 255;

/** Handles each option; OK: continue with the next one. */
const OPTIONS: { readonly [option: string]: (value: string, session: Session) => Reply } = {
  'listening-port'(value, session) {
    ofReplica(session).listeningPort = within(value, 65535);
    return OK;
  },
  'ip-address'(value, session) {
    if (value.length > LONGEST_ADDRESS) return errors.replicaAddressTooLong(value.length);
    ofReplica(session).announcedAddress = value;
    return OK;
  },
  capa(value, session) {
    const replica = ofReplica(session);
    if (value.toLowerCase() === 'eof') replica.knowsEofMark = true;
    if (value.toLowerCase() === 'psync2') replica.knowsSecondId = true;
    return OK;
  },
  /** Has no reply, whether a replica or another client sends it. */
  ack(value, session) {
    if (/^-?\d{1,18}$/.test(value)) session.server.replicas.acknowledge(session, Number(value));
    return NO_REPLY;
  },
  /** Sent by a master to its replica. */
  getack(_value, { isMaster, server }) {
    if (isMaster) server.primaryLink.acknowledge();
    return NO_REPLY;
  },
  'rdb-only'(value, session) {
    ofReplica(session).wantsDatasetOnly = within(value, 1) === 1;
    return OK;
  },
  'rdb-filter-only'(value, session) {
    const words = value.split(' ').filter((word) => word !== '');
    const unknown = words.find((word) => word.toLowerCase() !== 'functions');
    if (unknown !== undefined) return errors.unsupportedRdbFilter(unknown);
    ofReplica(session).leavesKeysOut = true;
    return OK;
  },
  /** Sent by Redis 7.2 and later. */
  version: () => OK,
};

const ofReplica = (session: Session): NonNullable<Session['replica']> => session.server.replicas.of(session);

function within(text: string, most: number): number {
  const value = integer(text);
  if (value < 0 || value > most) throw errors.outsideOf(0, most);
  return value;
}

export const role = command({
  name: 'role', since: '2.8.12', group: 'server', complexity: 'O(1)',
  summary: 'Returns the role of this server in replication, and its master or replicas.',
  syntax: '',
  flags: ['noscript', 'loading', 'stale', 'fast'],
  categories: ['admin', 'dangerous'],
  run(_argv, _db, { server: { replication, replicas, primaryLink } }) {
    const { master } = primaryLink;
    if (master !== null) return ['slave', master.host, master.port, primaryLink.stateName, primaryLink.isUp ? replication.offset : -1];
    const online = replicas.list.filter(({ phase, address }) => phase === 'online' && address !== null);
    return ['master', replication.offset, online.map(({ address, listeningPort, ackOffset }) => [address!, String(listeningPort), String(ackOffset)])];
  },
});

export const wait = command({
  name: 'wait', since: '3.0.0', group: 'generic', complexity: 'O(1)',
  summary: 'Waits until replicas have received all writes of this client so far. Returns how many have.',
  syntax: 'numreplicas:integer timeout:integer',
  flags: ['noscript'],
  categories: ['connection'],
  tips: ['request_policy:all_shards', 'response_policy:agg_min'],
  run(argv, _db, session) {
    const { replicas, replication, blocking } = session.server;
    if (replication.role === 'slave') return errors.WAIT_ON_REPLICA;
    const wanted = integer(argv[1]!);
    const timeoutMs = integer(argv[2]!, errors.TIMEOUT_NOT_AN_INTEGER);
    if (timeoutMs < 0) return errors.TIMEOUT_NEGATIVE;
    const acknowledged = replicas.acknowledged(session.writeOffset);
    if (acknowledged >= wanted || session.deniesBlocking) return acknowledged;
    const reply = blocking.park(session, argv, waitForReplicas(argv, session));
    if (session.waiting !== null) replicas.await(session, session.writeOffset, wanted);
    return reply;
  },
  waitFor: waitForReplicas,
});

/** Waits for no key: an acknowledgement answers it. */
function waitForReplicas(argv: Argv, { server: { replicas }, writeOffset }: Session): ParkRequest {
  const count = (): number => replicas.acknowledged(writeOffset);
  return {
    keys: [], type: 'string', timeoutMs: integer(argv[2]!), serve: () => undefined,
    get timedOut() {
      return count();
    },
  };
}
