/** What is said while a dataset is loaded. */
import { expect, test } from 'vitest';
import { reportLoading } from '../../../src/tui/narration/loading-report.js';
import { NARRATION_TEXTS } from '../../../src/tui/narration/narration-texts.js';

test('the start, each quarter and the end are reported once each, also for the next dataset', () => {
  const said: string[] = [];
  let before: number | null = null;
  const progress = [null, 3, 10, 24, 26, 49, 80, 100, null, null, 0, null];
  for (const percent of progress) {
    const { quarter, line } = reportLoading(before, percent === null ? null : { bytes: percent * 10, totalBytes: 1000 }, NARRATION_TEXTS.en);
    before = quarter;
    if (line !== null) said.push(line.split(';')[0]!);
  }
  const loading = (percent: number): string => `LOADING the dataset: ${percent} %`;
  expect(said).toEqual([loading(3), loading(26), loading(80), loading(100), 'the dataset is loaded', loading(0), 'the dataset is loaded']);
});

test('for a dataset of unknown size only the start and the end are reported', () => {
  expect(reportLoading(null, { bytes: 5, totalBytes: 0 }, NARRATION_TEXTS.en).line).toContain('0 %');
  expect(reportLoading(0, { bytes: 9, totalBytes: 0 }, NARRATION_TEXTS.en).line).toBeNull();
  expect(reportLoading(0, null, NARRATION_TEXTS.en)).toEqual({ quarter: null, line: 'the dataset is loaded' });
});
