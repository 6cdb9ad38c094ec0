/**
 * Transcripts: plain text files of commands that run against the lab and against redis-server, whose replies are compared.
 *
 *     # A title, then the lines of one scenario; a blank line ends it.
 *     SET greeting "hello\r\n"          the client `main`, in redis-cli's quoting; waits for one reply
 *     a> SUBSCRIBE news                 the client `a`
 *     a<                                waits for one more reply of a, or a push
 *     a>> BLPOP list 0                  sends and does not wait; has arrived when the next line runs
 *     a! "*1\r\n$4\r\nPING\r\n"         sends bytes as they are, without waiting
 *     a<<                               the server closes a's connection
 *     ~ SMEMBERS set                    items in any order      ~2 HGETALL hash     pairs in any order
 *     ? TIME                            only the types are compared, and lengths of arrays      ?? only the outermost type
 *     ~? TTL key                        integers may be a few seconds apart
 *
 * Without a name in front, `>> < << !` are those of `main`. A mark comes first: `~ a> SMEMBERS set`.
 * Each scenario starts with empty databases and new connections, and must leave no reply unread.
 */
import { splitInline } from '../../src/server/resp/inline.js';
import type { Likeness } from '../support/compare-replies.js';

export type Action = 'call' | 'send' | 'receive' | 'closed' | 'raw';

export interface Line {
  readonly number: number;
  readonly text: string;
  readonly client: string;
  readonly action: Action;
  /** Of `call` and `send` the words, of `raw` one string of bytes. */
  readonly argv: readonly string[];
  readonly likeness: Likeness;
}

export interface Scenario {
  readonly title: string;
  readonly lines: readonly Line[];
}

const MARKS: { readonly [mark: string]: Likeness } = { '~': 'unordered', '~2': 'pairs', '?': 'shape', '??': 'type', '~?': 'near' };
const ACTIONS: { readonly [operator: string]: Action } = { '>': 'call', '>>': 'send', '<': 'receive', '<<': 'closed', '!': 'raw' };

/** Throws on a line that does not follow the rules above. */
export function parseTranscript(text: string): Scenario[] {
  const scenarios: Scenario[] = [];
  let title = '';
  let lines: Line[] = [];
  const close = (): void => {
    if (lines.length > 0) scenarios.push({ title: title === '' ? `line ${lines[0]!.number}` : title, lines });
    lines = [];
    title = '';
  };
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') close();
    else if (!line.startsWith('#')) lines.push(parseLine(line.trim(), index + 1));
    else if (lines.length === 0 && title === '') title = line.slice(1).trim();
  }
  close();
  return scenarios;
}

function parseLine(text: string, number: number): Line {
  const [, mark = '', name = 'main', operator = '>', rest = ''] = /^(?:(~2|~\?|~|\?\?|\?)\s+)?(?:([a-z]\w*)?(>>|>|<<|<|!))?(.*)$/.exec(text)!;
  const argv = splitInline(rest);
  const action = ACTIONS[operator]!;
  const takesWords = action === 'call' || action === 'send' || action === 'raw';
  if (argv === null || takesWords !== argv.length > 0) throw new Error(`line ${number}: ${text}`);
  return { number, text, client: name, action, argv: action === 'raw' ? [argv.join('')] : argv, likeness: MARKS[mark] ?? 'exact' };
}
