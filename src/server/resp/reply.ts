/**
 * Reply: what a command returns, before it is encoded.
 *
 * The common cases are plain values, so that they allocate nothing: a string is a bulk string, a number or bigint an
 * integer, null is nil, a boolean is a boolean, an array is an array. Everything else is an instance of a small class.
 * One encoder turns a reply into RESP2 or RESP3. Byte strings are latin1: one character is one byte.
 *
 *   value              RESP2                 RESP3
 *   'text'             $4 text               $4 text
 *   42, 42n            :42                   :42
 *   null               $-1                   _
 *   NULL_ARRAY         *-1                   _
 *   true               :1                    #t
 *   [a, b]             *2                    *2
 *   SimpleString       +OK                   +OK
 *   ErrorReply         -ERR …                -ERR …
 *   BulkError          -ERR …                !n ERR …
 *   Double             $3 1.5                ,1.5
 *   MapReply           *2n flattened         %n
 *   SetReply           *n                    ~n
 *   Push               *n                    >n
 *   ReplySequence      one after another, without a header
 *   Bytes              $n bytes              $n bytes
 *   InPlace            what it writes itself
 *   Verbatim           $n text               =n txt:text
 *   BigNumber          $n digits             (digits
 *   Attribute          (left out)            |n, then the reply
 */
import type { ByteSink, RespVersion } from './byte-sink.js';

export type Reply =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly Reply[]
  | SimpleString
  | ErrorReply
  | BulkError
  | Double
  | MapReply
  | SetReply
  | Push
  | ReplySequence
  | Bytes
  | InPlace
  | Verbatim
  | BigNumber
  | Attribute
  | Versioned
  | NullArray
  | NoReply;

/** A status such as OK. Its text must not contain CR or LF. */
export class SimpleString {
  readonly type = 'simple';
  /** The encoded form, since the text is always the same. */
  readonly wire: string;
  constructor(readonly text: string) {
    this.wire = `+${text}\r\n`;
  }
}

/**
 * An error for the client: code, space, sentence. Handlers return it or throw it; it is no `Error`, because capturing a
 * stack trace costs more than the command. All texts come from errors.ts.
 */
export class ErrorReply {
  readonly type = 'error';
  constructor(readonly text: string) {}

  /** The first word, which INFO errorstats counts by. */
  get code(): string {
    const space = this.text.indexOf(' ');
    return space === -1 ? this.text : this.text.slice(0, space);
  }
}

/** An error with any bytes, also several lines. Redis never sends one; other RESP3 servers may. */
export class BulkError {
  readonly type = 'bulk-error';
  constructor(readonly text: string) {}
}

/**
 * A bulk string that is bytes already: those of a value. They may change afterwards: only for a reply that is encoded at once. An output may refer to them
 * instead of copying them; while there are such {@link readers}, a change of the value makes new bytes and leaves these as they are.
 */
export class Bytes {
  readonly type = 'bytes';
  /** How many times an output refers to the bytes. */
  readers = 0;
  constructor(readonly bytes: Buffer) {}
}

/**
 * A reply that writes itself from where its parts are kept, so that nothing is made of each. They may change afterwards: only for a reply that is encoded at
 * once. No base class: V8 does not inline the constructor of a class that extends another, which takes longer than to write a short reply.
 */
export interface InPlace {
  readonly type: 'in-place';
  writeTo(out: ByteSink, version: RespVersion): void;
}

/** A floating point number. */
export class Double {
  readonly type = 'double';
  /** @param text the printed form, if it is not the usual one */
  constructor(
    readonly value: number,
    readonly text: string | null = null,
  ) {}
}

/** Keys and values in alternation. */
export class MapReply {
  readonly type = 'map';
  constructor(readonly flat: readonly Reply[]) {}
}

export class SetReply {
  readonly type = 'set';
  constructor(readonly members: readonly Reply[]) {}
}

/** Out-of-band data: a published message, an invalidation. */
export class Push {
  readonly type = 'push';
  constructor(readonly items: readonly Reply[]) {}
}

/** More than one reply to one command: for example, SUBSCRIBE confirms every channel separately. */
export class ReplySequence {
  readonly type = 'sequence';
  constructor(readonly replies: readonly Reply[]) {}
}

/**
 * Returns the pushes that a reply consists of or, for a transaction, contains. Recognised by their types and not by their classes, which a captured reply
 * loses.
 */
export function pushesIn(reply: Reply): readonly Push[] {
  if (Array.isArray(reply)) return (reply as readonly Reply[]).filter((item) => isOfType(item, 'sequence') || isOfType(item, 'versioned')).flatMap(pushesIn);
  if (isOfType(reply, 'push')) return [reply];
  if (isOfType(reply, 'sequence')) return reply.replies.flatMap(pushesIn);
  return isOfType(reply, 'versioned') ? pushesIn(reply.reply) : [];
}

function isOfType<T extends string>(reply: Reply, type: T): reply is Extract<Reply, { readonly type: T }> {
  return typeof reply === 'object' && reply !== null && 'type' in reply && reply.type === type;
}

/** Text with a three-letter format, `txt` or `mkd`. */
export class Verbatim {
  readonly type = 'verbatim';
  constructor(
    readonly text: string,
    readonly format = 'txt',
  ) {}
}

export class BigNumber {
  readonly type = 'bignumber';
  constructor(readonly digits: string) {}
}

/** Extra information about the reply that follows; RESP2 clients never see it. */
export class Attribute {
  readonly type = 'attribute';
  constructor(
    readonly flat: readonly Reply[],
    readonly reply: Reply,
  ) {}
}

/** A reply from before HELLO changed the version within the same transaction: it keeps the version it had then. */
export class Versioned {
  readonly type = 'versioned';
  constructor(
    readonly reply: Reply,
    readonly version: 2 | 3,
  ) {}
}

class NullArray {
  readonly type = 'null-array';
}

class NoReply {
  readonly type = 'none';
}

/** The nil of commands that would otherwise return an array. */
export const NULL_ARRAY = new NullArray();

/** The command has no reply, or replies by other means or later. */
export const NO_REPLY = new NoReply();

export const OK = new SimpleString('OK');
export const PONG = new SimpleString('PONG');
export const QUEUED = new SimpleString('QUEUED');

/** Makes a map reply of fields and values: `mapReply({ server: 'redis', proto: 3 })`. */
export function mapReply(fields: { readonly [name: string]: Reply }): MapReply {
  return new MapReply(Object.entries(fields).flat());
}
