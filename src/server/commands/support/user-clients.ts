/**
 * Disconnects the clients of deleted users, and of those that may no longer use a channel that they are subscribed to.
 */
import { allowsChannel } from '../../features/users/selector.js';
import type { User } from '../../features/users/user.js';
import type { DisconnectReason, Session } from '../../command/session.js';

/** Ends the connections of these users; that of the running command after its reply. */
export function disconnectUsers(running: Session, users: readonly User[]): void {
  if (users.length === 0) return;
  const { server } = running;
  for (const session of server.sessions.values()) {
    if (!users.includes(session.user)) continue;
    session.user = server.users.default;
    session.authenticated = false;
    disconnect(running, session, 'its user is gone');
  }
}

/** Called before `user` becomes `next`: ends the connections of its subscribers to channels that are no longer allowed. */
export function disconnectSubscribers(running: Session, user: User, next: User): void {
  if (next.selectors.some(({ allChannels }) => allChannels)) return;
  const patterns = next.selectors.flatMap(({ channels }) => channels);
  const keepsAll = user.selectors.every(({ allChannels, channels }) => !allChannels && channels.every((pattern) => patterns.includes(pattern)));
  if (keepsAll) return;
  for (const session of running.server.sessions.values()) {
    if (session.user === user && hasLost(session, patterns)) disconnect(running, session, 'its user has lost a channel');
  }
}

function hasLost({ channels, patterns, shardChannels }: Session, allowed: readonly string[]): boolean {
  const isLost = (name: string, isPattern: boolean): boolean => !allowsChannel(allowed, name, isPattern);
  return [...channels, ...shardChannels].some((name) => isLost(name, false)) || [...patterns].some((name) => isLost(name, true));
}

function disconnect(running: Session, session: Session, why: DisconnectReason): void {
  if (session === running) session.transport.closeAfterReply();
  else session.transport.close(why);
}
