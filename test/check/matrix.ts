/**
 * npm run check-matrix -- [--runs 5] [--many 50] [--jobs 2] [--only TEXT]
 *
 * Asks every server of test/check/subjects.ts all probes, several times, so many of them at once, and prints each verdict that is wrong and, last, one line
 * for the record. Exit code 1 if there was a wrong one. Six of them are asked --many times.
 */
import { parseArgs } from 'node:util';
import { cli } from '../support/cli.js';
import { isInstalled, openVerdicts, type Report, type Subject, SUBJECTS, wrongVerdicts } from './subjects.js';

/** One of each kind, with and without a fault. */
const OFTEN = ['redis-server', 'lab', 'Python: threads', 'Python: selectors', 'C: poll-drops', 'Ruby: seconds'];

const { values } = parseArgs({
  options: { runs: { type: 'string', default: '5' }, many: { type: 'string', default: '0' }, jobs: { type: 'string', default: '2' }, only: { type: 'string', default: '' } },
});

interface Counts {
  runs: number;
  verdicts: number;
  wrong: number;
  open: number;
}

async function run(subject: Subject, counts: Counts): Promise<void> {
  const server = await subject.start();
  const { code, stdout, stderr } = await cli('check', '--target', `127.0.0.1:${server.port}`, '--json', '--lang', 'en').finally(() => server.stop());
  counts.runs++;
  console.log(`asked  ${subject.name}`);
  const report = stderr === '' && code < 2 ? (JSON.parse(stdout) as Report) : null;
  const wrong = report === null ? [`no report: exit code ${code}, ${stderr.trim()}`] : wrongVerdicts(report, subject.expected);
  const open = report === null ? [] : openVerdicts(report, subject.expected);
  counts.verdicts += report === null ? 0 : report.probes.filter(({ result }) => result !== 'cannot tell').length + (report.kind === 'unknown' ? 0 : 1);
  counts.wrong += wrong.length;
  counts.open += open.length;
  for (const each of wrong) console.log(`WRONG  ${subject.name}: ${each}`);
  for (const each of open) console.log(`open   ${subject.name}: ${each}`);
}

const subjects = SUBJECTS.filter(({ name }) => name.includes(values.only));
const asked = subjects.filter(isInstalled);
for (const { name, needs } of subjects) if (!asked.some((each) => each.name === name)) console.log(`left out: ${name}, since there is no ${needs[0]}`);

const counts = new Map(asked.map((subject) => [subject, { runs: 0, verdicts: 0, wrong: 0, open: 0 }]));
const runsOf = ({ name }: Subject): number => Math.max(Number(values.runs), OFTEN.includes(name) ? Number(values.many) : 0);
const rounds = Math.max(...asked.map(runsOf), 0);
const jobs = Array.from({ length: rounds }, (_, round) => asked.filter((subject) => runsOf(subject) > round)).flat();
process.once('SIGTERM', end).once('SIGINT', end);
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    for (let subject = jobs.shift(); subject !== undefined; subject = jobs.shift()) await run(subject, counts.get(subject)!);
  }),
);

end();

/** Prints what is known. */
function end(): never {
  const all: Counts = { runs: 0, verdicts: 0, wrong: 0, open: 0 };
  for (const [{ name }, { runs, verdicts, wrong, open }] of counts) {
    console.log(`${name.padEnd(50)} ${runs} runs, ${verdicts} verdicts, ${wrong} wrong, ${open} open`);
    all.runs += runs;
    all.verdicts += verdicts;
    all.wrong += wrong;
    all.open += open;
  }
  console.log(`${counts.size} servers, ${all.runs} runs, ${all.verdicts} verdicts, ${all.wrong} wrong, ${all.open} that could not be told`);
  process.exit(all.wrong > 0 ? 1 : 0);
}
