/**
 * The sink: the stream to which Ink writes its frames instead of the terminal.
 *
 * Ink writes one plain frame per commit. The sink compares it line by line with the last one and writes the changed lines, at absolute positions, inside
 * synchronized output, so that nothing flickers and an unchanged screen costs no bytes.
 *
 *   Ink ── frame ──▶ sink ── changed lines ──▶ terminal
 *
 * It is also the last safeguard: no line can control the terminal, whatever a pane has let through. Only colours pass. And columns stay aligned, although
 * terminals do not agree on the width of an emoji: after each such character the cursor is positioned where the next one belongs.
 */
import { EventEmitter } from 'node:events';
import { CHARACTERS, PLAIN } from '../state/characters.js';
import { clusterColumns } from '../view/columns.js';

const BEGIN = '\x1b[?2026h';
const END = '\x1b[?2026l';
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';

/** Control characters, C1, bidi marks; and ESC, unless it begins a colour. */
const FORBIDDEN = /[\x00-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\x1b(?!\[[\d;]*m)/g;

export interface CursorPlace {
  /** From 0. */
  readonly row: number;
  readonly column: number;
}

export class FrameSink extends EventEmitter {
  /** Ink reads these properties of a stream. */
  readonly isTTY = false;
  readonly writable = true;
  /** The cursor position after the next frame; null: hidden. */
  cursor: CursorPlace | null = null;
  private lines: readonly string[] = [];
  private cursorText = '';
  private isReleased = false;
  /** The terminal has not taken all of the last frame. */
  private isBehind = false;
  /** The newest frame since then; those in between are dropped. */
  private missed: string | null = null;

  /** @param output writes to the terminal; false if it has not taken everything. @param recolor converts a row to the terminal's colours */
  constructor(
    public columns: number,
    public rows: number,
    private readonly output: (text: string) => boolean | void,
    private readonly recolor: (row: string) => string = (row) => row,
  ) {
    super();
  }

  /** A frame, from Ink. */
  write(frame: string): boolean {
    if (this.isReleased || frame === '') return true;
    if (this.isBehind) {
      this.missed = frame;
      return true;
    }
    const lines = frame.split('\n').slice(0, this.rows);
    const changes = this.changesTo(lines);
    const cursorText = this.cursor === null ? HIDE_CURSOR : `${moveTo(this.cursor.row, this.cursor.column)}${SHOW_CURSOR}`;
    this.lines = lines;
    const text = changes !== '' ? `${BEGIN}${HIDE_CURSOR}${changes}${cursorText}${END}` : cursorText !== this.cursorText ? cursorText : '';
    if (text !== '') this.isBehind = this.output(text) === false;
    this.cursorText = cursorText;
    return true;
  }

  /** The terminal has taken everything: writes the newest frame if one was missed. */
  caughtUp(): void {
    const { missed } = this;
    this.isBehind = false;
    this.missed = null;
    if (missed !== null) this.write(missed);
  }

  /** The terminal has another size, or shows something else: the next frame is written in full. */
  reset(columns: number, rows: number): void {
    this.columns = columns;
    this.rows = rows;
    this.lines = [];
    this.cursorText = '';
    this.output('\x1b[0m\x1b[2J');
  }

  /** From now on nothing is written. */
  release(): void {
    this.isReleased = true;
  }

  private changesTo(lines: readonly string[]): string {
    let changes = '';
    for (let row = 0; row < Math.max(lines.length, this.lines.length); row++) {
      const line = lines[row] ?? '';
      // Erased first: after a line as wide as the screen the cursor is still on its last character.
      if (line !== this.lines[row]) changes += `${moveTo(row, 0)}\x1b[2K${aligned(this.recolor(line.replace(FORBIDDEN, '?')))}\x1b[0m`;
    }
    return changes;
  }
}

const COLOR = /(\x1b\[[\d;]*m)/;

/** The line, with the cursor positioned after each character whose width differs between terminals. */
function aligned(line: string): string {
  if (PLAIN.test(line)) return line;
  let written = '';
  let column = 0;
  for (const part of line.split(COLOR)) {
    if (part.startsWith('\x1b') || part === '') {
      written += part;
      continue;
    }
    for (const { segment } of CHARACTERS.segment(part)) {
      const isPlain = PLAIN.test(segment);
      column += isPlain ? segment.length : clusterColumns(segment);
      written += isPlain ? segment : `${segment}\x1b[${column + 1}G`;
    }
  }
  return written;
}

function moveTo(row: number, column: number): string {
  return `\x1b[${row + 1};${column + 1}H`;
}
