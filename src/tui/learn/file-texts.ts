/**
 * Messages about files of experiments: errors in them, and missing files.
 */
import { withParticle } from '../../shared/korean.js';
import type { InLanguages, Text } from '../../shared/language.js';

/** An error, in each language; its message as an Error is English. */
export class ExperimentFileError extends Error {
  constructor(readonly text: Text) {
    super(text.en);
  }
}

const hint = (name: string | undefined, text: (name: string) => string): string => (name === undefined ? '' : ` (${text(`"${name}"`)})`);
const meant = (name: string | undefined): string => hint(name, (quoted) => `did you mean ${quoted}?`);
const list = (names: readonly string[]): string => names.join(', ');

const ENGLISH = {
  // JSON
  behindTheEnd: (token: string) => `${token} follows the end`,
  tooDeep: (most: number) => `lists and objects are nested more than ${most} deep`,
  nameExpected: (token: string) => `a field name in quotes is expected, not ${token}`,
  twice: (field: string) => `the field "${field}" occurs twice`,
  commaBefore: (end: string) => `there is a comma before ${end}`,
  noValue: (token: string) => `${token} is not a JSON value`,
  expected: (mark: string, token: string) => `${mark} is expected, not ${token}`,
  noEnd: 'a string is not terminated',
  endOfFile: 'the end of the file',
  // Values
  aText: 'must be a string',
  notEmpty: 'must not be empty',
  aNumber: 'must be a number',
  trueOrFalse: 'must be true or false',
  aScalar: 'must be a string, a number, true or false',
  oneOf: (names: readonly string[], near: string | undefined) => `must be ${names.length === 1 ? '' : 'one of '}${list(names)}${meant(near)}`,
  aList: 'must be a list',
  entries: (least: number, most: number, has: number) => {
    const wanted = most === Infinity ? `at least ${least}` : least === most ? String(least) : `${least} to ${most}`;
    return `must have ${wanted} ${most === 1 || wanted === 'at least 1' ? 'entry' : 'entries'}, but has ${has}`;
  },
  anObject: (fields: readonly string[]) => `must be an object with the fields ${list(fields)}`,
  noField: (fields: readonly string[], near: string | undefined) => `there is no such field here${meant(near)}; there are ${list(fields)}`,
  missing: (field: string) => `the field "${field}" is missing`,
  aName: 'must consist of lower-case letters, digits and -',
  // Predicates, goals
  aPredicate: 'must be an object such as { "kind": "read", "client": "alice" }',
  noEventField: (kind: string, fields: readonly string[], near: string | undefined) => `"${kind}" has no such field${meant(near)}; it has ${list(fields)}`,
  noBound: 'one of atLeast, atMost, exactly is missing',
  oneType: (types: readonly string[]) => `must have exactly one of ${list(types)}`,
  noCounter: (name: string, isOfClient: boolean, names: readonly string[], near: string | undefined) =>
    `there is no counter "${name}"${isOfClient ? ' of a client' : ''}${meant(near)}; there are ${list(names)}`,
  changesNothing: 'must have lines, or a scenario',
  typedOnce: 'must contain {typed} once',
  // References
  oneRight: (right: number) => `exactly one must have "right": true, but ${right} have it`,
  another: (name: string) => `there is another "${name}"`,
  noBookmarkBefore: (name: string, near: string | undefined) => `there is no bookmark "${name}" before this one${meant(near)}`,
  noBookmark: (name: string, near: string | undefined) => `there is no bookmark "${name}"${meant(near)}`,
  ofLine: (name: string) => `"${name}" is the bookmark of a line, which has groups: {${name}.1}`,
  ofEvent: (name: string) => `"${name}" is the bookmark of an event, which has fields: {${name}.turn}`,
  groups: (name: string, groups: number) => `the line of "${name}" has ${groups} groups`,
  noFieldOf: (kind: string, field: string, fields: readonly string[], near: string | undefined) =>
    `"${kind}" has no field "${field}"${meant(near)}; it has ${list(fields)}`,
  unknownCounter: (name: string, near: string | undefined) => `there is no counter "${name}"${meant(near)}`,
  noPlaceholder: (source: string) => `${source} is not one of {bookmark.field}, {bookmark.count}, {bookmark..bookmark}, {bookmark.1}, {counters.name}`,
  fewEvents: (least: number, has: number) => `must refer to at least ${least} events of the run, as in "turn {dry.turn}", but refers to ${has}`,
  // Names
  noExperiment: (wanted: string, near: readonly string[], names: readonly string[]) =>
    `there is no experiment '${wanted}': ${near.length > 0 ? `did you mean ${list(near)}?` : `there are ${list(names)}`}`,
};

const meantInKorean = (name: string | undefined): string => hint(name, (quoted) => `혹시 ${quoted}?`);

const KOREAN: typeof ENGLISH = {
  behindTheEnd: (token) => `끝난 뒤에 ${withParticle(token, '이/가')} 더 있습니다`,
  tooDeep: (most) => `목록과 객체가 ${most}겹 넘게 중첩되어 있습니다`,
  nameExpected: (token) => `따옴표로 묶은 필드 이름이 와야 하는데 ${withParticle(token, '이/가')} 있습니다`,
  twice: (field) => `필드 ${withParticle(`"${field}"`, '이/가')} 두 번 있습니다`,
  commaBefore: (end) => `${end} 앞에 쉼표가 있습니다`,
  noValue: (token) => `JSON 값이 아닙니다: ${token}`,
  expected: (mark, token) => `${withParticle(mark, '이/가')} 와야 하는데 ${withParticle(token, '이/가')} 있습니다`,
  noEnd: '문자열이 닫히지 않았습니다',
  endOfFile: '파일의 끝',
  aText: '텍스트여야 합니다',
  notEmpty: '비어 있으면 안 됩니다',
  aNumber: '숫자여야 합니다',
  trueOrFalse: 'true 또는 false여야 합니다',
  aScalar: '텍스트, 숫자, true, false 중 하나여야 합니다',
  oneOf: (names, near) => `가능한 값: ${list(names)}${meantInKorean(near)}`,
  aList: '목록이어야 합니다',
  entries: (least, most, has) => {
    const wanted = most === Infinity ? `${least}개 이상` : least === most ? `${least}개` : `${least}~${most}개`;
    return `항목이 ${wanted}여야 하는데 ${has}개입니다`;
  },
  anObject: (fields) => `다음 필드를 가진 객체여야 합니다: ${list(fields)}`,
  noField: (fields, near) => `여기에 없는 필드입니다${meantInKorean(near)}. 있는 것: ${list(fields)}`,
  missing: (field) => `필드 ${withParticle(`"${field}"`, '이/가')} 없습니다`,
  aName: '소문자, 숫자, -만 쓸 수 있습니다',
  aPredicate: '{ "kind": "read", "client": "alice" } 같은 객체여야 합니다',
  noEventField: (kind, fields, near) => `"${kind}"에 없는 필드입니다${meantInKorean(near)}. 있는 것: ${list(fields)}`,
  noBound: 'atLeast, atMost, exactly 중 하나가 있어야 합니다',
  oneType: (types) => `다음 중 하나만 있어야 합니다: ${list(types)}`,
  noCounter: (name, isOfClient, names, near) =>
    `${isOfClient ? '클라이언트의 ' : ''}카운터 ${withParticle(`"${name}"`, '은/는')} 없습니다${meantInKorean(near)}. 있는 것: ${list(names)}`,
  changesNothing: 'lines 또는 scenario가 있어야 합니다',
  typedOnce: '{typed}가 한 번 있어야 합니다',
  oneRight: (right) => `"right": true는 하나에만 있어야 하는데 ${right}개에 있습니다`,
  another: (name) => `${withParticle(`"${name}"`, '이/가')} 이미 있습니다`,
  noBookmarkBefore: (name, near) => `이 앞에 북마크 ${withParticle(`"${name}"`, '이/가')} 없습니다${meantInKorean(near)}`,
  noBookmark: (name, near) => `북마크 ${withParticle(`"${name}"`, '이/가')} 없습니다${meantInKorean(near)}`,
  ofLine: (name) => `${withParticle(`"${name}"`, '은/는')} 줄의 북마크이므로 그룹을 씁니다: {${name}.1}`,
  ofEvent: (name) => `${withParticle(`"${name}"`, '은/는')} 이벤트의 북마크이므로 필드를 씁니다: {${name}.turn}`,
  groups: (name, groups) => `"${name}" 줄에는 그룹이 ${groups}개입니다`,
  noFieldOf: (kind, field, fields, near) => `"${kind}"에 필드 ${withParticle(`"${field}"`, '이/가')} 없습니다${meantInKorean(near)}. 있는 것: ${list(fields)}`,
  unknownCounter: (name, near) => `카운터 ${withParticle(`"${name}"`, '은/는')} 없습니다${meantInKorean(near)}`,
  noPlaceholder: (source) => `${source} 자리에 쓸 수 있는 것: {bookmark.field}, {bookmark.count}, {bookmark..bookmark}, {bookmark.1}, {counters.name}`,
  fewEvents: (least, has) => `"턴 {dry.turn}"처럼 실행의 이벤트를 ${least}개 이상 가리켜야 하는데 ${has}개를 가리킵니다`,
  noExperiment: (wanted, near, names) => `실험 ${withParticle(`'${wanted}'`, '은/는')} 없습니다. ${near.length > 0 ? `비슷한 이름: ${list(near)}` : `있는 것: ${list(names)}`}`,
};

export type FileTexts = typeof ENGLISH;

export const FILE_TEXTS: InLanguages<FileTexts> = { en: ENGLISH, ko: KOREAN };

/** In each language. */
export type Complaint = (texts: FileTexts) => string;
export const inEach = (complaint: Complaint): Text => ({ en: complaint(ENGLISH), ko: complaint(KOREAN) });
