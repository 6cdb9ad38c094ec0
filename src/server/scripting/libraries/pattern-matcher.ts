/**
 * PatternMatcher: matches Lua's patterns, as lstrlib.c of Lua 5.1 does. Used by string.ts.
 *
 * Lua's own matcher tries all possibilities, which for some patterns takes practically for ever, and cannot be interrupted, because it runs no hook. This one
 * calls the watch from time to time, so that an endless script can be killed. Redis uses Lua's own, and hangs.
 *
 * Texts and patterns are read in place. Each is followed by a zero, which ends a pattern, as in C.
 */
import type { Pointer } from '../lua-memory.js';
import { LuaError, type LuaState } from '../lua-state.js';

/** No match. */
export const NONE = -1;

const MAX_CAPTURES = 32;
/** Each item of a pattern can start a nested call; C's stack, which Redis relies on, would allow more. */
const MAX_DEPTH = 2000;

const UNFINISHED = -1;
/** The length of a capture that is a position in the text. */
export const POSITION = -2;

const [ZERO, ONE, NINE] = [48, 49, 57];
const [DOLLAR, PERCENT, OPEN, CLOSE, STAR, PLUS, MINUS, DOT, QUESTION] = [36, 37, 40, 41, 42, 43, 45, 46, 63];
const [BRACKET, CLOSE_BRACKET, CARET, LOWER_B, LOWER_F] = [91, 93, 94, 98, 102];

/** Bytes with a special meaning in a pattern. */
export const IS_SPECIAL = Uint8Array.from({ length: 256 }, (_, code) => ('^$*+?.([%-'.includes(String.fromCharCode(code)) ? 1 : 0));

/** The bytes of each class, by its letter, in the C locale. */
const CLASSES: readonly (Uint8Array | undefined)[] = Array.from({ length: 256 }, (_, code) => membersOf(String.fromCharCode(code)));

function membersOf(letter: string): Uint8Array | undefined {
  const classes: { readonly [letter: string]: RegExp } = {
    // oxlint-disable-next-line no-control-regex -- control characters are a class, and so is zero
    a: /[a-zA-Z]/, c: /[\x00-\x1f\x7f]/, d: /[0-9]/, l: /[a-z]/, p: /[!-/:-@[-`{-~]/, s: /[ \t\n\v\f\r]/, u: /[A-Z]/, w: /[a-zA-Z0-9]/,
    // oxlint-disable-next-line no-control-regex -- zero is a class
    x: /[0-9a-fA-F]/, z: /\0/,
  };
  const members = classes[letter.toLowerCase()];
  if (members === undefined) return undefined;
  const isComplement = letter !== letter.toLowerCase();
  return Uint8Array.from({ length: 256 }, (_, code) => (members.test(String.fromCharCode(code)) === isComplement ? 0 : 1));
}

export class PatternMatcher {
  private bytes: Buffer;
  private depth = 0;
  /** Number of captures that have begun; for each its start, and its length: UNFINISHED, POSITION or a number. */
  level = 0;
  private readonly starts: Pointer[] = [];
  private readonly lengths: number[] = [];

  private start = 0;
  private end = 0;

  constructor(private readonly lua: LuaState) {
    this.bytes = lua.memory.bytes;
  }

  /** Sets the text. @param end after its last byte */
  read(start: Pointer, end: Pointer): this {
    this.start = start;
    this.end = end;
    return this;
  }

  /** Returns the end of a match that begins at `at`, or NONE. */
  from(at: Pointer, pattern: Pointer): Pointer {
    this.bytes = this.lua.memory.bytes;
    this.level = 0;
    this.depth = 0;
    return this.match(at, pattern);
  }

  /** Pushes all captures; for a pattern without any the whole match, unless `end` is NONE. Returns their number. */
  pushCaptures(start: Pointer, end: Pointer): number {
    const count = this.level === 0 && end !== NONE ? 1 : this.level;
    if (!this.lua.hasRoom(count)) throw new LuaError('stack overflow (too many captures)');
    for (let i = 0; i < count; i++) this.pushCapture(i, start, end);
    return count;
  }

  /** Pushes one capture; the first one of a pattern without any is the whole match. */
  pushCapture(index: number, start: Pointer, end: Pointer): void {
    const { lua } = this;
    const length = this.captureLength(index, end - start);
    if (length === POSITION) lua.pushNumber(this.starts[index]! - this.start + 1);
    else lua.pushBytes(this.captureStart(index, start), length);
  }

  captureStart(index: number, start: Pointer): Pointer {
    return index < this.level ? this.starts[index]! : start;
  }

  /** Returns bytes, or POSITION. @param whole the length of the whole match */
  captureLength(index: number, whole: number): number {
    if (index >= this.level) {
      if (index !== 0) throw new LuaError('invalid capture index');
      return whole;
    }
    const length = this.lengths[index]!;
    if (length === UNFINISHED) throw new LuaError('unfinished capture');
    return length;
  }

  /** Returns the first place from `at` on where a match may begin: a pattern that begins with a plain character or a class matches only where that occurs. */
  skip(at: Pointer, pattern: Pointer): Pointer {
    const { bytes } = this.lua.memory;
    const code = bytes[pattern]!;
    const next = bytes[pattern + 1]!;
    if (code === PERCENT) return this.skipClass(at, next, bytes[pattern + 2]!);
    if (code === 0 || IS_SPECIAL[code] === 1 || code === CLOSE || next === STAR || next === MINUS || next === QUESTION) return at;
    while (at < this.end && bytes[at] !== code) at++;
    return at;
  }

  /** Counts a step for each place that it skips, as the matcher would. */
  private skipClass(at: Pointer, letter: number, next: number): Pointer {
    const members = CLASSES[letter];
    if (members === undefined || next === STAR || next === MINUS || next === QUESTION) return at;
    const { bytes } = this.lua.memory;
    let found = at;
    while (found < this.end && members[bytes[found]!] === 0) found++;
    if (found > at) this.lua.stepBy(found - at);
    return found;
  }

  private match(at: Pointer, pattern: Pointer): Pointer {
    if (++this.depth > MAX_DEPTH) throw new LuaError('pattern too complex');
    const end = this.matchItems(at, pattern);
    this.depth--;
    return end;
  }

  private matchItems(at: Pointer, pattern: Pointer): Pointer {
    const { bytes } = this;
    for (;;) {
      this.lua.step();
      const code = bytes[pattern]!;
      if (code === 0) return at;
      if (code === OPEN) return bytes[pattern + 1] === CLOSE ? this.beginCapture(at, pattern + 2, POSITION) : this.beginCapture(at, pattern + 1, UNFINISHED);
      if (code === CLOSE) return this.endCapture(at, pattern + 1);
      if (code === DOLLAR && bytes[pattern + 1] === 0) return at === this.end ? at : NONE;
      const next = bytes[pattern + 1]!;
      if (code === PERCENT && (next === LOWER_B || next === LOWER_F || isDigit(next))) {
        const after = next === LOWER_B ? this.matchBalance(at, pattern + 2) : next === LOWER_F ? this.matchFrontier(at, pattern + 2) : this.matchBack(at, next);
        if (after === NONE) return NONE;
        at = after;
        pattern = next === LOWER_B ? pattern + 4 : next === LOWER_F ? this.itemEnd(pattern + 2) : pattern + 2;
        continue;
      }
      const item = pattern;
      pattern = this.itemEnd(item);
      const isMatch = at < this.end && this.matchesOne(bytes[at]!, item, pattern);
      switch (bytes[pattern]) {
        case QUESTION: {
          const after = isMatch ? this.match(at + 1, pattern + 1) : NONE;
          if (after !== NONE) return after;
          pattern++;
          continue;
        }
        case STAR:
          return this.expandMost(at, item, pattern);
        case PLUS:
          return isMatch ? this.expandMost(at + 1, item, pattern) : NONE;
        case MINUS:
          return this.expandLeast(at, item, pattern);
      }
      if (!isMatch) return NONE;
      at++;
    }
  }

  /** Returns the end of a single character, class or set. */
  private itemEnd(item: Pointer): Pointer {
    const { bytes } = this;
    const code = bytes[item++]!;
    if (code === PERCENT) {
      if (bytes[item] === 0) throw new LuaError("malformed pattern (ends with '%')");
      return item + 1;
    }
    if (code !== BRACKET) return item;
    if (bytes[item] === CARET) item++;
    do {
      if (bytes[item] === 0) throw new LuaError("malformed pattern (missing ']')");
      if (bytes[item++] === PERCENT && bytes[item] !== 0) item++;
    } while (bytes[item] !== CLOSE_BRACKET);
    return item + 1;
  }

  private matchesOne(code: number, item: Pointer, end: Pointer): boolean {
    const { bytes } = this;
    switch (bytes[item]) {
      case DOT:
        return true;
      case PERCENT:
        return isInClass(code, bytes[item + 1]!);
      case BRACKET:
        return this.isInSet(code, item, end - 1);
      default:
        return bytes[item] === code;
    }
  }

  /** @param end position of the closing bracket */
  private isInSet(code: number, set: Pointer, end: Pointer): boolean {
    const { bytes } = this;
    const isIncluded = bytes[set + 1] !== CARET;
    for (let at = isIncluded ? set + 1 : set + 2; at < end; at++) {
      if (bytes[at] === PERCENT) {
        at++;
        if (isInClass(code, bytes[at]!)) return isIncluded;
      } else if (bytes[at + 1] === MINUS && at + 2 < end) {
        at += 2;
        if (bytes[at - 2]! <= code && code <= bytes[at]!) return isIncluded;
      } else if (bytes[at] === code) return isIncluded;
    }
    return !isIncluded;
  }

  private matchBalance(at: Pointer, pair: Pointer): Pointer {
    const { bytes } = this;
    const [begin, end] = [bytes[pair]!, bytes[pair + 1]!];
    if (begin === 0 || end === 0) throw new LuaError('unbalanced pattern');
    if (bytes[at] !== begin) return NONE;
    let open = 1;
    while (++at < this.end) {
      if (bytes[at] === end) {
        if (--open === 0) return at + 1;
      } else if (bytes[at] === begin) open++;
    }
    return NONE;
  }

  private matchFrontier(at: Pointer, set: Pointer): Pointer {
    const { bytes } = this;
    if (bytes[set] !== BRACKET) throw new LuaError("missing '[' after '%f' in pattern");
    const end = this.itemEnd(set) - 1;
    const previous = at === this.start ? 0 : bytes[at - 1]!;
    return !this.isInSet(previous, set, end) && this.isInSet(bytes[at]!, set, end) ? at : NONE;
  }

  /** Tries as many as possible, then fewer, until the rest matches. */
  private expandMost(at: Pointer, item: Pointer, end: Pointer): Pointer {
    const { bytes } = this;
    const members = bytes[item] === PERCENT ? CLASSES[bytes[item + 1]!] : undefined;
    let count = 0;
    if (members !== undefined) while (at + count < this.end && members[bytes[at + count]!] === 1) count++;
    else while (at + count < this.end && this.matchesOne(bytes[at + count]!, item, end)) count++;
    for (; count >= 0; count--) {
      const after = this.match(at + count, end + 1);
      if (after !== NONE) return after;
    }
    return NONE;
  }

  /** Tries none, then more, until the rest matches. */
  private expandLeast(at: Pointer, item: Pointer, end: Pointer): Pointer {
    for (; ; at++) {
      const after = this.match(at, end + 1);
      if (after !== NONE) return after;
      if (at >= this.end || !this.matchesOne(this.bytes[at]!, item, end)) return NONE;
    }
  }

  private beginCapture(at: Pointer, pattern: Pointer, length: number): Pointer {
    if (this.level >= MAX_CAPTURES) throw new LuaError('too many captures');
    this.starts[this.level] = at;
    this.lengths[this.level++] = length;
    const after = this.match(at, pattern);
    if (after === NONE) this.level--;
    return after;
  }

  private endCapture(at: Pointer, pattern: Pointer): Pointer {
    let open = this.level - 1;
    while (open >= 0 && this.lengths[open] !== UNFINISHED) open--;
    if (open < 0) throw new LuaError('invalid pattern capture');
    this.lengths[open] = at - this.starts[open]!;
    const after = this.match(at, pattern);
    if (after === NONE) this.lengths[open] = UNFINISHED;
    return after;
  }

  /** Matches the text of a capture again. */
  private matchBack(at: Pointer, digit: number): Pointer {
    const { bytes } = this;
    const index = digit - ONE;
    if (index < 0 || index >= this.level || this.lengths[index] === UNFINISHED) throw new LuaError('invalid capture index');
    const length = this.lengths[index]!;
    if (length === POSITION || this.end - at < length) return NONE;
    const start = this.starts[index]!;
    return bytes.compare(bytes, start, start + length, at, at + length) === 0 ? at + length : NONE;
  }
}

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;

/** Letters that name no class, and all other characters, stand for themselves. */
function isInClass(code: number, letter: number): boolean {
  const members = CLASSES[letter];
  return members === undefined ? letter === code : members[code] === 1;
}
