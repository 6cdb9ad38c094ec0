// The lab on a pseudo-terminal, for the benches of the screen: the text that it shows, and the kernel's counters of it.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pty from '@lydell/node-pty';
import { ENVIRONMENT } from './processes.mjs';

export const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** BENCH_DIST names a build other than dist, to compare two. */
export const MAIN = join(ROOT, process.env.BENCH_DIST ?? 'dist', 'cli/main.js');

/** For all files that a bench or the lab writes; deleted at the end. In node_modules, so that a bundle in it finds its packages. */
export const home = mkdtempSync(join(ROOT, 'node_modules/.bench-tui-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** The end of synchronized output: short, and the last thing written, so that it rarely arrives in two pieces. */
const END_OF_FRAME = '\x1b[?2026l';

/** How long {@link Lab.saw} waits for a picture. */
const PATIENCE_MS = 20_000;

export class Lab {
  /** The output since {@link forget}, or the beginning of it if it is long. */
  raw = '';
  /** Totals. */
  bytes = 0;
  frames = 0;
  #startedMs = performance.now();
  #child;
  #heard = () => {};

  constructor(columns, rows, nodeFlags = []) {
    const env = { ...ENVIRONMENT, TERM: 'xterm-256color', HOME: home, XDG_STATE_HOME: home, CI: '' };
    this.#child = pty.spawn(process.execPath, [...nodeFlags, MAIN, '--port', '0'], { cols: columns, rows, name: 'xterm-256color', env });
    this.#child.onData((data) => {
      this.bytes += data.length;
      this.frames += data.split(END_OF_FRAME).length - 1;
      if (this.raw.length < 1_000_000) this.raw += data;
      this.#heard();
    });
  }

  get pid() {
    return this.#child.pid;
  }

  type(text) {
    this.#child.write(text);
  }

  forget() {
    this.raw = '';
  }

  /** Resolves, as soon as it shows, with the milliseconds since the lab was started. */
  async saw(pattern) {
    const deadline = performance.now() + PATIENCE_MS;
    const outOfTime = setTimeout(() => this.#heard(), PATIENCE_MS);
    while (!pattern.test(this.raw)) {
      if (performance.now() >= deadline) throw new Error(`the lab never showed ${pattern}: ${JSON.stringify(this.raw.slice(-500))}`);
      await new Promise((resolve) => (this.#heard = resolve));
    }
    clearTimeout(outOfTime);
    return performance.now() - this.#startedMs;
  }

  /** Resolves with its port once the console is connected. */
  async ready() {
    await this.saw(/127\.0\.0\.1:(\d+)>/);
    return Number(/127\.0\.0\.1:(\d+)>/.exec(this.raw)[1]);
  }

  stop() {
    this.#child.kill('SIGKILL');
  }
}

const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));

/** redis-benchmark, until `stop` is called, or until it has sent the requests of `args`. */
export function load(port, args) {
  const child = spawn('redis-benchmark', ['-p', String(port), '-q', ...args.map(String)], { stdio: 'ignore' });
  running.add(child);
  const ended = once(child, 'exit').then(() => running.delete(child));
  return {
    ended,
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}

/** CPU seconds of each thread of a process so far, by the number of the thread (proc(5), in ticks of 10 ms). The main thread has the number of the process. */
export function threadSeconds(pid) {
  return new Map(
    readdirSync(`/proc/${pid}/task`).map((thread) => {
      const fields = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ')[1].split(' ');
      return [Number(thread), (Number(fields[11]) + Number(fields[12])) / 100];
    }),
  );
}
