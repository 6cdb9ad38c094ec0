/**
 * RespTree: the meaning of the bytes of a request or a reply. Nodes in the order of the bytes, each with its range.
 *
 *   *2\r\n $4\r\nECHO\r\n $2\r\nhi\r\n
 *   ├──────────────────────────────┤   array of 2          depth 0   [0, 22)
 *          ├────────────┤              bulk string "ECHO"  depth 1   [4, 14), body [8, 12)
 *                         ├─────────┤  bulk string "hi"    depth 1   [14, 22), body [18, 20)
 *
 * Pure and tolerant: bytes that end too early give a node that says so, and bytes that are not RESP are an inline request, as for the server.
 * The types are those of the RESP2 and RESP3 specifications.
 */

export interface RespNode {
  readonly depth: number;
  /** Range of the whole node in bytes, including its children. */
  readonly start: number;
  readonly end: number;
  /** Range of the node's content, without type, length and line ends. */
  readonly bodyStart: number;
  readonly bodyEnd: number;
  /** The name of the type in the specification; `word` of an inline request. */
  readonly type: string;
  /** The length in its first line: elements of an aggregate or bytes of a string; null if it has none. */
  readonly length: number | null;
  /** The bytes end before the node does. */
  readonly isCut: boolean;
}

const LINE_TYPES: { readonly [mark: string]: string } = {
  '+': 'simple string', '-': 'error', ':': 'integer', _: 'null', '#': 'boolean', ',': 'double', '(': 'big number',
};
const BULK_TYPES: { readonly [mark: string]: string } = { $: 'bulk string', '!': 'bulk error', '=': 'verbatim string' };
const AGGREGATE_TYPES: { readonly [mark: string]: string } = { '*': 'array', '~': 'set', '>': 'push', '%': 'map', '|': 'attribute' };

/** Deeper than any reply of Redis, and than any row can indent. */
const MAX_DEPTH = 64;

/** @param limit number of nodes, for a row that shows only the first few */
export function respTree(bytes: string, limit = Infinity): readonly RespNode[] {
  const annotator = new Annotator(bytes, limit);
  annotator.run();
  return annotator.nodes;
}

/** The words of an inline request with their ranges; quotes belong to the word. */
export function inlineTree(bytes: string): readonly RespNode[] {
  const lineEnd = bytes.indexOf('\n');
  const end = lineEnd === -1 ? bytes.length : lineEnd + 1;
  const nodes: RespNode[] = [{ depth: 0, start: 0, end, bodyStart: 0, bodyEnd: end, type: 'inline request', length: null, isCut: lineEnd === -1 }];
  for (const { index, 0: word } of bytes.slice(0, end).matchAll(/(?:"(?:\\.|[^"\\])*"?|'(?:\\'|[^'])*'?|[^\s"'])+/g)) {
    nodes.push({ depth: 1, start: index, end: index + word.length, bodyStart: index, bodyEnd: index + word.length, type: 'word', length: null, isCut: false });
  }
  return nodes;
}

/** A request as the server reads it: RESP if it begins with an array, otherwise a line of words. */
export function requestTree(bytes: string): readonly RespNode[] {
  return bytes.startsWith('*') ? respTree(bytes) : inlineTree(bytes);
}

/** Position of the innermost node to which a byte belongs; 0, the first one, if it belongs to none. */
export function nodeAt(nodes: readonly RespNode[], byte: number): number {
  return Math.max(0, nodes.findLastIndex(({ start, end }) => byte >= start && byte < end));
}

class Annotator {
  readonly nodes: RespNode[] = [];
  private at = 0;

  constructor(
    private readonly bytes: string,
    private readonly limit: number,
  ) {}

  run(): void {
    while (this.at < this.bytes.length && this.value(0));
  }

  /** Annotates one value and moves past it; false if there is nothing more. */
  private value(depth: number): boolean {
    if (this.at >= this.bytes.length || this.nodes.length >= this.limit || depth > MAX_DEPTH) return false;
    const start = this.at;
    const mark = this.bytes[start]!;
    const lineEnd = this.bytes.indexOf('\r\n', start);
    if (lineEnd === -1) return this.cut(depth, start, mark);
    const line = this.bytes.slice(start + 1, lineEnd);
    this.at = lineEnd + 2;
    if (mark in LINE_TYPES) {
      return this.push({ depth, start, end: this.at, bodyStart: start + 1, bodyEnd: lineEnd, type: LINE_TYPES[mark]!, length: null, isCut: false });
    }
    if (!/^-?\d+$/.test(line)) return this.noResp(depth, start);
    const length = Number(line);
    if (mark in BULK_TYPES) return this.bulk(depth, start, BULK_TYPES[mark]!, length);
    return mark in AGGREGATE_TYPES ? this.aggregate(depth, start, AGGREGATE_TYPES[mark]!, length) : this.noResp(depth, start);
  }

  private push(node: RespNode): boolean {
    this.nodes.push(node);
    return !node.isCut;
  }

  private bulk(depth: number, start: number, type: string, length: number): boolean {
    const bodyStart = this.at;
    if (length < 0) return this.push({ depth, start, end: bodyStart, bodyStart: start + 1, bodyEnd: bodyStart - 2, type: 'null', length: null, isCut: false });
    const end = bodyStart + length + 2;
    const isCut = end > this.bytes.length;
    this.at = Math.min(end, this.bytes.length);
    return this.push({ depth, start, end: this.at, bodyStart, bodyEnd: Math.min(bodyStart + length, this.bytes.length), type, length, isCut });
  }

  /** The node precedes its children, and gets its end after them. */
  private aggregate(depth: number, start: number, type: string, length: number): boolean {
    const index = this.nodes.length;
    const head = {
      depth,
      start,
      end: this.at,
      bodyStart: start + 1,
      bodyEnd: this.at - 2,
      type: length < 0 ? 'null' : type,
      length: length < 0 ? null : length,
      isCut: false,
    };
    this.nodes.push(head);
    const children = type === 'map' || type === 'attribute' ? length * 2 : length;
    let isWhole = true;
    for (let child = 0; child < children && isWhole; child++) isWhole = this.value(depth + 1);
    this.nodes[index] = { ...head, end: this.at, isCut: !isWhole };
    return isWhole;
  }

  private cut(depth: number, start: number, mark: string): boolean {
    this.at = this.bytes.length;
    const type = LINE_TYPES[mark] ?? BULK_TYPES[mark] ?? AGGREGATE_TYPES[mark] ?? 'no RESP';
    const bodyStart = type === 'no RESP' ? start : Math.min(start + 1, this.at);
    return this.push({ depth, start, end: this.at, bodyStart, bodyEnd: this.at, type, length: null, isCut: true });
  }

  private noResp(depth: number, start: number): boolean {
    this.at = this.bytes.length;
    return this.push({ depth, start, end: this.at, bodyStart: start, bodyEnd: this.at, type: 'no RESP', length: null, isCut: true });
  }
}
