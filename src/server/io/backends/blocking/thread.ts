/**
 * The thread of a blocking poll: answers one call after another, from a portable poll.
 */
import { BroadcastChannel } from 'node:worker_threads';
import { Events } from '../../event.js';
import { SystemError, type TcpListener, type TcpStream, WOULD_BLOCK } from '../../poll.js';
import { PortablePoll } from '../portable.js';
import { systemError } from '../ready-list.js';
import type { AcceptedStream, Answer, BlockingThreadData, Call, Calls, Failure } from './protocol.js';

type Result<M extends keyof Calls> = Calls[M]['result'];

export class BlockingThread {
  private readonly poll: PortablePoll;
  private readonly events = new Events();
  private readonly listeners = new Map<number, TcpListener>();
  private readonly streams = new Map<number, TcpStream>();
  private readonly wakes: BroadcastChannel;

  constructor(private readonly data: BlockingThreadData) {
    this.poll = new PortablePoll(data.edgeTriggered);
    this.wakes = new BroadcastChannel(data.wakes);
    this.wakes.addEventListener('message', () => this.poll.waker.wake());
  }

  run(): void {
    this.data.port.on('message', (call: Call) => void this.answer(call));
  }

  private async answer(call: Call): Promise<void> {
    const answer = await this.perform(call).then((value): Answer => ({ value }), (error: unknown): Answer => ({ failure: toFailure(error) }));
    const { port, control } = this.data;
    port.postMessage(answer);
    Atomics.add(control, 0, 1);
    Atomics.notify(control, 0);
    if (call.method !== 'end') return;
    port.close();
    this.wakes.close();
  }

  private async perform({ method, argument }: Call): Promise<unknown> {
    switch (method) {
      case 'listen':
        return this.listen(argument as Calls['listen']['argument']);
      case 'connect':
        return this.add(this.poll.connect((argument as Calls['connect']['argument']).address));
      case 'accept':
        return this.accept(argument as Calls['accept']['argument']);
      case 'register':
      case 'reregister': {
        const { fd, token, interest } = argument as Calls['register']['argument'];
        return this.poll[method](this.source(fd), token, interest);
      }
      case 'deregister':
        return this.poll.deregister(this.source((argument as Calls['deregister']['argument']).fd));
      case 'wait':
        return this.wait(argument as Calls['wait']['argument']);
      case 'ready':
        return undefined;
      case 'wake':
        return this.poll.waker.wake();
      case 'acknowledge':
        return this.poll.waker.acknowledge();
      case 'read':
        return this.read(argument as Calls['read']['argument']);
      case 'write': {
        const { fd, bytes } = argument as Calls['write']['argument'];
        return this.stream(fd, 'send').write(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
      }
      case 'keepAlive': {
        const { fd, seconds } = argument as Calls['keepAlive']['argument'];
        return this.stream(fd, 'setsockopt').setKeepAlive(seconds);
      }
      case 'noDelay': {
        const { fd, isOn } = argument as Calls['noDelay']['argument'];
        return this.stream(fd, 'setsockopt').setNoDelay(isOn);
      }
      case 'close':
        return this.close(argument as Calls['close']['argument']);
      case 'end':
        return this.end();
    }
  }

  private async listen({ address, backlog }: Calls['listen']['argument']): Promise<Result<'listen'>> {
    const listener = this.poll.listen(address, backlog);
    try {
      await this.poll.opened();
    } catch (error) {
      this.poll.forget(listener);
      throw error;
    }
    this.listeners.set(listener.fd, listener);
    return { fd: listener.fd, local: listener.local };
  }

  private accept({ fd }: Calls['accept']['argument']): Result<'accept'> {
    const listener = this.listeners.get(fd);
    if (listener === undefined) throw systemError('accept4', 'EBADF', fd);
    const stream = listener.accept();
    return stream === WOULD_BLOCK ? null : this.add(stream);
  }

  private add(stream: TcpStream): AcceptedStream {
    const { fd, peer, local } = stream;
    this.streams.set(fd, stream);
    return { fd, peer, local };
  }

  /** Drives the poll until something is ready or the time is over. */
  private async wait({ timeoutMs }: Calls['wait']['argument']): Promise<Result<'wait'>> {
    const { poll, events } = this;
    const endMs = timeoutMs < 0 ? Infinity : performance.now() + timeoutMs;
    await poll.drive(() => {
      poll.wait(events, 0);
      const leftMs = endMs - performance.now();
      if (events.length > 0 || leftMs <= 0) return null;
      return endMs === Infinity ? -1 : leftMs;
    });
    return events.tokens.slice(0, events.length).map((token, at) => [token, events.readiness[at]!] as const);
  }

  private read({ fd, most }: Calls['read']['argument']): Result<'read'> {
    const bytes = Buffer.allocUnsafeSlow(most);
    const count = this.stream(fd, 'recv').read(bytes, 0, most);
    return count === WOULD_BLOCK ? null : new Uint8Array(bytes.subarray(0, count));
  }

  private close({ fd, isAbortive }: Calls['close']['argument']): void {
    this.streams.get(fd)?.close(isAbortive);
    this.listeners.get(fd)?.close();
    this.streams.delete(fd);
    this.listeners.delete(fd);
  }

  private end(): void {
    for (const stream of this.streams.values()) stream.close();
    for (const listener of this.listeners.values()) listener.close();
    this.poll.close();
  }

  private source(fd: number): TcpListener | TcpStream {
    const source = this.streams.get(fd) ?? this.listeners.get(fd);
    if (source === undefined) throw systemError('epoll_ctl', 'EBADF', fd);
    return source;
  }

  private stream(fd: number, syscall: string): TcpStream {
    const stream = this.streams.get(fd);
    if (stream === undefined) throw systemError(syscall, 'EBADF', fd);
    return stream;
  }
}

function toFailure(error: unknown): Failure {
  if (!(error instanceof SystemError)) return { message: error instanceof Error ? error.message : String(error) };
  const { syscall, errno, code, fd, address, message } = error;
  return { message, system: { syscall, errno, code, fd, address } };
}
