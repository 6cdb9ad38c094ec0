/**
 * Leaving: what would be lost, so that one letter does not end a lab that somebody uses.
 */
import type { Model } from './model/model.js';
import type { ReplState } from './repl-state.js';

/** What to ask before the lab is left, without the question mark; null: it has no clients but the console's own, and no data. @param model of now */
export function leavingQuestion({ rates, keyspace }: Model, { clients }: ReplState): string | null {
  const own = clients.filter(({ state }) => state !== 'connecting' && state !== 'closed').length;
  const others = Math.max(0, rates.connections - own);
  const keys = keyspace.databases.reduce((total, database) => total + database.keys, 0);
  const lost = [plural(others, 'client'), plural(keys, 'key')].filter((text) => text !== '');
  return lost.length === 0 ? null : `Leave the lab, with ${lost.join(' and ')} in it`;
}

const plural = (count: number, noun: string): string => (count === 0 ? '' : `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`);
