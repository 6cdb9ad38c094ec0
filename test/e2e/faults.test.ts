/** Faults on real sockets, on both pollers; and real recordings of them, replayed. */
import { describe, expect, test } from 'vitest';
import { createServer, type RedisLabServer, type ServerOptions, type TraceEvent } from 'redis-lab';
import { readRecording, Replay } from '../../src/server/recording/index.js';
import { cli } from '../support/cli.js';
import { RespClient } from '../support/resp-client.js';

const POLLERS = (['epoll', 'portable'] as const).filter((poller) => poller === 'portable' || process.platform === 'linux');
const MODES = POLLERS.flatMap((poller) => [{ poller, edgeTriggered: false }, { poller, edgeTriggered: true }]);

/** Runs `use` on a server whose recording is then replayed: it must be identical. Resolves with the events of the trace. */
async function recorded(options: ServerOptions, use: (server: RedisLabServer) => Promise<void>): Promise<readonly TraceEvent[]> {
  const parts: Buffer[] = [];
  const events: TraceEvent[] = [];
  const server = await createServer({ port: 0, ...options, record: (bytes) => parts.push(bytes) });
  const endTrace = await server.trace((batch) => void events.push(...batch.events), { budget: Infinity });
  await use(server);
  await endTrace();
  await server.close();
  const { head, tape } = readRecording(Buffer.concat(parts));
  expect(new Replay(head, tape).run()).toMatchObject({ divergence: null, hasEnd: true });
  return events;
}

describe.each(MODES)('$poller, edge-triggered: $edgeTriggered', (options) => {
  test('slice: a value of 20 kB crosses in pieces of 100 bytes', async () => {
    const value = 'v'.repeat(20_000);
    const events = await recorded(options, async (server) => {
      await using client = await RespClient.connect(server.port);
      const fault = await server.faults.add({ name: 'slice', bytes: 100 });
      await client.call('SET', 'k', value);
      expect(await client.call('GET', 'k')).toBe(value);
      expect((await server.faults.list()).map(({ text }) => text)).toEqual(['slice 100']);
      expect(await fault.remove()).toBe(true);
      expect(await fault.remove()).toBe(false);
      expect(await client.call('GET', 'k')).toBe(value);
    });
    const injected = events.filter((event) => event.kind === 'fault');
    expect(injected.length).toBeGreaterThanOrEqual(400);
    expect(injected[0]).toMatchObject({ kind: 'fault', id: 1, fault: 'slice 100', effect: 'read of 100 B' });
  });

  test('error: instead of a command, so many times', async () => {
    await recorded(options, async (server) => {
      await using client = await RespClient.connect(server.port);
      await server.faults.add('error "LOADING not yet" on GET user:* next 1');
      expect(await client.call('GET', 'user:1')).toEqual({ error: 'LOADING not yet' });
      expect(await client.call('GET', 'user:1')).toBe(null);
      expect(await server.faults.list()).toEqual([]);
    });
  });
});

test('a fault of requests that is set while the loop is held takes effect at its next wait, in a replay as well', async () => {
  await recorded({}, async (server) => {
    await using client = await RespClient.connect(server.port);
    await server.setBreakpoints([{ command: 'get' }]);
    const held = new Promise((resolve) => server.onHeld(resolve));
    const first = client.call('GET', 'k');
    await held;
    await server.faults.add({ name: 'error', command: 'get' });
    await server.setBreakpoints([]);
    await server.resume();
    expect(await first).toBe(null);
    expect(await client.call('GET', 'k')).toEqual({ error: 'ERR injected fault' });
  });
});

test('what can not be is refused, with what there is', async () => {
  await using server = await createServer({ port: 0 });
  const refused = async (fault: unknown): Promise<string> => server.faults.add(fault as string).then(() => 'set', (error: Error) => error.message);
  expect(await refused('slize 1')).toMatch(/^there is no fault slize; there are slice, /);
  expect(await refused({ name: 'slice', bytes: -1 })).toBe('slice: bytes must be a whole number from 1');
  expect(await refused('slice 1 on #7')).toBe('there is no connection #7; nobody is connected');
  expect(await refused(null)).toBe('a fault is an object with a name, or a text: slice 1 on #3');
  await expect(createServer({ port: 0, faults: ['slice'] })).rejects.toThrow('slice: bytes must be a whole number from 1');
  await expect(createServer({ port: 0, faults: 'slice 1' as never })).rejects.toThrow('faults: must be a list');
});

test('from the start on, by option', async () => {
  await using server = await createServer({ port: 0, faults: ['slice 1 on #2', { name: 'error', command: 'ping' }] });
  await using client = await RespClient.connect(server.port);
  expect(await client.call('PING')).toEqual({ error: 'ERR injected fault' });
  const [slice, error] = await server.faults.list();
  expect(slice!.injections).toBeGreaterThan(20);
  expect(error!.injections).toBe(1);
});

test('--fault: what is wrong with it is said in one line', async () => {
  const refused = async (...args: string[]): Promise<string> => {
    const { code, stderr } = await cli('--headless', '--port', '0', ...args);
    expect(code).toBe(1);
    return stderr;
  };
  expect(await refused('--fault', 'slize 1')).toMatch(/^redis-lab: --fault 'slize 1': there is no fault slize; there are slice, [^\n]*\n$/);
  expect(await refused('--fault', 'slice 1', '--fault', 'error on GETT')).toBe('redis-lab: there is no command GETT\n');
});
