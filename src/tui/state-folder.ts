/**
 * The folder in which the lab keeps what is to last from one run to the next: `redis-lab` where XDG wants a user's state to be.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A file in it; null for a user without a home, as in some containers: `homedir` throws then. */
export function statePath(name: string, { XDG_STATE_HOME: state }: NodeJS.ProcessEnv = process.env, homeOf = homedir): string | null {
  if (state?.startsWith('/')) return join(state, 'redis-lab', name);
  try {
    return join(homeOf(), '.local', 'state', 'redis-lab', name);
  } catch {
    return null;
  }
}
