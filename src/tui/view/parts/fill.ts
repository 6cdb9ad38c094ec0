/**
 * Fill: finished rows for a pane of an exact height.
 */
import { fit } from '../text.js';

/** Exactly `height` rows: further ones are left out, missing ones are blank. */
export function fill(lines: readonly string[], width: number, height: number): readonly string[] {
  return Array.from({ length: Math.max(0, height) }, (_, i) => lines[i] ?? fit('', width));
}
