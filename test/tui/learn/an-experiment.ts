/** The template as a value that tests change. */
import { experimentTemplate } from '../../../src/tui/learn/library.js';

// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type Loose = any;

/** The text of the template's file, changed by `change`; each field of the file stands in a line of its own. */
export function anExperiment(change: (file: Loose) => void = () => {}): string {
  const file = JSON.parse(experimentTemplate()) as Loose;
  change(file);
  return JSON.stringify(file, null, 1);
}
