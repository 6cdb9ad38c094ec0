// The order and the time of `npm run bench -- tables`: all rows get some rounds, then all get more, so that an interruption leaves every table with fewer rounds instead of
// leaving out tables; at the end the rows whose rounds differ most are measured again, in a limited time.

/** Rounds for each row in a pass, and passes: 15 rounds. */
export const ROUNDS_A_PASS = 5;
export const PASSES = 3;
const ROUNDS = ROUNDS_A_PASS * PASSES;

/** Seconds of a round beyond those that are measured: redis-benchmark starts and connects twice, and the server is emptied and filled. */
const OVERHEAD = 0.2;
/** Rounds that finding the number of requests takes, each time a row is measured on new servers. */
const WARM_UP = 1.5;
/** Time for rows that are measured again, as a share of that for all rows. */
const REPEAT_SHARE = 0.25;

/** Estimated seconds for a number of further rounds. @param servers their number */
export function secondsOf(servers, rounds, seconds) {
  if (rounds <= 0) return 0;
  return servers * (rounds + WARM_UP * Math.ceil(rounds / ROUNDS_A_PASS)) * (seconds + OVERHEAD);
}

/** Estimated seconds until all rows have their rounds. @param rows with `servers` and `rounds`, those that they have @param seconds of a round */
export const secondsMissing = (rows, seconds) => sum(rows, ({ servers, rounds }) => secondsOf(servers, ROUNDS - rounds, seconds));

/** Estimated seconds that remain for rows that are measured again: also if earlier portions have used some. */
export function secondsForRepeats(rows, seconds) {
  const all = sum(rows, ({ servers }) => secondsOf(servers, ROUNDS, seconds));
  return all * REPEAT_SHARE - sum(rows, ({ servers, rounds }) => secondsOf(servers, rounds - ROUNDS, seconds));
}

const sum = (rows, of) => rows.reduce((total, row) => total + of(row), 0);

/** The row to measure again: the one with the widest interval above the margin; null if there is none. @param rows with `width` and `rounds` */
export function widest(rows, margin, mostRounds) {
  const wide = rows.filter(({ width, rounds }) => rounds > 0 && rounds < mostRounds && width > margin);
  return wide.length === 0 ? null : wide.reduce((most, row) => (row.width > most.width ? row : most));
}
