/**
 * Reply: what a command returns, before it is bytes.
 *
 * The common cases are plain values, so that they allocate nothing: a string is a bulk string, a number or bigint an
 * integer, null is nil, a boolean is a boolean, an array is an array. Everything rarer is an instance of a small class.
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
 *   Verbatim           $n text               =n txt:text
 *   BigNumber          $n digits             (digits
 *   Attribute          (left out)            |n, then the reply
 */

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
  | Verbatim
  | BigNumber
  | Attribute
  | Versioned
  | NullArray
  | NoReply;

/** A status such as OK. Its text must not contain CR or LF. */
export class SimpleString {
  readonly type = 'simple';
  /** As it goes over the wire, since the text is always the same. */
  readonly wire: string;
  constructor(readonly text: string) {
    this.wire = `+${text}\r\n`;
  }
}

/**
 * An error for the client: code, space, sentence. Handlers return it or throw it; it is no `Error`, because taking a
 * stack trace costs more than the command. All texts come from errors.ts.
 */
export class ErrorReply {
  readonly type = 'error';
  constructor(readonly text: string) {}

  /** The first word, by which INFO errorstats counts. */
  get code(): string {
    const space = this.text.indexOf(' ');
    return space === -1 ? this.text : this.text.slice(0, space);
  }
}

/** An error of any bytes, also several lines. Redis never sends one; other servers that speak RESP3 may. */
export class BulkError {
  readonly type = 'bulk-error';
  constructor(readonly text: string) {}
}

/** A floating point number. */
export class Double {
  readonly type = 'double';
  /** @param text as it is to be printed, where that is not the usual way */
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

/** More than one reply to one command: SUBSCRIBE and its relatives confirm every channel on its own. */
export class ReplySequence {
  readonly type = 'sequence';
  constructor(readonly replies: readonly Reply[]) {}
}

/**
 * The pushes that a reply consists of or, if a transaction has made it, has among its items. By their types and not by their classes, which a reply loses
 * that was captured.
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

/** A reply that was given before HELLO changed the version within the same transaction: it stays as it was then. */
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

/** The command has said all it has to say by other means, or says it later. */
export const NO_REPLY = new NoReply();

export const OK = new SimpleString('OK');
export const PONG = new SimpleString('PONG');
export const QUEUED = new SimpleString('QUEUED');

/** Fields and values as a map reply: `mapReply({ server: 'redis', proto: 3 })`. */
export function mapReply(fields: { readonly [name: string]: Reply }): MapReply {
  return new MapReply(Object.entries(fields).flat());
}
