/**
 * The server's process, seen from outside by the files of /proc; only for a server on this machine, on Linux. All of its descendants count, for servers
 * that fork.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TcpAddress } from '../shared/address.js';

/** The state of a listening socket in /proc/net/tcp. */
const LISTEN = '0A';
const PAGE_BYTES = 4096;

export interface ProcessView {
  readonly pid: number;
  /** Of it and its descendants. */
  readonly processes: number;
  readonly threads: number;
  readonly residentBytes: number;
  /** Of each thread so far, by thread id. */
  readonly times: ReadonlyMap<number, ThreadTimes>;
}

/** In ms. */
export interface ThreadTimes {
  readonly running: number;
  /** It could have run, and waited for a processor that others had. */
  readonly waiting: number;
}

export class ServerProcess {
  private constructor(readonly pid: number) {}

  /** Null: it is not on this machine, belongs to another user, or this is not Linux. */
  static find({ port }: TcpAddress): ServerProcess | null {
    try {
      const inodes = ['tcp', 'tcp6'].flatMap((table) => listeningInodes(table, port));
      const owners = inodes.length === 0 ? [] : processIds().filter((pid) => holdsSocket(pid, inodes));
      // Of a family that shares the listener, the eldest.
      const eldest = owners.find((pid) => !owners.includes(parentOf(pid) ?? -1));
      return eldest === undefined ? null : new ServerProcess(eldest);
    } catch {
      return null;
    }
  }

  view(): ProcessView {
    const family = descendants(this.pid);
    const times = new Map<number, ThreadTimes>();
    let threads = 0;
    let pages = 0;
    for (const pid of family) {
      const tasks = orNone(() => readdirSync(`/proc/${pid}/task`));
      threads += tasks.length;
      pages += Number(orNone(() => readFileSync(`/proc/${pid}/statm`, 'latin1').split(' '))[1] ?? 0);
      for (const task of tasks) {
        const own = threadTimes(pid, task);
        if (own !== null) times.set(Number(task), own);
      }
    }
    return { pid: this.pid, processes: family.length, threads, residentBytes: pages * PAGE_BYTES, times };
  }

  /** The share of one processor that it uses in the next `ms` milliseconds, and the share that it would use if no other process ran. */
  async load(ms: number): Promise<{ readonly used: number; readonly wanted: number }> {
    const [before, startMs] = [this.view().times, performance.now()];
    await sleep(ms);
    const spent = [...timesSince(before, this.view().times).values()];
    const elapsedMs = performance.now() - startMs;
    const used = spent.reduce((sum, { running }) => sum + running, 0) / elapsedMs;
    return { used, wanted: used + spent.reduce((sum, { waiting }) => sum + waiting, 0) / elapsedMs };
  }
}

/** Of each thread, between two views; a thread that is new has had all that it has. */
export function timesSince(before: ReadonlyMap<number, ThreadTimes>, after: ReadonlyMap<number, ThreadTimes>): ReadonlyMap<number, ThreadTimes> {
  return new Map(
    [...after].map(([task, { running, waiting }]) => {
      const earlier = before.get(task) ?? { running: 0, waiting: 0 };
      return [task, { running: running - earlier.running, waiting: waiting - earlier.waiting }];
    }),
  );
}

function listeningInodes(table: string, port: number): string[] {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const rows = orNone(() => readFileSync(`/proc/net/${table}`, 'latin1').split('\n').slice(1)).map((row) => row.trim().split(/\s+/));
  return rows.filter(([, local, , state]) => state === LISTEN && local?.endsWith(`:${hexPort}`)).map((row) => row[9]!);
}

const processIds = (): number[] => readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(Number);

function holdsSocket(pid: number, inodes: readonly string[]): boolean {
  return orNone(() => readdirSync(`/proc/${pid}/fd`)).some((fd) => {
    const [target = ''] = orNone(() => [readlinkSync(`/proc/${pid}/fd/${fd}`)]);
    return inodes.some((inode) => target === `socket:[${inode}]`);
  });
}

/** What follows the name, which may hold spaces and parentheses. */
const statFields = (path: string): string[] => orNone(() => readFileSync(path, 'latin1').replace(/^.*\) /s, '').split(' '));

function parentOf(pid: number): number | null {
  const parent = statFields(`/proc/${pid}/stat`)[1];
  return parent === undefined ? null : Number(parent);
}

function descendants(root: number): number[] {
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

/** From schedstat, which counts in nanoseconds: running, waiting for a processor. Null: the thread is gone. */
function threadTimes(pid: number, task: string): ThreadTimes | null {
  const [running, waiting] = orNone(() => readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'latin1').split(' ')).map((ns) => Number(ns) / NS_PER_MS);
  return running === undefined || waiting === undefined ? null : { running, waiting };
}

/** Processes end while they are looked at. */
function orNone<T>(read: () => T[]): T[] {
  try {
    return read();
  } catch {
    return [];
  }
}
