/**
 * npm run check-matrix -- [--runs 5] [--many 50] [--jobs 2] [--only TEXT] [--probes NAMES] [--busy 10] [--log FILE]
 *
 * Asks every server of test/check/subjects.ts all probes, several times, --jobs of them at a time, and prints each verdict that is wrong, what could not be
 * told, and one line for the record. Exit code 1 if there was a wrong one. Six of the servers are asked --many times. --busy starts this many processes that
 * only compute. Each report is a line of the --log; a matrix that is started again with it asks for those that are missing, and judges all of them.
 */
import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { atExit } from '../support/at-exit.js';
import { cli } from '../support/cli.js';
import { isInstalled, openVerdicts, type Report, type Subject, SUBJECTS, type Told, wrongVerdicts } from './subjects.js';

/** One of each kind, with and without a fault. */
const OFTEN = ['redis-server', 'lab', 'Python: threads', 'Python: selectors', 'C: poll-drops', 'Ruby: seconds'];

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    many: { type: 'string', default: '0' },
    jobs: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
    probes: { type: 'string', default: '' },
    busy: { type: 'string', default: '0' },
    log: { type: 'string' },
  },
});

/** All, or those that are named. */
const asking = values.probes === '' ? [] : ['--only', values.probes];

/** A line of the log. `trouble`: why there is no report. */
interface Run {
  readonly subject: string;
  readonly seconds: number;
  readonly busy: number;
  readonly report?: Told;
  readonly trouble?: string;
}

interface Counts {
  readonly runs: number;
  readonly verdicts: number;
  readonly wrong: readonly string[];
  readonly open: readonly string[];
}

function judged({ name, expected }: Subject, runs: readonly Run[]): Counts {
  const reports = runs.flatMap(({ report }) => report ?? []);
  const troubles = runs.flatMap(({ trouble }) => trouble ?? []);
  const isTold = ({ result }: Report['probes'][number]): boolean => result !== 'cannot tell';
  return {
    runs: runs.length,
    verdicts: reports.reduce((sum, { kind, probes }) => sum + probes.filter(isTold).length + (kind === 'unknown' ? 0 : 1), 0),
    wrong: [...troubles, ...reports.flatMap((report) => wrongVerdicts(report, expected))].map((each) => `${name}: ${each}`),
    open: reports.flatMap((report) => openVerdicts(report, expected)).map((each) => `${name}: ${each}`),
  };
}

async function ask(subject: Subject): Promise<Run> {
  const startMs = performance.now();
  const told = await report(subject).catch((error: unknown) => ({ trouble: `no report: ${String(error)}` }));
  return { subject: subject.name, seconds: Math.round((performance.now() - startMs) / 1000), busy: Number(values.busy), ...told };
}

async function report(subject: Subject): Promise<Pick<Run, 'report' | 'trouble'>> {
  const server = await subject.start();
  const { code, stdout, stderr } = await cli('check', '--target', `127.0.0.1:${server.port}`, '--json', '--lang', 'en', ...asking).finally(() => server.stop());
  if (stderr !== '' || code > 1) return { trouble: `no report: exit code ${code}, ${stderr.trim()}` };
  const { kind, evidence, probes } = JSON.parse(stdout) as Report;
  return { report: { kind, evidence, probes: probes.map(({ name, result, sent, came }) => ({ name, result, sent, came })) } };
}

const subjects = SUBJECTS.filter(({ name }) => name.includes(values.only));
const asked = subjects.filter(isInstalled);
for (const { name, needs } of subjects) if (!asked.some((each) => each.name === name)) console.log(`left out: ${name}, since there is no ${needs[0]}`);

const runs: Run[] =
  values.log === undefined || !existsSync(values.log) ? [] : readFileSync(values.log, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as Run);
const runsOf = ({ name }: Subject): readonly Run[] => runs.filter(({ subject }) => subject === name);
const most = ({ name }: Subject): number => Math.max(Number(values.runs), OFTEN.includes(name) ? Number(values.many) : 0);

const rounds = Math.max(...asked.map(most), 0);
const jobs = Array.from({ length: rounds }, (_, round) => asked.filter((subject) => round >= runsOf(subject).length && round < most(subject))).flat();
process.once('SIGTERM', end).once('SIGINT', end);
// They end with this one, however it ends.
for (let count = 0; count < Number(values.busy); count++) {
  const busy = spawn(process.execPath, ['-e', 'const parent = process.ppid; while (process.ppid === parent);'], { stdio: 'ignore', detached: true });
  atExit(() => void busy.kill('SIGKILL'));
}
await Promise.all(
  Array.from({ length: Number(values.jobs) }, async () => {
    for (let subject = jobs.shift(); subject !== undefined; subject = jobs.shift()) {
      const run = await ask(subject);
      runs.push(run);
      if (values.log !== undefined) appendFileSync(values.log, `${JSON.stringify(run)}\n`);
      const { wrong, open } = judged(subject, [run]);
      console.log(`asked  ${subject.name} (${run.seconds} s, ${jobs.length} to come)`);
      for (const each of wrong) console.log(`WRONG  ${each}`);
      for (const each of open) console.log(`open   ${each}`);
    }
  }),
);

end();

/** Prints what is known. */
function end(): never {
  const all = asked.map((subject) => ({ name: subject.name, ...judged(subject, runsOf(subject)) })).filter((each) => each.runs > 0);
  for (const { name, runs: count, verdicts, wrong, open } of all) {
    console.log(`${name.padEnd(50)} ${count} runs, ${verdicts} verdicts, ${wrong.length} wrong, ${open.length} open`);
  }
  const opens = new Map<string, number>();
  for (const each of all.flatMap(({ open }) => open)) {
    const probe = /: ([a-z-]+): (?:cannot tell|unknown)/.exec(each)?.[1] ?? each;
    opens.set(probe, (opens.get(probe) ?? 0) + 1);
  }
  for (const [probe, count] of [...opens].toSorted(([, a], [, b]) => b - a)) console.log(`${probe.padEnd(50)} ${count} times not told`);
  for (const each of all.flatMap(({ wrong }) => wrong)) console.log(`WRONG  ${each}`);
  const sum = (count: (each: Counts) => number): number => all.reduce((total, each) => total + count(each), 0);
  const [wrong, open] = [sum((each) => each.wrong.length), sum((each) => each.open.length)];
  console.log(
    `${all.length} servers, ${sum((each) => each.runs)} runs, ${sum((each) => each.verdicts)} verdicts, ${wrong} wrong, ${open} that could not be told`,
  );
  process.exit(wrong > 0 ? 1 : 0);
}
