/** `redis-lab check`: verdicts on servers of several kinds and with known faults, and what it says where it can not judge. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { connect, createServer as createTcpServer, type Server as NetServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { createServer as createTlsServer } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { PROBES, STAGES } from '../../src/check/index.js';
import { ServerProcess } from '../../src/check/process.js';
import { createServer } from '../../src/server/index.js';
import { command, KeptProcesses, MAIN } from '../support/cli.js';
import { describeWithRedis, missingRedis, startRedisServer } from '../support/redis-server.js';
import { DEFECTS as SERVER_DEFECTS } from '../../src/server/rules/defects.js';
import { DEFECTS, isInstalled, type Report, type Subject, SUBJECTS, wrongVerdicts } from './subjects.js';

/** Ten busy processes beside it make a check slower, not another. */
const PATIENCE_MS = 600_000;

const processes = new KeptProcesses();

async function run(...args: string[]): Promise<{ code: number; output: string; errors: string }> {
  const { code, stdout, stderr } = await processes.run('check', ...args);
  return { code, output: stdout, errors: stderr };
}

async function judge(port: number, ...args: string[]): Promise<Report & { code: number }> {
  const { code, output, errors } = await run('--target', `127.0.0.1:${port}`, '--json', ...args);
  expect(errors).toBe('');
  return { ...(JSON.parse(output) as Report), code };
}

const failed = ({ probes }: Report): string[] => probes.filter(({ result }) => result === 'fail').map(({ name }) => name);

/** Of each kind, and each probe that no defect of the lab fails. `npm run check-matrix` asks the other servers, and all probes. */
const ASKED = [
  'lab --engine sequential', 'lab --engine threads', 'lab --fault drain-forever --edge-triggered', 'solution 03-many-clients', 'solution 07-writing',
  'Python: threads', 'Python: asyncio', 'Python: sequential', 'Python: busy', 'Python: blocking-write', 'Python: text',
  'Python: fd-state', 'C: fork', 'C: poll-dies', 'Go: own-map', 'Ruby: seconds',
];

/** A fault shows sooner so. */
const SOON = ['--patience', '500'];

/** Checks sleep more than they compute, so this many run at a time, from the beginning on. */
const SIDE_BY_SIDE = 10;
const waiting: (() => Promise<void>)[] = [];
const running = new Set<Promise<void>>();

/** The result of `act`, which has its turn behind those that were begun before. */
function begin<T>(act: () => Promise<T>): Promise<T> {
  const result = new Promise<T>((resolve, reject) => void waiting.push(() => act().then(resolve, reject)));
  // A test awaits it later.
  result.catch(() => {});
  void next();
  return result;
}

async function next(): Promise<void> {
  if (running.size === SIDE_BY_SIDE || waiting.length === 0) return;
  const turn = waiting.shift()!();
  running.add(turn);
  await turn;
  running.delete(turn);
  void next();
}

// Each server is stopped at the end of its check, also if no test has waited for it.
afterAll(async () => {
  waiting.length = 0;
  await Promise.all(running);
  await processes.end();
}, PATIENCE_MS);

/** They must keep a server supplied, so on a machine that is too busy they cannot tell. */
const SUPPLIED = ['greedy-client', 'due-together'];
const BUSY = /the machine is too busy|no end within 45 s/;

/** What .ci/run installs, or finds. */
const DEMANDED = /^(?:lab|solution|Python|Perl)\b/;

describe('a server with a fault fails the probes that concern it, and no other', () => {
  const subjects = SUBJECTS.filter(({ name }) => ASKED.includes(name) || /^lab --fault [a-z-]+$/.test(name));
  const installed = subjects.filter(isInstalled);
  for (const { name, needs } of subjects.filter((subject) => !installed.includes(subject))) {
    if (process.env.CI === 'true' && DEMANDED.test(name)) test(name, () => expect.fail(`there is no ${needs[0]}`));
    else test.skip(`${name} (left out: there is no ${needs[0]})`, () => {});
  }
  const tellingOf = ({ fails }: Subject['expected']): readonly string[] =>
    fails.filter((name) => name !== 'thousand-connections' || fails.length === 1).slice(0, 2);
  const reports = new Map<Subject, Promise<Report & { code: number }>>();
  beforeAll(() => {
    for (const subject of installed) {
      const { expected, start } = subject;
      const [telling, passes] = [tellingOf(expected), expected.passes ?? []];
      reports.set(subject, begin(async () => {
        const server = await start();
        const only = ['ping', ...(telling.length === 0 ? passes : telling)].join(',');
        return judge(server.port, '--only', only, ...(telling.length === 0 ? [] : SOON)).finally(() => server.stop());
      }));
    }
  });
  test.for(installed)('$name', { timeout: PATIENCE_MS }, async (subject) => {
    const { expected } = subject;
    const telling = tellingOf(expected);
    const report = await reports.get(subject)!;
    expect(wrongVerdicts(report, expected)).toEqual([]);
    const isOpen = ({ name, result, came }: Report['probes'][number]): boolean => result === 'cannot tell' && (SUPPLIED.includes(name) || BUSY.test(came));
    const open = report.probes.filter(isOpen).map(({ name }) => name);
    const failing = telling.filter((name) => !open.includes(name));
    const told = report.probes.map(({ name, result, came }) => `${name}: ${result}, ${came}`).join('\n');
    expect(failed(report).toSorted(), told).toEqual(failing.toSorted());
    expect(report.code).toBe(failing.length === 0 ? 0 : 1);
    // What is wrong is said, and what is right is not left out.
    for (const { came, sent } of report.probes) expect({ came: came !== '', sent: sent !== '' }).toEqual({ came: true, sent: true });
  });
});

test('each defect of the lab has a probe that fails, or what the wire does not show and why, in the tests and in docs/check.md', () => {
  expect(Object.keys(DEFECTS)).toEqual(Object.keys(SERVER_DEFECTS));
  const rows = Object.entries(DEFECTS).map(([name, { level, edge, note = '', passes = [] }]) => {
    if (level.length === 0) expect({ name, note, passes: passes.length > 0 }).toEqual({ name, note: expect.stringMatching(/./), passes: true });
    const list = (fails: readonly string[]): string => (fails.length === 0 ? 'none' : fails.join(', '));
    return ['', `\`${name}\``, list(level), edge === undefined ? '' : list(edge.fails), note, ''].join(' | ').trim().replaceAll(/\|  (?=\|)/g, '| ');
  });
  const table = readFileSync('docs/check.md', 'utf8').split('\n').filter((line) => line.startsWith('| `') && Object.hasOwn(DEFECTS, line.split('`')[1]!));
  expect(table).toEqual(rows);
});

test('of connections that arrive together, those are reported that were served only after one more had connected', { timeout: PATIENCE_MS }, async () => {
  const arrived: Socket[] = [];
  let timer: NodeJS.Timeout | undefined;
  const serve = (socket: Socket): void => void socket.on('data', () => socket.write('+PONG\r\n')).resume();
  const port = await listen((socket) => {
    arrived.push(socket.pause());
    clearTimeout(timer);
    // Of many it serves one: the others are behind it in the backlog.
    timer = setTimeout(() => (arrived.length < 5 ? arrived.splice(0) : arrived.splice(0, 1)).forEach(serve), 50);
  });
  const { probes } = await judge(port, '--only', 'ping,connect-together', '--lang', 'en', ...SOON);
  expect(probes.map(({ name, result }) => [name, result])).toEqual([['ping', 'pass'], ['connect-together', 'fail']]);
  expect(probes[1]!.came).toMatch(/connections without a reply; when one more had connected, \d+ of them got \+PONG$|^a connection had no reply until \d+ more had connected$/);
  expect(probes[1]!.means).toContain('the others stay in the backlog until one more connects');
});

/** Asked all probes, beside the servers above. */
let whole: Promise<{ readonly verdict: Report & { code: number }; readonly keys: string }>;
let redis: Promise<Report & { code: number }>;

beforeAll(() => {
  whole = begin(async () => {
    // In a process of its own: this one does not rest meanwhile.
    const server = await SUBJECTS.find(({ name }) => name === 'lab')!.start();
    try {
      return { verdict: await judge(server.port), keys: await send(server.port, 'DBSIZE\r\n') };
    } finally {
      await server.stop();
    }
  });
  if (missingRedis !== null) return;
  redis = begin(async () => {
    await using server = await startRedisServer();
    return await judge(server.port);
  });
});

test('the lab itself is an event loop without a fault; its keys are untouched, and none of ours stays', { timeout: PATIENCE_MS }, async () => {
  const { verdict, keys } = await whole;
  expect({ kind: verdict.kind, fails: failed(verdict), code: verdict.code }).toEqual({ kind: 'event-loop', fails: [], code: 0 });
  expect(verdict.probes.map(({ name }) => name)).toEqual(PROBES.map(({ name }) => name));
  expect(verdict.stages.every(({ passes }) => passes === true)).toBe(true);
  expect(keys).toBe(':0\r\n');
});

describeWithRedis('redis-server', () => {
  test('is an event loop without a fault', { timeout: PATIENCE_MS }, async () => {
    const verdict = await redis;
    expect({ kind: verdict.kind, fails: failed(verdict) }).toEqual({ kind: 'event-loop', fails: [] });
  });
});

/** A server whose connections are handled by `serve`. */
async function listen(serve: (socket: Socket, server: NetServer) => void, host = '127.0.0.1'): Promise<number> {
  const server: NetServer = createTcpServer((socket) => serve(socket.on('error', () => {}), server));
  server.listen(0, host);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

/** Answers the first bytes with these. */
const says = (answer: string) => (socket: Socket): void => void socket.once('data', () => socket.write(answer, 'latin1'));

/** Sends without an end, as fast as it is read. */
const floods = (bytes: string) => (socket: Socket): void => {
  const more = (): void => {
    while (!socket.destroyed && socket.write(bytes, 'latin1'));
  };
  socket.on('drain', more);
  socket.once('data', more).resume();
};

describe('a target that cannot be tested is reported in one line', () => {
  const complaint = async (port: number, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await command('check', '--target', `127.0.0.1:${port}`, '--lang', 'en', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    return stderr.replace(`redis-lab: 127.0.0.1:${port}: `, '').trimEnd();
  };

  test('HTTP, TLS, another protocol, garbage, nobody', { timeout: PATIENCE_MS }, async () => {
    const http = 'it speaks HTTP, not the protocol of Redis';
    const tls = 'it speaks TLS; check asks without';
    const cases: readonly (readonly [port: number, said: string])[] = [
      [await listen(says('HTTP/1.1 400 Bad Request\r\n\r\n')), http],
      [await listen(says('\x15\x03\x01\x00\x02\x02\x32')), tls],
      [await serveHttp(), http],
      [await serveTls(), tls],
      [await listen(says('220 mail \x1b[31m\r\n')), 'it does not speak the protocol of Redis, but said "220 mail \\x1b[31m\\r\\n"'],
      [await listen(floods('\x1b[2J garbage ')), `it does not speak the protocol of Redis, but said "${'\\x1b[2J garbage '.repeat(5).trimEnd()}"`],
      [await listen(says('-LOADING Redis is loading the dataset in memory\r\n')), 'it does not serve us: -LOADING Redis is loading the dataset in memory'],
      [1, 'nothing listens there (ECONNREFUSED)'],
    ];
    const said = await Promise.all(cases.map(([port]) => complaint(port)));
    expect(said).toEqual(cases.map(([, words]) => words));
  });

  async function serveHttp(): Promise<number> {
    const server = createHttpServer((_, response) => response.end('a page')).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return (server.address() as { port: number }).port;
  }

  /** Without a certificate it refuses a handshake by an alert. */
  async function serveTls(): Promise<number> {
    const server = createTlsServer({}).on('tlsClientError', () => {}).listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    return (server.address() as { port: number }).port;
  }

  test('a name that nobody has', async () => {
    const { code, errors } = await run('--target', 'nowhere.invalid:6379', '--lang', 'ko');
    expect({ code, errors }).toEqual({ code: 2, errors: expect.stringMatching(/^redis-lab: nowhere\.invalid: 그런 이름의 호스트가 없습니다\(E[A-Z_]+\)\n$/) });
  });

  test('a password that is missing, or wrong, or right', async () => {
    await using server = await createServer({ port: 0, requirepass: 'secret' });
    expect(await complaint(server.port)).toBe('it wants a password: --password, and --user where it has users');
    expect(await complaint(server.port, '--password', 'wrong')).toContain('AUTH: -WRONGPASS');
    expect(await complaint(server.port, '--password', 'secret', '--user', 'nobody')).toContain('AUTH: -WRONGPASS');
    expect(failed(await judge(server.port, '--password', 'secret', '--user', 'default', '--only', 'ping,set-get'))).toEqual([]);
  });

  test('options that are wrong', async () => {
    const said = async (...args: string[]): Promise<string> => (await command('check', ...args)).stderr;
    expect(await said()).toContain('redis-lab: check needs a target; usage: redis-lab check --target HOST:PORT');
    expect(await said('--target', 'localhost')).toContain("--target 'localhost': must be host:port, as 127.0.0.1:6379 or [::1]:6379");
    expect(await said('--target', '127.0.0.1:1', '--only', 'pong')).toContain("--only: there is no probe 'pong'; there are ping, many-pings");
    expect(await said('--target', '127.0.0.1:1', '--lang', 'fr')).toContain("--lang 'fr': must be one of en, ko");
    expect(await said('--target', '127.0.0.1:1', '--patience', '0')).toContain("--patience '0': must be a number of ms from 100 to 10000");
    expect(await said('--user', 'a', '--target', '127.0.0.1:1')).toContain('--user needs --password');
    expect(await said('--nonsense')).toContain("Unknown option '--nonsense'; usage:");
  });
});

test('a database that is not empty is not written to without being asked', { timeout: PATIENCE_MS }, async () => {
  await using server = await createServer({ port: 0 });
  const { port } = server;
  expect(failed(await judge(port, '--only', 'set-get'))).toEqual([]);
  await send(port, 'SET mine 1\r\n');
  const [asked, allowed] = [await judge(port, '--only', 'set-get'), await judge(port, '--only', 'set-get', '--yes')];
  expect(asked.probes[0]).toMatchObject({ result: 'cannot tell', came: 'the database is not empty: --yes allows keys to be written' });
  expect(asked.stages.find(({ name }) => name === 'implement SET and GET')!.passes).toBe(null);
  expect(allowed.probes[0]).toMatchObject({ result: 'pass' });
});

describe('a server that is not whole', () => {
  /** The report's lines of these probes. */
  const report = async (port: number, ...args: string[]): Promise<{ code: number; output: string }> => {
    const { code, output, errors } = await run('--target', `127.0.0.1:${port}`, '--lang', 'en', ...SOON, ...args);
    expect(errors).toBe('');
    // Whatever a server sends, no control byte of it reaches the terminal.
    expect(output).toMatch(/^[\n -~…×]*$/);
    return { code, output };
  };
  const cameOf = (output: string, probe: string): string | undefined => new RegExp(`${probe}: .*\n(?: +sent .*\n)? +came  (.*)\n`).exec(output)?.[1];

  test('a server that does not answer PING is reported as such, with the next step', { timeout: PATIENCE_MS }, async () => {
    const cases: readonly (readonly [port: number, came: string])[] = [
      [await listen((socket) => void socket.resume()), 'no reply within 1500 ms'],
      [await listen((socket) => void socket.end()), 'the connection was closed'],
      [await listen(says('-ERR \x1b[31m unknown command\r\n')), '-ERR ?[31m unknown command'],
      [await listen(says('$4\r\nGONE\r\n')), 'GONE'],
      [await listen((socket) => void socket.pipe(socket)), '*1 $4 PING: it sent the request itself back'],
    ];
    const reports = await Promise.all(cases.map(([port]) => report(port, '--only', 'echo')));
    for (const [at, { code, output }] of reports.entries()) {
      expect({ code, came: cameOf(output, 'ping') }).toEqual({ code: 1, came: cases[at]![1] });
      expect(output).toContain('Not asked, since it does not answer PING: echo\n');
      expect(output).toContain('Next: respond to PING\n  accept a connection and write +PONG');
      // What was not asked is not known.
      expect(output).toContain('  no          respond to PING\n  cannot tell respond to multiple PINGs\n  cannot tell handle concurrent clients\n');
      expect(output).toMatch(/\n\n0 passed, 1 failed, 0 cannot tell, 1 not asked\n$/);
    }
    expect(reports.at(-1)!.output).toContain('means It is an echo server');
  });

  test('one that sends without an end is not kept', { timeout: PATIENCE_MS }, async () => {
    const pong = (socket: Socket): void => void socket.once('data', () => (socket.write('+PONG\r\n'), socket.once('data', () => floods('+more\r\n'.repeat(5000))(socket)).resume()));
    const { code, output } = await report(await listen(pong), '--only', 'ping,order,many-pings');
    expect({ code, ping: output.includes('pass        ping'), order: cameOf(output, 'order') }).toEqual({ code: 1, ping: true, order: expect.any(String) });
  });

  test('one that ends in the middle', { timeout: PATIENCE_MS }, async () => {
    const port = await listen((socket, server) =>
      void socket.on('data', (bytes) => {
        if (!bytes.includes('ECHO')) return socket.write(bytes.includes('PING') ? '+PONG\r\n' : '-ERR unknown command\r\n');
        server.close();
        return socket.destroy();
      }));
    const { code, output } = await report(port, '--only', 'ping,echo,set-get');
    expect({ code, echo: cameOf(output, 'echo'), setGet: cameOf(output, 'set-get') }).toEqual({
      code: 1, echo: 'the connection was closed; the server has ended: it no longer listens', setGet: undefined,
    });
    expect(output).toContain('Not asked, since the server has ended: set-get\n');
  });

  test('for a server that answers only PING the next command is named', { timeout: PATIENCE_MS }, async () => {
    const port = await listen((socket) => void socket.on('data', (bytes) => socket.write(bytes.includes('PING') ? '+PONG\r\n' : '-ERR unknown command\r\n')));
    const { code, output } = await report(port, '--only', 'ping,many-pings,second-client,echo,set-get,expiry');
    expect(code).toBe(1);
    expect(output).toContain('means The command, or this form of it, is not there yet.');
    expect(output).toContain('  yes         handle concurrent clients\n  no          implement ECHO\n');
    expect(output).toContain('Next: implement ECHO\n  take the words out of the request');
  });
});

test('descriptors of its own that have run out are not held against the server', { timeout: PATIENCE_MS }, async () => {
  await using server = await createServer({ port: 0 });
  const limited = ['-c', 'ulimit -n 200; exec "$@"', 'sh', process.execPath, MAIN, 'check', '--target', `127.0.0.1:${server.port}`, '--json', '--only', 'thousand-connections'];
  const { status, stdout } = await new Promise<{ status: number | null; stdout: string }>((resolve) => {
    const child = spawn('sh', limited, { stdio: ['ignore', 'pipe', 'inherit'] });
    let printed = '';
    child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
    child.once('close', (code) => resolve({ status: code, stdout: printed }));
  });
  expect({ status, probe: (JSON.parse(stdout) as Report).probes[0] }).toMatchObject({ status: 0, probe: { result: 'cannot tell', came: 'check itself can open no more connections (EMFILE)' } });
});

describe('the address', () => {
  test('a name is looked up once, and the first of its addresses that takes a connection is judged', async () => {
    const port = await listen((socket) => void socket.on('data', () => socket.write('+PONG\r\n')));
    const { output } = await run('--target', `localhost:${port}`, '--only', 'ping', '--lang', 'en');
    expect(output.split('\n')[0]).toBe(`localhost: 127.0.0.1:${port}`);
  });

  test.runIf(Object.values(networkInterfaces()).some((each) => each?.some(({ address }) => address === '::1')))('IPv6, and a process that is found by it', async () => {
    await using server = await createServer({ port: 0, bind: '::1' });
    const { output } = await run('--target', `[::1]:${server.port}`, '--only', 'ping,idle', '--lang', 'en');
    expect(output).toContain('pass        ping');
    // On a busy machine it cannot tell whether it rests; that it is seen is said in either case.
    expect(output).toMatch(/(?:pass {8}|cannot tell )idle: .*\n +(?:came +)?\d+ % of a processor used/);
  });

  test('a process at the same port of another machine is not taken for the target', async () => {
    await using server = await createServer({ port: 0 });
    expect(ServerProcess.find({ host: '127.0.0.1', port: server.port })?.pid).toBe(process.pid);
    // TEST-NET-1 of RFC 5737, and another address of this machine.
    expect(ServerProcess.find({ host: '192.0.2.1', port: server.port })).toBe(null);
    expect(ServerProcess.find({ host: '127.0.0.2', port: server.port })).toBe(null);
  });
});

test('the report as one object has these fields', async () => {
  await using server = await createServer({ port: 0 });
  const report = await judge(server.port, '--only', 'ping,echo');
  expect({ ...report, evidence: report.evidence.map((each) => typeof each) }).toEqual({
    code: 0,
    target: `127.0.0.1:${server.port}`,
    kind: 'event-loop',
    evidence: ['string', 'string'],
    probes: ['ping', 'echo'].map((name) => ({
      name, result: 'pass', asks: expect.any(String), sent: expect.any(String), came: expect.any(String), means: expect.any(String), look: expect.any(String),
    })),
    stages: STAGES.map(({ name }, at) => ({ name: name.en, passes: at < 2 ? true : name.en === 'implement ECHO' ? true : null })),
  });
});

async function send(port: number, bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.write(bytes);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString();
}

test('the report for people, in Korean', { timeout: PATIENCE_MS }, async () => {
  await using server = await createServer({ port: 0 });
  const { output } = await run('--target', `127.0.0.1:${server.port}`, '--only', 'ping', '--lang', 'ko');
  expect(output).toContain('통과');
  expect(output).toContain('PING에 답합니까?');
  expect(output).toContain('서버의 종류: 이벤트 루프');
});
