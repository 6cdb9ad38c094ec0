/**
 * A server in its own process, and the kernel's counters of it: /proc/PID/status and stat, and those of each of its threads.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { CompareError } from './error.js';

/** Bundles are one folder below dist; when run from the sources, tests also use the built program. */
const MAIN = fileURLToPath(new URL(import.meta.url.endsWith('.ts') ? '../../dist/cli/main.js' : '../cli/main.js', import.meta.url));

const START_MS = 20_000;
/** Time to end after SIGTERM. */
const END_MS = 5000;

/** A clock tick is a hundredth of a second on every Linux (USER_HZ). */
const MS_PER_TICK = 10;

export interface ProcessFigures {
  readonly threads: number;
  readonly residentBytes: number;
  /** Processor time so far. */
  readonly cpuMs: number;
  /** Context switches of all threads: voluntary ones (a thread waited) and involuntary ones (the kernel took the processor away). */
  readonly voluntarySwitches: number;
  readonly forcedSwitches: number;
}

export class EngineProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly port: number,
  ) {}

  /** Starts a server. Rejects with {@link CompareError}. */
  static async start(engine: string): Promise<EngineProcess> {
    const args = [MAIN, '--headless', '--engine', engine, '--port', '0', '--bind', '127.0.0.1'];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const gather = (data: Buffer): void => void (output += data.toString('latin1'));
    child.stdout.on('data', gather);
    child.stderr.on('data', gather);
    const endMs = performance.now() + START_MS;
    for (;;) {
      const port = /Ready to accept connections on 127\.0\.0\.1:(\d+)/.exec(output)?.[1];
      if (port !== undefined) return new EngineProcess(child, Number(port));
      if (child.exitCode !== null) throw new CompareError(`the engine ${engine} did not start: ${output.trim().split('\n').at(-1) ?? ''}`);
      if (performance.now() > endMs) {
        child.kill('SIGKILL');
        throw new CompareError(`the engine ${engine} did not start within ${START_MS / 1000} s`);
      }
      await sleep(10);
    }
  }

  /** Counters of ended threads are lost, so this is read while the same clients are connected. */
  figures(): ProcessFigures {
    const folder = `/proc/${this.child.pid}`;
    const status = readFileSync(`${folder}/status`, 'latin1');
    const tasks = readdirSync(`${folder}/task`).map((task) => readFileSync(`${folder}/task/${task}/status`, 'latin1'));
    const sum = (name: string): number => tasks.reduce((total, text) => total + field(text, name), 0);
    // The name of the process, in parentheses, may contain spaces.
    const [, user, system] = /^.*\) (?:\S+ ){11}(\d+) (\d+)/s.exec(readFileSync(`${folder}/stat`, 'latin1'))!;
    return {
      threads: tasks.length,
      residentBytes: field(status, 'VmRSS') * 1024,
      cpuMs: (Number(user) + Number(system)) * MS_PER_TICK,
      voluntarySwitches: sum('voluntary_ctxt_switches'),
      forcedSwitches: sum('nonvoluntary_ctxt_switches'),
    };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await Promise.race([ended, sleep(END_MS, undefined, { ref: false })]);
    this.child.kill('SIGKILL');
    await ended;
  }
}

const field = (status: string, name: string): number => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
