/**
 * The built command line, run to its end: what it printed, and its exit code.
 *
 * `cli` starts the program as people do. `command` calls it as a function, for the many tests that ask what it answers and not how a process ends: a process
 * takes longer to start than most commands to run. `KeptProcesses` are between the two: for commands that shall not wait for what the test does meanwhile.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { type ChildProcess, execFile, fork } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { runCommandLine } from '../../src/cli/lab.js';

export const MAIN = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));

/** What main.js loads. */
const LAB = fileURLToPath(new URL('../../dist/cli/lab.js', import.meta.url));

const KEPT = fileURLToPath(new URL('kept-cli.mjs', import.meta.url));

export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export function cli(...args: readonly string[]): Promise<Printed> {
  return new Promise((resolve) => {
    execFile(process.execPath, [MAIN, ...args], (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }));
  });
}

/** Output of the commands that run now. */
const printing = new AsyncLocalStorage<{ readonly stdout: Buffer[]; readonly stderr: Buffer[] }>();

/** The same in this process; only for commands that neither serve nor end the process. */
export async function command(...args: readonly string[]): Promise<Printed> {
  const { runCommandLine: run } = createRequire(import.meta.url)(LAB) as { readonly runCommandLine: typeof runCommandLine };
  catchOutput();
  const printed = { stdout: [] as Buffer[], stderr: [] as Buffer[] };
  const takeThread = (): never => {
    throw new Error(`${args.join(' ')} starts a server`);
  };
  const code = await printing.run(printed, () => run(args, { takeThread, isOver: () => {} }));
  const [stdout, stderr] = [printed.stdout, printed.stderr].map((parts) => Buffer.concat(parts).toString());
  return { code, stdout: stdout!, stderr: stderr! };
}

let isCaught = false;

/** From now on what a command writes is kept with it; everybody else's output goes where it went. */
function catchOutput(): void {
  if (isCaught) return;
  isCaught = true;
  for (const name of ['stdout', 'stderr'] as const) {
    const stream = process[name];
    const write = stream.write.bind(stream) as (...args: unknown[]) => boolean;
    stream.write = (...args: readonly unknown[]): boolean => {
      const parts = printing.getStore()?.[name];
      if (parts === undefined) return write(...args);
      const [chunk] = args;
      parts.push(typeof chunk === 'string' ? Buffer.from(chunk) : Buffer.from(chunk as Uint8Array));
      const done = args.findLast((arg) => typeof arg === 'function') as (() => void) | undefined;
      if (done !== undefined) queueMicrotask(done);
      return true;
    };
  }
}

/** Processes that run one command after the other, as many as there are commands at a time. */
export class KeptProcesses {
  private readonly all = new Set<ChildProcess>();
  private readonly idle: ChildProcess[] = [];

  async run(...args: readonly string[]): Promise<Printed> {
    const child = this.idle.pop() ?? this.begin();
    child.send(args);
    const answered = new AbortController();
    const gone = once(child, 'exit', { signal: answered.signal }).then(([code]) => Promise.reject(new Error(`${args.join(' ')} has ended its process with ${code}`)));
    gone.catch(() => {});
    const [printed] = (await Promise.race([once(child, 'message'), gone])) as [Printed];
    answered.abort();
    this.idle.push(child);
    return printed;
  }

  async end(): Promise<void> {
    const left = [...this.all].filter(({ exitCode, signalCode }) => exitCode === null && signalCode === null);
    const ended = left.map((child) => once(child, 'exit'));
    for (const child of left) child.kill('SIGKILL');
    await Promise.all(ended);
  }

  private begin(): ChildProcess {
    // Without the flags of the process of the tests.
    const child = fork(KEPT, { execArgv: [] });
    this.all.add(child);
    return child;
  }
}
