// The goals for throughput: the most CPU time per request and the longest 99th percentile of latency beside redis-server's, as ratios.

const CPU = 1;
/** Without a pipeline, 10 clients or more, plain commands, where the replies of a turn are sent in one call. */
const CPU_BATCHED = 0.95;
/** Where each reply is sent in a call of its own. */
const CPU_DIRECT = 1.03;
const P99 = 1.25;

/** The median of at least this number of rounds decides. */
export const ROUNDS = 15;

/** @returns {{ cpu: number, p99: number } | null} null for what has no goal beside redis-server: the portable poller, and one build beside another */
export function goalOf(label, first, second) {
  if (second.kind !== 'redis' || first.kind === 'portable') return null;
  if (first.kind === 'direct') return { cpu: CPU_DIRECT, p99: P99 };
  const isPlain = label.valueSize === undefined && label.script === undefined;
  return { cpu: isPlain && label.pipeline === 1 && label.clients >= 10 ? CPU_BATCHED : CPU, p99: P99 };
}

/** What is missed, in words; empty if nothing is. */
export function missed(goal, { cpu, p99 }) {
  return [
    ...(cpu.ratio > goal.cpu ? [`CPU ${cpu.ratio.toFixed(3)} > ${goal.cpu.toFixed(2)}`] : []),
    ...(p99.ratio > goal.p99 ? [`p99 ${p99.ratio.toFixed(2)} > ${goal.p99}`] : []),
  ];
}
