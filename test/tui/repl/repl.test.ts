/** The console against a real lab: what comes back, what state its clients are in, how they leave it, and bytes by hand. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TraceEvent } from 'redis-lab';
import { expect, test } from 'vitest';
import { SEAM_NAMES } from '../../../src/server/index.js';
import { LISTENER, WAKER } from '../../../src/server/io/token.js';
import { promptOf } from '../../../src/tui/state/repl-state.js';
import { LabRepl } from './lab-repl.js';

/** What `pick` finds in the trace from now on; to be called for the result. */
async function traced<T>(lab: LabRepl, pick: (event: TraceEvent) => T | null): Promise<() => Promise<readonly T[]>> {
  const found: T[] = [];
  const stop = await lab.server.trace(({ events }) => {
    for (const event of events) {
      const one = pick(event);
      if (one !== null) found.push(one);
    }
  }, { budget: Infinity });
  return async () => {
    await stop();
    return found;
  };
}

const texts = (lab: LabRepl): string[] => lab.state.lines.map(({ text }) => text);

test('replies look as in redis-cli', async () => {
  await using lab = await LabRepl.start();
  expect(await lab.say('SET greeting "hello\\x00"')).toEqual(['OK']);
  expect(await lab.say('get greeting')).toEqual(['"hello\\x00"']);
  expect(await lab.say('GET nothing')).toEqual(['(nil)']);
  expect(await lab.say('RPUSH list a b')).toEqual(['(integer) 2']);
  expect(await lab.say('LRANGE list 0 -1')).toEqual(['1) "a"', '2) "b"']);
  expect(await lab.say('INCR greeting')).toEqual(['(error) ERR value is not an integer or out of range']);
  expect(lab.state.lines.at(-1)!.kind).toBe('error');
});

test('a number before a command repeats it, each time when the reply to the one before is there', async () => {
  await using lab = await LabRepl.start();
  const frames = await traced(lab, (event) => (event.kind === 'frame' || event.kind === 'reply' ? event.kind : null));
  expect(await lab.say('3 INCR n', () => lab.answers.length === 3)).toEqual(['(integer) 1', '(integer) 2', '(integer) 3']);
  expect(await frames()).toEqual(['frame', 'reply', 'frame', 'reply', 'frame', 'reply']);
  expect(await lab.say('0 INCR n')).toEqual(['The repeat count must be 1 or more.']);
  expect(await lab.say('1 INCR n')).toEqual(['(integer) 4']);
});

test('lines pasted after a repetition wait for its end', async () => {
  await using lab = await LabRepl.start();
  lab.submit('200 INCR n');
  await lab.say('GET n', () => texts(lab).includes('"200"'));
  expect(texts(lab).filter((text) => text.startsWith('(integer)'))).toHaveLength(200);
});

test('Ctrl-C ends a repetition, also without replies', async () => {
  await using lab = await LabRepl.start();
  await lab.say('1000000 BLPOP q 0', ({ client }) => client.awaited === 'BLPOP');
  expect(lab.interrupt()).toBe(true);
  expect(await lab.say('PING')).toEqual(['PONG']);
  expect(lab.interrupt()).toBe(false);
  lab.submit('CLIENT REPLY OFF');
  lab.submit('1000000000 PING');
  expect(lab.interrupt()).toBe(true);
  expect(await lab.say('CLIENT REPLY ON')).toEqual(['OK']);
});

test('text is sent as UTF-8, and shown as text', async () => {
  await using lab = await LabRepl.start();
  await lab.say('SET k ж');
  expect(await lab.say('GET k')).toEqual(['"ж"']);
});

test('a quote that is not closed never leaves the console', async () => {
  await using lab = await LabRepl.start();
  expect(await lab.say('SET a "b')).toEqual(['Invalid argument(s)']);
  expect(await lab.say('EXISTS a')).toEqual(['(integer) 0']);
});

test('the prompt shows the database and the transaction', async () => {
  await using lab = await LabRepl.start();
  const address = `127.0.0.1:${lab.server.port}`;
  expect(promptOf(lab.state.client)).toBe(`${address}> `);
  await lab.say('SELECT 2');
  expect(promptOf(lab.state.client)).toBe(`${address}[2]> `);
  await lab.say('MULTI');
  expect(promptOf(lab.state.client)).toBe(`${address}[2](TX)> `);
  expect(await lab.say('SELECT 3')).toEqual(['QUEUED']);
  expect(promptOf(lab.state.client)).toBe(`${address}[2](TX)> `);
  expect(await lab.say('EXEC')).toEqual(['1) OK']);
  expect(promptOf(lab.state.client)).toBe(`${address}[3]> `);
  await lab.say('SELECT 99');
  expect(promptOf(lab.state.client)).toBe(`${address}[3]> `);
});

test('HELLO 3 brings the types of RESP3', async () => {
  await using lab = await LabRepl.start();
  await lab.say('HELLO 3', ({ client }) => client.protocol === 3);
  await lab.say('HSET h f v');
  expect(await lab.say('HGETALL h')).toEqual(['1# "f" => "v"']);
  await lab.say('ZADD z 1.5 m');
  expect(await lab.say('ZSCORE z m')).toEqual(['(double) 1.5']);
});

test.each([2, 3])('a subscriber hears messages, and Ctrl-C ends the subscription (RESP%i)', async (protocol) => {
  await using lab = await LabRepl.start();
  if (protocol === 3) await lab.say('HELLO 3', ({ client }) => client.protocol === 3);
  await lab.say('SUBSCRIBE news sport', ({ client }) => client.state === 'subscribed' && lab.answers.length === 6);
  expect(lab.answers).toEqual(['1) "subscribe"', '2) "news"', '3) (integer) 1', '1) "subscribe"', '2) "sport"', '3) (integer) 2']);
  lab.submit('@b PUBLISH news hi');
  await lab.until(() => texts(lab).includes('3) "hi"') && texts(lab).includes('(integer) 1'));
  expect(lab.state.lines.filter(({ text }) => text === '3) "hi"')).toMatchObject([{ kind: 'push', client: '' }]);
  expect(lab.interrupt()).toBe(true);
  await lab.until(({ client }) => client.state === 'ready');
  expect(await lab.say('PING')).toEqual(['PONG']);
  expect(lab.interrupt()).toBe(false);
});

test('MONITOR shows what others do, and Ctrl-C leaves it in the same database', async () => {
  await using lab = await LabRepl.start();
  await lab.say('SELECT 1');
  await lab.say('MONITOR', ({ client }) => client.state === 'monitor');
  lab.submit('@b SET x 1');
  await lab.until(() => texts(lab).some((text) => /^\d+\.\d{6} \[0 127\.0\.0\.1:\d+\] "SET" "x" "1"$/.test(text)));
  expect(lab.interrupt()).toBe(true);
  await lab.until(({ client }) => client.state === 'ready' && client.db === 1);
  expect(await lab.say('PING')).toEqual(['PONG']);
});

test('a blocked command waits, and Ctrl-C leaves it', async () => {
  await using lab = await LabRepl.start();
  await lab.say('BLPOP jobs 0', ({ client }) => client.state === 'waiting');
  expect(lab.state.client.awaited).toBe('BLPOP');
  expect(lab.interrupt()).toBe(true);
  await lab.until(({ client }) => client.state === 'ready');
  expect(await lab.say('PING')).toEqual(['PONG']);
  expect(await lab.say('LLEN jobs')).toEqual(['(integer) 0']);
});

test('Ctrl-C lists the lines that were sent after the waiting one, and those that were not sent', async () => {
  await using lab = await LabRepl.start();
  await lab.say('BLPOP jobs 0', ({ client }) => client.state === 'waiting');
  lab.submit('PING');
  lab.submit('SET a "1 2"');
  await lab.until(({ client }) => client.behind === 2);
  lab.interrupt();
  await lab.until(() => texts(lab).includes('left BLPOP with a new connection; sent after it and not answered: PING, SET a 1 2'));
  for (const line of ['BLPOP jobs 0', 'PING', 'GET 1', 'GET 2', 'GET 3']) lab.submit(line);
  lab.interrupt();
  await lab.until(() => texts(lab).includes('not sent: PING, GET 1, GET 2 and 1 more'));
});

test('when a connection ends, the requests without a reply are listed', async () => {
  await using lab = await LabRepl.start();
  await lab.say('BLPOP jobs 0', ({ client }) => client.state === 'waiting');
  lab.submit('@b CLIENT KILL TYPE normal');
  await lab.until(() => texts(lab).some((text) => text === 'the connection is closed; the next command opens another one; no reply came to BLPOP jobs 0'));
});

test('a blocked command is woken by another client', async () => {
  await using lab = await LabRepl.start();
  await lab.say('BLPOP jobs 0', ({ client }) => client.state === 'waiting');
  lab.submit('@b RPUSH jobs one');
  await lab.until(() => texts(lab).includes('2) "one"'));
  expect(lab.state.client.state).toBe('ready');
});

test('while the loop is held a command waits, and Ctrl-C leaves even that', async () => {
  await using lab = await LabRepl.start();
  await lab.say('SELECT 1');
  await lab.server.pause();
  await lab.say('PING', ({ client }) => client.state === 'waiting');
  expect(lab.interrupt()).toBe(true);
  await lab.until(({ client }) => client.state === 'ready');
  expect(lab.interrupt()).toBe(false);
  await lab.server.resume();
  expect(await lab.say('SET a 1')).toEqual(['OK']);
  expect(lab.state.client.db).toBe(1);
});

test('a password that is wrong is said', async () => {
  await using lab = await LabRepl.start({ requirepass: 'secret' }, { password: 'wrong' });
  await lab.until(() => texts(lab).some((text) => text.startsWith('(error) WRONGPASS')));
  expect(await lab.say('PING')).toEqual(['(error) NOAUTH Authentication required.']);
});

test('after the server has closed, the next command connects again, to the same database', async () => {
  await using lab = await LabRepl.start();
  await lab.say('SELECT 4');
  await lab.say('@b CLIENT KILL TYPE normal SKIPME yes', ({ client }) => client.state === 'closed');
  expect(promptOf(lab.state.client)).toBe('not connected> ');
  await lab.say('SET here 1', () => lab.answers.includes('OK'));
  expect(lab.state.client.db).toBe(4);
  expect(await lab.say('@b INFO keyspace')).toContain('db4:keys=1,expires=0,avg_ttl=0');
});

test('a closed server is reported, and no line waits for it', async () => {
  await using lab = await LabRepl.start();
  lab.submit('SHUTDOWN NOSAVE');
  await lab.server.closed;
  await lab.until(({ client }) => client.state === 'closed');
  await lab.say('PING', ({ lines }) => lines.at(-1)!.text.startsWith('could not connect to 127.0.0.1'));
  await lab.until(({ client }) => client.state === 'closed');
  expect(lab.interrupt()).toBe(false);
});

test('@a opens a connection of its own with that name, and @a alone makes it the current one', async () => {
  await using lab = await LabRepl.start();
  await lab.say('@a MULTI');
  expect(lab.state.client).toMatchObject({ name: '', inTransaction: false });
  expect(lab.state.lines.at(-1)).toMatchObject({ client: 'a', text: 'OK' });
  await lab.say('@a', ({ client }) => client.name === 'a');
  expect(promptOf(lab.state.client)).toBe(`@a 127.0.0.1:${lab.server.port}(TX)> `);
  expect(await lab.say('PING')).toEqual(['QUEUED']);
  expect((await lab.say('@ CLIENT LIST')).join(' ')).toMatch(/name= .*name=a /);
  await lab.say('@', ({ client }) => client.name === '');
  expect(await lab.say('clients', () => lab.answers.length === 2)).toEqual([
    expect.stringMatching(/^\* @ {2}ready db 0 RESP2 127\.0\.0\.1:\d+$/),
    expect.stringMatching(/^ {2}@a ready db 0 RESP2 MULTI 127\.0\.0\.1:\d+$/),
  ]);
  await lab.say('@a quit');
  expect(lab.state.clients).toHaveLength(1);
  expect(lab.hasQuit).toBe(false);
});

test.each(['quit', 'QUIT', 'exit'])('%s leaves the lab', async (line) => {
  await using lab = await LabRepl.start();
  lab.submit(line);
  expect(lab.hasQuit).toBe(true);
});

test('raw sends exactly these bytes', async () => {
  await using lab = await LabRepl.start();
  lab.submit('raw "*1\\r\\n$4\\r\\nPI"');
  await lab.until(() => texts(lab).some((text) => text.startsWith('raw')));
  expect(await lab.say('raw "NG\\r\\n"')).toEqual(['PONG']);
  expect(await lab.say('raw "PING\\r\\nPING\\r\\n"', () => lab.answers.length === 2)).toEqual(['PONG', 'PONG']);
});

test('advance moves a virtual clock, waits for due timers, and prints the time; invalid durations are refused', async () => {
  await using lab = await LabRepl.start({ clock: 'virtual', startMs: Date.UTC(2026, 10, 29, 12, 0, 0) });
  expect(await lab.say('SET k v EX 60')).toEqual(['OK']);
  expect(await lab.say('advance 59.5s')).toEqual(['the time is 2026-11-29 12:00:59.500 UTC']);
  expect(await lab.say('EXISTS k')).toEqual(['(integer) 1']);
  lab.submit('ADVANCE 500 ms');
  expect(await lab.say('EXISTS k', () => lab.answers.at(-1) === '(integer) 0')).toEqual(['(integer) 0']);
  expect(await lab.say('advance -5s')).toEqual(['time does not go backwards: "-5s"']);
  expect(await lab.say('advance')).toEqual(['"" is not a duration such as 1500 (ms), 250ms, 90s, 15m, 1.5h or 2d']);
  await using real = await LabRepl.start();
  expect(await real.say('advance 1s')).toEqual([expect.stringContaining('the clock of this server is the real one')]);
});

test('herd reports how often threads were woken for a listener, and how often without a connection', async () => {
  await using lab = await LabRepl.start();
  const [woken, accepted] = await lab.say('herd 3 20', () => lab.answers.length === 2);
  expect(woken).toMatch(/^20 connections woke threads \d+ times, \d+ times in vain$/);
  const each = /^accepted by each thread: (\d+) (\d+) (\d+)$/.exec(accepted!)!.slice(1).map(Number);
  expect(each.reduce((sum, count) => sum + count)).toBe(20);
  for (const wrong of ['herd many', 'herd 99', 'herd 8 0', 'herd 8 50 1']) {
    expect(await lab.say(wrong)).toEqual([expect.stringMatching(/^herd \[waiters\] \[connections\] \[exclusive\], at most 32 waiters and 10000 connections/)]);
  }
});

test('threads prints the total count of clients with a thread each, and the cost of the lock', async () => {
  await using lab = await LabRepl.start();
  const [counted, silent] = await lab.say('threads 3 200', () => lab.answers.length === 2);
  expect(counted).toMatch(/^3 threads counted to 600: the lock was taken 600 times, and a thread slept for it \d+ times$/);
  expect(silent).toMatch(/^a silent client has a thread, too \(blocked in recv\); memory of all: \d+ MB$/);
  expect(await lab.say('threads many')).toEqual(['threads [clients] [commands], for example: threads 8 500']);
  expect(await lab.say('threads 99')).toEqual(['clients: a whole number from 1 to 32']);
});

test('fault sets, lists and ends faults; invalid ones are refused, with the valid ones', async () => {
  await using lab = await LabRepl.start();
  expect(await lab.say('faults')).toEqual(['no fault is set']);
  expect(await lab.say('fault error "LOADING not yet" on GET next 2')).toEqual(['1  error "LOADING not yet" on GET next 2']);
  expect(await lab.say('GET k')).toEqual(['(error) LOADING not yet']);
  expect(await lab.say('fault slice 3 on #2')).toEqual(['2  slice 3 on #2']);
  expect(await lab.say('ECHO hello')).toEqual(['"hello"']);
  expect(await lab.say('faults', () => lab.answers.length === 2)).toEqual(['1  error "LOADING not yet" on GET next 2  injected 1 time', expect.stringMatching(/^2 {2}slice 3 on #2 {2}injected \d+ times$/)]);
  expect(await lab.say('fault off 1')).toEqual(['fault 1 is off']);
  expect(await lab.say('GET k')).toEqual(['(nil)']);
  expect(await lab.say('fault off 7')).toEqual([expect.stringMatching(/^there is no fault 7; 2 {2}slice 3 on #2/)]);
  expect(await lab.say('fault off x')).toEqual(['fault off, or fault off 2']);
  expect(await lab.say('fault off')).toEqual(['no fault is set']);
  expect(await lab.say('fault off 2')).toEqual(['there is no fault 2; no fault is set']);
  expect(await lab.say('fault slize 1')).toEqual([expect.stringMatching(/^there is no fault slize; there are slice, latency, /)]);
  expect(await lab.say('fault slice 1 on #99')).toEqual(['there is no connection #99; there are #2']);
  expect(await lab.say('fault')).toEqual(['fault slice 1 on #3; help fault lists the faults']);
  expect(await lab.say('help fault', () => lab.answers.length > 20)).toContain('fault slice bytes [on #token] [next number]');
  expect(lab.state.lines.at(-1)!.kind).toBe('note');
});

test('rule shows the decisions of the loop, and puts an expression in the place of one', async () => {
  await using lab = await LabRepl.start();
  expect(await lab.say('rule', () => lab.answers.length === SEAM_NAMES.length)).toEqual(SEAM_NAMES.map((name) => `${name}: the textbook rule applies`));
  expect(await lab.say('rule on-eof', () => lab.answers.length === 4)).toEqual([
    'A read has returned 0 bytes: the peer has sent its last byte.', "values: waiting; results: 'close', 'ignore'", "textbook: 'close'",
    'in force: on-eof: the textbook rule applies',
  ]);
  expect(await lab.say("@a rule after-frame (frames < 2 ? 'next frame':'leave the rest')")).toEqual(["1  rule after-frame (frames < 2 ? 'next frame':'leave the rest')"]);
  expect(await lab.say("rule after-frame 'leave the rest'")).toEqual(["2  rule after-frame 'leave the rest'"]);
  expect(await lab.say('faults')).toEqual(["2  rule after-frame 'leave the rest'"]);
  expect((await lab.say('rule after-frame', () => lab.answers.length === 4)).at(-1)).toBe("in force: after-frame: 2  rule after-frame 'leave the rest'");
  expect(await lab.say('raw "PING\r\nECHO hello\r\n"')).toEqual(['PONG']);
  expect(await lab.say('rule after-frame off')).toEqual(['after-frame: the textbook rule applies']);
  expect(await lab.say('PING', () => lab.answers.length === 2)).toEqual(['"hello"', 'PONG']);
  expect(await lab.say('rule after-frame off')).toEqual(['after-frame: no rule is set']);
  expect(await lab.say('fault one-read-one-command')).toEqual(['3  one-read-one-command']);
  expect((await lab.say('rule after-frame', () => lab.answers.length === 4)).at(-1)).toBe('in force: after-frame: 3  one-read-one-command');
  expect(await lab.say('rule on-eoff 1')).toEqual([`there is no seam on-eoff; there are ${SEAM_NAMES.join(', ')}`]);
  expect(await lab.say('rule on-eof nothing')).toEqual([expect.stringMatching(/^on-eof does not know nothing; there are waiting, /)]);
  expect(await lab.say('help rule', () => lab.answers.length > 4)).toContain('rule read-size expression');
});

test('trigger makes tokens edge- or level-triggered; names may replace token numbers', async () => {
  await using lab = await LabRepl.start();
  await lab.say('@a PING');
  const triggered = async (): Promise<readonly boolean[]> => {
    const { listeners, clients } = await lab.server.snapshot();
    return [...listeners, ...clients].map(({ interest }) => (interest & 4) !== 0);
  };
  expect(await lab.say('trigger edge on @a')).toEqual(['#3: edge-triggered']);
  expect(await triggered()).toEqual([false, false, true]);
  expect(await lab.say('trigger EDGE')).toEqual(['all present and future tokens: edge-triggered']);
  expect(await triggered()).toEqual([true, true, true]);
  expect(await lab.say('trigger level on #2')).toEqual(['#2: level-triggered']);
  expect(await lab.say('trigger level on #9')).toEqual(['there is no connection #9; there are #2, #3']);
  expect(await lab.say('trigger default')).toEqual(['all present and future tokens: triggering as at the start']);
  expect(await triggered()).toEqual([false, false, false]);
  expect(await lab.say('trigger up')).toEqual(['trigger edge, trigger level, trigger default; of one token: trigger edge on #3, trigger edge on @name']);
  expect(await lab.say('fault slice 1 on @a')).toEqual(['1  slice 1 on #3']);
  expect(await lab.say("rule on-eof on @a 'ignore'")).toEqual(["2  rule on-eof on #3 'ignore'"]);
  expect(await lab.say('fault eagain-is-an-error on @nobody')).toEqual(['@nobody is not connected']);
});

test('wait until: the next line runs when the condition holds', async () => {
  await using lab = await LabRepl.start({}, { patienceMs: 20 });
  for (const line of ['@a BLPOP q 0', 'wait until @a parked', '@b RPUSH q x', 'wait until idle', 'INCR n']) lab.submit(line);
  await lab.until(() => texts(lab).at(-1) === '(integer) 1');
  expect(lab.state.lines.filter(({ kind }) => kind !== 'in').map(({ text }) => text)).toEqual(['@a parked', '(integer) 1', '1) "q"', '2) "x"', 'idle', '(integer) 1']);
  expect(await lab.say('wait until @b parked for 50ms')).toEqual(['@b parked: not within 0.05 s']);
  expect(lab.state.lines.at(-1)!.kind).toBe('error');
  expect(await lab.say('wait until @c closed')).toEqual(['there is no client @c of this console']);
  expect(await lab.say('wait until nothing')).toEqual([expect.stringMatching(/^wait until \[@name\] parked or closed, idle/)]);
  expect(await lab.say('wait until idle for 2h')).toEqual(['a wait takes at most 60 s']);
  expect(await lab.say('wait 5ms')).toEqual(['5ms later']);
  expect(await lab.say('wait 2h')).toEqual(['a wait takes at most 60 s']);
  expect(await lab.say('wait a while')).toEqual([expect.stringMatching(/wait 300ms$/)]);
  expect(await lab.say('wait until 3 turns')).toEqual([expect.stringMatching(/^3 turns/)]);
});

test('wait until closed, busy, held, keys, expired; Ctrl-C ends it', async () => {
  await using lab = await LabRepl.start();
  await lab.say('@a PING');
  await lab.say('fault eagain-is-an-error on @a');
  lab.submit('@a PING');
  expect(await lab.say('wait until closed', () => lab.answers.includes('closed'))).toContain('closed');
  await lab.say('fault off');
  await lab.say('MSET a 1 b 2');
  expect(await lab.say('wait until 2 keys')).toEqual(['2 keys']);
  lab.submit('PEXPIRE a 1');
  expect(await lab.say('wait until 1 expired for 60s', () => lab.answers.includes('1 expired'))).toContain('1 expired');
  lab.submit('@b busy 0.5');
  expect(await lab.say('wait until busy', () => lab.answers.includes('busy'))).toContain('busy');
  await lab.say('wait until idle for 60s', () => lab.answers.includes('idle'));
  await lab.server.pause();
  expect(await lab.say('wait until held')).toEqual(['held']);
  await lab.server.resume();
  lab.submit('wait until 1000 keys for 60s');
  await lab.until(({ lines }) => lines.at(-1)!.text.startsWith('wait until'));
  expect(lab.interrupt()).toBe(true);
  await lab.until(({ lines }) => lines.at(-1)!.text === '1000 keys: no longer waited for');
});

test('flood: many clients send many commands, and are counted when all are answered', async () => {
  await using lab = await LabRepl.start();
  const names = await traced(lab, (event) => (event.kind === 'frame' && event.argv[1] === 'SETNAME' ? event.argv[2]! : null));
  expect(await lab.say('flood 5 40 INCR n')).toEqual(['flood: 200 of 200 commands of 5 clients answered']);
  expect((await names()).toSorted()).toEqual(['flood-1', 'flood-2', 'flood-3', 'flood-4', 'flood-5']);
  expect(await lab.say('GET n')).toEqual(['"200"']);
  expect(await lab.say('flood 1 1 BLPOP nothing 0', () => true)).toEqual([]);
  expect(lab.interrupt()).toBe(true);
  await lab.until(({ lines }) => lines.at(-1)!.text === 'flood: 0 of 1 commands of 1 client answered');
  for (const wrong of ['flood', 'flood 5', 'flood 5 5', 'flood 0 5 PING', 'flood 101 1 PING', 'flood 1 10001 PING', 'flood x 1 PING']) {
    expect(await lab.say(wrong)).toEqual([expect.stringMatching(/^flood clients commands command, at most 100 clients/)]);
  }
});

test('reset lab: one client, no fault, no key, the settings of the start, whatever there was', async () => {
  await using lab = await LabRepl.start();
  await lab.say('@a SET k v');
  lab.submit('@b BLPOP q 0');
  await lab.say('fault slice 100');
  await lab.say("rule after-frame 'next frame'");
  await lab.say('trigger edge');
  await lab.say('CONFIG SET hz 77 maxmemory 1gb client-output-buffer-limit "pubsub 4mb 0 0"');
  await lab.say('CLIENT PAUSE 60000 WRITE');
  lab.submit('flood 2 1 BLPOP q 0');
  await lab.say('MULTI');
  expect((await lab.say('reset lab', () => lab.answers.at(-1)?.startsWith('reset:') === true)).at(-1)).toEqual('reset: 2 clients and 2 faults ended, 3 settings put back, and the databases are empty');
  const { clients, databases, listeners, rules } = await lab.server.snapshot();
  expect(clients.map(({ token, interest, inTransaction }) => ({ token, interest, inTransaction }))).toEqual([{ token: 2, interest: 1, inTransaction: false }]);
  expect({ databases, rules }).toEqual({ databases: [], rules: [] });
  expect(listeners[0]!.interest).toBe(1);
  expect(lab.state.clients.map(({ name }) => name)).toEqual(['']);
  expect(await lab.say('GET k')).toEqual(['(nil)']);
  expect(await lab.say('CONFIG GET hz')).toEqual(['1) "hz"', '2) "10"']);
  expect(await lab.server.changedSettings()).toEqual([]);
});

test('lines that were pasted after a fault run after it', async () => {
  await using lab = await LabRepl.start();
  lab.submit('fault error on PING');
  expect(await lab.say('PING', () => texts(lab).at(-1) === '(error) ERR injected fault')).toEqual(['(error) ERR injected fault']);
});

test('slice sends a piece at a time, each with a read of its own', async () => {
  await using lab = await LabRepl.start();
  // The pieces are sent some milliseconds apart. A busy machine may still read two at once, so it has a few attempts.
  const attempt = async (): Promise<readonly number[]> => {
    const reads = await traced(lab, (event) => (event.kind === 'read' && typeof event.result === 'number' ? event.result : null));
    expect(await lab.say('slice 7 PING')).toEqual(['PONG']);
    return reads();
  };
  let pieces = await attempt();
  for (let i = 0; i < 10 && pieces.length < 2; i++) pieces = await attempt();
  expect(pieces).toEqual([7, 7]);
  expect(await lab.say('slice x PING')).toEqual(['slice bytes command, for example: slice 1 PING']);
});

test('halfclose ends our direction, and the server closes', async () => {
  await using lab = await LabRepl.start();
  await lab.say('halfclose', () => lab.answers.length === 2);
  expect(lab.state.client.state).toBe('closed');
  expect(lab.answers).toEqual(['our direction is closed (FIN)', 'the connection is closed; the next command opens another one']);
});

test.each(['halfclose', 'reset'])('a line typed right after %s is sent over the next connection', async (word) => {
  await using lab = await LabRepl.start();
  lab.submit(word);
  lab.submit('SET a 1');
  lab.submit('GET a');
  await lab.until(() => texts(lab).includes('"1"'));
  const at = (text: string): number => texts(lab).indexOf(text);
  expect(at('the connection is closed')).toBeGreaterThan(-1);
  expect(at('the connection is closed')).toBeLessThan(at('OK'));
  expect(lab.state.client.state).toBe('ready');
});

test('lines typed after an unanswered halfclose can be left, and are listed', async () => {
  await using lab = await LabRepl.start();
  await lab.server.pause();
  lab.submit('halfclose');
  await lab.say('SET a 1', ({ client }) => client.state === 'waiting');
  expect(lab.interrupt()).toBe(true);
  await lab.until(() => texts(lab).includes('left the connection that was ending; not sent: SET a 1'));
  await lab.server.resume();
  expect(await lab.say('EXISTS a')).toEqual(['(integer) 0']);
});

test('reset ends the connection with a RST; RESET is the command', async () => {
  await using lab = await LabRepl.start();
  const reasons = await traced(lab, (event) => (event.kind === 'disconnect' ? event.why : null));
  expect(await lab.say('RESET')).toEqual(['RESET']);
  await lab.say('reset', ({ client }) => client.state === 'closed');
  await lab.say('@b PING', () => texts(lab).includes('PONG'));
  expect((await reasons()).join()).toMatch(/ECONNRESET|reset/i);
});

test('lines that do not wait for one another reach the server in their order, also one that connects', async () => {
  await using lab = await LabRepl.start();
  await lab.say('@b PING', () => texts(lab).includes('PONG'));
  const ready = await traced(lab, (event) => (event.kind === 'ready' && event.token !== WAKER ? event.token : null));
  await lab.server.pause();
  for (const line of ['@late PING', '@b ECHO later']) lab.repl.play(line);
  while (lab.repl.isActing) await new Promise((resolve) => setImmediate(resolve));
  await lab.server.resume();
  await lab.until(() => texts(lab).includes('"later"'));
  expect((await ready()).slice(0, 2)).toEqual([LISTENER, 3]);
});

test('while reading is paused replies pile up, and come when it goes on', async () => {
  await using lab = await LabRepl.start();
  await lab.say('pause-reading');
  expect(lab.state.client.isReadingPaused).toBe(true);
  lab.submit('PING');
  await lab.until(({ client }) => client.state === 'waiting');
  expect(lab.repl.traffic).toMatchObject([{ receivedBytes: null }]);
  await lab.say('resume-reading', () => texts(lab).includes('PONG'));
  expect(lab.state.client.state).toBe('ready');
  expect(lab.repl.traffic).toMatchObject([{ receivedBytes: '+PONG\r\n'.length }]);
});

test('a password is given when connecting, and again after the connection was lost', async () => {
  await using lab = await LabRepl.start({ requirepass: 'secret' }, { password: 'secret' });
  expect(await lab.say('PING')).toEqual(['PONG']);
  await lab.say('halfclose', ({ client }) => client.state === 'closed');
  expect(await lab.say('PING')).toEqual(['PONG']);
  expect(texts(lab).join()).not.toContain('secret');
});

test('the history outlives the console, passwords do not', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'lab-history-'));
  const historyFile = join(folder, 'deep', 'history');
  try {
    {
      await using lab = await LabRepl.start({}, { historyFile });
      await lab.say('SET a 1');
      await lab.say('AUTH secret');
      await lab.say('CONFIG SET requirepass secret');
      await lab.say('@b HELLO 3 AUTH default secret');
      await lab.say('CONFIG SET requirepass ""');
    }
    expect(readFileSync(historyFile, 'utf8')).toBe('SET a 1\n');
    await using lab = await LabRepl.start({}, { historyFile });
    expect(lab.state.history).toEqual(['SET a 1']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('nothing that a value, a name or an error holds reaches the transcript as a control character', async () => {
  await using lab = await LabRepl.start();
  const every = Array.from({ length: 256 }, (_, byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
  await lab.say(`SET k "${every}"`);
  await lab.say('GET k');
  await lab.say(`"${every}"`);
  await lab.say(`ECHO "${every}"`);
  await lab.say(`@b EVIL "\\x1b]0;title\\x07"`);
  await lab.say('SUBSCRIBE c', ({ client }) => client.state === 'subscribed');
  lab.submit(`@b PUBLISH c "${every}"`);
  await lab.until(() => texts(lab).filter((text) => text.includes('\\x00')).length >= 4);
  expect(texts(lab).filter((text) => /[\p{Cc}\p{Cf}]/u.test(text))).toEqual([]);
});

test('MONITOR during a flood does not block the console', async () => {
  await using lab = await LabRepl.start();
  await lab.say('MONITOR', ({ client }) => client.state === 'monitor');
  lab.submit(`@b raw "${'PING\\r\\n'.repeat(5000)}"`);
  await lab.until(() => texts(lab).some((text) => /^\.\.\. \d+ replies came too fast to be shown$/.test(text)));
  expect(lab.state.lines.length).toBeLessThanOrEqual(1000);
  expect(lab.interrupt()).toBe(true);
  await lab.until(({ client }) => client.state === 'ready');
});

test('help explains the words of the screen, what is both as both, and names what is near to a mistyped one', async () => {
  await using lab = await LabRepl.start();
  expect(await lab.say('help wouldblock')).toEqual(['WouldBlock', expect.stringMatching(/^ {4}The result of a non-blocking call /)]);
  const both = await lab.say('help publish');
  expect(both[0]).toBe('event publish');
  expect(both).toContain('  PUBLISH channel message');
  expect(await lab.say('help ignore-eof')).toEqual([expect.stringContaining('fault ignore-eof'), expect.stringMatching(/^ {4}A read of 0 bytes/)]);
  expect((await lab.say('help filter')).filter((line) => line.startsWith('filter'))).toHaveLength(5);
  expect(await lab.say('help tokn')).toEqual([expect.stringContaining('no word tokn'), expect.stringMatching(/^Similar names: tok/)]);
  expect((await lab.say('help')).join('\n')).toContain('the glossary');
});

test('and it does so in Korean', async () => {
  await using lab = await LabRepl.start({}, { language: 'ko' });
  expect((await lab.say('help WouldBlock'))[1]).toContain('논블로킹');
  expect(await lab.say('help 토큰')).toEqual(await lab.say('help token'));
  expect((await lab.say('help')).join('\n')).toContain('용어집');
});

test('help comes from the command table', async () => {
  await using lab = await LabRepl.start();
  expect((await lab.say('help GET')).slice(0, 3)).toEqual(['', '  GET key', expect.stringMatching(/^ {2}summary: /)]);
  expect((await lab.say('help @string')).filter((line) => /^ {2}[A-Z]/.test(line)).map((line) => line.trim().split(' ')[0])).toEqual(expect.arrayContaining(['GET', 'SET', 'INCR']));
  expect((await lab.say('? lab')).join('\n')).toMatch(/^raw "bytes"\n {4}Sends exactly these bytes/m);
  expect(await lab.say('help qqqqqqqqq')).toEqual(['There is no command and no word qqqqqqqqq. Tab after help lists them.']);
  expect((await lab.say('help')).length).toBeGreaterThan(3);
});

test('a long reply is cut, with a note', async () => {
  await using lab = await LabRepl.start();
  await lab.say(`RPUSH list ${'x '.repeat(1000)}`);
  const { port } = lab.server;
  expect((await lab.say('LRANGE list 0 -1')).slice(-2)).toEqual(['... 700 more lines not shown', `redis-cli -p ${port} shows all of it`]);
});

test('escapes on and off choose how bytes are shown', async () => {
  await using lab = await LabRepl.start();
  expect(await lab.say('SET wave 👋')).toEqual(['OK']);
  expect(await lab.say('GET wave')).toEqual(['"👋"']);
  expect(await lab.say('escapes on')).toEqual(['non-ASCII bytes are shown as \\xHH, as in redis-cli']);
  expect(lab.spelling).toBe('escaped');
  await lab.say('escapes off');
  expect(lab.spelling).toBe('readable');
  expect(await lab.say('escapes maybe')).toEqual([expect.stringContaining('escapes on: ')]);
});

test('run asks for a run of the loop to a request, in the words of breakpoints', async () => {
  await using lab = await LabRepl.start();
  for (const line of ['run', 'run to #7', 'RUN TO token 7', 'run to DEL user:*', 'run 7', 'run to us>100']) lab.submit(line);
  await lab.until(({ lines }) => lines.at(-1)?.text.startsWith('a run ends') === true);
  expect(lab.runs).toEqual([{}, { token: 7 }, { token: 7 }, { command: 'del', key: 'user:*' }]);
  expect(lab.state.lines.filter(({ kind }) => kind === 'error').map(({ text }) => text)).toEqual(['run, run to #7, run to DEL user:*', 'a run ends at a request: #7, DEL, DEL user:*']);
});
