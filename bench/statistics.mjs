// The statistics of the bench: medians, intervals of medians that assume no distribution, and the comparison of two servers measured by turns.

/** The median; of an even number of values the mean of the two in the middle. */
export function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return Number.isInteger(middle) ? (sorted[middle - 1] + sorted[middle]) / 2 : sorted[Math.floor(middle)];
}

/**
 * An interval that contains the median of what is measured with at least the given probability, whatever its distribution: from the k-th smallest
 * value to the k-th largest, with the largest k for which that holds. Of fewer than six values it is their range, and `confidence` says how little
 * that is. Values that depend on each other (a disturbance that lasts several rounds) make the interval too narrow.
 */
export function medianInterval(numbers, wanted = 0.95) {
  const sorted = [...numbers].sort((a, b) => a - b);
  let k = 1;
  while (2 * (k + 1) <= sorted.length && confidenceOf(k + 1, sorted.length) >= wanted) k++;
  return { low: sorted[k - 1], high: sorted[sorted.length - k], confidence: confidenceOf(k, sorted.length) };
}

/** The probability that the median is between the k-th smallest and the k-th largest of n values: that neither fewer than k nor more than n − k are below it. */
export function confidenceOf(k, n) {
  let term = 0.5 ** n;
  let below = 0;
  for (let i = 0; i < k; i++) {
    below += term;
    term *= (n - i) / (i + 1);
  }
  return Math.max(0, 1 - 2 * below);
}

/**
 * Compares the figures of two servers, one for each round. The ratio is taken in each round, since other load on the machine changes from one to the next.
 * @returns medians of both, and the median ratio first / second with its interval
 */
export function compare(first, second) {
  if (first.length !== second.length || first.length === 0) throw new Error(`${first.length} and ${second.length} rounds cannot be compared`);
  const ratios = first.map((value, round) => value / second[round]);
  return { first: median(first), second: median(second), ratio: median(ratios), ...medianInterval(ratios), rounds: ratios.length };
}

/** Which of two is ahead: the one that needs less in the whole interval, and otherwise neither; a single round decides nothing. */
export function ahead({ low, high, confidence }, firstName, secondName) {
  if (confidence === 0) return 'neither';
  if (high < 1) return firstName;
  return low > 1 ? secondName : 'neither';
}

/** The width of the interval relative to the ratio. */
export const width = ({ low, high, ratio }) => (high - low) / ratio;
