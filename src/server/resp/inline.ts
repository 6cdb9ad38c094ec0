/**
 * Inline requests: a line of words as a person types it into telnet, with the quoting rules of Redis's sdssplitargs.
 *
 *   SET greeting "hello\nworld"     double quotes: \n \r \t \b \a \xHH, and a backslash before anything else is dropped
 *   SET name 'it\'s'                single quotes: only \'
 *   SET path a"b c"                 quotes may begin within a word, but must end it
 */

const ESCAPES: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

/** Splits a line into words; null if a quote is not closed, or is followed by anything but a space. A NUL ends the line. */
export function splitInline(line: string): string[] | null {
  const nul = line.indexOf('\0');
  return new InlineSplitter(nul === -1 ? line : line.slice(0, nul)).words();
}

class InlineSplitter {
  private at = 0;

  constructor(private readonly line: string) {}

  words(): string[] | null {
    const words: string[] = [];
    for (;;) {
      while (isSpace(this.line.charCodeAt(this.at))) this.at++;
      if (this.at >= this.line.length) return words;
      const word = this.word();
      if (word === null) return null;
      words.push(word);
    }
  }

  private word(): string | null {
    const { line } = this;
    const start = this.at;
    for (; this.at < line.length; this.at++) {
      const char = line.charCodeAt(this.at);
      if (endsWord(char)) break;
      if (char !== 34 /* " */ && char !== 39 /* ' */) continue;
      const unquoted = line.slice(start, this.at++);
      const quoted = char === 34 ? this.doubleQuoted() : this.singleQuoted();
      return quoted === null ? null : unquoted + quoted;
    }
    return line.slice(start, this.at);
  }

  private doubleQuoted(): string | null {
    const { line } = this;
    let text = '';
    for (; this.at < line.length; this.at++) {
      const char = line[this.at]!;
      if (char === '"') return this.closeQuote() ? text : null;
      if (char !== '\\' || this.at + 1 >= line.length) {
        text += char;
        continue;
      }
      const hex = /^x([0-9a-fA-F]{2})/.exec(line.slice(this.at + 1, this.at + 4));
      const escaped = line[this.at + 1]!;
      text += hex === null ? (ESCAPES[escaped] ?? escaped) : String.fromCharCode(Number.parseInt(hex[1]!, 16));
      this.at += hex === null ? 1 : 3;
    }
    return null;
  }

  private singleQuoted(): string | null {
    const { line } = this;
    let text = '';
    for (; this.at < line.length; this.at++) {
      const char = line[this.at]!;
      if (char === "'") return this.closeQuote() ? text : null;
      if (char === '\\' && line[this.at + 1] === "'") this.at++;
      text += line[this.at]!;
    }
    return null;
  }

  /** Skips the quote; false if the word continues after it. */
  private closeQuote(): boolean {
    this.at++;
    return this.at >= this.line.length || isSpace(this.line.charCodeAt(this.at));
  }
}

/** True for C's isspace: characters between words. */
function isSpace(char: number): boolean {
  return char === 32 || (char >= 9 && char <= 13);
}

/** Redis ends an unquoted word at fewer characters than it skips before one: a vertical tab or a form feed belongs to the word. */
function endsWord(char: number): boolean {
  return char === 32 || char === 9 || char === 10 || char === 13;
}
