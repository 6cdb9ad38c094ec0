// Runs the test suite of an unpacked Redis source against the lab, and prints for each of its files how many tests pass, fail and are ignored.
// docs/redis-suite.md says where the source comes from and which results it had. Needs a build, tclsh, redis-cli and redis-benchmark.
//
//   node scripts/redis-suite.mjs FOLDER [unit/type/list …] [--redis] [--only TEST] [--skip TEST] [--timeout SECONDS] [--quiet]
//
// Each file gets a server of its own: the lab, or with --redis a redis-server, for comparison. A test that hangs is named, and
// the file runs again without it.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { freePort, startLab, startRedis, table } from '../bench/processes.mjs';
import { parseOptions } from './usage.mjs';

const { values: options, positionals } = parseOptions(new URL(import.meta.url), {
  allowPositionals: true,
  options: {
    redis: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    skip: { type: 'string', multiple: true, default: [] },
    timeout: { type: 'string', default: '120' },
    quiet: { type: 'boolean', default: false },
  },
});
const [source, ...chosen] = positionals;
if (source === undefined || !existsSync(join(source, 'runtest'))) {
  console.error('Which Redis source? The folder of one, with its file runtest, is the first argument.');
  process.exit(2);
}
provideClients();

const files = chosen.length > 0 ? chosen : (await run(['--list-tests'])).split('\n').filter((line) => /^(unit|integration)\//.test(line));
const results = [];
for (const file of files) results.push({ file, ...(await runFile(file)) });
report(results);

/** The suite starts the clients of its own build. A source that was not built has none, so the clients of the system are used. */
function provideClients() {
  for (const name of ['redis-cli', 'redis-benchmark']) {
    const place = join(source, 'src', name);
    const installed = process.env.PATH.split(delimiter).map((folder) => join(folder, name)).find((path) => existsSync(path));
    if (!existsSync(place) && installed !== undefined) symlinkSync(installed, place);
  }
}

async function runFile(file) {
  const hung = [];
  for (;;) {
    const filters = [...named('--only', options.only), ...named('--skiptest', [...options.skip, ...hung])];
    const output = await againstServer(async (port) => {
      // The suite communicates internally on a port 32 below this one: several may run at once.
      const base = String((await freePort()) + 32);
      return run(['--host', '127.0.0.1', '--port', port, '--baseport', base, '--durable', '--timeout', options.timeout, '--single', file, ...filters]);
    });
    const hanging = /TIMEOUT[\s\S]*?=> \(IN PROGRESS\) (.*)/.exec(output)?.[1];
    if (hanging === undefined || hung.includes(hanging)) return { ...countsOf(output), hung };
    hung.push(hanging);
  }
}

/** The option once for each name. */
function named(option, names) {
  return names.flatMap((name) => [option, name]);
}

/** With the settings of the suite's own default.conf that apply to a server that is already running. */
async function againstServer(test) {
  const folder = mkdtempSync(join(tmpdir(), 'redis-suite-'));
  const settings = ['--enable-debug-command', 'yes', '--enable-module-command', 'yes', '--enable-protected-configs', 'yes', '--dir', folder, '--databases', '16', '--latency-monitor-threshold', '1'];
  const server = await (options.redis ? startRedis(settings) : startLab(settings));
  try {
    return await test(String(server.port));
  } finally {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The output of the suite, which is also printed as it arrives. */
function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn('./runtest', args, { cwd: source, env: { ...process.env, TERM: 'dumb' }, stdio: ['ignore', 'pipe', 'inherit'] });
    let output = '';
    child.stdout.setEncoding('latin1').on('data', (text) => {
      output += text;
      if (!options.quiet) process.stdout.write(text);
    });
    child.on('error', reject).on('close', () => resolve(output));
  });
}

function countsOf(output) {
  const names = (status) => [...output.matchAll(new RegExp(`^\\[${status}\\]: (.*)`, 'gm'))].map(([, name]) => name);
  const end = /^\[\d+\/\d+ done\]: /m.test(output) ? [] : [`has not come to its end: ${output.trim().split('\n').slice(-3).join(' / ')}`];
  return { passed: names('ok').length, failed: names('err'), ignored: names('ignore').length, broken: [...names('exception'), ...end] };
}

function report(all) {
  const sum = (count) => all.reduce((total, each) => total + count(each), 0);
  const row = (name, count) => [name, count(({ passed }) => passed), count(({ failed, broken }) => failed.length + broken.length), count(({ hung }) => hung.length), count(({ ignored }) => ignored)];
  const rows = all.map((each) => row(each.file, (count) => count(each)));
  console.log(`\n${table(['file', 'passed', 'failed', 'hung', 'ignored'], [...rows, row('all', sum)])}\n`);
  for (const { file, failed, broken, hung } of all) for (const name of [...failed, ...broken, ...hung.map((test) => `hangs: ${test}`)]) console.log(`${file}: ${name}`);
}
