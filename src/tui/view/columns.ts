/**
 * Columns: how many columns a terminal needs for a text that is not only ASCII.
 *
 * Terminals do not agree about characters that consist of several code points. Some draw `กำ` or `हि` in one cell, others give each sign its own; an emoji with
 * a skin tone takes two columns or four. So a cluster gets the room of all its code points: where a terminal needs less, a blank remains, and the following
 * text never erases a part of it. The sink positions the cursor after each of them (terminal/sink.ts), and Ink lays rows out by the same measure
 * (scripts/bundle-ink.mjs).
 */
import stringWidth from 'string-width';
import { CHARACTERS } from '../state/characters.js';

// eslint-disable-next-line no-control-regex
const STYLES = /\x1b\[[\d;]*m/g;

/** For plain text, or text with SGR sequences, which take no columns. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const { segment } of CHARACTERS.segment(text.replace(STYLES, ''))) columns += clusterColumns(segment);
  return columns;
}

/** Maximum number of cached clusters. */
const MOST_KNOWN = 4000;
const known = new Map<string, number>();

/** For one visible character. */
export function clusterColumns(cluster: string): number {
  const before = known.get(cluster);
  if (before !== undefined) return before;
  if (known.size >= MOST_KNOWN) known.clear();
  const columns = Math.max(stringWidth(cluster), columnsOfParts(cluster));
  // Longer clusters are not cached: they hardly repeat.
  if (cluster.length <= 32) known.set(cluster, columns);
  return columns;
}

/** Code points drawn over the previous character, or not at all: marks, formats, and the vowels and tails of decomposed Hangul. */
const OVER = /[\p{Mn}\p{Me}\p{Cf}\p{Default_Ignorable_Code_Point}\u1160-\u11ff\ud7b0-\ud7fb]/u;

function columnsOfParts(cluster: string): number {
  let columns = 0;
  for (const char of cluster) if (!OVER.test(char)) columns += stringWidth(char);
  return columns;
}
