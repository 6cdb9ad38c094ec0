/**
 * The rules of Chrome's Trace Event Format as far as we use it, from its public description: what Perfetto and chrome://tracing take for granted.
 */
export interface FormatEntry {
  readonly ph: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts?: number;
  readonly name?: string;
  readonly cat?: string;
  readonly id?: number;
  readonly bp?: string;
  readonly s?: string;
  readonly args?: { readonly [name: string]: unknown };
}

export interface Slice {
  readonly tid: number;
  readonly name: string;
  readonly cat: string;
  readonly begin: number;
  readonly end: number;
  readonly depth: number;
  readonly args: { readonly [name: string]: unknown };
}

export interface CheckedTrace {
  /** The first rules that are broken, in words. */
  readonly violations: readonly string[];
  readonly entries: readonly FormatEntry[];
  readonly slices: readonly Slice[];
  /** From the slice that an arrow leaves to the one where it ends. */
  readonly arrows: readonly { readonly from: Slice; readonly to: Slice }[];
  readonly trackNames: ReadonlyMap<number, string>;
}

const PHASES = new Set(['B', 'E', 'i', 's', 'f', 'M']);

type OpenSlice = { -readonly [K in keyof Slice]: Slice[K] };

export function checkTraceEvents(text: string): CheckedTrace {
  const trace = JSON.parse(text) as { traceEvents: FormatEntry[]; displayTimeUnit?: string; otherData?: object };
  const violations: string[] = [];
  const slices: OpenSlice[] = [];
  const arrows: { from: Slice; to: Slice }[] = [];
  const open = new Map<number, OpenSlice[]>();
  const lastTs = new Map<number, number>();
  const trackNames = new Map<number, string>();
  const begun = new Map<string, { from: OpenSlice; ts: number }>();
  const say = (entry: FormatEntry, rule: string): void => void violations.push(`${rule}: ${JSON.stringify(entry)}`);

  if (trace.displayTimeUnit !== 'ms' && trace.displayTimeUnit !== 'ns') violations.push('displayTimeUnit must be ms or ns');
  for (const entry of trace.traceEvents) {
    const { ph, pid, tid, ts, name, cat, id } = entry;
    if (!PHASES.has(ph)) say(entry, 'unknown phase');
    if (!Number.isInteger(pid) || !Number.isInteger(tid) || tid < 1) say(entry, 'pid and tid must be whole numbers');
    if (ph === 'M') {
      if ((name !== 'thread_name' && name !== 'process_name') || typeof entry.args?.name !== 'string') say(entry, 'metadata must name a process or a thread');
      if (name === 'thread_name') trackNames.set(tid, String(entry.args?.name));
      continue;
    }
    if (typeof ts !== 'number' || !Number.isFinite(ts) || ts < 0) {
      say(entry, 'ts must be a number of µs');
      continue;
    }
    // Viewers sort by time, and keep the order of the file where times are equal: within a track it must be the order of nesting.
    if (ts < (lastTs.get(tid) ?? 0)) say(entry, 'time goes backwards within a track');
    lastTs.set(tid, ts);
    if (ph !== 'E' && (typeof name !== 'string' || name === '')) say(entry, 'a name is missing');
    const stack = open.get(tid) ?? [];
    open.set(tid, stack);
    const enclosing = stack.at(-1);
    if (ph === 'B') {
      const slice = { tid, name: name!, cat: cat!, begin: ts, end: NaN, depth: stack.length, args: entry.args ?? {} };
      stack.push(slice);
      slices.push(slice);
    } else if (ph === 'E') {
      if (enclosing === undefined) say(entry, 'nothing is open that could end');
      else stack.pop()!.end = ts;
    } else if (ph === 'i' && entry.s !== 't') say(entry, 'the scope of a moment must be its thread');
    else if (ph === 's' || ph === 'f') {
      const key = `${cat} ${name} ${id}`;
      if (!Number.isInteger(id)) say(entry, 'an arrow needs an id');
      if (enclosing === undefined) say(entry, 'an arrow must lie within a slice');
      else if (ph === 's') {
        if (begun.has(key)) say(entry, 'an arrow begins twice');
        begun.set(key, { from: enclosing, ts });
      } else {
        const start = begun.get(key);
        if (entry.bp !== 'e') say(entry, 'the end of an arrow must be bound to the slice around it');
        if (start === undefined || start.ts > ts) say(entry, 'an arrow ends that has not begun');
        else arrows.push({ from: start.from, to: enclosing });
      }
    }
  }
  for (const [tid, stack] of open) if (stack.length > 0) violations.push(`track ${tid} ends within ${stack.map((slice) => slice.name).join(' > ')}`);
  for (const tid of open.keys()) if (!trackNames.has(tid)) violations.push(`track ${tid} has no name`);
  return { violations: violations.slice(0, 10), entries: trace.traceEvents, slices, arrows, trackNames };
}
