// Replaces string-width in the bundle of the screen: its regular expressions and its segmenter take tens of milliseconds to create, and frames of plain text do not need them.

/** ASCII, arrows, boxes, blocks and shapes up to ◌, and … µ · ×: one column each. A test compares them with the package. */
const PLAIN = /^[\x20-\x7e\u2190-\u2193\u2500-\u25cc\u2026\xb5\xb7\xd7]*$/;

let measure = null;

export default function stringWidth(text) {
  if (PLAIN.test(text)) return text.length;
  measure ??= require('string-width/index.js').default;
  return measure(text);
}
