/**
 * ClientInfo: formats one client as a line of CLIENT LIST. Also used in the log lines of disconnected clients.
 *
 * Names and order of the fields are Redis 7.0's. Its memory figures are those of this server: `rbs` and `rbp` are the memory of the output
 * buffer, which an idle client does not have here, and `omem` is the output beyond the first chunk.
 */
import type { Argv } from './command.js';
import type { Session } from './session.js';

/** Estimated bytes of a client without its buffers: connection, session, decoder, stream. */
export const CLIENT_OVERHEAD = 1500;

/** Estimated bytes of a subscription, a watched key or a tracked prefix of a client; the name itself is stored once for all clients. */
const LISTED_BYTES = 64;

/** Returns what maxmemory-clients counts for a client, in bytes. */
export function clientMemory({ transport, transaction, subscriptions, watched, tracking }: Session): number {
  const listed = subscriptions + (watched?.length ?? 0) + (tracking?.prefixes.size ?? 0);
  const { queryCapacity, decodedBytes, outputCapacity } = transport;
  return CLIENT_OVERHEAD + queryCapacity + decodedBytes + outputCapacity + (transaction?.queuedBytes ?? 0) + listed * LISTED_BYTES;
}

/** Returns the line, without a line break. `argv` is the command that the client is executing. */
export function clientInfo(session: Session, argv: Argv = []): string {
  const { transport, transaction, server } = session;
  const nowSeconds = Math.floor(server.clock.nowMs / 1000);
  const argvBytes = argv.reduce((bytes, argument) => bytes + argument.length, 0);
  const transactionBytes = transaction?.queuedBytes ?? 0;
  const extra = transport.outputChunks > 0 ? transport.outputBytes : 0;
  const fields = {
    id: session.id,
    addr: transport.peer,
    laddr: transport.local,
    fd: transport.fd,
    name: session.name,
    age: nowSeconds - Math.floor(session.createdMs / 1000),
    idle: nowSeconds - Math.floor(session.lastInteractionMs / 1000),
    flags: clientFlags(session),
    db: session.db.index,
    sub: session.channels.size,
    psub: session.patterns.size,
    ssub: session.shardChannels.size,
    multi: transaction === null ? -1 : transaction.queued.length,
    qbuf: transport.queryBytes,
    'qbuf-free': transport.queryCapacity - transport.queryBytes,
    'argv-mem': argvBytes,
    'multi-mem': transactionBytes,
    rbs: transport.outputCapacity,
    rbp: transport.outputCapacity,
    obl: extra === 0 ? transport.outputBytes : 0,
    oll: transport.outputChunks,
    omem: extra,
    'tot-mem': clientMemory(session) + argvBytes,
    events: transport.awaitsWritable ? 'rw' : 'r',
    cmd: session.lastCommand?.fullName ?? 'NULL',
    user: session.user.name,
    redir: session.tracking === null ? -1 : session.tracking.options.redirect,
    resp: session.version,
  };
  return Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function clientFlags(session: Session): string {
  const { tracking, transport } = session;
  let flags = '';
  if (session.isReplica) flags += 'S';
  if (session.isMaster) flags += 'M';
  if (session.isMonitor) flags += 'O';
  if (session.subscriptions > 0) flags += 'P';
  if (session.transaction !== null) flags += 'x';
  if (session.parked) flags += 'b';
  if (tracking !== null) flags += 't';
  if (tracking !== null && tracking.isRedirectBroken) flags += 'R';
  if (tracking !== null && tracking.options.isBroadcast) flags += 'B';
  if (session.isWatchBroken) flags += 'd';
  if (transport.isClosing) flags += 'c';
  if (transport.isDoomed) flags += 'A';
  if ('path' in transport.peerAddress) flags += 'U';
  if (session.noEvict) flags += 'e';
  return flags === '' ? 'N' : flags;
}
