import { expect, test } from 'vitest';
import { describeWithRedis } from '../../support/redis-server.js';
import type { Kind } from './pair.js';
import { Pair } from './pair.js';
import { fuzzReplication, summarizeReplication } from './replication.js';

const PAIRS: readonly (readonly [Kind, Kind])[] = [['redis', 'lab'], ['lab', 'redis'], ['lab', 'lab']];

describeWithRedis('random commands to a master whose replica is cut off again and again', () => {
  test.each(PAIRS)('leave the same in both: %s with a replica %s', { timeout: 120_000 }, async (master, replica) => {
    const options = { master, replica, seed: 3, commands: 2000, roundCommands: 1000, log: () => {} };
    const summary = await fuzzReplication(options);
    const { difference } = summary;
    if (difference !== null) {
      const { what, trouble, commands } = difference;
      expect.fail(`${summarizeReplication(options, summary)}\n${what}\n${trouble.join('\n')}\n${commands.join('\n')}`);
    }
    expect(summary).toMatchObject({ rounds: 2 });
    expect(summary.synchronizations.full).toBeGreaterThan(0);
  });

  test('are different if the replica was changed without its master', { timeout: 60_000 }, async () => {
    const pair = await Pair.start({ master: 'redis', replica: 'redis', log: () => {} });
    try {
      await pair.master.call('SET', 'key', 'value', 'PXAT', '33177117420000');
      expect(await pair.difference()).toBeNull();
      await pair.replica.call('CONFIG', 'SET', 'replica-read-only', 'no');
      await pair.replica.call('PEXPIREAT', 'key', '33177117420001');
      expect(await pair.difference()).toMatch(/^0 "key": master .*33177117420000\], replica .*33177117420001\]$/);
      await pair.replica.call('SET', 'key', 'other');
      expect(await pair.difference()).toMatch(/^DEBUG DIGEST: /);
    } finally {
      await pair.close();
    }
  });
});
