/**
 * Users: the users of a server, by name. `default`, the user of every new connection, always exists.
 */
import { replaceFile } from '../../../shared/replace-file.js';
import { cString } from '../../errors.js';
import { AclFileError, parseAclFile } from './acl-file.js';
import { RuleError } from './selector.js';
import { isUsername, mergeSelectors, UnmatchedParenthesis, User, type UserState, type UserSurroundings } from './user.js';

const ALL = ['+@all', '~*', '&*', 'on', 'nopass'] as const;

export class Users {
  readonly default: User;
  private users: Map<string, User>;

  constructor(private readonly server: UserSurroundings) {
    this.default = this.create('default', ALL);
    this.users = new Map([['default', this.default]]);
  }

  private create(name: string, rules: readonly string[]): User {
    const user = new User(name, this.server);
    for (const rule of rules) user.apply(rule);
    return user;
  }

  /** Returns a user that may do everything, and is not among the users. */
  superuser(): User {
    return this.create('(superuser)', ALL);
  }

  capture(): UserState[] {
    return this.inOrder().map((user) => user.capture());
  }

  /** @param isFork comparisons with passwords are recorded from now on with this server, which knows only their hashes */
  restore(states: readonly UserState[], isFork: boolean): void {
    for (const { name, passwords, ...state } of states) {
      const user = name === 'default' ? this.default : new User(name, this.server);
      this.users.set(name, user.restore({ ...state, passwords: isFork ? passwords.map(({ hash }) => ({ hash, isGivenAsHash: true })) : passwords }));
    }
  }

  get(name: string): User | undefined {
    return this.users.get(name);
  }

  /** Returns the users by name. */
  inOrder(): User[] {
    return [...this.users.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Returns the user with this name and password; null if there is none. */
  authenticate(name: string, password: string): User | null {
    const user = this.users.get(name);
    return user !== undefined && user.isOn && user.accepts(password) ? user : null;
  }

  /** Applies requirepass to the user default; empty: no password. */
  requirePassword(password: string): void {
    this.default.apply('resetpass');
    this.default.apply(password === '' ? 'nopass' : `>${password}`);
  }

  /**
   * Applies all rules to a user, who is created if necessary, or none of them. Returns why not, or null.
   * @param changing called with the user's new and old state, before it changes
   */
  set(name: string, rules: readonly string[], changing: (next: User, user: User) => void): string | null {
    if (!isUsername(name)) return "Usernames can't contain spaces or null characters";
    const known = this.users.get(name);
    const next = new User(name, this.server);
    if (known !== undefined) next.restore(known.capture());
    const complaint = applyAll(next, rules);
    if (complaint !== null) return complaint;
    if (known === undefined) {
      this.users.set(name, next);
    } else {
      changing(next, known);
      known.restore(next.capture());
    }
    return null;
  }

  /** Returns the deleted user; undefined if there was none. */
  delete(name: string): User | undefined {
    const user = this.users.get(name);
    this.users.delete(name);
    return user;
  }

  /** Replaces all users by those of the ACL file. Returns the removed ones. Throws {@link AclFileError}, and then nothing has changed. */
  load(): User[] {
    const { name: file, path } = this.server.aclFile();
    const content = this.server.host.readFile(path);
    if ('complaint' in content) throw new AclFileError(`Error loading ACLs, opening file '${file}': ${content.complaint}`);
    const loaded = parseAclFile(content.bytes, file, (name) => new User(name, this.server));
    const gone = this.inOrder().filter((user) => user !== this.default);
    this.default.restore((loaded.get('default') ?? this.create('default', ALL)).capture());
    this.users = loaded.set('default', this.default);
    return gone;
  }

  /** Creates the users of a configuration, each a name and its rules. Returns those that are off. Throws {@link RuleError}, which names the user. */
  configure(lines: readonly (readonly string[])[]): string[] {
    const seen = new Set<string>();
    for (const [name = '', ...rules] of lines) {
      if (!isUsername(name)) throw new RuleError('Spaces not allowed in ACL usernames');
      if (seen.has(name)) throw new RuleError(`Duplicate user '${name}' found. A user can only be defined once in config files`);
      seen.add(name);
      const user = name === 'default' ? this.default : new User(name, this.server);
      const complaint = applyAll(user, user === this.default ? ['reset', ...rules] : rules);
      if (complaint !== null) throw new RuleError(`${name}: ${complaint}`);
      this.users.set(name, user);
    }
    return [...seen].filter((name) => !this.users.get(name)!.isOn);
  }

  /** Writes the ACL file. Returns why that failed, or null. */
  save(): string | null {
    const { path } = this.server.aclFile();
    return this.server.host.attempt(() => replaceFile(path, this.lines().map((line) => `${line}\n`).join('')));
  }

  /** Returns the lines of an ACL file, or of a configuration. */
  lines(): string[] {
    return this.inOrder().map((user) => user.describe());
  }
}

function applyAll(user: User, rules: readonly string[]): string | null {
  let current = '';
  try {
    for (const rule of mergeSelectors(rules)) user.apply((current = rule));
    return null;
  } catch (error) {
    if (error instanceof UnmatchedParenthesis) return error.message;
    if (error instanceof RuleError) return `Error in ACL SETUSER modifier '${cString(current)}': ${error.message}`;
    throw error;
  }
}

export { AclFileError };
