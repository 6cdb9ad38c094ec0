/**
 * The reply decoder: decodes bytes from a server into reply values, in whatever chunks the bytes arrive. All of RESP2 and RESP3.
 *
 * Used by clients: the lab's REPL, tests, the differential fuzzer. Like the request decoder it works in place: `feed` names a range,
 * `next` takes one reply from it; what remains in the range at INCOMPLETE is fed again with more bytes after it. Nothing is decoded twice. Nesting is kept on a
 * stack of its own, so no input can overflow the engine's:
 *
 *   *2 CRLF  :1 CRLF  %1 CRLF  +k CRLF  …        stack: [ array: 1 of 2 ] [ map: 1 of 2 ]  ← waits for the value of k
 *
 * A claimed length allocates nothing; arrays grow with the items that actually arrive.
 * Source: Redis's RESP3 specification, with its streamed strings and aggregates, which no Redis server sends so far.
 */
import { constants } from 'node:buffer';
import { Attribute, BigNumber, BulkError, Double, ErrorReply, MapReply, NULL_ARRAY, Push, type Reply, SetReply, SimpleString, Verbatim } from './reply.js';
import { BROKEN, COMPLETE, type DecodeStatus, INCOMPLETE } from './request-decoder.js';

/** Replies nested deeper are refused: code that prints them may recurse. Redis's own do not exceed 10. */
export const MAX_DEPTH = 1024;

/** Maximum length of a simple string, an error or a big number. Longer text has types with a length. */
const MAX_LINE = 1024 * 1024;

const CR = 13;
const LF = 10;
/** The length of a streamed string or aggregate, known only at its end. */
const STREAMED = Infinity;

type Aggregate = '*' | '%' | '~' | '>' | '|';

/** An aggregate whose items are being read. */
interface Frame {
  readonly kind: Aggregate;
  readonly items: Reply[];
  /** Items still to be read. */
  remaining: number;
  /** True for a complete attribute that waits for the reply it belongs to. */
  annotates: boolean;
}

/** Outcome of decoding at the position. */
type Step = 'value' | 'nested' | 'not-yet' | 'broken';

export class ReplyDecoder {
  /** The reply that `next` has just completed. */
  reply: Reply = null;
  /** Why `next` returned BROKEN, for people. The connection cannot continue. */
  error = '';
  /** The first byte of the fed range that has not been used yet. */
  position = 0;

  private buffer: Buffer = EMPTY;
  private end = 0;
  private readonly stack: Frame[] = [];
  /** The bulk string being read: its type and its length; -1 while none is being read. */
  private bulkType = '';
  private bulkLength = -1;
  /** The part of a streamed string that has arrived; null outside of one. */
  private streamed: string | null = null;
  /** How far after `position` the end of the line has already been searched for. */
  private scanned = 0;

  feed(buffer: Buffer, start: number, end: number): void {
    this.buffer = buffer;
    this.position = start;
    this.end = end;
  }

  /** At INCOMPLETE: the minimum number of bytes that are needed after those in the range. */
  get missing(): number {
    return this.bulkLength < 0 ? 1 : Math.max(1, this.bulkLength + 2 - (this.end - this.position));
  }

  next(): DecodeStatus {
    if (this.error !== '') return BROKEN;
    for (;;) {
      const step = this.bulkLength >= 0 ? this.readBulk() : this.readHeader();
      if (step === 'not-yet') return INCOMPLETE;
      if (step === 'broken') return BROKEN;
      if (step === 'value' && this.finish()) return COMPLETE;
    }
  }

  /** Stores the value just read where it belongs; true if that completes a reply. */
  private finish(): boolean {
    for (;;) {
      const frame = this.stack.at(-1);
      if (frame === undefined) return true;
      frame.items.push(this.reply);
      frame.remaining--;
      if (frame.remaining > 0 || !this.close(frame)) return false;
    }
  }

  /** Pops a full frame from the stack and makes it the value; false if it is an attribute, which now waits for its reply. */
  private close(frame: Frame): boolean {
    if (frame.kind === '|' && !frame.annotates) {
      frame.annotates = true;
      frame.remaining = 1;
      return false;
    }
    this.stack.pop();
    this.reply = aggregate(frame);
    return true;
  }

  private readHeader(): Step {
    const lineEnd = this.findLineEnd();
    if (lineEnd < 0) return lineEnd === -1 ? 'not-yet' : 'broken';
    const type = String.fromCharCode(this.buffer[this.position]!);
    const line = this.buffer.latin1Slice(this.position + 1, lineEnd);
    this.position = lineEnd + 2;
    if (this.streamed !== null) return type === ';' ? this.openChunk(line) : this.broken('a streamed string goes on with a chunk');
    switch (type) {
      case '$':
        return line === '?' ? this.openStreamedString() : line === '-1' ? this.value(null) : this.openBulk(type, line);
      case '=':
      case '!':
        return this.openBulk(type, line);
      case '*':
        return line === '-1' ? this.value(NULL_ARRAY) : this.open(type, line, 1);
      case '~':
      case '>':
        return this.open(type, line, 1);
      case '%':
      case '|':
        return this.open(type, line, 2);
      case '.':
        return this.closeStreamed(line);
      default:
        return this.scalar(type, line);
    }
  }

  private scalar(type: string, line: string): Step {
    switch (type) {
      case '+':
        return this.value(new SimpleString(line));
      case '-':
        return this.value(new ErrorReply(line));
      case ':':
        return this.integer(line);
      case ',':
        return this.double(line);
      case '(':
        return /^[+-]?\d+$/.test(line) ? this.value(new BigNumber(line)) : this.broken('invalid big number');
      case '#':
        return line === 't' || line === 'f' ? this.value(line === 't') : this.broken('invalid boolean');
      case '_':
        return line === '' ? this.value(null) : this.broken('invalid null');
      default:
        return this.broken(`no reply begins with byte 0x${type.charCodeAt(0).toString(16).padStart(2, '0')}`);
    }
  }

  private integer(line: string): Step {
    if (!/^[+-]?\d{1,20}$/.test(line)) return this.broken('invalid integer');
    const number = Number(line);
    if (Number.isSafeInteger(number)) return this.value(number + 0); // no -0
    const exact = BigInt(line.replace('+', ''));
    return BigInt.asIntN(64, exact) === exact ? this.value(exact) : this.broken('invalid integer');
  }

  private double(line: string): Step {
    const special = SPECIAL_DOUBLES.get(line.toLowerCase());
    if (special !== undefined) return this.value(new Double(special));
    return /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(line) ? this.value(new Double(Number(line))) : this.broken('invalid double');
  }

  private openStreamedString(): Step {
    this.streamed = '';
    return 'nested';
  }

  private openBulk(type: string, line: string): Step {
    const length = parseLength(line);
    if (length === -1 || length > constants.MAX_STRING_LENGTH) return this.broken('invalid bulk length');
    if (type === '=' && length < 4) return this.broken('invalid verbatim string');
    this.bulkType = type;
    this.bulkLength = length;
    return 'nested';
  }

  private openChunk(line: string): Step {
    if (line !== '0') return this.openBulk(';', line);
    const text = this.streamed!;
    this.streamed = null;
    return this.value(text);
  }

  private readBulk(): Step {
    const textEnd = this.position + this.bulkLength;
    if (textEnd + 2 > this.end) return 'not-yet';
    if (this.buffer[textEnd] !== CR || this.buffer[textEnd + 1] !== LF) return this.broken('a bulk string does not end where it says');
    const text = this.buffer.latin1Slice(this.position, textEnd);
    this.position = textEnd + 2;
    this.bulkLength = -1;
    switch (this.bulkType) {
      case '!':
        return this.value(new BulkError(text));
      case '=':
        return text[3] === ':' ? this.value(new Verbatim(text.slice(4), text.slice(0, 3))) : this.broken('invalid verbatim string');
      case ';':
        return this.chunk(text);
      default:
        return this.value(text);
    }
  }

  private chunk(text: string): Step {
    const streamed = this.streamed!;
    if (streamed.length + text.length > constants.MAX_STRING_LENGTH) return this.broken('a streamed string is too long');
    this.streamed = streamed + text;
    return 'nested';
  }

  private open(kind: Aggregate, line: string, itemsPerEntry: number): Step {
    const length = line === '?' ? STREAMED : parseLength(line);
    if (length === -1) return this.broken('invalid aggregate length');
    if (this.stack.length >= MAX_DEPTH) return this.broken('nested too deeply');
    const frame: Frame = { kind, items: [], remaining: length * itemsPerEntry, annotates: false };
    this.stack.push(frame);
    // An empty aggregate is already complete, unless it is an attribute.
    return length === 0 && this.close(frame) ? 'value' : 'nested';
  }

  private closeStreamed(line: string): Step {
    const frame = this.stack.at(-1);
    if (line !== '' || frame === undefined || frame.remaining !== STREAMED) return this.broken('an end without a streamed aggregate');
    if ((frame.kind === '%' || frame.kind === '|') && frame.items.length % 2 !== 0) return this.broken('a key without a value');
    return this.close(frame) ? 'value' : 'nested';
  }

  private value(reply: Reply): Step {
    this.reply = reply;
    return 'value';
  }

  /** Returns the index of the CR that ends the line; -1 if it has not arrived, -2 if the line is broken. */
  private findLineEnd(): number {
    const { buffer, position, end } = this;
    const limit = Math.min(end, position + MAX_LINE + 1);
    for (let at = position + this.scanned; at < limit; at++) {
      const byte = buffer[at];
      if (byte === LF) return this.brokenLine('a line feed without a carriage return');
      if (byte !== CR) continue;
      // The next byte decides; if it has not arrived, this one is checked again.
      this.scanned = at - position;
      if (at + 1 === end) return -1;
      if (buffer[at + 1] !== LF) return this.brokenLine('a carriage return without a line feed');
      this.scanned = 0;
      return at;
    }
    if (end - position > MAX_LINE) return this.brokenLine('a line is too long');
    this.scanned = end - position;
    return -1;
  }

  private brokenLine(error: string): -2 {
    this.broken(error);
    return -2;
  }

  private broken(error: string): 'broken' {
    this.error = error;
    return 'broken';
  }
}

const EMPTY = Buffer.alloc(0);

const SPECIAL_DOUBLES: ReadonlyMap<string, number> = new Map([
  ['inf', Infinity], ['+inf', Infinity], ['-inf', -Infinity], ['nan', NaN], ['-nan', NaN], ['+nan', NaN],
]);

function parseLength(line: string): number {
  return /^\d{1,15}$/.test(line) ? Number(line) : -1;
}

function aggregate({ kind, items }: Frame): Reply {
  switch (kind) {
    case '*':
      return items;
    case '%':
      return new MapReply(items);
    case '~':
      return new SetReply(items);
    case '>':
      return new Push(items);
    case '|': {
      const reply = items.pop()!;
      return new Attribute(items, reply);
    }
  }
}
