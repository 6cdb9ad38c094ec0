/**
 * Check: asks a server one probe after another, and judges what it is.
 *
 *   probes, each with connections of its own ──▶ kind ──▶ stages ──▶ report
 */
import { type Judgement, judgeKind } from './kind.js';
import { cannotTell, fail, type Finding, type Probe } from './probe.js';
import { halfClose, halfFrameHolds, manyClients, reset, secondClient, slowReader } from './probes/clients.js';
import { activeExpiry, echo, expiry, setGet } from './probes/keys.js';
import { afterEof, afterFull, idle } from './probes/load.js';
import { binary, byteByByte, halfFrame, manyPings, order, ping, pipeline, splitLength } from './probes/protocol.js';
import type { Target } from './target.js';
import { PATIENCE_MS, Unexpected } from './wire.js';

export const PROBES: readonly Probe[] = [
  ping, manyPings, secondClient, echo, setGet, expiry, activeExpiry, halfFrame, byteByByte, splitLength, halfFrameHolds, pipeline, order, binary, slowReader,
  halfClose, reset, manyClients, idle, afterEof, afterFull,
];

/** The first stages of the challenge "build your own Redis", each with the probes that it takes. */
export const STAGES: readonly { readonly name: string; readonly probes: readonly Probe[] }[] = [
  { name: 'bind to a port', probes: [] },
  { name: 'respond to PING', probes: [ping] },
  { name: 'respond to multiple PINGs', probes: [ping, manyPings] },
  { name: 'handle concurrent clients', probes: [ping, manyPings, secondClient] },
  { name: 'implement ECHO', probes: [echo] },
  { name: 'implement SET and GET', probes: [setGet] },
  { name: 'expiry', probes: [expiry] },
];

/** Times the patience with a reply, when a probe is asked for the second time. */
const SECOND_PATIENCE = 3;

/** A probe may take so long in all; a server that answers each request late would take hours. */
const PROBE_MS = 45_000;

export interface ProbeReport extends Finding {
  readonly probe: Probe;
}

export interface StageReport {
  readonly name: string;
  /** Null: not all of its probes were asked, or they could not tell. */
  readonly isPassed: boolean | null;
}

export interface Report {
  readonly probes: readonly ProbeReport[];
  readonly judgement: Judgement;
  readonly stages: readonly StageReport[];
}

/**
 * To be called when {@link Target.greet} has found a server.
 *
 * @param only the probes to ask
 * @param told is called with each as soon as it is known
 */
export async function check(target: Target, only: readonly Probe[], told: (report: ProbeReport) => void): Promise<Report> {
  const probes: ProbeReport[] = [];
  for (const probe of only) {
    const report = { probe, ...(await ask(probe, target)) };
    probes.push(report);
    told(report);
  }
  const second = probes.find(({ probe }) => probe === secondClient) ?? (await ask(secondClient, target));
  const judgement = await judgeKind(target, second).catch(({ message }: Error): Judgement => ({ kind: 'unknown', evidence: [{ en: message, ko: message }] }));
  target.closeAll();
  await target.cleanUp();
  return { probes, judgement, stages: STAGES.map(({ name, probes: needed }) => ({ name, isPassed: passed(needed, probes) })) };
}

/** On a machine that is busy a server may be late: what has failed is asked once more, with more patience. */
async function ask(probe: Probe, target: Target): Promise<Finding> {
  if (probe.writes === true && !target.mayWrite) return cannotTell('nothing', 'the database is not empty: --yes allows keys to be written');
  const { needs } = probe;
  if (needs !== undefined && !(await target.knows(...needs))) return cannotTell(needs[0], `it has no ${needs[0]}`);
  const finding = await askOnce(probe, target);
  if (finding.result !== 'fail') return finding;
  target.patienceMs = SECOND_PATIENCE * PATIENCE_MS;
  const second = await askOnce(probe, target);
  target.patienceMs = PATIENCE_MS;
  return second;
}

async function askOnce(probe: Probe, target: Target): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve(fail(probe.name, `no end within ${PROBE_MS / 1000} s`)), PROBE_MS);
  });
  const found = probe.run(target).catch((error: unknown) => {
    if (error instanceof Unexpected) return fail(probe.name, error.message);
    throw error;
  });
  const finding = await Promise.race([found, over]);
  clearTimeout(timer);
  target.closeAll();
  return finding;
}

function passed(needed: readonly Probe[], reports: readonly ProbeReport[]): boolean | null {
  const results = needed.map((probe) => reports.find((report) => report.probe === probe)?.result);
  if (results.includes('fail')) return false;
  return results.every((result) => result === 'pass') ? true : null;
}
