/**
 * JsonParser: parses JSON into Lua values, as lua-cjson 2.1.0 does. Used by cjson.ts.
 *
 * The text is read in place, in the engine's memory, and a string in it without escapes is passed to Lua from there. Strings are bytes: nothing is decoded as
 * UTF-8, only \u escapes are encoded as it. Enclosing arrays and objects are kept on Lua's stack.
 */
import { type LuaMemory, type Pointer } from '../lua-memory.js';
import { LuaError, type LuaState } from '../lua-state.js';
import type { JsonSettings } from './json-settings.js';

type Token =
  | 'T_OBJ_BEGIN' | 'T_OBJ_END' | 'T_ARR_BEGIN' | 'T_ARR_END' | 'T_STRING' | 'T_NUMBER' | 'T_BOOLEAN' | 'T_NULL' | 'T_COLON' | 'T_COMMA'
  | 'T_END' | 'T_ERROR';

const PUNCTUATION: readonly (Token | undefined)[] = Array.from({ length: 256 }, (_, code) => punctuation(String.fromCharCode(code)));

function punctuation(char: string): Token | undefined {
  const tokens: { readonly [char: string]: Token } = {
    '{': 'T_OBJ_BEGIN', '}': 'T_OBJ_END', '[': 'T_ARR_BEGIN', ']': 'T_ARR_END', ':': 'T_COLON', ',': 'T_COMMA', '\0': 'T_END',
  };
  return tokens[char];
}

const UNESCAPES: { readonly [char: string]: string } = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };
/** What JSON does not allow and C's strtod accepts: hexadecimal, leading zeros or a plus, infinity, NaN. */
const INVALID_NUMBER = /^(?:[-+]?(?:0[xX0-9]|[iI][nN][fF]|[nN][aA][nN])|\+)/;
const NUMBER = /^[-+]?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])/;
const WORDS: readonly (readonly [string, Token])[] = [['true', 'T_BOOLEAN'], ['false', 'T_BOOLEAN'], ['null', 'T_NULL']];
/** Every character that can be part of a number or a word. */
const IS_WORD = Uint8Array.from({ length: 256 }, (_, code) => (/[-+.0-9a-zA-Z]/.test(String.fromCharCode(code)) ? 1 : 0));

const [TAB, NEWLINE, RETURN, SPACE, QUOTE, COMMA, MINUS, POINT, ZERO, NINE, COLON, BACKSLASH] = [9, 10, 13, 32, 34, 44, 45, 46, 48, 57, 58, 92];
/** A number with this many digits, and a power of ten of this size, are exact, so their quotient is the nearest double. */
const EXACT_DIGITS = 15;
const POWERS = Array.from({ length: EXACT_DIGITS + 1 }, (_, exponent) => 10 ** exponent);

/** Stack slots that lua-cjson reserves: the table, a value, and for an object its key. */
const ARRAY_SLOTS = 2;
const OBJECT_SLOTS = 3;
const OBJECT = -1;

export class JsonParser {
  private readonly memory: LuaMemory;
  private readonly maxDepth: number;
  private readonly readsInvalid: boolean;
  /** Beginning of the text, current position, and end. */
  private readonly origin: Pointer;
  private at: Pointer;
  private readonly end: Pointer;
  /** Beginning of the latest token. */
  private start = 0;
  /** The value of the latest token: a string without escapes is between two positions, everything else is here. */
  private plainStart = 0;
  private plainEnd = 0;
  private text: string | null = null;
  private number = 0;
  /** For every open array the number of items so far; OBJECT for every open object. */
  private readonly counts: number[] = [];

  /** @param slot of the text, which must stay on the stack */
  constructor(
    private readonly lua: LuaState,
    slot: Pointer,
    settings: JsonSettings,
  ) {
    this.memory = lua.memory;
    this.maxDepth = settings.get('decodeDepth');
    this.readsInvalid = settings.isOn('decodesInvalid');
    this.origin = this.memory.textStart(slot);
    this.at = this.origin;
    this.end = this.origin + this.memory.textLength(slot);
  }

  /** Pushes the value. */
  parse(): void {
    const { bytes } = this.memory;
    // A zero among the first two bytes indicates UTF-16 or UTF-32.
    if (this.end - this.origin >= 2 && (bytes[this.origin] === 0 || bytes[this.origin + 1] === 0)) {
      throw new LuaError('JSON parser does not support UTF-16 or UTF-32');
    }
    let token: Token | null = this.next();
    while (token !== null) token = this.begins(token) ?? this.follows();
  }

  /** A value begins with this token. Returns the first token of the first value in it; undefined if it is complete. */
  private begins(token: Token): Token | undefined {
    if (token === 'T_OBJ_BEGIN') {
      this.descend(OBJECT);
      const first = this.next();
      if (first !== 'T_OBJ_END') return this.member(first);
      this.counts.pop();
    } else if (token === 'T_ARR_BEGIN') {
      this.descend(0);
      const first = this.next();
      if (first !== 'T_ARR_END') return first;
      this.counts.pop();
    } else this.scalar(token);
    return undefined;
  }

  private descend(count: number): void {
    this.counts.push(count);
    const { length: depth } = this.counts;
    const isTooDeep = depth > this.maxDepth || !this.lua.hasRoom(count === OBJECT ? OBJECT_SLOTS : ARRAY_SLOTS);
    if (isTooDeep) throw new LuaError(`Found too many nested data structures (${depth}) at character ${this.at - this.origin}`);
    this.lua.pushTable();
  }

  /** A complete value is on the stack: stores it in its container. Returns the first token of the next value; null at the end of the text. */
  private follows(): Token | null {
    const { lua, counts } = this;
    while (counts.length > 0) {
      const depth = counts.length - 1;
      const isObject = counts[depth] === OBJECT;
      if (isObject) lua.lua.lua_rawset(lua.current, -3);
      else lua.lua.lua_rawseti(lua.current, -2, ++counts[depth]!);
      // Nearly always the next character is the one that belongs here, without spaces.
      if (this.skip(COMMA)) return isObject ? this.member(this.next()) : this.next();
      const token = this.next();
      if (token === 'T_COMMA') return isObject ? this.member(this.next()) : this.next();
      if (token !== (isObject ? 'T_OBJ_END' : 'T_ARR_END')) this.fail(isObject ? 'comma or object end' : 'comma or array end', token);
      counts.pop();
    }
    const token = this.next();
    if (token !== 'T_END') this.fail('the end', token);
    return null;
  }

  /** Pushes the key. Returns the first token of its value. */
  private member(token: Token): Token {
    if (token !== 'T_STRING') this.fail('object key string', token);
    if (this.text !== null) this.lua.pushText(this.text);
    else this.lua.pushRepeated(this.plainStart, this.plainEnd - this.plainStart);
    if (this.skip(COLON)) return this.next();
    const colon = this.next();
    if (colon !== 'T_COLON') this.fail('colon', colon);
    return this.next();
  }

  private scalar(token: Token): void {
    const { lua } = this;
    switch (token) {
      case 'T_STRING':
        return this.pushText();
      case 'T_NUMBER':
        return lua.pushNumber(this.number);
      case 'T_BOOLEAN':
        return lua.pushBoolean(this.text === 'true');
      case 'T_NULL':
        return lua.pushNull();
      default:
        this.fail('value', token);
    }
  }

  private pushText(): void {
    const { lua } = this;
    if (this.text !== null) lua.pushText(this.text);
    else lua.pushBytes(this.plainStart, this.plainEnd - this.plainStart);
  }

  private fail(expected: string, token: Token): never {
    throw new LuaError(`Expected ${expected} but found ${token === 'T_ERROR' ? this.text : token} at character ${this.start - this.origin + 1}`);
  }

  /** Skips the next character if it is this one. */
  private skip(code: number): boolean {
    if (this.at >= this.end || this.memory.bytes[this.at] !== code) return false;
    this.at++;
    return true;
  }

  private next(): Token {
    const { bytes } = this.memory;
    while (this.at < this.end && bytes[this.at]! <= SPACE && isSpace(bytes[this.at]!)) this.at++;
    this.start = this.at;
    if (this.at >= this.end) return 'T_END';
    const code = bytes[this.at]!;
    if (code === QUOTE) return this.string();
    const token = PUNCTUATION[code];
    if (token !== undefined) {
      this.at++;
      return token;
    }
    if (code === MINUS || isDigit(code)) return this.decimal() ? 'T_NUMBER' : this.numeral(this.word());
    return this.named(this.word());
  }

  private error(text: string): Token {
    this.text = text;
    return 'T_ERROR';
  }

  /** Reads a number of the usual form: an optional minus, digits, optionally a point and digits. False: it has another form, and nothing has been read. */
  private decimal(): boolean {
    const { bytes } = this.memory;
    let at = this.at;
    const isNegative = bytes[at] === MINUS;
    if (isNegative) at++;
    const first = at;
    let value = 0;
    let point = -1;
    const { end } = this;
    for (; at < end; at++) {
      const code = bytes[at]!;
      if (isDigit(code)) value = value * 10 + code - ZERO;
      else if (code === POINT && point === -1) point = at;
      else break;
    }
    const digits = at - first - (point === -1 ? 0 : 1);
    if (digits === 0 || digits > EXACT_DIGITS) return false;
    if (bytes[first] === ZERO && digits > 1 && point !== first + 1) return false;
    if (at < end && IS_WORD[bytes[at]!] === 1) return false;
    if (point !== -1) value /= POWERS[at - point - 1]!;
    this.number = isNegative ? -value : value;
    this.at = at;
    return true;
  }

  /** Returns the letters, digits, signs and points from here on, without skipping them. */
  private word(): string {
    const { bytes } = this.memory;
    let end = this.at;
    while (end < this.end && IS_WORD[bytes[end]!] === 1) end++;
    return bytes.latin1Slice(this.at, end);
  }

  private named(word: string): Token {
    for (const [name, token] of WORDS) {
      if (!word.startsWith(name)) continue;
      this.at += name.length;
      this.text = name;
      return token;
    }
    return this.readsInvalid && INVALID_NUMBER.test(word) ? this.numeral(word) : this.error('invalid token');
  }

  private numeral(word: string): Token {
    const digits = !this.readsInvalid && INVALID_NUMBER.test(word) ? '' : (NUMBER.exec(word)?.[0] ?? '');
    if (digits === '') return this.error('invalid number');
    this.at += digits.length;
    this.number = toNumber(digits);
    return 'T_NUMBER';
  }

  private string(): Token {
    const { bytes } = this.memory;
    const { end } = this;
    let at = this.at + 1;
    while (at < end && bytes[at] !== QUOTE && bytes[at] !== BACKSLASH) at++;
    if (bytes[at] === BACKSLASH || at >= end) return this.escapedString();
    this.plainStart = this.at + 1;
    this.plainEnd = at;
    this.text = null;
    this.at = at + 1;
    return 'T_STRING';
  }

  private escapedString(): Token {
    const { bytes } = this.memory;
    let text = '';
    for (this.at++; ; ) {
      const from = this.at;
      while (this.at < this.end && bytes[this.at] !== QUOTE && bytes[this.at] !== BACKSLASH) this.at++;
      text += bytes.latin1Slice(from, this.at);
      if (this.at >= this.end) {
        this.start = this.at;
        return this.error('unexpected end of string');
      }
      if (bytes[this.at] === QUOTE) break;
      const escaped = this.escape();
      if (escaped === null) {
        this.start = this.at;
        return this.error(this.peek(1) === 'u' ? 'invalid unicode escape code' : 'invalid escape code');
      }
      text += escaped;
    }
    this.at++;
    this.text = text;
    return 'T_STRING';
  }

  /** Returns the character at this distance; empty after the end. */
  private peek(ahead: number): string {
    return this.at + ahead < this.end ? String.fromCharCode(this.memory.bytes[this.at + ahead]!) : '';
  }

  /** Returns the meaning of the escape at the position, in bytes; null if it is invalid. */
  private escape(): string | null {
    const letter = this.peek(1);
    if (letter === 'u') return this.unicode();
    const char = UNESCAPES[letter];
    if (char === undefined) return null;
    this.at += 2;
    return char;
  }

  private unicode(): string | null {
    const high = this.codeUnit(this.at);
    if (high === null || (high & 0xfc00) === 0xdc00) return null;
    if ((high & 0xf800) !== 0xd800) {
      this.at += 6;
      return utf8(high);
    }
    const low = this.codeUnit(this.at + 6);
    if (low === null || (low & 0xfc00) !== 0xdc00) return null;
    this.at += 12;
    return utf8(0x10000 + ((high & 0x3ff) << 10) + (low & 0x3ff));
  }

  private codeUnit(at: Pointer): number | null {
    const match = /^\\u([0-9a-fA-F]{4})/.exec(this.memory.bytes.latin1Slice(at, Math.min(at + 6, this.end)));
    return match === null ? null : Number.parseInt(match[1]!, 16);
  }
}

const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;
const isSpace = (code: number): boolean => code === SPACE || code === NEWLINE || code === TAB || code === RETURN;
const utf8 = (codePoint: number): string => Buffer.from(String.fromCodePoint(codePoint)).latin1Slice();

/** Converts what NUMBER matches like strtod. */
function toNumber(digits: string): number {
  const sign = digits.startsWith('-') ? -1 : 1;
  const text = digits.replace(/^[-+]/, '').toLowerCase();
  if (text.startsWith('inf')) return sign * Infinity;
  return text === 'nan' ? NaN : sign * Number(text);
}
