/**
 * The lock between real threads: what they count under it is exact, even if each of them yields in the middle.
 */
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { buildSync } from 'esbuild';
import { expect, test } from 'vitest';
import { ACQUISITIONS, LOCK, LOCK_WAITED_US, LOCK_WAITS } from '../../../src/server/arena/layout.js';
import { createMemory } from '../../../src/server/arena/shared-table.js';

const THREADS = 6;
const TIMES = 3000;

/** A free word after those of the layout. */
const COUNT = 8;

const LOCK_MODULE = buildSync({
  entryPoints: [fileURLToPath(new URL('../../../src/server/arena/lock.ts', import.meta.url))],
  bundle: true, platform: 'node', format: 'cjs', write: false,
}).outputFiles[0]!.text;

/** Reads, waits a moment, and writes: two threads inside at the same time would lose a count. */
const HAMMER = `
const { workerData: { memory, times } } = require('node:worker_threads');
const { Lock } = (() => { const module = { exports: {} }; ((module, exports) => { ${LOCK_MODULE} })(module, module.exports); return module.exports; })();
const words = new Int32Array(memory);
const lock = new Lock(memory, { waits() {}, holds() {}, released() {} });
for (let i = 0; i < times; i++) {
  lock.acquire();
  const count = words[${COUNT}];
  for (let spin = i % 300 === 0 ? 200000 : 20; spin > 0; spin--) Atomics.load(words, ${COUNT + 1});
  words[${COUNT}] = count + 1;
  lock.release();
}
`;

test('threads that contend for one lock lose no counts, and waits are counted', async () => {
  const memory = createMemory(64 * 1024);
  const workers = Array.from({ length: THREADS }, () => new Worker(HAMMER, { eval: true, workerData: { memory, times: TIMES } }));
  await Promise.all(workers.map((worker) => once(worker, 'exit')));
  const words = new Int32Array(memory);
  const counters = new Float64Array(memory);
  expect(words[COUNT]).toBe(THREADS * TIMES);
  expect(words[LOCK]).toBe(0);
  expect(counters[ACQUISITIONS]).toBe(THREADS * TIMES);
  expect(counters[LOCK_WAITS]).toBeGreaterThan(0);
  expect(counters[LOCK_WAITED_US]).toBeGreaterThan(0);
});
