/**
 * The differential fuzzer: random commands to the lab and to redis-server from a printed seed, until the time is over.
 *
 *   epoch (empty databases, its own seed): batch, batch, … state?, batch, … state → next epoch
 *                                             └ difference → shrunk to the fewest commands that still differ → reported
 *
 * The clocks of both servers are real, so no time that is sent comes while the fuzzer runs: it is far away or past.
 */
import { encodeRequest } from '../../src/server/resp/request-encoder.js';
import { RawClient } from '../support/raw-client.js';
import { type Difference, Duel, type Settings, show, type Step } from './duel.js';
import { FAMILIES } from './families.js';
import { templatesFromDocs } from './from-docs.js';
import { familyTemplates, generate, type Template } from './generate.js';
import { Random } from './random.js';
import { isDamaged } from './stand-ins.js';
import { CLIENTS, FIGHTERS } from './values.js';

export interface FuzzOptions {
  readonly labPort: number;
  readonly redisPort: number;
  readonly seed: number;
  readonly seconds: number;
  /** Ends after the epoch that brings the number of commands to this. */
  readonly commands?: number;
  /** Only this epoch, once, as an earlier run with the same families has printed it. */
  readonly epochSeed?: number;
  readonly families: readonly string[];
  /** Stops after so many different differences. */
  readonly maxDifferences: number;
  readonly log: (line: string) => void;
}

export interface FuzzSummary {
  readonly seed: number;
  readonly seconds: number;
  readonly commands: number;
  readonly epochs: number;
  readonly families: readonly string[];
  /** Commands of the grammar that the lab does not know; they were not sent. */
  readonly unknown: readonly string[];
  readonly differences: readonly FoundDifference[];
  /** Differences that looked like one reported before. */
  readonly repeated: number;
}

export interface FoundDifference extends Difference {
  readonly epochSeed: number;
  /** How many commands of the epoch had been sent, before it was shrunk. */
  readonly foundAt: number;
  /** The shortest list of commands found that still differs, as a transcript. */
  readonly script: string;
}

export const ALL_FAMILIES = Object.keys(FAMILIES);

/** Thresholds of encodings, all small, so that a few members cross them. */
const THRESHOLDS: { readonly [setting: string]: readonly string[] } = {
  'hash-max-listpack-entries': ['2', '5', '128'],
  'hash-max-listpack-value': ['2', '64'],
  'zset-max-listpack-entries': ['0', '2', '5', '128'],
  'zset-max-listpack-value': ['2', '64'],
  'set-max-intset-entries': ['2', '4', '512'],
  'list-max-listpack-size': ['1', '3', '-2'],
  'stream-node-max-entries': ['2', '5', '100'],
  'stream-node-max-bytes': ['60', '4096'],
  'hll-sparse-max-bytes': ['0', '100', '3000'],
};
/** What listeners hear, and what OBJECT FREQ and IDLETIME know. */
const OTHER_SETTINGS: { readonly [setting: string]: readonly string[] } = {
  'notify-keyspace-events': ['', 'KEA', 'KEAmn', 'KEm', 'Kgxe', 'E$lshzt'],
  'maxmemory-policy': ['noeviction', 'allkeys-lru', 'allkeys-lfu'],
};

/** Batches per epoch; short epochs shrink fast, long ones reach more states. */
const BATCHES = 200;
const BATCHES_BETWEEN_CHECKS = 50;
const MAX_BATCH = 60;
const SHRINK_MS = 15_000;

/** Rejects if a server can not be reached, or no command is left to send. */
export async function fuzz(options: FuzzOptions): Promise<FuzzSummary> {
  const { labPort, redisPort, seed, seconds, log } = options;
  const { known, unknown } = await chooseTemplates(options);
  if (known.length === 0) throw new Error('the lab knows none of these commands');
  const started = Date.now();
  const random = new Random(seed);
  const differences = new Map<string, FoundDifference>();
  let [commands, epochs, repeated] = [0, 0, 0];
  const { commands: most = Infinity } = options;
  const isOver = (): boolean =>
    Date.now() - started >= seconds * 1000 || commands >= most || differences.size >= options.maxDifferences || (options.epochSeed !== undefined && epochs > 0);
  while (!isOver()) {
    const epochSeed = options.epochSeed ?? random.below(0x7fffffff);
    const { settings, steps, difference } = await epoch(epochSeed, known, options, started + seconds * 1000);
    commands += steps.length;
    epochs++;
    if (difference === null) continue;
    const key = keyOf(difference);
    if (differences.has(key)) {
      repeated++;
      continue;
    }
    const found = await shrink(settings, steps, difference, labPort, redisPort);
    differences.set(key, { ...found.difference, epochSeed, foundAt: difference.taken, script: [...found.settings.map((setting) => `CONFIG SET ${setting.join(' ')}`), ...found.steps.map(scriptLine)].join('\n') });
    log(report(seed, differences.get(key)!));
  }
  return { seed, seconds: (Date.now() - started) / 1000, commands, epochs, families: options.families, unknown, differences: [...differences.values()], repeated };
}

/** What was sent, up to the first difference if there is one. */
async function epoch(seed: number, templates: readonly Template[], { labPort, redisPort }: FuzzOptions, deadline: number): Promise<{ settings: Settings; steps: Step[]; difference: Difference | null }> {
  const random = new Random(seed);
  const families = [...new Set(templates.map(({ family }) => family))];
  // Few families at a time: then their keys meet often, and transactions and blocking still occur in between.
  const chosen = families.filter(() => random.chance(0.5));
  const usable = chosen.length === 0 ? templates : templates.filter(({ family }) => chosen.includes(family));
  const steps: Step[] = [];
  // In what order SORT looks up what it sorts by, Redis leaves open: no notifications of misses.
  const mayHearMisses = !chosen.includes('sort');
  const settings = Object.entries({ ...THRESHOLDS, ...OTHER_SETTINGS }).map(([name, values]) => [name, random.pick(values.filter((value) => mayHearMisses || !/m/.test(name === 'notify-keyspace-events' ? value : '')))] as const);
  const duel = await Duel.begin(labPort, redisPort, settings);
  try {
    for (let batch = 0; batch < BATCHES && Date.now() < deadline; batch++) {
      const next = randomBatch(random, usable);
      steps.push(...next);
      const difference = (await duel.batch(next)) ?? ((batch + 1) % BATCHES_BETWEEN_CHECKS === 0 ? await duel.compareState() : null);
      if (difference !== null) return { settings, steps: steps.slice(0, difference.taken), difference };
    }
    return { settings, steps, difference: await duel.compareState() };
  } finally {
    duel.end();
  }
}

function randomBatch(random: Random, templates: readonly Template[]): Step[] {
  const [listening, fighting] = [templates.filter(({ listens }) => listens), templates.filter(({ listens }) => !listens)];
  const listens = listening.length > 0 && (fighting.length === 0 || random.chance(0.3));
  const client = listens ? random.between(FIGHTERS, CLIENTS - 1) : random.below(FIGHTERS);
  const usable = listens ? listening : fighting;
  const steps: Step[] = [];
  for (let left = random.between(1, MAX_BATCH); left > 0; left--) {
    const step = { ...generate(random, random.pick(usable)), client };
    if (isDamaged(step.argv)) return steps.length === 0 ? [step] : steps;
    steps.push(step);
    if (step.blocks) break;
  }
  return steps;
}

async function chooseTemplates({ labPort, redisPort, families }: FuzzOptions): Promise<{ known: Template[]; unknown: string[] }> {
  const all = [...families.flatMap(familyTemplates), ...(await templatesFromDocs(redisPort, families))];
  const names = [...new Set(all.map(({ name }) => name))];
  const client = await RawClient.connect(labPort);
  // The bare name: who knows it complains of its arity, or runs it on empty databases.
  const replies = await client.exchange(names.map((name) => encodeRequest(name.split(' '))).join(''), names.length);
  client.close();
  const unknown = names.filter((_, i) => /^-ERR unknown (sub)?command/.test(replies[i]?.bytes ?? '-ERR unknown command'));
  return { known: all.filter(({ name }) => !unknown.includes(name)), unknown };
}

interface Shrunk {
  readonly settings: Settings;
  readonly steps: readonly Step[];
  readonly difference: Difference;
}

/** Leaves out ever smaller runs of commands, then settings, as long as what remains still differs. */
async function shrink(settings: Settings, steps: readonly Step[], difference: Difference, labPort: number, redisPort: number): Promise<Shrunk> {
  const until = Date.now() + SHRINK_MS;
  let best: Shrunk = { settings, steps, difference };
  const attempt = async (settings: Settings, steps: readonly Step[]): Promise<boolean> => {
    const duel = await Duel.begin(labPort, redisPort, settings);
    const found = await duel.run(steps).finally(() => duel.end());
    // It may have become another difference on the way; then it would be reported under the wrong name.
    if (found === null || keyOf(found) !== keyOf(difference)) return false;
    best = { settings, steps: steps.slice(0, found.taken), difference: found };
    return true;
  };
  for (let size = Math.ceil(steps.length / 2); ; size = Math.ceil(size / 2)) {
    for (let start = 0; start < best.steps.length && Date.now() < until; ) {
      const candidate = [...best.steps.slice(0, start), ...best.steps.slice(start + size)];
      if (candidate.length === 0 || !(await attempt(best.settings, candidate))) start += size;
    }
    if (size === 1 || Date.now() >= until) break;
  }
  // What is left out keeps the value of the epoch before.
  for (const setting of settings) if (Date.now() < until + SHRINK_MS) await attempt(best.settings.filter((other) => other !== setting), best.steps);
  return best;
}

/** Differences with the same key are taken to have the same cause. */
function keyOf({ step, command, lab, redis }: Difference): string {
  const name = step === null ? `state ${command.split(' ')[1]}` : step.argv[0]!.toUpperCase();
  const kind = (reply: string): string => reply.replace(/\\r\\n.*|[0-9'].*/g, '').slice(0, 60);
  return `${name} ${kind(lab)} ${kind(redis)}`;
}

function scriptLine({ client, argv, blocks }: Step): string {
  return `${'abcde'[client]}${blocks || client >= FIGHTERS ? '>>' : '>'} ${show(argv)}`;
}

function report(seed: number, { epochSeed, foundAt, command, lab, redis, script }: FoundDifference): string {
  return `DIFFERENCE seed ${seed}, epoch ${epochSeed}, step ${foundAt}\n  ${command}\n    lab:   ${lab}\n    redis: ${redis}\n  script:\n${script.replace(/^/gm, '    ')}`;
}

/** One line for the record. */
export function summarize({ seed, seconds, commands, epochs, families, unknown, differences, repeated }: FuzzSummary): string {
  const rate = Math.round(commands / seconds);
  const missing = unknown.length === 0 ? '' : `; not in the lab: ${unknown.join(', ')}`;
  return `fuzz: seed ${seed}, ${commands} commands in ${seconds.toFixed(1)} s (${rate}/s), ${epochs} epochs, ${differences.length} differences (${repeated} repeated), families ${families.join(',')}${missing}`;
}
