/**
 * `redis-lab check --target host:port`: tests a server and prints the report.
 */
import { createInterface } from 'node:readline/promises';
import { check, type Credentials, describeEnd, describeProbe, PATIENCE_MS, PROBES, Target, TargetError, toJson } from '../check/index.js';
import { toBytes } from '../server/config/bytes.js';
import { formatAddress } from '../server/index.js';
import { parseTcpAddress, type TcpAddress } from '../shared/address.js';
import type { Language } from '../shared/language.js';
import { complain } from './complain.js';
import { parseWords, readLanguage, sayUsage, UsageError } from './words.js';

const USAGE = 'usage: redis-lab check --target HOST:PORT [--only PROBE,…] [--patience MS] [--json] [--yes] [--user NAME] [--password WORD] [--lang en|ko]';

const LEAST_PATIENCE_MS = 100;
const MOST_PATIENCE_MS = 10_000;

/** Exit codes. */
const PASSED = 0;
const FAILED = 1;
const NOT_POSSIBLE = 2;

interface CheckOptions {
  readonly address: TcpAddress;
  readonly credentials: Credentials | null;
  readonly patienceMs: number;
  readonly only: typeof PROBES;
  readonly json: boolean;
  readonly yes: boolean;
  readonly language: Language;
}

/** @param args text, after `check`. Resolves with the exit code */
export async function runCheck(args: readonly string[]): Promise<number> {
  try {
    return await judge(readOptions(args));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    return sayUsage(error, NOT_POSSIBLE);
  }
}

async function judge(options: CheckOptions): Promise<number> {
  try {
    const target = await Target.at(options.address, options.credentials, options.patienceMs);
    return await judgeTarget(target, options).finally(() => target.close());
  } catch (error) {
    if (!(error instanceof TargetError)) throw error;
    complain(toBytes(error.text[options.language]));
    return NOT_POSSIBLE;
  }
}

async function judgeTarget(target: Target, { address, only, json, yes, language }: CheckOptions): Promise<number> {
  const silent = await target.greet();
  if (silent === null && !yes && only.some(({ writes }) => writes !== undefined)) target.mayWrite = await mayWrite(target, json, language);
  const say = (lines: readonly string[]): void => void (lines.length > 0 && process.stdout.write(`${lines.join('\n')}\n`));
  const where = formatAddress(target.address);
  if (!json && target.address.host !== address.host) say([`${address.host}: ${where}`]);
  const report = await check(target, silent, only, (probe) => json || say(describeProbe(probe, language)));
  say(json ? [toJson(report, where, language)] : describeEnd(report, language));
  return report.probes.some(({ result }) => result === 'fail') ? FAILED : PASSED;
}

const MAY_WRITE: { readonly [language in Language]: (keys: number) => string } = {
  en: (keys) => `The database holds ${keys} keys. May check write a few keys of its own, and delete them at the end? [y/N] `,
  ko: (keys) => `데이터베이스에 키가 ${keys}개 있습니다. check의 키를 몇 개 쓰고 끝에 지울까요? [y/N] `,
};

/** The keys of a database that is not empty belong to its users, so at a terminal the user is asked. */
async function mayWrite(target: Target, isQuiet: boolean, language: Language): Promise<boolean> {
  const keys = await target.keyCount();
  if (keys === null || keys === 0) return true;
  if (isQuiet || !process.stdin.isTTY || !process.stdout.isTTY) return false;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await lines.question(MAY_WRITE[language](keys));
  lines.close();
  return /^y(?:es)?$/i.test(answer.trim());
}

/** Throws {@link UsageError}. */
function readOptions(args: readonly string[]): CheckOptions {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { target: text, only: text, patience: text, json: flag, yes: flag, user: text, password: text, lang: text };
  const { values } = parseWords({ args: [...args], options }, USAGE);
  const { target, only, patience = String(PATIENCE_MS), json = false, yes = false, user = null, password, lang } = values;
  if (target === undefined) throw new UsageError(`check needs a target; ${USAGE}`);
  const address = parseTcpAddress(target);
  if (address === null || address.port === 0) throw new UsageError(`--target '${target}': must be host:port, as 127.0.0.1:6379 or [::1]:6379`);
  if (!/^\d+$/.test(patience) || Number(patience) < LEAST_PATIENCE_MS || Number(patience) > MOST_PATIENCE_MS) {
    throw new UsageError(`--patience '${patience}': must be a number of ms from ${LEAST_PATIENCE_MS} to ${MOST_PATIENCE_MS}`);
  }
  if (user !== null && password === undefined) throw new UsageError('--user needs --password');
  return {
    address,
    credentials: password === undefined ? null : { user, password },
    patienceMs: Number(patience),
    only: only === undefined ? PROBES : probesOf(only.split(',')),
    json,
    yes,
    language: readLanguage(lang),
  };
}

/** In the order of the table. Throws {@link UsageError}. */
function probesOf(names: readonly string[]): typeof PROBES {
  const unknown = names.find((name) => !PROBES.some((probe) => probe.name === name));
  if (unknown === undefined) return PROBES.filter(({ name }) => names.includes(name));
  throw new UsageError(`--only: there is no probe '${unknown}'; there are ${PROBES.map(({ name }) => name).join(', ')}`);
}
