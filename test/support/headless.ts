/**
 * The headless server as people start it: the built program in a process of its own, ended with the test.
 */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { RespClient } from './resp-client.js';

export const MAIN = new URL('../../dist/cli/main.js', import.meta.url).pathname;

export class Headless {
  output = '';
  errors = '';
  readonly exited: Promise<number | null>;

  constructor(readonly child: ChildProcessWithoutNullStreams) {
    child.stdout.on('data', (data: Buffer) => (this.output += data.toString()));
    child.stderr.on('data', (data: Buffer) => (this.errors += data.toString()));
    this.exited = once(child, 'close').then(([code]) => code as number | null);
    onTestFinished(() => void child.kill('SIGKILL'));
  }

  /** The port it accepts connections on, once it does. */
  async ready(): Promise<number> {
    for (;;) {
      const port = /Ready to accept connections on 127\.0\.0\.1:(\d+)/.exec(this.output)?.[1];
      if (port !== undefined) return Number(port);
      await Promise.race([once(this.child.stdout, 'data'), this.exited.then((code) => expect.fail(`ended with ${code}: ${this.errors}`))]);
    }
  }

  /** Resolves once its standard output has this text. */
  async says(text: string | RegExp): Promise<void> {
    while (this.output.search(text) === -1) await Promise.race([once(this.child.stdout, 'data'), this.exited.then((code) => expect.fail(`ended with ${code}: ${this.errors}`))]);
  }

  async connect(): Promise<RespClient> {
    return connectTo(await this.ready());
  }

  /** Ended by a signal. */
  async end(): Promise<void> {
    this.child.kill('SIGTERM');
    expect(await this.exited).toBe(0);
  }
}

export async function connectTo(address: number | string): Promise<RespClient> {
  const client = await RespClient.connect(address);
  onTestFinished(() => void client.socket.destroy());
  return client;
}

/** A client of a server whose log does not say when it is ready. */
export async function connectWhenReady(address: number | string): Promise<RespClient> {
  for (;;) {
    const client = await RespClient.connect(address).catch(() => null);
    if (client === null) {
      // Attempts without a pause would take a processor from the server that starts.
      await new Promise((resolve) => setTimeout(resolve, 5));
      continue;
    }
    onTestFinished(() => void client.socket.destroy());
    return client;
  }
}

export function startHeadless(...args: string[]): Headless {
  return new Headless(spawn(process.execPath, [MAIN, '--headless', ...args]));
}

/** Started by a shell; in `script` the server is "$@". */
export function startInShell(script: string, ...args: string[]): Headless {
  return new Headless(spawn('bash', ['-c', script, 'bash', process.execPath, MAIN, '--headless', ...args]));
}

/** An empty one for this test. */
export function temporaryDirectory(): string {
  const path = mkdtempSync(join(tmpdir(), 'redis-lab-cli-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}
