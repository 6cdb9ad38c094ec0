// Starts the two servers that a bench compares, and reads the kernel's counters of them.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createConnection, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** BENCH_DIST names a build other than dist, to compare two. */
export const LAB = fileURLToPath(new URL(`../${process.env.BENCH_DIST ?? 'dist'}/cli/main.js`, import.meta.url));

const { NODE_EXTRA_CA_CERTS: _, ...environment } = process.env;

/** The environment of the measured processes, without a file of certificates: Node 20 reads it first, which takes 40 ms for that of a system. */
export const ENVIRONMENT = environment;

export async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

/** @returns {Promise<{ name: string, pid: number, port: number, startMs: number, startCpuMs: number, stop: () => Promise<void> }>} once it answers PING */
export async function startRedis(extra = []) {
  const dir = mkdtempSync(join(tmpdir(), 'redis-lab-bench-'));
  const port = await freePort();
  const started = await start('redis-server', 'redis-server', ['--port', port, '--save', '', '--appendonly', 'no', '--dir', dir, ...extra], port);
  return { ...started, stop: () => started.stop().then(() => rmSync(dir, { recursive: true })) };
}

/** @param main cli/main.js of the build @param variables more environment */
export async function startLab(extra = [], nodeFlags = [], main = LAB, variables = {}) {
  const port = await freePort();
  return start('redis-lab', process.env.BENCH_NODE ?? process.execPath, [...nodeFlags, main, '--headless', '--port', port, ...extra], port, variables);
}

/** The servers that run. They end with the bench, also if it is interrupted. */
const running = new Set();
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => process.exit(1));

async function start(name, command, args, port, variables = {}) {
  const begin = performance.now();
  const child = spawn(command, args.map(String), { stdio: ['ignore', 'ignore', 'inherit'], env: { ...ENVIRONMENT, ...variables } });
  running.add(child);
  const exited = once(child, 'exit').then(() => running.delete(child));
  while (!(await pings(port))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode}`);
  }
  const startMs = performance.now() - begin;
  const startCpuMs = cpuSeconds(child.pid) * 1000;
  const stop = async () => {
    child.kill('SIGTERM');
    await exited;
  };
  return { name, pid: child.pid, port, startMs, startCpuMs, stop };
}

async function pings(port) {
  return new Promise((resolve) => {
    const socket = createConnection(port, '127.0.0.1');
    socket.on('error', () => setTimeout(resolve, 2, false));
    socket.on('connect', () => socket.write('PING\r\n'));
    socket.on('data', (data) => {
      socket.destroy();
      resolve(data.toString() === '+PONG\r\n');
    });
  });
}

/** One request on a connection of its own: the reply's first bytes, an error thrown. */
export async function request(port, argv) {
  const socket = createConnection(port, '127.0.0.1');
  socket.write(`*${argv.length}\r\n${argv.map((arg) => `$${Buffer.byteLength(String(arg))}\r\n${arg}\r\n`).join('')}`);
  const [data] = await once(socket, 'data');
  socket.destroy();
  if (data[0] === 0x2d) throw new Error(`${argv[0]}: ${data}`);
  return data.toString('latin1');
}

/** Strings of 10 bytes, under the keys that redis-benchmark draws from. */
export async function fillStrings(port, count) {
  await request(port, ['MSET', ...Array.from({ length: count }, (_, i) => [`key:${String(i).padStart(12, '0')}`, 'x'.repeat(10)]).flat()]);
}

/**
 * CPU seconds that the threads of a process have used, in user and kernel mode. schedstat counts in nanoseconds (/proc/PID/stat in hundredths of a
 * second), and is exact for a thread that waits; of one that runs it may be older, by a tick of the scheduler at most.
 */
export function cpuSeconds(pid) {
  const threads = readdirSync(`/proc/${pid}/task`);
  return threads.reduce((sum, thread) => sum + Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ')[0]), 0) / 1e9;
}

/** Resident memory in bytes. */
export function residentBytes(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

/** The results of a test of redis-benchmark, after its name. */
const FIGURES = 7;

/** No run takes this long, unless the server no longer answers. */
const TIMEOUT_MS = 120_000;

/** redis-benchmark without its progress line: requests per second, and latencies in ms. */
export function redisBenchmark(port, args) {
  const run = spawnSync('redis-benchmark', ['-p', String(port), '--csv', ...args.map(String)], { encoding: 'utf8', maxBuffer: 1 << 28, timeout: TIMEOUT_MS });
  const line = (run.stdout ?? '').trim().split('\n').at(-1);
  // From the end, because the name of the test is its command, which may contain quotes and commas.
  const fields = line.split('","').slice(-FIGURES).map((field) => field.replaceAll('"', ''));
  if (run.status !== 0 || fields.length < FIGURES) throw new Error(`redis-benchmark ${args.join(' ')}: ${run.error ?? ''}${run.stdout}${run.stderr}`);
  const [rps, , , p50, , p99, max] = fields.map(Number);
  return { rps, p50, p99, max };
}

/** A markdown table with right-aligned columns after the first. */
export function table(head, rows) {
  const all = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]) : cell.padStart(widths[column]))).join(' | ')} |`;
  const rule = `|${widths.map((width, column) => (column === 0 ? '-'.repeat(width + 2) : `${'-'.repeat(width + 1)}:`)).join('|')}|`;
  return [line(all[0]), rule, ...all.slice(1).map(line)].join('\n');
}
