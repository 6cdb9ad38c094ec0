/**
 * Selector: a set of permissions: commands, keys, channels. A user has a root selector, and one for each rule in parentheses; a request must be allowed by one
 * of them alone.
 *
 *     +get +@hash -hdel     commands       allowed    one flag for each command number
 *     +select|0             first argument firstArguments
 *     ~user:* %R~config     keys           keys, or allKeys
 *     &news:*               channels       channels, or allChannels
 */
import { cString } from '../../errors.js';
import { matchesGlob } from '../../keyspace/glob.js';
import { splitInline } from '../../resp/inline.js';
import type { AccessedCommand, CommandCatalog, KeyUse } from './access.js';
import { describeCommands } from './command-rules.js';

/** Why a rule is refused, worded as in Redis. */
export class RuleError extends Error {
  override readonly name = 'RuleError';

  constructor(
    message: string,
    /** The rule names an unknown command or category. */
    readonly isUnknownName = false,
  ) {
    super(message);
  }
}

const syntaxError = (): RuleError => new RuleError('Syntax error');
const unknownName = (): RuleError => new RuleError('Unknown command or category name in ACL', true);

function alreadyAll(flag: string, reset: string, list: string): RuleError {
  const text = `Adding a pattern after the * pattern (or the '${flag}' flag) is not valid and does not have any effect. `;
  return new RuleError(`${text}Try '${reset}' to start with an empty list of ${list}`);
}

interface KeyPattern {
  readonly pattern: string;
  readonly reads: boolean;
  readonly writes: boolean;
}

/** Why a selector does not allow a request, and at which position of argv. */
export interface Lack {
  readonly reason: 'command' | 'key' | 'channel';
  readonly position: number;
}

const COMMAND_LACKS: Lack = { reason: 'command', position: 0 };

/** A selector as plain data: commands by their full names. */
export interface SelectorState {
  readonly allCommands: boolean;
  readonly futureCommands: boolean;
  readonly commands: readonly string[];
  readonly firstArguments: readonly (readonly [command: string, values: readonly string[]])[];
  readonly allKeys: boolean;
  readonly keys: readonly KeyPattern[];
  readonly allChannels: boolean;
  readonly channels: readonly string[];
}

/** True for a name or pattern with white space or a NUL, which could not be written as a rule. */
export function hasSpaces(text: string): boolean {
  return /[ \t-\r\0]/.test(text);
}

export class Selector {
  /** No command was removed since `+@all`: then commands need not be checked. */
  private allCommands = false;
  /** `+@all` was given, and not revoked as a whole: commands added later would be allowed. */
  futureCommands = false;
  private readonly allowed: Uint8Array;
  /** For commands that are allowed only with certain first arguments, by number. */
  readonly firstArguments = new Map<number, string[]>();
  private allKeys = false;
  private keys: KeyPattern[] = [];
  allChannels: boolean;
  channels: string[] = [];

  constructor(
    readonly catalog: CommandCatalog,
    allChannels: boolean,
  ) {
    this.allowed = new Uint8Array(catalog.all.length + 1);
    this.allChannels = allChannels;
  }

  copy(): Selector {
    const copy = new Selector(this.catalog, this.allChannels);
    copy.restore(this.capture());
    return copy;
  }

  capture(): SelectorState {
    const { catalog, allowed, allCommands, futureCommands, firstArguments, allKeys, keys, allChannels, channels } = this;
    return {
      allCommands,
      futureCommands,
      commands: catalog.all.filter(({ number }) => allowed[number] === 1).map(({ fullName }) => fullName),
      firstArguments: catalog.all.flatMap(({ number, fullName }) => {
        const values = firstArguments.get(number);
        return values === undefined ? [] : [[fullName, [...values]] as const];
      }),
      allKeys,
      keys: [...keys],
      allChannels,
      channels: [...channels],
    };
  }

  /** Only for a new selector. */
  restore(state: SelectorState): void {
    const { allCommands, futureCommands, commands, firstArguments, allKeys, keys, allChannels, channels } = state;
    for (const name of commands) this.allowed[this.catalog.find(name)!.number] = 1;
    for (const [name, values] of firstArguments) this.firstArguments.set(this.catalog.find(name)!.number, [...values]);
    this.allCommands = allCommands;
    this.futureCommands = futureCommands;
    this.allKeys = allKeys;
    this.keys = [...keys];
    this.allChannels = allChannels;
    this.channels = [...channels];
  }

  get isUnrestricted(): boolean {
    return this.allCommands && this.allKeys && this.allChannels;
  }

  allows({ number }: AccessedCommand): boolean {
    return this.allowed[number] === 1;
  }

  get readsAnyKey(): boolean {
    return this.allKeys || this.keys.some(({ pattern, reads }) => reads && pattern === '*');
  }

  /** Returns null if it allows the request. */
  lack(command: AccessedCommand, argv: readonly string[], keys: () => readonly KeyUse[]): Lack | null {
    if (!this.allCommands && !command.needsNoAuth && !this.allows(command) && !this.allowsFirstArgument(command, argv)) return COMMAND_LACKS;
    if (!this.allKeys) {
      for (const use of keys()) if (!this.allowsKey(argv[use.position]!, use)) return { reason: 'key', position: use.position };
    }
    return this.allChannels || command.channels === null ? null : this.channelLack(command, argv);
  }

  private allowsFirstArgument({ number, container }: AccessedCommand, argv: readonly string[]): boolean {
    const value = argv[container === null ? 1 : 2];
    return value !== undefined && this.firstArguments.get(number)?.some((allowed) => isSameWord(allowed, cString(value))) === true;
  }

  private allowsKey(key: string, use: KeyUse): boolean {
    return this.keys.some(({ pattern, reads, writes }) => (reads || !use.reads) && (writes || !use.writes) && matchesGlob(pattern, key));
  }

  private channelLack({ channels }: AccessedCommand, argv: readonly string[]): Lack | null {
    const end = channels === 'first' ? 2 : argv.length;
    for (let position = 1; position < end; position++) {
      if (!allowsChannel(this.channels, argv[position]!, channels === 'patterns')) return { reason: 'channel', position };
    }
    return null;
  }

  /** Applies a rule. Throws {@link RuleError}. */
  apply(rule: string): void {
    const word = cString(rule).toLowerCase();
    switch (word) {
      case 'allkeys':
      case '~*':
        this.allKeys = true;
        this.keys = [];
        return;
      case 'resetkeys':
        this.allKeys = false;
        this.keys = [];
        return;
      case 'allchannels':
      case '&*':
        this.allChannels = true;
        this.channels = [];
        return;
      case 'resetchannels':
        this.allChannels = false;
        this.channels = [];
        return;
      case 'allcommands':
      case '+@all':
        return this.setAllCommands(true);
      case 'nocommands':
      case '-@all':
        return this.setAllCommands(false);
    }
    switch (rule[0]) {
      case '~':
      case '%':
        return this.addKeys(rule);
      case '&':
        return this.addChannels(rule.slice(1));
      case '+':
      case '-':
        return this.applyToCommands(cString(rule));
      default:
        throw syntaxError();
    }
  }

  private setAllCommands(isAllowed: boolean): void {
    this.allowed.fill(isAllowed ? 1 : 0);
    this.allCommands = this.futureCommands = isAllowed;
    this.firstArguments.clear();
  }

  private addKeys(rule: string): void {
    if (this.allKeys) throw alreadyAll('allkeys', 'resetkeys', 'patterns');
    const [, flags, pattern] = /^(?:~|%([RW]{1,2})(?:~|$))([^]*)$/i.exec(rule) ?? [];
    const letters = flags?.toUpperCase() ?? 'RW';
    if (pattern === undefined || letters === 'RR' || letters === 'WW' || hasSpaces(pattern)) throw syntaxError();
    const [reads, writes] = [letters.includes('R'), letters.includes('W')];
    const at = this.keys.findIndex((known) => known.pattern === pattern);
    const known = this.keys[at];
    if (known === undefined) this.keys.push({ pattern, reads, writes });
    else this.keys[at] = { pattern, reads: reads || known.reads, writes: writes || known.writes };
  }

  private addChannels(pattern: string): void {
    if (this.allChannels) throw alreadyAll('allchannels', 'resetchannels', 'channels');
    if (hasSpaces(pattern)) throw syntaxError();
    if (!this.channels.includes(pattern)) this.channels.push(pattern);
  }

  /** Applies `+name`, `-name`, `+@category`, `-@category`, `+name|first-argument`. */
  private applyToCommands(rule: string): void {
    const isAllowed = rule[0] === '+';
    if (rule[1] === '@') return this.applyToCategory(rule.slice(2), isAllowed);
    const name = rule.slice(1);
    const bar = name.lastIndexOf('|');
    const command = this.catalog.find(name);
    if (bar === -1 || !isAllowed) {
      if (command === undefined) throw unknownName();
      return this.setCommand(command, isAllowed);
    }
    const container = this.catalog.find(name.slice(0, bar));
    if (container === undefined) throw unknownName();
    if (container.container !== null) throw new RuleError('Allowing first-arg of a subcommand is not supported');
    if (bar === name.length - 1) throw syntaxError();
    if (container.subcommands === null) return this.addFirstArgument(container, name.slice(bar + 1));
    if (command === undefined) throw unknownName();
    this.setCommand(command, true);
  }

  applyToCategory(category: string, isAllowed: boolean): void {
    const commands = this.catalog.inCategory(category);
    if (commands === undefined) throw unknownName();
    for (const command of commands) this.setCommand(command, isAllowed);
  }

  /** For a container also all its subcommands. */
  setCommand(command: AccessedCommand, isAllowed: boolean): void {
    this.allowed[command.number] = isAllowed ? 1 : 0;
    this.firstArguments.delete(command.number);
    for (const { number } of command.subcommands?.values() ?? []) this.allowed[number] = isAllowed ? 1 : 0;
    if (!isAllowed) this.allCommands = false;
  }

  private addFirstArgument({ number }: AccessedCommand, value: string): void {
    const values = this.firstArguments.get(number);
    if (values === undefined) this.firstArguments.set(number, [value]);
    else if (!values.some((known) => isSameWord(known, value))) values.push(value);
  }

  /** Returns the rules that would make it again. */
  describe(): string {
    const channels = this.allChannels ? ['&*'] : ['resetchannels', ...this.channelRules];
    return [...this.keyRules, ...channels, this.describeCommands()].join(' ');
  }

  describeCommands(): string {
    return describeCommands(this, () => new Selector(this.catalog, false));
  }

  get keyRules(): string[] {
    return this.allKeys ? ['~*'] : this.keys.map(({ pattern, reads, writes }) => `${reads && writes ? '' : reads ? '%R' : '%W'}~${pattern}`);
  }

  get channelRules(): string[] {
    return this.allChannels ? ['&*'] : this.channels.map((pattern) => `&${pattern}`);
  }
}

/** @param isPattern a pattern to subscribe to must be among the allowed ones, literally */
export function allowsChannel(patterns: readonly string[], channel: string, isPattern: boolean): boolean {
  return patterns.some((pattern) => (isPattern ? cString(pattern) === cString(channel) : matchesGlob(pattern, channel)));
}

const isSameWord = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Applies the rules of `(+get ~a*)`. Throws {@link RuleError}. */
export function parseSelector(rule: string, selector: Selector): Selector {
  for (const each of splitInline(rule.slice(1, -1)) ?? []) selector.apply(each);
  return selector;
}
