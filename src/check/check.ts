/**
 * Check: runs one probe after another on a server, and judges the results.
 *
 *   probes, each with its own connections ──▶ kind ──▶ stages ──▶ report
 */
import type { Text } from '../shared/language.js';
import { type Judgement, judgeKind } from './kind.js';
import { cannotTell, fail, type Finding, type Probe } from './probe.js';
import { halfClose, halfFrameHolds, manyClients, reset, secondClient, slowReader } from './probes/clients.js';
import { connectTogether } from './probes/connect-together.js';
import { dueTogether } from './probes/due-together.js';
import { greedyClient } from './probes/greedy-client.js';
import { activeExpiry, echo, expiry, parked, setGet, timeout } from './probes/keys.js';
import { afterEof, afterFull, idle } from './probes/load.js';
import { binary, byteByByte, halfFrame, manyPings, order, ping, pipeline, splitLength } from './probes/protocol.js';
import { clientId, reconnect } from './probes/successors.js';
import type { Target } from './target.js';
import { OwnLimit, Unexpected } from './wire.js';

export const PROBES: readonly Probe[] = [
  ping, manyPings, secondClient, echo, setGet, expiry, activeExpiry, halfFrame, byteByByte, splitLength, halfFrameHolds, pipeline, order, binary, slowReader,
  greedyClient,
  halfClose, reset, reconnect, clientId, parked, timeout, dueTogether, idle, afterEof, afterFull, connectTogether, manyClients,
];

export interface Stage {
  readonly name: Text;
  /** The stage is passed if all of these pass. */
  readonly probes: readonly Probe[];
  /** What has to be implemented. */
  readonly task: Text;
}

/** The first stages of the challenge "build your own Redis". */
export const STAGES: readonly Stage[] = [
  { name: { en: 'bind to a port', ko: '포트에 바인드' }, probes: [], task: { en: 'socket(2), bind(2), listen(2)', ko: 'socket(2), bind(2), listen(2)' } },
  {
    name: { en: 'respond to PING', ko: 'PING에 응답' },
    probes: [ping],
    task: { en: 'accept a connection and write +PONG\\r\\n to it', ko: '연결을 accept하고 +PONG\\r\\n을 씁니다' },
  },
  {
    name: { en: 'respond to multiple PINGs', ko: '여러 PING에 응답' },
    probes: [ping, manyPings],
    task: { en: 'read again after each reply, until a read returns 0 bytes', ko: '응답한 뒤 read가 0바이트를 돌려줄 때까지 다시 읽습니다' },
  },
  {
    name: { en: 'handle concurrent clients', ko: '동시 클라이언트 처리' },
    probes: [ping, manyPings, secondClient],
    task: {
      en: 'ask one poll about the listener and all clients, and read only from those that are ready: an event loop (or a thread for each client)',
      ko: '하나의 poll에 리스너와 모든 클라이언트를 등록하고 준비된 것만 읽습니다: 이벤트 루프(또는 클라이언트마다 스레드)',
    },
  },
  {
    name: { en: 'implement ECHO', ko: 'ECHO 구현' },
    probes: [echo],
    task: {
      en: 'take the words out of the request (*2, $4, ECHO, $n, the text), and answer the text as $n, CR LF, the text, CR LF',
      ko: '요청에서 단어를 꺼내고(*2, $4, ECHO, $n, 텍스트) $n, CR LF, 텍스트, CR LF로 답합니다',
    },
  },
  {
    name: { en: 'implement SET and GET', ko: 'SET과 GET 구현' },
    probes: [setGet],
    task: { en: 'one map for all connections; SET answers +OK, and GET of a missing key $-1', ko: '모든 연결이 하나의 맵을 씁니다. SET은 +OK, 없는 키의 GET은 $-1로 답합니다' },
  },
  {
    name: { en: 'expiry', ko: '만료' },
    probes: [expiry],
    task: {
      en: 'SET … PX ms: keep the time at which the key is due, and answer GET with $-1 from then on',
      ko: 'SET … PX ms: 만료 시각을 저장하고, 그때부터 GET에 $-1로 답합니다',
    },
  },
];

/** Time limit of a probe; a server that answers each request late would take hours. */
const PROBE_MS = 45_000;

export interface ProbeReport extends Finding {
  readonly probe: Probe;
  /** False: the probe was skipped as useless. */
  readonly isAsked: boolean;
}

export interface StageReport {
  readonly stage: Stage;
  /** Null: not all of its probes were run, or they could not tell. */
  readonly isPassed: boolean | null;
}

export interface Report {
  readonly probes: readonly ProbeReport[];
  readonly judgement: Judgement;
  readonly stages: readonly StageReport[];
}

/**
 * Call it after {@link Target.greet} has found a server.
 *
 * @param silent why it does not answer PING; null: it does
 * @param only the probes to run
 * @param told is called with each result as soon as it is known
 */
export async function check(target: Target, silent: Text | null, only: readonly Probe[], told: (report: ProbeReport) => void): Promise<Report> {
  const probes: ProbeReport[] = [];
  let useless = silent === null ? null : { en: 'it does not answer PING', ko: 'PING에 답하지 않음' };
  const askOf = async (probe: Probe): Promise<void> => {
    const isAsked = useless === null || probe === ping;
    let finding = isAsked ? await ask(probe, target) : cannotTell(useless!);
    if (useless === null && (await target.hasEnded())) {
      useless = { en: 'the server has ended', ko: '서버가 끝났음' };
      finding = fail({ en: `${finding.came.en}; the server has ended: it no longer listens`, ko: `${finding.came.ko}; 서버가 끝났음: 이제 듣는 쪽이 없음` });
    }
    const report = { probe, isAsked, ...finding };
    probes.push(report);
    told(report);
  };
  // Further verdicts about a server that does not answer PING would mislead.
  const asked = silent === null ? only : [ping, ...only.filter((probe) => probe !== ping)];
  for (const probe of asked.filter(({ exhausts }) => exhausts === undefined)) await askOf(probe);
  const judgement: Judgement = useless === null ? await judgeKind(target) : { kind: 'unknown', evidence: [useless] };
  for (const probe of asked.filter(({ exhausts }) => exhausts === true)) await askOf(probe);
  await target.cleanUp();
  return { probes, judgement, stages: STAGES.map((stage) => ({ stage, isPassed: passed(stage, probes) })) };
}

const NOT_EMPTY: Text = { en: 'the database is not empty: --yes allows keys to be written', ko: '데이터베이스가 비어 있지 않음: --yes를 주면 키를 씀' };

/** Runs a probe, and if it does not pass, once more with longer timeouts: the server may only be late. */
async function ask(probe: Probe, target: Target): Promise<Finding> {
  if (probe.writes === true && !target.mayWrite) return cannotTell(NOT_EMPTY);
  const lack = probe.needs === undefined ? null : await target.lacks(...probe.needs);
  if (lack !== null) return cannotTell(lack);
  if (probe.once !== true) {
    const finding = await askOnce(probe, target);
    if (finding.result === 'pass' || (await target.hasEnded())) return finding;
  }
  return target.patiently(() => askOnce(probe, target));
}

async function askOnce(probe: Probe, target: Target): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(cannotTell({ en: `no end within ${PROBE_MS / 1000} s`, ko: `${PROBE_MS / 1000}초 안에 끝나지 않음` })), PROBE_MS);
  });
  const found = probe.run(target).catch((error: unknown): Finding => {
    if (error instanceof OwnLimit || (error instanceof Unexpected && error.trouble === 'not now')) return cannotTell(error.text);
    if (error instanceof Unexpected) return fail(error.text);
    throw error;
  });
  const finding = await Promise.race([found, over]);
  clearTimeout(timer);
  target.closeAll();
  return finding;
}

function passed({ probes: needed }: Stage, reports: readonly ProbeReport[]): boolean | null {
  const asked = needed.map((probe) => reports.find((report) => report.probe === probe && report.isAsked));
  if (asked.includes(undefined)) return null;
  const results = asked.map((report) => report!.result);
  if (results.includes('fail')) return false;
  return results.every((result) => result === 'pass') ? true : null;
}
