/**
 * A server on in-memory sockets: a poll whose only client always sends the same pipeline of requests, and whose replies are discarded. The remaining time is that of the
 * server itself, so that a nanosecond per command can be measured. Bundled and run by activity.mjs, with and without the measured part; prints the
 * nanoseconds per command.
 */
import { Config } from '../src/server/config.js';
import { type Events, READY_READABLE } from '../src/server/io/event.js';
import { PlainSends } from '../src/server/io/plain-sends.js';
import type { Poll, TcpListener, TcpStream } from '../src/server/io/poll.js';
import { LISTENER, type Token } from '../src/server/io/token.js';
import { SystemClock } from '../src/server/loop/clock.js';
import { Server } from '../src/server/server.js';

const ADDRESS = { host: '127.0.0.1', port: 1 };

class MemoryPoll extends PlainSends implements Poll {
  readonly name = 'scripted';
  readonly emulated = true;
  readonly edgeTriggered = false;
  readonly waker = { fd: -1, wake() {}, acknowledge() {}, close() {} };
  requests: Buffer = Buffer.alloc(0);
  private accepted = false;
  private client: Token = -1;

  listen(): TcpListener {
    return { fd: 3, local: ADDRESS, accept: () => this.accept(), close() {} };
  }

  connect(): never {
    throw new Error('there is nobody to connect to');
  }

  register(_source: unknown, token: Token): void {
    if (token !== LISTENER) this.client = token;
  }

  reregister(): void {}
  deregister(): void {}
  close(): void {}

  wait(events: Events): void {
    events.clear();
    events.push(this.client === -1 ? LISTENER : this.client, READY_READABLE);
  }

  private accept(): TcpStream | -1 {
    if (this.accepted) return -1;
    this.accepted = true;
    const read = (into: Buffer, start: number): number => this.requests.copy(into, start);
    return { fd: 4, peer: ADDRESS, local: ADDRESS, read, write: (_from, start, end) => end - start, setKeepAlive() {},
      setNoDelay() {}, close() {} };
  }
}

const GET = Buffer.from('*2\r\n$3\r\nGET\r\n$7\r\ncounter\r\n');
/** Commands of a slice, and slices. The fastest quarter of the slices is the time on a machine without other load. */
const COMMANDS = 19_200;
const SLICES = 60;
const WARM_UP = 15;

const pipeline = Number(process.argv[2]);
const poll = new MemoryPoll();
const server = new Server({ poll, clock: new SystemClock(), seed: 1, config: new Config({}), log() {} });
server.listen();
server.loop.turn();
poll.requests = Buffer.concat(Array.from({ length: pipeline }, () => GET));

/** Nanoseconds of CPU time per command. */
function slice(): number {
  const before = process.cpuUsage();
  for (let turn = 0; turn < COMMANDS / pipeline; turn++) server.loop.turn();
  const { user, system } = process.cpuUsage(before);
  return ((user + system) * 1000) / COMMANDS;
}

for (let i = 0; i < WARM_UP; i++) slice();
const times = Array.from({ length: SLICES }, slice).toSorted((a, b) => a - b);
process.stdout.write(String(times[SLICES / 4]));
