/**
 * The one permission check: may a user run this command with these arguments? Commands of clients, the children of EXEC and the commands of scripts ask it;
 * each of them words its own error.
 */
import type { User } from './user.js';

/** What the check needs of a command. */
export interface CheckedCommand {
  readonly fullName: string;
}

/** What a user lacks. */
export interface Denial {
  readonly reason: 'command' | 'key' | 'channel';
  /** The full name of the command, or the key or channel that is out of reach; as ACL LOG shows it. */
  readonly object: string;
}

/** Null if the user may run the command. `argv` is the whole request, whose number of arguments has been checked. */
export function mayRun(user: User, command: CheckedCommand, _argv: readonly string[]): Denial | null {
  return user.isUnrestricted ? null : { reason: 'command', object: command.fullName };
}
