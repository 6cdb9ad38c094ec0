/**
 * The judge: whether a run of a scenario meets an experiment's goals. It uses counters and the order and number of events, never elapsed time.
 */
import type { TraceEvent } from '../../server/index.js';
import type {
  Bookmark, EventBookmark, Experiment, Goal, Judged, LineBookmark, Predicate, RunRecord, Scalar, SeenEvent, Test, Verdict,
} from '../state/learn/experiment.js';
import type { Text } from '../../shared/language.js';
import { withParticle } from '../../shared/korean.js';
import { tokensOf } from './collector.js';
import { countedText, figureText } from './finding-texts.js';

/** The event of each bookmark that has one. */
export type Marks = ReadonlyMap<string, SeenEvent>;

export function judge({ goals, bookmarks }: Pick<Experiment, 'goals' | 'bookmarks'>, record: RunRecord): Judged {
  const marks = marksOf(bookmarks, record);
  const judgements = goals.map((goal) => ({ says: goal.says, ...judgeGoal(goal, record, marks) }));
  const verdict = (['red', 'unjudged', 'green'] as const).find((one) => judgements.some((judgement) => judgement.verdict === one)) ?? 'green';
  return { verdict, goals: judgements };
}

export function marksOf(bookmarks: readonly Bookmark[], record: RunRecord): Marks {
  const marks = new Map<string, SeenEvent>();
  for (const bookmark of bookmarks) {
    if (bookmark.type === 'line') continue;
    const matching = matchesOf(bookmark, record, marks);
    const found = bookmark.isLast ? matching.at(-1) : matching[0];
    if (found !== undefined) marks.set(bookmark.name, found);
  }
  return marks;
}

/** All events that match a bookmark. */
export function matchesOf({ event, after }: EventBookmark, record: RunRecord, marks: Marks): readonly SeenEvent[] {
  return matching(event, record, between(record, marks, after, null) ?? []);
}

type LinePattern = Pick<LineBookmark, 'line' | 'isLast'>;

/** The line of the transcript that matches a bookmark. */
export function lineOf({ line, isLast }: LinePattern, { replies }: RunRecord): string | undefined {
  const pattern = new RegExp(line, 'u');
  return replies[isLast ? 'findLast' : 'find'](({ text }) => pattern.test(text))?.text;
}

/** The matched groups of a bookmark's line, after the whole match; null if there is no such line. */
export function groupsOf(bookmark: LinePattern, record: RunRecord): readonly string[] | null {
  const found = lineOf(bookmark, record);
  // Of alternatives only one matches: the console's texts are in the language of the screen.
  return found === undefined ? null : new RegExp(bookmark.line, 'u').exec(found)!.filter((group) => group !== undefined);
}

interface Finding {
  readonly verdict: Verdict;
  readonly seen: Text;
}

const ENGLISH = {
  noClient: (client: string) => `client @${client} was not there at the end`,
  missing: (dropped: number) => `${dropped} turns and commands are missing in the trace`,
  noEvent: (bookmark: string) => `there was no event "${bookmark}"`,
  noLine: (pattern: string) => `no line matches ${pattern}`,
  inOrder: (found: number, wanted: number) =>
    found === wanted ? `all ${wanted} events came in this order` : `of ${wanted} events in this order ${found === 0 ? 'none' : `only ${found}`} came`,
};

const KOREAN: typeof ENGLISH = {
  noClient: (client) => `끝날 때 클라이언트 ${withParticle(`@${client}`, '이/가')} 없었습니다`,
  missing: (dropped) => `트레이스에서 턴과 명령 ${dropped}개가 빠졌습니다`,
  noEvent: (bookmark) => `이벤트 ${withParticle(`"${bookmark}"`, '이/가')} 없었습니다`,
  noLine: (pattern) => `이런 줄이 없습니다: ${pattern}`,
  inOrder: (found, wanted) => {
    if (found === wanted) return `이벤트 ${wanted}개가 이 순서로 나왔습니다`;
    return `이 순서의 이벤트 ${wanted}개 중 ${found === 0 ? '하나도 나오지 않았습니다' : `${found}개만 나왔습니다`}`;
  },
};

/** The text in each language. */
const inEach = (text: (texts: typeof ENGLISH) => string): Text => ({ en: text(ENGLISH), ko: text(KOREAN) });

function judgeGoal(goal: Goal, record: RunRecord, marks: Marks): Finding {
  switch (goal.type) {
    case 'count':
      return ofTrace(record, () => judgeCount(goal, record, marks));
    case 'order':
      return ofTrace(record, () => judgeOrder(goal.events, record));
    case 'counter': {
      const counters = goal.client === null ? record.counters : record.clientCounters.get(goal.client);
      const value = counters?.get(goal.counter);
      return value === undefined ? { verdict: 'red', seen: inEach(({ noClient }) => noClient(goal.client ?? '')) } : judgeNumber(goal, value);
    }
    case 'figure':
      return judgeFigure(goal, record);
    case 'reply': {
      const { client, kind, is } = goal;
      const matching = record.replies.filter((reply) => reply.client === client && (kind === null || reply.kind === kind) && passes(is, reply.text));
      return judgeNumber(goal, matching.length);
    }
  }
}

/** Goals about events cannot be judged if the trace has dropped some. */
function ofTrace({ dropped }: RunRecord, find: () => Finding): Finding {
  return dropped === 0 ? find() : { verdict: 'unjudged', seen: inEach(({ missing }) => missing(dropped)) };
}

function judgeCount(goal: Goal & { readonly type: 'count' }, record: RunRecord, marks: Marks): Finding {
  const { event, after, before } = goal;
  const events = between(record, marks, after, before);
  const absent = [after, before].find((name) => name !== null && !marks.has(name)) ?? '';
  if (events === null) return { verdict: 'red', seen: inEach(({ noEvent }) => noEvent(absent)) };
  return judgeNumber(goal, matching(event, record, events).length);
}

/** The events after one mark and before another; null if there is no such mark. */
function between({ events }: RunRecord, marks: Marks, after: string | null, before: string | null): readonly SeenEvent[] | null {
  const [first, last] = [after, before].map((name) => (name === null ? undefined : marks.get(name)));
  if ((after !== null && first === undefined) || (before !== null && last === undefined)) return null;
  return events.slice(first === undefined ? 0 : events.indexOf(first) + 1, last === undefined ? events.length : events.indexOf(last));
}

function judgeFigure(goal: Goal & { readonly type: 'figure' }, record: RunRecord): Finding {
  const { line } = goal;
  const figure = groupsOf({ line, isLast: true }, record)?.[1]?.replaceAll(',', '') ?? '';
  return figure === '' ? { verdict: 'red', seen: inEach(({ noLine }) => noLine(line)) } : judgeNumber(goal, Number(figure));
}

function judgeOrder(predicates: readonly Predicate[], record: RunRecord): Finding {
  let at = 0;
  for (const [i, predicate] of predicates.entries()) {
    const matches = matcherOf(predicate, record);
    const found = record.events.findIndex((seen, index) => index >= at && matches(seen.event));
    if (found === -1) return { verdict: 'red', seen: inEach(({ inOrder }) => inOrder(i, predicates.length)) };
    at = found + 1;
  }
  return { verdict: 'green', seen: inEach(({ inOrder }) => inOrder(predicates.length, predicates.length)) };
}

function judgeNumber(goal: Exclude<Goal, { readonly type: 'order' }>, value: number): Finding {
  const { atLeast = -Infinity, atMost = Infinity, exactly = value } = goal.bounds;
  const isMet = value >= atLeast && value <= atMost && value === exactly;
  return { verdict: isMet ? 'green' : 'red', seen: goal.type === 'figure' ? figureText(value, goal.bounds) : countedText(goal, value) };
}

function matching(predicate: Predicate, record: RunRecord, events: readonly SeenEvent[]): readonly SeenEvent[] {
  const matches = matcherOf(predicate, record);
  return events.filter(({ event }) => matches(event));
}

function matcherOf({ kind, client, fields }: Predicate, record: RunRecord): (event: TraceEvent) => boolean {
  const tokens = client === null ? null : tokensOf(record, client);
  return (event) => {
    if (event.kind !== kind) return false;
    if (tokens !== null && !('token' in event && tokens.has(event.token))) return false;
    return fields.every(([field, test]) => passes(test, (event as unknown as { readonly [field: string]: unknown })[field]));
  };
}

/** A list is compared as text, its words joined by spaces. */
export function passes(test: Test, found: unknown): boolean {
  const value = Array.isArray(found) ? found.join(' ') : (found as Scalar | undefined);
  if (value === undefined) return false;
  if (typeof test !== 'object') return value === test;
  if (isList(test)) return test.includes(value);
  const { atLeast = -Infinity, atMost = Infinity, matches } = test;
  const isNumeric = test.atLeast !== undefined || test.atMost !== undefined;
  if (isNumeric && !(typeof value === 'number' && value >= atLeast && value <= atMost)) return false;
  return matches === undefined || new RegExp(matches, 'u').test(String(value));
}

const isList = (test: Test): test is readonly Scalar[] => Array.isArray(test);
