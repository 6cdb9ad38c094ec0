// System calls per request: a measure that other load on the machine changes little, where processors have no counters for us.
//
// Virtual machines often have no hardware counters (`perf stat -e instructions` says not supported). The kernel's tracepoints are counted exactly there, too, for users who may
// read them: usually root. Without pipelining a request has one call for reading and one for sending; the rest are waits, whose number depends on how many are ready at a time.
import { spawnSync } from 'node:child_process';
import { request } from './processes.mjs';

const REQUESTS = 20_000;
const EVENT = 'raw_syscalls:sys_enter';

/** Why it cannot be measured here, or null if it can. */
export function whyNoCalls() {
  const { error, status, stderr } = spawnSync('perf', ['stat', '-x', ',', '-e', EVENT, 'true'], { encoding: 'utf8' });
  if (error !== undefined) return 'there is no perf';
  return status === 0 && countOf(stderr) !== null ? null : `perf may not count ${EVENT}`;
}

/** Of a server that has the data of the row. */
export async function callsPerRequest({ pid, port }, row) {
  await request(port, ['PING']);
  const requests = Math.ceil(REQUESTS / row.label.pipeline) * row.label.pipeline;
  const args = ['redis-benchmark', '-p', port, '-n', requests, '-q', ...row.args].map(String);
  const { stderr } = spawnSync('perf', ['stat', '-x', ',', '-e', EVENT, '-p', String(pid), '--', ...args], { encoding: 'utf8', maxBuffer: 1 << 26 });
  const count = countOf(stderr);
  if (count === null) throw new Error(`perf: ${stderr}`);
  return count / requests;
}

function countOf(text) {
  const line = text.split('\n').find((line) => line.includes(EVENT));
  const count = Number(line?.split(',')[0]);
  return line === undefined || Number.isNaN(count) ? null : count;
}
