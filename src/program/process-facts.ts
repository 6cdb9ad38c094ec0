/**
 * Facts about a process from /proc.
 */
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessFacts {
  /** Share of one processor since the last reading; 0 at the first. */
  readonly cpuPercent: number;
  readonly residentBytes: number;
  readonly descriptors: number;
  /** `epoll_wait`, `running`; `stopped`: by a signal; `held`: it waits for the lab; null: unavailable. */
  readonly syscall: string | null;
}

const CLOCK_TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** The state of a process after SIGSTOP or SIGTSTP, in /proc. */
const STOPPED = 'T';

const NAMES: { readonly [architecture: string]: { readonly [number: string]: string } } = {
  x64: {
    0: 'read', 1: 'write', 35: 'nanosleep', 44: 'sendto', 45: 'recvfrom', 202: 'futex', 230: 'clock_nanosleep', 232: 'epoll_wait', 281: 'epoll_pwait',
    288: 'accept4', 441: 'epoll_pwait2',
  },
  arm64: {
    22: 'epoll_pwait', 63: 'read', 64: 'write', 98: 'futex', 115: 'clock_nanosleep', 206: 'sendto', 207: 'recvfrom', 242: 'accept4', 441: 'epoll_pwait2',
  },
};

/** Returns the fields of /proc/PID/stat from the third on, the state; throws without /proc, or if the process is gone. */
export function statOf(pid: number): readonly string[] {
  const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
  // The name, in parentheses, may contain anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

export class ProcessWatch {
  private before: { readonly ticks: number; readonly atMs: number } | null = null;

  constructor(private readonly pid: number) {}

  /** Null without /proc, or if the process is gone. */
  look(nowMs = performance.now()): ProcessFacts | null {
    try {
      const fields = statOf(this.pid);
      const ticks = Number(fields[11]) + Number(fields[12]);
      const { before } = this;
      if (before === null || nowMs - before.atMs >= 500) this.before = { ticks, atMs: nowMs };
      const seconds = before === null ? 0 : (nowMs - before.atMs) / 1000;
      const cpuPercent = before === null || seconds === 0 ? 0 : ((ticks - before.ticks) / CLOCK_TICKS_PER_SECOND / seconds) * 100;
      return {
        cpuPercent,
        residentBytes: Number(fields[21]) * PAGE_BYTES,
        descriptors: readdirSync(`/proc/${this.pid}/fd`).length,
        syscall: fields[0] === STOPPED ? 'stopped' : this.syscall(),
      };
    } catch {
      return null;
    }
  }

  /** The system call of its main thread, which runs its loop. */
  private syscall(): string | null {
    try {
      const [number = ''] = readFileSync(`/proc/${this.pid}/syscall`, 'latin1').trim().split(' ');
      return number === 'running' || number === '-1' ? 'running' : (NAMES[process.arch]?.[number] ?? `syscall ${number}`);
    } catch {
      return null;
    }
  }
}
