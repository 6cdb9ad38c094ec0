/**
 * Authentication: what AUTH and HELLO do alike.
 */
import { clientInfo } from '../../command/client-info.js';
import type { Session } from '../../command/session.js';

/** What stands in MONITOR and SLOWLOG in place of a password. */
export const REDACTED = '(redacted)';

/**
 * True if the session is that user's now. If not, it stands in ACL LOG.
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
