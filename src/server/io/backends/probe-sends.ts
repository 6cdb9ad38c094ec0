/**
 * Checks, once at the start, whether a SendRing works on this kernel. io_uring may be forbidden (by the seccomp filter of a container, by a sysctl), and old
 * kernels lack a flag or do not report short sends.
 */
import { SystemError } from '../poll.js';
import * as libc from './libc.js';
import { NOT_SENT, type QueuedSend } from './queued-send.js';
import { SendRing } from './send-ring.js';

const SO_SNDBUF = 7;
/** More than a socket with the smallest send buffer takes. */
const LARGE = Buffer.alloc(256 * 1024, 'x');

const socketpair = libc.foreign('int socketpair(int domain, int type, int protocol, void *fds)');

/** Returns a ring that works, or the reason why there is none. */
export function openSendRing(): SendRing | string {
  let ring: SendRing | null = null;
  try {
    ring = new SendRing();
    const fault = probe(ring, addBytes) ?? probe(ring, addMessage);
    if (fault === null) return ring;
    ring.close();
    return `io_uring: ${fault}`;
  } catch (error) {
    ring?.close();
    if (error instanceof SystemError) return error.message;
    return error instanceof Error ? error.message : String(error);
  }
}

/** Queues a send of the first `bytes` bytes of LARGE. */
type Add = (ring: SendRing, send: QueuedSend, bytes: number) => void;
const addBytes: Add = (ring, send, bytes) => ring.add(send, LARGE, 0, bytes);
const addMessage: Add = (ring, send, bytes) => ring.addPieces(send, [{ buffer: LARGE, start: 0, end: LARGE.length }], bytes);

/** Returns what is wrong with the ring, or null. */
function probe(ring: SendRing, add: Add): string | null {
  const fds: number[] = [];
  try {
    const [full, reader] = pair(fds);
    const [other, gone] = pair(fds);
    const sends = [sendOf(full!), sendOf(other!)] as const;
    submit(ring, sends, add);
    const [short, whole] = sends.map(({ sent }) => sent) as [number, number];
    if (whole !== 1) return `a whole send came to ${whole}`;
    if (!(short > 0 && short < LARGE.length)) return `a short send came to ${short}`;
    libc.close(fds.splice(fds.indexOf(gone!), 1)[0]!);
    submit(ring, sends, add);
    if (sends[0].sent !== -libc.EAGAIN) return `a send to a full socket came to ${sends[0].sent}`;
    if (sends[1].sent !== -libc.EPIPE) return `a send to a peer that has gone came to ${sends[1].sent}`;
    const received = drain(reader!);
    return received === short ? null : `${received} bytes arrived of ${short}`;
  } finally {
    for (const fd of fds) libc.close(fd);
  }
}

const sendOf = (fd: number): QueuedSend => ({ fd, sent: NOT_SENT });

/** The first send is larger than its socket takes, the others are one byte. */
function submit(ring: SendRing, sends: readonly QueuedSend[], add: Add): void {
  for (const [index, send] of sends.entries()) add(ring, send, index === 0 ? LARGE.length : 1);
  ring.submit();
}

/** Returns two connected sockets, non-blocking and with the smallest send buffers, and adds them to `fds`. */
export function pair(fds: number[]): readonly number[] {
  const ends = new Int32Array(2);
  if (socketpair(libc.AF_UNIX, libc.SOCK_STREAM | libc.SOCK_NONBLOCK | libc.SOCK_CLOEXEC, 0, ends) === -1) throw libc.lastError('socketpair', -1);
  fds.push(...ends);
  libc.setsockopt(ends[0]!, libc.SOL_SOCKET, SO_SNDBUF, new Int32Array([1]), 4);
  return [...ends];
}

function drain(fd: number): number {
  const into = Buffer.alloc(64 * 1024);
  let total = 0;
  for (let count = libc.recv(fd, into, into.length, 0); count > 0; count = libc.recv(fd, into, into.length, 0)) total += count;
  return total;
}
