// Serves a program of the course on a free port, which it prints:  node serve.mjs FILE
import { once } from 'node:events';
import { createServer } from 'node:net';
import { pathToFileURL } from 'node:url';
import { Poll } from '../../dist/poll/index.js';

const { Server } = await import(pathToFileURL(process.argv[2]));
const listener = createServer().listen(0, '127.0.0.1');
await once(listener, 'listening');
const { port } = listener.address();
listener.close();
await once(listener, 'close');
const server = Server.bind(new Poll(), `127.0.0.1:${port}`);
process.stdout.write(`${port}\n`, () => {
  for (;;) server.runOnce();
});
