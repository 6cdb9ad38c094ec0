/**
 * The one permission check: may a user run this command with these arguments? Commands of clients, the children of EXEC and the commands of scripts ask it;
 * each of them words its own error.
 */
import type { AccessedCommand, KeyUse } from './access.js';
import type { Lack, Selector } from './selector.js';
import type { User } from './user.js';

/** What a user lacks. */
export interface Denial {
  readonly reason: 'command' | 'key' | 'channel';
  /** The full name of the command, or the key or channel that is out of reach; as ACL LOG shows it. */
  readonly object: string;
}

type Argv = readonly string[];

/** From the least telling on. */
const REASONS = ['command', 'key', 'channel'] as const satisfies readonly Denial['reason'][];

/** Null if the user may run the command. `argv` is the whole request, whose number of arguments has been checked. */
export function mayRun(user: User, command: AccessedCommand, argv: Argv): Denial | null {
  return user.isUnrestricted ? null : checkSelectors(user.selectors, command, argv);
}

/** One selector that allows all of it is enough. If there is none: the key or channel that came last in argv of those that were out of reach. */
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

/** Looks for the keys when first asked. */
function keysOnce(command: AccessedCommand, argv: Argv): () => readonly KeyUse[] {
  let keys: readonly KeyUse[] | null = null;
  return () => (keys ??= command.keyUses(argv));
}

/** May the user run the command and read any key besides those in its arguments? SORT asks, whose BY and GET name keys by patterns. */
export function mayReadAnyKey(user: User, command: AccessedCommand, argv: Argv): boolean {
  if (user.isUnrestricted) return true;
  const keys = keysOnce(command, argv);
  return user.selectors.some((selector) => selector.lack(command, argv, keys) === null && selector.readsAnyKey);
}
