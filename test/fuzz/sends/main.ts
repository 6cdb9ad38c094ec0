/**
 * npm run fuzz -- sends [--requests 10000000] [--clients 200] [--seed 1] [--sends batched|direct]
 *
 * The campaign of batched sends on the simulated kernel, in parts of 50,000 requests. Each has a seed of its own, which chooses the faults and, by turns, how it
 * is triggered; a part that fails is repeated with `--requests 50000 --seed` and its seed. On a real kernel, scripts/sends-soak.mjs does the same.
 */
import { parseArgs } from 'node:util';
import { campaign, type CampaignResult } from './campaign.js';

const PART = 50_000;
/** How often the state is printed. */
const EVERY_MS = 30_000;

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '10000000' },
    clients: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    sends: { type: 'string', default: 'batched' },
  },
});
if (values.sends !== 'batched' && values.sends !== 'direct') throw new RangeError(`--sends ${values.sends}: expected batched or direct`);
const [requests, clients, first] = [values.requests, values.clients, values.seed].map(Number) as [number, number, number];
let total: CampaignResult = { requests: 0, replies: 0, connections: 0, resets: 0, batches: 0, leftOut: 0 };
let failures = 0;
let said = performance.now();
for (let seed = first; total.requests < requests; seed++) {
  const part = { seed, requests: Math.min(PART, requests - total.requests), clients, batchesSends: values.sends === 'batched', edgeTriggered: seed % 2 === 0 };
  try {
    total = sum(total, campaign(part));
  } catch (error) {
    failures++;
    total = { ...total, requests: total.requests + part.requests };
    console.log(`seed ${seed}: ${(error as Error).stack}`);
  }
  if (performance.now() - said < EVERY_MS) continue;
  said = performance.now();
  console.log(`up to seed ${seed}: ${total.requests} requests`);
}
const { replies, connections, resets, batches, leftOut } = total;
console.log(`${total.requests} requests over ${clients} connections at a time, ${connections} altogether, ${resets} of them reset: ${replies} replies, each as expected, ` +
  `${batches} batches, of which ${leftOut} sends were left to write(2); ${failures} parts failed`);
process.exit(failures > 0 ? 1 : 0);

function sum(one: CampaignResult, other: CampaignResult): CampaignResult {
  const keys = Object.keys(one) as (keyof CampaignResult)[];
  return Object.fromEntries(keys.map((key) => [key, one[key] + other[key]])) as unknown as CampaignResult;
}
