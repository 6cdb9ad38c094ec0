/** A small run of what `npm run fuzz -- exchange` does with thousands of keyspaces. */
import { expect, test } from 'vitest';
import { describeWithRedis } from '../../support/redis-server.js';
import { exchange } from './exchange.js';

describeWithRedis('snapshots and append-only files', () => {
  test.each(['lab', 'redis'] as const)(
    'that are written by the one are loaded by the other as what they are: random keyspaces written by %s',
    { timeout: 60_000 },
    async (writer) => {
      const { keys, differences } = await exchange({ writer, seed: 7, keyspaces: 5 });
      expect(differences).toEqual([]);
      expect(keys).toBeGreaterThan(20);
    },
  );
});
