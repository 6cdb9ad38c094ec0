/** What an experiment's file must be, and how it is said what is wrong about one. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { CLIENT_COUNTERS, COUNTERS } from '../../../src/tui/learn/counters.js';
import { fieldsOf } from '../../../src/tui/learn/event-fields.js';
import { ExperimentError, parseExperiment } from '../../../src/tui/learn/experiment-schema.js';
import { bundledExperiments, experimentTemplate, loadExperiment } from '../../../src/tui/learn/library.js';
import { LANGUAGES } from '../../../src/shared/language.js';
import { anExperiment, type Loose } from './an-experiment.js';

/** What is said about a file. */
function complaints(source: string): readonly string[] {
  try {
    parseExperiment(source, 'mine.json');
    return [];
  } catch (error) {
    if (!(error instanceof ExperimentError)) throw error;
    return error.message.split('\n');
  }
}

const complaintsOf = (change: (file: Loose) => void): readonly string[] => complaints(anExperiment(change)).map((one) => one.replace(/^mine\.json:\d+: /, ''));

test('the template is an experiment', () => {
  expect(parseExperiment(experimentTemplate(), 'template.json')).toMatchObject({ name: 'mine', number: null, panes: ['loop', 'frames'], runsAlone: false });
});

test('what is wrong is said with its line and its field', () => {
  const lines = experimentTemplate().split('\n');
  const at = lines.findIndex((line) => line.includes('"name": "get"'));
  lines[at] = lines[at]!.replace('"execute"', '"exeute"');
  expect(complaints(lines.join('\n'))).toEqual([expect.stringMatching(new RegExp(`^mine\\.json:${at + 1}: bookmarks\\[1\\]\\.event\\.kind: must be one of .* \\(did you mean "execute"\\?\\)$`))]);
});

test.each<[string, string, number]>([
  ['{ "a": 1,\n "b" 2 }', ': is expected, not 2', 2],
  ['{ "a": 1,\n\n }', 'there is a comma before }', 3],
  ['{ "a": 1, "a": 2 }', 'the field "a" occurs twice', 1],
  ['{ "a": [1, 2', ', is expected, not the end of the file', 1],
  ['{ "a": "b\n" }', 'a string is not terminated', 1],
  ['{ "a": nul }', 'nul is not a JSON value', 1],
  ['{} {}', '{ follows the end', 1],
  ['', 'the end of the file is not a JSON value', 1],
  [`${'['.repeat(5000)}`, 'lists and objects are nested more than 100 deep', 1],
])('%j is no JSON', (source, complaint, line) => {
  expect(complaints(source)).toEqual([`mine.json:${line}: ${complaint}`]);
});

test.each<[(file: Loose) => void, string | RegExp]>([
  [(file) => delete file.goals, 'the field "goals" is missing'],
  [(file) => (file.goal = []), /^goal: there is no such field here \(did you mean "goals"\?\); there are format, name, /],
  [(file) => (file.format = 2), 'format: must be 1'],
  [(file) => (file.name = 'My own'), 'name: must consist of lower-case letters, digits and -'],
  [(file) => (file.title = 'Mine'), 'title: must be an object with the fields en, ko'],
  [(file) => (file.title.fr = 'A moi'), /^title\.fr: there is no such field here/],
  [(file) => (file.panes = ['lop']), 'panes[0]: must be one of loop, tokens, readiness, frames, keyspace (did you mean "loop"?)'],
  [(file) => (file.answers[2].right = true), 'answers: exactly one must have "right": true, but 2 have it'],
  [(file) => file.answers.splice(1), 'answers: must have 3 to 4 entries, but has 1'],
  [(file) => (file.scenario = []), 'scenario: must have at least 1 entry, but has 0'],
  [(file) => (file.goals[0].count.event.reslt = 1), 'goals[0].count.event.reslt: "read" has no such field (did you mean "result"?); it has token, result, seq, atUs, client'],
  [(file) => (file.goals[0].counter = { name: 'reads', exactly: 1 }), 'goals[0]: must have exactly one of count, order, counter, figure, reply'],
  [(file) => (file.goals[0] = { says: { en: 'x' }, counter: { name: 'raeds', exactly: 1 } }), /^goals\[0\]\.counter\.name: there is no counter "raeds" \(did you mean "reads"\?\); there are turns, /],
  [(file) => (file.goals[0] = { says: { en: 'x' }, counter: { name: 'turns', client: 'a', exactly: 1 } }), /^goals\[0\]\.counter\.name: there is no counter "turns" of a client; there are requests, /],
  [(file) => delete file.goals[0].count.exactly, 'goals[0].count: one of atLeast, atMost, exactly is missing'],
  [(file) => (file.goals[0].count.after = 'red'), 'goals[0].count.after: there is no bookmark "red" (did you mean "read"?)'],
  [(file) => (file.goals[2].reply.is = { matches: '(' }), /^goals\[2\]\.reply\.is\.matches: Invalid regular expression/],
  [(file) => file.bookmarks.push(file.bookmarks[0]), 'bookmarks[2].name: there is another "read"'],
  [(file) => (file.bookmarks[0].after = 'get'), 'bookmarks[0].after: there is no bookmark "get" before this one'],
  [(file) => (file.explain.en = 'In turn {read.turn}.'), 'explain.en: must refer to at least 2 events of the run, as in "turn {dry.turn}", but refers to 1'],
  [(file) => (file.explain.en += ' {reed.turn}'), 'explain.en: there is no bookmark "reed" (did you mean "read"?)'],
  [(file) => (file.explain.en += ' {read.bytes}'), 'explain.en: "read" has no field "bytes"; it has token, result, seq, atUs, turn'],
  [(file) => (file.explain.en += ' {counters.raeds}'), 'explain.en: there is no counter "raeds" (did you mean "reads"?)'],
  [(file) => (file.explain.en += ' {so}'), 'explain.en: {so} is not one of {bookmark.field}, {bookmark.count}, {bookmark..bookmark}, {bookmark.1}, {counters.name}'],
  [(file) => (file.explain.en += ' {read.1}'), 'explain.en: "read" is the bookmark of an event, which has fields: {read.turn}'],
  [(file) => {
    file.bookmarks.push({ name: 'got', line: 'got (.*)', says: { en: 'x' } });
    file.explain.en += ' {got.turn}';
  }, 'explain.en: "got" is the bookmark of a line, which has groups: {got.1}'],
  [(file) => delete file.break.lines, 'break: must have lines, or a scenario'],
  [(file) => (file.break.says.en += ' {gett.turn}'), 'break.says.en: there is no bookmark "gett" (did you mean "get"?)'],
  [(file) => (file.mend.choices[0].right = true), 'mend.choices: exactly one must have "right": true, but 2 have it'],
  [(file) => (file.mend.typed = { prompt: { en: 'x' }, line: 'fault off', solutions: ['1'], wrong: ['2'] }), 'mend.typed.line: must contain {typed} once'],
  [(file) => (file.mend.choices[0] = 'fault off'), 'mend.choices[0]: must be an object with the fields lines, scenario, says, shows, right'],
])('%s', (change, complaint) => {
  expect(complaintsOf(change)).toEqual([typeof complaint === 'string' ? complaint : expect.stringMatching(complaint)]);
});

test('the fields of events are those of their documentation', () => {
  expect(fieldsOf('poll')).toEqual(['waitedUs', 'ready', 'emulated', 'within', 'seq', 'atUs']);
  expect(fieldsOf('accept')).toEqual(['token', 'client', 'seq', 'atUs']);
  expect(fieldsOf('write')).toEqual(['token', 'result', 'of', 'seq', 'atUs']);
});

test('the experiments that come with the lab are complete in every language, numbered, and each has a name of its own', () => {
  const experiments = bundledExperiments();
  expect(new Set(experiments.map(({ name }) => name)).size).toBe(experiments.length);
  for (const experiment of experiments) {
    expect(loadExperiment(experiment.name)).toEqual(experiment);
    expect(experiment.number).toBeGreaterThan(0);
    for (const text of localizedIn(experiment)) expect(Object.keys(text).sort(), text.en).toEqual([...LANGUAGES].sort());
  }
});

/** Every text for people in an experiment. */
function localizedIn(value: unknown): readonly { readonly en: string }[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('en' in value) return [value as { readonly en: string }];
  return Object.values(value).flatMap(localizedIn);
}

test('a name that there is not is answered with the nearest ones', () => {
  expect(() => loadExperiment('pipelin')).toThrow("there is no experiment 'pipelin': did you mean pipeline?");
  expect(() => loadExperiment('xyzzy')).toThrow(/^there is no experiment 'xyzzy': there are .*pipeline/);
});

test('docs/experiments.md names every counter and every field', () => {
  const text = readFileSync(new URL('../../../docs/experiments.md', import.meta.url), 'utf8');
  const names = [...Object.keys(COUNTERS), ...Object.keys(CLIENT_COUNTERS), ...Object.keys(JSON.parse(experimentTemplate()) as object)];
  expect(names.filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});
