/** maxmemory-clients: which clients are disconnected, and which are not. */
import { expect, test } from 'vitest';
import { type Lab, type LabClient, request, simulate } from '../simulation/harness.js';

/** Connects a client that has sent `bytes` of an argument, and not its end. */
function holding(lab: Lab, bytes: number): LabClient {
  const client = lab.connect();
  client.send(`*2\r\n$4\r\nECHO\r\n$${bytes + 10}\r\n${'x'.repeat(bytes)}`);
  lab.settle();
  return client;
}

const evicted = ({ server }: Lab): number => server.stats.clientsEvicted;

test('the largest clients are disconnected first, until the others are within the limit', () => {
  using lab = simulate({ settings: { 'maxmemory-clients': 3_000_000 } });
  const clients = [300_000, 900_000, 600_000].map((bytes) => holding(lab, bytes));
  expect(clients.map((client) => client.isClosedByServer)).toEqual([false, false, false]);
  lab.server.config.set('maxmemory-clients', 1_200_000);
  lab.connect();
  expect(clients.map((client) => client.isClosedByServer)).toEqual([false, true, false]);
  expect(lab.log.filter((line) => line.startsWith('notice: Evicting client: id='))).toHaveLength(1);
  lab.server.config.set('maxmemory-clients', 1);
  lab.connect();
  expect(clients.map((client) => client.isClosedByServer)).toEqual([true, true, true]);
  expect(evicted(lab)).toBe(3);
  expect(lab.connect().ask('INFO', 'stats')).toContain('evicted_clients:3\r\n');
});

test('a client that sends one request beyond the limit is disconnected itself, unless it is protected', () => {
  using lab = simulate({ settings: { 'maxmemory-clients': 500_000 } });
  const [client, other] = [lab.connect(), lab.connect()];
  expect(client.ask('CLIENT', 'NO-EVICT', 'ON')).toBe('+OK\r\n');
  for (const each of [client, other]) each.send(request('SET', 'k', 'x'.repeat(600_000)));
  lab.settle();
  expect([client.isClosedByServer, other.isClosedByServer]).toEqual([false, true]);
  expect(client.receive()).toBe('+OK\r\n');
});

test.each([
  ['subscriptions', (at: number) => ['SUBSCRIBE', `channel ${at}`]],
  ['watched keys', (at: number) => ['WATCH', `key ${at}`]],
  ['tracked prefixes', (at: number) => ['CLIENT', 'TRACKING', 'ON', 'BCAST', 'PREFIX', String(at).padStart(6, '0')]],
  ['queued commands', (at: number) => (at === 0 ? ['MULTI'] : ['SET', 'k', 'x'.repeat(100)])],
])('%s count', (_, requestAt) => {
  using lab = simulate({ settings: { 'maxmemory-clients': 130 * 1024 } });
  const client = lab.connect();
  client.send(Array.from({ length: 3000 }, (__, at) => request(...requestAt(at))).join(''));
  lab.settle();
  expect(client.isClosedByServer).toBe(true);
  expect(evicted(lab)).toBe(1);
});

test('unread output counts, and a percentage is of maxmemory', () => {
  using lab = simulate({ settings: { 'maxmemory-clients': -10 }, seed: 4 });
  const [client, reader] = [lab.connect(), lab.connect()];
  client.ask('SETRANGE', 'k', '300000', 'x');
  for (let count = 0; count < 20; count++) reader.send(request('GET', 'k'));
  lab.settle();
  expect(evicted(lab)).toBe(0);
  lab.server.config.set('maxmemory', 40_000_000);
  for (let count = 0; count < 20; count++) reader.send(request('GET', 'k'));
  lab.settle();
  expect([client.isClosedByServer, reader.isClosedByServer]).toEqual([false, true]);
});

test('a restored server limits its clients as the captured one did', () => {
  using lab = simulate({ settings: { 'maxmemory-clients': 1_000_000 } });
  holding(lab, 600_000);
  using restored = simulate({ from: lab.server.capture() });
  expect(evicted(restored)).toBe(0);
  const client = holding(restored, 500_000);
  expect([evicted(restored), client.isClosedByServer]).toEqual([1, false]);
});
