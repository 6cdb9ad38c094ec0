import { createConnection, type Socket } from 'node:net';
import { once } from 'node:events';
import { expect, onTestFinished, test } from 'vitest';
import { createServer, type RedisLabServer, type TraceBatch } from 'redis-lab';

async function connect(server: RedisLabServer): Promise<Socket> {
  const socket = createConnection(server.port, '127.0.0.1');
  await once(socket, 'connect');
  onTestFinished(() => void socket.destroy());
  return socket;
}

async function ask(socket: Socket, line: string): Promise<string> {
  socket.write(`${line}\r\n`);
  const [data] = (await once(socket, 'data')) as [Buffer];
  return data.toString('latin1');
}

async function start(): Promise<RedisLabServer> {
  const server = await createServer({ port: 0 });
  onTestFinished(() => server.close());
  return server;
}

test('a paused loop executes nothing, and a command is stepped event by event until its reply leaves', async () => {
  const server = await start();
  const client = await connect(server);
  expect(await ask(client, 'SET k 1')).toBe('+OK\r\n');
  await server.pause();
  expect(server.heldAt).not.toBeNull();
  const before = await server.snapshot();
  const reply = ask(client, 'INCR k');
  const kinds: string[] = [];
  while (kinds.at(-1) !== 'write') kinds.push((await server.step('event')).kind);
  const ofTheCommand = kinds.slice(kinds.indexOf('read'));
  expect(ofTheCommand.filter((kind) => kind !== 'ready')).toEqual(['read', 'frame', 'key-change', 'execute', 'reply', 'turn-end', 'turn-begin', 'write']);
  expect(await reply).toBe(':2\r\n');
  expect((await server.snapshot()).stats.commands).toBe(before.stats.commands + 1);
});

test('time stands still in a pause, so no key expires', async () => {
  const server = await start();
  const client = await connect(server);
  await server.pause();
  const before = await server.snapshot();
  // Real time passes while these calls go back and forth; the loop's own must not.
  for (let i = 0; i < 20; i++) await server.snapshot();
  const after = await server.snapshot();
  expect([after.nowMs, after.nowUs]).toEqual([before.nowMs, before.nowUs]);
  await server.resume();
  expect(await ask(client, 'PING')).toBe('+PONG\r\n');
});

test('a run holds the loop before the next request of one connection, and what clients introduce themselves with is passed', async () => {
  const server = await start();
  const [one, other] = [await connect(server), await connect(server)];
  const tokenOf = async (socket: Socket): Promise<number> => (await server.snapshot()).clients.find(({ peer }) => peer.endsWith(`:${socket.localPort}`))!.token;
  expect(await ask(one, 'PING') + await ask(other, 'PING')).toBe('+PONG\r\n+PONG\r\n');
  await server.pause();
  const held = server.runTo({ token: await tokenOf(other) });
  expect(await ask(one, 'SET k 1')).toBe('+OK\r\n');
  expect(await ask(other, 'CLIENT SETNAME other')).toBe('+OK\r\n');
  const reply = ask(other, 'INCR k');
  expect(await held).toMatchObject({ kind: 'frame', argv: ['INCR', 'k'] });
  expect(server.heldAt).toEqual(await held);
  await server.resume();
  expect(await reply).toBe(':2\r\n');
});

test('a run to a connection that ends is over with it', async () => {
  const server = await start();
  const client = await connect(server);
  expect(await ask(client, 'PING')).toBe('+PONG\r\n');
  const { token } = (await server.snapshot()).clients[0]!;
  const held = server.runTo({ token });
  client.destroy();
  expect(await held).toMatchObject({ kind: 'disconnect', token });
});

test('a breakpoint holds the loop before the command executes', async () => {
  const server = await start();
  const client = await connect(server);
  await ask(client, 'SET k 1');
  await server.setBreakpoints([{ command: 'del' }]);
  const held = new Promise((resolve) => void server.onHeld((event) => event && resolve(event)));
  const reply = ask(client, 'DEL k');
  expect(await held).toMatchObject({ kind: 'frame', argv: ['DEL', 'k'] });
  expect((await server.snapshot()).databases).toMatchObject([{ index: 0, keys: 1 }]);
  await server.resume();
  expect(await reply).toBe(':1\r\n');
});

test('the trace has every command in order, and nothing after it has ended', async () => {
  const server = await start();
  const batches: TraceBatch[] = [];
  const stop = await server.trace((batch) => batches.push(batch), { budget: Infinity });
  const client = await connect(server);
  for (let i = 0; i < 50; i++) await ask(client, `SET k${i} ${i}`);
  await server.pause();
  const events = batches.flatMap(({ events }) => events);
  expect(events.flatMap((event) => (event.kind === 'execute' ? event.keys : []))).toEqual(Array.from({ length: 50 }, (_, i) => `k${i}`));
  expect(events.every((event, i) => i === 0 || event.seq > events[i - 1]!.seq)).toBe(true);
  await server.resume();
  await stop();
  const told = batches.length;
  await ask(client, 'PING');
  await server.snapshot();
  expect(batches.length).toBe(told);
});

test('past its budget the trace counts instead of telling', async () => {
  const server = await start();
  const batches: TraceBatch[] = [];
  await server.trace((batch) => batches.push(batch), { budget: 20 });
  const client = await connect(server);
  for (let i = 0; i < 300; i++) await ask(client, 'PING');
  while (batches.reduce((total, batch) => total + batch.droppedCommands, 0) === 0) await ask(client, 'PING');
  expect(batches.every(({ events }) => events.length <= 20 + 3)).toBe(true);
});

test('a held server closes, and so does one that starts held', async () => {
  const held = await createServer({ port: 0 });
  await held.pause();
  await held.close();
  const paused = await createServer({ port: 0, paused: true });
  expect(paused.heldAt?.kind).toBe('turn-begin');
  await paused.close();
  await expect(paused.snapshot()).rejects.toThrow('the loop thread has ended');
});

test('a taken port is a StartError that names the reason', async () => {
  const server = await start();
  await expect(createServer({ port: server.port })).rejects.toMatchObject({ name: 'StartError', code: 'EADDRINUSE' });
});

test('a snapshot comes after the events that led to it, so that nothing is counted twice', async () => {
  const server = await start();
  const told: string[] = [];
  await server.trace(({ events }) => told.push(...events.map(({ kind }) => kind)));
  const client = await connect(server);
  // Ten times in a row: a batch that happens to be due in between proves nothing.
  for (let count = 1; count <= 10; count++) {
    await ask(client, 'PING');
    await server.snapshot();
    expect(told.filter((kind) => kind === 'execute')).toHaveLength(count);
  }
});
