/**
 * Determines the kind of a server by which clients wait for which and, where its process can be inspected, by its threads.
 */
import { encodeRequest } from '../server/index.js';
import type { Text } from '../shared/language.js';
import { type ServerProcess, timesSince } from './process.js';
import type { Target } from './target.js';
import { isError, isPong, PATIENCE_MS, Unexpected, type WireClient } from './wire.js';

export type Kind = 'sequential' | 'threads' | 'event-loop' | 'unknown';

export interface Judgement {
  readonly kind: Kind;
  readonly evidence: readonly Text[];
}

/** Methods that can show the kind, tried in order; each resolves with null if it can show nothing here. */
const METHODS: readonly ((target: Target) => Promise<Judgement | null>)[] = [oneAfterAnother, growthWithClients, whoWaits, spreadOfLoad];

export async function judgeKind(target: Target): Promise<Judgement> {
  const evidence: Text[] = [];
  for (const method of METHODS) {
    let isTrouble = false;
    const judgement = await method(target).catch((error: unknown) => {
      if (!(error instanceof Unexpected)) throw error;
      isTrouble = true;
      return unknown(error.text);
    });
    target.closeAll();
    evidence.push(...(judgement?.evidence ?? []));
    if (judgement !== null && judgement.kind !== 'unknown') return { kind: judgement.kind, evidence };
    // Further verdicts about a server that does not serve even a few clients would mislead.
    if (isTrouble) return { kind: 'unknown', evidence };
  }
  const nothing = { en: 'nothing shows who waits for whom: it has no command that takes long', ko: '누가 누구를 기다리는지 드러나지 않습니다: 오래 걸리는 명령이 없습니다' };
  return { kind: 'unknown', evidence: [...evidence, nothing] };
}

const unknown = (...evidence: readonly Text[]): Judgement => ({ kind: 'unknown', evidence });

/** The test is repeated with the longer time, so that a server that is only late is not taken for one that waits. */
const SECOND_CLIENT_PATIENCE = [1, 3];

/** Tests whether a second client is served when the first has gone, and not before. */
async function oneAfterAnother(target: Target): Promise<Judgement | null> {
  for (const patience of SECOND_CLIENT_PATIENCE) {
    const [first, second] = [await target.open(), await target.open()];
    await first.ask('PING');
    second.send(encodeRequest(['PING']));
    if (await second.next(patience * target.firstPatienceMs).then(isPong, () => false)) return null;
    first.close();
    if (!isPong(await second.next(3 * target.firstPatienceMs))) return null;
    second.close();
  }
  const en = 'a second client is served when the first has gone, and not before';
  return { kind: 'sequential', evidence: [{ en, ko: '첫 클라이언트가 떠난 뒤에야 두 번째를 처리합니다' }] };
}

const CLIENTS = 20;

/** Counts threads or processes per connection; null: its process cannot be inspected. */
async function growthWithClients(target: Target): Promise<Judgement | null> {
  const { process: server } = target;
  if (server === null) return null;
  const before = server.view();
  const clients = await target.openMany(CLIENTS);
  for (const client of clients) await client.ask('PING');
  const now = server.view();
  // Threads of earlier probes may be ending: only new ones count.
  const threads = [...now.times.keys()].filter((thread) => !before.times.has(thread)).length;
  const processes = [...now.processes].filter((pid) => !before.processes.has(pid)).length;
  if (threads < CLIENTS / 2) {
    const [few, count] = [`${threads} new thread${threads === 1 ? '' : 's'} with ${CLIENTS} more clients`, now.times.size];
    return unknown({ en: `${few}; it has ${count}`, ko: `클라이언트가 ${CLIENTS}개 늘자 새 스레드 ${threads}개; 모두 ${count}개` });
  }
  const en = processes >= CLIENTS / 2 ? `${processes} more processes` : `${threads} more threads`;
  const ko = processes >= CLIENTS / 2 ? `프로세스가 ${processes}개` : `스레드가 ${threads}개`;
  return { kind: 'threads', evidence: [{ en: `${en} with ${CLIENTS} more clients`, ko: `클라이언트가 ${CLIENTS}개 늘자 ${ko} 늘었습니다` }] };
}

const SLOW_MS = 400;
/** Two rounds one after the other must agree; each takes twice as long as the one before. */
const MOST_SLOW_ROUNDS = 4;
/** A script that runs for a number of seconds, if there is no DEBUG SLEEP. */
const script = (seconds: number): string =>
  `local t=redis.call('TIME') local e=t[1]+t[2]/1000000+${seconds} repeat t=redis.call('TIME') until t[1]+t[2]/1000000>=e return 1`;

/** Runs one slow command and finds out which clients wait for it. Null: there is no such command. */
async function whoWaits(target: Target): Promise<Judgement | null> {
  const name = await slowCommand(target);
  if (name === null) return null;
  let last: boolean | null = null;
  for (let round = 0; round < MOST_SLOW_ROUNDS; round++) {
    const ms = SLOW_MS * 2 ** round;
    const wait = await otherWaits(target, name, ms);
    if (wait === null) return null;
    if (wait === last) return wait ? slowHoldsUpAll(name, ms) : slowHoldsUpNobody(name, ms);
    last = wait;
  }
  return null;
}

const slowHoldsUpAll = (name: string, ms: number): Judgement => {
  const en = `while one client ran ${name} for ${ms} ms, the others waited`;
  return { kind: 'event-loop', evidence: [{ en, ko: `한 클라이언트가 ${ms} ms 동안 ${name} 명령을 실행하자 나머지가 기다렸습니다` }] };
};

const slowHoldsUpNobody = (name: string, ms: number): Judgement => {
  const en = `while one client ran ${name} for ${ms} ms, another one got +PONG`;
  return { kind: 'threads', evidence: [{ en, ko: `한 클라이언트가 ${ms} ms 동안 ${name} 명령을 실행하는 사이 다른 클라이언트가 +PONG 응답을 받았습니다` }] };
};

/** True if another client gets its reply after that of the slow command, judged by order, not by time. Null: the slow command failed. */
async function otherWaits(target: Target, name: string, ms: number): Promise<boolean | null> {
  const [busy, other] = [await target.open(), await target.open()];
  await other.ask('PING');
  await target.sendAlone(busy, encodeRequest(name === 'EVAL' ? ['EVAL', script(ms / 1000), '0'] : ['DEBUG', 'SLEEP', String(ms / 1000)]));
  other.send(encodeRequest(['PING']));
  await other.next(ms + 3 * PATIENCE_MS);
  const waited = busy.pending > 0;
  const reply = await busy.next(ms + 3 * PATIENCE_MS);
  return isError(reply) ? null : waited;
}

async function slowCommand(target: Target): Promise<'DEBUG SLEEP' | 'EVAL' | null> {
  if ((await target.lacks('DEBUG', 'SLEEP', '0')) === null) return 'DEBUG SLEEP';
  return (await target.lacks('EVAL', 'return 1', '0')) === null ? 'EVAL' : null;
}

const LOAD_CLIENTS = 8;
const LOAD_MS = 400;
const PIPELINED = 200;
/** With less processor time the result is inconclusive; on a busy machine it takes a while to use that much. */
const LEAST_MS = 50;
const MOST_ROUNDS = 20;
/** At first a runtime compiles the code that runs often, in threads of its own: an inconclusive measurement is repeated. */
const MOST_MEASUREMENTS = 4;
/** Least share of the work done by the thread of a loop; its runtime has others that compile and collect. */
const LOOP_SHARE = 0.8;
/** Least and greatest share of a thread among several, and how many threads must have such a share. */
const THREAD_SHARES = [0.05, 0.35] as const;
const LEAST_THREADS = 6;

/** Lets clients send as fast as they are answered: does one thread serve them, or several? Null: that cannot be seen. */
async function spreadOfLoad(target: Target): Promise<Judgement | null> {
  const { process: server } = target;
  if (server === null) return null;
  const clients = await target.openMany(LOAD_CLIENTS);
  const load = (): Promise<unknown> => Promise.all(clients.map((client) => hammer(client, performance.now() + LOAD_MS)));
  await load();
  let judgement: Judgement | null = null;
  for (let measurement = 0; measurement < MOST_MEASUREMENTS && (judgement?.kind ?? 'unknown') === 'unknown'; measurement++) {
    const used = await timesUnderLoad(server, load);
    if (used === null) break;
    judgement = judgeSpread(used);
  }
  return judgement;
}

/** Processor time of each thread of the server under load, in ms. Null: too little to tell anything. */
async function timesUnderLoad(server: ServerProcess, load: () => Promise<unknown>): Promise<readonly number[] | null> {
  const before = server.view().times;
  for (let round = 0; round < MOST_ROUNDS; round++) {
    await load();
    const used = [...timesSince(before, server.view().times).values()].map(({ running }) => running);
    if (sum(used) >= LEAST_MS) return used;
  }
  return null;
}

const sum = (times: readonly number[]): number => times.reduce((total, ms) => total + ms, 0);

function judgeSpread(used: readonly number[]): Judgement {
  const all = sum(used);
  const share = Math.max(...used) / all;
  const percent = Math.round(share * 100);
  const ko = `클라이언트 ${LOAD_CLIENTS}개가 부하를 주자 가장 바쁜 스레드가 일의 ${percent} %를 했습니다`;
  const evidence = [{ en: `under load from ${LOAD_CLIENTS} clients its busiest thread did ${percent} % of the work`, ko }];
  if (share >= LOOP_SHARE) return { kind: 'event-loop', evidence };
  const [least, most] = THREAD_SHARES;
  const working = used.filter((ms) => ms > all * least).length;
  return { kind: share <= most && working >= LEAST_THREADS ? 'threads' : 'unknown', evidence };
}

async function hammer(client: WireClient, endMs: number): Promise<void> {
  const request = encodeRequest(['PING']).repeat(PIPELINED);
  while (performance.now() < endMs) {
    client.send(request);
    await client.take(PIPELINED);
  }
}
