import { execFile } from 'node:child_process';
import { createConnection } from 'node:net';
import { once } from 'node:events';
import { promisify } from 'node:util';
import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { createServer } from 'redis-lab';

async function ask(port: number, request: string): Promise<string> {
  const socket = createConnection(port, '127.0.0.1');
  socket.write(request);
  const [data] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return data.toString('latin1');
}

test('a server on a free port answers PING', async () => {
  await using server = await createServer({ port: 0 });
  expect(await ask(server.port, '*1\r\n$4\r\nPING\r\n')).toBe('+PONG\r\n');
});

test('close ends the loop thread while it sleeps in the kernel', async () => {
  const server = await createServer({ port: 0 });
  await server.close();
  await expect(ask(server.port, 'PING\r\n')).rejects.toThrow('ECONNREFUSED');
});

test('a program that exits with its server open ends, also if Node takes its time to end the threads', async () => {
  const program = `
    import { createServer } from 'redis-lab';
    await createServer({ port: 0 });
    // After the server's own farewell: time enough for a loop that was only woken to be asleep again.
    process.on('exit', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300));
    process.exit(7);
  `;
  await expect(promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], { timeout: 15_000 })).rejects.toMatchObject({ code: 7, killed: false });
});

describe('in a worker of the program', () => {
  /** A worker that has started a server, and then runs `code`; with the first message from there. */
  async function inWorker(code: string): Promise<{ readonly worker: Worker; readonly message: unknown }> {
    const start = `
      import { parentPort } from 'node:worker_threads';
      const { createServer } = await import('${import.meta.resolve('redis-lab')}');
      const warnings = [];
      process.on('warning', ({ message }) => warnings.push(message));
      const server = await createServer({ port: 0 });
    `;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(start + code)}`));
    const [message] = (await once(worker, 'message')) as [unknown];
    return { worker, message };
  }

  test('a server closes without a warning', async () => {
    const { worker, message } = await inWorker('await server.close(); setImmediate(() => parentPort.postMessage(warnings));');
    await worker.terminate();
    expect(message).toEqual([]);
  });

  test('a server that is left open does not keep the worker from ending, whether it sleeps in the kernel or is held', async () => {
    const sleeping = await inWorker('await server.snapshot(); parentPort.postMessage(null); setInterval(() => {}, 1000);');
    expect(await sleeping.worker.terminate()).toBe(1);
    const held = await inWorker('await server.pause(); parentPort.postMessage(null); setInterval(() => {}, 1000);');
    expect(await held.worker.terminate()).toBe(1);
  });
});

describe('what a program must not suffer for', () => {
  /** Standard error of a program of its own, which has ended with code 0; and what it printed. */
  async function runProgram(code: string): Promise<{ readonly stdout: string; readonly stderr: string }> {
    return promisify(execFile)(process.execPath, ['--input-type=module', '-e', `import { createServer } from 'redis-lab';\n${code}`], { timeout: 30_000 });
  }

  test('a dozen servers at once print no warning, whether they are closed or left open', async () => {
    const { stderr } = await runProgram(`
      const servers = await Promise.all(Array.from({ length: 12 }, () => createServer({ port: 0 })));
      await Promise.all(servers.slice(1).map((server) => server.close()));
      setImmediate(() => process.exit(0));
    `);
    expect(stderr).toBe('');
  });

  test.each(['pause()', "step('event')", 'runTo({})'])('%s after close() rejects once: the error that was caught is the only one', async (call) => {
    const { stdout, stderr } = await runProgram(`
      const server = await createServer({ port: 0 });
      await server.close();
      await server.${call}.catch((error) => console.log(error.message));
      // Node looks for rejections that nobody has handled by then.
      await new Promise((resolve) => setTimeout(resolve, 20));
    `);
    expect(stdout).toBe('the loop thread has ended\n');
    expect(stderr).toBe('');
  });

  test('a step that waits when the server is closed rejects, and only there', async () => {
    const { stdout, stderr } = await runProgram(`
      const server = await createServer({ port: 0 });
      await server.pause();
      await server.resume();
      const step = server.runTo({ command: 'NEVER' }).catch((error) => console.log(error.message));
      await server.snapshot();
      await server.close();
      await step;
    `);
    expect(stdout).toBe('the server has ended\n');
    expect(stderr).toBe('');
  });

  test('arguments of the wrong kind reject the call and leave the server as it was', async () => {
    const { stdout, stderr } = await runProgram(`
      const server = await createServer({ port: 0 });
      await server.pause();
      const calls = [
        () => server.step('nonsense'), () => server.step(), () => server.runTo(null), () => server.runTo({ command: 5 }), () => server.setBreakpoints('x'),
        () => server.setBreakpoints([null]), () => server.setBreakpoints([{ kind: 'nonsense' }]), () => server.setBreakpoints([{ nonsense: 1 }]),
        () => server.slow(0), () => server.slow('x'), () => server.snapshot(5), () => server.snapshot(null), () => server.watch({ keys: 5 }),
      ];
      for (const call of calls) await call().then(() => console.log('took', String(call)), () => {});
      await server.trace(() => {});
      await server.step('turn');
      await server.resume();
      await server.snapshot();
      await server.close();
      console.log('alive to the end');
    `);
    expect(stdout).toBe('alive to the end\n');
    expect(stderr).toBe('');
  });

  test('options of the wrong kind are refused, and keep no process from ending', async () => {
    const { stdout } = await runProgram(`
      const wrong = [null, 5, { record: 5 }, { log: 5 }, { poller: 'x' }, { seed: 'x' }, { seed: NaN }, { hz: 1.5 }, { port: NaN }, { 'client-output-buffer-limit': null }];
      for (const options of wrong) await createServer(typeof options === 'object' && options !== null ? { port: 0, ...options } : options).catch((error) => console.log(error.name));
    `);
    expect(stdout).toBe('StartError\n'.repeat(10));
  });

  test('a listener of a recording that throws gets no more, and the server goes on', async () => {
    const { stdout } = await runProgram(`
      process.on('uncaughtException', (error) => console.log('thrown:', error.message));
      for (const late of [0, 1]) {
        let calls = 0;
        const server = await createServer({ port: 0, record: () => { if (calls++ >= late) throw new Error('mine'); } });
        await server.snapshot();
        await server.close();
        console.log('calls:', calls - late);
      }
    `);
    // The last error arrives when the server has closed, maybe behind what is printed then.
    expect(stdout.trimEnd().split('\n').sort()).toEqual(['calls: 1', 'calls: 1', 'thrown: mine', 'thrown: mine']);
  });

  test('a trace can be ended after its server', async () => {
    const server = await createServer({ port: 0 });
    const stop = await server.trace(() => {});
    await server.close();
    await expect(stop()).resolves.toBeUndefined();
  });

  test('a listener that throws in onHeld does not keep others from being called', async () => {
    const { stdout } = await runProgram(`
      const server = await createServer({ port: 0 });
      process.on('uncaughtException', (error) => console.log('thrown:', error.message));
      server.onHeld(() => { throw new Error('mine'); });
      server.onHeld((event) => console.log('heard:', event !== null));
      await server.pause();
      console.log('held:', server.heldAt !== null);
      await server.resume();
      await server.close();
    `);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(['thrown: mine', 'heard: true', 'held: true', 'heard: false']));
  });

  test.each(['epoll', 'portable'] as const)('what could not be listened on is named: %s', async (poller) => {
    await using server = await createServer({ port: 0 });
    const { port } = server;
    await expect(createServer({ port, poller })).rejects.toMatchObject({
      name: 'StartError', code: 'EADDRINUSE', address: { host: '127.0.0.1', port }, message: `cannot listen on 127.0.0.1:${port}: the address is already in use`,
    });
    await expect(createServer({ port: 0, unixsocket: '/no/such/place/lab.sock', poller })).rejects.toMatchObject({ address: { path: '/no/such/place/lab.sock' } });
  });

  test('a path that is too long for a socket is refused as a start is', async () => {
    await expect(createServer({ port: 0, unixsocket: `/tmp/${'x'.repeat(200)}` })).rejects.toMatchObject({ name: 'StartError' });
  });
});
