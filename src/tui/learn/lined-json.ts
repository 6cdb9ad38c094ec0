/**
 * JSON whose values know their line, so that errors can name the place.
 */

import { type Complaint, FILE_TEXTS, type FileTexts } from './file-texts.js';

/** A value of a file, with the line in which it begins, from 1. */
export type JsonNode = { readonly line: number } & (
  | { readonly type: 'object'; readonly fields: ReadonlyMap<string, JsonNode> }
  | { readonly type: 'list'; readonly items: readonly JsonNode[] }
  | { readonly type: 'value'; readonly value: string | number | boolean | null }
);

export class JsonError extends Error {
  constructor(
    readonly line: number,
    readonly complaint: Complaint,
  ) {
    super(complaint(FILE_TEXTS.en));
  }
}

/** Throws {@link JsonError}. */
export function parseJson(text: string): JsonNode {
  return new JsonReader(text).read();
}

const MAX_DEPTH = 100;

/** A string, a punctuation mark, or a word that may be a number or `true`; preceded by blanks. */
const TOKEN = /[ \t\r\n]*(?:("(?:[^"\\\n]|\\.)*")|([{}[\]:,])|([^\s{}[\]:,"]+))/y;

class JsonReader {
  private at = 0;
  private line = 1;
  private token = '';
  private depth = 0;

  constructor(private readonly text: string) {
    this.advance();
  }

  read(): JsonNode {
    const node = this.value();
    if (this.token !== '') this.fail(({ behindTheEnd }) => behindTheEnd(this.token));
    return node;
  }

  private value(): JsonNode {
    const { line, token } = this;
    if (this.depth > MAX_DEPTH) this.fail(({ tooDeep }) => tooDeep(MAX_DEPTH));
    if (token === '{') return { line, type: 'object', fields: this.fields() };
    if (token === '[') return { line, type: 'list', items: this.items() };
    return { line, type: 'value', value: this.scalar() };
  }

  private fields(): Map<string, JsonNode> {
    const fields = new Map<string, JsonNode>();
    this.each('}', () => {
      if (!this.token.startsWith('"')) this.fail((texts) => texts.nameExpected(this.shown(texts)));
      const name = this.scalar() as string;
      if (fields.has(name)) this.fail(({ twice }) => twice(name));
      this.take(':');
      fields.set(name, this.value());
    });
    return fields;
  }

  private items(): JsonNode[] {
    const items: JsonNode[] = [];
    this.each(']', () => items.push(this.value()));
    return items;
  }

  private each(end: string, readOne: () => void): void {
    this.depth++;
    this.advance();
    while (this.token !== end) {
      readOne();
      if (this.token !== end) {
        this.take(',');
        if (this.token === end) this.fail(({ commaBefore }) => commaBefore(end));
      }
    }
    this.depth--;
    this.advance();
  }

  private scalar(): string | number | boolean | null {
    const { token } = this;
    let value: unknown;
    try {
      value = JSON.parse(token);
    } catch {
      this.fail((texts) => texts.noValue(this.shown(texts)));
    }
    this.advance();
    return value as string | number | boolean | null;
  }

  private take(mark: string): void {
    if (this.token !== mark) this.fail((texts) => texts.expected(mark, this.shown(texts)));
    this.advance();
  }

  private advance(): void {
    TOKEN.lastIndex = this.at;
    const match = TOKEN.exec(this.text);
    if (match === null && this.text.slice(this.at).trim() !== '') this.fail(({ noEnd }) => noEnd);
    const end = match === null ? this.text.length : TOKEN.lastIndex;
    this.line += this.text.slice(this.at, end).split('\n').length - 1;
    this.token = match === null ? '' : match[0].trimStart();
    this.at = end;
  }

  private shown({ endOfFile }: FileTexts): string {
    return this.token === '' ? endOfFile : this.token;
  }

  private fail(complaint: Complaint): never {
    throw new JsonError(this.line, complaint);
  }
}
