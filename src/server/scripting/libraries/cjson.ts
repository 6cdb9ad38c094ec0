/**
 * The library `cjson` of scripts: Lua values to and from JSON, as lua-cjson 2.1.0 does it. Reached from Lua.
 *
 * Strings are bytes: nothing is taken for UTF-8, only \u escapes become it. A table with positive whole keys is an array, an empty one an object.
 */
import { formatGeneral } from '../../resp/double.js';
import { TYPE } from '../lua-memory.js';
import { ArgumentError, checkNumber, checkText, LuaError, type LuaState } from '../lua-state.js';

/** What scripts may change by functions such as cjson.encode_max_depth. */
class Settings {
  convertsSparse = false;
  sparseRatio = 2;
  sparseSafe = 10;
  encodeDepth = 1000;
  decodeDepth = 1000;
  digits = 14;
  /** NaN and Infinity: refused, encoded as null, or by their names. */
  encodesInvalid: 'off' | 'on' | 'null' = 'off';
  decodesInvalid = true;
  keepsBuffer = true;
}

const ENCODE_SLOTS = 3;
const ESCAPES: { readonly [char: string]: string } = { '"': '\\"', '\\': '\\\\', '/': '\\/', '\b': '\\b', '\f': '\\f', '\n': '\\n', '\r': '\\r', '\t': '\\t' };
const UNESCAPES: { readonly [char: string]: string } = { '"': '"', '\\': '\\', '/': '/', b: '\b', f: '\f', n: '\n', r: '\r', t: '\t' };

// oxlint-disable-next-line no-control-regex -- control characters are what is escaped
const TO_ESCAPE = /["\\/\x00-\x1f\x7f]/g;
const quote = (text: string): string => `"${text.replace(TO_ESCAPE, (char) => ESCAPES[char] ?? `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)}"`;

class Encoder {
  private readonly parts: string[] = [];

  constructor(
    private readonly lua: LuaState,
    private readonly settings: Settings,
  ) {}

  /** The JSON of the value on top of the stack. */
  encode(): string {
    this.value(0);
    return this.parts.join('');
  }

  private value(depth: number): void {
    const { lua, parts } = this;
    switch (lua.type(-1)) {
      case TYPE.string:
        return void parts.push(quote(lua.text(-1)!));
      case TYPE.number:
        return void parts.push(this.number(lua.number(-1)));
      case TYPE.boolean:
        return void parts.push(lua.boolean(-1) ? 'true' : 'false');
      case TYPE.table:
        return this.table(depth + 1);
      case TYPE.nil:
        return void parts.push('null');
      case TYPE.lightUserdata:
        if (lua.lua.lua_touserdata(lua.current, -1) === 0) return void parts.push('null');
    }
    this.refuse('type not supported');
  }

  private refuse(reason: string): never {
    throw new LuaError(`Cannot serialise ${this.lua.typeName(-1)}: ${reason}`);
  }

  private number(value: number): string {
    if (Number.isFinite(value)) return formatGeneral(value, this.settings.digits);
    const { encodesInvalid } = this.settings;
    if (encodesInvalid === 'off') this.refuse('must not be NaN or Inf');
    if (encodesInvalid === 'null') return 'null';
    return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  }

  private table(depth: number): void {
    const { lua, settings } = this;
    if (depth > settings.encodeDepth || !lua.hasRoom(ENCODE_SLOTS)) throw new LuaError(`Cannot serialise, excessive nesting (${depth})`);
    const length = this.arrayLength();
    if (length > 0) this.array(length, depth);
    else this.object(depth);
  }

  /** The largest key, if all are whole and positive; otherwise -1. */
  private arrayLength(): number {
    const { lua, settings } = this;
    let max = 0;
    let items = 0;
    lua.pushNil();
    while (lua.lua.lua_next(lua.current, -2) !== 0) {
      lua.pop();
      const key = lua.type(-1) === TYPE.number ? lua.number(-1) : 0;
      if (!(key >= 1 && Math.floor(key) === key)) {
        lua.pop();
        return -1;
      }
      max = Math.max(max, key);
      items++;
    }
    const isSparse = settings.sparseRatio > 0 && max > items * settings.sparseRatio && max > settings.sparseSafe;
    if (isSparse && !settings.convertsSparse) this.refuse('excessively sparse array');
    return isSparse ? -1 : max;
  }

  private array(length: number, depth: number): void {
    const { lua, parts } = this;
    for (let i = 1; i <= length; i++) {
      parts.push(i === 1 ? '[' : ',');
      lua.lua.lua_rawgeti(lua.current, -1, i);
      this.value(depth);
      lua.pop();
    }
    parts.push(']');
  }

  private object(depth: number): void {
    const { lua, parts } = this;
    let lead = '{';
    lua.pushNil();
    while (lua.lua.lua_next(lua.current, -2) !== 0) {
      parts.push(lead, this.key(), ':');
      lead = ',';
      this.value(depth);
      lua.pop();
    }
    parts.push(lead === '{' ? '{}' : '}');
  }

  private key(): string {
    const { lua } = this;
    const type = lua.type(-2);
    if (type === TYPE.string) return quote(lua.text(-2)!);
    if (type === TYPE.number) return `"${this.number(lua.number(-2))}"`;
    const name = lua.typeName(-2);
    throw new LuaError(`Cannot serialise ${name}: table key must be a number or string`);
  }
}

type Token = 'T_OBJ_BEGIN' | 'T_OBJ_END' | 'T_ARR_BEGIN' | 'T_ARR_END' | 'T_STRING' | 'T_NUMBER' | 'T_BOOLEAN' | 'T_NULL' | 'T_COLON' | 'T_COMMA' | 'T_END' | 'T_ERROR';

const PUNCTUATION: { readonly [char: string]: Token } = { '{': 'T_OBJ_BEGIN', '}': 'T_OBJ_END', '[': 'T_ARR_BEGIN', ']': 'T_ARR_END', ':': 'T_COLON', ',': 'T_COMMA' };
/** What JSON does not allow and C's strtod reads: hexadecimal, leading zeros or a plus, infinity, NaN. */
const INVALID_NUMBER = /[-+]?(?:0[xX0-9]|[iI][nN][fF]|[nN][aA][nN])|\+/y;
const NUMBER = /[-+]?(?:0[xX][0-9a-fA-F]+|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])/y;
// oxlint-disable-next-line no-control-regex -- everything else ends a run of plain characters
const PLAIN = /[^"\\]*/y;
const SPACE = /[ \t\n\r]*/y;
const WORDS: readonly (readonly [string, Token])[] = [['true', 'T_BOOLEAN'], ['false', 'T_BOOLEAN'], ['null', 'T_NULL']];

class Parser {
  private at = 0;
  /** Where the latest token began, and what it says. */
  private start = 0;
  private text = '';
  private number = 0;

  constructor(
    private readonly lua: LuaState,
    private readonly json: string,
    private readonly settings: Settings,
  ) {}

  /** Pushes the value. */
  parse(): void {
    // A zero among the first two bytes is the mark of the wider encodings.
    if (this.json.length >= 2 && this.json.slice(0, 2).includes('\0')) throw new LuaError('JSON parser does not support UTF-16 or UTF-32');
    this.value(this.next(), 0);
    const token = this.next();
    if (token !== 'T_END') this.fail('the end', token);
  }

  private value(token: Token, depth: number): void {
    const { lua } = this;
    switch (token) {
      case 'T_STRING':
        return lua.pushText(this.text);
      case 'T_NUMBER':
        return lua.pushNumber(this.number);
      case 'T_BOOLEAN':
        return lua.pushBoolean(this.text === 'true');
      case 'T_NULL':
        return lua.lua.lua_pushlightuserdata(lua.current, 0);
      case 'T_OBJ_BEGIN':
        return this.object(depth + 1);
      case 'T_ARR_BEGIN':
        return this.array(depth + 1);
      default:
        this.fail('value', token);
    }
  }

  private descend(depth: number): void {
    if (depth > this.settings.decodeDepth || !this.lua.hasRoom(ENCODE_SLOTS)) throw new LuaError(`Found too many nested data structures (${depth}) at character ${this.at}`);
    this.lua.pushTable();
  }

  private object(depth: number): void {
    const { lua } = this;
    this.descend(depth);
    let token = this.next();
    if (token === 'T_OBJ_END') return;
    for (;;) {
      if (token !== 'T_STRING') this.fail('object key string', token);
      lua.pushText(this.text);
      token = this.next();
      if (token !== 'T_COLON') this.fail('colon', token);
      this.value(this.next(), depth);
      lua.lua.lua_rawset(lua.current, -3);
      token = this.next();
      if (token === 'T_OBJ_END') return;
      if (token !== 'T_COMMA') this.fail('comma or object end', token);
      token = this.next();
    }
  }

  private array(depth: number): void {
    const { lua } = this;
    this.descend(depth);
    let token = this.next();
    if (token === 'T_ARR_END') return;
    for (let i = 1; ; i++) {
      this.value(token, depth);
      lua.lua.lua_rawseti(lua.current, -2, i);
      token = this.next();
      if (token === 'T_ARR_END') return;
      if (token !== 'T_COMMA') this.fail('comma or array end', token);
      token = this.next();
    }
  }

  private fail(expected: string, token: Token): never {
    throw new LuaError(`Expected ${expected} but found ${token === 'T_ERROR' ? this.text : token} at character ${this.start + 1}`);
  }

  private next(): Token {
    const { json } = this;
    this.take(SPACE);
    this.start = this.at;
    if (this.at >= json.length) return 'T_END';
    const char = json[this.at]!;
    const punctuation = PUNCTUATION[char];
    if (punctuation !== undefined) {
      this.at++;
      return punctuation;
    }
    if (char === '"') return this.string();
    if (char === '-' || (char >= '0' && char <= '9')) {
      return !this.settings.decodesInvalid && this.isInvalidNumber() ? this.error('invalid number') : this.numeral();
    }
    return this.word();
  }

  private word(): Token {
    for (const [word, token] of WORDS) {
      if (!this.json.startsWith(word, this.at)) continue;
      this.at += word.length;
      this.text = word;
      return token;
    }
    return this.settings.decodesInvalid && this.isInvalidNumber() ? this.numeral() : this.error('invalid token');
  }

  private error(text: string): Token {
    this.text = text;
    return 'T_ERROR';
  }

  private isInvalidNumber(): boolean {
    INVALID_NUMBER.lastIndex = this.at;
    return INVALID_NUMBER.test(this.json);
  }

  private numeral(): Token {
    const digits = this.take(NUMBER);
    if (digits === '') return this.error('invalid number');
    this.number = toNumber(digits);
    return 'T_NUMBER';
  }

  private string(): Token {
    this.at++;
    let text = '';
    for (;;) {
      text += this.take(PLAIN);
      const char = this.json[this.at];
      if (char === undefined) {
        this.start = this.at;
        return this.error('unexpected end of string');
      }
      if (char === '"') break;
      const escaped = this.escape();
      if (escaped === null) {
        this.start = this.at;
        return this.error(this.json[this.at + 1] === 'u' ? 'invalid unicode escape code' : 'invalid escape code');
      }
      text += escaped;
    }
    this.at++;
    this.text = text;
    return 'T_STRING';
  }

  /** What the escape at the position means, in bytes; null if it means nothing. */
  private escape(): string | null {
    const letter = this.json[this.at + 1] ?? '';
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

  private codeUnit(at: number): number | null {
    const match = /^\\u([0-9a-fA-F]{4})/.exec(this.json.slice(at, at + 6));
    return match === null ? null : Number.parseInt(match[1]!, 16);
  }

  /** What matches at the position, which moves behind it. */
  private take(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const text = pattern.exec(this.json)?.[0] ?? '';
    this.at += text.length;
    return text;
  }
}

const utf8 = (codePoint: number): string => Buffer.from(String.fromCodePoint(codePoint)).latin1Slice();

/** As strtod reads what NUMBER matches. */
function toNumber(digits: string): number {
  const sign = digits.startsWith('-') ? -1 : 1;
  const text = digits.replace(/^[-+]/, '').toLowerCase();
  if (text.startsWith('inf')) return sign * Infinity;
  return text === 'nan' ? NaN : sign * Number(text);
}

function integerBetween(lua: LuaState, argument: number, min: number, max: number): number {
  const value = Math.trunc(checkNumber(lua, argument));
  if (!(value >= min && value <= max)) throw new ArgumentError(argument, `expected integer between ${min} and ${max}`);
  return value;
}

const MAX_INT = 2147483647;
const MAX_DIGITS = 14;
const isGiven = (lua: LuaState, argument: number): boolean => lua.type(argument) > TYPE.nil;

function invalidNumbers(lua: LuaState, settings: Settings): number {
  if (isGiven(lua, 1)) {
    if (lua.type(1) === TYPE.boolean) settings.encodesInvalid = lua.boolean(1) ? 'on' : 'off';
    else {
      const text = checkText(lua, 1);
      if (text !== 'null' && text !== 'on' && text !== 'off') throw new ArgumentError(1, `invalid option '${text}'`);
      settings.encodesInvalid = text;
    }
  }
  if (settings.encodesInvalid === 'null') lua.pushText('null');
  else lua.pushBoolean(settings.encodesInvalid === 'on');
  return 1;
}

function sparseArrays(lua: LuaState, settings: Settings): number {
  if (isGiven(lua, 1)) settings.convertsSparse = lua.boolean(1);
  if (isGiven(lua, 2)) settings.sparseRatio = integerBetween(lua, 2, 0, MAX_INT);
  if (isGiven(lua, 3)) settings.sparseSafe = integerBetween(lua, 3, 0, MAX_INT);
  lua.pushBoolean(settings.convertsSparse);
  lua.pushNumber(settings.sparseRatio);
  lua.pushNumber(settings.sparseSafe);
  return 3;
}

function numberSetting(name: 'encodeDepth' | 'decodeDepth' | 'digits', max: number) {
  return (lua: LuaState, settings: Settings): number => {
    if (isGiven(lua, 1)) settings[name] = integerBetween(lua, 1, 1, max);
    lua.pushNumber(settings[name]);
    return 1;
  };
}

function switchSetting(name: 'keepsBuffer' | 'decodesInvalid') {
  return (lua: LuaState, settings: Settings): number => {
    if (isGiven(lua, 1)) settings[name] = lua.boolean(1);
    lua.pushBoolean(settings[name]);
    return 1;
  };
}

function encode(lua: LuaState, settings: Settings): number {
  if (lua.top !== 1) throw new ArgumentError(1, 'expected 1 argument');
  lua.pushText(new Encoder(lua, settings).encode());
  return 1;
}

function decode(lua: LuaState, settings: Settings): number {
  if (lua.top !== 1) throw new ArgumentError(1, 'expected 1 argument');
  new Parser(lua, checkText(lua, 1), settings).parse();
  return 1;
}

const FUNCTIONS = {
  encode,
  decode,
  encode_sparse_array: sparseArrays,
  encode_max_depth: numberSetting('encodeDepth', MAX_INT),
  decode_max_depth: numberSetting('decodeDepth', MAX_INT),
  encode_number_precision: numberSetting('digits', MAX_DIGITS),
  encode_keep_buffer: switchSetting('keepsBuffer'),
  encode_invalid_numbers: invalidNumbers,
  decode_invalid_numbers: switchSetting('decodesInvalid'),
};

/** Pushes the library's table, with settings of its own. */
export function cjsonLibrary(lua: LuaState): void {
  const settings = new Settings();
  lua.pushTable();
  for (const [name, run] of Object.entries(FUNCTIONS)) {
    lua.pushFunction((state) => run(state, settings));
    lua.setField(-2, name);
  }
  lua.pushFunction((state) => {
    cjsonLibrary(state);
    return 1;
  });
  lua.setField(-2, 'new');
  lua.lua.lua_pushlightuserdata(lua.current, 0);
  lua.setField(-2, 'null');
  for (const [name, text] of [['_NAME', 'cjson'], ['_VERSION', '2.1.0']] as const) {
    lua.pushText(text);
    lua.setField(-2, name);
  }
}
