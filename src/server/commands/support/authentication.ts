/**
 * Authentication: what AUTH and HELLO do alike. There is one user, `default`, whose password is `requirepass`.
 */
import { timingSafeEqual } from 'node:crypto';
import { clientInfo } from '../../command/client-info.js';
import type { Session } from '../../command/session.js';

/** What stands in MONITOR and SLOWLOG in place of a password. */
export const REDACTED = '(redacted)';

/**
 * True if the session is that user's now. Without `requirepass` every password is right, as for a nopass user of Redis. If not, it stands in ACL LOG.
 * @param name of the command, as the client wrote it
 */
export function authenticate(session: Session, name: string, user: string, password: string): boolean {
  const { server } = session;
  if (user !== 'default' || (server.requiresPassword() && !isEqual(password, server.config.values.requirepass))) {
    const context = session.deniesBlocking && !session.isScript ? 'multi' : 'toplevel';
    server.aclLog.add({ reason: 'auth', context, object: name, username: user, clientInfo: clientInfo(session) });
    return false;
  }
  session.user = server.users.default;
  session.authenticated = true;
  return true;
}

/** In a time that tells nothing of how much of a guess was right. */
function isEqual(given: string, wanted: string): boolean {
  const length = Math.max(given.length, wanted.length);
  const pad = (text: string): Buffer => Buffer.from(text.padEnd(length, '\0'), 'latin1');
  return timingSafeEqual(pad(given), pad(wanted)) && given.length === wanted.length;
}
