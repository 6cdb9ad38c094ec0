/**
 * What kind of server it is, judged by who waits for whom and, where its process can be seen, by its threads.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest } from '../server/index.js';
import type { Text } from '../shared/language.js';
import type { Finding } from './probe.js';
import { timesSince } from './process.js';
import { type Target, until } from './target.js';
import { isError, show, type WireClient } from './wire.js';

export type Kind = 'sequential' | 'threads' | 'event-loop' | 'unknown';

export interface Judgement {
  readonly kind: Kind;
  readonly evidence: readonly Text[];
}

/** @param second what became of the probe `second-client` */
export async function judgeKind(target: Target, second: Finding): Promise<Judgement> {
  if (second.result === 'fail') {
    const en = 'a second client is not served while the first one stays';
    return { kind: 'sequential', evidence: [{ en, ko: '첫 클라이언트가 머무는 동안 두 번째를 처리하지 않습니다' }] };
  }
  const growth = await growthWithClients(target);
  if (growth?.kind === 'threads') return growth;
  const waits = await whoWaits(target);
  if (waits !== null) return { kind: waits.kind, evidence: [...(growth?.evidence ?? []), ...waits.evidence] };
  const spread = await spreadOfLoad(target);
  if (spread !== null) return { kind: spread.kind, evidence: [...(growth?.evidence ?? []), ...spread.evidence] };
  const nothing = { en: 'it has no command that takes long, so nobody can be seen waiting', ko: '오래 걸리는 명령이 없어 누가 기다리는지 볼 수 없습니다' };
  return { kind: 'unknown', evidence: [...(growth?.evidence ?? []), nothing] };
}

const CLIENTS = 20;

/** Threads or processes for each connection; null: its process cannot be seen. */
async function growthWithClients(target: Target): Promise<Judgement | null> {
  const { process: server } = target;
  if (server === null) return null;
  // What the probes before have used may still be ending.
  await sleep(300);
  const before = server.view();
  const clients = await target.openMany(CLIENTS);
  for (const client of clients) await client.ask('PING');
  let now = server.view();
  const grown = (): number => now.threads - before.threads;
  await until(() => {
    now = server.view();
    return grown() >= CLIENTS / 2;
  }, 300);
  for (const client of clients) client.close();
  const [threads, processes] = [grown(), now.processes - before.processes];
  if (threads < CLIENTS / 2) {
    const ko = `스레드 ${now.threads}개, 클라이언트 ${CLIENTS}개가 있어도 그대로입니다`;
    return { kind: 'unknown', evidence: [{ en: `${now.threads} thread${now.threads === 1 ? '' : 's'}, with ${CLIENTS} clients as without`, ko }] };
  }
  const en = processes >= CLIENTS / 2 ? `${processes} more processes` : `${threads} more threads`;
  const ko = processes >= CLIENTS / 2 ? `프로세스가 ${processes}개` : `스레드가 ${threads}개`;
  return { kind: 'threads', evidence: [{ en: `${en} with ${CLIENTS} more clients`, ko: `클라이언트가 ${CLIENTS}개 늘자 ${ko} 늘었습니다` }] };
}

const SLOW_MS = 400;
/** A script that computes for as long, where there is no DEBUG SLEEP. */
const SCRIPT = `local t=redis.call('TIME') local e=t[1]+t[2]/1000000+${SLOW_MS / 1000} repeat t=redis.call('TIME') until t[1]+t[2]/1000000>=e return 1`;

/** One command that takes long: who waits for it? Null: there is none. */
async function whoWaits(target: Target): Promise<Judgement | null> {
  const slow = await slowCommand(target);
  if (slow === null) return null;
  const [busy, other] = [await target.open(), await target.open()];
  await other.ask('PING');
  const startMs = performance.now();
  busy.send(encodeRequest(slow));
  await sleep(SLOW_MS / 4);
  const reply = await other.ask('PING');
  const [waitedMs, hasWaited] = [performance.now() - startMs, busy.pending > 0];
  if (isError(reply)) return null;
  await busy.next();
  const command = slow[0] === 'EVAL' ? 'a script (EVAL)' : 'DEBUG SLEEP';
  if (hasWaited || waitedMs >= SLOW_MS * 0.9) {
    const en = `while one client ran ${command} for ${SLOW_MS} ms, the others waited`;
    return { kind: 'event-loop', evidence: [{ en, ko: `한 클라이언트가 ${SLOW_MS} ms 동안 ${command} 명령을 실행하자 나머지가 기다렸습니다` }] };
  }
  const en = `while one client ran ${command} for ${SLOW_MS} ms, another one got ${show(reply)}`;
  return { kind: 'threads', evidence: [{ en, ko: `한 클라이언트가 ${SLOW_MS} ms 동안 ${command} 명령을 실행하는 사이 다른 클라이언트가 ${show(reply)} 응답을 받았습니다` }] };
}

async function slowCommand(target: Target): Promise<readonly string[] | null> {
  if (await target.knows('DEBUG', 'SLEEP', '0')) return ['DEBUG', 'SLEEP', String(SLOW_MS / 1000)];
  return (await target.knows('EVAL', 'return 1', '0')) ? ['EVAL', SCRIPT, '0'] : null;
}

const LOAD_CLIENTS = 8;
const LOAD_MS = 500;
/** Less processor time is too little to tell; where others are busy too, that takes a while. */
const LEAST_MS = 50;
const MOST_ROUNDS = 10;

/** Clients that ask as fast as they are answered: does one thread serve them, or several? Null: that cannot be seen. */
async function spreadOfLoad(target: Target): Promise<Judgement | null> {
  const { process: server } = target;
  if (server === null) return null;
  const clients = await target.openMany(LOAD_CLIENTS);
  const before = server.view().times;
  let used: readonly number[] = [];
  let all = 0;
  for (let round = 0; round < MOST_ROUNDS && all < LEAST_MS; round++) {
    const endMs = performance.now() + LOAD_MS;
    await Promise.all(clients.map((client) => hammer(client, endMs)));
    used = [...timesSince(before, server.view().times).values()].map(({ running }) => running);
    all = used.reduce((sum, ms) => sum + ms, 0);
  }
  for (const client of clients) client.close();
  if (all < LEAST_MS) return null;
  const busiest = Math.max(...used);
  const share = Math.round((busiest / all) * 100);
  const ko = `클라이언트 ${LOAD_CLIENTS}개가 부하를 주자 가장 바쁜 스레드가 일의 ${share} %를 했습니다`;
  const evidence = [{ en: `under load from ${LOAD_CLIENTS} clients its busiest thread did ${share} % of the work`, ko }];
  if (share >= 80) return { kind: 'event-loop', evidence };
  // A loop may have a second thread that does its input and output.
  const working = used.filter((ms) => ms > all / 10).length;
  return { kind: working > 2 ? 'threads' : 'unknown', evidence };
}

async function hammer(client: WireClient, endMs: number): Promise<void> {
  const request = encodeRequest(['PING']).repeat(50);
  while (performance.now() < endMs) {
    client.send(request);
    await client.take(50);
  }
}

