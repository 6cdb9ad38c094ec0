// The options of `npm run bench`, checked, as data: what the parts of the bench get. Their description is the comment at the head of main.mjs.
import { parseArgs } from 'node:util';

/** All parts, in the order in which they run if none is named; of the last two, only if they are. */
export const PARTS = [
  'throughput', 'collections', 'growth', 'scripts', 'memory', 'idle', 'startup', 'activity', 'history', 'fork', 'recording', 'loading', 'bgsave', 'durability', 'pipelines',
];
export const ONLY_IF_NAMED = ['tables', 'report'];

const CHOICES = {
  sends: ['direct', 'batched', 'auto'],
  trigger: ['level', 'edge'],
  coalesce: ['on', 'off'],
  poller: ['epoll', 'portable', 'auto'],
};

const OPTIONS = {
  row: { type: 'string' },
  pipeline: { type: 'string', short: 'P', default: '1,16' },
  clients: { type: 'string', short: 'c', default: '50' },
  keyspace: { type: 'string', short: 'r', default: '0' },
  'value-size': { type: 'string', short: 'd' },
  sizes: { type: 'string' },
  rounds: { type: 'string' },
  'most-rounds': { type: 'string' },
  margin: { type: 'string', default: '0.05' },
  seconds: { type: 'string', default: '0.6' },
  scale: { type: 'string', default: '1' },
  sends: { type: 'string' },
  trigger: { type: 'string', default: 'level' },
  coalesce: { type: 'string', default: 'on' },
  poller: { type: 'string', default: 'auto' },
  against: { type: 'string', default: 'redis' },
  goal: { type: 'boolean', default: false },
  calls: { type: 'boolean', default: false },
  json: { type: 'string' },
  minutes: { type: 'string' },
  table: { type: 'string' },
  anew: { type: 'boolean', default: false },
};

/** How often a row is measured, if `--rounds` does not say so, and how often at most if its rounds differ. */
const ROUNDS = 5;
const REPEATS = 3;

/** @param {string[]} args the words after `npm run bench --`. Throws an error with a code of parseArgs. */
export function benchOptions(args) {
  const { values, positionals } = parseArgs({ args, allowPositionals: true, options: OPTIONS });
  const parts = partsOf(positionals);
  const rounds = values.rounds === undefined ? null : whole('rounds', values.rounds, 1);
  return {
    parts: parts.names,
    file: parts.file,
    row: list(values.row),
    pipelines: list(values.pipeline).map((value) => whole('pipeline', value, 1)),
    clients: list(values.clients).map((value) => whole('clients', value, 1)),
    keyspace: whole('keyspace', values.keyspace, 0),
    valueSizes: list(values['value-size'])?.map((value) => whole('value-size', value, 1)) ?? [null],
    sizes: list(values.sizes)?.map((value) => whole('sizes', value, 1)) ?? null,
    givenRounds: rounds,
    rounds: rounds ?? ROUNDS,
    mostRounds: mostRounds(values['most-rounds'], rounds ?? ROUNDS),
    margin: positive('margin', values.margin),
    seconds: positive('seconds', values.seconds),
    scale: positive('scale', values.scale),
    variant: variantOf(values),
    against: againstOf(values.against),
    goal: values.goal,
    calls: values.calls,
    json: values.json ?? null,
    minutes: values.minutes === undefined ? Infinity : positive('minutes', values.minutes),
    tables: list(values.table),
    anew: values.anew,
  };
}

function partsOf(positionals) {
  const [first, file, ...rest] = positionals;
  if (first === 'report') {
    if (file === undefined || rest.length > 0) throw refusal('report needs the name of one file, which --json has written');
    return { names: ['report'], file };
  }
  for (const name of positionals) {
    if (![...PARTS, ...ONLY_IF_NAMED].includes(name)) throw refusal(`there is no bench called ${name}: ${[...PARTS, ...ONLY_IF_NAMED].join(', ')}`);
  }
  return { names: positionals.length > 0 ? positionals : PARTS, file: null };
}

function mostRounds(given, rounds) {
  if (given === undefined) return REPEATS * rounds;
  const most = whole('most-rounds', given, 1);
  if (most < rounds) throw refusal(`--most-rounds ${most} is less than --rounds ${rounds}`);
  return most;
}

function variantOf({ sends, trigger, coalesce, poller }) {
  return {
    sends: sends === undefined ? null : choice('sends', sends), trigger: choice('trigger', trigger), coalesce: choice('coalesce', coalesce),
    poller: choice('poller', poller),
  };
}

/** redis; other options of the same build, as in `sends=direct,trigger=level`; or the path of another build. */
function againstOf(text) {
  if (text === 'redis') return { kind: 'redis' };
  if (!/^(?:sends|trigger|coalesce|poller)=/.test(text)) return { kind: 'build', path: text };
  const settings = text.split(',').map((word) => {
    const [name, value, ...rest] = word.split('=');
    if (!(name in CHOICES) || value === undefined || rest.length > 0) throw refusal(`--against ${text}: expected sends=…, trigger=…, coalesce=… or poller=…, not ${word}`);
    return [name, choice(name, value)];
  });
  return { kind: 'variant', name: text, changes: Object.fromEntries(settings) };
}

function choice(name, value) {
  if (!CHOICES[name].includes(value)) throw refusal(`--${name} ${value}: expected ${CHOICES[name].join(', ')}`);
  return value;
}

const list = (text) => text?.split(',').map((word) => word.trim()) ?? null;

function whole(name, text, least) {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < least) throw refusal(`--${name} ${text}: expected a whole number from ${least}`);
  return value;
}

function positive(name, text) {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) throw refusal(`--${name} ${text}: expected a number above 0`);
  return value;
}

/** An error for which the usage is shown. */
export function refusal(message) {
  return Object.assign(new Error(message), { code: 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE' });
}
