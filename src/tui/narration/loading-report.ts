/**
 * Reports the loading of a dataset: its beginning, each quarter of it, and its end.
 */
import type { NarrationTexts } from './narration-texts.js';

interface Progress {
  readonly bytes: number;
  readonly totalBytes: number;
}

export interface LoadingReport {
  /** The last quarter that was reported; null: nothing is being loaded. */
  readonly quarter: number | null;
  /** The text to print now; null: none. */
  readonly line: string | null;
}

/** @param before the last quarter that was reported; null: nothing was being loaded. @param progress null: nothing is being loaded now */
export function reportLoading(before: number | null, progress: Progress | null, texts: NarrationTexts): LoadingReport {
  if (progress === null) return { quarter: null, line: before === null ? null : texts.loaded };
  const { bytes, totalBytes } = progress;
  const percent = totalBytes > 0 ? Math.min(100, Math.floor((100 * bytes) / totalBytes)) : 0;
  const quarter = Math.floor(percent / 25);
  return { quarter, line: before !== null && quarter <= before ? null : texts.loading(percent) };
}
