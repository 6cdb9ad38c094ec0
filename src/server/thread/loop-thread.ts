/**
 * The loop thread's entry: makes the server of this thread and runs its loop; nothing else ever runs here.
 *
 * Reached from loop-handle.ts as a Worker. Messages from main wait in the port until the WAKER token is ready, because
 * a thread that sleeps in epoll_wait hears nothing else.
 */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { Config } from '../config.js';
import { SystemError } from '../io/poll.js';
import { SystemClock } from '../loop/clock.js';
import { Server } from '../server.js';
import { openPoll } from './open-poll.js';
import type { CallMessage, LoopMessage, LoopThreadOptions } from './protocol.js';

const port = parentPort as MessagePort;
const options = workerData as LoopThreadOptions;

function post(message: LoopMessage): void {
  port.postMessage(message);
}

async function main(): Promise<void> {
  const { poll, fallback } = await openPoll(options.poller, options.edgeTriggered);
  const server = new Server({
    poll,
    clock: new SystemClock(),
    seed: options.seed,
    config: new Config(options.settings),
    log: (level, message) => post({ kind: 'log', level, message }),
  });

  const handle = (message: CallMessage): void => {
    switch (message.method) {
      case 'close':
        server.shutdown();
    }
    post({ kind: 'result', id: message.id, value: undefined });
  };
  const drain = (): void => {
    for (let received = receiveMessageOnPort(port); received !== undefined; received = receiveMessageOnPort(port)) handle(received.message as CallMessage);
  };

  const addresses = server.listen();
  post({ kind: 'ready', addresses, poller: poll.name as 'epoll' | 'portable', edgeTriggered: poll.edgeTriggered, wakeFd: poll.waker.fd, fallback });
  server.loop.onWake(drain);
  await server.run();
  server.close();
  post({ kind: 'closed' });
}

main().catch((error: unknown) => {
  post({ kind: 'failed', message: error instanceof Error ? error.message : String(error), code: error instanceof SystemError ? error.code : null });
});
