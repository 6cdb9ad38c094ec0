/**
 * The lab in lines: on a terminal, as somebody with a screen reader uses it, and between pipes, as a script does.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createServer } from 'redis-lab';
import { RespClient } from '../../support/resp-client.js';
import { launchLab, MAIN, type Lab, type LabOptions } from '../../support/lab.js';

const ARGS = ['--screen-reader', '--port', '0'];

/** On a terminal that is wide enough for no line to be broken. */
async function listen(options: LabOptions = {}): Promise<Lab> {
  const lab = launchLab({ args: ARGS, columns: 200, rows: 60, ...options });
  await lab.until('quit ends the lab.');
  return lab;
}

async function connect(lab: Lab): Promise<RespClient> {
  const client = await RespClient.connect(Number(/redis-cli -p (\d+)/.exec(lab.screen)![1]));
  onTestFinished(() => void client.socket.destroy());
  return client;
}

/** Types a line, and waits for what comes after it. */
async function say(lab: Lab, line: string, expected: string | RegExp): Promise<void> {
  const from = lab.terminal.raw.length;
  lab.type(`${line}\r`);
  await lab.until(() => {
    const said = lab.terminal.raw.slice(from).replace(line, '');
    return typeof expected === 'string' ? said.includes(expected) : expected.test(said);
  });
}

/** What the lab says where the machine has not let the loop run for a tenth of a second. */
const BUSY = /^(BUSY: |no longer BUSY)/;

/** Runs a script to its end, and returns what the lab has said, without the greeting and without {@link BUSY}. */
async function run(script: string | Buffer, args: readonly string[] = ARGS, env: NodeJS.ProcessEnv = {}): Promise<{ readonly code: number; readonly lines: readonly string[]; readonly errors: string }> {
  const child = spawn(process.execPath, [MAIN, ...args], { env: { ...process.env, REDIS_LAB_HISTFILE: '', ...env } });
  onTestFinished(() => void child.kill('SIGKILL'));
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (errors += text));
  child.stdin.end(script);
  const [code] = (await once(child, 'close')) as [number];
  return { code, lines: output.split('\n').slice(3, -1).filter((line) => !BUSY.test(line)), errors };
}

test('a session in lines: commands, other clients, time, and the panes, without a single escape sequence', async () => {
  const lab = await listen();
  await say(lab, 'SET greeting hello EX 60', 'OK');
  await say(lab, 'keyspace', /key greeting, type string, encoding embstr, size 5 B, ttl \S+ s, value "hello"/);
  const client = await connect(lab);
  await lab.until('token 3 is registered with the poll');
  await client.call('SET', 'k\x1b[2J', 'v\x07');
  await lab.until('token 3 sent SET k\\x1b[2J');
  await say(lab, 'tokens', /token #3, fd \d+, peer .*, last command set/);
  await say(lab, 'commands', /command set, calls 2, p50 .*, called by .*#3 1/);
  await say(lab, 'pause', 'PAUSED, held');
  const reply = client.call('INCR', 'n');
  await say(lab, 'step command', 'held: token 3 sent INCR n; it took');
  await say(lab, 'step turn', 'the reply for token 3 is ready: 4 B wait in its output buffer');
  await say(lab, 'step turn', '4 B went out to token 3');
  expect(await reply).toBe(1);
  await say(lab, 'back 2', /HISTORY \d+ of \d+ PAUSED, turn \d+: \w/);
  await say(lab, 'live', /PAUSED, turn \d+: this is now/);
  await say(lab, 'break on DEL', '1: DEL');
  await say(lab, 'resume', 'LIVE: the loop runs');
  const deleted = client.call('DEL', 'n');
  await lab.until('PAUSED by a breakpoint, held before executing DEL n');
  await say(lab, 'break off', 'no breakpoint');
  await say(lab, 'resume', 'LIVE: the loop runs');
  expect(await deleted).toBe(1);
  client.socket.destroy();
  await lab.until('token 3 is disconnected');
  await say(lab, 'loop', 'turn times:');
  await say(lab, 'readiness', 'LISTENER READABLE: accept ×1');
  await say(lab, 'frames', 'reply: token #3');
  lab.type('quit\r');
  expect(await lab.exitCode).toBe(0);
  expect(lab.terminal.raw).not.toMatch(/[^\r\n -~µ×…]/);
});

test('in the history nothing moves the loop: steps go forward there, and what would let it go on is refused', async () => {
  const lab = await listen();
  await say(lab, 'SET k 1', 'OK');
  await say(lab, 'pause', 'PAUSED, held');
  await say(lab, 'oldest', /HISTORY 1 of \d+ PAUSED, turn/);
  await say(lab, 'step command', /HISTORY \d+ of \d+ PAUSED, turn \d+: token 2 sent SET k; it took/);
  await say(lab, 'run', /HISTORY \d+ of \d+ PAUSED: there are no more events in that direction; live returns to now/);
  for (const word of ['resume', 'slow 5', 'slow off', 'pause']) await say(lab, word, /HISTORY .*: the loop stays where it is; live returns to it/);
  // The past answers, although the loop is held.
  await say(lab, 'goto command 1', /turn \d+, event \d+, [\d:.]+: token 2 sent SET k; it took/);
  await say(lab, 'GET k', '"1"');
  await say(lab, 'goto turn 9999', 'turn 9999 is not in the history: it has the turns');
  await say(lab, 'busy 1', 'busy acts on the live server, but this is the history: live returns to now');
  await say(lab, 'undo', 'this is the history: pause can be undone from the live loop only');
  await say(lab, 'status', /HISTORY \d+ of \d+ PAUSED, turn/);
  await say(lab, 'live', /PAUSED, turn \d+: this is now/);
  await say(lab, 'forward', 'this is now: back moves into the history');
  await say(lab, 'resume', 'LIVE: the loop runs');
});

test('between pipes a fork of the past takes the lines until fork off, which leads back', async () => {
  const script = ['SET k old', 'SET k new', 'goto change k', 'fork', 'status', 'GET k', 'SET k other', 'fork now', 'fork off', 'GET k', 'live', 'GET k', 'fork off'];
  const { code, lines, errors } = await run(`${script.join('\n')}\n`);
  expect({ code, errors }).toEqual({ code: 0, errors: '' });
  const said = lines.join('\n');
  const turn = /^turn (\d+), event/m.exec(said)![1];
  expect(said).toMatch(new RegExp(`as of turn ${turn}, event \\d+, is on 127\\.0\\.0\\.1:\\d+: fork off there ends it, and returns here\nnot in it: 29 bytes that #2 had sent after that\nFORK of turn ${turn}, event \\d+, LIVE`));
  expect(lines.filter((line) => line === '"old"' || line === '"new"' || /fork/.test(line)).slice(1)).toEqual([
    // In the fork.
    '"old"', 'fork, or fork off in a fork', expect.stringMatching(/^the fork has ended: lines go to 127\.0\.0\.1:\d+ again$/),
    // Still in the past, and now.
    '"old"', '"new"', 'this is not a fork',
  ]);
});

test('a loop that is held can be forked in lines; a fork of the fork ends by itself, and a client of it hears nothing of the original', async () => {
  const lab = await listen();
  await say(lab, 'SET k v', 'OK');
  await say(lab, 'pause', 'PAUSED, held');
  await say(lab, 'fork', /a fork, as of turn \d+, event \d+, is on 127\.0\.0\.1:\d+: fork off there/);
  const client = await RespClient.connect(Number(/is on 127\.0\.0\.1:(\d+): fork off/.exec(lab.screen)![1]));
  onTestFinished(() => void client.socket.destroy());
  expect(await client.call('GET', 'k')).toBe('v');
  await lab.until(/token \d+ sent GET k/);
  await say(lab, 'SET k w', 'OK');
  await say(lab, 'fork', /a fork is on 127\.0\.0\.1:\d+: fork off there/);
  await say(lab, 'GET k', '"w"');
  await say(lab, 'SHUTDOWN NOSAVE', 'the fork has ended: lines go to');
  await say(lab, 'fork off', 'the fork has ended: lines go to');
  await say(lab, 'status', /PAUSED/);
  await say(lab, 'resume', 'LIVE: the loop runs');
  await say(lab, 'GET k', '"v"');
});

test('a run is held before the next request of a client, and undo takes back what was done last', async () => {
  const lab = await listen();
  // The console's own connection is token 2.
  await say(lab, 'PING', 'PONG');
  const client = await connect(lab);
  await lab.until('token 3 is registered with the poll');
  await say(lab, 'pause', 'PAUSED, held');
  await say(lab, 'run to #3', 'RUN to the next request of #3');
  await client.call('CLIENT', 'SETNAME', 'app');
  await say(lab, 'PING', 'PONG');
  const reply = client.call('INCR', 'n');
  await lab.until('held before executing INCR n');
  await say(lab, 'undo', 'a step cannot be undone');
  await say(lab, 'resume', 'LIVE: the loop runs');
  expect(await reply).toBe(1);
  await say(lab, 'break on DEL', '1: DEL');
  await say(lab, 'undo', /undone: break on[^]*no breakpoint/);
  await say(lab, 'undo', /undone: resume[^]*PAUSED, held/);
  await say(lab, 'slow 20', 'SLOW 20/s');
  await say(lab, 'undo', /undone: slow 20[^]*PAUSED, held/);
});

test('typed commands are not reported twice, and requests of the console itself are not reported', async () => {
  const lab = await listen();
  await say(lab, 'PING', 'PONG');
  await say(lab, 'frames', 'reply: token #2');
  expect(lab.terminal.raw.match(/\bPING\b/g)).toHaveLength(2);
  expect(lab.screen).not.toMatch(/token 2 (sent|is registered)/);
});

test('Ctrl-C leaves what waits, and twice the lab', async () => {
  const lab = await listen();
  await say(lab, 'BLPOP queue 0', 'BLPOP waits for its reply');
  lab.type('\x03');
  await lab.until('left BLPOP');
  await say(lab, 'PING', 'PONG');
  lab.type('\x03');
  await lab.until('Ctrl-C again leaves the lab');
  lab.type('\x03');
  expect(await lab.exitCode).toBe(0);
});

test.each([
  ['Ctrl-D', (lab: Lab) => lab.type('\x04')],
  ['SIGTERM', (lab: Lab) => lab.terminal.signal('SIGTERM')],
  ['SIGHUP', (lab: Lab) => lab.terminal.signal('SIGHUP')],
])('%s leaves it, also while the loop is held', async (_, leave) => {
  const lab = await listen();
  await say(lab, 'pause', 'PAUSED');
  leave(lab);
  expect(await lab.exitCode).toBe(0);
});

test('a client that ends the server ends the lab', async () => {
  const lab = await listen();
  const client = await connect(lab);
  client.call('SHUTDOWN', 'NOSAVE').catch(() => {});
  expect(await lab.exitCode).toBe(0);
});

test.each([
  ['INK_SCREEN_READER', { INK_SCREEN_READER: 'true' }],
  ['a terminal that is dumb', { TERM: 'dumb' }],
])('%s asks for lines, too', async (_, env) => {
  const lab = await listen({ args: ['--port', '0'], env });
  await say(lab, 'PING', 'PONG');
  expect(lab.terminal.raw).not.toContain('\x1b');
});

test('with --step the loop is held from the start, and says so', async () => {
  const lab = await listen({ args: [...ARGS, '--step'] });
  await lab.until('PAUSED, held');
  await say(lab, 'status', /PAUSED, turn \d+, 0 connections/);
});

test('a script gets its replies in order, and the lab ends after the last one', async () => {
  const script = ['SET a 1', 'INCR a', '@b GET a', 'pause', 'GET a', 'step command', 'resume', 'LRANGE a 0 -1', 'quit', 'SET a 9'].join('\n');
  const { code, lines } = await run(script);
  expect(code).toBe(0);
  expect(lines[0]).toBe('OK');
  expect(lines.slice(0, 3)).toEqual(['OK', '(integer) 2', '@b "2"']);
  const held = lines.findIndex((line) => line.startsWith('held: token 2 sent GET a'));
  expect(lines[3]).toMatch(/^PAUSED, held/);
  expect(lines[4]).toBe('the loop is held: the reply comes when it continues');
  expect(lines.slice(held + 1).filter((line) => !line.startsWith('the reply'))).toEqual(['LIVE: the loop runs', '"2"', '(error) WRONGTYPE Operation against a key holding the wrong kind of value']);
});

test('with --clock virtual time passes by advance only, which waits for what is due', async () => {
  const script = ['SET k v EX 60', '@b BLPOP queue 30', 'advance 90s', 'EXISTS k', 'status', 'advance soon', 'quit'].join('\n');
  const { code, lines } = await run(script, [...ARGS, '--clock', 'virtual']);
  expect(code).toBe(0);
  expect(lines).toContainEqual(expect.stringMatching(/^the time is \d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} UTC$/));
  expect(lines).toContainEqual(expect.stringMatching(/, epoll, virtual clock \d{4}-|portable.*, virtual clock \d{4}-/));
  expect(lines).toContain('(integer) 0');
  expect(lines).toContain('@b (nil)');
  expect(lines.at(-1)).toBe('"soon" is not a duration such as 1500 (ms), 250ms, 90s, 15m, 1.5h or 2d');
});

test('a script gets through as the bytes it has, whatever their encoding, and controls with them', async () => {
  const { lines } = await run(Buffer.from('SET k "caf\xe9"\nSTRLEN k\nGET k\nSET k "a\x01\x1b\x9bb"\nGET k\nECHO "\xe2\x80\xa8"\n', 'latin1'));
  expect(lines).toEqual(['OK', '(integer) 4', String.raw`"caf\xe9"`, 'OK', String.raw`"a\x01\x1b\x9bb"`, String.raw`"\xe2\x80\xa8"`]);
});

test('a reader that begins late gets all of it, and the lab waits for it at the end', async () => {
  const child = spawn(process.execPath, [MAIN, ...ARGS], { env: { ...process.env, REDIS_LAB_HISTFILE: '' } });
  onTestFinished(() => void child.kill('SIGKILL'));
  // More than pipes and buffers have room for.
  const replies = Array.from({ length: 2000 }, (_, i) => `${i}-${'x'.repeat(1000)}`);
  child.stdin.end(replies.map((reply) => `ECHO ${reply}\n`).join(''));
  await once(child.stdin, 'finish');
  let output = '';
  for await (const text of child.stdout.setEncoding('latin1')) output += text;
  // A reply that takes its time on a busy machine is announced besides.
  expect(output.split('\n').filter((line) => line.startsWith('"'))).toEqual(replies.map((reply) => `"${reply}"`));
});

test('a last line without an end counts, and a wait that nothing can end is left when the loop is held', async () => {
  expect(await run('PING')).toMatchObject({ code: 0, lines: ['PONG'] });
  expect((await run('pause\nPING')).lines.at(-1)).toBe('the loop is held: the reply comes when it continues');
});

test('a reader that leaves ends it', async () => {
  const child = spawn(process.execPath, [MAIN, ...ARGS], { env: { ...process.env, REDIS_LAB_HISTFILE: '' } });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  child.stdin.write('PING\n');
  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(0);
});

test('with --ascii there is only ASCII', async () => {
  const { lines } = await run('SET ключ é\nKEYS *\nframes\nkeyspace\nreadiness\nhelp readiness\nECHO ключ\nключ\n', [...ARGS, '--ascii']);
  expect(lines.join('\n')).not.toMatch(/[^\n -~]/);
  expect(lines).toContainEqual(expect.stringContaining(String.raw`frame SET \xd0\xba\xd0\xbb\xd1\x8e\xd1\x87 \xc3\xa9`));
});

test('without a terminal and without the flag, it names the alternatives', async () => {
  expect(await run('PING', ['--port', '0'])).toMatchObject({ code: 1, lines: [], errors: expect.stringMatching(/--headless.*--screen-reader/) });
});

test('learn leads through an experiment, in the middle of a session, and is left by its own end or by quit', async () => {
  const { code, lines } = await run('ECHO begin\nlearn piplin\nlearn pipeline\n2\n\n\n3\nECHO behind\nlearn\n7\n2\nquit\n\nECHO end\nlearn pipeline\n');
  const at = [
    "there is no experiment 'piplin': did you mean pipeline?", '1 to 3?', 'That is what has happened.', 'Enter continues.', 'RED', 'GREEN', 'Done. Sources:',
    'the lesson is over: lines go to the lab again', '"behind"', '17  fan-out', 'Name or number? Enter leaves.', '1 to 3?', 'Enter continues.', 'Name or number? Enter leaves.',
    'the lesson is over: lines go to the lab again', '"end"', '1 to 3?',
  ].reduce((from, text) => (from === -1 ? -1 : lines.findIndex((line, i) => i > from && line.includes(text))), 0);
  expect(at, lines.join('\n')).toBeGreaterThan(0);
  expect(code).toBe(0);
});

test('Ctrl-C leaves a lesson, and not the lab', async () => {
  const lab = await listen();
  await say(lab, 'learn wouldblock', '1 to 3?');
  const from = lab.terminal.raw.length;
  lab.type('\x03');
  await lab.until(() => lab.terminal.raw.slice(from).includes('the lesson is over'));
  await say(lab, 'ECHO still', '"still"');
});

test('loading a dataset is reported: its start, its progress, and its end', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'redis-lab-lines-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  {
    await using server = await createServer({ port: 0, dir, 'enable-debug-command': 'yes' });
    await using client = await RespClient.connect(server.port);
    await client.call('DEBUG', 'POPULATE', '400', 'key', '10');
    await client.call('SAVE');
  }
  const lab = launchLab({ args: [...ARGS, '--dir', dir, '--key-load-delay', '3000', '--loading-process-events-interval-bytes', '1024'], columns: 200, rows: 60 });
  await lab.until('the dataset is loaded');
  const said = lab.terminal.raw.match(/LOADING the dataset: \d+ %|the dataset is loaded/g)!;
  expect(said.length).toBeGreaterThan(2);
  expect(said.at(-1)).toBe('the dataset is loaded');
  await say(lab, 'DBSIZE', '400');
});
