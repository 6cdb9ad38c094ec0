/** Rules as expressions: what they may contain, their results, and that the textbook's expressions describe the textbook's policy. */
import { READ_BYTES } from '../../../src/server/client/input.js';
import { describe, expect, test } from 'vitest';
import { DEFECTS } from '../../../src/server/rules/defects.js';
import { PolicyInForce } from '../../../src/server/rules/policy.js';
import { textbookRound } from '../../../src/server/keyspace/expire-cycle.js';
import { compileRule, resultError, RuleError, type RuleValue } from '../../../src/server/rules/rule.js';
import { type Decide, RuledPolicy } from '../../../src/server/rules/ruled-policy.js';
import { SEAM_NAMES, type SeamName, seamOf } from '../../../src/server/rules/seams.js';

const complaint = (seam: SeamName, expression: string): string => {
  try {
    compileRule(seam, expression);
  } catch (error) {
    if (error instanceof RuleError) return error.message;
    throw error;
  }
  return 'compiled';
};

test.each([
  ["result === 'WouldBlock' ? 'close' : 'read again'", ['WouldBlock', 100, false, 1], 'close'],
  ['result > size / 2 && !edge ? "read again" : "wait"', [60, 100, false, 1], 'read again'],
  ["Math.min(reads, 3) * 2 % 4 + 1 === 3 ? 'wait' : 'yield'", [1, 1, true, 5], 'wait'],
  ["(result, 'wait')", [1, 1, true, 5], 'wait'],
])('%s', (expression, values, result) => {
  expect(compileRule('after-read', expression)(...values)).toBe(result);
});

describe('an invalid rule is refused, in one line', () => {
  const may = 'there are result, size, edge, reads, numbers, texts in quotes, operators, and Math.min and the like';
  test.each([
    ['', "after-read needs an expression, for example: result === 'WouldBlock' || !edge ? 'wait' : reads < 16 ? 'read again' : 'yield'"],
    ['process.exit()', `after-read does not know process; ${may}`],
    ['globalThis', `after-read does not know globalThis; ${may}`],
    ['Math.random()', `after-read does not know Math; ${may}`],
    ["result.constructor === 'x'", `after-read: . at character 7 cannot stand in an expression; ${may}`],
    ['(() => { for (;;); })()', 'after-read: = assigns; === compares'],
    ['function () {}', `after-read does not know function; ${may}`],
    ['`${result}`', `after-read: \` at character 1 cannot stand in an expression; ${may}`],
    ['[result]', `after-read: [ at character 1 cannot stand in an expression; ${may}`],
    ["result = 'wait'", 'after-read: = assigns; === compares'],
    ["'wait' // 'close'", `after-read: / at character 8 cannot stand in an expression; ${may}`],
    ["'wait' /* */", `after-read: / at character 8 cannot stand in an expression; ${may}`],
    ["'wa\x1b[31mit'", `after-read: ' at character 1 cannot stand in an expression; ${may}`],
    ['\x1b', `after-read: a byte at character 1 cannot stand in an expression; ${may}`],
    ["'wait", `after-read: ' at character 1 cannot stand in an expression; ${may}`],
    ["'wait'; 'close'", `after-read: ; at character 7 cannot stand in an expression; ${may}`],
    ["1) }, (function () { return (2", `after-read: } at character 4 cannot stand in an expression; ${may}`],
    ["result ? 'wait'", "after-read: Unexpected token ')'"],
    [`${'1 + '.repeat(300)}1`, 'after-read: an expression has at most 1000 characters'],
  ])('%s', (expression, message) => {
    expect(complaint('after-read', expression)).toBe(message);
  });
});

test('a result that the seam does not allow is reported', () => {
  const allowed = "after-read must come to 'read again', 'wait', 'yield', 'close', and came to ";
  expect(resultError('after-read', 'wait', [])).toBe(null);
  expect(resultError('after-read', 'toString', [])).toBe(`${allowed}'toString'`);
  expect(resultError('after-read', 5, [])).toBe(`${allowed}5`);
  expect(resultError('after-read', undefined, [])).toBe(`${allowed}undefined`);
  expect(resultError('after-read', {}, [])).toBe(`${allowed}object`);
  expect(resultError('read-size', 100, [100])).toBe(null);
  for (const wrong of [0, 101, 1.5, NaN, Infinity]) expect(resultError('read-size', wrong, [100])).toBe(`read-size must come to a whole number from 1 to room, and came to ${wrong}`);
});

/** Values of each seam, around the points where its decision could change. */
const CASES: { readonly [S in SeamName]: readonly (readonly RuleValue[])[] } = {
  serve: [[7, 0], [7, 3], [7, 7]],
  'read-size': [[1], [READ_BYTES]],
  'after-read': ['WouldBlock', 1, 16, READ_BYTES].flatMap((result) => [true, false].flatMap((edge) => [1, 2, 15, 16, 17, 1000].map((reads) => [result, READ_BYTES, edge, reads]))),
  'on-eof': [[0], [5]],
  'on-partial': [[1, 2], [100, 65_536]],
  'after-frame': [[1], [2], [1000]],
  'after-write': [[0, 1], [5, 10], [65_536, 65_536]],
  interest: [[0], [1], [65_536]],
  'after-accept': [[1, false], [999, true], [1000, true], [1001, false]],
  'new-token': [[2], [70]],
  'on-block': [[0, 1], [1500, 2]],
  'expire-round': [[100, 0, 0, 0, 500], ...[0, 1, 2, 3, 20].flatMap((expired) => [499, 500, 501].map((used) => [80, 20, expired, used, 500]))],
  timers: [[0], [3]],
  timeout: [[-1], [0], [250]],
};

test.each(SEAM_NAMES)('%s: the textbook rule has the result of its expression, and values are passed by name', (seam) => {
  const asked: (readonly RuleValue[])[] = [];
  const decisions: unknown[] = [];
  const { textbook } = new PolicyInForce();
  const decide: Decide = (at, _token, values, result) => {
    expect(at).toBe(seam);
    asked.push(values);
    decisions.push(result);
    return result;
  };
  const ruled = new RuledPolicy(textbook, decide, decide, () => true);
  for (const values of CASES[seam]) ASK[seam](ruled, values);
  expect(asked).toEqual(CASES[seam]);
  const { textbook: expression, parameters } = seamOf(seam);
  expect(CASES[seam][0]).toHaveLength(Object.keys(parameters).length);
  expect(decisions).toEqual(CASES[seam].map((values) => compileRule(seam, expression)(...values)));
});

const WOULD_BLOCK = -1;
const TOKEN = 7;

const ASK: { readonly [S in SeamName]: (policy: RuledPolicy, values: readonly RuleValue[]) => unknown } = {
  serve: (policy, [token, serving]) => {
    policy.serving = Number(serving);
    return policy.serve(Number(token), false);
  },
  'read-size': (policy, [room]) => policy.readSize(TOKEN, Number(room)),
  'after-read': (policy, [result, size, edge, reads]) =>
    policy.afterRead(TOKEN, result === 'WouldBlock' ? WOULD_BLOCK : Number(result), Number(size), edge === true, Number(reads)),
  'on-eof': (policy, [waiting]) => policy.onEof(TOKEN, Number(waiting)),
  'on-partial': (policy, [has, needs]) => policy.onPartial(TOKEN, Number(has), Number(needs)),
  'after-frame': (policy, [frames]) => policy.afterFrame(TOKEN, Number(frames)),
  'after-write': (policy, [taken, offered]) => policy.afterWrite(TOKEN, Number(taken), Number(offered)),
  interest: (policy, [waiting]) => policy.interest(TOKEN, Number(waiting)),
  'after-accept': (policy, [accepted, edge]) => policy.afterAccept(TOKEN, Number(accepted), edge === true),
  timers: (policy, [ready]) => policy.timers(Number(ready)),
  'new-token': (policy, [freed]) => policy.newToken(Number(freed)),
  'on-block': (policy, [timeout, keys]) => policy.onBlock(TOKEN, Number(timeout), Number(keys)),
  'expire-round': (policy, values) => {
    const [left, sampled, expired, used, limit] = values.map(Number) as [number, number, number, number, number];
    return policy.expireRound(textbookRound(sampled, expired, used > limit, 20, 10), left, sampled, expired, used, limit);
  },
  timeout: (policy, [next]) => policy.timeout!(Number(next)),
};

test.each(Object.entries(DEFECTS))('%s gives results that its seam allows, and in some case another one than the textbook', (_, { seam, expression }) => {
  const [defect, textbook] = [compileRule(seam, expression), compileRule(seam, seamOf(seam).textbook)];
  for (const values of CASES[seam]) expect(resultError(seam, defect(...values), values)).toBe(null);
  expect(CASES[seam].some((values) => defect(...values) !== textbook(...values))).toBe(true);
});
