// The servers that the bench compares: what each is called, how it is started, and which goal it has.
//
//   name    in tables and in results: lab, redis, direct …
//   kind    direct, batched or portable for a lab, redis for redis-server: the goals differ
//   about   the build and the flags, or what a lab says of its poller and its sends
//   start   starts it: a server of processes.mjs, with this name
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { refusal } from './options.mjs';
import { ENVIRONMENT, LAB, startLab, startRedis } from './processes.mjs';

/** The flags of redis-lab for a variant: { sends, trigger, coalesce, poller } of options.mjs, each of which may be missing. */
export function variantFlags({ sends = null, trigger = 'level', coalesce = 'on', poller = 'auto' }) {
  return [
    ...(poller === 'auto' ? [] : ['--poller', poller]),
    ...(sends === null ? [] : ['--sends', sends]),
    ...(coalesce === 'off' ? ['--coalesce-us', '0'] : []),
    ...(trigger === 'edge' ? ['--edge-triggered'] : []),
  ];
}

/** @param extra more flags, for all that is measured here */
export async function labContender(name, variant, { main = LAB, extra = [] } = {}) {
  const flags = variantFlags(variant);
  const about = await describeLab(flags, main);
  const kind = about.startsWith('portable') ? 'portable' : about.startsWith('epoll, batched sends') ? 'batched' : 'direct';
  const triggering = variant.trigger === 'edge' ? ', edge-triggered' : '';
  const coalescing = variant.coalesce === 'off' ? ', without coalescing' : '';
  return { name, kind, about: about + triggering + coalescing, start: () => startNamed(name, () => startLab([...flags, ...extra], [], main)) };
}

export function redisContender(extra = []) {
  return { name: 'redis', kind: 'redis', about: 'redis-server', start: () => startNamed('redis', () => startRedis(extra)) };
}

const startNamed = async (name, start) => ({ ...(await start()), name });

/** The two that the options name: the lab, and what it is compared with. */
export async function contendersOf({ variant, against }) {
  const lab = await labContender('lab', variant);
  if (against.kind === 'redis') return [lab, redisContender()];
  if (against.kind === 'variant') return [lab, await labContender(against.name, { ...variant, ...against.changes })];
  return [lab, await labContender('other build', variant, { main: mainOf(against.path) })];
}

/** cli/main.js of a build, of which the path of the repository, of its dist folder, or of main.js itself is given. */
export function mainOf(path) {
  // npm changes the folder.
  const given = resolve(process.env.INIT_CWD ?? '.', path);
  const main = [given, join(given, 'cli/main.js'), join(given, 'dist/cli/main.js')].find((file) => file.endsWith('.js') && existsSync(file));
  if (main === undefined) throw refusal(`--against ${path}: there is no build: neither dist/cli/main.js nor cli/main.js is in it`);
  return main;
}

/** A name of the build: a part of the hash of all its code. */
export function buildHash(main = LAB) {
  const folder = dirname(dirname(main));
  const files = readdirSync(folder, { recursive: true }).filter((file) => /\.c?js$/.test(file)).sort();
  const hash = createHash('sha256');
  for (const file of files) hash.update(file).update(readFileSync(join(folder, file)));
  return hash.digest('hex').slice(0, 12);
}

/** What a lab with these flags says of its poller and its sends, as in `epoll, batched sends`: from the log of one that is started for this, and ended. */
async function describeLab(flags, main) {
  const args = [main, '--headless', '--port', '0', ...flags];
  const lab = spawn(process.env.BENCH_NODE ?? process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env: ENVIRONMENT });
  const lines = [];
  for await (const line of createInterface({ input: lab.stdout })) {
    lines.push(line);
    const ready = /Ready to accept connections on .* \((.*)\)$/.exec(line);
    if (ready === null) continue;
    lab.kill();
    return ready[1];
  }
  throw new Error(`redis-lab ${flags.join(' ')} did not start: ${lines.join('\n')}`);
}
