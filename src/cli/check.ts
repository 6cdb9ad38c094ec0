/**
 * `redis-lab check --target host:port`: judges a server, and says so.
 */
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { check, describeEnd, describeProbe, type Language, PROBES, Target, TargetError, toJson } from '../check/index.js';
import { toBytes } from '../server/config/bytes.js';
import { languageOf, LANGUAGES } from '../tui/state/learn/language.js';
import { complain } from './complain.js';

const USAGE = 'usage: redis-lab check --target HOST:PORT [--only PROBE,…] [--json] [--yes] [--user NAME] [--password WORD] [--lang en|ko]';

/** Exit codes. */
const PASSED = 0;
const FAILED = 1;
const NOT_POSSIBLE = 2;

interface CheckOptions {
  readonly target: Target;
  readonly only: typeof PROBES;
  readonly json: boolean;
  readonly yes: boolean;
  readonly language: Language;
}

/** @param args text, behind `check`. Resolves with the exit code */
export async function runCheck(args: readonly string[]): Promise<number> {
  const options = readOptions(args);
  if (typeof options === 'string') {
    complain(toBytes(options));
    return NOT_POSSIBLE;
  }
  try {
    return await judge(options);
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    complain(toBytes(error.message));
    return NOT_POSSIBLE;
  }
}

async function judge({ target, only, json, yes, language }: CheckOptions): Promise<number> {
  await target.greet();
  if (!yes && only.some(({ writes }) => writes === true)) target.mayWrite = await mayWrite(target, json);
  const say = (lines: readonly string[]): void => void process.stdout.write(`${lines.join('\n')}\n`);
  const report = await check(target, only, (probe) => json || say(describeProbe(probe, language)));
  say(json ? [toJson(report, language)] : describeEnd(report, language));
  return report.probes.some(({ result }) => result === 'fail') ? FAILED : PASSED;
}

/** A database that is not empty belongs to somebody: whoever sits at the terminal is asked. */
async function mayWrite(target: Target, isQuiet: boolean): Promise<boolean> {
  const keys = await target.keyCount();
  if (keys === null || keys === 0) return true;
  if (isQuiet || !process.stdin.isTTY || !process.stdout.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(`The database holds ${keys} keys. Write a few of its own, and delete them at the end? [y/N] `);
  lines.close();
  return /^y(?:es)?$/i.test(answer.trim());
}

/** What is asked for, or what is wrong with how it is asked. */
function readOptions(args: readonly string[]): CheckOptions | string {
  const parsed = parse(args);
  if (typeof parsed === 'string') return parsed;
  const { target, only, json = false, yes = false, user = null, password, lang } = parsed;
  if (target === undefined) return `check needs a target; ${USAGE}`;
  const address = /^(?:\[([^\]]+)\]|([^:[\]]+)):(\d{1,5})$/.exec(target);
  if (address === null || Number(address[3]) > 65535 || Number(address[3]) === 0) {
    return `--target '${target}': must be host:port, as 127.0.0.1:6379 or [::1]:6379`;
  }
  if (user !== null && password === undefined) return '--user needs --password';
  if (lang !== undefined && !LANGUAGES.includes(lang as Language)) return `--lang '${lang}': must be one of ${LANGUAGES.join(', ')}`;
  const names = only?.split(',') ?? PROBES.map(({ name }) => name);
  const unknown = names.find((name) => !PROBES.some((probe) => probe.name === name));
  if (unknown !== undefined) return `--only: there is no probe '${unknown}'; there are ${PROBES.map(({ name }) => name).join(', ')}`;
  return {
    target: new Target({ host: (address[1] ?? address[2])!, port: Number(address[3]) }, password === undefined ? null : { user, password }),
    only: PROBES.filter(({ name }) => names.includes(name)),
    json,
    yes,
    language: (lang as Language | undefined) ?? languageOf(process.env),
  };
}

function parse(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({ args: [...args], options: { target: text, only: text, json: flag, yes: flag, user: text, password: text, lang: text } }).values;
  } catch (error) {
    return `${(error as Error).message.split('. ')[0]!}; ${USAGE}`;
  }
}
