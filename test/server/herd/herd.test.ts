/**
 * Eight threads wait for one listener. Without EPOLLEXCLUSIVE a connection wakes threads that find nothing; with it none is woken in vain.
 */
import { expect, test } from 'vitest';
import { runHerd } from '../../../src/server/herd/herd.js';

const CONNECTIONS = 200;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

test('each connection wakes all threads, and all but one get WouldBlock', async () => {
  const { wakes, inVain, accepted } = await runHerd({ waiters: 8, connections: CONNECTIONS, isExclusive: false });
  expect(accepted).toHaveLength(8);
  expect(sum(accepted)).toBe(CONNECTIONS);
  expect(wakes).toBeGreaterThan(2 * CONNECTIONS);
  expect(inVain).toBeGreaterThan(CONNECTIONS);
});

test('with EPOLLEXCLUSIVE hardly any thread is woken without a connection', async () => {
  const { inVain, accepted } = await runHerd({ waiters: 8, connections: CONNECTIONS, isExclusive: true });
  expect(sum(accepted)).toBe(CONNECTIONS);
  expect(inVain).toBeLessThan(CONNECTIONS / 10);
});

test('numbers that are out of range are refused', async () => {
  await expect(runHerd({ waiters: 0, connections: 1, isExclusive: true })).rejects.toThrow('waiters: a whole number from 1 to 32');
  await expect(runHerd({ waiters: 8, connections: 1.5, isExclusive: true })).rejects.toThrow('connections: a whole number from 1 to 10000');
});
