/**
 * The folder for data that lasts between runs: `redis-lab` in the user's XDG state folder.
 */
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The path of a file in it; null for a user without a home, as in some containers: `homedir` throws then. */
export function statePath(name: string, { XDG_STATE_HOME: state }: NodeJS.ProcessEnv = process.env, homeOf = homedir): string | null {
  if (state?.startsWith('/')) return join(state, 'redis-lab', name);
  try {
    return join(homeOf(), '.local', 'state', 'redis-lab', name);
  } catch {
    return null;
  }
}
