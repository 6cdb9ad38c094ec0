"""Small servers to be judged, each with a known fault or none: python3 server.py MODE. Prints its port.

Modes: threads, asyncio, selectors, sequential, and these, which are selectors or threads with one fault:
one-read (one read is one request), busy (select without waiting), writable (always asks for WRITABLE), ignore-eof, blocking-write, text (reads lines), no-expiry,
drains (reads a socket until it is empty), fd-state (what is kept for a connection is found by its descriptor, and not deleted)
"""
import asyncio
import selectors
import socket
import sys
import threading
import time

MODE = sys.argv[1]


class Store:
    def __init__(self):
        self.values = {}
        self.lock = threading.Lock()

    def run(self, argv):
        with self.lock:
            name = argv[0].upper()
            if name == b'PING':
                return b'+PONG\r\n'
            if name == b'ECHO' and len(argv) == 2:
                return bulk(argv[1])
            if name == b'SET' and len(argv) >= 3:
                due = None
                if len(argv) == 5 and argv[3].upper() == b'PX' and MODE != 'no-expiry':
                    due = time.monotonic() + int(argv[4]) / 1000
                self.values[argv[1]] = (argv[2], due)
                return b'+OK\r\n'
            if name == b'GET' and len(argv) == 2:
                value, due = self.values.get(argv[1], (None, None))
                if due is not None and time.monotonic() >= due:
                    del self.values[argv[1]]
                    value = None
                return bulk(value)
            if name == b'DEL':
                return b':%d\r\n' % sum(self.values.pop(key, None) is not None for key in argv[1:])
            return b'-ERR unknown command\r\n'


def bulk(value):
    return b'$-1\r\n' if value is None else b'$%d\r\n%s\r\n' % (len(value), value)


STORE = Store()


class Parser:
    """Bytes in, replies out; keeps what is not whole."""

    def __init__(self):
        self.buffer = b''

    def feed(self, data):
        if MODE == 'text':
            return self.feed_lines(data)
        self.buffer += data
        out = []
        at = 0
        while True:
            argv, end = self.parse(at)
            if argv is None:
                break
            at = end
            out.append(STORE.run(argv))
        self.buffer = b'' if MODE == 'one-read' else self.buffer[at:]
        return b''.join(out[:1] if MODE == 'one-read' else out)

    def parse(self, at):
        end = self.buffer.find(b'\r\n', at)
        if end == -1:
            return None, at
        count = int(self.buffer[at + 1:end])
        at = end + 2
        argv = []
        for _ in range(count):
            end = self.buffer.find(b'\r\n', at)
            if end == -1:
                return None, at
            length = int(self.buffer[at + 1:end])
            if len(self.buffer) < end + 2 + length + 2:
                return None, at
            argv.append(self.buffer[end + 2:end + 2 + length])
            at = end + 2 + length + 2
        return argv, at

    def feed_lines(self, data):
        """Believes that a value ends with its line."""
        lines = (self.buffer + data).split(b'\r\n')
        out = []
        at = 0
        # The last one has no end yet.
        while at + 1 < len(lines):
            if not lines[at].startswith(b'*'):
                at += 1
                continue
            count = int(lines[at][1:])
            if len(lines) < at + 2 * count + 2:
                break
            out.append(STORE.run([lines[at + 2 * i + 2] for i in range(count)]))
            at += 2 * count + 1
        self.buffer = b'\r\n'.join(lines[at:])
        return b''.join(out)


def listen():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(('127.0.0.1', 0))
    listener.listen(1024)
    print(listener.getsockname()[1], flush=True)
    return listener


def serve(connection):
    """Blocking: until the end of the stream."""
    parser = Parser()
    try:
        with connection:
            while True:
                data = connection.recv(65536)
                if not data:
                    return
                connection.sendall(parser.feed(data))
    except OSError:
        pass


def run_threads():
    listener = listen()
    while True:
        connection, _ = listener.accept()
        threading.Thread(target=serve, args=(connection,), daemon=True).start()


def run_sequential():
    listener = listen()
    while True:
        serve(listener.accept()[0])


def run_selectors():
    selector = selectors.DefaultSelector()
    listener = listen()
    listener.setblocking(False)
    selector.register(listener, selectors.EVENT_READ, None)
    always = selectors.EVENT_WRITE if MODE == 'writable' else 0
    states = {}
    while True:
        for key, mask in selector.select(0 if MODE == 'busy' else None):
            if key.data is None:
                connection, _ = listener.accept()
                connection.setblocking(MODE == 'blocking-write')
                if MODE != 'fd-state' or connection.fileno() not in states:
                    states[connection.fileno()] = {'parser': Parser(), 'out': b''}
                selector.register(connection, selectors.EVENT_READ | always, states[connection.fileno()])
                continue
            connection, state = key.fileobj, key.data
            try:
                if mask & selectors.EVENT_READ:
                    data = connection.recv(65536)
                    if not data and MODE != 'ignore-eof':
                        raise ConnectionError
                    state['out'] += state['parser'].feed(data)
                    while MODE == 'drains' and (data := receive(connection)):
                        state['out'] += state['parser'].feed(data)
                        state['out'] = state['out'][connection.send(state['out']):]
                if state['out'] and MODE == 'blocking-write':
                    connection.sendall(state['out'])
                    state['out'] = b''
                elif state['out']:
                    state['out'] = state['out'][connection.send(state['out']):]
            except BlockingIOError:
                pass
            except (OSError, ValueError):
                selector.unregister(connection)
                connection.close()
                continue
            # Whoever does not take its replies is not read from either.
            wanted = selectors.EVENT_WRITE if state['out'] else selectors.EVENT_READ
            if key.events != wanted | always:
                selector.modify(connection, wanted | always, state)


def receive(connection):
    """Nothing if the socket is empty, or at its end."""
    try:
        return connection.recv(65536)
    except BlockingIOError:
        return b''


async def run_asyncio():
    async def handle(reader, writer):
        parser = Parser()
        try:
            while data := await reader.read(65536):
                writer.write(parser.feed(data))
                await writer.drain()
            writer.close()
        except OSError:
            writer.close()

    server = await asyncio.start_server(handle, sock=listen())
    await server.serve_forever()


if MODE == 'sequential':
    run_sequential()
elif MODE == 'asyncio':
    asyncio.run(run_asyncio())
elif MODE in ('threads', 'one-read', 'text', 'no-expiry'):
    run_threads()
else:
    run_selectors()
