/**
 * Parses the words after `redis-lab replay`.
 */
import { durationUs } from '../shared/duration.js';
import { parseTimeOfDay, type TimeOfDay } from '../shared/time-of-day.js';
import { type Change, ChangeError, parseChange } from '../server/recording/index.js';

const USAGE =
  'usage: redis-lab replay FILE [--until turn:N | command:N | time:T] [--digest] [--trace FILE] [--to perfetto [--out FILE]] [--trace-overwrite], ' +
  'or redis-lab replay FILE --with CHANGE';

/** Formats to which a recording can be converted. */
const FORMATS: readonly string[] = ['perfetto'];

/** Where a replay stops: at the end of a turn, or at a time. */
export type Until =
  | { readonly turn: number }
  | { readonly command: number }
  /** @param beginMs unix time at which the recording begins. Returns unix time in ms */
  | { readonly timeFrom: (beginMs: number) => number };

export interface ReplayOptions {
  readonly file: string;
  readonly until: Until | null;
  readonly digest: boolean;
  /** Where to write the trace. */
  readonly trace: string | null;
  /** Where to write it in the format of Perfetto. */
  readonly perfetto: string | null;
  /** The changes; none: the replay must be identical. */
  readonly changes: readonly Change[];
  /** The changes as they were typed. */
  readonly changeWords: readonly string[];
  /** Whether existing files are replaced. */
  readonly overwrite: boolean;
}

/** The options, or what is wrong with them. @param args byte strings */
export function readReplayOptions(args: readonly string[]): ReplayOptions | string {
  const files: string[] = [];
  const switches = new Set<string>();
  const values = new Map<string, string>();
  const changes: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const word = args[at]!;
    if (!word.startsWith('--')) files.push(word);
    else if (SWITCHES.has(word)) switches.add(word);
    else if (!WITH_VALUE.has(word)) return `unknown option '${word}'; ${USAGE}`;
    else if (args[++at] === undefined) return `${word} needs a value`;
    else if (word === '--with') changes.push(args[at]!);
    else values.set(word, args[at]!);
  }
  const [file] = files;
  if (file === undefined || files.length > 1) return USAGE;
  if (changes.length > 0 && switches.size + values.size > 0) return '--with goes with no other option';
  return complaintAbout(values) ?? complaintAboutChanges(changes) ?? optionsOf(file, switches, values, changes);
}

const SWITCHES: ReadonlySet<string> = new Set(['--digest', '--trace-overwrite']);
const WITH_VALUE: ReadonlySet<string> = new Set(['--until', '--trace', '--to', '--out', '--with']);

function complaintAbout(values: ReadonlyMap<string, string>): string | null {
  const until = values.get('--until');
  if (until !== undefined && readUntil(until) === null) {
    return `--until '${until}': must be turn:N, command:N or time:T, where T is +90s, 12:03:07.250 or 2026-11-29T12:03:07Z`;
  }
  const format = values.get('--to');
  if (format !== undefined && !FORMATS.includes(format)) return `--to '${format}': must be one of ${FORMATS.join(', ')}`;
  return format === undefined && values.has('--out') ? '--out names the file of --to, which is missing' : null;
}

function complaintAboutChanges(changes: readonly string[]): string | null {
  for (const change of changes) {
    try {
      parseChange(change);
    } catch (error) {
      if (error instanceof ChangeError) return `--with '${change}': ${error.message}`;
      throw error;
    }
  }
  return null;
}

function optionsOf(file: string, switches: ReadonlySet<string>, values: ReadonlyMap<string, string>, changes: readonly string[]): ReplayOptions {
  return {
    file,
    until: readUntil(values.get('--until') ?? ''),
    digest: switches.has('--digest'),
    trace: values.get('--trace') ?? null,
    perfetto: values.has('--to') ? (values.get('--out') ?? `${file}.json`) : null,
    changes: changes.map(parseChange),
    changeWords: changes,
    overwrite: switches.has('--trace-overwrite'),
  };
}

function readUntil(text: string): Until | null {
  const [, unit, value] = /^(turn|command|time):(.+)$/.exec(text) ?? [];
  if (unit === 'time') {
    const timeFrom = readTime(value!);
    return timeFrom === null ? null : { timeFrom };
  }
  if (unit === undefined || !/^\d+$/.test(value!)) return null;
  return unit === 'turn' ? { turn: Number(value) } : { command: Number(value) };
}

function readTime(text: string): ((beginMs: number) => number) | null {
  const [, duration] = /^\+(\d+(?:\.\d+)?[a-z]+)$/.exec(text) ?? [];
  if (duration !== undefined) return readDelay(duration);
  const timeOfDay = parseTimeOfDay(text);
  if (timeOfDay !== null) return (beginMs) => nextTime(timeOfDay, beginMs);
  const ms = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2})?$/.test(text) ? Date.parse(text) : NaN;
  return Number.isNaN(ms) ? null : () => ms;
}

function readDelay(duration: string): ((beginMs: number) => number) | null {
  try {
    const ms = durationUs(duration) / 1000;
    return (beginMs) => beginMs + ms;
  } catch {
    return null;
  }
}

/** On the day on which the recording begins, or on the next day if it begins later than that. */
function nextTime(timeOfDay: TimeOfDay, beginMs: number): number {
  const sameDay = timeOfDay(beginMs);
  return sameDay < beginMs ? timeOfDay(beginMs, 1) : sameDay;
}
