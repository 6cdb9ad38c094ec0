/**
 * Poll: the contract between the loop and the operating system, as in mio.
 *
 * What every backend must provide is listed here and nowhere else; `test/server/io/contract.ts` checks it for each:
 *   epoll     Linux, the kernel's own epoll through FFI       backends/epoll.ts
 *   portable  everywhere, readiness emulated over node:net    backends/portable.ts
 *   scripted  a simulated kernel driven by a seed, for tests  backends/scripted.ts
 *
 * The life of a source:  listen/accept, or connect → register(token, interest) → ready → read or write until WouldBlock → close
 */
import type { Events } from './event.js';
import type { Interest } from './interest.js';
import type { Token } from './token.js';

/** "Not now": returned by a read, write or accept that would have had to wait (EAGAIN). Never an exception. */
export const WOULD_BLOCK = -1;
export type WouldBlock = typeof WOULD_BLOCK;

/** What {@link TcpStream.read} returns when the peer has shut down its sending side. */
export const END_OF_FILE = 0;

/** Anything that can be registered. `fd` is a file descriptor, or (emulated) a number that stands for one. */
export interface Source {
  readonly fd: number;
}

/** A TCP address, or the path of a unix domain socket. */
export type Address = { readonly host: string; readonly port: number } | UnixAddress;

export interface UnixAddress {
  readonly path: string;
  /** Permissions of the socket's file, for `listen`; 0 or nothing leaves those of the umask. */
  readonly mode?: number;
}

export function formatAddress(address: Address): string {
  if ('path' in address) return address.path;
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}

export interface TcpListener extends Source {
  /** The address actually bound: a port of 0 is replaced by the real one (on a poll with `opened`, once that has resolved). */
  readonly local: Address;
  /** Accepts the next connection of the backlog, already non-blocking. Throws {@link SystemError}, for example EMFILE. */
  accept(): TcpStream | WouldBlock;
  close(): void;
}

/** The bytes `buffer[start, end)`. */
export interface Piece {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;
}

/** Maximum number of pieces in one {@link TcpStream.writePieces}. */
export const MAX_PIECES = 64;

/** A byte stream, TCP or unix domain, that is connected or connecting (see {@link Poll.connect}). Every call returns at once. */
export interface TcpStream extends Source {
  readonly peer: Address;
  /** Before a stream of {@link Poll.connect} is connected, a backend may not know it: then host `0.0.0.0` and port 0. */
  readonly local: Address;
  /** Reads bytes into `into[start, end)` and returns their number; or {@link END_OF_FILE}; or {@link WOULD_BLOCK}. Throws {@link SystemError}. */
  read(into: Buffer, start: number, end: number): number;
  /**
   * Takes all bytes that the poll has already read from this stream, if they are at most `most`: instead of a `read`, without copying them. They stay as they
   * are until a wait while {@link Poll.savesCalls} is true. Null: there are none, or more. Exists only on a backend that reads ahead.
   */
  takeRead?(most: number): Piece | null;
  /** Writes bytes from `from[start, end)` and returns how many were taken, possibly fewer; or {@link WOULD_BLOCK}. Throws {@link SystemError}. */
  write(from: Buffer, start: number, end: number): number;
  /**
   * Writes the first `bytes` bytes of at most {@link MAX_PIECES} pieces, as one `write` of all of them would. Exists only where nothing has to be copied for
   * that, and each write goes straight to the kernel.
   */
  writePieces?(pieces: readonly Piece[], bytes: number): number;
  /** Sets SO_KEEPALIVE with the first probe after this many seconds; 0 switches it off. Does nothing on a unix socket. */
  setKeepAlive(seconds: number): void;
  /** Sets TCP_NODELAY, which every stream has at first: without it the kernel may collect small writes. Does nothing on a unix socket. */
  setNoDelay(isOn: boolean): void;
  /**
   * Closes at once; bytes already handed to the kernel are still sent. An abortive close drops them, and the peer sees a reset (SO_LINGER of 0); on a unix
   * socket it is an ordinary close.
   */
  close(isAbortive?: boolean): void;
}

/** Maximum number of sends in one {@link Poll.flush}. */
export const MAX_BATCH = 128;

/** The result of a {@link Poll.flush}. The next flush may change the same object. */
export interface Flushed {
  /** Number of sends in the call; 0: there was no call. They are those that were queued first. */
  readonly sends: number;
  /** How many bytes the kernel has taken. */
  readonly bytes: number;
  /** Number of sends of which it has taken fewer bytes than offered, or none. */
  readonly short: number;
}

export const NOTHING_FLUSHED: Flushed = { sends: 0, bytes: 0, short: 0 };

export interface Poll extends Drive {
  readonly name: 'epoll' | 'portable' | 'scripted';
  /** True if readiness is derived from callbacks instead of being reported by a kernel; the trace shows this too. */
  readonly emulated: boolean;
  /**
   * Default triggering: level-triggered reports what is ready, again and again; edge-triggered only what has become ready. A source's interest can override it.
   */
  readonly edgeTriggered: boolean;

  /**
   * Binds and listens, non-blocking. Throws {@link SystemError}, for example EADDRINUSE. A unix socket's path is unlinked before, as Redis
   * does, and again on close.
   */
  listen(address: Address, backlog: number): TcpListener;

  /**
   * Begins to connect, and returns at once. Until it is connected, reads and writes return {@link WOULD_BLOCK} and nothing is reported ready. WRITABLE means
   * that it is connected, or that connecting has failed: the next read or write then throws the {@link SystemError}, for example ECONNREFUSED. A failure that
   * is known at once may be thrown here. Throws RangeError if the host is not an IP address.
   */
  connect(address: Address): TcpStream;

  /**
   * Resolves once all listeners are bound, and rejects with the {@link SystemError} of the first that could not be. Exists only on a backend whose `listen` is
   * no system call; otherwise `listen` has already done everything.
   */
  opened?(): Promise<void>;

  /** Registers a source. The same source may be registered only once; `reregister` changes its interest. */
  register(source: Source, token: Token, interest: Interest): void;
  reregister(source: Source, token: Token, interest: Interest): void;
  deregister(source: Source): void;

  /** True if the sends of several streams can be handed to the kernel in one call. False: {@link queue} takes none. */
  readonly batchesSends: boolean;

  /**
   * Queues `from[start, end)` for the next {@link flush}, until which these bytes stay as they are; a `write` of the same bytes must follow, which returns the
   * result. At most {@link MAX_BATCH} sends in a batch, and one per stream: a second one could overtake the rest of a short one. False: not queued, so the
   * `write` sends.
   */
  queue(stream: TcpStream, from: Buffer, start: number, end: number): boolean;

  /** The same for a {@link TcpStream.writePieces}. Exists only where streams have that. */
  queuePieces?(stream: TcpStream, pieces: readonly Piece[], bytes: number): boolean;

  /**
   * Hands all queued sends to the kernel in one call. The next `write` of each stream sends nothing and returns the result: the number of bytes taken, maybe
   * fewer than offered, or {@link WOULD_BLOCK}; or it throws the {@link SystemError}. A single queued send is left to its `write`.
   */
  flush(): Flushed;

  /**
   * Exists only on a backend that can save system calls; set by the loop before each wait. True: if several streams are readable, `wait` may read from them in
   * one call, and their next `read` returns what it has read; a `read` of an edge-triggered stream that a short read has emptied returns {@link WOULD_BLOCK}
   * at once; and `wait` may begin later, so that it reports several streams at once. False, while the loop is traced: `wait` and each `read` are a call each.
   */
  savesCalls?: boolean | undefined;

  /**
   * Waits until something is ready, or `timeoutMs` (fractions count, -1: no limit, 0: look and return) is over, and
   * fills `events`. May return none: after a signal, or at once where a backend cannot block.
   */
  wait(events: Events, timeoutMs: number): void;

  /** Makes the running or the next `wait` return with {@link WAKER} ready. */
  readonly waker: Waker;

  close(): void;
}

/** Interrupts `poll.wait` from another thread. Many wakes before one wait are one event. */
export interface Waker {
  /** What another thread needs to wake this poll: an eventfd, or -1 where a message does it alone. */
  readonly fd: number;
  wake(): void;
  /** Called by the loop on the {@link WAKER} event: the next wake is a new event. */
  acknowledge(): void;
  /** Closes the descriptor. Not part of `Poll.close`, because another thread may still write to it. */
  close(): void;
}

/**
 * How the turns of a loop follow each other. A backend that blocks in the kernel needs no help: turn after turn, each waiting in
 * `poll.wait`. One that cannot block runs a turn whenever it has something ready or the last turn's timeout is over.
 */
export interface Drive {
  /**
   * Runs the loop; exists only on a backend that cannot block. `turn` runs one turn and returns the timeout of the next wait in ms (-1: none; 0: go on at
   * once, this turn has left something to do), or null to end. Resolves at the end.
   */
  drive?(turn: () => number | null): Promise<void>;
}

/** A failed system call. Made in one place so that every message has the same form: `bind: EADDRINUSE (fd 7)`. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  /** The address it was to listen on; null for any other call. */
  address: Address | null = null;

  constructor(
    readonly syscall: string,
    readonly errno: number,
    readonly code: string,
    readonly fd: number,
  ) {
    super(`${syscall}: ${code} (fd ${fd})`);
  }

  /** Sets the address of a listener, and returns this error. */
  at(address: Address): this {
    this.address = address;
    return this;
  }
}
