/** The lab as a replica of a real redis-server, and of another lab. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createServer as createLab } from 'redis-lab';
import { connectTo, startHeadless, temporaryDirectory } from '../support/headless.js';
import { describeWithRedis, startRedisServer } from '../support/redis-server.js';
import type { RespClient, Wire } from '../support/resp-client.js';

const FIELD = (name: string): RegExp => new RegExp(`^${name}:(.*?)\\r?$`, 'm');

async function fieldOf(client: RespClient, name: string): Promise<string | undefined> {
  const reply = (await client.call('INFO', 'replication')) as string | { verbatim: string };
  return FIELD(name).exec(typeof reply === 'string' ? reply : reply.verbatim)?.[1];
}

async function until(isSo: () => Promise<boolean>, what: string): Promise<void> {
  for (const endMs = Date.now() + 20_000; Date.now() < endMs; await new Promise((resolve) => void setTimeout(resolve, 20))) if (await isSo()) return;
  expect.fail(`waited in vain: ${what}`);
}

/** The replica has what the master has. */
async function expectEqual(master: RespClient, replica: RespClient): Promise<void> {
  await until(
    async () => (await fieldOf(replica, 'master_link_status')) === 'up' && (await fieldOf(master, 'master_repl_offset')) === (await fieldOf(replica, 'slave_repl_offset')),
    'the offsets of both are equal',
  );
  expect(await replica.call('DEBUG', 'DIGEST')).toEqual(await master.call('DEBUG', 'DIGEST'));
}

async function startMaster(...args: string[]): Promise<{ port: number; client: RespClient }> {
  const redis = await startRedisServer(['--repl-diskless-sync-delay', '0', ...args]);
  onTestFinished(() => redis.close());
  return { port: redis.port, client: await connectTo(redis.port) };
}

async function startReplica(port: number, ...args: string[]): Promise<RespClient> {
  const lab = startHeadless('--port', '0', '--replicaof', `127.0.0.1 ${port}`, '--enable-debug-command', 'yes', ...args);
  return lab.connect();
}

/** Values of all types, in two databases. */
async function fill(client: RespClient): Promise<void> {
  for (let i = 0; i < 200; i++) await client.call('SET', `string:${i}`, `value ${i} `.repeat(1 + (i % 40)));
  for (let i = 0; i < 300; i++) {
    await client.call('RPUSH', 'list', `element ${i}`);
    await client.call('SADD', 'set', `member ${i}`);
    await client.call('HSET', 'hash', `field ${i}`, `value ${i}`);
    await client.call('ZADD', 'sorted', String(i / 7), `member ${i}`);
    await client.call('XADD', 'stream', `${i + 1}-1`, 'field', String(i));
  }
  await client.call('XGROUP', 'CREATE', 'stream', 'group', '0');
  await client.call('XREADGROUP', 'GROUP', 'group', 'consumer', 'COUNT', '10', 'STREAMS', 'stream', '>');
  await client.call('SET', 'volatile', 'x', 'EX', '1000');
  await client.call('FUNCTION', 'LOAD', "#!lua name=lib\nredis.register_function('f', function() return 1 end)");
  await client.call('SELECT', '5');
  await client.call('SADD', 'numbers', '1', '2', '3');
  await client.call('SELECT', '0');
}

/** What a master has to rewrite, or to wrap. */
async function change(client: RespClient): Promise<void> {
  const steps: string[][] = [
    ['INCR', 'n'], ['SPOP', 'set', '5'], ['EXPIRE', 'hash', '500'], ['SETEX', 'short', '100', 'v'], ['INCRBYFLOAT', 'float', '1.5'], ['XADD', 'stream', '*', 'a', 'b'],
    ['GETEX', 'short', 'EX', '50'], ['LMPOP', '1', 'list', 'LEFT', 'COUNT', '3'], ['BLPOP', 'list', '1'], ['XREADGROUP', 'GROUP', 'group', 'other', 'STREAMS', 'stream', '>'],
    ['EVAL', "redis.call('SET', KEYS[1], 'a'); redis.call('APPEND', KEYS[1], 'b'); return redis.call('INCR', KEYS[2])", '2', 'scripted', 'n'],
    ['MULTI'], ['SET', 'in:multi', '1'], ['SELECT', '7'], ['LPUSH', 'in:multi', 'x'], ['SELECT', '0'], ['EXEC'], ['PFADD', 'hll', 'a', 'b'], ['PFCOUNT', 'hll'],
    ['SORT', 'numbers', 'STORE', 'sorted:list'], ['RENAME', 'string:1', 'renamed'], ['COPY', 'string:2', 'copied'], ['MOVE', 'string:3', '4'], ['SWAPDB', '4', '5'],
    ['DEL', 'string:4'], ['UNLINK', 'string:5'], ['SET', 'gone', '1', 'PX', '30'], ['FCALL', 'f', '0'], ['HINCRBYFLOAT', 'hash', 'x', '0.1'], ['SETRANGE', 'range', '5', 'x'],
  ];
  for (const step of steps) await client.call(...step);
  // For the master to notice that its time is over.
  await new Promise((resolve) => void setTimeout(resolve, 60));
  await client.call('GET', 'gone');
}

describeWithRedis('the lab as a replica of redis-server', () => {
  test.each([['yes'], ['no']])('gets the dataset and every change (repl-diskless-sync %s)', async (isDiskless) => {
    const master = await startMaster('--repl-diskless-sync', isDiskless);
    await fill(master.client);
    const replica = await startReplica(master.port);
    await expectEqual(master.client, replica);
    for (let i = 0; i < 3; i++) await change(master.client);
    await expectEqual(master.client, replica);
    expect(await master.client.call('WAIT', '1', '5000')).toBe(1);
    expect(await replica.call('FCALL_RO', 'f', '0')).toEqual({ error: 'ERR Can not execute a script with write flag using *_ro command.' });
    expect(await replica.call('SET', 'a', '1')).toEqual({ error: "READONLY You can't write against a read only replica." });
    expect((await fieldOf(master.client, 'slave0'))!).toMatch(/state=online/);
  });

  test('goes on where it stopped when the link was cut, and from the beginning when the backlog has forgotten that', async () => {
    const master = await startMaster();
    const wire = await cuttable(master.port);
    await fill(master.client);
    const replica = await startReplica(wire.port);
    await expectEqual(master.client, replica);
    for (let i = 0; i < 5; i++) {
      const changing = change(master.client);
      wire.cut();
      await changing;
    }
    await expectEqual(master.client, replica);
    expect(await statOf(master.client, 'sync_full')).toBe('1');
    expect(Number(await statOf(master.client, 'sync_partial_ok'))).toBeGreaterThan(0);
    await master.client.call('CONFIG', 'SET', 'repl-backlog-size', '16384');
    wire.hold();
    await until(async () => (await fieldOf(replica, 'master_link_status')) === 'down', 'the link is down');
    await master.client.call('SET', 'large', 'x'.repeat(100_000));
    for (let i = 0; i < 50; i++) await master.client.call('SET', 'more', 'x'.repeat(1000));
    wire.release();
    await expectEqual(master.client, replica);
    expect(await statOf(master.client, 'sync_full')).toBe('2');
  });

  test('goes on where it stopped when it was restarted from a snapshot', async () => {
    const master = await startMaster();
    const settings = {
      port: 0, dir: temporaryDirectory(), save: '3600 1000000', replicaof: `127.0.0.1 ${master.port}`, 'enable-debug-command': 'yes',
    } as const;
    await fill(master.client);
    const first = await createLab(settings);
    await expectEqual(master.client, await connectTo(first.port));
    await master.client.call('SELECT', '5');
    await master.client.call('SADD', 'numbers', '4');
    await expectEqual(master.client, await connectTo(first.port));
    await first.close();
    // Without another SELECT in the stream.
    for (let i = 0; i < 20; i++) await master.client.call('SADD', 'numbers', `more ${i}`);
    await using second = await createLab(settings);
    await expectEqual(master.client, await connectTo(second.port));
    expect([await statOf(master.client, 'sync_full'), await statOf(master.client, 'sync_partial_ok')]).toEqual(['1', '1']);
  });

  test('gives the password that the master wants, as a user of its own', async () => {
    const master = await startMaster();
    await master.client.call('ACL', 'SETUSER', 'repl', 'on', '>secret', '+psync', '+replconf', '+ping');
    await master.client.call('ACL', 'SETUSER', 'default', 'resetpass', '>other');
    await master.client.call('AUTH', 'other');
    await fill(master.client);
    const replica = await startReplica(master.port, '--masteruser', 'repl', '--masterauth', 'secret');
    await expectEqual(master.client, replica);
  });

  test('is promoted, and the old master follows it without another dataset', async () => {
    const master = await startMaster();
    await fill(master.client);
    const replica = await startReplica(master.port);
    await expectEqual(master.client, replica);
    const port = /listening-port|tcp_port:(\d+)/.exec(textOf(await replica.call('INFO', 'server')))![1]!;
    expect(await replica.call('REPLICAOF', 'NO', 'ONE')).toEqual({ simple: 'OK' });
    await replica.call('SET', 'after', 'promotion');
    expect(await master.client.call('REPLICAOF', '127.0.0.1', port)).toEqual({ simple: 'OK' });
    await expectEqual(replica, master.client);
    expect(await master.client.call('GET', 'after')).toBe('promotion');
    expect(await statOf(replica, 'sync_full')).toBe('0');
  });

  test('has a replica of its own, lab or redis-server', async () => {
    const master = await startMaster();
    await fill(master.client);
    const middle = startHeadless('--port', '0', '--replicaof', `127.0.0.1 ${master.port}`, '--enable-debug-command', 'yes', '--repl-diskless-sync-delay', '0');
    const between = await middle.connect();
    await expectEqual(master.client, between);
    const lab = await startReplica(await middle.ready());
    const redis = await startMaster('--replicaof', `127.0.0.1 ${await middle.ready()}`);
    await change(master.client);
    for (const replica of [between, lab, redis.client]) await expectEqual(master.client, replica);
  });
});

test('a lab is a replica of another lab', async () => {
  const master = startHeadless('--port', '0', '--enable-debug-command', 'yes', '--repl-diskless-sync-delay', '0');
  const client = await master.connect();
  await fill(client);
  const replica = await startReplica(await master.ready());
  await expectEqual(client, replica);
  await change(client);
  await expectEqual(client, replica);
});

const textOf = (reply: Wire): string => (typeof reply === 'string' ? reply : (reply as { verbatim: string }).verbatim);

async function statOf(client: RespClient, name: string): Promise<string | undefined> {
  return FIELD(name).exec(textOf(await client.call('INFO', 'stats')))?.[1];
}

/** A wire to a port, in the hand of the test. */
async function cuttable(port: number): Promise<{ port: number; cut(): void; hold(): void; release(): void }> {
  const open = new Set<Socket>();
  let isHeld = false;
  const server: Server = createServer((near) => {
    if (isHeld) return near.destroy();
    const far = connect(port, '127.0.0.1');
    for (const [one, other] of [[near, far], [far, near]] as const) {
      open.add(one);
      one.on('error', () => {});
      one.on('close', () => {
        open.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
    return undefined;
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of open) socket.destroy();
  };
  onTestFinished(() => {
    cut();
    server.close();
  });
  return {
    port: (server.address() as { port: number }).port,
    cut,
    hold() {
      isHeld = true;
      cut();
    },
    release: () => void (isHeld = false),
  };
}
