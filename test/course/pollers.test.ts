/** The course on real sockets: what the simulated kernel says of a program, epoll and the portable poller say as well, in the same words. */
import { test } from 'vitest';
import { isGreen, LESSONS } from '../../src/course/index.js';
import { MISTAKES } from './mistakes.js';
import { expectTold, fileOf, redTests, verdict } from './verdict.js';

const POLLERS = process.platform === 'linux' ? (['epoll', 'portable'] as const) : (['portable'] as const);
/** Only a test that fails takes so long. */
const PATIENCE_MS = 120_000;
/** How many mistakes of each lesson are tried; MISTAKES=99 tries all. */
const MOST = Number(process.env.MISTAKES ?? 1);

const lessons = POLLERS.flatMap((poller) => LESSONS.map(({ number }) => ({ poller, number })));

test.concurrent.for(lessons)('$poller, lesson $number: the stub is RED, the solution is GREEN', { timeout: PATIENCE_MS }, async ({ poller, number }, { expect }) => {
  const stub = await verdict(number, fileOf(number, 'stub.js'), poller);
  expect({ isGreen: isGreen(stub), failure: stub.failure }).toEqual({ isGreen: false, failure: null });
  const solution = await verdict(number, fileOf(number, 'solution.js'), poller);
  expect({ red: redTests(solution), failure: solution.failure }).toEqual({ red: [], failure: null });
});

const tried = LESSONS.flatMap(({ number }) => MISTAKES.filter(({ lesson }) => lesson === number).slice(0, MOST));
const mistakes = POLLERS.flatMap((poller) => tried.map((mistake) => ({ poller, mistake, lesson: mistake.lesson, what: mistake.what })));

test.concurrent.for(mistakes)('$poller, what learners get wrong: $lesson, $what', { timeout: PATIENCE_MS }, ({ poller, mistake }) => expectTold(mistake, (number, program) => verdict(number, program, poller)));
