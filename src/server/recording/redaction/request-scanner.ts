/**
 * RequestScanner: scans the requests of one client in the bytes that were read, in whatever chunks, and replaces the passwords in them.
 *
 *   AUTH [user] PASSWORD   ·   HELLO 3 AUTH user PASSWORD   ·   CONFIG SET requirepass PASSWORD masterauth PASSWORD
 *   MIGRATE host port key db timeout AUTH PASSWORD   ·   … AUTH2 user PASSWORD
 *   ACL SETUSER user >PASSWORD <PASSWORD #HASH !HASH
 *
 * It parses the bytes as the request decoder does (resp/request-decoder.ts), and skips what cannot be a secret. An argument is replaced as its bytes arrive. In
 * an inline request only the whole line shows which word is which: while one may contain a password, {@link awaitsLine} is true, and its bytes must be held
 * back.
 */
import { SECRET_SETTINGS } from '../../config.js';
import { splitInline } from '../../resp/inline.js';
import type { Replacement } from './secret-mask.js';

export interface SecretSink {
  begin(): Replacement;
  /** For the hash of a password. */
  beginHash(): Replacement;
  /** Called when a secret has been replaced, with the original. */
  replaced(secret: string): void;
  /** Called when there is a secret that cannot be replaced. */
  isLeft(): void;
}

const CR = 13;
const LF = 10;
const ASTERISK = 42;
const DOLLAR = 36;

/** Maximum length of an inline request. */
const MAX_LINE = 64 * 1024;

/** Maximum length of secrets that are remembered. */
const MAX_REMEMBERED = 1024;

/** Roles of arguments. */
const PLAIN = 0;
const WORD = 1;
const SECRET = 2;
/** A rule of ACL SETUSER: its first byte decides whether the rest is a secret. */
const RULE = 3;
type Role = typeof PLAIN | typeof WORD | typeof SECRET | typeof RULE;

/** Matches an inline request that may contain a password: its name, with or without quotes, and the following space; or a name written with escapes. */
const MAY_HOLD_SECRET = /^\s*(?:["']?(?:auth|hello|config|acl|migrate)["']?\s|["']\S*\\)/i;

export class RequestScanner {
  /** After a protocol error nothing is executed any more. */
  private isBroken = false;
  private argumentsLeft = 0;
  /** Bytes left of the argument being read, with its CR and LF; -1 while its `$` line has not arrived. */
  private bulkLeft = -1;
  private readonly header = new HeaderLine();
  private roles = new ArgumentRoles(0);
  private index = 0;
  private role: Role = PLAIN;
  private text = '';
  private replacement: Replacement | null = null;
  private line = new InlineLine();

  constructor(private readonly sink: SecretSink) {}

  /** True between two requests: there is no state to keep for this client. */
  get isAtRest(): boolean {
    return this.isBroken || (this.argumentsLeft === 0 && this.header.isEmpty && this.line.text === '');
  }

  /** True if an inline request that may contain a password has begun, and its end has not arrived. */
  get awaitsLine(): boolean {
    return !this.isBroken && !this.line.isGone && MAY_HOLD_SECRET.test(this.line.text);
  }

  feed(bytes: Buffer, start: number, end: number): void {
    let at = start;
    while (at < end && !this.isBroken) at = this.argumentsLeft > 0 ? this.argument(bytes, at, end) : this.request(bytes, at, end);
  }

  /** Stops waiting for the line: the part that has arrived is recorded unchanged. */
  giveUpLine(): void {
    this.line.isGone = true;
  }

  /** The client will send no more of its line: it was never executed, so everything that may be a password is replaced. */
  endLine(): void {
    if (this.line.text !== '') this.inlineRequest();
  }

  private request(bytes: Buffer, at: number, end: number): number {
    if (this.line.text !== '' || (this.header.isEmpty && bytes[at] !== ASTERISK)) return this.inline(bytes, at, end);
    const next = this.header.feed(bytes, at, end);
    if (!this.header.isWhole) return next;
    // Not a number: an empty request, or the end of the connection.
    const count = this.header.take(ASTERISK) ?? 0;
    this.argumentsLeft = count;
    this.roles = new ArgumentRoles(count);
    this.index = 0;
    return next;
  }

  private argument(bytes: Buffer, at: number, end: number): number {
    if (this.bulkLeft >= 0) return this.body(bytes, at, end);
    const next = this.header.feed(bytes, at, end);
    if (!this.header.isWhole) return next;
    const length = this.header.take(DOLLAR);
    if (length === null) this.isBroken = true;
    else this.beginArgument(length);
    return next;
  }

  private beginArgument(length: number): void {
    this.bulkLeft = length + 2;
    this.role = this.roles.roleOf(this.index, length);
    this.text = '';
    this.replacement = this.role === SECRET ? this.sink.begin() : null;
  }

  private body(bytes: Buffer, at: number, end: number): number {
    const contentEnd = Math.min(end, at + Math.max(0, this.bulkLeft - 2));
    let from = at;
    if (this.role === RULE && contentEnd > at) {
      this.replacement = beginRule(this.sink, bytes[at]!);
      this.role = this.replacement === null ? PLAIN : SECRET;
      from++;
    }
    if (this.role !== PLAIN && this.text.length < MAX_REMEMBERED) this.text += bytes.latin1Slice(from, contentEnd);
    if (this.role === SECRET) this.replacement!.apply(bytes, from, contentEnd);
    const next = Math.min(end, at + this.bulkLeft);
    this.bulkLeft -= next - at;
    if (this.bulkLeft === 0) this.endArgument();
    return next;
  }

  private endArgument(): void {
    if (this.role === WORD) this.roles.word(this.index, this.text);
    else if (this.role === SECRET) this.sink.replaced(this.text);
    this.bulkLeft = -1;
    this.index++;
    this.argumentsLeft--;
  }

  private inline(bytes: Buffer, at: number, end: number): number {
    const newline = bytes.subarray(at, end).indexOf(LF);
    const next = newline === -1 ? end : at + newline + 1;
    this.line.add(bytes, at, newline === -1 ? end : next - 1);
    if (newline !== -1) this.inlineRequest();
    else if (this.line.text.length > MAX_LINE) this.isBroken = true;
    return next;
  }

  private inlineRequest(): void {
    const { line } = this;
    this.line = new InlineLine();
    if (!MAY_HOLD_SECRET.test(`${line.text} `)) return;
    const text = line.text.endsWith('\r') ? line.text.slice(0, -1) : line.text;
    const words = splitInline(text);
    // A NUL hides the end of the line: the server waits for another.
    if (words === null || text.includes('\0')) return void (this.isBroken = true);
    const ranges = wordRanges(text);
    const roles = new ArgumentRoles(words.length);
    for (const [index, word] of words.entries()) {
      const role = roles.roleOf(index, word.length);
      if (role === WORD) roles.word(index, word);
      else if (role === SECRET) this.replaceWord(line, word, ranges[index]!, this.sink.begin());
      else if (role === RULE) this.replaceRule(line, word, ranges[index]!);
    }
  }

  private replaceRule(line: InlineLine, rule: string, ranges: WordRanges): void {
    const replacement = rule === '' ? null : beginRule(this.sink, rule.charCodeAt(0));
    if (replacement !== null) this.replaceWord(line, rule.slice(1), ranges === null ? null : withoutFirst(ranges), replacement);
  }

  private replaceWord(line: InlineLine, word: string, ranges: WordRanges, replacement: Replacement): void {
    if (ranges === null || line.isGone) return this.sink.isLeft();
    for (const range of ranges) line.apply(replacement, range);
    this.sink.replaced(word);
  }
}

/** Returns what replaces the rest of a rule that begins with this byte; null if that is no secret. */
export function beginRule(sink: SecretSink, first: number): Replacement | null {
  const sign = String.fromCharCode(first);
  if (sign === '>' || sign === '<') return sink.begin();
  return sign === '#' || sign === '!' ? sink.beginHash() : null;
}

/** Position of the first option of MIGRATE. */
const MIGRATE_OPTIONS = 6;

/** Determines which arguments of a request are secrets, from those before. */
class ArgumentRoles {
  private command = '';
  /** The previous name was that of a secret setting. */
  private namesSecret = false;
  /** For HELLO: the position of the password, and how many words have been parsed. */
  private secretAt = -1;
  private toldUpTo = 0;

  constructor(private readonly count: number) {}

  roleOf(index: number, length: number): Role {
    if (index === 0) return length >= 3 && length <= 7 ? WORD : PLAIN;
    switch (this.command) {
      case 'auth':
        return index >= 2 || this.count === 2 ? SECRET : PLAIN;
      case 'hello':
        if (index === this.secretAt) return SECRET;
        return index > this.toldUpTo && (length === 4 || length === 7) ? WORD : PLAIN;
      case 'migrate':
        if (index === this.secretAt) return SECRET;
        return index >= MIGRATE_OPTIONS && index > this.toldUpTo && (length === 4 || length === 5) ? WORD : PLAIN;
      case 'config':
        return index === 1 && length === 3 ? WORD : PLAIN;
      case 'config set':
        return this.settingRole(index, length);
      case 'acl':
        return index === 1 && length === 7 ? WORD : PLAIN;
      case 'acl setuser':
        return index > 2 && length > 0 ? RULE : PLAIN;
      default:
        return PLAIN;
    }
  }

  word(index: number, text: string): void {
    const word = text.toLowerCase();
    if (index === 0) this.command = word;
    else if (this.command === 'acl') this.command = word === 'setuser' ? 'acl setuser' : '';
    else if (this.command === 'config') this.command = word === 'set' ? 'config set' : '';
    else if (this.command === 'config set') this.namesSecret = SECRET_SETTINGS.some((name) => name === word);
    else if (this.command === 'hello') this.helloOption(index, word);
    else if (this.command === 'migrate') this.migrateOption(index, word);
  }

  /** Behind KEYS there are only keys. */
  private migrateOption(index: number, word: string): void {
    if (word === 'auth') this.toldUpTo = this.secretAt = index + 1;
    else if (word === 'auth2') this.toldUpTo = this.secretAt = index + 2;
    else if (word === 'keys') this.command = '';
  }

  private settingRole(index: number, length: number): Role {
    if (index % 2 === 1) return this.namesSecret ? SECRET : PLAIN;
    this.namesSecret = false;
    return SECRET_SETTINGS.some((name) => name.length === length) ? WORD : PLAIN;
  }

  /** A password without the user's name before it is an error, but nevertheless a secret. */
  private helloOption(index: number, word: string): void {
    if (word === 'auth') this.toldUpTo = this.secretAt = Math.min(index + 2, this.count - 1);
    else if (word === 'setname') this.toldUpTo = index + 1;
  }
}

/** Parses `*3` or `$5` with the CR and LF after it, in whatever chunks. */
class HeaderLine {
  private length = 0;
  private kind = 0;
  private value = 0;
  private isNumber = true;
  private hasReturn = false;
  isWhole = false;

  get isEmpty(): boolean {
    return this.length === 0;
  }

  /** Takes bytes up to the end of the line. As in the decoder, the byte after the CR is skipped unchecked. Returns where it has stopped. */
  feed(bytes: Buffer, start: number, end: number): number {
    for (let at = start; at < end; at++) {
      const byte = bytes[at]!;
      if (this.hasReturn) {
        this.isWhole = true;
        return at + 1;
      }
      if (byte === CR) this.hasReturn = true;
      else if (this.length === 0) this.kind = byte;
      else if (byte >= 48 && byte <= 57) this.value = this.value * 10 + byte - 48;
      else this.isNumber = false;
      this.length++;
    }
    return end;
  }

  /** Returns the number, if the line begins with this byte and is a number, and resets for the next line. */
  take(kind: number): number | null {
    const value = this.kind === kind && this.isNumber && this.length > 2 && Number.isSafeInteger(this.value) ? this.value : null;
    this.length = this.value = 0;
    this.isNumber = true;
    this.hasReturn = this.isWhole = false;
    return value;
  }
}

/** A line of words, and the positions of its bytes. */
class InlineLine {
  text = '';
  /** Its bytes have been passed on, and can no longer be replaced. */
  isGone = false;
  private pieces: { readonly bytes: Buffer; readonly start: number; readonly from: number; readonly to: number }[] = [];

  add(bytes: Buffer, start: number, end: number): void {
    this.pieces.push({ bytes, start, from: this.text.length, to: this.text.length + end - start });
    this.text += bytes.latin1Slice(start, end);
  }

  apply(replacement: Replacement, [from, to]: readonly [from: number, to: number]): void {
    for (const piece of this.pieces) {
      const shift = piece.start - piece.from;
      const [first, end] = [Math.max(from, piece.from), Math.min(to, piece.to)];
      if (first < end) replacement.apply(piece.bytes, first + shift, end + shift);
    }
  }
}

/** The positions of a word's characters, without quotes; null if one of them is an escape, which may be longer or shorter than its replacement's. */
type WordRanges = readonly (readonly [start: number, end: number])[] | null;

/** Removes the first character. */
function withoutFirst(ranges: NonNullable<WordRanges>): WordRanges {
  const at = ranges.findIndex(([start, end]) => end > start);
  return ranges.flatMap(([start, end], index) => (index < at ? [] : [[index === at ? start + 1 : start, end] as const]));
}

/** Returns the words of a line that splitInline can split, in its order. */
export function wordRanges(line: string): WordRanges[] {
  const words: WordRanges[] = [];
  for (let at = 0; ; ) {
    while (at < line.length && /[ \t-\r]/.test(line[at]!)) at++;
    if (at >= line.length) return words;
    const start = at;
    while (at < line.length && !/[ \t\n\r"']/.test(line[at]!)) at++;
    const quote = line[at];
    if (quote !== '"' && quote !== "'") {
      words.push([[start, at]]);
      continue;
    }
    const quoted = at + 1;
    let hasEscape = false;
    for (at = quoted; at < line.length && line[at] !== quote; at++) {
      if (line[at] !== '\\' || (quote === "'" && line[at + 1] !== "'")) continue;
      hasEscape = true;
      at++;
    }
    words.push(hasEscape ? null : [[start, quoted - 1], [quoted, at]]);
    at++;
  }
}
