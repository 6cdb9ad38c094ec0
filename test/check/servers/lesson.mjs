// The solution of a lesson of the course as a server to be judged: node lesson.mjs 05-set-get. Prints its port.
import { once } from 'node:events';
import { createServer } from 'node:net';
import { Poll } from '../../../dist/poll/index.js';

/** One that is free at this moment: the solutions do not tell which one they got. */
async function freePort() {
  const listener = createServer().listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address();
  listener.close();
  await once(listener, 'close');
  return port;
}

const { Server, EchoServer = Server } = await import(`../../../dist/course/lessons/${process.argv[2]}/solution.js`);
const port = await freePort();
const server = EchoServer.bind(new Poll(), `127.0.0.1:${port}`);
console.log(port);
for (;;) server.runOnce();
