/** Every program of examples/ runs as its first lines say, and shows what it promises. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

async function run(...args: string[]): Promise<{ code: number | null; output: string }> {
  // A test runner inside a test runner would report to the outer one.
  const env = { ...process.env };
  delete env.NODE_TEST_CONTEXT;
  const child = spawn(process.execPath, args, { cwd: ROOT, env });
  let output = '';
  child.stdout.on('data', (data: Buffer) => (output += data.toString()));
  child.stderr.on('data', (data: Buffer) => (output += data.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

const APP = `
  import { Redis } from 'ioredis';
  const redis = new Redis(process.env.REDIS_URL);
  await redis.set('a\\x1b', 'b');
  for (let i = 0; i < 3; i++) await redis.get('a');
  redis.disconnect();
  process.exitCode = 7;`;

const EXAMPLES: { readonly [file: string]: () => Promise<void> } = {
  async 'echo-server.mjs'() {
    const child = spawn(process.execPath, ['examples/echo-server.mjs', '0'], { cwd: ROOT });
    onTestFinished(() => void child.kill('SIGKILL'));
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const [, port] = /^(?:epoll|portable) on port (\d+)\n$/.exec(line.toString())!;
    // More than the sockets of both ends hold, by two clients at once.
    const text = 'x'.repeat(8 * 1024 * 1024);
    const echoes = ['first', 'second'].map(async (name) => {
      const socket = connect(Number(port), '127.0.0.1');
      socket.write(name + text);
      let received = '';
      for await (const bytes of socket) {
        received += (bytes as Buffer).toString();
        if (received.length === name.length + text.length) break;
      }
      expect(received.startsWith(name) && received.endsWith(text)).toBe(true);
    });
    await Promise.all(echoes);
    expect(child.exitCode).toBe(null);
  },

  async 'in-a-test.test.mjs'() {
    const { code, output } = await run('--test', '--test-reporter=tap', 'examples/in-a-test.test.mjs');
    expect(output).toMatch(/^# pass 2$/m);
    expect(code).toBe(0);
  },

  async 'step-through.mjs'() {
    const { code, output } = await run('examples/step-through.mjs');
    const lines = output.trimEnd().split('\n');
    // The loop's own timers may come in between.
    const kinds = lines.slice(0, -3).map((line) => line.split(' ')[0]!).filter((kind) => kind !== 'timer');
    expect(kinds.slice(kinds.indexOf('read'))).toEqual(['read', 'frame', 'key-change', 'execute', 'reply', 'turn-end', 'turn-begin', 'write']);
    expect(lines.slice(-3)).toEqual(['the client got 42', 'held before del counter; keys now: counter', 'DEL answered 1; keys now: none']);
    expect(code).toBe(0);
  },

  async 'watch-an-app.mjs'() {
    const { code, output } = await run('examples/watch-an-app.mjs', process.execPath, '--input-type=module', '-e', APP);
    expect(output).toMatch(/^#\d+ → 28 bytes: set a\\x1b b\n#\d+ ← 5 bytes$/m);
    expect(output).toMatch(/^get +3 calls +\d+ µs$/m);
    expect(code).toBe(7);
  },
};

test('there is a test for every example', () => {
  expect(readdirSync(`${ROOT}/examples`).toSorted()).toEqual(Object.keys(EXAMPLES).toSorted());
});

test.each(Object.entries(EXAMPLES))('%s', async (_file, check) => check());
