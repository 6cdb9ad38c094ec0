/** The part memory of the bench, on small datasets and without pauses: what it loads arrives, and is read back. The figures themselves mean nothing here. */
import { afterAll, describe, expect, test } from 'vitest';
import { createServer } from 'redis-lab';
// @ts-expect-error A script has no declarations.
import { DATASETS as untypedDatasets } from '../../bench/memory-datasets.mjs';
// @ts-expect-error A script has no declarations.
import { measureMemory as untypedMeasure } from '../../bench/memory.mjs';
import { RespClient } from '../support/resp-client.js';

type Exchange = readonly [argv: readonly (string | number)[], reply: string];
interface Dataset {
  readonly name: string;
  readonly count: number;
  load(i: number): Exchange[];
  read(from: number, to: number): Exchange[];
}
const DATASETS = untypedDatasets as readonly Dataset[];
const measureMemory = untypedMeasure as (server: object, dataset: Dataset, pauses: object) => Promise<Record<string, number | null>>;

const AT_ONCE = { settle: 0, brief: 0, flush: 0 };
const COUNT = 1500;

const server = await createServer({ port: 0 });
const { port } = server;
afterAll(() => server.close());

describe.each(DATASETS)('$name', (dataset) => {
  test('is loaded, read back and flushed', async () => {
    let sizeAfterLoading = -1;
    await using client = await RespClient.connect(port);
    let purges = 0;
    const purge = async (): Promise<void> => {
      if (++purges === 2) sizeAfterLoading = Number(await client.call('DBSIZE'));
    };
    const figures = await measureMemory({ pid: process.pid, port, purge }, { ...dataset, count: COUNT }, AT_ONCE);
    expect(sizeAfterLoading).toBe(dataset.name === 'keys' || dataset.name.startsWith('small') ? COUNT : 1);
    expect(purges).toBe(3);
    for (const name of ['empty', 'loaded', 'readBack', 'left']) expect(figures[name]).toBeGreaterThan(1e6);
    expect(await client.call('DBSIZE')).toBe(0);
  });
});

test('another reply than expected ends the measurement', async () => {
  const [keys] = DATASETS as [Dataset];
  const spoilt = { ...keys, count: 10, read: (): Exchange[] => [[['GET', 'key:000000000000'], '$5\r\nother\r\n']] };
  await expect(measureMemory({ pid: process.pid, port }, spoilt, AT_ONCE)).rejects.toThrow('another reply than expected: "$16\\r\\nvalue');
});
