// `npm run bench -- tables`: all tables of docs/performance.md that compare throughput, within a budget of time. `npm run bench -- report FILE` prints them again.
import { Alternation } from './alternation.mjs';
import { buildHash, labContender, redisContender } from './contenders.mjs';
import { refusal } from './options.mjs';
import { redisBenchmark } from './processes.mjs';
import { goalSummary, labelText, LEGEND, resultLine, resultOf, resultTable } from './report.mjs';
import { aboutRun, headOf, keyOf, readRunOf, ResultsFile } from './results-file.mjs';
import { overheadOf, PASSES, ROUNDS_A_PASS, runsOfPass, secondsOfRound, widest } from './schedule.mjs';
import { TABLES } from './table-plan.mjs';

const MOST_ROUNDS = 45;
const WARM_UP = [['-n', 25_000], ['-n', 100_000, '-P', 16]];
const say = (line) => process.stderr.write(`${line}\n`);

/** Measures, and prints all tables at the end; the results are added to the file as they come. */
export async function tables(options) {
  const start = performance.now();
  const secondsLeft = () => options.minutes * 60 - (performance.now() - start) / 1000;
  const wanted = TABLES.filter(({ name }) => options.tables === null || options.tables.includes(name));
  if (wanted.length === 0) throw refusal(`--table ${options.tables.join(',')}: expected ${TABLES.map(({ name }) => name).join(', ')}`);
  const former = options.continues ? formerRun(options) : null;
  const results = new ResultsFile(options.json, former?.run);
  const planned = [];
  for (const table of wanted) planned.push(await plan(table, former));
  const about = { ...aboutRun(contendersOf(planned), { lab: buildHash() }), margin: options.margin, tables: planned.map(aboutTable) };
  if (former === null) results.add('run', about);
  say(`${headOf(about)} ${options.minutes} minutes.`);

  let overhead;
  let seconds;
  for (let pass = 0; pass < PASSES && secondsLeft() > 0; pass++) {
    const short = (rows) => rows.filter(({ alternation }) => alternation.rounds < (pass + 1) * ROUNDS_A_PASS);
    const rows = planned.flatMap((table) => short(table.rows));
    if (rows.length === 0) continue;
    const runs = runsOfPass(rows);
    seconds = secondsOfRound({ runs, remaining: secondsLeft(), passes: PASSES - pass, overhead });
    say(`Pass ${pass + 1} of ${PASSES}: ${rows.length} rows, ${seconds.toFixed(2)} s a round, ${(secondsLeft() / 60).toFixed(1)} minutes left`);
    const begin = performance.now();
    for (const table of planned) await visit(table, short(table.rows), { seconds, secondsLeft, results });
    overhead = overheadOf((performance.now() - begin) / 1000, runs, seconds);
  }
  await repeat(planned, { margin: options.margin, seconds: seconds ?? options.seconds, secondsLeft, results });
  print(about, planned.map(({ name, rows }) => [name, rows.map(({ alternation }) => ({ label: alternation.row.label, samples: alternation.samples }))]), { ...options, results });
}

function formerRun({ json }) {
  if (json === null) throw refusal('--continue needs the file, with --json');
  const former = readRunOf(json);
  if (former.about.builds.lab !== buildHash()) throw refusal(`${json} has results of another build`);
  return former;
}

/** The servers of a table that can be used here, and its rows, with the rounds of a former run. */
async function plan({ name, labs, rows, headings, between }, former) {
  const contenders = [];
  for (const [lab, variant] of Object.entries(labs)) {
    try {
      contenders.push(await labContender(lab, variant));
    } catch (error) {
      say(`Left out: ${name}, ${lab}: ${error.message}`);
    }
  }
  contenders.push(redisContender());
  const names = contenders.map((contender) => contender.name);
  const planned = rows().map((row) => {
    const samples = former?.tables.get(name)?.get(keyOf(row.label))?.samples;
    return { servers: names.length, alternation: new Alternation(row, names, samples) };
  });
  return { name, contenders, rows: planned, headings, between };
}

/** Each row gets some rounds more, on servers that are started for this. A row that fails is reported, and the next one goes on with new servers. */
async function visit({ name, contenders }, rows, { seconds, secondsLeft, results }) {
  let servers = [];
  try {
    for (const { alternation } of rows) {
      if (secondsLeft() <= 0) return;
      const { label } = alternation.row;
      try {
        if (servers.length === 0) servers = await startAll(contenders);
        await alternation.warmUp(servers, seconds);
        results.add('rounds', { table: name, label, samples: await alternation.play(servers, ROUNDS_A_PASS) });
        for (const lab of contenders.slice(0, -1)) say(`${name}: ${resultLine(resultOf({ label, samples: alternation.samples }, [lab, contenders.at(-1)]))}`);
      } catch (error) {
        say(`${name}: ${labelText(label)} failed: ${error.message}`);
        results.add('error', { table: name, label, message: error.message });
        await stopAll(servers);
        servers = [];
      }
    }
  } finally {
    await stopAll(servers);
  }
}

/** While there is time, the row whose rounds differ most. */
async function repeat(planned, { margin, seconds, secondsLeft, results }) {
  const tried = new Map();
  while (true) {
    const rows = planned.flatMap((table) => table.rows.map((row) => ({ table, row, width: row.alternation.rounds > 0 ? row.alternation.width : 0, rounds: row.alternation.rounds })));
    const next = widest(rows.filter(({ row }) => (tried.get(row) ?? 0) < MOST_ROUNDS / ROUNDS_A_PASS), margin, MOST_ROUNDS);
    if (next === null || secondsLeft() < next.row.servers * (ROUNDS_A_PASS + 2) * (seconds + 0.2)) return;
    tried.set(next.row, (tried.get(next.row) ?? 0) + 1);
    say(`Again, because its rounds differ by ${(next.width * 100).toFixed(0)} %: ${next.table.name}, ${labelText(next.row.alternation.row.label)}`);
    await visit(next.table, [next.row], { seconds, secondsLeft, results });
  }
}

async function startAll(contenders) {
  const servers = [];
  try {
    for (const { start } of contenders) servers.push(await start());
    // Before the first row V8 compiles what all rows need, turns with a single request included.
    for (const { port } of servers) for (const args of WARM_UP) redisBenchmark(port, [...args, '-t', 'set,get']);
    return servers;
  } catch (error) {
    await stopAll(servers);
    throw error;
  }
}

const stopAll = (servers) => Promise.all(servers.map((server) => server.stop()));

/** Each server once: the same variant has the same name in all tables. */
const contendersOf = (planned) => [...new Map(planned.flatMap(({ contenders }) => contenders).map((one) => [one.name, one])).values()];

/** What report needs to print the table again. */
const aboutTable = ({ name, contenders, headings, between }) => ({ name, headings, between, contenders: contenders.map(({ name, kind }) => ({ name, kind })) });

/** The tables of the last run in a file of --json. */
export function report({ file, margin }) {
  const { about, tables } = readRunOf(file);
  const described = about.tables ?? partsOf(about, tables);
  const measured = described.map(({ name }) => [name, [...(tables.get(name)?.values() ?? [])]]);
  print({ ...about, tables: described }, measured, { margin: about.margin ?? margin, results: new ResultsFile(null) });
}

/** Of a run of other parts than tables. */
function partsOf({ contenders: [first, second] }, tables) {
  return [...tables.keys()].map((name) => ({ name, headings: { [first.name]: name }, between: [], contenders: [first, second] }));
}

/** @param measured for each table its name and its rows, { label, samples } */
function print(about, measured, { margin, results }) {
  const all = [];
  console.log(`${headOf(about)}\n\n${LEGEND}\n`);
  for (const [name, rows] of measured) {
    const { headings, between, contenders } = about.tables.find((table) => table.name === name);
    const complete = rows.filter(({ samples }) => contenders.every((one) => samples[one.name]?.length > 0));
    const contender = (wanted) => contenders.find((one) => one.name === wanted);
    const pairs = [...Object.entries(headings).map(([lab, heading]) => [lab, contenders.at(-1).name, heading]), ...between];
    for (const [first, second, heading] of pairs) {
      const pair = [contender(first), contender(second)];
      if (pair.includes(undefined) || complete.length === 0) continue;
      const judged = complete.map((row) => resultOf(row, pair));
      for (const result of judged) results.add('result', { table: name, ...result });
      all.push(...judged);
      console.log(`## ${heading}\n\n${resultTable(judged, pair, { margin, goal: true })}\n`);
    }
  }
  console.log(goalSummary(all));
}
