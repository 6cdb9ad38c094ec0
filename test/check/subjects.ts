/**
 * What `redis-lab check` is tried on: the lab with each engine and each defect, redis-server, the course's solutions, and small servers in other languages
 * with a known fault or none. Each with the verdict that is right. The tests ask a few of them a few probes; `npm run check-matrix` asks all of them all.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Kind, PROBES } from '../../src/check/index.js';
import { atExit } from '../support/at-exit.js';
import { startRedisServer } from '../support/redis-server.js';

/** Tests and scripts are run in the root of the project. */
const SERVERS = resolve('test/check/servers');
const MAIN = resolve('dist/cli/main.js');
const LESSONS = resolve('dist/course/lessons');

export interface Verdict {
  /** Any of these: where nothing shows it, `unknown` is no mistake. */
  readonly kind: readonly Kind[];
  readonly fails: readonly string[];
  /** These may fail or pass: what they find depends on what happened before. */
  readonly either?: readonly string[];
  /** The tests ask these where none fails: the nearest to what might be wrong. */
  readonly passes?: readonly string[];
  /** Commands that it does not have, so that what needs them cannot be told. */
  readonly lacks?: readonly string[];
}

export interface Running {
  readonly port: number;
  stop(): Promise<void>;
}

export interface Subject {
  readonly name: string;
  /** What must be installed: a command that shows it. */
  readonly needs: readonly [command: string, ...args: readonly string[]];
  readonly expected: Verdict;
  start(): Promise<Running>;
}

const LOOP = ['event-loop'] as const;
const THREADS = ['threads'] as const;
const SEQUENTIAL = ['sequential'] as const;
const ANY = ['sequential', 'threads', 'event-loop', 'unknown'] as const;

/** What a server that has only PING, ECHO, SET, GET and DEL does not have. */
const SMALL = ['DBSIZE', 'BLPOP', 'CLIENT'];
/** What waits for a client that does not leave. */
const ONE_AT_A_TIME = ['second-client', 'set-get', 'unfinished-request', 'greedy-client', 'slow-reader', 'connect-together', 'thousand-connections'];
/** And one that has only PING and ECHO. */
const SMALLER = { lacks: SMALL, fails: ['set-get', 'expiry'] } as const;
const PING_ONLY = { lacks: [...SMALL, 'ECHO'], fails: ['echo', 'set-get', 'expiry'] } as const;
/** A loop that spins when a connection is at its end. */
const SPINS_AFTER_EOF = ['half-close', 'idle', 'rest-after-eof', 'rest-after-full'];

const ALL = PROBES.map(({ name }) => name);

/** What is found of a defect of the lab. No probe: the wire cannot show it, and `note` says why. */
interface Found {
  readonly level: readonly string[];
  /** Where readiness is edge-triggered, if that makes a difference. */
  readonly edge?: Pick<Verdict, 'fails' | 'either'> & { readonly kind?: Verdict['kind'] };
  readonly either?: readonly string[];
  readonly passes?: readonly string[];
  readonly kind?: Verdict['kind'];
  readonly note?: string;
}

export const DEFECTS: { readonly [name: string]: Found } = {
  'one-client-at-a-time': { level: [...ONE_AT_A_TIME, 'parked-client', 'timeout-alone'], kind: SEQUENTIAL, note: 'the kind is `sequential`' },
  'eagain-is-an-error': { level: ['ping'], kind: ['unknown'], note: 'the connection is closed before the reply is written' },
  'edge-without-draining': {
    level: [], edge: { fails: ['pipeline', 'rest-after-full'], either: ['half-close'] }, passes: ['pipeline', 'greedy-client'],
    note: 'level-triggered, one read per event is right: the rest is reported again',
  },
  'drain-forever': { level: ['greedy-client'], edge: { fails: ['greedy-client'] } },
  'ignore-eof': { level: SPINS_AFTER_EOF, edge: { fails: ['half-close'] } },
  'half-frame-thrown-away': { level: ['half-frame', 'byte-by-byte', 'split-length', 'pipeline'], either: ['order', 'rest-after-full'] },
  'one-read-one-command': { level: ['pipeline', 'order', 'rest-after-full'] },
  'write-takes-all': { level: ['rest-after-full'] },
  'always-writable': { level: ['idle', 'rest-after-full'], either: ['rest-after-eof'], edge: { fails: [] }, passes: ['idle'] },
  'accept-one-of-many': {
    level: [], edge: { fails: ['connect-together'], either: ALL.filter((name) => name !== 'connect-together'), kind: ANY }, passes: ['connect-together'],
    note: 'level-triggered, the listener is reported again and one accept per turn is right; edge-triggered, other probes may fail as well',
  },
  'timer-before-clients': {
    level: [], passes: ['timeout-alone', 'due-together'],
    note: 'a client that becomes ready while timers run waits for them in either order; if it is ready just when a timer is due, either may be first: Redis ends BLPOP before it polls',
  },
  'no-generation': {
    level: ['client-id'],
    note: 'a client id is used twice; an event that reaches the wrong connection makes that read its own socket, so no reply goes to the wrong client',
  },
  'blpop-sleeps-the-loop': { level: ['parked-client'] },
  'expiry-only-on-access': { level: ['active-expiry'] },
  'expire-all-at-once': { level: ['due-together'] },
  'sleep-without-timers': { level: ['timeout-alone'] },
};

function labs(): Subject[] {
  const defects = Object.entries(DEFECTS).flatMap(([name, { level, edge, either = [], passes = [], kind = LOOP }]) => {
    const levelTriggered = lab(['--fault', name], { kind, fails: level, either, passes });
    return edge === undefined ? [levelTriggered] : [levelTriggered, lab(['--fault', name, '--edge-triggered'], { kind, passes, ...edge })];
  });
  return [
    lab([], { kind: LOOP, fails: [] }),
    lab(['--edge-triggered'], { kind: LOOP, fails: [] }),
    lab(['--poller', 'portable'], { kind: LOOP, fails: [] }),
    lab(['--engine', 'loop'], { kind: LOOP, fails: [] }),
    lab(['--engine', 'sequential'], { kind: SEQUENTIAL, fails: DEFECTS['one-client-at-a-time']!.level! }),
    // At most 64 threads; expiry on access only.
    lab(['--engine', 'threads'], { kind: THREADS, fails: ['active-expiry', 'thousand-connections'], lacks: ['BLPOP', 'SET … PXAT'] }),
    ...defects,
  ];
}

function lab(flags: readonly string[], expected: Verdict): Subject {
  return program(`lab ${flags.join(' ')}`.trim(), [process.execPath, '--version'], expected, () => [process.execPath, MAIN, '--headless', '--port', '0', ...flags]);
}

/**
 * What a lesson leaves for a later one: 03 answers with what was sent, the keyspace stands in 05 and 06, whole writes in 07, lists in 08. Before 09 a socket is
 * read until it is empty, and again in 10, which is about other things.
 */
const SOLUTIONS: { readonly [name: string]: Partial<Verdict> & Pick<Verdict, 'fails'> } = {
  '03-many-clients': { kind: ['unknown'], fails: ['ping'] },
  '04-half-frames': { ...PING_ONLY, fails: ['greedy-client', ...PING_ONLY.fails] },
  '05-set-get': { lacks: SMALL, fails: ['greedy-client', 'expiry', 'rest-after-full'] },
  '06-expiry': { lacks: SMALL, fails: ['greedy-client', 'rest-after-full'] },
  '07-writing': { lacks: SMALL, fails: ['greedy-client', ...SMALLER.fails] },
  '08-parking': { lacks: ['ECHO', 'DBSIZE', 'CLIENT'], fails: ['greedy-client', ...PING_ONLY.fails] },
  '09-fairness': SMALLER,
  '10-propagation': { lacks: [...SMALL, 'ECHO'], fails: ['greedy-client', 'echo', 'expiry'] },
};

function solutions(): Subject[] {
  const names = readdirSync(LESSONS).filter((name) => SOLUTIONS[name] !== undefined);
  return names.map((name) =>
    program(`solution ${name}`, [process.execPath, '--version'], { kind: LOOP, ...SOLUTIONS[name]! }, () => [process.execPath, join(SERVERS, 'lesson.mjs'), name]));
}

type Modes = { readonly [mode: string]: Verdict };

const PYTHON: Modes = {
  threads: { kind: THREADS, lacks: SMALL, fails: [] },
  asyncio: { kind: LOOP, lacks: SMALL, fails: [] },
  selectors: { kind: LOOP, lacks: SMALL, fails: [] },
  sequential: { kind: SEQUENTIAL, lacks: SMALL, fails: ONE_AT_A_TIME },
  'one-read': { kind: THREADS, lacks: SMALL, fails: ['half-frame', 'byte-by-byte', 'split-length', 'pipeline', 'order', 'rest-after-full'] },
  busy: { kind: LOOP, lacks: SMALL, fails: ['idle', 'rest-after-eof', 'rest-after-full'] },
  writable: { kind: LOOP, lacks: SMALL, fails: ['idle', 'rest-after-full'] },
  'ignore-eof': { kind: LOOP, lacks: SMALL, fails: SPINS_AFTER_EOF },
  'blocking-write': { kind: LOOP, lacks: SMALL, fails: ['slow-reader'] },
  text: { kind: THREADS, lacks: SMALL, fails: ['binary'] },
  'no-expiry': { kind: THREADS, lacks: SMALL, fails: ['expiry'] },
  drains: { kind: LOOP, lacks: SMALL, fails: ['greedy-client'] },
  // Whichever probe leaves half a request disturbs the next one.
  'fd-state': { kind: ['event-loop', 'unknown'], lacks: SMALL, fails: ['reconnect'], either: ALL.filter((name) => name !== 'reconnect') },
};

const C: Modes = {
  fork: { kind: THREADS, ...SMALLER },
  select: { kind: LOOP, ...SMALLER },
  poll: { kind: LOOP, ...SMALLER },
  // A flood nearly always leaves half a request, for whose rest it waits.
  'poll-exact': { kind: LOOP, ...SMALLER, fails: ['unfinished-request', ...SMALLER.fails], either: ['greedy-client'] },
  'poll-strings': { kind: LOOP, ...SMALLER, fails: ['binary', ...SMALLER.fails] },
  'poll-drops': { kind: LOOP, ...SMALLER, fails: ['rest-after-full', ...SMALLER.fails] },
  // The busy client has replies that it has not read when it closes, which is a reset, too.
  'poll-dies': { kind: ['unknown'], ...PING_ONLY, fails: ['reset', ...PING_ONLY.fails], either: ['greedy-client'] },
};

const GO: Modes = {
  goroutines: { kind: THREADS, lacks: ['BLPOP', 'CLIENT', 'SET … PXAT'], fails: [] },
  // Its runtime lays goroutines on few threads.
  'own-map': { kind: ['threads', 'unknown'], lacks: ['BLPOP', 'CLIENT', 'SET … PXAT'], fails: ['set-get'], either: ['active-expiry'] },
};

const RUBY: Modes = {
  threads: { kind: THREADS, lacks: SMALL, fails: [] },
  seconds: { kind: LOOP, lacks: SMALL, fails: ['expiry'] },
  newlines: { kind: THREADS, lacks: SMALL, fails: ['binary'] },
};

const JAVA: Modes = {
  threads: { kind: THREADS, ...SMALLER },
  pool: { kind: ['threads', 'unknown'], ...SMALLER, fails: ['connect-together', 'thousand-connections', ...SMALLER.fails] },
  'ignore-eof': { kind: ['event-loop', 'unknown'], ...SMALLER, fails: [...SPINS_AFTER_EOF, ...SMALLER.fails] },
};

const NODE: Modes = {
  data: { kind: LOOP, lacks: SMALL, fails: [] },
  iterator: { kind: LOOP, lacks: SMALL, fails: [] },
  strings: { kind: LOOP, lacks: SMALL, fails: ['binary'] },
};

const modes = (language: string, needs: Subject['needs'], verdicts: Modes, command: (mode: string) => string[]): Subject[] =>
  Object.entries(verdicts).map(([mode, expected]) => program(`${language}: ${mode}`, needs, expected, () => command(mode)));

export const SUBJECTS: readonly Subject[] = [
  redis(),
  ...labs(),
  ...solutions(),
  ...modes('Node', [process.execPath, '--version'], NODE, (mode) => [process.execPath, 'server.mjs', mode]),
  ...modes('Python', ['python3', '--version'], PYTHON, (mode) => ['python3', 'server.py', mode]),
  ...modes('C', ['gcc', '--version'], C, (mode) => [compiled('c', 'server', 'gcc', '-O1', '-o'), mode]),
  ...modes('Go', ['go', 'version'], GO, (mode) => [compiled('go', 'server', 'go', 'build', '-o'), mode]),
  ...modes('Ruby', ['ruby', '--version'], RUBY, (mode) => ['ruby', 'server.rb', mode]),
  ...modes('Perl', ['perl', '-MIO::Select', '-e1'], { select: { kind: LOOP, ...PING_ONLY } }, () => ['perl', 'server.pl']),
  ...modes('Java', ['javac', '--version'], JAVA, (mode) => ['java', '-cp', dirname(compiled('java', 'Server.class', 'javac', '-d')), 'Server', mode]),
];

const installed = new Map<string, boolean>();

export function isInstalled({ needs: [command, ...args] }: Subject): boolean {
  const known = installed.get(command) ?? spawnSync(command, args, { stdio: 'ignore' }).status === 0;
  installed.set(command, known);
  return known;
}

let folder: string | null = null;
const programs = new Map<string, string>();

/** The path of `file`, into whose folder test/check/servers/server.EXTENSION is compiled once. */
function compiled(extension: string, file: string, compiler: string, ...args: readonly string[]): string {
  const known = programs.get(extension);
  if (known !== undefined) return known;
  if (folder === null) {
    folder = mkdtempSync(join(tmpdir(), 'redis-lab-check-'));
    atExit(() => rmSync(folder!, { recursive: true, force: true }));
  }
  const path = join(folder, extension, file);
  mkdirSync(dirname(path));
  const [source] = readdirSync(SERVERS).filter((name) => name.toLowerCase() === `server.${extension}`);
  // Go keeps the libraries that it has compiled below this folder, and takes long without them.
  const env = { ...process.env, XDG_CACHE_HOME: undefined };
  const { status, stderr } = spawnSync(compiler, [...args, extension === 'java' ? dirname(path) : path, join(SERVERS, source!)], { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${source}: ${stderr}`);
  programs.set(extension, path);
  return path;
}

/** What it prints first, or in its line that it is ready, is its port. */
const PORT = /^(\d+)\n|Ready to accept connections on 127\.0\.0\.1:(\d+)/;

function program(name: string, needs: Subject['needs'], expected: Verdict, command: () => readonly string[]): Subject {
  const start = async (): Promise<Running> => {
    const [file, ...args] = command() as [string, ...string[]];
    const child = spawn(file, args, { cwd: SERVERS, stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    const ended = new Promise<void>((done) => void child.once('exit', () => done()));
    // With the processes that it has forked.
    const kill = (): void => {
      try {
        process.kill(-child.pid!, 'SIGKILL');
      } catch {
        // They have ended.
      }
    };
    const cancelKill = atExit(kill);
    const stop = async (): Promise<void> => {
      cancelKill();
      kill();
      await ended;
    };
    let printed = '';
    for await (const chunk of child.stdout) {
      printed += String(chunk);
      const port = PORT.exec(printed);
      if (port === null) continue;
      return { port: Number(port[1] ?? port[2]), stop };
    }
    throw new Error(`${name} has ended before it listened: ${printed}`);
  };
  return { name, needs, expected, start };
}

function redis(): Subject {
  const start = async (): Promise<Running> => {
    const { port, close } = await startRedisServer();
    return { port, stop: close };
  };
  return { name: 'redis-server', needs: ['redis-server', '--version'], expected: { kind: LOOP, fails: [] }, start };
}

export interface Report {
  readonly kind: string;
  readonly evidence: readonly string[];
  readonly probes: readonly { readonly name: string; readonly result: string; readonly sent: string; readonly came: string; readonly means?: string }[];
  readonly stages: readonly { readonly name: string; readonly passes: boolean | null }[];
}

/** What is judged of a report. */
export type Told = Pick<Report, 'kind' | 'evidence' | 'probes'>;

/** Each verdict that is wrong, in words. `cannot tell` is never wrong. */
export function wrongVerdicts({ kind, evidence, probes }: Told, expected: Verdict): string[] {
  const wrong = probes.filter(({ name, result }) => {
    if (result === 'cannot tell' || expected.either?.includes(name)) return false;
    return expected.fails.includes(name) !== (result === 'fail');
  });
  const isKind = kind === 'unknown' || (expected.kind as readonly string[]).includes(kind);
  return [...wrong.map(({ name, result, came }) => `${name}: ${result} (${came})`), ...(isKind ? [] : [`kind: ${kind} (${evidence.join('; ')})`])];
}

/** What could not be told although nothing is lacking. */
export function openVerdicts({ kind, evidence, probes }: Told, expected: Verdict): string[] {
  const reasons = ['the server has ended', 'it does not answer PING', ...(expected.lacks ?? []).map((command) => `it has no ${command}`)];
  const open = probes.filter(({ result, came }) => result === 'cannot tell' && !reasons.some((reason) => came.includes(reason)));
  const isOpen = kind === 'unknown' && !(expected.kind as readonly string[]).includes('unknown');
  return [...open.map(({ name, came }) => `${name}: cannot tell (${came})`), ...(isOpen ? [`kind: unknown (${evidence.join('; ')})`] : [])];
}
