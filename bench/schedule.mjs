// Divides the time of `npm run bench -- tables` over its rows: all rows get some rounds, then all get more, so that an interruption leaves every table with fewer rounds
// instead of leaving out tables; what remains goes to the rows whose rounds differ most.

/** Rounds for each row in a pass, and passes: 15 rounds. */
export const ROUNDS_A_PASS = 5;
export const PASSES = 3;

const SHORTEST = 0.1;
const LONGEST = 1.5;
/** For a run of redis-benchmark to start, and for the server to be emptied and filled: an estimate, until it has been measured. */
const OVERHEAD = 0.12;
/** Kept for rows that are measured again. */
const RESERVE = 0.12;
/** A warm-up takes about as long as one round. */
const WARM_UP = 1;

/** How many times a server is measured in a pass of all rows. */
export const runsOfPass = (rows) => rows.reduce((sum, { servers }) => sum + servers * (ROUNDS_A_PASS + WARM_UP), 0);

/**
 * The seconds of a round, so that the passes that remain take the time that remains, but for the reserve.
 * @param runs in a pass @param remaining seconds @param passes that remain @param overhead seconds of a run beyond those that it measures
 */
export function secondsOfRound({ runs, remaining, passes, overhead = OVERHEAD }) {
  const each = (remaining * (1 - RESERVE)) / (runs * passes) - overhead;
  return Math.min(LONGEST, Math.max(SHORTEST, each));
}

/** What a run took beyond its measured seconds. */
export const overheadOf = (elapsed, runs, seconds) => Math.max(0, elapsed / runs - seconds);

/** The row to measure again: the one with the widest interval above the margin; null if there is none. @param rows with `width` and `rounds` */
export function widest(rows, margin, mostRounds) {
  const wide = rows.filter(({ width, rounds }) => rounds > 0 && rounds < mostRounds && width > margin);
  return wide.length === 0 ? null : wide.reduce((most, row) => (row.width > most.width ? row : most));
}
