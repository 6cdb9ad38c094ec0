/**
 * Users: the users that a server knows, by name. `default`, which every new connection is, is always among them.
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

  /** May do everything, and is none of the users. */
  superuser(): User {
    return this.create('(superuser)', ALL);
  }

  capture(): UserState[] {
    return this.inOrder().map((user) => user.capture());
  }

  /** @param isFork what is compared with passwords from now on is recorded with this server, which knows them by their hashes only */
  restore(states: readonly UserState[], isFork: boolean): void {
    for (const { name, passwords, ...state } of states) {
      const user = name === 'default' ? this.default : new User(name, this.server);
      this.users.set(name, user.restore({ ...state, passwords: isFork ? passwords.map(({ hash }) => ({ hash, isGivenAsHash: true })) : passwords }));
    }
  }

  get(name: string): User | undefined {
    return this.users.get(name);
  }

  /** By name. */
  inOrder(): User[] {
    return [...this.users.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** The user whose name and password these are; null if they are nobody's. */
  authenticate(name: string, password: string): User | null {
    const user = this.users.get(name);
    return user !== undefined && user.isOn && user.accepts(password) ? user : null;
  }

  /** What requirepass says of the user default; empty: it needs none. */
  requirePassword(password: string): void {
    this.default.apply('resetpass');
    this.default.apply(password === '' ? 'nopass' : `>${password}`);
  }

  /**
   * Applies all rules to a user, who is made if there is none of that name, or none of them. Returns why not, or null.
   * @param changing called with the user as it will be and as it was, before it changes
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

  /** The user that is gone now; undefined if there was none. */
  delete(name: string): User | undefined {
    const user = this.users.get(name);
    this.users.delete(name);
    return user;
  }

  /** Puts the users of the ACL file in the place of all others. Returns those that are gone. Throws {@link AclFileError}, and then nothing has changed. */
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

  /** Makes the users of a configuration, each a name and its rules. Returns those that are off. Throws {@link RuleError}, which says of whom. */
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

  /** Writes the ACL file. Returns why it could not, or null. */
  save(): string | null {
    const { path } = this.server.aclFile();
    return this.server.host.attempt(() => replaceFile(path, this.lines().map((line) => `${line}\n`).join('')));
  }

  /** As lines of an ACL file, or of a configuration. */
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
