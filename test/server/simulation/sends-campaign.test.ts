/** A small run of the campaign of `npm run fuzz -- sends`, and that it notices what it is there to notice. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { OutputBuffer } from '../../../src/server/client/output-buffer.js';
import { Replay } from '../../../src/server/recording/replay.js';
import { campaign } from '../../fuzz/sends/campaign.js';
import { record, type Recorded } from '../recording/scenarios.js';

const SMALL = { requests: 600, clients: 30, batchesSends: true, edgeTriggered: false };

afterEach(() => void vi.restoreAllMocks());

describe.each([false, true])('edge-triggered: %s', (edgeTriggered) => {
  test.each([true, false])('every client receives what it must, byte by byte (batched: %s)', (batchesSends) => {
    let [replies, batches, leftOut, resets] = [0, 0, 0, 0];
    for (let seed = 1; seed <= 12; seed++) {
      const result = campaign({ ...SMALL, seed, batchesSends, edgeTriggered });
      replies += result.replies;
      batches += result.batches;
      leftOut += result.leftOut;
      resets += result.resets;
    }
    expect(replies).toBeGreaterThan(2000);
    expect(resets).toBeGreaterThan(5);
    expect(batches > 30).toBe(batchesSends);
    expect(leftOut > 5).toBe(batchesSends);
  });
});

test.each([false, true])('a recording of it is replayed without any difference (edge-triggered: %s)', (edgeTriggered) => {
  for (let seed = 11; seed <= 13; seed++) {
    let recorded: Recorded | null = null;
    const { leftOut, batches } = campaign({ ...SMALL, seed, edgeTriggered }, (options) => (recorded = record(options)).lab);
    expect(batches + leftOut).toBeGreaterThan(5);
    const { head, tape } = recorded as unknown as Recorded;
    expect(new Replay(head, tape()).run()).toMatchObject({ divergence: null, hasEnd: true });
  }
});

test('the same seed gives the same run', () => {
  const run = (): unknown => campaign({ ...SMALL, seed: 7 });
  expect(run()).toEqual(run());
});

/** Of a few results, more or less is dropped than the kernel has taken. */
function spoilDrops(by: (bytes: number, length: number) => number): void {
  const { drop } = OutputBuffer.prototype;
  let calls = 0;
  vi.spyOn(OutputBuffer.prototype, 'drop').mockImplementation(function (this: OutputBuffer, bytes) {
    drop.call(this, ++calls % 50 > 0 ? bytes : by(bytes, this.offered));
  });
}

test.each([
  ['lost', (bytes: number, offered: number) => Math.min(bytes + 1, offered)],
  ['sent twice', (bytes: number) => Math.max(bytes - 1, 0)],
])('a byte that is %s is found', (_, by) => {
  spoilDrops(by);
  expect(() => [1, 2, 3].forEach((seed) => campaign({ ...SMALL, seed }))).toThrow(/^client \d+/);
});
