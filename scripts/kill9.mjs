#!/usr/bin/env node
/**
 * Kills a server with SIGKILL at random moments while clients write to it, starts it again, and checks whether every acknowledged write is there.
 *
 *     node scripts/kill9.mjs [--rounds 20] [--server lab|redis] [--appendfsync always|everysec] [--writers 8] [--least MS --most MS] [--rewrites]
 *
 * Each writer appends numbers to a list of its own, in small pipelines, and increments a counter in the same transaction. After each restart the list must contain
 * all acknowledged numbers, in order, and otherwise only numbers that were sent; the counter must equal its length. With everysec, writes acknowledged
 * in the last two seconds may be missing, but none before them. A round lasts from `--least` to `--most` milliseconds.
 * The files are kept from round to round.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseOptions } from './usage.mjs';

const { values: options } = parseOptions(new URL(import.meta.url), {
  options: {
    rounds: { type: 'string', default: '20' },
    server: { type: 'string', default: 'lab' },
    appendfsync: { type: 'string', default: 'always' },
    least: { type: 'string', default: '20' },
    most: { type: 'string', default: '400' },
    writers: { type: 'string', default: '8' },
    rewrites: { type: 'boolean', default: false },
  },
});

const MAIN = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));
const BATCH = 4;
/** The time of which everysec may lose the writes. */
const SLACK_MS = 2000;

const dir = mkdtempSync(join(tmpdir(), 'redis-lab-kill9-'));
const random = (least, most) => least + Math.random() * (most - least);
const encode = (argv) => `*${argv.length}\r\n${argv.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;

function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Counts replies of integers, arrays and strings, without the elements of arrays. */
class Client {
  constructor(port) {
    this.waiting = [];
    this.text = '';
    this.socket = connect({ port, host: '127.0.0.1', noDelay: true });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (data) => this.take(data));
    this.socket.on('error', () => {});
    this.socket.on('close', () => {
      for (const { reject } of this.waiting.splice(0)) reject(new Error('closed'));
    });
  }

  call(...argv) {
    return new Promise((resolve, reject) => {
      if (this.socket.destroyed) return reject(new Error('closed'));
      this.waiting.push({ resolve, reject });
      this.socket.write(encode(argv));
    });
  }

  take(data) {
    this.text += data;
    for (;;) {
      const parsed = parse(this.text, 0);
      if (parsed === null) return;
      this.text = this.text.slice(parsed.end);
      this.waiting.shift()?.resolve(parsed.value);
    }
  }
}

function parse(text, at) {
  const lineEnd = text.indexOf('\r\n', at);
  if (lineEnd === -1) return null;
  const [mark, line, end] = [text[at], text.slice(at + 1, lineEnd), lineEnd + 2];
  if (mark === '-') return { value: new Error(line), end };
  if (mark === ':') return { value: Number(line), end };
  if (mark === '$') {
    if (line === '-1') return { value: null, end };
    const last = end + Number(line);
    return text.length < last + 2 ? null : { value: text.slice(end, last), end: last + 2 };
  }
  if (mark !== '*') return { value: line, end };
  const value = [];
  let next = end;
  for (let left = Number(line); left > 0; left--) {
    const one = parse(text, next);
    if (one === null) return null;
    value.push(one.value);
    next = one.end;
  }
  return { value, end: next };
}

async function start(port) {
  const settings = ['--port', String(port), '--dir', dir, '--appendonly', 'yes', '--appendfsync', options.appendfsync, '--save', ''];
  if (options.rewrites) settings.push('--auto-aof-rewrite-min-size', '20000');
  const [command, args] = options.server === 'redis' ? ['redis-server', settings] : [process.execPath, [MAIN, '--headless', ...settings]];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.on('exit', resolve));
  let output = '';
  child.stdout.on('data', (data) => (output += data));
  child.stderr.on('data', (data) => (output += data));
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the server has ended with ${child.exitCode}:\n${output}`);
    const client = new Client(port);
    const answer = await client.call('PING').catch(() => null);
    if (answer === 'PONG') return { child, exited, client };
    client.socket.destroy();
    await new Promise((resolve) => void setTimeout(resolve, 20));
  }
}

/** The next number to send, and the next to be acknowledged. */
const writers = Array.from({ length: Number(options.writers) }, (_, index) => ({ key: `w${index}`, sent: 0, answered: 0, history: [] }));

async function write(writer, port) {
  const client = new Client(port);
  try {
    for (;;) {
      const calls = [];
      for (let i = 0; i < BATCH; i++) {
        const number = writer.sent++;
        void client.call('MULTI').catch(() => {});
        void client.call('RPUSH', `{${writer.key}}list`, String(number)).catch(() => {});
        void client.call('INCR', `{${writer.key}}count`).catch(() => {});
        calls.push(client.call('EXEC').then((reply) => {
          if (!Array.isArray(reply)) throw new Error(`EXEC answered ${reply}`);
          writer.answered = number + 1;
          writer.history.push([Date.now(), writer.answered]);
          return reply;
        }));
      }
      await Promise.all(calls);
    }
  } catch (error) {
    if (error.message !== 'closed') throw error;
  }
}

/** Returns how many answered writes are missing. */
async function check({ client }, writer, killedMs) {
  const list = await client.call('LRANGE', `{${writer.key}}list`, '0', '-1');
  const count = Number((await client.call('GET', `{${writer.key}}count`)) ?? 0);
  const wrong = list.findIndex((number, at) => Number(number) !== at);
  if (wrong !== -1) throw new Error(`${writer.key}: ${list[wrong]} stands in the place of ${wrong}`);
  if (count !== list.length) throw new Error(`${writer.key}: the counter says ${count}, the list has ${list.length}: half a transaction`);
  if (list.length > writer.sent) throw new Error(`${writer.key}: ${list.length} writes, and only ${writer.sent} were sent`);
  const before = options.appendfsync === 'always' ? writer.answered : (writer.history.findLast(([atMs]) => atMs < killedMs - SLACK_MS)?.[1] ?? 0);
  if (list.length < before) throw new Error(`${writer.key}: ${before} writes were answered, ${list.length} are there`);
  const missing = Math.max(0, writer.answered - list.length);
  Object.assign(writer, { sent: list.length, answered: list.length, history: [] });
  return missing;
}

let [kills, writes, missing] = [0, 0, 0];
let server = null;
try {
  const port = await freePort();
  server = await start(port);
  for (let round = 0; round < Number(options.rounds); round++) {
    const before = writers.reduce((sum, { answered }) => sum + answered, 0);
    const running = writers.map((writer) => write(writer, port));
    await new Promise((resolve) => void setTimeout(resolve, random(Number(options.least), Number(options.most))));
    if (options.rewrites && Math.random() < 0.5) {
      await server.client.call('BGREWRITEAOF');
      await new Promise((resolve) => void setTimeout(resolve, random(0, 60)));
    }
    server.child.kill('SIGKILL');
    const killedMs = Date.now();
    await server.exited;
    await Promise.all(running);
    kills++;
    writes += writers.reduce((sum, { answered }) => sum + answered, 0) - before;
    server = await start(port);
    for (const writer of writers) missing += await check(server, writer, killedMs);
  }
  console.log(`${options.server}, appendfsync ${options.appendfsync}: killed ${kills} times, ${writes} answered writes, ${missing} of them missing`);
} catch (error) {
  console.error(`after ${kills} kills: ${error.message}\nthe files are in ${dir}`);
  process.exitCode = 1;
} finally {
  server?.child.kill('SIGKILL');
  await server?.exited;
  if (process.exitCode !== 1) rmSync(dir, { recursive: true, force: true });
}
process.exit();
