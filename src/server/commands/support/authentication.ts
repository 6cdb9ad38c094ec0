/**
 * Authentication: what AUTH and HELLO have in common.
 */
import { clientInfo } from '../../command/client-info.js';
import type { Session } from '../../command/session.js';

/** Shown by MONITOR and SLOWLOG instead of a password. */
export const REDACTED = '(redacted)';

/**
 * Authenticates the session. False if that failed, which is logged in ACL LOG.
 * @param command its name, as the client wrote it
 */
export function authenticate(session: Session, command: string, name: string, password: string): boolean {
  const { users, aclLog } = session.server;
  const user = users.authenticate(name, password);
  if (user === null) {
    const context = session.deniesBlocking && !session.isScript ? 'multi' : 'toplevel';
    aclLog.add({ reason: 'auth', context, object: command, username: name, clientInfo: clientInfo(session) });
    return false;
  }
  session.user = user;
  session.authenticated = true;
  return true;
}
