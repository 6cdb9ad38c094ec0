#!/usr/bin/env node
/**
 * Many connections that read slowly, reset and half-close, and a check of every byte that they receive: in order, none lost, none twice.
 *
 *     node scripts/sends-soak.mjs [--requests 10000000] [--clients 200] [--sends batched] [--edge-triggered] [--seed 1]
 *
 * Each connection sends pipelines of ECHO with payloads from 1 byte to 64 KB, which carry its number and a counter, and SET and GET of a key of its own with the
 * large ones, which are overwritten while replies with them wait. What it receives must be a prefix of the replies that it expects, and all of them if it neither
 * resets nor half-closes.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { parseOptions } from './usage.mjs';

const LARGEST = 64 * 1024;
const FILLER = Buffer.alloc(LARGEST, '0123456789abcdefghijklmnopqrstuvwxyz');

const OK = Buffer.from('+OK\r\n');
const bulk = (bytes) => Buffer.concat([Buffer.from(`$${bytes.length}\r\n`), bytes, Buffer.from('\r\n')]);

/** More keys than connections at a time, so that none has two. */
const KEYS = 2000;

/** Integers in [0, limit), the same for the same seed. */
function diceOf(seed) {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 4294967296) * limit);
  };
}

class SoakClient {
  expected = [];
  /** The number of bytes of the oldest expected reply that have arrived. */
  at = 0;
  received = 0;
  asked = 0;
  failure = null;
  /** The reply to a GET of its key, behind all that was sent; null before the first SET. */
  value = null;

  constructor(target, number, roll) {
    this.number = number;
    this.key = bulk(Buffer.from(`soak:${number % KEYS}`));
    this.roll = roll;
    this.isTcp = typeof target === 'number';
    this.socket = connect({ ...(this.isTcp ? { port: target, host: '127.0.0.1', noDelay: true } : { path: target }), allowHalfOpen: true });
    this.socket.on('data', (chunk) => {
      try {
        this.take(chunk);
      } catch (error) {
        this.failure ??= error;
        this.socket.destroy();
      }
    });
    this.ended = new Promise((resolve) => this.socket.once('close', resolve));
    this.socket.on('error', () => {});
    this.socket.on('end', () => this.socket.destroy());
  }

  /** Sends a pipeline. */
  ask(count) {
    const parts = [];
    for (let i = 0; i < count; i++) {
      const isLarge = this.roll(40) === 0;
      const what = this.roll(4);
      if (isLarge && what === 0) this.set(parts);
      else if (isLarge && what < 3 && this.value !== null) this.get(parts);
      else this.echo(parts, isLarge ? this.roll(LARGEST - 40) : this.roll(60));
    }
    this.socket.write(Buffer.concat(parts));
  }

  echo(parts, size) {
    const reply = this.payload(size);
    parts.push(Buffer.from('*2\r\n$4\r\nECHO\r\n'), reply);
    this.expected.push(reply);
  }

  /** In half of the cases the value has about the size of the one before, whose memory may then be used again. */
  set(parts) {
    this.value = this.payload(this.roll(2) === 0 ? 20_000 + this.roll(2000) : this.roll(LARGEST - 40));
    parts.push(Buffer.from('*3\r\n$3\r\nSET\r\n'), this.key, this.value);
    this.expected.push(OK);
  }

  get(parts) {
    parts.push(Buffer.from('*2\r\n$3\r\nGET\r\n'), this.key);
    this.expected.push(this.value);
  }

  /** Returns a bulk string that no other is equal to. */
  payload(size) {
    return bulk(Buffer.concat([Buffer.from(`${this.number}:${this.asked++}:`), FILLER.subarray(0, size)]));
  }

  take(chunk) {
    for (let from = 0; from < chunk.length;) {
      const reply = this.expected[0];
      const bytes = Math.min(chunk.length - from, (reply?.length ?? 0) - this.at);
      if (bytes === 0 || reply.compare(chunk, from, from + bytes, this.at, this.at + bytes) !== 0) {
        throw new Error(`client ${this.number}, reply ${this.received}, byte ${this.at}: got ${JSON.stringify(chunk.latin1Slice(from, from + 60))}`);
      }
      from += bytes;
      this.at += bytes;
      if (this.at < reply.length) continue;
      this.expected.shift();
      this.at = 0;
      this.received++;
      this.onReply?.();
    }
  }

  /** Reads nothing for a while. */
  dawdle() {
    this.socket.pause();
    setTimeout(() => this.socket.resume(), this.roll(30));
  }
}

/** Throws if a client receives anything except the expected bytes. Returns the number of replies that were checked. @param target a port, or the path of a unix socket */
export async function soak(target, { requests, clients: count, seed }) {
  const roll = diceOf(seed);
  let replies = 0;
  let left = requests;
  let number = 0;
  let failure = null;
  const live = async () => {
    while (left > 0 && failure === null) {
      const client = new SoakClient(target, number++, roll);
      try {
        await once(client.socket, 'connect');
        for (let rounds = 1 + roll(40); rounds > 0 && left > 0 && failure === null; rounds--) {
          const pipeline = 1 + (roll(3) === 0 ? roll(64) : roll(3));
          left -= pipeline;
          client.ask(pipeline);
          if (roll(8) === 0) client.dawdle();
          const isLast = rounds === 1 && roll(2) === 0;
          if (isLast) break;
          // Sometimes it continues to send without having its replies.
          if (roll(6) === 0) continue;
          await answered(client);
        }
        const way = roll(4);
        // A unix socket cannot be reset.
        if (way === 0 && client.isTcp) client.socket.resetAndDestroy();
        else if (way === 0) client.socket.destroy();
        else if (way === 1) client.socket.end();
        else {
          await answered(client);
          client.socket.destroy();
        }
        await client.ended;
        replies += client.received;
        failure ??= client.failure;
      } catch (error) {
        failure ??= client.failure ?? error;
        client.socket.destroy();
      }
    }
  };
  await Promise.all(Array.from({ length: count }, live));
  if (failure !== null) throw failure;
  return replies;
}

/** Resolves when all replies have arrived; rejects if the connection ends before. */
function answered(client) {
  if (client.expected.length === 0) return Promise.resolve();
  return new Promise((resolve, reject) => {
    client.onReply = () => void (client.expected.length === 0 && resolve());
    client.ended.then(() => reject(new Error(`client ${client.number}: ended with ${client.expected.length} replies missing`)));
  });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values } = parseOptions(new URL(import.meta.url), {
    options: {
      requests: { type: 'string', default: '10000000' },
      clients: { type: 'string', default: '200' },
      sends: { type: 'string', default: 'batched' },
      'edge-triggered': { type: 'boolean', default: false },
      seed: { type: 'string', default: '1' },
    },
  });
  const flags = ['--headless', '--port', '0', '--save', '', '--sends', values.sends, ...(values['edge-triggered'] ? ['--edge-triggered'] : [])];
  const server = spawn(process.execPath, [fileURLToPath(new URL('../dist/cli/main.js', import.meta.url)), ...flags], { stdio: ['ignore', 'pipe', 'inherit'] });
  let output = '';
  server.stdout.on('data', (data) => (output += data));
  try {
    let ready;
    while ((ready = /Ready to accept connections on 127\.0\.0\.1:(\d+) \((.*)\)/.exec(output)) === null) await once(server.stdout, 'data');
    const replies = await soak(Number(ready[1]), { requests: Number(values.requests), clients: Number(values.clients), seed: Number(values.seed) });
    console.log(`${values.requests} requests over ${values.clients} connections at a time (${ready[2]}): ${replies} replies, each as expected`);
  } finally {
    server.kill();
  }
}
