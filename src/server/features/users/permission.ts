/**
 * The one permission check: whether a user may run a command with these arguments. Used for commands of clients, children of EXEC and commands of scripts;
 * each of them words its own error.
 */
import type { AccessedCommand, KeyUse } from './access.js';
import type { Lack, Selector } from './selector.js';
import type { User } from './user.js';

/** What a user has no permission for. */
export interface Denial {
  readonly reason: 'command' | 'key' | 'channel';
  /** The full name of the command, or the denied key or channel; as ACL LOG shows it. */
  readonly object: string;
}

type Argv = readonly string[];

/** Least specific first. */
const REASONS = ['command', 'key', 'channel'] as const satisfies readonly Denial['reason'][];

/** Returns null if the user may run the command. `argv` is the whole request, whose number of arguments has been checked. */
export function mayRun(user: User, command: AccessedCommand, argv: Argv): Denial | null {
  return user.isUnrestricted ? null : checkSelectors(user.selectors, command, argv);
}

/** One selector that allows the whole request is enough. Otherwise returns the denied key or channel that comes last in argv. */
function checkSelectors(selectors: readonly Selector[], command: AccessedCommand, argv: Argv): Denial | null {
  const keys = keysOnce(command, argv);
  let worst: Lack = { reason: 'command', position: 0 };
  for (const selector of selectors) {
    const lack = selector.lack(command, argv, keys);
    if (lack === null) return null;
    const isWorse = REASONS.indexOf(lack.reason) - REASONS.indexOf(worst.reason);
    if (isWorse > 0 || (isWorse === 0 && lack.position > worst.position)) worst = lack;
  }
  return { reason: worst.reason, object: worst.reason === 'command' ? command.fullName : argv[worst.position]! };
}

/** Finds the keys on first use. */
function keysOnce(command: AccessedCommand, argv: Argv): () => readonly KeyUse[] {
  let keys: readonly KeyUse[] | null = null;
  return () => (keys ??= command.keyUses(argv));
}

/** True if the user may run the command and read any key, not only those in its arguments. For SORT, whose BY and GET name keys by patterns. */
export function mayReadAnyKey(user: User, command: AccessedCommand, argv: Argv): boolean {
  if (user.isUnrestricted) return true;
  const keys = keysOnce(command, argv);
  return user.selectors.some((selector) => selector.lack(command, argv, keys) === null && selector.readsAnyKey);
}
