/** The programs of a Korean course: each comment is Korean, and all else is as it was. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { COMMENTS, inKorean } from '../../src/course/korean.js';
import { LESSONS } from '../../src/course/lessons.js';

const LESSON_FILES = LESSONS.flatMap(({ name, title }) => ['stub.js', 'solution.js', 'stub.ts', 'solution.ts'].map((file) => ({ name, file, title: title.ko })));
const textOf = (name: string, file: string): string => readFileSync(new URL(`../../dist/course/lessons/${name}/${file}`, import.meta.url), 'utf8');
const isComment = (line: string): boolean => /^ *(?:\/\/|\/\*\*|\*)/.test(line);
/** Nothing in it is said: a type, a name, or the shape of an event. */
const isSilent = (line: string): boolean => /^ *(?:\/\/|\/\*\*|\*\/|\*(?: +\{ kind: 'Client(?:Connect|Disconnect)', id \}| @(?:param|returns|throws) (?:\{.*\}|\w+)(?: \w+)?)?)$/.test(line);
/** Commands of Redis are written as they are. */
const isOfCommands = (line: string): boolean => /PING, (?:ECHO|GET|RPUSH)/.test(line);

test.each(LESSON_FILES)('$name/$file', ({ name, file, title }) => {
  const english = textOf(name, file).split('\n');
  const korean = inKorean(english.join('\n'), title).split('\n');
  expect(korean).toHaveLength(english.length);
  const left = korean.filter((line, i) => isComment(line) && !isSilent(line) && !isOfCommands(line) && line === english[i]);
  expect(left.filter((line) => !/#\w+\(task/.test(line) && !/^ *\*\w+\(/.test(line))).toEqual([]);
  const changed = korean.filter((line, i) => line !== english[i] && !isComment(line));
  expect(changed.every((line) => line.includes('아직 작성하지 않았습니다'))).toBe(true);
});

test('every translation is of a line that there is', () => {
  const all = LESSON_FILES.map(({ name, file }) => textOf(name, file)).join('\n').replace(/(@\w+ )(?:\{\{.*?\}\} |\{[^}]*\} )/g, '$1');
  expect(Object.keys(COMMENTS).filter((english) => !all.includes(english))).toEqual([]);
});
