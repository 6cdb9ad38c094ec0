/**
 * User: name, passwords and permissions. Each session has one; see permission.ts for the check itself.
 *
 * Rules are those of ACL SETUSER and of ACL files: flags and passwords concern the user as a whole, all others its root selector (selector.ts).
 */
import type { CommandCatalog } from './access.js';
import { findPassword, hashOf, isHash, isPasswordRule, type Password, type PasswordHost } from './password.js';
import { hasSpaces, parseSelector, RuleError, Selector, type SelectorState } from './selector.js';

/** What users need of the server. */
export interface UserSurroundings {
  readonly catalog: CommandCatalog;
  readonly host: PasswordHost & FileHost;
  /** Returns whether a new user or selector may use all channels: acl-pubsub-default. */
  allowsChannelsByDefault(): boolean;
  /** Returns the ACL file as named by aclfile, and its path. */
  aclFile(): { readonly name: string; readonly path: string };
}

/** Access to files; implemented by host.ts. */
export interface FileHost {
  readFile(path: string): { readonly bytes: string } | { readonly complaint: string };
  /** Returns null, or why it has failed. */
  attempt(action: () => void): string | null;
}

export interface UserState {
  readonly name: string;
  readonly isOn: boolean;
  readonly isNoPass: boolean;
  readonly sanitizing: Sanitizing;
  readonly passwords: readonly Password[];
  readonly selectors: readonly SelectorState[];
}

/** Whether payloads of RESTORE are checked fully: a flag that is only stored and shown; `null` if no rule has set it. */
type Sanitizing = 'skip-sanitize-payload' | 'sanitize-payload' | null;

const NO_HASH = 'The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters';

export class User {
  isOn = false;
  /** Every password is accepted. */
  isNoPass = false;
  private sanitizing: Sanitizing = null;
  passwords: readonly Password[] = [];
  /** The root selector, followed by those in parentheses. */
  selectors: readonly Selector[];
  /** May run every command, with all keys and channels: then nothing else is checked. */
  isUnrestricted = false;

  constructor(
    readonly name: string,
    private readonly server: UserSurroundings,
  ) {
    this.selectors = [this.newSelector()];
  }

  capture(): UserState {
    const { name, isOn, isNoPass, sanitizing, passwords, selectors } = this;
    return { name, isOn, isNoPass, sanitizing, passwords, selectors: selectors.map((selector) => selector.capture()) };
  }

  restore({ isOn, isNoPass, sanitizing, passwords, selectors }: Omit<UserState, 'name'>): this {
    this.isOn = isOn;
    this.isNoPass = isNoPass;
    this.sanitizing = sanitizing;
    this.passwords = passwords;
    this.selectors = selectors.map((state) => {
      const selector = this.newSelector();
      selector.restore(state);
      return selector;
    });
    this.look();
    return this;
  }

  private newSelector(): Selector {
    return new Selector(this.server.catalog, this.server.allowsChannelsByDefault());
  }

  private get root(): Selector {
    return this.selectors[0]!;
  }

  private look(): void {
    this.isUnrestricted = this.selectors.some((selector) => selector.isUnrestricted);
  }

  /** True if authentication requires a correct password. */
  get needsPassword(): boolean {
    return !this.isNoPass || !this.isOn;
  }

  accepts(password: string): boolean {
    return this.isNoPass || this.find({ hash: hashOf(password), isGivenAsHash: false }) !== -1;
  }

  private find(wanted: Password): number {
    return findPassword(this.passwords, wanted, this.server.host);
  }

  /** Applies a rule. Throws {@link RuleError}. */
  apply(rule: string): void {
    this.applyRule(rule);
    this.look();
  }

  private applyRule(rule: string): void {
    switch (rule.toLowerCase()) {
      case '':
        return;
      case 'on':
        this.isOn = true;
        return;
      case 'off':
        this.isOn = false;
        return;
      case 'skip-sanitize-payload':
      case 'sanitize-payload':
        this.sanitizing = rule.toLowerCase() as Sanitizing;
        return;
      case 'nopass':
        this.isNoPass = true;
        this.passwords = [];
        return;
      case 'resetpass':
        this.isNoPass = false;
        this.passwords = [];
        return;
      case 'clearselectors':
        this.selectors = [this.root];
        return;
      case 'reset':
        return this.reset();
    }
    if (isPasswordRule(rule)) this.applyPassword(rule);
    else if (rule.startsWith('(') && rule.endsWith(')')) this.selectors = [...this.selectors, parseSelector(rule, this.newSelector())];
    else this.root.apply(rule);
  }

  /** Resets everything except the flag sanitize-payload. */
  private reset(): void {
    this.isOn = this.isNoPass = false;
    this.passwords = [];
    this.sanitizing = 'sanitize-payload';
    this.selectors = [this.newSelector()];
  }

  /** `>password` and `#hash` add one, `<password` and `!hash` remove it. */
  private applyPassword(rule: string): void {
    const isGivenAsHash = rule[0] === '#' || rule[0] === '!';
    const text = rule.slice(1);
    if (isGivenAsHash && !isHash(text)) throw new RuleError(NO_HASH);
    const password: Password = { hash: isGivenAsHash ? text : hashOf(text), isGivenAsHash };
    const at = this.find(password);
    if (rule[0] === '>' || rule[0] === '#') {
      if (at === -1) this.passwords = [...this.passwords, password];
      this.isNoPass = false;
    } else {
      if (at === -1) throw new RuleError('The password you are trying to remove from the user does not exist');
      this.passwords = this.passwords.filter((_, index) => index !== at);
    }
  }

  get flags(): string[] {
    return [this.isOn ? 'on' : 'off', ...(this.isNoPass ? ['nopass'] : []), ...(this.sanitizing === null ? [] : [this.sanitizing])];
  }

  /** Returns it as a line of an ACL file. */
  describe(): string {
    const [root, ...others] = this.selectors;
    const passwords = this.passwords.map(({ hash }) => `#${hash}`);
    return ['user', this.name, ...this.flags, ...passwords, root!.describe(), ...others.map((selector) => `(${selector.describe()})`)].join(' ');
  }
}

/** True for a valid name: names are words of a line. */
export function isUsername(name: string): boolean {
  return !hasSpaces(name);
}

/** Joins selectors that are spread over several arguments: `(+get`, `~a*)`. Throws {@link UnmatchedParenthesis}. */
export function mergeSelectors(rules: readonly string[]): string[] {
  const merged: string[] = [];
  let open: string | null = null;
  let start = 0;
  for (const [index, rule] of rules.entries()) {
    if (rule.startsWith('(') && !rule.endsWith(')')) {
      open = rule;
      start = index;
    } else if (open === null) {
      merged.push(rule);
    } else {
      open += ` ${rule}`;
      if (!rule.endsWith(')')) continue;
      merged.push(open);
      open = null;
    }
  }
  if (open !== null) throw new UnmatchedParenthesis(rules[start]!);
  return merged;
}

export class UnmatchedParenthesis extends Error {
  override readonly name = 'UnmatchedParenthesis';

  constructor(readonly rule: string) {
    super(`Unmatched parenthesis in acl selector starting at '${rule}'.`);
  }
}
