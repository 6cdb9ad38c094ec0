// Servers to be judged, on node:net: node server.mjs MODE. Prints its port.
//
// data      a listener for 'data' on each socket, and one write for all replies of a chunk: PING ECHO SET(PX) GET DEL
// iterator  `for await` over each socket, and a write for each reply; waits for 'drain'
// strings   like data; fault: what comes is decoded as UTF-8, so lengths count characters
import { once } from 'node:events';
import { createServer } from 'node:net';

const mode = process.argv[2];
const encoding = mode === 'strings' ? 'utf8' : 'latin1';
const store = new Map();

const bulk = (value) => (value === null ? '$-1\r\n' : `$${value.length}\r\n${value}\r\n`);

function get(key) {
  const { value = null, due = Infinity } = store.get(key) ?? {};
  if (performance.now() < due) return value;
  store.delete(key);
  return null;
}

function execute([name = '', ...args]) {
  switch (name.toUpperCase()) {
    case 'PING':
      return '+PONG\r\n';
    case 'ECHO':
      return bulk(args[0]);
    case 'SET':
      store.set(args[0], { value: args[1], due: args[2]?.toUpperCase() === 'PX' ? performance.now() + Number(args[3]) : Infinity });
      return '+OK\r\n';
    case 'GET':
      return bulk(get(args[0]));
    case 'DEL':
      return `:${args.filter((key) => store.delete(key)).length}\r\n`;
    default:
      return '-ERR unknown command\r\n';
  }
}

/** Text in, replies out; keeps what is not whole. */
class Parser {
  rest = '';

  *feed(text) {
    this.rest += text;
    let at = 0;
    for (let found = this.request(at); found !== null; found = this.request(at)) {
      at = found.end;
      yield execute(found.argv);
    }
    this.rest = this.rest.slice(at);
  }

  /** Null: it is not whole yet. */
  request(at) {
    const count = this.number(at);
    if (count === null) return null;
    const argv = [];
    let { end } = count;
    while (argv.length < count.value) {
      const length = this.number(end);
      if (length === null || this.rest.length < length.end + length.value + 2) return null;
      end = length.end + length.value;
      argv.push(this.rest.slice(length.end, end));
      end += 2;
    }
    return { argv, end };
  }

  number(at) {
    const lineEnd = this.rest.indexOf('\r\n', at);
    return lineEnd === -1 ? null : { value: Number(this.rest.slice(at + 1, lineEnd)), end: lineEnd + 2 };
  }
}

function listen(socket) {
  const parser = new Parser();
  socket.on('data', (text) => {
    // Where the peer does not read, nothing more is read of it.
    if (!socket.write([...parser.feed(text)].join(''), encoding)) socket.pause();
  });
  socket.on('drain', () => socket.resume());
}

async function iterate(socket) {
  const parser = new Parser();
  for await (const text of socket) {
    for (const reply of parser.feed(text)) if (!socket.write(reply, encoding)) await once(socket, 'drain');
  }
}

const server = createServer((socket) => {
  socket.setEncoding(encoding);
  socket.on('error', () => {});
  if (mode === 'iterator') iterate(socket).catch(() => socket.destroy());
  else listen(socket);
});
server.listen({ port: 0, host: '127.0.0.1', backlog: 1024 }, () => console.log(server.address().port));
