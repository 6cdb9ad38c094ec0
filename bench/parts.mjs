// Runs the parts of the bench that the options name, and prints the Markdown of each when it is done.
import { activity } from './activity.mjs';
import { buildHash, contendersOf, labContender, mainOf, redisContender, variantFlags } from './contenders.mjs';
import { fork } from './fork.mjs';
import { growth } from './growth.mjs';
import { history } from './history.mjs';
import { idle } from './idle.mjs';
import { loading } from './loading.mjs';
import { datasetsOf, memory } from './memory.mjs';
import { refusal } from './options.mjs';
import { pipelines } from './pipelines.mjs';
import { recording } from './recording.mjs';
import { aboutRun, headOf, ResultsFile } from './results-file.mjs';
import { bgsave, durability } from './saving.mjs';
import { scriptRows } from './scripts.mjs';
import { startup } from './startup.mjs';
import { report, tables } from './tables.mjs';
import { throughput } from './throughput.mjs';
import { COLLECTION_SET, DEFAULT_SET, named, rowsOf } from './workloads.mjs';

/** The parts whose rows are chosen by --row, and that compare whatever --against names. */
const ROWS = {
  throughput: (options) => rowsOf(named(DEFAULT_SET, options.row), options),
  collections: (options) => rowsOf(named(COLLECTION_SET, options.row), options),
  scripts: (options) => scriptRows(options.row, options),
};

const OTHERS = {
  growth: ({ variant, row, margin }) => growth(variantFlags(variant), row, margin),
  memory: ({ variant, row, scale, goal }, results) => memory({ row, scale, goal, labFlags: variantFlags(variant) }, results),
  idle: ({ variant }) => onServers(variant, ['--maxclients', '20000'], idle),
  startup: ({ variant }) => startup(variantFlags(variant)),
  activity: () => activity(),
  history: ({ variant }) => history(variantFlags(variant)),
  fork: ({ variant }) => fork(variantFlags(variant)),
  loading: ({ variant, row, scale, givenRounds }) => loading(variantFlags(variant), { scale, tests: row, ...(givenRounds === null ? {} : { rounds: givenRounds }) }),
  pipelines: ({ variant, rounds }) => onServers(variant, [], (...servers) => pipelines(servers, rounds)),
  recording,
  bgsave,
  durability,
};

export async function runParts(options) {
  const [first] = options.parts;
  if (first === 'report') return report(options);
  if (options.parts.includes('tables')) return tables(options);
  const parts = options.parts.filter((part) => namesIn(part, options)?.length !== 0);
  if (parts.length === 0) throw refusal(`there is no row called ${options.row.join(', ')}: ${namesOf(options).join('; ')}`);
  const about = await aboutOf(options);
  const results = new ResultsFile(options.json);
  results.add('run', about);
  console.log(`${headOf(about)}\n`);
  for (const part of parts) console.log(`${part in ROWS ? await throughput(part, ROWS[part](options), options, results) : await OTHERS[part](options, results)}\n`);
}

async function aboutOf(options) {
  const { against } = options;
  return aboutRun(await contendersOf(options), { lab: buildHash(), ...(against.kind === 'build' ? { 'other build': buildHash(mainOf(against.path)) } : {}) });
}

/** The rows of a part that are wanted; undefined if it has none to choose from. */
function namesIn(part, options) {
  if (part === 'memory') return datasetsOf(options.row).map(({ name }) => name);
  return part in ROWS ? [...new Set(ROWS[part](options).map(({ label }) => label.test))] : undefined;
}

const namesOf = (options) => options.parts.flatMap((part) => namesIn(part, { ...options, row: null }) ?? []);

async function onServers(variant, extra, run) {
  const servers = [];
  try {
    for (const contender of [await labContender('redis-lab', variant, { extra }), redisContender(extra)]) servers.push(await contender.start());
    return await run(...servers.map((server, at) => ({ ...server, name: ['redis-lab', 'redis-server'][at] })));
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
}
