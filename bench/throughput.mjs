// The parts throughput, collections and scripts: each row on two servers by turns (alternation.mjs), printed as report.mjs does.
import { measureRow } from './alternation.mjs';
import { contendersOf } from './contenders.mjs';
import { goalSummary, LEGEND, resultLine, resultOf, resultTable } from './report.mjs';
import { callsPerRequest } from './system-calls.mjs';

/** Markdown. @param part its name @param rows of workloads.mjs @param results a ResultsFile */
export async function throughput(part, rows, options, results) {
  const pair = await contendersOf(options);
  const servers = [];
  const measured = [];
  try {
    for (const { start } of pair) servers.push(await start());
    for (const row of rows) {
      const { samples } = await measureRow(row, servers, options);
      results.add('rounds', { table: part, label: row.label, samples });
      const calls = options.calls ? await callsOf(servers, row) : {};
      if (options.calls) results.add('calls', { table: part, label: row.label, calls });
      const result = resultOf({ label: row.label, samples, calls }, pair);
      results.add('result', { table: part, ...result });
      measured.push(result);
      process.stderr.write(`${resultLine(result)}\n`);
    }
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
  return [LEGEND, resultTable(measured, pair, options), ...(options.goal ? [goalSummary(measured)] : [])].join('\n\n');
}

async function callsOf(servers, row) {
  const calls = {};
  for (const server of servers) calls[server.name] = await callsPerRequest(server, row);
  return calls;
}
