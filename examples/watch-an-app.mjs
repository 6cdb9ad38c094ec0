// Runs a program against a server of its own and shows every command that it sends: what it cost the loop, and how many bytes went each way.
//
//   node examples/watch-an-app.mjs node app.js       (the program finds the server in REDIS_URL)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'redis-lab';

const [program, ...args] = process.argv.slice(2);
if (program === undefined) {
  console.error('usage: node examples/watch-an-app.mjs <program> [arguments]');
  process.exit(1);
}

const server = await createServer({ port: 0 });
const stop = await server.trace(show, { budget: Infinity });
const totals = new Map();

const app = spawn(program, args, { stdio: 'inherit', env: { ...process.env, REDIS_URL: server.url } });
const [code] = await once(app, 'close');

await stop();
await server.close();
for (const [command, { calls, elapsedUs }] of [...totals].toSorted(([, a], [, b]) => b.calls - a.calls)) {
  console.log(`${command.padEnd(20)} ${String(calls).padStart(6)} calls ${String(Math.round(elapsedUs)).padStart(8)} µs`);
}
process.exitCode = code ?? 1;

/** A command leaves three events: its request was decoded (frame), it ran (execute), its reply was encoded (reply). */
function show({ events }) {
  for (const event of events) {
    if (event.kind === 'frame') console.log(`#${event.token} → ${event.bytes} bytes: ${event.argv.map(printable).join(' ')}`);
    if (event.kind === 'execute') add(event);
    if (event.kind === 'reply') console.log(`#${event.token} ← ${event.bytes} bytes`);
    if (event.kind === 'park') console.log(`#${event.token} waits for ${event.keys.map(printable).join(' ')}`);
  }
}

function add({ command, elapsedUs }) {
  const total = totals.get(command) ?? { calls: 0, elapsedUs: 0 };
  totals.set(command, { calls: total.calls + 1, elapsedUs: total.elapsedUs + elapsedUs });
}

/** Arguments are bytes, one character each: what is no printable character must not reach the terminal. */
function printable(bytes) {
  const text = bytes.length > 60 ? `${bytes.slice(0, 57)}...` : bytes;
  return text.replaceAll(/[^\x20-\x7e]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
