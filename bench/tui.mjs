// The cost of the screen: the first frame, a frame at each size, the idle lab, the CPU time that the server loses to the screen, and the response time of a key.
//
//   npm run bench:tui              all parts except the soak
//   npm run bench:tui -- frames    one part: start, frames, idle, load, keys
//   npm run bench:tui -- soak 10   memory under load, for this number of minutes
import { spawn, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { bundleInk, PRODUCTION } from '../scripts/bundle-ink.mjs';
import { printIfAsked } from '../scripts/usage.mjs';
import { ENVIRONMENT } from './processes.mjs';
import { answerTimes } from './tui-keys.mjs';
import { home, Lab, load, MAIN, ROOT, sleep, threadSeconds } from './tui-lab.mjs';
import { slopePerMinute, soak } from './tui-soak.mjs';

printIfAsked(new URL(import.meta.url));

const STARTS = 9;
const IDLE_SECONDS = 20;
const REQUESTS = 400_000;
/** With and without the screen in alternation, so that other load on the machine affects both. */
const ROUNDS = 3;

const sorted = (values) => values.toSorted((a, b) => a - b);
const median = (values) => sorted(values)[Math.floor(values.length / 2)];
const sum = (values) => values.reduce((total, value) => total + value, 0);
const percent = (share) => `${(share * 100).toFixed(2)} % of a core`;

async function measureStart() {
  const times = [];
  const bare = [];
  for (let i = 0; i < STARTS; i++) {
    const lab = new Lab(120, 40);
    times.push(await lab.saw(/redis-lab/));
    lab.stop();
    const began = performance.now();
    spawnSync(process.execPath, ['-e', '0'], { env: ENVIRONMENT });
    bare.push(performance.now() - began);
    await sleep(100);
  }
  console.log(`first frame        ${median(times).toFixed(0)} ms from process start (median of ${STARTS}; Node alone starts and ends in ${median(bare).toFixed(0)} ms)`);
}

async function measureFrames() {
  const outfile = join(home, 'frames.mjs');
  await build({ absWorkingDir: ROOT, entryPoints: ['bench/tui-frames.tsx'], outfile, bundle: true, format: 'esm', platform: 'node', target: 'node20.19', define: PRODUCTION, plugins: [bundleInk], logLevel: 'error' });
  const { measure } = await import(pathToFileURL(outfile).href);
  for (const [columns, rows] of [[80, 24], [120, 40], [200, 60]]) console.log(`a frame ${`${columns}x${rows}`.padEnd(10)} ${(await measure(columns, rows)).toFixed(2)} ms CPU`);
}

async function measureIdle() {
  const lab = new Lab(120, 40);
  await lab.ready();
  await sleep(2000);
  const nothing = await quiet(lab);
  lab.type('SET running out EX 1000\r');
  await sleep(1000);
  const counting = await quiet(lab);
  for (const [name, { share, frames, bytes }] of [['idle', nothing], ['with a TTL running', counting]]) {
    console.log(`${name.padEnd(18)} ${percent(share)}, ${frames.toFixed(1)} frames and ${bytes.toFixed(0)} bytes a second`);
  }
  lab.stop();
}

async function quiet(lab) {
  const { bytes, frames } = lab;
  const before = sum([...threadSeconds(lab.pid).values()]);
  await sleep(IDLE_SECONDS * 1000);
  return { share: (sum([...threadSeconds(lab.pid).values()]) - before) / IDLE_SECONDS, frames: (lab.frames - frames) / IDLE_SECONDS, bytes: (lab.bytes - bytes) / IDLE_SECONDS };
}

/** CPU of the loop thread with the screen and without, while redis-benchmark sends a fixed number of requests. */
async function measureLoad() {
  const shown = [];
  const bare = [];
  for (let round = 0; round < ROUNDS; round++) {
    shown.push(await withScreen());
    bare.push(await withoutScreen());
  }
  const [watched, alone] = [median(shown.map(({ loopUs }) => loopUs)), median(bare)];
  console.log(`under load         ${sorted(shown.map(({ framesPerSecond }) => framesPerSecond)).map((rate) => rate.toFixed(1)).join(', ')} frames a second, main thread ${percent(median(shown.map(({ mainShare }) => mainShare)))}`);
  console.log(`the loop's CPU     ${watched.toFixed(2)} µs a request with the screen, ${alone.toFixed(2)} µs without: ${((watched / alone - 1) * 100).toFixed(0)} % more`);
}

const GETS = ['-t', 'get', '-n', REQUESTS, '-c', 50];

async function withScreen() {
  const lab = new Lab(120, 40);
  const port = await lab.ready();
  await load(port, GETS).ended;
  const { frames } = lab;
  const began = performance.now();
  const { loopSeconds, mainSeconds } = await spent(lab.pid, () => load(port, GETS).ended);
  const seconds = (performance.now() - began) / 1000;
  lab.stop();
  return { loopUs: (loopSeconds / REQUESTS) * 1e6, mainShare: mainSeconds / seconds, framesPerSecond: (lab.frames - frames) / seconds };
}

async function withoutScreen() {
  const child = spawn(process.execPath, [MAIN, '--headless', '--port', '0'], { env: ENVIRONMENT });
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  while (!/Ready to accept connections on 127\.0\.0\.1:(\d+)/.test(output)) await sleep(5);
  const port = /connections on 127\.0\.0\.1:(\d+)/.exec(output)[1];
  await load(port, GETS).ended;
  const { loopSeconds } = await spent(child.pid, () => load(port, GETS).ended);
  child.kill('SIGKILL');
  return (loopSeconds / REQUESTS) * 1e6;
}

/** The loop thread is the one of the other threads with the most CPU time. */
async function spent(pid, work) {
  const before = threadSeconds(pid);
  await work();
  const used = [...threadSeconds(pid)].map(([thread, seconds]) => [thread, seconds - (before.get(thread) ?? 0)]);
  return { loopSeconds: Math.max(...used.filter(([thread]) => thread !== pid).map(([, seconds]) => seconds)), mainSeconds: used.find(([thread]) => thread === pid)[1] };
}

async function measureKeys() {
  for (const pipeline of [1, 16]) {
    const { all, byName } = await answerTimes(pipeline);
    const times = sorted(all);
    console.log(`keys, pipeline ${String(pipeline).padEnd(3)} median ${median(times).toFixed(0)}, p95 ${times[Math.floor(times.length * 0.95)].toFixed(0)}, most ${times.at(-1).toFixed(0)} ms of ${times.length} (medians: ${[...byName].map(([name, values]) => `${name} ${median(values).toFixed(0)}`).join(', ')})`);
  }
}

async function measureSoak(minutes) {
  const samples = await soak(minutes);
  const first = samples[0];
  const settled = samples.filter(({ atS }) => atS >= 60);
  const last = samples.at(-1);
  for (const [name, field] of [['resident', 'residentMb'], ["main's heap", 'mainMb'], ["the loop's heap", 'loopMb']]) {
    const text = (sample) => sample[field].toFixed(0);
    const most = Math.max(...samples.map((sample) => sample[field]));
    console.log(`${name.padEnd(18)} ${text(first)} MB at the start, ${text(settled[0] ?? last)} after a minute, ${text(last)} after ${minutes}, at most ${most.toFixed(0)}; ${slopePerMinute(settled.length > 1 ? settled : samples, field).toFixed(2)} MB a minute after the first`);
  }
}

const [part, minutes = '10'] = process.argv.slice(2);
const PARTS = { start: measureStart, frames: measureFrames, idle: measureIdle, load: measureLoad, keys: measureKeys };
if (part === 'soak') await measureSoak(Number(minutes));
else for (const [name, measure] of Object.entries(PARTS)) if (part === undefined || part === name) await measure();
process.exit(0);
