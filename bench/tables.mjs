// `npm run bench -- tables`: all tables of docs/performance.md that compare throughput, in one go or in portions. `npm run bench -- report FILE` prints them again.
import { Alternation } from './alternation.mjs';
import { buildHash, labContender, redisContender } from './contenders.mjs';
import { refusal } from './options.mjs';
import { redisBenchmark } from './processes.mjs';
import { goalSummary, labelText, LEGEND, resultLine, resultOf, resultTable } from './report.mjs';
import { aboutRun, headOf, keyOf, lastRunOf, readRunOf, ResultsFile } from './results-file.mjs';
import { PASSES, ROUNDS_A_PASS, secondsForRepeats, secondsMissing, secondsOf, widest } from './schedule.mjs';
import { TABLES } from './table-plan.mjs';

const MOST_ROUNDS = 45;
const WARM_UP = [['-n', 25_000], ['-n', 100_000, '-P', 16]];
const say = (line) => process.stderr.write(`${line}\n`);
const minutes = (seconds) => (seconds < 90 ? `${Math.ceil(seconds)} seconds` : `${Math.round(seconds / 60)} minutes`);

/** Measures, and prints all tables at the end. The results are added to the file as they come; a run in it that is not complete is continued. */
export async function tables(options) {
  const start = performance.now();
  const secondsLeft = () => options.minutes * 60 - (performance.now() - start) / 1000;
  const wanted = tablesOf(options);
  const former = formerRun(options);
  const results = new ResultsFile(options.json, former?.run);
  const planned = [];
  for (const table of wanted) planned.push(await plan(table, options.row, former));
  const about = aboutTables(planned, options, former);
  results.add('run', about);
  const { seconds, margin } = options;
  const all = planned.flatMap(({ rows }) => rows);
  announce(about, all, options, former);

  for (let pass = 0; pass < PASSES; pass++) {
    const short = (rows) => rows.filter(({ rounds }) => rounds < (pass + 1) * ROUNDS_A_PASS);
    if (short(all).length === 0 || secondsLeft() <= 0) continue;
    say(`Pass ${pass + 1} of ${PASSES}: ${short(all).length} rows; about ${minutes(secondsMissing(all, seconds))} for all passes`);
    for (const table of planned) await visit(table, short(table.rows), { seconds, secondsLeft, results });
  }
  await repeat(planned, { margin, seconds, secondsLeft, results });
  print(about, planned.map(({ name, rows }) => [name, rows.map(({ alternation }) => ({ label: alternation.row.label, samples: alternation.samples }))]), { ...options, results });
  conclude(all, options);
}

function tablesOf({ tables, row }) {
  const wanted = TABLES.filter(({ name }) => tables === null || tables.includes(name)).filter(({ rows }) => row === null || rows().some(({ label }) => row.includes(label.test)));
  if (wanted.length > 0) return wanted;
  throw refusal(`nothing to measure: --table can be ${TABLES.map(({ name }) => name).join(', ')}, and --row ${[...new Set(TABLES.flatMap(({ rows }) => rows().map(({ label }) => label.test)))].join(', ')}`);
}

/** The run in the file that is continued; null: a new one begins. */
function formerRun({ json, seconds, anew }) {
  const former = json === null || anew ? null : lastRunOf(json);
  const isSame = former !== null && former.about.tables !== undefined && former.about.builds.lab === buildHash() && former.about.seconds === seconds;
  if (former !== null && !isSame) say(`The last run in ${json} is of another build, of other parts or with other rounds: a new one begins.`);
  return isSame ? former : null;
}

function aboutTables(planned, { margin, seconds }, former) {
  const tables = planned.map(aboutTable);
  const others = (former?.about.tables ?? []).filter(({ name }) => !tables.some((table) => table.name === name));
  return { ...aboutRun(contendersOf(planned), { lab: buildHash() }), margin, seconds, tables: [...others, ...tables] };
}

function announce(about, rows, { seconds, minutes: portion, json }, former) {
  say(headOf(about));
  say(`${rows.length} rows, ${ROUNDS_A_PASS * PASSES} rounds of at least ${seconds} s for each server${former === null ? '' : `, continued from ${json}`}: ` +
    `about ${minutes(secondsMissing(rows, seconds))}, and up to ${minutes(secondsForRepeats(rows, seconds))} for those whose rounds differ.`);
  if (portion < Infinity) say(`It ends after ${portion} minutes${json === null ? '.' : ', and the same line continues.'}`);
}

function conclude(rows, { seconds, json }) {
  const missing = secondsMissing(rows, seconds);
  if (missing === 0) return;
  const short = rows.filter(({ rounds }) => rounds < ROUNDS_A_PASS * PASSES).length;
  say(`${short} of ${rows.length} rows have fewer than ${ROUNDS_A_PASS * PASSES} rounds: about ${minutes(missing)} more.${json === null ? '' : ' The same line continues.'}`);
}

/** The servers of a table that can be used here, and its rows, with the rounds of a former run. */
async function plan({ name, labs, rows, headings, between }, tests, former) {
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
  const planned = rows().filter(({ label }) => tests === null || tests.includes(label.test)).map((row) => {
    const samples = former?.tables.get(name)?.get(keyOf(row.label))?.samples;
    return new PlannedRow(names.length, new Alternation(row, names, samples));
  });
  return { name, contenders, rows: planned, headings, between };
}

/** A row as the schedule sees it. */
class PlannedRow {
  constructor(servers, alternation) {
    this.servers = servers;
    this.alternation = alternation;
  }

  get rounds() {
    return this.alternation.rounds;
  }
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

/** While there is time for that, the row whose rounds differ most. */
async function repeat(planned, { margin, seconds, secondsLeft, results }) {
  const all = planned.flatMap(({ rows }) => rows);
  const tried = new Map();
  while (secondsMissing(all, seconds) === 0) {
    const rows = planned.flatMap((table) => table.rows.map((row) => ({ table, row, width: row.alternation.width, rounds: row.rounds })));
    const next = widest(rows.filter(({ row }) => (tried.get(row) ?? 0) < MOST_ROUNDS / ROUNDS_A_PASS), margin, MOST_ROUNDS);
    if (next === null || Math.min(secondsForRepeats(all, seconds), secondsLeft()) < secondsOf(next.row.servers, ROUNDS_A_PASS, seconds)) return;
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
