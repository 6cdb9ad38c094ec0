/** Faults on real sockets, on both pollers; and real recordings of them, replayed. */
import { describe, expect, test } from 'vitest';
import { createServer, type RedisLabServer, type ServerOptions, type TraceEvent } from 'redis-lab';
import { readRecording, Replay } from '../../src/server/recording/index.js';
import { cli } from '../support/cli.js';
import { RespClient } from '../support/resp-client.js';
import { RawClient } from '../support/raw-client.js';

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

test('faults of the disk can be set in a server that has written no file yet', async () => {
  await using server = await createServer({ port: 0 });
  const fault = await server.faults.add('disk-full');
  expect((await server.faults.list()).map(({ text }) => text)).toEqual(['disk-full']);
  expect(await fault.remove()).toBe(true);
});

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

  test('error: instead of a command, a number of times', async () => {
    await recorded(options, async (server) => {
      await using client = await RespClient.connect(server.port);
      await server.faults.add('error "LOADING not yet" on GET user:* next 1');
      expect(await client.call('GET', 'user:1')).toEqual({ error: 'LOADING not yet' });
      expect(await client.call('GET', 'user:1')).toBe(null);
      expect(await server.faults.list()).toEqual([]);
    });
  });

  test('latency: by the loop\'s clock, a token is reported later than it was ready by this time', async () => {
    const events = await recorded(options, async (server) => {
      await using client = await RespClient.connect(server.port);
      await client.call('PING');
      await server.faults.add({ name: 'latency', ms: 30 });
      await client.call('PING');
      await client.call('PING');
      await server.faults.clear();
      await client.call('PING');
    });
    const injected = events.filter((event) => event.kind === 'fault');
    expect(injected.map(({ effect }) => effect)).toEqual(['reported 30 ms later', 'reported 30 ms later']);
    for (const { seq, atUs, token } of injected) {
      const reported = events.find((event) => event.seq > seq && event.kind === 'ready' && event.token === token)!;
      expect(reported.atUs - atUs).toBeGreaterThanOrEqual(30_000);
    }
  });

  test('bandwidth: by the loop\'s clock, no byte comes before those in front of it have had their time, and none is lost', async () => {
    const events = await recorded(options, async (server) => {
      await using client = await RespClient.connect(server.port);
      await client.call('PING');
      await server.faults.add('bandwidth 50k');
      const value = 'b'.repeat(10_000);
      await client.call('SET', 'k', value);
      expect(await client.call('GET', 'k')).toBe(value);
    });
    const reads = events.flatMap((event) => (event.kind === 'read' && typeof event.result === 'number' ? [{ bytes: event.result, atUs: event.atUs }] : []));
    const limited = reads.slice(reads.findIndex(({ bytes }) => bytes > 1000));
    expect(limited.length).toBeGreaterThan(3);
    // The clock is read before the call into the kernel, and the event is dated behind it.
    for (const [i, { bytes, atUs }] of limited.slice(0, -1).entries()) expect(limited[i + 1]!.atUs - atUs).toBeGreaterThan((bytes / 50_000) * 1e6 * 0.9);
  });

  test('would-block: refusals cost turns, and no byte', async () => {
    const events = await recorded(options, async (server) => {
      await using client = await RespClient.connect(server.port);
      await server.faults.add('would-block 3');
      const value = 'w'.repeat(200_000);
      await client.call('SET', 'k', value);
      expect(await client.call('GET', 'k')).toBe(value);
    });
    expect(events.filter((event) => event.kind === 'fault').map(({ effect }) => effect).slice(0, 3)).toEqual(['read: WouldBlock', 'read: WouldBlock', 'read: WouldBlock']);
  });

  test('reset: the server reads ECONNRESET and the client gets a reset', async () => {
    const events = await recorded(options, async (server) => {
      const client = await RawClient.connect(server.port);
      const errors: string[] = [];
      client.socket.on('error', (error: NodeJS.ErrnoException) => errors.push(error.code!));
      await client.exchange('PING\r\n', 1);
      await server.faults.add('reset');
      expect(await client.closedByServer()).toBe(true);
      expect(errors).toEqual(['ECONNRESET']);
    });
    expect(events.find((event) => event.kind === 'disconnect')).toMatchObject({ why: 'ECONNRESET' });
  });

  test('half-close: the server reads EOF and closes; the client sees an end', async () => {
    const events = await recorded(options, async (server) => {
      const client = await RawClient.connect(server.port);
      const errors: unknown[] = [];
      client.socket.on('error', (error) => errors.push(error));
      await server.faults.add('half-close 6');
      await client.exchange('PING\r\n', 1);
      expect(await client.closedByServer()).toBe(true);
      expect(errors).toEqual([]);
    });
    expect(events.find((event) => event.kind === 'disconnect')).toMatchObject({ why: 'EOF' });
  });

  test('accept: fails, and the connection waits; or it is lost', async () => {
    const events = await recorded(options, async (server) => {
      await server.faults.add('accept EMFILE next 2');
      const client = await RawClient.connect(server.port);
      expect(await client.exchange('PING\r\n', 1)).toMatchObject([{ bytes: '+PONG\r\n' }]);
      client.close();
      await server.faults.add('accept ECONNABORTED next 1');
      // The reset may come before the client has heard that it is connected.
      const isLost = await RawClient.connect(server.port).then((lost) => lost.closedByServer(), () => true);
      expect(isLost).toBe(true);
    });
    expect(events.filter((event) => event.kind === 'fault').map(({ effect }) => effect)).toEqual(['accept: EMFILE', 'accept: EMFILE', 'accept: ECONNABORTED']);
  });

  test('late-reply and no-reply: the command is executed, its client waits', async () => {
    const events = await recorded(options, async (server) => {
      await using client = await RespClient.connect(server.port);
      await using other = await RespClient.connect(server.port);
      await server.faults.add('late-reply 60ms on INCR next 1');
      const late = client.call('INCR', 'n');
      expect(await other.call('GET', 'n')).toBe('1');
      expect(await late).toBe(1);
      const fault = await server.faults.add('no-reply on INCR');
      const never = client.call('INCR', 'n');
      expect(await other.call('GET', 'n')).toBe('2');
      await fault.remove();
      expect(await never).toBe(2);
    });
    expect(events.filter((event) => event.kind === 'timer' && event.name === 'late reply')).toHaveLength(1);
  });
});

describe.each(MODES)('rules, $poller, edge-triggered: $edgeTriggered', (options) => {
  test('eagain-is-an-error: each client is closed as soon as its socket is empty, until the fault is taken away', async () => {
    const events = await recorded(options, async (server) => {
      const fault = await server.faults.add('eagain-is-an-error');
      const client = await RawClient.connect(server.port);
      client.socket.write('PING\r\n');
      expect(await client.closedByServer()).toBe(true);
      await fault.remove();
      await using other = await RespClient.connect(server.port);
      expect(await other.call('PING')).toEqual({ simple: 'PONG' });
      expect(await other.call('PING')).toEqual({ simple: 'PONG' });
    });
    expect(events.filter(({ kind }) => kind === 'disconnect')[0]).toMatchObject({ why: 'rule after-read' });
  });

  test('a learner\'s rule: reads of 7 bytes each, and no byte is lost', async () => {
    const value = 'v'.repeat(2000);
    const events = await recorded(options, async (server) => {
      await using client = await RespClient.connect(server.port);
      await server.faults.add({ name: 'rule', seam: 'read-size', expression: 'Math.min(room, 7)' });
      await client.call('SET', 'k', value);
      expect(await client.call('GET', 'k')).toBe(value);
    });
    const sizes = events.flatMap((event) => (event.kind === 'read' && typeof event.result === 'number' ? [event.result] : []));
    expect(sizes.filter((size) => size > 7).length).toBeLessThanOrEqual(1);
    expect(sizes.length).toBeGreaterThan(280);
  });

  test('trigger: edge-triggered from the next wait on, and back', async () => {
    const events = await recorded(options, async (server) => {
      await using client = await RespClient.connect(server.port);
      await client.call('PING');
      await server.trigger(options.edgeTriggered ? 'level' : 'edge');
      await client.call('PING');
      await using other = await RespClient.connect(server.port);
      await other.call('PING');
      expect((await server.snapshot()).clients.map(({ interest }) => interest)).toEqual(options.edgeTriggered ? [1, 1] : [5, 5]);
      await server.trigger('default');
      await client.call('PING');
      expect((await server.snapshot()).clients.map(({ interest }) => interest)).toEqual(options.edgeTriggered ? [5, 5] : [1, 1]);
    });
    // Edge-triggered, the loop reads on until WouldBlock.
    expect(events.filter((event) => event.kind === 'read' && event.result === 'WouldBlock').length).toBeGreaterThan(0);
  });
});

test.each(POLLERS)('ignore-eof, %s: level-triggered the loop is woken more than a thousand times by one client that has ended, and goes on serving others', async (poller) => {
  let ends = 0;
  let isSpinning = (): void => {};
  const spins = new Promise<void>((resolve) => {
    isSpinning = resolve;
  });
  await recorded({ poller }, async (server) => {
    await server.faults.add('ignore-eof');
    await server.trace(({ events }) => {
      ends += events.filter((event) => event.kind === 'read' && event.result === 'EOF').length;
      if (ends > 1000) isSpinning();
    }, { budget: Infinity });
    const client = await RawClient.connect(server.port);
    client.socket.end('PING\r\n');
    await spins;
    await using other = await RespClient.connect(server.port);
    expect(await other.call('PING')).toEqual({ simple: 'PONG' });
    await server.faults.clear();
    expect(await client.closedByServer()).toBe(true);
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

test('invalid faults are refused, with the valid ones', async () => {
  await using server = await createServer({ port: 0 });
  const refused = async (fault: unknown): Promise<string> => server.faults.add(fault as string).then(() => 'set', (error: Error) => error.message);
  expect(await refused('slize 1')).toMatch(/^there is no fault slize; there are slice, /);
  expect(await refused({ name: 'slice', bytes: -1 })).toBe('slice: bytes must be a whole number from 1');
  expect(await refused('slice 1 on #7')).toBe('there is no connection #7; no client is connected');
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
