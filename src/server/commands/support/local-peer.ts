/**
 * Whether a client is on this machine, for what is allowed only there: DEBUG and protected settings with the value `local`.
 */
import type { Session } from '../../command/session.js';

/** True for a unix domain socket and for the loopback interface. */
export function isLocal(session: Session): boolean {
  const { peerAddress: peer } = session.transport;
  return 'path' in peer || /^(127\.|::1$|::ffff:127\.)/.test(peer.host);
}
