/**
 * Farewell: the log lines for clients that the server disconnects, worded like Redis's, so that searches for these find
 * them.
 */
import { clientInfo } from '../command/client-info.js';
import { quote } from '../resp/quote.js';
import type { ErrorReply, Reply } from '../resp/reply.js';
import type { Session } from '../command/session.js';
import type { QueryBuffer } from './query-buffer.js';

/** How much of the query buffer the log shows (PROTO_DUMP_LEN). */
const DUMP_BYTES = 128;

export function logProtocolError(session: Session, error: string, query: Buffer): void {
  const shown =
    query.length <= DUMP_BYTES
      ? `'${printable(query)}'`
      : `'${printable(query.subarray(0, DUMP_BYTES / 2))}' (... more ${query.length - DUMP_BYTES} bytes ...) ` +
        `'${printable(query.subarray(query.length - DUMP_BYTES / 2))}'`;
  session.server.log('verbose', `Protocol error (${error}) from client: ${clientInfo(session)}. Query buffer during protocol error: ${shown}`);
}

export function logQueryLimit(session: Session, { bytes, start, end }: QueryBuffer): void {
  const first = bytes.latin1Slice(start, Math.min(end, start + 64));
  session.server.log('warning', `Closing client that reached max query buffer length: ${clientInfo(session)} (qbuf initial bytes: ${quote(first)})`);
}

export function logOutputLimit(session: Session): void {
  session.server.log('warning', `Client ${clientInfo(session)} scheduled to be closed ASAP for overcoming of output buffer limits.`);
}

export function logReplyToReplica(session: Session, reply: Reply): void {
  const command = session.lastCommand?.fullName ?? '<unknown>';
  session.server.log('warning', `Replica generated a reply to command '${command}', disconnecting it: ${clientInfo(session)}`);
  if (!isError(reply)) return;
  session.server.stats.failedChanges++;
  session.server.log('warning', `== CRITICAL == The reply to the replica was an error: '${reply.text}'`);
}

/** Also for one that a fault held while the state was captured, which is a plain object in the server that continues. */
const isError = (reply: Reply): reply is ErrorReply => reply !== null && typeof reply === 'object' && 'type' in reply && reply.type === 'error';

function printable(bytes: Buffer): string {
  return bytes.latin1Slice().replace(/[^\x20-\x7e]/g, '.');
}
