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
