/**
 * Formats replies as redis-cli prints them on a terminal, line by line, up to a limit.
 *
 *   1) "a"                    1# "name" => "lab"        item numbers are as wide as the largest one,
 *   2) 1) (integer) 1         2# "proto" => (integer) 3  and nested items are indented by that plus two
 *      2) (nil)
 *                           3# "modules" =>
 *                              1) "none"
 *
 * Source of the format: the output of redis-cli 7.0 (a test compares the two). Unlike redis-cli, control characters in statuses, errors and verbatim strings
 * are escaped, too, and long replies are cut, with a note of how much is not shown. UTF-8 text is kept; the view converts it to \xHH where redis-cli's form is
 * wanted.
 */
import { formatDouble, type Reply } from '../../server/index.js';
import { escapeBytes, quoteBytes } from '../escape.js';
import { CONSOLE_TEXTS, type ConsoleTexts } from './console-texts.js';

export interface ReplyLimits {
  readonly lines: number;
  /** Per string. */
  readonly bytes: number;
}

/** The number of keys that are listed for one invalidation. */
const MAX_INVALIDATED = 100;

type NotShown = Pick<ConsoleTexts, 'linesNotShown' | 'bytesNotShown'>;

const DEFAULT_LIMITS: ReplyLimits = { lines: 300, bytes: 2000 };

/** The limits of the pager: all of a reply, within reason. */
export const WHOLE: ReplyLimits = { lines: 1_000_000, bytes: 16 * 1024 * 1024 };

/** Lines without line breaks, safe to print. @param texts for the notes about omitted parts */
export function formatReply(reply: Reply, limits = DEFAULT_LIMITS, texts: NotShown = CONSOLE_TEXTS.en): readonly string[] {
  const formatter = new Formatter(limits, texts);
  formatter.format(reply, '', '');
  const hidden = formatter.hiddenLines;
  return hidden === 0 ? formatter.lines : [...formatter.lines, texts.linesNotShown(hidden)];
}

/** True if the limits of the transcript cut the reply. */
export function isCut(reply: Reply, isText: boolean, { lines, bytes } = DEFAULT_LIMITS): boolean {
  if (isText && typeof reply === 'string') {
    const all = textLines(reply);
    return all.length > lines || all.some((line) => line.length > bytes);
  }
  return hasLongString(reply, bytes) || countLines(reply) > lines;
}

/** The approximate memory of a reply. */
export function weightOf(reply: Reply): number {
  return (itemsOf(reply) ?? []).reduce<number>((sum, item) => sum + weightOf(item), 16 + textOf(reply).length);
}

function hasLongString(reply: Reply, bytes: number): boolean {
  return textOf(reply).length > bytes || (itemsOf(reply) ?? []).some((item) => hasLongString(item, bytes));
}

/** The text of a reply itself, without its items. */
function textOf(reply: Reply): string {
  if (typeof reply === 'string') return reply;
  return typeof reply === 'object' && reply !== null && 'text' in reply ? (reply.text ?? '') : '';
}

const textLines = (text: string): readonly string[] => text.replace(/\r?\n$/, '').split(/\r?\n/);

/** A string for human readers, line by line: INFO, CLIENT LIST. */
export function formatText(text: string, limits = DEFAULT_LIMITS, texts: NotShown = CONSOLE_TEXTS.en): readonly string[] {
  const lines = textLines(text);
  const shown = lines.slice(0, limits.lines).map((line) => escapeBytes(line.slice(0, limits.bytes)) + (line.length > limits.bytes ? '...' : ''));
  return lines.length > limits.lines ? [...shown, texts.linesNotShown(lines.length - limits.lines)] : shown;
}

/** Formats a push about changed keys as redis-cli does; null for any other reply. */
export function formatInvalidation(reply: Reply): string | null {
  const items = itemsOf(reply);
  if (typeOf(reply) !== 'push' || items === null || items.length !== 2 || items[0] !== 'invalidate' || !Array.isArray(items[1])) return null;
  const keys = items[1] as readonly Reply[];
  const shown = keys.slice(0, MAX_INVALIDATED).map((key) => quoteBytes(typeof key === 'string' ? key : '')).join(', ');
  return `-> invalidate: ${shown}${keys.length > MAX_INVALIDATED ? `, ... ${keys.length - MAX_INVALIDATED} more` : ''}`;
}

type TypeName = 'array' | 'map' | 'set' | 'push' | 'attribute' | 'other';

const EMPTY: { readonly [type in TypeName]: string } = {
  array: '(empty array)', map: '(empty hash)', set: '(empty set)', push: '(empty push)', attribute: '(empty aggregate type)', other: '',
};

const NUMBER_MARK: { readonly [type in TypeName]: string } = { array: ')', map: '#', set: '~', push: ')', attribute: '|', other: '' };

class Formatter {
  readonly lines: string[] = [];
  hiddenLines = 0;

  constructor(
    private readonly limits: ReplyLimits,
    private readonly texts: NotShown,
  ) {}

  /** @param head what is already on the first line. @param indent the prefix of all other lines */
  format(reply: Reply, head: string, indent: string): void {
    if (this.lines.length >= this.limits.lines) {
      this.hiddenLines += countLines(reply);
      return;
    }
    const items = itemsOf(reply);
    if (items === null) return this.scalar(reply, head);
    const type = typeOf(reply);
    if (items.length === 0) return this.line(head + EMPTY[type]);
    this.items(items, isPaired(reply), NUMBER_MARK[type], head, indent);
    if (isAttribute(reply)) this.format(reply.reply, indent, indent);
  }

  private items(items: readonly Reply[], paired: boolean, mark: string, head: string, indent: string): void {
    const step = paired ? 2 : 1;
    const numberWidth = String(items.length / step).length;
    const inner = indent + ' '.repeat(numberWidth + 2);
    for (let i = 0; i < items.length; i += step) {
      const lead = `${i === 0 ? head : indent}${String(i / step + 1).padStart(numberWidth)}${mark} `;
      this.format(items[i]!, lead, inner);
      if (paired) this.pairValue(items[i + 1]!, inner);
    }
  }

  /** The value of a map is on the last line of its key, or, if it is an aggregate of several lines, below it. */
  private pairValue(value: Reply, indent: string): void {
    const isNested = spansLines(value);
    if (this.hiddenLines > 0) {
      this.hiddenLines += countLines(value) - (isNested ? 0 : 1);
      return;
    }
    const key = this.lines.pop() ?? '';
    if (isNested) this.lines.push(`${key} => `);
    this.format(value, isNested ? indent : `${key} => `, indent);
  }

  private scalar(reply: Reply, head: string): void {
    if (typeof reply === 'object' && reply !== null && 'type' in reply && (reply.type === 'verbatim' || reply.type === 'simple')) {
      const [first = '', ...others] = reply.text.split(/\r?\n/);
      this.line(head + this.plain(first));
      for (const line of others) this.line(this.plain(line));
      return;
    }
    this.line(head + this.scalarText(reply));
  }

  private scalarText(reply: Reply): string {
    switch (typeof reply) {
      case 'string':
        return this.quoted(reply);
      case 'number':
      case 'bigint':
        return `(integer) ${reply}`;
      case 'boolean':
        return reply ? '(true)' : '(false)';
    }
    if (reply === null || !('type' in reply)) return '(nil)';
    switch (reply.type) {
      case 'error':
      case 'bulk-error':
        return `(error) ${this.plain(reply.text)}`;
      case 'double':
        return `(double) ${formatDouble(reply.value)}`;
      case 'bignumber':
        return `(bignumber) ${reply.digits}`;
      default:
        return '(nil)';
    }
  }

  private quoted(text: string): string {
    const { bytes } = this.limits;
    return text.length <= bytes ? quoteBytes(text) : quoteBytes(text.slice(0, bytes)) + this.texts.bytesNotShown(text.length - bytes);
  }

  private plain(text: string): string {
    const { bytes } = this.limits;
    return text.length <= bytes ? escapeBytes(text) : escapeBytes(text.slice(0, bytes)) + this.texts.bytesNotShown(text.length - bytes);
  }

  private line(text: string): void {
    if (this.lines.length >= this.limits.lines) this.hiddenLines++;
    else this.lines.push(text);
  }
}

/** An aggregate's items, alternating for a map and an attribute; null for anything else. */
function itemsOf(reply: Reply): readonly Reply[] | null {
  if (Array.isArray(reply)) return reply as readonly Reply[];
  if (typeof reply !== 'object' || reply === null || !('type' in reply)) return null;
  switch (reply.type) {
    case 'map':
    case 'attribute':
      return reply.flat;
    case 'set':
      return reply.members;
    case 'push':
      return reply.items;
    default:
      return null;
  }
}

function typeOf(reply: Reply): TypeName {
  if (Array.isArray(reply)) return 'array';
  if (typeof reply !== 'object' || reply === null || !('type' in reply)) return 'other';
  const { type } = reply;
  return type === 'map' || type === 'set' || type === 'push' || type === 'attribute' ? type : 'other';
}

const isAttribute = (reply: Reply): reply is Extract<Reply, { type: 'attribute' }> => typeOf(reply) === 'attribute';

/** True for an aggregate of more than one line. */
function spansLines(reply: Reply): boolean {
  const items = itemsOf(reply) ?? [];
  return items.length > (isPaired(reply) ? 2 : 1) || items.some(spansLines);
}

/** Number of lines of a reply. A map's value that fits into one line is on the line of its key. */
function countLines(reply: Reply): number {
  const items = itemsOf(reply);
  if (items === null || items.length === 0) return 1;
  const paired = isPaired(reply);
  return items.reduce<number>((sum, item, i) => sum + (paired && i % 2 === 1 && !spansLines(item) ? 0 : countLines(item)), 0);
}

function isPaired(reply: Reply): boolean {
  const type = typeOf(reply);
  return type === 'map' || type === 'attribute';
}
