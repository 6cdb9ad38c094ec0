// An event loop by hand, on the poll of the lab: one thread, any number of clients, and every byte comes back.
//
//   node examples/echo-server.mjs [port]        then: nc 127.0.0.1 7000
import { Events, Interest, Poll, TcpListener, Token, WouldBlock } from 'redis-lab/poll';

const LISTENER = Token(0);

const poll = new Poll();
const listener = TcpListener.bind(poll, `127.0.0.1:${process.argv[2] ?? 7000}`);
poll.register(listener, LISTENER, Interest.READABLE);
console.log(`${poll.poller} on port ${listener.localAddress.port}`);

const clients = new Map();
const buffer = Buffer.alloc(4096);
let nextToken = 1;

const events = new Events();
for (;;) {
  poll.poll(events);
  for (const event of events) {
    if (event.token === LISTENER) acceptAll();
    else ready(event.token);
  }
}

// Readiness is edge-triggered, as in mio: what is not accepted or read until WouldBlock is not reported again.
function acceptAll() {
  for (let stream = listener.accept(); stream !== WouldBlock; stream = listener.accept()) {
    const token = Token(nextToken++);
    clients.set(token, { stream, waiting: Buffer.alloc(0) });
    poll.register(stream, token, Interest.READABLE);
  }
}

function ready(token) {
  const client = clients.get(token);
  if (client === undefined) return;
  try {
    write(token, client);
    // A client that does not take its bytes is not read from either.
    while (client.waiting.length === 0) {
      const count = client.stream.read(buffer);
      if (count === WouldBlock) return;
      if (count === 0) return end(token, client);
      client.waiting = Buffer.from(buffer.subarray(0, count));
      write(token, client);
    }
  } catch {
    // ECONNRESET, EPIPE: the client is gone.
    end(token, client);
  }
}

// WRITABLE is asked for only while something waits that the socket did not take.
function write(token, client) {
  const waitedBefore = client.waiting.length > 0 && client.isArmed;
  while (client.waiting.length > 0) {
    const taken = client.stream.write(client.waiting);
    if (taken === WouldBlock) break;
    client.waiting = client.waiting.subarray(taken);
  }
  const waits = client.waiting.length > 0;
  if (waits === Boolean(waitedBefore)) return;
  client.isArmed = waits;
  poll.reregister(client.stream, token, waits ? Interest.READABLE | Interest.WRITABLE : Interest.READABLE);
}

function end(token, client) {
  clients.delete(token);
  client.stream.close();
}
