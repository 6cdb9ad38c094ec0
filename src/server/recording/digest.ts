/**
 * The digest of a server: one line that is the same for the same keyspace and clients, and otherwise different, to 160 bits.
 */
import { createHash, type Hash } from 'node:crypto';
import { clientInfo } from '../command/client-info.js';
import { dump } from '../keyspace/rdb/encoder.js';
import type { Server } from '../server.js';

/** Returns `keys 3 4f0c… clients 2 91aa…`: covers every key with its type, value and time to live, and each client as CLIENT LIST shows it. */
export function digestOf(server: Server): string {
  const keys = createHash('sha1');
  let count = 0;
  for (const { index, dict, expires } of server.keyspace.databases) {
    const slots = Array.from({ length: dict.size }, (_, slot) => slot).toSorted((one, other) => (dict.keyAt(one) < dict.keyAt(other) ? -1 : 1));
    count += slots.length;
    for (const slot of slots) {
      const key = dict.keyAt(slot);
      const expireAt = expires.size === 0 ? -1 : server.keyspace.databases[index]!.exactExpireAt(key);
      put(keys, String(index), key, dump(dict.valueAt(slot), server.config.values), String(expireAt));
    }
  }
  const clients = createHash('sha1');
  for (const session of server.sessions.values()) put(clients, clientInfo(session));
  return `keys ${count} ${keys.digest('hex')} clients ${server.sessions.size} ${clients.digest('hex')}`;
}

/** Lengths come before the texts, so that different lists of texts give different bytes. */
function put(hash: Hash, ...texts: readonly string[]): void {
  for (const text of texts) hash.update(`${text.length}:`).update(text, 'latin1');
}
