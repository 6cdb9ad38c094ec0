// Prints what alternation.mjs has measured: one Markdown table for each pair of servers, what its columns mean, and which rows miss their goal.
import { goalOf, missed, ROUNDS } from './goals.mjs';
import { table } from './processes.mjs';
import { ahead, compare, median, width } from './statistics.mjs';

/** What the columns are. Stands once above the tables. */
export const LEGEND = [
  'µs: CPU time of the server’s process per request in microseconds, median of the rounds, which load the servers by turns. ratio: median of the ratios of all rounds.',
  'interval: contains the median ratio with a probability of at least 95 %, whatever the distribution; with fewer than six rounds it is their range.',
  'ahead: which needs less in the whole interval, or neither. wide: the interval is still wider than the margin after the most rounds.',
  'p99 ms: 99th percentile of the latency in milliseconds, median of the rounds; its ratio as for µs. req/s: requests per second, median.',
].join('\n');

/** The figures of two servers in one row. @param row { label, samples, calls } @param pair two contenders: { name, kind } */
export function resultOf({ label, samples, calls = {} }, [first, second]) {
  const both = (figure) => [first, second].map(({ name }) => samples[name].map((sample) => sample[figure]));
  const cpu = compare(...both('cpuUs'));
  const p99 = compare(...both('p99'));
  const goal = goalOf(label, first, second);
  return {
    label, names: [first.name, second.name], cpu, p99, goal, rounds: cpu.rounds,
    rps: both('rps').map(median),
    ahead: ahead(cpu, first.name, second.name),
    calls: [first, second].map(({ name }) => calls[name] ?? null),
    missed: goal === null ? [] : missed(goal, { cpu, p99 }),
  };
}

/** A Markdown table. @param results of {@link resultOf} with this pair @param options { margin, goal } of options.mjs */
export function resultTable(results, [first, second], { margin, goal: showsGoal }) {
  const has = (name) => results.some(({ label }) => label[name] !== undefined);
  const hasCalls = results.some(({ calls }) => calls.some((count) => count !== null));
  const columns = [
    ['test', ({ label }) => label.test],
    ['pipeline', ({ label }) => label.pipeline],
    ['clients', ({ label }) => label.clients],
    ...(has('keyspace') ? [['keys', ({ label }) => label.keyspace ?? 1]] : []),
    ...(has('valueSize') ? [['value bytes', ({ label }) => label.valueSize ?? 3]] : []),
    [`${first.name} µs`, ({ cpu }) => cpu.first.toFixed(2)],
    [`${second.name} µs`, ({ cpu }) => cpu.second.toFixed(2)],
    ['ratio', ({ cpu }) => cpu.ratio.toFixed(3)],
    ['interval', ({ cpu }) => `${cpu.low.toFixed(2)} to ${cpu.high.toFixed(2)}`],
    ['ahead', (result) => result.ahead],
    [`${first.name} req/s`, ({ rps }) => Math.round(rps[0])],
    [`${second.name} req/s`, ({ rps }) => Math.round(rps[1])],
    [`${first.name} p99 ms`, ({ p99 }) => p99.first.toFixed(3)],
    [`${second.name} p99 ms`, ({ p99 }) => p99.second.toFixed(3)],
    ['p99 ratio', ({ p99 }) => p99.ratio.toFixed(2)],
    ...(hasCalls ? [0, 1].map((at) => [`${[first, second][at].name} calls`, ({ calls }) => calls[at]?.toFixed(2) ?? '']) : []),
    ['rounds', ({ cpu, rounds }) => `${rounds}${width(cpu) > margin ? ', wide' : ''}`],
    ...(showsGoal && results.some(({ goal }) => goal !== null) ? [['goal', ({ goal, missed }) => goalCell(goal, missed)]] : []),
  ];
  return table(columns.map(([head]) => head), results.map((result) => columns.map(([, cell]) => cell(result))));
}

function goalCell(goal, missed) {
  if (goal === null) return '';
  return missed.length === 0 ? 'met' : `missed: ${missed.join(', ')}`;
}

/** One sentence: how many of all rows meet their goal, and which do not. */
export function goalSummary(results) {
  const judged = results.filter(({ goal }) => goal !== null);
  if (judged.length === 0) return 'Goal: none of these rows has one.';
  const misses = judged.filter(({ missed }) => missed.length > 0);
  const short = judged.filter(({ rounds }) => rounds < ROUNDS).length;
  return [
    `Goal: met in ${judged.length - misses.length} of ${judged.length} rows.`,
    ...(short > 0 ? [`${short} of them have fewer than the ${ROUNDS} rounds that decide.`] : []),
    ...(misses.length > 0 ? ['Missed:'] : []),
    ...misses.map(({ label, names, missed }) => `- ${[names[0], labelText(label)].join(', ')}: ${missed.join(', ')}`),
  ].join('\n');
}

/** A row in words. */
export function labelText({ test, pipeline, clients, keyspace, valueSize }) {
  return [
    test, `pipeline ${pipeline}`, clients === 1 ? '1 client' : `${clients} clients`,
    ...(keyspace === undefined ? [] : [`${keyspace} keys`]),
    ...(valueSize === undefined ? [] : [`values of ${valueSize} bytes`]),
  ].join(', ');
}

/** One line for the progress: the ratio, how far the rounds differ, and who is ahead. */
export function resultLine({ label, names, cpu, p99, ahead, rounds, missed }) {
  const goal = missed.length > 0 ? `; goal missed: ${missed.join(', ')}` : '';
  return `${labelText(label)}: ${names.join(' / ')}: CPU ratio ${cpu.ratio.toFixed(3)} (${cpu.low.toFixed(2)} to ${cpu.high.toFixed(2)}), ahead: ${ahead}, p99 ratio ${p99.ratio.toFixed(2)}, ${rounds} rounds${goal}`;
}
