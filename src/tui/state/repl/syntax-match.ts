/**
 * How far a syntax has been typed: matches words against the arguments of a declaration. Returns the hint (what is still to come) and the completion (what may
 * come next).
 *
 *   SET  key value [NX | XX] [EX seconds | PX milliseconds]        syntax
 *        a   1      nx       EX                                    words
 *                               └ rest: seconds        next: [seconds:integer]
 *
 * Adjacent options match in any order, and are removed from the rest once typed. The server decides whether a command is valid, not this module: where words do
 * not fit, `surplus` says so and there is no hint.
 */
import { formatArgument, type Argument } from '../../../server/index.js';

export interface SyntaxMatch {
  /** What is still to be typed, in the notation of redis-cli's hints. */
  readonly rest: readonly string[];
  /** The arguments to which the next word may belong. */
  readonly next: readonly Argument[];
  /** Words that fit nowhere. */
  readonly surplus: number;
}

export function matchSyntax(syntax: readonly Argument[], words: readonly string[]): SyntaxMatch {
  const match = new Matcher(words).sequence(syntax, 0, NO_WORDS);
  return { rest: match.rest, next: match.next, surplus: words.length - match.at };
}

/** The words that may be typed literally where `argument` is expected: `NX`, `EX`. */
export function optionWords(argument: Argument): readonly string[] {
  if (argument.token !== undefined) return [argument.token];
  if (argument.type === 'oneof') return argument.arguments!.flatMap(optionWords);
  return argument.type === 'block' ? optionWords(argument.arguments![0]!) : [];
}

/** True if a key may be typed where `argument` is expected. */
export function expectsKey(argument: Argument): boolean {
  if (argument.token !== undefined) return false;
  if (argument.type === 'oneof') return argument.arguments!.some(expectsKey);
  return argument.type === 'block' ? expectsKey(argument.arguments![0]!) : argument.type === 'key';
}

interface Match {
  /** `whole`: everything required is there. `partial`: the words have ended within it. */
  readonly status: 'none' | 'partial' | 'whole';
  readonly at: number;
  readonly rest: readonly string[];
  readonly next: readonly Argument[];
}

const NO_WORDS: ReadonlySet<string> = new Set();

class Matcher {
  constructor(private readonly words: readonly string[]) {}

  sequence(items: readonly Argument[], start: number, followers: ReadonlySet<string>): Match {
    let at = start;
    let tail: Match | null = null;
    for (let i = 0; i < items.length; ) {
      const end = endOfOptions(items, i);
      const after = new Set([...followers, ...items.slice(end).flatMap(optionWords)]);
      const match = end > i + 1 || items[i]!.optional ? this.options(items.slice(i, end), at, after) : this.repeated(items[i]!, at, after);
      if (match.status !== 'whole') return this.stopped(match, items.slice(end), start, at);
      ({ at } = match);
      // What an elastic argument would still accept is shown only if nothing follows it.
      tail = match.rest.length > 0 || match.next.length > 0 ? (tail === null || match.at > start ? match : tail) : tail;
      if (at === this.words.length) return this.ended(match, items.slice(end));
      i = end;
    }
    const ending = at === this.words.length ? tail : null;
    return { status: 'whole', at, rest: ending?.rest ?? [], next: ending?.next ?? [] };
  }

  /** The words are used up after `match`: its rest, and everything after it. */
  private ended(match: Match, items: readonly Argument[]): Match {
    const firstRequired = items.findIndex(({ optional }) => !optional);
    const reachable = firstRequired === -1 ? items : items.slice(0, firstRequired + 1);
    return {
      status: firstRequired === -1 ? 'whole' : 'partial',
      at: match.at,
      rest: [...match.rest, ...items.map(formatArgument)],
      next: [...match.next, ...reachable],
    };
  }

  private stopped(match: Match, items: readonly Argument[], start: number, at: number): Match {
    const isNothing = match.status === 'none' && at === start && at < this.words.length;
    return { status: isNothing ? 'none' : 'partial', at: Math.max(at, match.at), rest: [...match.rest, ...items.map(formatArgument)], next: match.next };
  }

  /** Adjacent options, in any order. */
  private options(items: readonly Argument[], start: number, followers: ReadonlySet<string>): Match {
    let at = start;
    let left = items;
    let elastic: Match | null = null;
    while (at < this.words.length && left.length > 0) {
      const found = this.oneOption(left, at, new Set([...followers, ...left.flatMap(optionWords)]));
      if (found === null) break;
      const { index, match } = found;
      left = left.filter((_, i) => i !== index);
      if (match.status === 'partial') return { ...match, rest: [...match.rest, ...left.map(formatArgument)] };
      ({ at } = match);
      elastic = match;
    }
    if (at < this.words.length) return { status: 'whole', at, rest: [], next: [] };
    const before = elastic?.rest ?? [];
    return { status: 'whole', at, rest: [...before, ...left.map(formatArgument)], next: [...(elastic?.next ?? []), ...left] };
  }

  /** Options that begin with a fixed word are tried first: `[count]` would accept any word. */
  private oneOption(items: readonly Argument[], at: number, followers: ReadonlySet<string>): { index: number; match: Match } | null {
    for (const wantsToken of [true, false]) {
      for (const [index, item] of items.entries()) {
        if (optionWords(item).length > 0 !== wantsToken) continue;
        const match = this.repeated({ ...item, optional: false }, at, followers, true);
        if (match.status !== 'none') return { index, match };
      }
    }
    return null;
  }

  private repeated(argument: Argument, start: number, followers: ReadonlySet<string>, isChoice = false): Match {
    let match = this.once(argument, start, isChoice);
    if (!argument.multiple || match.status === 'none') return match;
    const again: Argument = argument.multipleToken === true ? { ...argument, multiple: false } : { ...withoutToken(argument), multiple: false };
    if (match.status === 'partial') return { ...match, rest: [...match.rest, `[${formatArgument(again)} ...]`] };
    while (match.at < this.words.length && !followers.has(this.words[match.at]!.toUpperCase())) {
      const more = this.once(again, match.at, isChoice);
      if (more.status === 'none') return { ...match, rest: [], next: [] };
      if (more.status === 'partial') return { ...more, rest: [...more.rest, `[${formatArgument(again)} ...]`] };
      match = more;
    }
    return match.at < this.words.length ? match : { status: 'whole', at: match.at, rest: [`[${formatArgument(again)} ...]`], next: [again] };
  }

  private once(argument: Argument, at: number, isChoice: boolean): Match {
    const { words } = this;
    if (at >= words.length) return { status: 'none', at, rest: [formatArgument({ ...argument, optional: false })], next: [argument] };
    if (argument.token === undefined) return this.value(argument, at, isChoice);
    if (words[at]!.toUpperCase() !== argument.token.toUpperCase()) return none(argument, at);
    if (argument.type === 'pure-token') return { status: 'whole', at: at + 1, rest: [], next: [] };
    const bare = { ...withoutToken(argument), multiple: false };
    const match = this.value(bare, at + 1, false);
    return match.status === 'none' ? { ...match, status: 'partial', at: Math.max(at + 1, match.at) } : match;
  }

  private value(argument: Argument, at: number, isChoice: boolean): Match {
    const { words } = this;
    if (at >= words.length) return { status: 'none', at, rest: [formatArgument(argument)], next: [argument] };
    switch (argument.type) {
      case 'oneof':
        return this.alternatives(argument, at);
      case 'block':
        return this.sequence(argument.arguments!, at, NO_WORDS);
      case 'integer':
      case 'unix-time':
        return isChoice && !/^[+-]?\d+$/.test(words[at]!) ? none(argument, at) : whole(at + 1);
      default:
        return whole(at + 1);
    }
  }

  private alternatives(argument: Argument, at: number): Match {
    for (const wantsToken of [true, false]) {
      for (const option of argument.arguments!) {
        if (optionWords(option).length > 0 !== wantsToken) continue;
        const match = this.repeated(option, at, NO_WORDS, true);
        if (match.status !== 'none') return match;
      }
    }
    return none(argument, at);
  }
}

const whole = (at: number): Match => ({ status: 'whole', at, rest: [], next: [] });
const none = (argument: Argument, at: number): Match => ({ status: 'none', at, rest: [formatArgument(argument)], next: [argument] });

function withoutToken(argument: Argument): Argument {
  if (argument.type === 'pure-token') return argument;
  const { token: _token, ...bare } = argument;
  return bare;
}

/** One past the options that begin at `start`; one past `start` if that is none. */
function endOfOptions(items: readonly Argument[], start: number): number {
  let end = start;
  while (end < items.length && items[end]!.optional) end++;
  return Math.max(end, start + 1);
}
