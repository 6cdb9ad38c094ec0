/**
 * The command line as people meet it: the built program in a process of its own.
 */
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, statSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { cli, command } from '../support/cli.js';
import { connectWhenReady, Headless, MAIN, startHeadless as lab, startInShell, temporaryDirectory as directory } from '../support/headless.js';
import { RespClient } from '../support/resp-client.js';

/** With a home of its own, in which it may keep what it has compiled. */
function labAt(home: string | undefined): Headless {
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: undefined, NODE_COMPILE_CACHE: undefined, XDG_CACHE_HOME: undefined, HOME: home };
  return new Headless(spawn(process.execPath, [MAIN, '--headless', '--port', '0'], { env }));
}

test('it stays in the foreground under one process id, which its first line names, and answers', async () => {
  const server = lab('--port', '0');
  const client = await server.connect();
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
  const [first, second] = server.output.split('\n');
  expect(first).toContain(` PID: ${server.child.pid}`);
  expect(first).toMatch(/^\d+:M \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d\.\d{3} # /);
  expect(second).toMatch(/ \* Ready to accept connections on 127\.0\.0\.1:\d+ \((epoll|portable)(, .*)?\)$/);
  const info = (await client.call('INFO', 'server')) as string;
  expect(info).toContain(`process_id:${server.child.pid}\r\n`);
});

test.runIf(process.platform === 'linux').each([
  ['unless told otherwise, both where io_uring is allowed', [], /^epoll, (batched sends, coalesced waits|coalesced waits, direct sends: .+)$/],
  ['direct sends', ['--sends', 'direct'], /^epoll, coalesced waits$/],
  ['no sleep before a wait', ['--sends', 'direct', '--coalesce-us', '0'], /^epoll$/],
  ['a trace, which shows each wait', ['--sends', 'direct', '--trace', '/dev/null', '--trace-overwrite'], /^epoll$/],
  ['a poller that can do neither', ['--poller', 'portable'], /^portable$/],
])('the log says whether sends are batched and waits coalesced: %s', async (_what, flags, how) => {
  const server = lab('--port', '0', ...flags);
  await server.ready();
  expect(/Ready to accept connections on [^ ]+ \((.*)\)\n/.exec(server.output)![1]).toMatch(how);
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s ends it with exit code 0', async (signal) => {
  const server = lab('--port', '0');
  await server.ready();
  server.child.kill(signal);
  expect(await server.exited).toBe(0);
  expect(server.output).toContain(`Received ${signal}`);
});

test('a signal ends it also while the loop is busy', async () => {
  const server = lab('--port', '0', '--enable-debug-command', 'yes');
  const client = await server.connect();
  const lost = client.call('DEBUG', 'SLEEP', '1000').catch((error: Error) => error.message);
  // The answer to a second client would come after the sleep: that none comes shows that the loop is in it.
  const other = await RespClient.connect(await server.ready());
  const waits = other.call('PING').catch((error: Error) => error.message);
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  expect(await Promise.all([lost, waits])).toEqual(['the connection was closed', 'the connection was closed']);
});

test('a SIGINT after another signal ends a busy one at once, with 1 as in Redis', async () => {
  const server = lab('--port', '0', '--enable-debug-command', 'yes');
  const client = await server.connect();
  client.call('DEBUG', 'SLEEP', '1000').catch(() => {});
  server.child.kill('SIGTERM');
  while (!server.output.includes('Received SIGTERM')) await once(server.child.stdout, 'data');
  server.child.kill('SIGINT');
  expect(await server.exited).toBe(1);
  expect(server.output).toContain('You insist... exiting now.');
});

test('SHUTDOWN ends it with exit code 0', async () => {
  const server = lab('--port', '0');
  const client = await server.connect();
  await expect(client.call('SHUTDOWN', 'NOSAVE')).rejects.toThrow('closed');
  expect(await server.exited).toBe(0);
});

test('the reader of its output may leave', async () => {
  const server = lab('--port', '0');
  const client = await server.connect();
  server.child.stdout.destroy();
  await client.call('CONFIG', 'SET', 'loglevel', 'debug');
  await client.call('CONFIG', 'REWRITE');
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
});

test.each([
  [['--prot', '1'], "unknown option '--prot' (Did you mean --port?)"],
  [['--port', 'many'], "--port 'many': argument couldn't be parsed into an integer"],
  [['--port', '70000'], "--port '70000': argument must be between 0 and 65535 inclusive"],
  [['--maxmemory', 'much'], "--maxmemory 'much': argument must be a memory value"],
  [['--appendonly', 'maybe'], "--appendonly 'maybe': argument must be 'yes' or 'no'"],
  [['--port'], '--port needs a value'],
  [['--save', '900'], "--save '900': Invalid save parameters"],
  [['--seed', 'x'], "--seed 'x': must be a number from 0 to 4294967295"],
  [['--dir', '/no/such/place'], "--dir '/no/such/place': No such file or directory"],
  [['--dir', '/dev/null'], "--dir '/dev/null': Not a directory"],
  [['/no/such/file'], "cannot read the configuration file '/no/such/file': no such file or directory"],
  [['/dev'], "cannot read the configuration file '/dev': is a directory"],
  [['--logfile', '/no/such/place/log'], "cannot open '/no/such/place/log': no such file or directory"],
  [['one', 'two'], "unknown option 'two'"],
])('%j is refused in one line with exit code 1', async (args, message) => {
  const { code, stdout, stderr } = await command('--headless', ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain(`redis-lab: ${message}`);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
});

test('a flag that is refused ends the process with exit code 1', async () => {
  const server = lab('--prot', '1');
  expect(await server.exited).toBe(1);
  expect({ output: server.output, errors: server.errors }).toEqual({ output: '', errors: "redis-lab: unknown option '--prot' (Did you mean --port?)\n" });
});

test.each([
  [['lern', 'wouldblock'], "there is no command and no file 'lern' (Did you mean learn?)"],
  [['chek', '--target', '127.0.0.1:6379'], "there is no command and no file 'chek' (Did you mean check?)"],
])('%j: a command that is mistyped is recognised', async (args, message) => {
  expect(await command(...args)).toMatchObject({ stderr: `redis-lab: ${message}\n`, stdout: '' });
});

test('an ACL file that cannot be read is named in one line, with exit code 1', async () => {
  const server = lab('--aclfile', 'no.acl');
  expect(await server.exited).toBe(1);
  expect(server.errors).toBe("redis-lab: aclfile: Error loading ACLs, opening file 'no.acl': No such file or directory\n");
});

test('a port that is taken is named in one line, with exit code 1', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  onTestFinished(() => void other.close());
  const { port } = other.address() as { port: number };
  const server = lab('--port', String(port));
  expect(await server.exited).toBe(1);
  expect(server.errors).toBe(`redis-lab: cannot listen on 127.0.0.1:${port}: the address is already in use\n`);
});

test.each([
  { what: 'a configuration', args: [], complaint: (pipe: string) => `cannot read the configuration file '${pipe}': this is a pipe without a writer` },
  { what: 'a recording', args: ['replay'], complaint: (pipe: string) => `cannot open '${pipe}': this is a pipe without a writer` },
  { what: 'an experiment', args: ['learn', '--check'], complaint: (pipe: string) => `cannot open '${pipe}': this is a pipe without a writer` },
])('$what in a pipe that nobody writes to is not waited for', async ({ args, complaint }) => {
  const pipe = join(directory(), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const { stderr, code } = await command(...args, pipe);
  expect({ stderr, isFailure: code !== 0 }).toEqual({ stderr: `redis-lab: ${complaint(pipe)}\n`, isFailure: true });
});

test('a configuration may come through a pipe, and come late', async () => {
  const server = startInShell('"$@" <(sleep 0.2; echo port 0; sleep 0.2; echo maxmemory 123mb)');
  const client = await server.connect();
  expect(await client.call('CONFIG', 'GET', 'maxmemory')).toEqual(['maxmemory', String(123 * 2 ** 20)]);
});

test('a server that is to listen nowhere does not start, and with a socket of its own it does', async () => {
  const path = join(directory(), 'redis.conf');
  writeFileSync(path, 'bind\n');
  const server = lab(path);
  expect(await server.exited).toBe(1);
  expect(server.errors).toBe('redis-lab: configured to listen nowhere: bind names no address of this machine, and there is no unixsocket\n');
  const socket = join(directory(), 'socket');
  lab(path, '--unixsocket', socket);
  const client = await connectWhenReady(socket);
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
});

test('a configuration file comes first, flags win over it, and CONFIG REWRITE writes it back', async () => {
  const path = join(directory(), 'redis.conf');
  writeFileSync(path, '# mine\nport 0\nmaxmemory 1mb\nlist-compress-depth 1\n');
  const server = lab(path, '--maxmemory', '2mb', '--no-appendfsync-on-rewrite', 'yes');
  const client = await server.connect();
  expect(await client.call('CONFIG', 'GET', 'maxmemory', 'list-compress-depth', 'no-appendfsync-on-rewrite')).toEqual([
    'maxmemory', '2097152', 'list-compress-depth', '1', 'no-appendfsync-on-rewrite', 'yes',
  ]);
  expect(await client.call('CONFIG', 'REWRITE')).toEqual({ simple: 'OK' });
  expect(readFileSync(path, 'utf8')).toContain('# mine\nport 0\nmaxmemory 2097152\nlist-compress-depth 1\n');
});

test('a wrong line in the file is named with its place', async () => {
  const path = join(directory(), 'redis.conf');
  writeFileSync(path, 'port 0\nmaxmemory much\n');
  const server = lab(path);
  expect(await server.exited).toBe(1);
  expect(server.errors).toBe(`redis-lab: ${path}:2: 'maxmemory much': argument must be a memory value\n`);
});

test('- reads the configuration from standard input', async () => {
  const server = lab('-');
  server.child.stdin.end('port 0\nrequirepass "a b"\n');
  const client = await server.connect();
  expect(await client.call('PING')).toEqual({ error: 'NOAUTH Authentication required.' });
});

test('--logfile takes the log, --loglevel decides how much of it', async () => {
  const dir = directory();
  const server = lab('--port', '0', '--dir', dir, '--logfile', 'lab.log', '--loglevel', 'warning', '--unixsocket', join(dir, 'lab.sock'));
  const log = (): string => readFileSync(join(dir, 'lab.log'), 'utf8');
  const client = await connectWhenReady(join(dir, 'lab.sock'));
  await expect(client.call('SHUTDOWN')).rejects.toThrow('closed');
  expect(await server.exited).toBe(0);
  expect(server.output).toBe('');
  expect(log()).toContain(` PID: ${server.child.pid}`);
  expect(log()).not.toContain('Ready to accept');
});

test('--trace writes every event as a line of JSON', async () => {
  const path = join(directory(), 'trace.jsonl');
  const server = lab('--port', '0', '--trace', path);
  const client = await server.connect();
  await client.call('SET', 'key', 'value');
  server.child.kill('SIGTERM');
  expect(await server.exited).toBe(0);
  const events = readFileSync(path, 'utf8').trimEnd().split('\n').map((line) => JSON.parse(line) as { kind: string; argv?: string[] });
  expect(events.find(({ kind }) => kind === 'frame')?.argv).toEqual(['SET', 'key', 'value']);
  expect(events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['accept', 'read', 'execute', 'key-change', 'reply', 'write', 'turn-end']));
});

test('--help is for newcomers, --help more lists the other flags of the lab, --help settings lists the flags by group, --version names the version', async () => {
  const [help, more, settings, version] = [await command('--help'), await command('--help', 'more'), await command('--help', 'settings'), await cli('--version')] as const;
  for (const { code, stderr } of [help, more, settings, version]) expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(help.stdout).toMatch(/^Usage: redis-lab/);
  expect(help.stdout.split('\n').length).toBeLessThan(35);
  for (const flag of ['--ascii', '--history', '--clock', '--fault']) {
    expect(more.stdout).toContain(`\n  ${flag} `);
    expect(help.stdout).not.toContain(`\n  ${flag} `);
  }
  for (const heading of ['Network', 'Server', 'Security', 'Memory']) expect(settings.stdout).toContain(`\n\n${heading}\n`);
  expect(Math.max(...`${help.stdout}${more.stdout}${settings.stdout}`.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test.each(['check', 'course', 'compare'])('%s --help prints how it is used', async (name) => {
  const { code, stdout, stderr } = await command(name, '--help');
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: expect.stringMatching(new RegExp(`^usage: redis-lab ${name} .*\\n$`)), stderr: '' });
});

test('compiled code is kept for the next start, for each version of V8, and that of unused builds is deleted', async () => {
  const home = directory();
  const cache = join(home, '.cache/redis-lab');
  for (const [day, name] of ['0.0.1-00000001', '0.0.1-00000002', 'v22.23.3-x64-12345678-0', '0.0.2-00000003', 'mine'].entries()) {
    mkdirSync(join(cache, name), { recursive: true });
    utimesSync(join(cache, name), day, day);
  }
  let before: string[] = [];
  for (const start of ['first', 'next']) {
    const server = labAt(home);
    await server.ready();
    server.child.kill('SIGTERM');
    expect(await server.exited).toBe(0);
    expect(server.errors).toBe('');
    const files = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.bin')).map((file) => `${file} ${statSync(join(cache, file)).mtimeMs}`).sort();
    expect(files).toHaveLength(2);
    for (const file of files) expect(file).toContain(`/${process.versions.v8}-${process.arch}-`);
    if (start === 'next') expect(files).toEqual(before);
    before = files;
  }
  // Three are kept beside the one that runs, the last ones used; and what is not ours.
  expect(readdirSync(cache).filter((name) => !before[0]!.startsWith(`${name}/`)).sort()).toEqual(['0.0.1-00000002', '0.0.2-00000003', 'mine', 'v22.23.3-x64-12345678-0']);
});

test('the servers of experiments use cached compiled code as well', () => {
  const home = directory();
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: undefined, XDG_CACHE_HOME: undefined, HOME: home };
  expect(execFileSync(process.execPath, [MAIN, 'learn', '--check', 'wouldblock'], { env, encoding: 'utf8' })).toContain('1 experiment passes');
  const files = readdirSync(join(home, '.cache/redis-lab'), { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => file.endsWith('-more-loop-thread.js.bin'))).toHaveLength(1);
});

test('compiled code that is damaged, or of another V8, is replaced', async () => {
  const home = directory();
  const start = async (): Promise<void> => {
    const server = labAt(home);
    const client = await server.connect();
    expect(await client.call('PING')).toEqual({ simple: 'PONG' });
    await server.end();
    expect(server.errors).toBe('');
  };
  await start();
  const cache = join(home, '.cache/redis-lab');
  const files = readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.bin')).map((file) => join(cache, file));
  const [first, second] = files as [string, string];
  const whole = files.map((file) => statSync(file).size);
  truncateSync(first, 1000);
  const bytes = readFileSync(second);
  // The version that V8 has written at the beginning.
  bytes.fill(0xff, 0, 8);
  writeFileSync(second, bytes);
  await start();
  for (const [i, file] of files.entries()) expect(statSync(file).size).toBeGreaterThan(whole[i]! / 2);
  expect(readFileSync(second).subarray(0, 8)).not.toEqual(Buffer.alloc(8, 0xff));
});

test.each(['/dev/null', undefined])('a home that cannot be written to, or does not exist, is no obstacle: %s', async (home) => {
  const server = labAt(home);
  const client = await server.connect();
  expect(await client.call('PING')).toEqual({ simple: 'PONG' });
  expect(server.errors).toBe('');
});

test('a start that fails prints its reason and ends, although the loop\'s thread has been started: 1, and no signal', async () => {
  const runs = Array.from({ length: 12 }, () => spawn(process.execPath, [MAIN, '--port', '0'], { stdio: 'ignore' }));
  const ends = await Promise.all(runs.map((child) => once(child, 'exit')));
  expect(ends).toEqual(runs.map(() => [1, null]));
});
