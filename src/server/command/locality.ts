/**
 * What only clients on this machine may do, depending on the settings: DEBUG, MODULE, and CONFIG SET of protected
 * settings.
 */
import type { Session } from './session.js';

/** The commands that a setting allows, by that setting. */
export type Guard = 'enable-debug-command' | 'enable-module-command';

/** Returns whether a client may do it: `yes` allows it to every client, `local` to those on this machine. */
export function isAllowedBy(setting: Guard | 'enable-protected-configs', session: Session): boolean {
  const policy = session.server.config.values[setting];
  return policy === 'yes' || (policy === 'local' && isLocal(session));
}

/** True for a unix domain socket and for the loopback interface. */
function isLocal(session: Session): boolean {
  const { peerAddress: peer } = session.transport;
  return 'path' in peer || /^(127\.|::1$|::ffff:127\.)/.test(peer.host);
}
