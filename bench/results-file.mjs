// The file of --json: one JSON object per line, each written at once, so that an interruption loses nothing that has been measured.
//
//   { "type": "run", "run", "node", "cpu", "build", "contenders" }      the start of a run, which is named by its time, or of a further portion of it
//   { "type": "rounds", "run", "table", "label", "samples" }            rounds of a row: for each server a list of { cpuUs, rps, p50, p99 }
//   { "type": "calls", "run", "table", "label", "calls" }               system calls per request, for each server
//   { "type": "result", "run", "table", "label", "names", "cpu", … }    what report.mjs makes of them
//   { "type": "memory", "run", "dataset", "count", "lab", "redis" }     resident bytes of each: { empty, loaded, readBack, left, seconds }
//   { "type": "error", "run", "table", "label", "message" }             a row that could not be measured
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { refusal } from './options.mjs';

export class ResultsFile {
  run;

  /** @param path null: nothing is written @param {string} run of which more is added; by default a new one */
  constructor(path, run = new Date().toISOString()) {
    this.path = path === null ? null : fileOf(path);
    this.run = run;
  }

  add(type, entry) {
    if (this.path !== null) appendFileSync(this.path, `${JSON.stringify({ type, run: this.run, ...entry })}\n`);
  }
}

/** npm changes the folder: the path is relative to where it was called. */
export const fileOf = (path) => resolve(process.env.INIT_CWD ?? '.', path);

/** What the lines of a file say of its last run: { run, about, tables: Map of name to Map of label to { label, samples, calls } }. Null if there is none. */
export function readRun(text) {
  const entries = text.split('\n').flatMap(parsed);
  const about = entries.findLast(({ type }) => type === 'run');
  if (about === undefined) return null;
  const tables = new Map();
  for (const entry of entries) {
    if (entry.run !== about.run || !['rounds', 'calls'].includes(entry.type)) continue;
    const rows = tables.get(entry.table) ?? new Map();
    tables.set(entry.table, rows);
    const key = keyOf(entry.label);
    const row = rows.get(key) ?? { label: entry.label, samples: {}, calls: {} };
    rows.set(key, row);
    for (const [name, samples] of Object.entries(entry.samples ?? {})) row.samples[name] = [...(row.samples[name] ?? []), ...samples];
    Object.assign(row.calls, entry.calls);
  }
  return { run: about.run, about, tables };
}

export const keyOf = (label) => JSON.stringify(label);

/** The last line of a run that was killed may be a part of one. */
function parsed(line) {
  try {
    return [JSON.parse(line)];
  } catch {
    return [];
  }
}

/** The last run in a file; null if there is none, or no file. */
export function lastRunOf(path) {
  const file = fileOf(path);
  return existsSync(file) ? readRun(readFileSync(file, 'utf8')) : null;
}

export function readRunOf(path) {
  if (!existsSync(fileOf(path))) throw refusal(`there is no file ${path}`);
  const run = lastRunOf(path);
  if (run === null) throw refusal(`there is no run in ${path}`);
  return run;
}

/** The machine and the builds, for the head of the output and the entry of a run. */
export function aboutRun(contenders, builds) {
  return { node: process.version, cpu: `${cpus().length} × ${cpus()[0].model}`, builds, contenders: contenders.map(({ name, kind, about }) => ({ name, kind, about })) };
}

export function headOf({ node, cpu, contenders }) {
  return `Node ${node}, ${cpu}. ${contenders.map(({ name, about }) => `${name}: ${about}`).join('; ')}.`;
}
