/**
 * A server for tests: on a free port, with a transcript of its clients, and with a recording in memory that is saved when a test fails.
 */
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers';
import { createServer, type RedisLabServer, type ServerOptions } from '../server/index.js';
import { type Transcript, TranscriptRecorder } from './transcript.js';

export interface TestServer extends RedisLabServer {
  /** What its clients have sent and received so far; for a server that has ended, until its end. */
  transcript(): Promise<Transcript>;
  /** Writes the recording so far to a new file, for `redis-lab FILE`, and resolves with its path; null if it was too long to be kept. */
  saveRecording(name?: string): Promise<string | null>;
}

/** A recording that grows beyond this size is dropped. */
const MOST_RECORDED_BYTES = 64 * 1024 * 1024;

/** The main thread takes recorded data 20 times a second. */
const RECORDED_BY_MS = 100;

/** Like {@link createServer}, on a free port by default. */
export async function createTestServer(options: Omit<ServerOptions, 'record'> = {}): Promise<TestServer> {
  const recorded = new RecordedBytes();
  const server = await createServer({ port: 0, ...options, record: (bytes) => recorded.add(bytes) });
  const recorder = new TranscriptRecorder();
  await server.trace((batch) => batch.events.forEach((event) => recorder.hear(event, event.atUs / 1000)), { budget: Infinity });
  let hasEnded = false;
  const end = (): void => void (hasEnded = true);
  server.closed.then(end, end);
  return Object.assign(server, {
    async transcript(): Promise<Transcript> {
      // Everything that happened before is delivered before the answer.
      if (!hasEnded) await server.snapshot({ keys: { db: 0, offset: 0, limit: 0, order: 'name', match: '*' }, clients: 0 }).catch(() => {});
      return recorder.read();
    },
    async saveRecording(name = 'test'): Promise<string | null> {
      if (!hasEnded) await new Promise((resolve) => setTimeout(resolve, RECORDED_BY_MS));
      return recorded.save(name);
    },
  });
}

/**
 * Runs a test. If it fails, writes the recording of the server to a file and prints its path on standard error before rethrowing. It works with any test
 * runner.
 */
export async function recordOnFailure<T>(server: TestServer, name: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    const path = await server.saveRecording(name);
    const told = path === null ? '; its recording had become too long to be kept' : `: redis-lab ${path}`;
    process.stderr.write(`the test has failed${told}\n`);
    throw error;
  }
}

class RecordedBytes {
  private parts: Buffer[] | null = [];
  private bytes = 0;

  add(part: Buffer): void {
    this.bytes += part.length;
    if (this.bytes > MOST_RECORDED_BYTES) this.parts = null;
    this.parts?.push(part);
  }

  save(name: string): string | null {
    if (this.parts === null) return null;
    const path = join(mkdtempSync(join(tmpdir(), 'redis-lab-')), `${name.replace(/[^\w.-]+/g, '-').slice(0, 100) || 'test'}.lab`);
    writeFileSync(path, Buffer.concat(this.parts));
    return path;
  }
}
