/**
 * The schema of an experiment's file: reads JSON into an {@link Experiment}, or lists all errors with lines and fields.
 */
import { TRACE_EVENTS, type TraceKind } from '../../server/index.js';
import {
  REPLY_KINDS, type Bookmark, type Bounds, type Choice, type Experiment, type Goal, type Lines, type Localized, type Predicate, type Test, type Typed,
} from '../state/learn/experiment.js';
import { type Language, LANGUAGES } from '../../shared/language.js';
import { PANE_IDS } from '../state/pane-id.js';
import { CLIENT_COUNTERS, COUNTERS } from './counters.js';
import { fieldsOf } from './event-fields.js';
import { checkReferences } from './experiment-references.js';
import { ExperimentFileError, inEach } from './file-texts.js';
import { JsonError, parseJson, type JsonNode } from './lined-json.js';
import {
  anyText, boolean, inField, listOf, mapped, meant, number, object, oneOf, optional, problem, scalar, text, type Place, type Problem, type Reader,
} from './schema.js';

/** The file is not a valid experiment. */
export class ExperimentError extends ExperimentFileError {
  /** @param file its name in messages */
  constructor(file: string, problems: readonly Problem[]) {
    const told = (language: Language): string =>
      problems.map(({ line, field, message }) => `${file}:${line}: ${field === '' ? '' : `${field}: `}${message[language]}`).join('\n');
    super({ en: told('en'), ko: told('ko') });
  }
}

/** Throws {@link ExperimentError}. @param file its name in errors */
export function parseExperiment(source: string, file: string): Experiment {
  const problems: Problem[] = [];
  const place = { field: '', problems };
  try {
    const node = parseJson(source);
    const experiment = readExperiment(node, place);
    if (problems.length === 0) checkReferences(experiment, node, problems);
    if (problems.length === 0) return experiment;
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    problems.push({ line: error.line, field: '', message: inEach(error.complaint) });
  }
  throw new ExperimentError(file, problems.toSorted((a, b) => a.line - b.line));
}

const localized: Reader<Localized> = (node, place) => {
  const texts = Object.fromEntries(LANGUAGES.map((language) => [language, language === 'en' ? text : optional(text, undefined)]));
  const read = object(texts)(node, place) as { readonly [language: string]: string | undefined } | undefined;
  return Object.fromEntries(Object.entries(read ?? {}).filter(([, one]) => one !== undefined)) as Localized;
};

const name: Reader<string> = (node, place) => {
  const word = text(node, place);
  return word === undefined || /^[a-z][a-z0-9-]*$/.test(word) ? word : problem(node, place, ({ aName }) => aName);
};

const line: Reader<string | readonly string[]> = (node, place) => (node.type === 'list' ? listOf(text, { atLeast: 1 })(node, place) : text(node, place));
const lines = (atLeast: number): Reader<Lines> => listOf(line, { atLeast });

const range = object({ atLeast: optional(number, undefined), atMost: optional(number, undefined), matches: optional(pattern, undefined) });

const test: Reader<Test> = (node, place) => {
  if (node.type === 'list') return listOf(scalar, { atLeast: 1 })(node, place);
  if (node.type !== 'object') return scalar(node, place);
  const { atLeast, atMost, matches } = range(node, place);
  return { ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }), ...(matches !== undefined && { matches }) };
};

/** A regular expression. */
function pattern(node: JsonNode, place: Place): string {
  const source = text(node, place);
  try {
    return source === undefined ? source : compiled(source);
  } catch (error) {
    return problem(node, place, () => (error as Error).message);
  }
}

/** Throws if it is not a valid regular expression. */
const compiled = (source: string): string => RegExp(source, 'u') && source;

const KINDS = Object.keys(TRACE_EVENTS) as TraceKind[];

const predicate: Reader<Predicate> = (node, place) => {
  if (node.type !== 'object') return problem(node, place, ({ aPredicate }) => aPredicate);
  const kindNode = node.fields.get('kind');
  if (kindNode === undefined) return problem(node, place, ({ missing }) => missing('kind'));
  const kind = oneOf(KINDS)(kindNode, inField(place, 'kind'));
  if (kind === undefined) return undefined as never;
  const clientNode = node.fields.get('client');
  const isClientField = fieldsOf(kind).includes('client');
  const client = clientNode === undefined || isClientField ? null : anyText(clientNode, inField(place, 'client'));
  const fields = [...node.fields].filter(([field]) => field !== 'kind' && (field !== 'client' || isClientField));
  const known = [...fieldsOf(kind), 'client'];
  for (const [field, one] of fields) {
    if (!known.includes(field)) problem(one, inField(place, field), ({ noEventField }) => noEventField(kind, known, meant(field, known)));
  }
  return { kind, client, fields: fields.map(([field, one]) => [field, test(one, inField(place, field))] as const) };
};

const BOUNDS = { atLeast: optional(number, undefined), atMost: optional(number, undefined), exactly: optional(number, undefined) };

/** The bounds of a goal; a default if it has none. */
function boundsOf({ atLeast, atMost, exactly }: { readonly [name in keyof Bounds]?: number | undefined }, node: JsonNode, place: Place): Bounds {
  const isBounded = node.type === 'object' && Object.keys(BOUNDS).some((bound) => node.fields.has(bound));
  if (!isBounded) return problem(node, place, ({ noBound }) => noBound);
  return { ...(atLeast !== undefined && { atLeast }), ...(atMost !== undefined && { atMost }), ...(exactly !== undefined && { exactly }) };
}

const count = object({ event: predicate, after: optional(name, null), before: optional(name, null), ...BOUNDS });
const counter = object({ name: text, client: optional(anyText, null), ...BOUNDS });
const figure = object({ line: pattern, ...BOUNDS });
const reply = object({ client: optional(anyText, ''), kind: optional(oneOf(REPLY_KINDS), null), is: test, ...BOUNDS });

const goalShape = {
  says: localized,
  count: optional(count, null),
  order: optional(listOf(predicate, { atLeast: 2 }), null),
  counter: optional(counter, null),
  figure: optional(figure, null),
  reply: optional(reply, null),
};

const GOAL_TYPES = ['count', 'order', 'counter', 'figure', 'reply'] as const;

const goal: Reader<Goal> = (node, place) => {
  const read = object(goalShape)(node, place);
  if (read === undefined || node.type !== 'object') return undefined as never;
  const types = GOAL_TYPES.filter((type) => node.fields.has(type));
  const [type] = types;
  if (type === undefined || types.length > 1) return problem(node, place, ({ oneType }) => oneType(GOAL_TYPES));
  const at = node.fields.get(type)!;
  const inside = inField(place, type);
  const { says } = read;
  if (read.count) return { says, type: 'count', ...read.count, bounds: boundsOf(read.count, at, inside) };
  if (read.order) return { says, type: 'order', events: read.order };
  if (read.counter) return counterGoal(says, read.counter, at, inside);
  if (read.figure) return { says, type: 'figure', line: read.figure.line, bounds: boundsOf(read.figure, at, inside) };
  if (read.reply) return { says, type: 'reply', ...read.reply, bounds: boundsOf(read.reply, at, inside) };
  return undefined as never;
};

function counterGoal(says: Localized, { name, client, ...bounds }: ReturnType<typeof counter>, node: JsonNode, place: Place): Goal {
  const names = Object.keys(client === null ? COUNTERS : CLIENT_COUNTERS);
  if (name !== undefined && !names.includes(name)) {
    return problem(node, inField(place, 'name'), ({ noCounter }) => noCounter(name, client !== null, names, meant(name, names)));
  }
  return { says, type: 'counter', counter: name, client, bounds: boundsOf(bounds, node, place) };
}

const eventBookmark = object({ name, event: predicate, after: optional(name, null), last: optional(boolean, false), says: localized });
const lineBookmark = object({ name, line: pattern, last: optional(boolean, false), says: localized });

const bookmark: Reader<Bookmark> = (node, place) =>
  node.type === 'object' && node.fields.has('line')
    ? mapped(lineBookmark, ({ last, ...rest }): Bookmark => ({ type: 'line', ...rest, isLast: last }))(node, place)
    : mapped(eventBookmark, ({ last, ...rest }): Bookmark => ({ type: 'event', ...rest, isLast: last }))(node, place);
const bookmarks = listOf(bookmark);

const changeShape = { lines: optional(listOf(text), []), scenario: optional(lines(1), null), says: localized };

/** Requires that something is changed. */
function changing<T extends { readonly lines: readonly string[]; readonly scenario: Lines | null }>(read: Reader<T>): Reader<T> {
  return (node, place) => {
    const change = read(node, place);
    if (change?.lines?.length === 0 && change.scenario === null) return problem(node, place, ({ changesNothing }) => changesNothing);
    return change;
  };
}

const choiceShape = { ...changeShape, shows: optional(localized, null), right: optional(boolean, false) };
const choice: Reader<Choice> = mapped(changing(object(choiceShape)), ({ right, ...rest }) => ({ ...rest, isRight: right }));
const choices = listOf(choice, { atLeast: 2, atMost: 4 });

const typed: Reader<Typed> = object({
  prompt: localized, line: typedLine, solutions: listOf(text, { atLeast: 1 }), wrong: listOf(text, { atLeast: 1 }),
});

function typedLine(node: JsonNode, place: Place): string {
  const read = text(node, place);
  return read === undefined || read.split('{typed}').length === 2 ? read : problem(node, place, ({ typedOnce }) => typedOnce);
}

const answer = mapped(object({ text: localized, right: optional(boolean, false) }), ({ right, ...rest }) => ({ ...rest, isRight: right }));

const experimentShape = object({
  format: oneOf([1]),
  name,
  number: optional(number, null),
  title: localized,
  panes: listOf(oneOf(PANE_IDS.filter((id) => id !== 'repl')), { atLeast: 1, atMost: 3 }),
  question: localized,
  answers: listOf(answer, { atLeast: 3, atMost: 4 }),
  prepare: optional(lines(0), []),
  scenario: lines(1),
  cleanup: optional(lines(0), []),
  bookmarks,
  goals: listOf(goal, { atLeast: 1 }),
  explain: localized,
  explainIf: optional(object({ line: pattern, says: localized }), null),
  sources: listOf(object({ text, where: text }), { atLeast: 1 }),
  break: changing(object({ ...changeShape, bookmarks: optional(bookmarks, []) })),
  mend: object({ question: localized, choices, typed: optional(typed, null) }),
  alone: optional(boolean, false),
  needs: optional(oneOf<'epoll'>(['epoll']), null),
});

const readExperiment: Reader<Experiment> = mapped(experimentShape, ({ alone, ...rest }) => ({ ...rest, runsAlone: alone }));
