/** The course on real sockets: what the simulated kernel says of a program, epoll and the portable poller say as well, in the same words. */
import { beforeAll, describe, test } from 'vitest';
import { isGreen, LESSONS } from '../../src/course/index.js';
import { MISTAKES } from './mistakes.js';
import { expectTold, fileOf, ManyVerdicts, redTests } from './verdict.js';

const POLLERS = process.platform === 'linux' ? (['epoll', 'portable'] as const) : (['portable'] as const);
/** Only a test that fails takes so long. Each waits for those before it. */
const PATIENCE_MS = 300_000;
/** How many mistakes of each lesson are tried; MISTAKES=99 tries all. */
const MOST = Number(process.env.MISTAKES ?? 1);

const tried = LESSONS.flatMap(({ number }) => MISTAKES.filter(({ lesson }) => lesson === number).slice(0, MOST));

describe.concurrent.for(POLLERS)('%s', (poller) => {
  // One program after the other in one process: a process takes longer to start than most of them to be tested.
  let many: ManyVerdicts;
  beforeAll(() => {
    many = new ManyVerdicts();
    return () => many.end();
  });

  test.for(LESSONS)('lesson $number: the stub is RED, the solution is GREEN', { timeout: PATIENCE_MS }, async ({ number }, { expect }) => {
    const stub = await many.verdict(number, fileOf(number, 'stub.js'), poller);
    expect({ isGreen: isGreen(stub), failure: stub.failure }).toEqual({ isGreen: false, failure: null });
    const solution = await many.verdict(number, fileOf(number, 'solution.js'), poller);
    expect({ red: redTests(solution), failure: solution.failure }).toEqual({ red: [], failure: null });
  });

  test.for(tried)('what learners get wrong: $lesson, $what', { timeout: PATIENCE_MS }, (mistake) => expectTold(mistake, (number, program) => many.verdict(number, program, poller)));
});
