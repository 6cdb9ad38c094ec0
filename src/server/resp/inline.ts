/**
 * Inline requests: a line of words as a person types it into telnet, with the quoting rules of Redis's sdssplitargs.
 *
 *   SET greeting "hello\nworld"     double quotes: \n \r \t \b \a \xHH and \" \\
 *   SET name 'it\'s'                single quotes: only \'
 */

const ESCAPES: { readonly [letter: string]: string } = { n: '\n', r: '\r', t: '\t', b: '\b', a: '\x07' };

/** The words of a line; null if a quote is not closed, or is followed by anything but a space. */
export function splitInline(line: string): string[] | null {
  const words: string[] = [];
  let at = 0;
  for (;;) {
    while (at < line.length && isSpace(line[at]!)) at++;
    if (at >= line.length || line[at] === '\0') return words;
    let word = '';
    let quote = '';
    for (;;) {
      const char = line[at];
      if (quote === '') {
        if (char === undefined || isSpace(char) || char === '\0') break;
        if (char === '"' || char === "'") quote = char;
        else word += char;
      } else if (char === undefined) {
        return null;
      } else if (quote === '"' && char === '\\' && /^x[0-9a-fA-F]{2}/.test(line.slice(at + 1, at + 4))) {
        word += String.fromCharCode(Number.parseInt(line.slice(at + 2, at + 4), 16));
        at += 3;
      } else if (quote === '"' && char === '\\' && at + 1 < line.length) {
        at++;
        word += ESCAPES[line[at]!] ?? line[at]!;
      } else if (quote === "'" && char === '\\' && line[at + 1] === "'") {
        at++;
        word += "'";
      } else if (char === quote) {
        const next = line[at + 1];
        if (next !== undefined && !isSpace(next)) return null;
        at++;
        break;
      } else {
        word += char;
      }
      at++;
    }
    words.push(word);
  }
}

/** C's isspace. */
function isSpace(char: string): boolean {
  return char === ' ' || (char >= '\t' && char <= '\r');
}
