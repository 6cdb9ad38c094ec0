/**
 * The server's process as seen through /proc; only for a server on this machine, on Linux. All of its descendants count, for servers that fork.
 */
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpAddress } from '../shared/address.js';

/** The state of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';
const PAGE_BYTES = 4096;

export interface ProcessView {
  readonly pid: number;
  /** The process and its descendants. */
  readonly processes: ReadonlySet<number>;
  readonly residentBytes: number;
  /** Per thread so far, by thread id. */
  readonly times: ReadonlyMap<number, ThreadTimes>;
}

/** In ms. */
export interface ThreadTimes {
  readonly running: number;
  /** Time in which it was runnable, but waited for a processor. */
  readonly waiting: number;
}

export interface Load {
  /** Processor time, in ms. */
  readonly usedMs: number;
  /** Shares of one processor: the time used, and the time it would use if no other process ran. */
  readonly used: number;
  readonly wanted: number;
}

export interface StarvingWatch {
  starvedMs(): number;
  stop(): void;
}

/** Interval between two readings. */
const STARVING_MS = 400;

export class ServerProcess {
  private constructor(
    readonly pid: number,
    private readonly port: number,
  ) {}

  /** Null: not on this machine, owned by another user, or not on Linux. */
  static find(address: TcpAddress): ServerProcess | null {
    try {
      if (!isHere(address.host)) return null;
      const inodes = sockets().filter((socket) => listensAt(socket, address)).map(({ inode }) => inode);
      const owners = inodes.length === 0 ? [] : processIds().filter((pid) => holdsSocket(pid, inodes));
      // If several processes share the listener, their common ancestor.
      const eldest = owners.find((pid) => !owners.includes(parentOf(pid) ?? -1));
      return eldest === undefined ? null : new ServerProcess(eldest, address.port);
    } catch {
      return null;
    }
  }

  view(): ProcessView {
    const family = descendants(this.pid);
    const times = new Map<number, ThreadTimes>();
    let pages = 0;
    for (const pid of family) {
      const tasks = orNone(() => readdirSync(`/proc/${pid}/task`));
      pages += Number(orNone(() => readFileSync(`/proc/${pid}/statm`, 'latin1').split(' '))[1] ?? 0);
      for (const task of tasks) {
        const own = threadTimes(pid, task);
        if (own !== null) times.set(Number(task), own);
      }
    }
    return { pid: this.pid, processes: new Set(family), residentBytes: pages * PAGE_BYTES, times };
  }

  /** Measures its use of one processor during the next `ms` milliseconds. */
  async load(ms: number): Promise<Load> {
    const [before, startMs] = [this.view().times, performance.now()];
    await sleep(ms);
    const spent = [...timesSince(before, this.view().times).values()];
    const elapsedMs = performance.now() - startMs;
    const usedMs = spent.reduce((sum, { running }) => sum + running, 0);
    const waitedMs = spent.reduce((sum, { waiting }) => sum + waiting, 0);
    return { usedMs, used: usedMs / elapsedMs, wanted: (usedMs + waitedMs) / elapsedMs };
  }

  /**
   * A watch that returns for how many ms the server has waited for a processor since the start of the watch, for the thread that has waited longest. On a busy
   * machine replies are late by as much.
   */
  watchStarving(): StarvingWatch {
    let before = this.view().times;
    let starvedMs = 0;
    const look = (): void => {
      const now = this.view().times;
      starvedMs += Math.max(0, ...[...timesSince(before, now).values()].map(({ waiting }) => waiting));
      before = now;
    };
    const timer = setInterval(look, STARVING_MS);
    return { starvedMs: () => starvedMs, stop: () => clearInterval(timer) };
  }

  /** The bytes sent by a client that the server has not read yet. @param clientPort the client's own port */
  unreadBytes(clientPort: number): number {
    return queuesOf([this.port, clientPort])[0].unreadBytes;
  }

  /** Of the bytes that a client has passed to its kernel: those that have arrived but are unread, and those that have not arrived. */
  queuedBytes(clientPort: number): { readonly unread: number; readonly unsent: number } {
    const [server, client] = queuesOf([this.port, clientPort], [clientPort, this.port]);
    return { unread: server.unreadBytes, unsent: client.unsentBytes };
  }
}

/** Times of each thread between two views; for a new thread, all of its time. */
export function timesSince(before: ReadonlyMap<number, ThreadTimes>, after: ReadonlyMap<number, ThreadTimes>): ReadonlyMap<number, ThreadTimes> {
  return new Map(
    [...after].map(([task, { running, waiting }]) => {
      const earlier = before.get(task) ?? { running: 0, waiting: 0 };
      return [task, { running: running - earlier.running, waiting: waiting - earlier.waiting }];
    }),
  );
}

interface KernelSocket {
  readonly local: { readonly hex: string; readonly port: number };
  readonly state: string;
  readonly inode: string;
}

type TableName = 'tcp' | 'tcp6';

/** The TCP sockets of this machine: proc(5), /proc/net/tcp. */
const socketTable = (name: TableName): string => orNone(() => [readFileSync(`/proc/net/${name}`, 'latin1')])[0] ?? '';

const portInHex = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

interface Queues {
  readonly unreadBytes: number;
  readonly unsentBytes: number;
}

type Ends = readonly [localPort: number, remotePort: number];

/** The queues of sockets, by their ports. A table takes the kernel long, so the second one is read only for what the first does not have. */
function queuesOf<T extends readonly Ends[]>(...sockets: T): { readonly [at in keyof T]: Queues } {
  const rows = sockets.map(() => null as Queues | null);
  for (const name of ['tcp', 'tcp6'] as const) {
    if (!rows.includes(null)) break;
    const table = socketTable(name);
    for (const [i, ends] of sockets.entries()) rows[i] ??= queues(table, ends);
  }
  return rows.map((row) => row ?? { unreadBytes: 0, unsentBytes: 0 }) as { readonly [at in keyof T]: Queues };
}

/** Of thousands of rows only one is decoded. Null: it is not in this table. */
function queues(table: string, [localPort, remotePort]: Ends): Queues | null {
  const row = new RegExp(`:${portInHex(localPort)} [0-9A-F]+:${portInHex(remotePort)} [0-9A-F]+ ([0-9A-F]+):([0-9A-F]+)`).exec(table);
  return row === null ? null : { unsentBytes: Number.parseInt(row[1]!, 16), unreadBytes: Number.parseInt(row[2]!, 16) };
}

function sockets(): KernelSocket[] {
  const rows = `${socketTable('tcp')}${socketTable('tcp6')}`.split('\n').filter((row) => /^ *\d+:/.test(row));
  return rows.map((row) => {
    const [, local, , state, , , , , , inode] = row.trim().split(/\s+/) as string[];
    return { local: endOf(local!), state: state!, inode: inode! };
  });
}

function endOf(text: string): { readonly hex: string; readonly port: number } {
  const [hex, port] = text.split(':') as [string, string];
  return { hex, port: Number.parseInt(port, 16) };
}

/** True for a listener at this address, or at all addresses. */
const listensAt = ({ state, local }: KernelSocket, { host, port }: TcpAddress): boolean =>
  state === LISTEN && local.port === port && (/^0+$/.test(local.hex) || hexForms(host).includes(local.hex));

/** An IPv4 address in the form of /proc/net/tcp, and mapped into IPv6; or an IPv6 address: 32-bit words with the lowest byte first. */
function hexForms(host: string): string[] {
  const bytes = isIPv6(host) ? ipv6Bytes(host) : host.split('.').map(Number);
  let hex = '';
  for (let at = 0; at < bytes.length; at += 4) hex += bytes.slice(at, at + 4).toReversed().map((byte) => byte.toString(16).padStart(2, '0')).join('');
  hex = hex.toUpperCase();
  return bytes.length === 4 ? [hex, `0000000000000000FFFF0000${hex}`] : [hex];
}

function ipv6Bytes(host: string): number[] {
  // A URL writes the last 32 bits in hexadecimal, too.
  const [head = '', tail] = new URL(`http://[${host.split('%')[0]}]`).hostname.slice(1, -1).split('::');
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const [before, after] = [groups(head), groups(tail ?? '')];
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]);
}

/** True for an address of this machine. */
function isHere(host: string): boolean {
  const own = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).map(({ address }) => address));
  return host.startsWith('127.') || host === '0.0.0.0' || host === '::' || own.includes(host.split('%')[0]!);
}

const processIds = (): number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);

function holdsSocket(pid: number, inodes: readonly string[]): boolean {
  return orNone(() => readdirSync(`/proc/${pid}/fd`)).some((fd) => {
    const [target = ''] = orNone(() => [readlinkSync(`/proc/${pid}/fd/${fd}`)]);
    return inodes.some((inode) => target === `socket:[${inode}]`);
  });
}

/** The fields after the name, which may contain spaces and parentheses. */
const statFields = (path: string): string[] => orNone(() => readFileSync(path, 'latin1').replace(/^.*\) /s, '').split(' '));

function parentOf(pid: number): number | null {
  const parent = statFields(`/proc/${pid}/stat`)[1];
  return parent === undefined ? null : Number(parent);
}

function descendants(root: number): number[] {
  if (!existsSync(`/proc/${root}/task/${root}/children`)) return descendantsOfAll(root);
  const family = [root];
  for (const pid of family) {
    for (const task of orNone(() => readdirSync(`/proc/${pid}/task`))) {
      family.push(...orNone(() => readFileSync(`/proc/${pid}/task/${task}/children`, 'latin1').split(' ').filter(Boolean).map(Number)));
    }
  }
  return family;
}

/** For a kernel that does not list children (CONFIG_PROC_CHILDREN): looks at all processes. */
function descendantsOfAll(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const pid of processIds()) {
    const parent = parentOf(pid);
    if (parent !== null) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const family = [root];
  for (const pid of family) family.push(...(children.get(pid) ?? []));
  return family;
}

const NS_PER_MS = 1e6;

/** From schedstat, in nanoseconds: running, waiting for a processor. Null: the thread has ended. */
function threadTimes(pid: number, task: string): ThreadTimes | null {
  const [running, waiting] = orNone(() => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')).map((ns) => Number(ns) / NS_PER_MS);
  return running === undefined || waiting === undefined ? null : { running, waiting };
}

/** Processes may end while they are inspected. */
function orNone<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}
