// What the screen costs: the first frame, a frame at each size, the lab when nothing happens, and what watching takes from the server.
//
//   npm run bench:tui            all of it
//   npm run bench:tui -- frames  one part: start, frames, idle, load
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import pty from '@lydell/node-pty';
import { build } from 'esbuild';
import { bundleInk, PRODUCTION } from '../scripts/bundle-ink.mjs';
import { ENVIRONMENT } from './processes.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const MAIN = join(ROOT, process.env.DIST ?? 'dist', 'cli/main.js');
const home = mkdtempSync(join(ROOT, 'node_modules/.bench-tui-'));
process.on('exit', () => rmSync(home, { recursive: true, force: true }));

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

function start(columns, rows, ...flags) {
  const began = performance.now();
  const child = pty.spawn(process.execPath, [MAIN, '--port', '0', ...flags], { cols: columns, rows, name: 'xterm-256color', env: { ...ENVIRONMENT, TERM: 'xterm-256color', HOME: home, CI: '' } });
  const lab = { child, raw: '', bytes: 0 };
  child.onData((data) => {
    lab.bytes += data.length;
    if (lab.raw.length < 1_000_000) lab.raw += data;
  });
  lab.saw = async (pattern) => {
    while (!pattern.test(lab.raw)) {
      if (performance.now() - began > 10_000) throw new Error(`the lab never showed ${pattern}: ${lab.raw.slice(-500)}`);
      await sleep(1);
    }
    return performance.now() - began;
  };
  return lab;
}

/** CPU seconds of a process with its threads, from its start (proc(5), in ticks of 10 ms). */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const threadSeconds = (pid, thread) => {
  const fields = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
};

const memoryMb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function measureStart() {
  const times = [];
  const bare = [];
  for (let i = 0; i < 9; i++) {
    const lab = start(120, 40);
    times.push(await lab.saw(/redis-lab/));
    lab.child.kill('SIGKILL');
    const began = performance.now();
    spawnSync(process.execPath, ['-e', '0'], { env: ENVIRONMENT });
    bare.push(performance.now() - began);
    await sleep(100);
  }
  console.log(`first frame        ${median(times).toFixed(0)} ms from process start (median of 9; Node alone starts and ends in ${median(bare).toFixed(0)} ms)`);
}

async function measureFrames() {
  const outfile = join(home, 'frames.mjs');
  await build({ absWorkingDir: ROOT, entryPoints: ['bench/tui-frames.tsx'], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20.19', define: PRODUCTION, plugins: [bundleInk], logLevel: 'error' });
  const { measure } = await import(pathToFileURL(outfile).href);
  for (const [columns, rows] of [[80, 24], [120, 40], [200, 60]]) console.log(`a frame ${`${columns}x${rows}`.padEnd(10)} ${(await measure(columns, rows)).toFixed(2)} ms CPU`);
}

async function measureIdle() {
  const lab = start(120, 40);
  await lab.saw(/\d>/);
  await sleep(2000);
  const [before, bytes] = [cpuSeconds(lab.child.pid), lab.bytes];
  const SECONDS = 20;
  await sleep(SECONDS * 1000);
  console.log(`idle               ${(((cpuSeconds(lab.child.pid) - before) / SECONDS) * 100).toFixed(2)} % of a core, ${((lab.bytes - bytes) / SECONDS).toFixed(0)} bytes a second to the terminal`);
  lab.child.write('SET running out EX 1000\r');
  await sleep(1000);
  const counting = cpuSeconds(lab.child.pid);
  await sleep(SECONDS * 1000);
  console.log(`with a TTL running ${(((cpuSeconds(lab.child.pid) - counting) / SECONDS) * 100).toFixed(2)} % of a core`);
  lab.child.kill('SIGKILL');
}

/** CPU of the whole process and of the loop thread alone, while redis-benchmark sends a fixed number of requests. */
async function measureLoad() {
  const REQUESTS = 400_000;
  const benchmark = (port) =>
    new Promise((resolve) => {
      const child = spawn('redis-benchmark', ['-p', String(port), '-t', 'get', '-n', String(REQUESTS), '-c', '50', '-q']);
      child.on('close', resolve);
    });
  const lab = start(120, 40);
  await lab.saw(/127\.0\.0\.1:(\d+)>/);
  const port = /127\.0\.0\.1:(\d+)>/.exec(lab.raw)[1];
  await benchmark(port);
  const { pid } = lab.child;
  const tasks = readFileTasks(pid);
  const before = new Map(tasks.map((task) => [task, threadSeconds(pid, task)]));
  const wall = performance.now();
  lab.raw = '';
  await benchmark(port);
  const seconds = (performance.now() - wall) / 1000;
  const frames = lab.raw.split('\x1b[?2026h').length - 1;
  const shown = Math.max(...tasks.filter((task) => task !== String(pid)).map((task) => threadSeconds(pid, task) - before.get(task)));
  const screen = threadSeconds(pid, String(pid)) - before.get(String(pid));
  console.log(`under load         ${(frames / seconds).toFixed(1)} frames a second, main thread ${((screen / seconds) * 100).toFixed(0)} % of a core, ${memoryMb(pid).toFixed(0)} MB`);
  lab.child.kill('SIGKILL');
  const bare = await headless(benchmark);
  console.log(`the loop's CPU     ${((shown / REQUESTS) * 1e6).toFixed(2)} µs a request with the screen, ${((bare / REQUESTS) * 1e6).toFixed(2)} µs without: ${((shown / bare - 1) * 100).toFixed(0)} % more`);
}

function readFileTasks(pid) {
  return spawnSync('ls', [`/proc/${pid}/task`]).stdout.toString().trim().split('\n');
}

async function headless(benchmark) {
  const child = spawn(process.execPath, [MAIN, '--headless', '--port', '0']);
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  while (!/Ready to accept connections on 127\.0\.0\.1:(\d+)/.test(output)) await sleep(5);
  const port = /connections on 127\.0\.0\.1:(\d+)/.exec(output)[1];
  await benchmark(port);
  const tasks = readFileTasks(child.pid);
  const before = new Map(tasks.map((task) => [task, threadSeconds(child.pid, task)]));
  await benchmark(port);
  const spent = Math.max(...tasks.filter((task) => task !== String(child.pid)).map((task) => threadSeconds(child.pid, task) - before.get(task)));
  child.kill('SIGKILL');
  return spent;
}

const PARTS = { start: measureStart, frames: measureFrames, idle: measureIdle, load: measureLoad };
const wanted = process.argv.slice(2);
for (const [name, part] of Object.entries(PARTS)) if (wanted.length === 0 || wanted.includes(name)) await part();
process.exit(0);
