/**
 * The probe of many keys that expire at the same moment. One client sends DBSIZE continuously, many at a time: its replies are in the order in which the server
 * has executed them, so they show whether it was served while the keys were deleted, however late the replies are read.
 *
 *   replies     100000 100000 100000 91200 82800 …   in parts, with clients in between
 *               100000 100000 100000 0 0 0 …          all at once, while requests that were already there waited
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { encodeRequest, type Reply } from '../../server/index.js';
import type { Text } from '../../shared/language.js';
import { cannotTell, fail, type Finding, pass, type Probe } from '../probe.js';
import { isError, show, textOf, Unexpected, type WireClient } from '../wire.js';

/** More than a server with a limited cycle deletes in one: Redis limits it to 25 ms, in which it deletes about 30,000. */
const MOST_KEYS = 100_000;
/** A server that is slow at writing also deletes slowly. */
const LEAST_KEYS = 50_000;
/** Keys written at a time; the first ones show for how many there is time. */
const WRITTEN = 5000;
const WRITING_MS = 10_000;
/** Time allowed for writing, relative to the estimate. */
const WRITING_SHARE = 1.5;
const SPARE_MS = 500;
/** The first DBSIZE is sent this long before the keys are due. */
const EARLIER_MS = 100;
/** Size of a batch: the kernel takes it at once, and it is more than a loop with one read per event reads in one turn. */
const BATCH = 4000;
const DBSIZE = Buffer.from(encodeRequest(['DBSIZE']).repeat(BATCH), 'latin1');
/** Share of the keys: with so few missing none counts as deleted, with so few left all do. */
const FEW = 0.02;
/** Factor for the timeout until they are gone. */
const GONE_PATIENCE = 2;

const keyOf = (prefix: string, at: number): string => `${prefix}:${at}`;

export const dueTogether: Probe = {
  name: 'due-together',
  writes: true,
  asks: { en: 'Are clients served while many keys expire that are due at the same moment?', ko: '같은 순간에 만료되는 많은 키를 지우는 동안에도 클라이언트를 처리합니까?' },
  sent: {
    en: `up to ${MOST_KEYS} keys with the same PXAT; from then on DBSIZE, ${BATCH} at a time`,
    ko: `PXAT이 같은 키 ${MOST_KEYS}개까지; 그때부터 DBSIZE를 ${BATCH}개씩`,
  },
  pass: { en: 'Expired keys are deleted in pieces, and clients have their turns in between.', ko: '만료된 키를 조금씩 나누어 지우고, 그 사이에 클라이언트를 처리합니다.' },
  fail: {
    en: 'All keys that are due are deleted in one go, however many they are: everybody waits until the last one is gone.',
    ko: '만료된 키가 아무리 많아도 한 번에 모두 지웁니다. 마지막 키까지 모두가 기다립니다.',
  },
  look: 'redis.io/commands/expire (how Redis expires keys); expire.c, activeExpireCycle: its limit of time',
  needs: ['DBSIZE'],
  async run(target) {
    const client = await target.open();
    const prefix = target.key('due');
    const before = Number(await client.ask('DBSIZE'));
    try {
      const written = await writeKeys(client, prefix, before);
      if ('result' in written) return written;
      await sleep(Math.max(0, written.dueMs - (await serverTime(client)) - EARLIER_MS));
      return await watch(client, before, written.keys, GONE_PATIENCE * target.patienceMs);
    } finally {
      if (client.ended === null) await deleteKeys(client, prefix);
    }
  },
};

/** Unix time of the server in ms; without TIME, that of this machine. */
async function serverTime(client: WireClient): Promise<number> {
  const reply = await client.ask('TIME');
  if (!Array.isArray(reply) || reply.length !== 2) return Date.now();
  return Number(textOf(reply[0])) * 1000 + Number(textOf(reply[1])) / 1000;
}

/** Writes all keys before they are due, or returns why not. */
async function writeKeys(client: WireClient, prefix: string, before: number): Promise<{ readonly dueMs: number; readonly keys: number } | Finding> {
  try {
    const startMs = performance.now();
    const refusal = await write(client, prefix, 0, (await serverTime(client)) + WRITING_MS);
    if (refusal !== null) return cannotTell({ en: `it has no SET … PXAT: ${show(refusal)}`, ko: `SET … PXAT이 없음: ${show(refusal)}` });
    const msForEach = (performance.now() - startMs) / WRITTEN;
    const keys = Math.min(MOST_KEYS, WRITTEN * Math.floor(WRITING_MS / msForEach / WRITTEN));
    if (keys < LEAST_KEYS) return cannotTell(tooSlow);
    const dueMs = Math.ceil((await serverTime(client)) + WRITING_SHARE * keys * msForEach + SPARE_MS);
    for (let at = 0; at < keys; at += WRITTEN) {
      const error = await write(client, prefix, at, dueMs);
      if (error !== null) return cannotTell({ en: `SET of key ${at}: ${show(error)}`, ko: `${at}번째 키의 SET: ${show(error)}` });
    }
    const count = Number(await client.ask('DBSIZE')) - before;
    if ((await serverTime(client)) > dueMs - EARLIER_MS) return cannotTell(tooSlow);
    return count === keys ? { dueMs, keys } : cannotTell({ en: `DBSIZE has grown by ${count}, not by ${keys}`, ko: `DBSIZE가 ${keys}이 아니라 ${count}만큼 늘어남` });
  } catch (error) {
    // Problems with pipelines are the subject of another probe.
    if (error instanceof Unexpected) return cannotTell(error.at({ en: `SET, ${WRITTEN} at a time`, ko: `SET ${WRITTEN}개씩` }).text);
    throw error;
  }
}

const tooSlow: Text = { en: `to write ${LEAST_KEYS} keys takes too long`, ko: `키 ${LEAST_KEYS}개를 쓰는 데 너무 오래 걸림` };

/** Null, or the first error. */
async function write(client: WireClient, prefix: string, from: number, dueMs: number): Promise<Reply> {
  const due = String(Math.ceil(dueMs));
  let requests = '';
  for (let at = from; at < from + WRITTEN; at++) requests += encodeRequest(['SET', keyOf(prefix, at), 'x', 'PXAT', due]);
  client.send(requests);
  return (await client.take(WRITTEN)).find(isError) ?? null;
}

/** Deletes the keys that are left. A server that never expires keys deletes them here. */
async function deleteKeys(client: WireClient, prefix: string): Promise<void> {
  for (let from = 0; from < MOST_KEYS; from += WRITTEN) {
    await client.ask('DEL', ...Array.from({ length: WRITTEN }, (_, at) => keyOf(prefix, from + at)));
  }
}

/** Where the number of keys fell from all to none. */
type Fall = 'within a batch' | 'between two batches';

/** Sends batches until some keys are gone and others are not, or all are gone. */
async function watch(client: WireClient, before: number, keys: number, mostMs: number): Promise<Finding> {
  let isWhole = sendBatch(client);
  let left = keys;
  for (const endMs = performance.now() + mostMs; performance.now() < endMs; ) {
    // The next batch has arrived completely when this one has been answered.
    const isNextWhole = sendBatch(client);
    for (const [at, reply] of (await client.take(BATCH)).entries()) {
      const now = Number(reply) - before;
      if (now > keys * FEW && now < keys * (1 - FEW)) return pass({ en: `DBSIZE ${left}, then ${now}`, ko: `DBSIZE ${left}, 그 뒤 ${now}` });
      if (now <= keys * FEW) return fell(left, now, isWhole && at > 0 ? 'within a batch' : 'between two batches');
      left = now;
    }
    isWhole = isNextWhole;
  }
  return cannotTell({ en: `${left} keys that are due are still there, see active-expiry`, ko: `만료된 키 ${left}개가 아직 남아 있음(active-expiry 참고)` });
}

/** False if the kernel did not take it at once. */
function sendBatch(client: WireClient): boolean {
  client.send(DBSIZE);
  return client.unsentBytes === 0;
}

/** Between two batches the server may have had nothing else to do. */
function fell(from: number, to: number, where: Fall): Finding {
  const came = { en: `DBSIZE is ${from}, and for the next request, which was there already, ${to}`, ko: `DBSIZE가 ${from}, 이미 와 있던 다음 요청에는 ${to}` };
  if (where === 'within a batch') return fail(came);
  return cannotTell({ en: `DBSIZE ${from}, then ${to}, between two batches of requests`, ko: `DBSIZE ${from}, 그 뒤 ${to}; 두 요청 묶음 사이` });
}
