/**
 * The notation of a declaration's arguments, and the parsed form.
 *
 *   key                       one argument; `key` is of type key, everything else a string unless it says otherwise
 *   seconds:integer           types: string integer double key pattern unix-time
 *   member...                 once or more often
 *   {field value}...          a block, once or more often
 *   NX                        a word to be typed as it is (pure-token)
 *   EX seconds:integer        a word that introduces an argument
 *   [NX | XX]                 optional; either of two
 *   (LEFT | RIGHT)            either of two
 *   ''                        an argument that is empty
 *   [GET pattern:pattern]...  optional or repeated, the word each time
 *
 * Read by COMMAND DOCS, arity checks, the documentation, and the lab's hints and completion.
 */

export type ArgumentType = 'string' | 'integer' | 'double' | 'key' | 'pattern' | 'unix-time' | 'pure-token' | 'oneof' | 'block';

export interface Argument {
  readonly name: string;
  readonly type: ArgumentType;
  /** The word that comes before it, in upper case. */
  readonly token?: string;
  readonly optional: boolean;
  readonly multiple: boolean;
  /** Repeated together with its word: `[GET pattern]...`. */
  readonly multipleToken?: boolean;
  /** For a block and a oneof. */
  readonly arguments?: readonly Argument[];
}

const LEAF_TYPES: ReadonlySet<string> = new Set(['string', 'integer', 'double', 'key', 'pattern', 'unix-time']);

/** Parses the notation. Throws if it does not follow the rules above. */
export function parseSyntax(syntax: string): readonly Argument[] {
  const parser = new SyntaxParser(syntax);
  const sequence = parser.sequence();
  parser.expectEnd();
  return sequence;
}

/** Returns the smallest argc, negative if there may be more; the command's own name included, `words` being 2 for a subcommand. */
export function arityOf(sequence: readonly Argument[], words = 1): number {
  const least = words + sum(sequence.map(leastWidth));
  return sequence.some(isElastic) ? -least : least;
}

function leastWidth(argument: Argument): number {
  if (argument.optional) return 0;
  const token = argument.token === undefined || argument.type === 'pure-token' ? 0 : 1;
  switch (argument.type) {
    case 'block':
      return token + sum(argument.arguments!.map(leastWidth));
    case 'oneof':
      return token + Math.min(...argument.arguments!.map(leastWidth));
    default:
      return token + 1;
  }
}

function isElastic(argument: Argument): boolean {
  if (argument.optional || argument.multiple) return true;
  if (argument.type === 'block') return argument.arguments!.some(isElastic);
  if (argument.type !== 'oneof') return false;
  return argument.arguments!.some(isElastic) || new Set(argument.arguments!.map(leastWidth)).size > 1;
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

class SyntaxParser {
  private readonly tokens: string[];
  private at = 0;

  constructor(private readonly syntax: string) {
    this.tokens = syntax.match(/\.\.\.|[[\](){}|]|[^\s[\](){}|.]+/g) ?? [];
  }

  expectEnd(): void {
    if (this.at < this.tokens.length) this.fail(`unexpected '${this.tokens[this.at]}'`);
  }

  sequence(): Argument[] {
    const items: Argument[] = [];
    while (this.at < this.tokens.length && !/^[\])}|]$/.test(this.tokens[this.at]!)) items.push(this.item());
    return items;
  }

  private item(): Argument {
    const token = this.tokens[this.at++]!;
    switch (token) {
      case '[':
        return this.repeat({ ...this.alternatives(']'), optional: true });
      case '(':
        return this.repeat(this.alternatives(')'));
      case '{':
        return this.repeat(asBlock(this.group('}')));
      default:
        return this.word(token);
    }
  }

  private word(token: string): Argument {
    if (token === "''") return { name: 'empty-string', type: 'pure-token', token: '', optional: false, multiple: false };
    if (!/^[A-Z*~=$<>+-]/.test(token)) return this.repeat(this.leaf(token));
    const next = this.tokens[this.at];
    // A word introduces what follows it directly, unless that is another word or the end of the group.
    const introduces = next !== undefined && /^[a-z({]/.test(next);
    if (!introduces) return this.repeat({ name: token.toLowerCase(), type: 'pure-token', token, optional: false, multiple: false });
    return { ...this.item(), token };
  }

  private leaf(token: string): Argument {
    const [name = '', type = name === 'key' ? 'key' : 'string'] = token.split(':');
    if (!LEAF_TYPES.has(type)) this.fail(`unknown type '${type}'`);
    return { name, type: type as ArgumentType, optional: false, multiple: false };
  }

  private repeat(argument: Argument): Argument {
    if (this.tokens[this.at] !== '...') return argument;
    this.at++;
    return argument.token === undefined ? { ...argument, multiple: true } : { ...argument, multiple: true, multipleToken: true };
  }

  private group(close: string): Argument[] {
    const items = this.sequence();
    if (this.tokens[this.at++] !== close) this.fail(`expected '${close}'`);
    return items;
  }

  private alternatives(close: string): Argument {
    const options = [asOne(this.sequence())];
    while (this.tokens[this.at] === '|') {
      this.at++;
      options.push(asOne(this.sequence()));
    }
    if (this.tokens[this.at++] !== close) this.fail(`expected '${close}'`);
    if (options.length === 1) return options[0]!;
    return { name: options.map((option) => option.name).join('-or-'), type: 'oneof', arguments: options, optional: false, multiple: false };
  }

  private fail(reason: string): never {
    throw new Error(`${reason} in syntax "${this.syntax}"`);
  }
}

function asOne(items: Argument[]): Argument {
  return items.length === 1 ? items[0]! : asBlock(items);
}

function asBlock(items: Argument[]): Argument {
  return { name: items.map((item) => item.name).join('-'), type: 'block', arguments: items, optional: false, multiple: false };
}

/** Formats arguments as `redis-cli` shows them in a hint: `key value [NX | XX] [EX seconds]`. */
export function formatSyntax(sequence: readonly Argument[]): string {
  return sequence.map(formatArgument).join(' ');
}

export function formatArgument(argument: Argument): string {
  let text = argument.name;
  if (argument.type === 'pure-token') text = argument.token! || '""';
  else if (argument.type === 'oneof') text = argument.arguments!.map(formatArgument).join(' | ');
  else if (argument.type === 'block') text = formatSyntax(argument.arguments!);
  const { token } = argument;
  const prefix = token === undefined || argument.type === 'pure-token' ? '' : `${token} `;
  // A word that is not repeated comes before the whole list.
  if (argument.multiple && argument.multipleToken !== true) text = `${prefix}${text} [${text} ...]`;
  else text = argument.multiple ? `${prefix}${text} [${prefix}${text} ...]` : `${prefix}${text}`;
  if (argument.optional) return `[${text}]`;
  return argument.type === 'oneof' && !argument.multiple ? `<${text}>` : text;
}
