/**
 * libc, through koffi: the functions that the epoll backend calls, and the constants they take.
 *
 * Only this file knows about FFI. Every function is synchronous and returns what C returns; `errno` is read at once
 * after a failure, because the next foreign call overwrites it. Buffers are passed by address: the kernel reads and
 * writes the very bytes that JavaScript sees. Passing numbers from koffi.address instead of the buffers was measured: 10 ns less
 * of 370 for a recv, 8 of 230 for an epoll_wait; not worth addresses that outlive their buffers.
 */
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { SystemError } from '../poll.js';

type Foreign = (...args: (number | NodeJS.TypedArray | null)[]) => number;

/** The part of koffi that is used here, see koffi.dev. */
interface Koffi {
  load(library: null): { func(signature: string): Foreign };
  /** The memory of a buffer. */
  address(of: NodeJS.TypedArray): bigint;
  /** Memory as an ArrayBuffer, which must not be used any more when the memory is given back. */
  view(address: bigint, bytes: number): ArrayBuffer;
  errno(): number;
}

/** Only the package with the binary for this machine: `koffi` itself would bring all its sources, and an install script. */
const koffi = createRequire(import.meta.url)(`@koromix/koffi-${process.platform}-${process.arch}`) as Koffi;
const libc = koffi.load(null);

// ssize_t is intptr_t, socklen_t is uint32 on every Linux that Node runs on. recv and send transfer less than 2 GB, so their results fit an int, of which
// koffi makes no heap number.
export const socket = libc.func('int socket(int domain, int type, int protocol)');
export const bind = libc.func('int bind(int fd, void *address, uint32_t length)');
export const listen = libc.func('int listen(int fd, int backlog)');
export const connect = libc.func('int connect(int fd, void *address, uint32_t length)');
export const getsockname = libc.func('int getsockname(int fd, void *address, void *length)');
export const setsockopt = libc.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)');
export const getsockopt = libc.func('int getsockopt(int fd, int level, int name, void *value, void *length)');
export const ioctl = libc.func('int ioctl(int fd, unsigned long request, void *argument)');
export const accept4 = libc.func('int accept4(int fd, void *address, void *length, int flags)');
export const recv = libc.func('int recv(int fd, void *buffer, size_t length, int flags)');
export const send = libc.func('int send(int fd, void *buffer, size_t length, int flags)');
export const poll = libc.func('int poll(void *fds, unsigned long count, int timeout)');
export const shutdown = libc.func('int shutdown(int fd, int how)');
export const close = libc.func('int close(int fd)');
export const epollCreate1 = libc.func('int epoll_create1(int flags)');
export const epollCtl = libc.func('int epoll_ctl(int epfd, int op, int fd, void *event)');
export const epollWait = libc.func('int epoll_wait(int epfd, void *events, int maxevents, int timeout)');
export const eventfd = libc.func('int eventfd(unsigned int initval, int flags)');
export const read = libc.func('intptr_t read(int fd, void *buffer, size_t count)');
export const write = libc.func('intptr_t write(int fd, void *buffer, size_t count)');

/** A function of libc that only one file needs. */
export const foreign = <T = Foreign>(signature: string): T => libc.func(signature) as T;
export const addressOf = (buffer: NodeJS.TypedArray): number => Number(koffi.address(buffer));
/** Not to be used any more when the memory is given back. */
export const viewOf = (address: bigint, bytes: number): ArrayBuffer => koffi.view(address, bytes);

export const errno = (): number => koffi.errno();

/** Words of 32 bits in a long, and in an address. */
export const LONG_WORDS = process.arch === 'arm' || process.arch === 'ia32' ? 1 : 2;

// From the kernel's uapi headers; the same on every architecture that koffi is built for, with glibc and with musl.
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const SOCK_STREAM = 1;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_KEEPALIVE = 9;
export const SO_LINGER = 13;
export const IPPROTO_TCP = 6;
export const TCP_NODELAY = 1;
export const TCP_KEEPIDLE = 4;
export const TCP_KEEPINTVL = 5;
export const TCP_KEEPCNT = 6;
export const TCP_INFO = 11;
export const IPPROTO_IPV6 = 41;
export const IPV6_V6ONLY = 26;
export const SHUT_RDWR = 2;
export const MSG_PEEK = 0x02;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const POLLIN = 0x001;
export const EPOLL_CLOEXEC = 0o2000000;
export const EPOLL_CTL_ADD = 1;
export const EPOLL_CTL_DEL = 2;
export const EPOLL_CTL_MOD = 3;
export const EPOLLIN = 0x001;
export const EPOLLOUT = 0x004;
export const EPOLLERR = 0x008;
export const EPOLLHUP = 0x010;
export const EPOLLRDHUP = 0x2000;
export const EPOLLEXCLUSIVE = 1 << 28;
export const EPOLLET = 1 << 31;
export const EFD_NONBLOCK = 0o4000;
export const EFD_CLOEXEC = 0o2000000;
export const FIONREAD = 0x541b;

export const { EAGAIN, ECONNABORTED, EINPROGRESS, EINTR, EINVAL, EPIPE } = constants.errno;

const ERRNO_NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));

/** Returns the error of the call that has just failed; reads `errno`, so nothing may be called in between. */
export function lastError(syscall: string, fd: number): SystemError {
  return errorOf(errno(), syscall, fd);
}

export function errorOf(number: number, syscall: string, fd: number): SystemError {
  return new SystemError(syscall, number, ERRNO_NAMES.get(number) ?? `errno ${number}`, fd);
}
